"""The application in the test's own process, with settings of the test's choice."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application, started and stopped around the block."""
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


@asynccontextmanager
async def caller_of(app: FastAPI, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of that application; a fault that leaves it is an answer, as it is behind a server."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.test", **options) as caller:
        yield caller


async def until(condition: Callable[[], bool | Awaitable[bool]], within: float = 20) -> None:
    """Returns as soon as the condition holds; fails if that takes longer than ``within`` seconds."""
    deadline = time.monotonic() + within
    while True:
        holds = condition()
        if holds if isinstance(holds, bool) else await holds:
            return
        assert time.monotonic() < deadline, f"not so within {within} s"
        await asyncio.sleep(0.02)


def is_problem(answer: httpx.Response) -> bool:
    """Whether the answer is a refusal in the one form that refusals have (RFC 9457)."""
    if answer.headers.get("content-type") != "application/problem+json":
        return False
    body = answer.json()
    return (
        body.keys() - {"errors", *_OF_A_STALE_CHANGE} == {"type", "title", "status", "detail"}
        and body["status"] == answer.status_code
        and body["type"].startswith("/problems/")
        and bool(body["title"])
        and bool(body["detail"])
        and (answer.status_code != 422 or isinstance(body.get("errors", []), list))
    )


_OF_A_STALE_CHANGE = {"current", "changes"}
"""What such a refusal carries beside what all of them do."""
