"""Changing the own password."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from app.core.passwords import Passwords
from app.dev.demo import PASSWORD
from tests.running import caller_of, is_problem
from tests.world import World, bearer, email, sign_in

NEW = "another password"


async def _change(caller: httpx.AsyncClient, current: str = PASSWORD, new: str = NEW, **headers: str) -> httpx.Response:
    change = {"current_password": current, "new_password": new}
    return await caller.post("/api/auth/password", json=change, headers=headers)


async def test_the_new_one_is_good_and_the_old_one_is_not(app: FastAPI, http: httpx.AsyncClient):
    async with caller_of(app, headers=bearer("pm")) as pm:
        assert (await _change(pm)).status_code == 204
    old = await http.post("/api/auth/login", json={"email": email("pm"), "password": PASSWORD})
    assert old.status_code == 401
    await sign_in(http, "pm", NEW)


async def test_the_session_that_changes_it_stays_and_all_others_end(app: FastAPI, world: World):
    own, others, a_colleagues = (
        await world.open_session("pm"),
        [await world.open_session("pm") for _ in range(2)],
        await world.open_session("dev"),
    )

    async def status(token: str) -> int:
        async with caller_of(app, headers={"Authorization": f"Bearer {token}"}) as caller:
            return (await caller.get("/api/auth/me")).status_code

    assert [await status(token) for token in (own, *others, a_colleagues)] == [200] * 4
    async with caller_of(app, headers={"Authorization": f"Bearer {own}"}) as pm:
        assert (await _change(pm)).status_code == 204
    assert [await status(token) for token in (own, *others, a_colleagues)] == [200, 401, 401, 200]


async def test_a_token_of_the_host_that_changes_it_ends_every_session_here(app: FastAPI, world: World):
    session = await world.open_session("pm")
    async with caller_of(app) as pm:
        assert (await _change(pm, **bearer("pm"))).status_code == 204
        assert (await pm.get("/api/auth/me", headers={"Authorization": f"Bearer {session}"})).status_code == 401


async def test_the_current_one_is_asked_for(app: FastAPI, http: httpx.AsyncClient):
    async with caller_of(app, headers=bearer("pm")) as pm:
        answer = await _change(pm, current="wrong")
    assert answer.status_code == 403
    assert is_problem(answer)
    await sign_in(http, "pm")


async def test_a_new_one_has_8_to_256_characters(app: FastAPI):
    current, wrong = PASSWORD, []
    async with caller_of(app, headers=bearer("pm")) as pm:
        for new, status in (
            ("x" * 7, 422),
            ("x" * 8, 204),
            ("🦊" * 8, 204),
            ("x" * 256, 204),
            ("x" * 257, 422),
            ("x" * 5000, 422),
            ("", 422),
        ):
            answer = await _change(pm, current, new)
            current = new if answer.status_code == 204 else current
            if answer.status_code != status or "xxxxxxx" in answer.text:
                wrong.append((len(new), answer.status_code))
    assert not wrong


async def test_a_sign_in_by_the_old_one_that_is_under_way_does_not_outlive_the_change(
    app: FastAPI, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    verify, checked, may_go_on = Passwords.verify, asyncio.Event(), asyncio.Event()

    async def slow(self: Passwords, password: str, hashed: str | None) -> bool:
        is_right = await verify(self, password, hashed)
        checked.set()
        await may_go_on.wait()
        return is_right

    monkeypatch.setattr(Passwords, "verify", slow)
    signing_in = asyncio.create_task(http.post("/api/auth/login", json={"email": email("pm"), "password": PASSWORD}))
    await checked.wait()
    monkeypatch.setattr(Passwords, "verify", verify)
    async with caller_of(app, headers=bearer("pm")) as pm:
        assert (await _change(pm)).status_code == 204
    may_go_on.set()
    answer = await signing_in
    if answer.status_code == 200:
        held = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        http.cookies.clear()
        answer = await http.get("/api/auth/me", headers=held)
    assert answer.status_code == 401
