"""What another site's page can do with somebody's browser, and what bad tokens open: nothing."""

import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from jose import jwt

from app.accounts.roles import Role
from app.dev.demo import PASSWORD
from app.letters.unsubscribe import UnsubscribeLinks
from tests import sse
from tests.running import caller_of, is_problem, running
from tests.security.asgi import answer_before_body, handshake
from tests.security.cast import COOKIE, PROJECTS, Cast
from tests.security.routes import operations
from tests.security.rules import REACH, RULES, Params, things
from tests.security.stage import OTHER_ORIGIN
from tests.world import SECRET

HOST = "http://portal.test"
SAFE = {"GET", "HEAD", "WS"}
ONE_CLICK = "POST /unsubscribe"
BY_TOKEN = {ONE_CLICK, "POST /api/unsubscribe"}

# What a browser says of a request that a page of another site made it send.
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://portal.test"},
    {"Origin": "http://portal.test.evil.example"},
    {"Origin": "http://portal.test:8080", "Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Origin": OTHER_ORIGIN},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "none"},
]


@pytest_asyncio.fixture(scope="module")
async def app_of_cast(cast_of_all: Cast) -> AsyncIterator[FastAPI]:
    """The application, with an origin that may call it by bearer token."""
    async with running(cast_of_all.world.settings(allowed_origins=OTHER_ORIGIN)) as app:
        yield app


def _requests(app: FastAPI, named: dict[str, dict[str, Params]]) -> list[tuple[str, str, Any]]:
    """Each route that is not open to all, as the admin would be served by it: method, path, body."""
    found = []
    for route in sorted(operations(app)):
        rule = RULES[route]
        # Of a client's drafts no admin knows: whatever is asked for, this is answered before.
        reached = [name for name, reach in REACH[rule.of].items() if "admin" in reach]
        target = [*reached, *REACH[rule.of]][0]
        params = named[rule.of][target]
        method, _, template = route.partition(" ")
        if not rule.is_open:
            found.append((method, template.format(**params), rule.body(params) if rule.body else None))
    return found


async def _status(http: httpx.AsyncClient, app: FastAPI, request: tuple[str, str, Any], headers: dict[str, str]) -> int:
    method, path, body = request
    if method == "WS":
        return (await handshake(app, path, headers))[0]
    if path == sse.PATH:
        async with sse.open_stream(app, headers) as stream:
            return stream.status
    answer = await http.request(method, path, json=body, headers=headers)
    assert answer.status_code < 400 or method == "HEAD" or is_problem(answer), answer.text
    return answer.status_code


class TestRequestsByCookie:
    async def test_from_another_site_they_change_nothing(self, app: FastAPI, cast: Cast):
        cookie = (await cast.headers("admin", "a session by cookie"))["Cookie"]
        unsafe = [each for each in _requests(app, await things(cast)) if each[0] not in SAFE]
        before = await cast.digest()
        async with caller_of(app) as browser:
            for request in unsafe:
                for sender in ({}, *FOREIGN):
                    assert await _status(browser, app, request, {"Cookie": cookie, **sender}) == 403, (request, sender)
        assert await cast.digest() == before

    async def test_signing_in_and_setting_a_password_are_refused_too(self, app: FastAPI, cast: Cast):
        address = await cast.world.value("SELECT email FROM client_portal.accounts LIMIT 1")
        requests = {
            "/api/auth/login": {"email": address, "password": PASSWORD},
            "/api/auth/password_link": {"token": "a token", "new_password": PASSWORD},
        }
        unsafe = {route for route in operations(app) if RULES[route].is_open and route.partition(" ")[0] not in SAFE}
        assert {f"POST {path}" for path in requests} | BY_TOKEN == unsafe
        async with caller_of(app) as browser:
            for path, body in requests.items():
                for sender in FOREIGN:
                    answer = await browser.post(path, json=body, headers=sender)
                    assert answer.status_code == 403, (path, sender)
                    assert "set-cookie" not in answer.headers

    async def test_a_link_that_ends_e_mail_works_from_anywhere_and_says_by_itself_whose(self, app: FastAPI, cast: Cast):
        """The servers of the recipient's mail ask for it: the token is the proof, and no cookie counts."""
        links = UnsubscribeLinks(HOST, SECRET)
        switches = "SELECT recipient_user_id FROM client_portal.notification_settings WHERE NOT email_enabled"
        await cast.world.execute("UPDATE client_portal.notification_settings SET email_enabled = true")
        cookie = (await cast.headers("admin", "a session by cookie"))["Cookie"]
        async with caller_of(app) as browser:
            for sender in ({}, *FOREIGN):
                headers = {"Cookie": cookie, **sender}
                refused = await browser.post("/unsubscribe?token=none.of.ours", headers=headers)
                assert refused.status_code == 404, sender
                answer = await browser.post(links.url(cast.ids["client"]), headers=headers)
                assert answer.status_code == 200, sender
                assert "set-cookie" not in answer.headers
        assert [row[0] for row in await cast.world.fetch(switches)] == [cast.ids["client"]]

    async def test_no_answer_may_be_read_with_the_cookie_by_another_origin(self, app: FastAPI, cast: Cast):
        cookie = (await cast.headers("client", "a session by cookie"))["Cookie"]
        async with caller_of(app, headers={"Cookie": cookie}) as browser:
            for origin in (OTHER_ORIGIN, "https://evil.example", "null"):
                answer = await browser.get("/api/rooms", headers={"Origin": origin})
                assert "access-control-allow-credentials" not in answer.headers
                allowed = answer.headers.get("access-control-allow-origin")
                assert allowed == (OTHER_ORIGIN if origin == OTHER_ORIGIN else None)

    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
    async def test_a_preflight_of_an_unknown_origin_is_not_granted(self, app: FastAPI, method: str):
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": method}
        async with caller_of(app) as browser:
            answer = await browser.options("/api/rooms", headers=asked)
        assert answer.status_code >= 400
        assert "access-control-allow-origin" not in answer.headers


