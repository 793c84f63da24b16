"""Signing in and out by password, and how guessing is slowed down."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from jose import jwt

from app.accounts import throttle
from app.dev.demo import PASSWORD
from tests.running import caller_of, is_problem, running
from tests.world import PEOPLE, ROLES, World, bearer, email, sign_in, token


@pytest.fixture
async def visitor(shared_app: FastAPI):
    """Somebody who is not signed in, on the shared world."""
    async with caller_of(shared_app) as visitor:
        yield visitor


async def _try(http: httpx.AsyncClient, address: str, password: str, **headers: str) -> httpx.Response:
    return await http.post("/api/auth/login", json={"email": address, "password": password}, headers=headers)


@pytest.mark.parametrize("person", ROLES)
async def test_a_person_signs_in_and_is_who_they_are(visitor: httpx.AsyncClient, person):
    answer = (await _try(visitor, email(person), PASSWORD)).json()
    visitor.cookies.clear()
    me = await visitor.get("/api/auth/me", headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert me.json() == answer["user"]
    assert me.json()["id"] == str(PEOPLE[person])
    assert me.json()["email"] == email(person)
    assert me.json()["role"] == ROLES[person]
    assert me.json()["display_name"]
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 12 * 3600)


@pytest.mark.parametrize("typed", ["PM@Example.COM", "  pm@example.com\n"])
async def test_the_address_is_taken_however_it_is_typed(visitor: httpx.AsyncClient, typed):
    assert (await _try(visitor, typed, PASSWORD)).status_code == 200


WRONG = [
    ("pm@example.com", "wrong"),
    ("pm@example.com", PASSWORD + " "),
    ("pm@example.com", PASSWORD.upper()),
    ("nobody@example.com", PASSWORD),
    ("gone@example.com", PASSWORD),
    ("% OR 1=1 --", PASSWORD),
    ("pm%", PASSWORD),
]


async def test_what_is_wrong_is_not_told(http: httpx.AsyncClient, world: World):
    await world.execute(
        "UPDATE client_portal.accounts SET is_active = false, email = 'gone@example.com' WHERE user_id = $1",
        PEOPLE["dev"],
    )
    answers = [await _try(http, address, password) for address, password in WRONG]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert not [answer for answer in answers if "set-cookie" in answer.headers]


async def test_a_token_of_sign_in_opens_the_stream(visitor: httpx.AsyncClient):
    claims = token_content(await sign_in(visitor, "pm"))
    assert claims["scope"] == "notifications.stream"
    assert (claims["sub"], claims["iss"], claims["aud"]) == (str(PEOPLE["pm"]), "client-portal", "client-portal")


def token_content(encoded: str) -> dict[str, object]:
    return jwt.get_unverified_claims(encoded)


async def test_a_session_lasts_as_long_as_the_settings_say(world: World):
    async with running(world.settings(session_hours=2)) as app, caller_of(app) as http:
        answer = await _try(http, email("pm"), PASSWORD)
    assert answer.json()["expires_in"] == 7200
    left = await world.value("SELECT expires_at - now() FROM client_portal.sessions ORDER BY created_at DESC LIMIT 1")
    assert timedelta(minutes=119) < left <= timedelta(hours=2)


async def test_a_session_that_expired_in_the_database_is_over(app: FastAPI, world: World):
    session = await world.open_session("pm")
    await world.execute("UPDATE client_portal.sessions SET expires_at = now() - interval '1 second'")
    async with caller_of(app, headers={"Authorization": f"Bearer {session}"}) as pm:
        assert (await pm.get("/api/auth/me")).status_code == 401


class TestSigningOut:
    async def test_ends_the_session_at_once(self, http: httpx.AsyncClient):
        held = {"Authorization": f"Bearer {await sign_in(http, 'pm')}"}
        assert (await http.get("/api/auth/me", headers=held)).status_code == 200
        assert (await http.post("/api/auth/logout", headers=held)).status_code == 204
        http.cookies.clear()
        answer = await http.get("/api/auth/me", headers=held)
        assert answer.status_code == 401
        assert is_problem(answer)

    async def test_leaves_the_other_sessions_of_the_person(self, app: FastAPI, world: World):
        first, second = await world.open_session("pm"), await world.open_session("pm")
        async with caller_of(app) as pm:
            await pm.post("/api/auth/logout", headers={"Authorization": f"Bearer {first}"})
            assert (await pm.get("/api/auth/me", headers={"Authorization": f"Bearer {second}"})).status_code == 200

    async def test_takes_the_cookie_away(self, http: httpx.AsyncClient):
        await sign_in(http, "pm")
        answer = await http.post("/api/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 204
        assert not http.cookies

    async def test_leaves_a_token_of_the_host_to_the_host(self, app: FastAPI):
        async with caller_of(app, headers=bearer("pm")) as pm:
            assert (await pm.post("/api/auth/logout")).status_code == 204
            assert (await pm.get("/api/auth/me")).status_code == 200


class TestRoleOfASession:
    """The role of an own sign-in is the account's, whatever a token says or said."""

    async def test_is_the_accounts(self, app: FastAPI, world: World):
        forged = await world.open_session("client", role="admin", roles=["admin", "staff"])
        async with caller_of(app, headers={"Authorization": f"Bearer {forged}"}) as client:
            assert len((await client.get("/api/projects")).json()["items"]) == 1
            assert (await client.get("/api/auth/me")).json()["role"] == "client"

    async def test_changes_with_the_account(self, app: FastAPI, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("app.accounts.standing._SECONDS", 0)
        held = await world.open_session("admin")
        async with caller_of(app, headers={"Authorization": f"Bearer {held}"}) as admin:
            assert len((await admin.get("/api/projects")).json()["items"]) == 2
            await world.execute("UPDATE client_portal.accounts SET role = 'client' WHERE user_id = $1", PEOPLE["admin"])
            assert (await admin.get("/api/projects")).json()["items"] == []

    async def test_another_persons_session_is_none(self, app: FastAPI, world: World):
        session = token_content(await world.open_session("pm"))["sid"]
        async with caller_of(app, headers={"Authorization": f"Bearer {token('client', sid=session)}"}) as client:
            assert (await client.get("/api/auth/me")).status_code == 401


class TestAHostsUserWithoutAccount:
    async def test_is_known_by_id_and_role_only(self, app: FastAPI, world: World):
        await world.execute("DELETE FROM client_portal.accounts WHERE user_id = $1", PEOPLE["dev"])
        async with caller_of(app, headers=bearer("dev")) as dev:
            me = (await dev.get("/api/auth/me")).json()
        assert me == {"id": str(PEOPLE["dev"]), "display_name": None, "email": None, "role": "developer"}

    async def test_has_no_password_to_change_here(self, app: FastAPI, world: World):
        await world.execute("DELETE FROM client_portal.accounts WHERE user_id = $1", PEOPLE["dev"])
        change = {"current_password": PASSWORD, "new_password": "long enough"}
        async with caller_of(app, headers=bearer("dev")) as dev:
            assert (await dev.post("/api/auth/password", json=change)).status_code == 403


class TestThrottle:
    @pytest.fixture(autouse=True)
    def low_limits(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(throttle, "MOST_PER_ACCOUNT", 3)
        monkeypatch.setattr(throttle, "MOST_PER_ADDRESS", 8)

    @pytest.mark.parametrize("address", ["pm@example.com", "nobody@example.com"])
    async def test_an_account_there_or_not_is_closed_after_too_many_failures(self, http: httpx.AsyncClient, address):
        statuses = [(await _try(http, address, "wrong")).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        answer = await _try(http, address.upper(), PASSWORD)
        assert answer.status_code == 429, "the right password opens it"
        assert is_problem(answer)
        assert 0 < int(answer.headers["retry-after"]) <= 15 * 60

    async def test_other_people_sign_in_meanwhile(self, http: httpx.AsyncClient):
        for _ in range(4):
            await _try(http, email("pm"), "wrong")
        assert (await _try(http, email("dev"), PASSWORD)).status_code == 200

    async def test_an_address_that_guesses_at_many_accounts_is_closed(self, http: httpx.AsyncClient):
        statuses = [(await _try(http, f"person{number}@example.com", "wrong")).status_code for number in range(9)]
        assert statuses == [401] * 8 + [429]
        assert (await _try(http, email("pm"), PASSWORD)).status_code == 429

    async def test_people_behind_one_address_may_sign_in_any_number_of_times(self, http: httpx.AsyncClient):
        statuses = {(await _try(http, email("pm"), PASSWORD)).status_code for _ in range(12)}
        assert statuses == {200}

    async def test_the_right_password_makes_the_account_start_anew(self, http: httpx.AsyncClient):
        for password in ("wrong", "wrong", PASSWORD, "wrong", "wrong"):
            answer = await _try(http, email("pm"), password)
        assert (answer.status_code, (await _try(http, email("pm"), PASSWORD)).status_code) == (401, 200)

    async def test_guesses_at_the_same_time_all_count(self, http: httpx.AsyncClient):
        answers = await asyncio.gather(*(_try(http, email("pm"), "wrong") for _ in range(8)))
        assert [answer.status_code for answer in answers].count(401) == 3

    async def test_it_opens_again_when_the_window_is_over(self, http: httpx.AsyncClient, world: World):
        for _ in range(4):
            await _try(http, email("pm"), "wrong")
        await world.execute("UPDATE client_portal.login_throttle SET window_ends_at = now()")
        assert (await _try(http, email("pm"), PASSWORD)).status_code == 200

    async def test_it_is_the_same_for_all_processes(self, world: World):
        async with (
            running(world.settings()) as one,
            running(world.settings()) as another,
            caller_of(one) as here,
            caller_of(another) as there,
        ):
            for _ in range(3):
                await _try(here, email("pm"), "wrong")
            assert (await _try(there, email("pm"), PASSWORD)).status_code == 429

    async def test_it_keeps_no_address_that_can_be_read(self, http: httpx.AsyncClient, world: World):
        await _try(http, "somebody@example.com", "wrong")
        rows = await world.fetch("SELECT key FROM client_portal.login_throttle")
        assert not [row for row in rows if "somebody" in row["key"]]


def test_all_addresses_of_an_ipv6_network_are_one():
    key = throttle._address_key
    assert key("2001:db8::1") == key("2001:db8::ffff:1")
    assert key("2001:db8::1") != key("2001:db8:0:1::1")
    assert key("192.0.2.1") != key("192.0.2.2")


def test_an_ipv4_address_is_the_same_however_it_is_written():
    assert throttle._address_key("::ffff:192.0.2.1") != throttle._address_key("::ffff:192.0.2.2")
    assert throttle._address_key("::ffff:192.0.2.1") == throttle._address_key("192.0.2.1")
