"""The browser's cookie: out of reach of scripts, and of no use to other sites' pages."""

import re
from http.cookies import SimpleCookie

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import PASSWORD
from tests.running import caller_of, is_problem, running
from tests.world import World, bearer, email, sign_in, token

HOST = "http://portal.test"
COOKIE = "portal_session"


@pytest.fixture
async def browser(shared_app: FastAPI, shared_world: World):
    """A browser that is signed in as pm."""
    async with caller_of(shared_app, cookies={COOKIE: await shared_world.open_session("pm")}) as browser:
        yield browser


@pytest.fixture
async def visitor(shared_app: FastAPI):
    """A browser that is not signed in."""
    async with caller_of(shared_app) as browser:
        yield browser


@pytest.mark.parametrize(("public_url", "is_secure"), [(None, False), ("https://portal.example", True)])
async def test_scripts_and_other_sites_do_not_get_it(world: World, public_url, is_secure):
    async with running(world.settings(public_url=public_url)) as app, caller_of(app) as visitor:
        answer = await visitor.post("/api/auth/login", json={"email": email("pm"), "password": PASSWORD})
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie.value == answer.json()["access_token"]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() in {"lax", "strict"}
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert int(cookie["max-age"]) == answer.json()["expires_in"]
    assert bool(cookie["secure"]) is is_secure


async def test_it_signs_in_for_reading(visitor: httpx.AsyncClient):
    await sign_in(visitor, "pm")
    assert (await visitor.get("/api/auth/me")).json()["email"] == email("pm")


# What a browser says of where a request comes from, and whether it may change something by cookie.
SENDERS = [
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "none"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": HOST}, False),
    ({"Sec-Fetch-Site": ""}, False),
    ({"Origin": HOST}, True),
    ({"Origin": "HTTP://Portal.Test"}, True),
    ({"Origin": "https://portal.test"}, False),
    ({"Origin": "http://portal.test:8080"}, False),
    ({"Origin": "http://portal.test.evil.example"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
    ({}, False),
    ({"Referer": f"{HOST}/projects"}, False),
]


@pytest.mark.parametrize(("sender", "is_own"), SENDERS)
async def test_changes_by_cookie_come_from_own_pages_only(browser: httpx.AsyncClient, sender, is_own):
    for method, path, body in (
        ("POST", "/api/notifications/read_all", None),
        ("PATCH", "/api/notifications/settings", {}),
    ):
        answer = await browser.request(method, path, json=body, headers=sender)
        assert answer.status_code < 300 if is_own else answer.status_code == 403, (method, path)
        assert is_own or is_problem(answer)


_WITHOUT_SIGN_IN = {
    "/api/auth/login": {"email": email("pm"), "password": PASSWORD},
    "/api/auth/password_link": {"token": "a token", "new_password": "another password"},
}
# The link in an e-mail: mail programs send it, and its token alone counts (RFC 8058), not the cookie.
_FROM_ANYWHERE = {"/unsubscribe", "/api/unsubscribe"}


async def test_every_route_that_changes_something_refuses_another_sites_page(
    shared_app: FastAPI, browser: httpx.AsyncClient
):
    paths = shared_app.openapi()["paths"]
    for path in paths.keys() - _FROM_ANYWHERE:
        for method in paths[path].keys() - {"get", "head"}:
            address = re.sub(r"{\w+}", "11111111-1111-4111-8111-111111111111", path)
            body = _WITHOUT_SIGN_IN.get(path)
            answer = await browser.request(method, address, json=body, headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403, (method, path)


async def test_a_bearer_token_needs_no_origin(shared_app: FastAPI):
    async with caller_of(shared_app, headers=bearer("pm")) as pm:
        answer = await pm.post("/api/notifications/read_all", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 204


async def test_a_bad_bearer_token_is_not_helped_out_by_a_cookie(browser: httpx.AsyncClient):
    answer = await browser.get("/api/auth/me", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401


async def test_reading_is_for_pages_that_were_led_here_too(browser: httpx.AsyncClient):
    assert (await browser.get("/api/auth/me", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


async def test_behind_a_proxy_the_public_address_is_the_own_one(world: World):
    cookies = {COOKIE: await world.open_session("pm")}
    async with (
        running(world.settings(public_url="https://portal.example")) as app,
        caller_of(app, cookies=cookies) as pm,
    ):
        own = await pm.post("/api/notifications/read_all", headers={"Origin": "https://portal.example"})
        inner = await pm.post("/api/notifications/read_all", headers={"Origin": HOST})
    assert (own.status_code, inner.status_code) == (204, 403)


@pytest.mark.parametrize(
    ("sender", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": HOST}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_another_sites_page_signs_nobody_in(visitor: httpx.AsyncClient, sender, status):
    answer = await visitor.post("/api/auth/login", json={"email": email("pm"), "password": PASSWORD}, headers=sender)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) == (status == 200)


@pytest.mark.parametrize("cookie", ["", "nonsense", "é", "a" * 10_000, token("pm", exp=1)])
async def test_a_cookie_of_no_worth_is_no_sign_in(visitor: httpx.AsyncClient, cookie):
    answer = await visitor.get("/api/auth/me", headers=[(b"cookie", f"{COOKIE}={cookie}".encode("latin-1"))])
    assert answer.status_code == 401
    assert is_problem(answer)