class TestSockets:
    """No browser asks before a page opens a socket: here the origin counts whatever the credential is."""

    @pytest.mark.parametrize("credentials", ["a token of the host", "a session by bearer", "a session by cookie"])
    async def test_who_may_open_one_from_where(self, app: FastAPI, cast: Cast, credentials: str):
        headers = await cast.headers("client", credentials)
        headers.pop("Origin", None)
        by_cookie = "Cookie" in headers
        room = f"/api/rooms/{cast.rooms['client']}/ws"
        paths = {
            "WS /api/notifications/ws": "/api/notifications/ws",
            "WS /api/rooms/{room_id}/ws": room,
            "WS /api/projects/ws": "/api/projects/ws",
            "WS /api/projects/{project_id}/ws": f"/api/projects/{PROJECTS['first']}/ws",
        }
        assert set(paths) == {route for route in operations(app) if route.startswith("WS ")}
        senders = [{"Origin": HOST}, {}, {"Origin": OTHER_ORIGIN}, *FOREIGN]
        for path in paths.values():
            for sender in senders:
                origin = sender.get("Origin")
                is_own = origin == HOST if by_cookie else origin in {None, HOST, OTHER_ORIGIN}
                status, body = await handshake(app, path, {**headers, **sender})
                assert status == (101 if is_own else 403), (path, sender)
                assert is_own or json.loads(body)["type"] == "/problems/forbidden"

    async def test_another_site_does_not_learn_which_rooms_there_are(self, app: FastAPI, cast: Cast):
        headers = await cast.headers("client", "a session by cookie") | {"Origin": "https://evil.example"}
        rooms = (cast.rooms["client"], cast.rooms["neighbour"], uuid4())
        assert len({await handshake(app, f"/api/rooms/{room}/ws", headers) for room in rooms}) == 1
        assert len({await handshake(app, f"/api/projects/{id_}/ws", headers) for id_ in PROJECTS.values()}) == 1


class TestUploads:
    """Their bodies are large: who is refused is told before any of it is read."""

    @pytest.mark.parametrize("sender", FOREIGN, ids=str)
    async def test_from_another_site_are_refused_before_their_body(self, app: FastAPI, cast: Cast, sender):
        headers = await cast.headers("client", "a session by cookie")
        headers.pop("Origin")
        assert await _begin_upload(app, cast, "client", {**headers, **sender}) == 403

    async def test_without_a_sign_in_or_out_of_reach_too(self, app: FastAPI, cast: Cast):
        client = await cast.headers("client", "a session by cookie")
        assert await _begin_upload(app, cast, "client", {"Authorization": "Bearer nonsense"}) == 401
        assert await _begin_upload(app, cast, "client", {}) == 401
        assert await _begin_upload(app, cast, "neighbour", client) == 404


async def _begin_upload(app: FastAPI, cast: Cast, client: str, headers: dict[str, str]) -> int:
    form = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "50000000"}
    return await answer_before_body(app, f"/api/rooms/{cast.rooms[client]}/files", headers | form)


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


