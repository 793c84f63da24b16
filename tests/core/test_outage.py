"""What callers hear while Postgres is away, and after it came back."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from app.dev.embedded import EmbeddedPostgres
from tests import sse
from tests.running import caller_of, is_problem, until
from tests.world import World, bearer


@pytest.fixture
async def pm(app: FastAPI):
    async with caller_of(app, headers=bearer("pm")) as caller:
        yield caller


async def test_calls_are_unavailable_while_the_database_is_down_and_answered_after(
    postgres: EmbeddedPostgres, world: World, pm: httpx.AsyncClient
):
    await world.notify("pm")
    assert (await pm.get("/api/notifications/unread_count")).json() == {"count": 1}
    await asyncio.to_thread(postgres.halt)
    try:
        for method, path in (
            ("GET", "/api/notifications/unread_count"),
            ("GET", "/api/notifications"),
            ("GET", "/api/notifications/stream"),
            ("GET", "/api/projects"),
            ("POST", "/api/notifications/read_all"),
        ):
            answer = await pm.request(method, path)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable"), path
            assert is_problem(answer)
            assert answer.headers["retry-after"]
        ready = await pm.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"] == {"database": False, "migrations": False, "listener": False}
        assert (await pm.get("/healthz")).status_code == 200
    finally:
        await asyncio.to_thread(postgres.resume)
    await _ready(pm)
    assert (await pm.get("/api/notifications/unread_count")).json() == {"count": 1}
    assert (await pm.post("/api/notifications/read_all")).status_code == 204


async def test_a_stream_is_told_to_read_anew_after_a_restart_and_goes_on(
    postgres: EmbeddedPostgres, world: World, app: FastAPI, pm: httpx.AsyncClient
):
    async with sse.open_stream(app, bearer("pm")) as stream:
        await stream.until("ready")
        await asyncio.to_thread(postgres.restart, "immediate")
        assert (await stream.until("reset")).data == {}
        await world.notify("pm")
        assert (await pm.post("/api/notifications/read_all")).status_code == 204
        assert (await stream.until("read")).data == {"all": True, "unread_count": 0}


async def test_no_call_is_lost_to_connections_that_a_restart_broke(
    postgres: EmbeddedPostgres, app: FastAPI, pm: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    pool = app.state.database._engine.pool
    # Who waits for a connection that never comes back waits longer than the test, however slow the machine is.
    monkeypatch.setattr(pool, "_timeout", 120)
    await asyncio.gather(*(pm.get("/api/projects") for _ in range(10)))
    await asyncio.to_thread(postgres.restart)
    await until(lambda: app.state.broker.is_connected)
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*(pm.get("/api/projects") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert pool.checkedout() == 0, "a broken connection keeps its place"


async def _ready(pm: httpx.AsyncClient) -> None:
    async def is_ready() -> bool:
        return (await pm.get("/readyz")).status_code == 200

    await until(is_ready)
