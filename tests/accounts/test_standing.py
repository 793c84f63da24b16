"""An account or a session that has ended is refused, also by who remembered it as good."""

import asyncio
import json
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.accounts import queries, standing
from tests.running import caller_of, is_problem, running, until
from tests.world import PEOPLE, World, bearer, token

SIGNALLED = standing._SECONDS / 2
"""Seconds within which a signal has come on any machine; by itself nothing is forgotten so soon."""


@pytest.fixture(params=["a token of the host", "a session"])
async def pm(request, world: World) -> dict[str, str]:
    """The headers of pm."""
    if request.param == "a session":
        return {"Authorization": f"Bearer {await world.open_session('pm')}"}
    return bearer("pm")


async def _status(app: FastAPI, headers: dict[str, str]) -> int:
    async with caller_of(app, headers=headers) as caller:
        return (await caller.get("/api/notifications")).status_code


async def _deactivate(world: World, person: str = "pm") -> None:
    await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE[person])


async def _signal(world: World, person: str = "pm") -> None:
    payload = json.dumps([["standing", {"user": str(PEOPLE[person])}]])
    await world.execute("SELECT pg_notify('client_portal', $1)", payload)


async def test_a_deactivated_account_is_refused(app: FastAPI, world: World, pm):
    await _deactivate(world)
    assert await _status(app, pm) == 401


async def test_one_that_was_remembered_is_refused_by_every_process_once_it_is_signalled(world: World, pm):
    async with running(world.settings()) as one, running(world.settings()) as another:
        assert [await _status(app, pm) for app in (one, another)] == [200, 200]
        await _deactivate(world)
        await _signal(world)

        async def refused_by_both() -> bool:
            return [await _status(app, pm) for app in (one, another)] == [401, 401]

        await until(refused_by_both, within=SIGNALLED)


async def test_one_that_was_remembered_is_refused_in_a_moment_without_a_signal(
    world: World, app: FastAPI, pm, monkeypatch: pytest.MonkeyPatch
):
    assert standing._SECONDS <= 30
    monkeypatch.setattr(standing, "_SECONDS", 0.1)
    assert await _status(app, pm) == 200
    await _deactivate(world)

    async def refused() -> bool:
        return await _status(app, pm) == 401

    await until(refused, within=SIGNALLED)


async def test_nothing_is_remembered_while_signals_are_not_heard(world: World, app: FastAPI, pm):
    assert await _status(app, pm) == 200
    await app.state.broker.stop()
    app.state.broker._connected.clear()
    await _deactivate(world)
    assert await _status(app, pm) == 401


async def test_what_was_read_before_a_change_is_not_remembered_after_it(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
):
    read, was_read, may_go_on = queries.standing, asyncio.Event(), asyncio.Event()

    async def slow(*arguments):
        found = await read(*arguments)
        was_read.set()
        await may_go_on.wait()
        return found

    monkeypatch.setattr(queries, "standing", slow)
    early = asyncio.create_task(_status(app, bearer("pm")))
    await was_read.wait()
    await _deactivate(world)
    app.state.authenticator._standings.forget(PEOPLE["pm"])
    monkeypatch.setattr(queries, "standing", read)
    may_go_on.set()
    assert await early == 200
    assert await _status(app, bearer("pm")) == 401


async def test_a_sign_out_is_known_to_every_process(world: World):
    held = {"Authorization": f"Bearer {await world.open_session('pm')}"}
    async with running(world.settings()) as one, running(world.settings()) as another:
        assert [await _status(app, held) for app in (one, another)] == [200, 200]
        async with caller_of(one, headers=held) as pm:
            await pm.post("/api/auth/logout")
        assert await _status(one, held) == 401

        async def refused_by_the_other() -> bool:
            return await _status(another, held) == 401

        await until(refused_by_the_other, within=SIGNALLED)


async def test_stray_signals_on_the_channel_stop_no_other_signal(world: World, app: FastAPI):
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda *_: None)
    try:
        assert await _status(app, bearer("pm")) == 200
        for stray in ("", "no json", "{}", "[]", "[1]", '[["standing"]]', '[["standing", {}]]', "null"):
            await world.execute("SELECT pg_notify('client_portal', $1)", stray)
        await _deactivate(world)
        await _signal(world)

        async def refused() -> bool:
            return await _status(app, bearer("pm")) == 401

        await until(refused, within=SIGNALLED)
    finally:
        loop.set_exception_handler(before)


async def test_a_token_of_somebody_whom_the_host_does_not_know_is_refused(app: FastAPI, world: World):
    """Such as an admin's, whose user was deleted there: nothing could be written in their name."""
    headers = {"Authorization": f"Bearer {token(uuid4(), role='admin')}"}
    (room,) = await world.fetch("SELECT id FROM client_portal.rooms LIMIT 1")
    async with caller_of(app, headers=headers) as stranger:
        answer = await stranger.post(f"/api/rooms/{room['id']}/messages", json={"body": "Hello"})
    assert answer.status_code == 401
    assert is_problem(answer)
