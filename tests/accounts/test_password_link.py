"""A one-time link by which a person sets their password."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import throttle
from app.dev.demo import PASSWORD
from tests import sse
from tests.running import caller_of, is_problem, running
from tests.world import PEOPLE, World, bearer, email, sign_in

NEW = "another password"
SET = "/api/auth/password_link"


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer("admin")) as admin:
        yield admin


async def _link(admin: httpx.AsyncClient, person: str = "pm") -> str:
    answer = await admin.post(f"/api/admin/accounts/{PEOPLE[person]}/password_link")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["link"])


async def _token(admin: httpx.AsyncClient, person: str = "pm") -> str:
    return (await _link(admin, person)).partition("#")[2]


async def _set(http: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    return await http.post(SET, json={"token": token, "new_password": password})


async def test_it_leads_to_the_page_and_its_secret_is_not_sent_there(admin: httpx.AsyncClient, world: World):
    page, _, token = (await _link(admin)).partition("#")
    assert page == "http://127.0.0.1:3000/set-password"
    assert len(token) >= 40
    async with (
        running(world.settings(public_url="https://portal.example")) as app,
        caller_of(app, headers=bearer("admin")) as other,
    ):
        assert (await _link(other)).startswith("https://portal.example/set-password#")


async def test_the_new_password_is_good_and_the_old_one_is_not(admin: httpx.AsyncClient, http: httpx.AsyncClient):
    answer = await _set(http, await _token(admin))
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
    await sign_in(http, "pm", NEW)
    login = {"email": email("pm"), "password": PASSWORD}
    assert (await http.post("/api/auth/login", json=login)).status_code == 401


async def test_making_one_changes_nothing_yet(admin: httpx.AsyncClient, http: httpx.AsyncClient, world: World):
    held = {"Authorization": f"Bearer {await world.open_session('pm')}"}
    await _link(admin)
    assert (await http.get("/api/auth/me", headers=held)).status_code == 200
    await sign_in(http, "pm")


async def test_using_one_ends_every_session_of_that_person(
    admin: httpx.AsyncClient, app: FastAPI, http: httpx.AsyncClient, world: World
):
    held = {"Authorization": f"Bearer {await world.open_session('pm')}"}
    a_colleagues = {"Authorization": f"Bearer {await world.open_session('dev')}"}
    async with sse.open_stream(app, held) as stream:
        await stream.until("ready")
        await _set(http, await _token(admin))
        assert (await stream.until("bye")).data == {"reason": "signed_out"}
    assert (await http.get("/api/auth/me", headers=held)).status_code == 401
    assert (await http.get("/api/auth/me", headers=a_colleagues)).status_code == 200


async def test_it_works_once(admin: httpx.AsyncClient, http: httpx.AsyncClient):
    token = await _token(admin)
    answers = await asyncio.gather(*[_set(http, token, f"another password {number}") for number in range(5)])
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422, 422]


async def test_whatever_is_wrong_with_one_the_answer_is_the_same(admin, http: httpx.AsyncClient, world: World):
    used = await _token(admin, "pm")
    await _set(http, used)
    replaced = await _token(admin, "dev")
    await _link(admin, "dev")
    expired = await _token(admin, "client")
    await world.execute(
        "UPDATE client_portal.password_links SET expires_at = now() - interval '1 second' WHERE user_id = $1",
        PEOPLE["client"],
    )
    switched_off = await _token(admin, "pm2")
    await admin.patch(f"/api/admin/accounts/{PEOPLE['pm2']}", json={"is_active": False})
    outdated = await _token(admin, "dev2")
    change = {"current_password": PASSWORD, "new_password": NEW}
    await http.post("/api/auth/password", json=change, headers=bearer("dev2"))
    answers = [await _set(http, token) for token in (used, replaced, expired, switched_off, outdated, "nonsense", "é")]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.content for answer in answers}) == 1
    assert is_problem(answers[0])
    assert answers[0].json()["detail"] == "This link is no longer good: ask for a new one."


async def test_a_link_of_who_was_switched_off_is_not_good_after_they_are_back(admin, http: httpx.AsyncClient):
    token = await _token(admin)
    for is_active in (False, True):
        await admin.patch(f"/api/admin/accounts/{PEOPLE['pm']}", json={"is_active": is_active})
    assert (await _set(http, token)).status_code == 422


async def test_a_password_that_will_not_do_does_not_use_it_up(admin: httpx.AsyncClient, http: httpx.AsyncClient):
    token = await _token(admin)
    assert (await _set(http, token, "short")).status_code == 422
    assert (await _set(http, token)).status_code == 204


async def test_it_lasts_as_long_as_the_settings_say(world: World):
    for settings, hours in (({}, 72), ({"password_link_hours": 2}, 2)):
        async with running(world.settings(**settings)) as app, caller_of(app, headers=bearer("admin")) as admin:
            await _link(admin)
        left = await world.value(
            "SELECT expires_at - now() FROM client_portal.password_links ORDER BY created_at DESC LIMIT 1"
        )
        assert timedelta(hours=hours) - timedelta(minutes=1) < left <= timedelta(hours=hours)


async def test_the_token_is_nowhere_in_the_database(admin: httpx.AsyncClient, world: World):
    token = await _token(admin)
    for table in ("password_links", "audit_log"):
        rows = await world.fetch(f"SELECT t::text FROM client_portal.{table} AS t")
        assert not [row for (row,) in rows if token in row]


async def test_there_is_none_for_who_cannot_sign_in(admin: httpx.AsyncClient, world: World):
    await admin.patch(f"/api/admin/accounts/{PEOPLE['pm']}", json={"is_active": False})
    answer = await admin.post(f"/api/admin/accounts/{PEOPLE['pm']}/password_link")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/account-inactive")
    user_id = await world.value("INSERT INTO public.users (full_name, email) VALUES ('N', 'n@h') RETURNING id")
    assert (await admin.post(f"/api/admin/accounts/{user_id}/password_link")).status_code == 404


async def test_guessing_is_slowed_down_by_network_address(admin, http: httpx.AsyncClient, monkeypatch):
    monkeypatch.setattr(throttle, "MOST_PER_ADDRESS", 3)
    token = await _token(admin)
    assert [(await _set(http, "nonsense")).status_code for _ in range(3)] == [422] * 3
    answer = await _set(http, token)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


async def test_who_was_locked_out_by_guesses_comes_in_by_it(admin, http: httpx.AsyncClient, monkeypatch):
    monkeypatch.setattr(throttle, "MOST_PER_ACCOUNT", 2)
    login = {"email": email("pm"), "password": "wrong"}
    assert [(await http.post("/api/auth/login", json=login)).status_code for _ in range(3)] == [401, 401, 429]
    await _set(http, await _token(admin))
    await sign_in(http, "pm", NEW)


@pytest.mark.parametrize("sender", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
async def test_another_sites_page_sets_nobodys_password(admin: httpx.AsyncClient, http: httpx.AsyncClient, sender):
    change = {"token": await _token(admin), "new_password": NEW}
    assert (await http.post(SET, json=change, headers=sender)).status_code == 403