async def _bad_tokens(cast: Cast) -> dict[str, str]:
    """Everything that might pass for a token of the admin's, and must not."""
    good = cast.token("admin")
    header, claims, signature = good.split(".")
    content = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    client_header, _, client_signature = cast.token("client").split(".")
    ended, expired = [await cast.session("admin") for _ in range(2)]
    await cast.world.execute(
        "UPDATE client_portal.sessions SET ended_at = now() WHERE id = $1", jwt.get_unverified_claims(ended)["sid"]
    )
    await cast.world.execute(
        "UPDATE client_portal.sessions SET expires_at = now() WHERE id = $1", jwt.get_unverified_claims(expired)["sid"]
    )
    clients_session = jwt.get_unverified_claims(await cast.session("client"))["sid"]
    return {
        "nothing": "",
        "no token": "nonsense",
        "three parts of nothing": "..",
        "no signature": f"{header}.{claims}.",
        "two parts": f"{header}.{claims}",
        **{f"alg {alg}": f"{_part({'alg': alg, 'typ': 'JWT'})}.{claims}." for alg in ("none", "None", "NONE", "")},
        "alg none, with a signature": f"{_part({'alg': 'none'})}.{claims}.{signature}",
        "no alg": f"{_part({'typ': 'JWT'})}.{claims}.{signature}",
        "said to be RS256": f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{claims}.{signature}",
        **{f"signed by {alg}": jwt.encode(content, SECRET, algorithm=alg) for alg in ("HS384", "HS512")},
        "signed with another key": jwt.encode(content, "x" * 48, algorithm="HS256"),
        "signed with no key": jwt.encode(content, "", algorithm="HS256"),
        "another person's signature": f"{header}.{claims}.{client_signature}",
        "a client's, made the admin's": f"{client_header}.{_part(content | {'sub': str(cast.ids['admin'])})}."
        f"{client_signature}",
        **{f"without {claim}": cast.token("admin", **{claim: None}) for claim in ("iss", "aud", "exp", "sub")},
        "another issuer": cast.token("admin", iss="somebody else"),
        "another audience": cast.token("admin", aud="another app"),
        "other audiences": cast.token("admin", aud=["another app", "a third one"]),
        "expired": cast.token("admin", exp=int(time.time()) - 1),
        "expired long ago": cast.token("admin", exp=1),
        "not yet good": cast.token("admin", nbf=int(time.time()) + 3600),
        "of nobody": cast.token("admin", sub="admin"),
        "of a person who is switched off": cast.token("deactivated"),
        "of a person who is switched off, as an admin": cast.token("deactivated", role="admin"),
        "a session of a person who is switched off": await cast.session("deactivated"),
        "a session that never was": cast.token("admin", sid=str(uuid4())),
        "a session of another person": cast.token("admin", sid=clients_session),
        "a session that has ended": ended,
        "a session that is over": expired,
        "a session that is none": cast.token("admin", sid="none"),
    }


async def test_no_route_takes_a_bad_token(app: FastAPI, cast: Cast):
    wrong = []
    requests = _requests(app, await things(cast))
    tokens = await _bad_tokens(cast)
    before = await cast.digest()
    async with caller_of(app) as caller:
        for name, token in tokens.items():
            for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"{COOKIE}={token}", "Origin": HOST}):
                for request in requests:
                    status = await _status(caller, app, request, headers)
                    if status != 401:
                        wrong.append(f"{name} by {next(iter(headers))}: {status} of {request[:2]}")
    assert not wrong, "\n".join(wrong)
    assert await cast.digest() == before


async def test_no_route_takes_another_kind_of_credential(app: FastAPI, cast: Cast):
    """Tokens stand in the header or the cookie: never in an address, where logs and other sites see them."""
    token = cast.token("admin")
    basic = base64.b64encode(b"admin@example.com:" + PASSWORD.encode()).decode()
    requests = _requests(app, await things(cast))
    async with caller_of(app) as caller:
        for method, path, body in requests:
            for query in (f"token={token}", f"access_token={token}", f"jwt={token}"):
                if method not in ("WS",) and path != sse.PATH:
                    assert (await caller.request(method, f"{path}?{query}", json=body)).status_code == 401
            for headers in ({"Authorization": f"Basic {basic}"}, {"Authorization": token}, {"X-User-Id": "admin"}):
                assert await _status(caller, app, (method, path, body), headers) == 401, (method, path, headers)


async def test_who_is_switched_off_does_not_sign_in(app: FastAPI, cast: Cast):
    email = await cast.world.value(
        "SELECT email FROM client_portal.accounts WHERE user_id = $1", cast.ids["deactivated"]
    )
    async with caller_of(app) as visitor:
        right = await visitor.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        wrong = await visitor.post("/api/auth/login", json={"email": email, "password": "not this one"})
        unknown = await visitor.post("/api/auth/login", json={"email": "no@mail.example", "password": PASSWORD})
    assert right.status_code == wrong.status_code == unknown.status_code == 401
    assert right.content == wrong.content == unknown.content


async def test_the_role_of_an_own_session_is_that_of_the_account(app: FastAPI, cast: Cast):
    """Whatever the token says: only the host's own tokens are believed about roles, and they are signed."""
    session = await cast.session("client", role=Role.ADMIN.value, roles=["admin"])
    async with caller_of(app, headers={"Authorization": f"Bearer {session}"}) as client:
        assert (await client.get("/api/admin/accounts")).status_code == 403
        assert (await client.get(f"/api/projects/{PROJECTS['second']}")).status_code == 404
