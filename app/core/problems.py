"""Every refusal as ``application/problem+json`` (RFC 9457)."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import Response
from pydantic_core import to_jsonable_python
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Match
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.core.errors import Problem, Unavailable

log = structlog.get_logger(__name__)

_SLUGS = {413: "too-large"}
# Python's own names for these two changed in 3.13; RFC 9110's are used whichever it is.
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}
_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not answer that method.",
}
# Class 08: connection; 28: credentials; 3D: no such database; 53: out of resources; 55: not in the needed state, a lock
# for example; 57: operator intervention; 25006: a standby that took over.
_PASSING_FAULTS = ("08", "28", "3D", "53", "55", "57", "25006")


_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These refusals, as a route's ``responses`` in the OpenAPI document."""
    content = {"application/problem+json": {"schema": _SCHEMA}}
    return {status: {"description": _phrase(status), "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Answers every exception that leaves a route."""
    outages = (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
    answers: dict[type[Exception], _Answer] = {
        Problem: _problem,
        HTTPException: refused,
        RequestValidationError: _validation_error,
        WebSocketRequestValidationError: _validation_error,
    } | dict.fromkeys(outages, _database_fault)
    for error, answer in answers.items():
        app.add_exception_handler(error, _of_sockets_too(answer))


def _of_sockets_too(answer: "_Answer") -> Callable[[Any, Exception], Awaitable[Any]]:
    """A WebSocket is refused before it opens, with the status and the body that a request would get."""

    async def answered(connection: HTTPConnection, error: Exception) -> Response | None:
        response = await answer(connection, error)
        if not isinstance(connection, WebSocket):
            return response
        if connection.application_state is WebSocketState.CONNECTING:
            await connection.send_denial_response(response)
        elif connection.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect):
                await connection.close(_INTERNAL_ERROR)
        return None

    return answered


_Answer = Callable[[Any, Exception], Awaitable[Response]]
_INTERNAL_ERROR = 1011  # RFC 6455, 7.4.1


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def problem_body(
    status: int,
    slug: str | None,
    detail: str,
    errors: Sequence[Mapping[str, Any]] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """The JSON of one problem. ASCII only, so that whatever a client sent can be quoted back."""
    phrase = _phrase(status)
    slug = slug or _SLUGS.get(status) or phrase.lower().replace(" ", "-")
    further: dict[str, Any] = to_jsonable_python(extra or {})
    body = further | {"type": f"/problems/{slug}", "title": phrase, "status": status, "detail": detail}
    if errors is not None:
        body["errors"] = errors
    return json.dumps(body, default=str).encode()


def problem_response(problem: Problem) -> Response:
    return _response(int(problem.status), problem.slug, problem.detail, problem.errors, problem.headers, problem.extra)


def _response(
    status: int,
    slug: str | None,
    detail: str,
    errors: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    all_headers = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        all_headers.setdefault("WWW-Authenticate", "Bearer")
    return Response(problem_body(status, slug, detail, errors, extra), status, all_headers, "application/problem+json")


async def _problem(_: HTTPConnection, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def refused(request: Request, error: Exception) -> Response:
    """Answers what the framework itself refuses: an unknown address, a wrong method."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        # The framework's word for some bodies that are no JSON; for others it raises a validation error.
        return _response(422, "invalid", "The body cannot be read as JSON.")
    detail = _DETAILS.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return _response(error.status_code, None, detail, headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods of every route at this address; the framework names those of the first one only."""
    routes = request.app.router.routes
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


async def _validation_error(_: HTTPConnection, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError | WebSocketRequestValidationError)
    errors = [
        {"loc": list(each["loc"]), "msg": each["msg"].removeprefix("Value error, "), "type": each["type"]}
        for each in error.errors()
    ]
    where = ".".join(str(part) for part in errors[0]["loc"])
    return _response(422, "invalid", f"{where}: {errors[0]['msg']}", errors)


async def _database_fault(request: HTTPConnection, error: Exception) -> Response:
    if not _is_passing(error):
        return unexpected(request, error)
    log.warning("database_unavailable", path=request.url.path, error=repr(error))
    return problem_response(Unavailable("The database is not reachable; try again.", headers={"Retry-After": "2"}))


def _is_passing(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return error.connection_invalidated or (state is not None and state.startswith(_PASSING_FAULTS))
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_PASSING_FAULTS)
    return True


def unexpected(request: HTTPConnection, error: Exception) -> Response:
    """The answer to a fault of ours, which is logged whole and shown to nobody."""
    log.error("unexpected_error", method=request.scope.get("method"), path=request.url.path, exc_info=error)
    return _response(500, "internal-error", "Something went wrong on our side; it has been logged.")
