"""Every refusal has one form, and nothing a caller sends is a fault of ours."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.errors import Conflict
from app.core.middleware import BODY_LIMIT
from app.core.problems import problem_response
from app.dev.demo import FIRST_PROJECT
from tests.running import caller_of, is_problem, running
from tests.world import PEOPLE, World, bearer

ISSUE = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def pm(shared_app: FastAPI):
    async with caller_of(shared_app, headers=bearer("pm")) as caller:
        yield caller


@pytest.mark.parametrize(
    ("method", "path", "status", "type_"),
    [
        ("GET", "/api/nothing", 404, "/problems/not-found"),
        ("POST", "/api/nothing", 404, "/problems/not-found"),
        ("GET", "/api/projects/99999999-9999-4999-8999-999999999999", 404, "/problems/not-found"),
        ("DELETE", "/api/notifications", 405, "/problems/method-not-allowed"),
        ("GET", "/api/notifications?limit=0", 422, "/problems/invalid"),
        ("GET", "/api/projects/not-a-uuid", 422, "/problems/invalid"),
        ("POST", "/api/auth/login", 422, "/problems/invalid"),
    ],
)
async def test_a_refusal_is_a_problem_of_its_type(pm: httpx.AsyncClient, method, path, status, type_):
    answer = await pm.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (status, type_)
    assert is_problem(answer)


async def test_no_sign_in_says_how_to_sign_in(shared_app: FastAPI):
    async with caller_of(shared_app) as nobody:
        answer = await nobody.get("/api/notifications")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert is_problem(answer)


async def test_a_422_names_the_fields_and_repeats_no_secret(shared_app: FastAPI):
    async with caller_of(shared_app) as nobody:
        answer = await nobody.post("/api/auth/login", json={"email": 5, "password": "x" * 300})
    assert is_problem(answer)
    assert [each["loc"] for each in answer.json()["errors"]] == [["body", "email"], ["body", "password"]]
    assert "xxx" not in answer.text


async def test_a_wrong_method_is_told_all_that_the_address_answers(shared_app: FastAPI, pm: httpx.AsyncClient):
    for path, operations in shared_app.openapi()["paths"].items():
        answer = await pm.request("TRACE", _filled(path))
        assert answer.status_code == 405, path
        assert is_problem(answer)
        allowed = {method.strip() for method in answer.headers["allow"].split(",")}
        assert {method.upper() for method in operations} <= allowed, path


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
async def test_head_and_options_change_nothing(app: FastAPI, world: World, method):
    await world.notify("pm")
    async with caller_of(app, headers=bearer("pm")) as pm:
        for path in app.openapi()["paths"]:
            answer = await pm.request(method, _filled(path))
            assert answer.status_code < 500, path
    assert await world.value("SELECT count(*) FROM client_portal.notifications WHERE NOT is_read") == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b'{"project_id": ', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"5", 422),
        (b'"text"', 422),
        (b"NaN", 422),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b"9" * 5000, 400),
        (b"\xff\xfe\x00", 400),
        (b'{"message": "\xff"}', 400),
        (b"\xef\xbb\xbf{}", 400),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else None,
)
async def test_a_body_that_is_no_json_object_is_refused(pm: httpx.AsyncClient, body, status):
    answer = await pm.post("/api/testnotify/issue", content=body, headers=JSON)
    assert is_problem(answer)
    assert answer.status_code in {status, 400, 422}


async def test_json_under_another_name_is_refused(pm: httpx.AsyncClient):
    answer = await pm.post("/api/testnotify/issue", content=json.dumps(ISSUE), headers={"Content-Type": "text/plain"})
    assert answer.status_code in {415, 422}
    assert is_problem(answer)


class TestBodyLimit:
    """A body may have 1 MiB, whether it says its length or not."""

    @pytest.mark.parametrize("says_length", [True, False])
    async def test_over_the_limit_is_refused(self, pm: httpx.AsyncClient, says_length):
        answer = await pm.post("/api/testnotify/issue", content=_body(BODY_LIMIT + 1, says_length), headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
        assert is_problem(answer)

    @pytest.mark.parametrize("says_length", [True, False])
    async def test_at_the_limit_is_read(self, pm: httpx.AsyncClient, says_length):
        body = json.dumps(ISSUE).encode().ljust(BODY_LIMIT)
        answer = await pm.post("/api/testnotify/issue", content=_pieces(body, says_length), headers=JSON)
        assert answer.status_code == 204

    async def test_the_rest_of_an_endless_body_is_not_read(self, pm: httpx.AsyncClient):
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 65536
                yield b" " * 65536

        answer = await pm.post("/api/testnotify/issue", content=endless(), headers=JSON)
        assert answer.status_code == 413
        assert sent <= 2 * BODY_LIMIT

    async def test_a_refused_body_still_gets_the_safe_headers(self, pm: httpx.AsyncClient):
        answer = await pm.post("/api/testnotify/issue", content=b" " * (BODY_LIMIT + 1), headers=JSON)
        assert answer.headers["x-content-type-options"] == "nosniff"


def _body(size: int, says_length: bool):
    return _pieces(b" " * size, says_length)


def _pieces(body: bytes, says_length: bool):
    if says_length:
        return body

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    return pieces()


SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.mark.parametrize(
    ("path", "status"), [("/api/notifications", 200), ("/api/nothing", 404), ("/api/notifications?limit=0", 422)]
)
async def test_every_answer_keeps_browsers_strict(pm: httpx.AsyncClient, path, status):
    answer = await pm.get(path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SAFE_HEADERS} == SAFE_HEADERS
    assert answer.headers["x-request-id"]


async def test_a_fault_of_ours_is_a_problem_that_tells_nothing_and_keeps_browsers_strict(world: World):
    async with running(world.settings()) as app:

        async def broken() -> None:
            raise RuntimeError("a secret of the inside")

        app.add_api_route("/api/broken", broken)
        async with caller_of(app) as nobody:
            answer = await nobody.get("/api/broken")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert is_problem(answer)
    assert "secret" not in answer.text
    assert answer.headers.get("x-content-type-options") == "nosniff"


async def test_a_problem_can_carry_members_of_its_own_beside_those_of_all():
    extra = {"current": {"at": datetime(2026, 11, 20, tzinfo=UTC), "id": UUID(int=1)}, "status": 200}
    answer = problem_response(Conflict("It has been changed.", slug="changed-meanwhile", extra=extra))
    assert json.loads(bytes(answer.body)) == {
        "type": "/problems/changed-meanwhile",
        "title": "Conflict",
        "status": 409,
        "detail": "It has been changed.",
        "current": {"at": "2026-11-20T00:00:00Z", "id": str(UUID(int=1))},
    }


async def test_more_writers_than_connections_wait_for_their_turn(world: World):
    async with running(world.settings(database_pool_size=1)) as app, caller_of(app, headers=bearer("pm")) as pm:
        async with asyncio.timeout(30):
            answers = await asyncio.gather(
                *(pm.post("/api/testnotify/issue", json=ISSUE | {"issue_id": str(uuid4())}) for _ in range(50))
            )
    assert {answer.status_code for answer in answers} == {204}
    count = "SELECT count(*) FROM client_portal.notifications WHERE recipient_user_id = $1"
    assert await world.value(count, PEOPLE["pm"]) == 50


class TestOtherOrigins:
    """Pages of other origins are answered only where ALLOWED_ORIGINS names them, and never with a cookie."""

    async def test_an_allowed_page_may_read_but_brings_no_cookie(self, world: World):
        async with running(world.settings(allowed_origins="https://pm.example")) as app, caller_of(app) as page:
            answer = await page.get("/healthz", headers={"Origin": "https://pm.example"})
        assert answer.headers["access-control-allow-origin"] == "https://pm.example"
        assert "access-control-allow-credentials" not in answer.headers

    async def test_another_page_may_not(self, world: World):
        async with running(world.settings(allowed_origins="https://pm.example")) as app, caller_of(app) as page:
            answer = await page.get("/healthz", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers


def _filled(path: str) -> str:
    """The address of a route, with ids of nothing in it."""
    return re.sub(r"\{\w+\}", lambda _: str(uuid4()), path)
