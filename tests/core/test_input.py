"""Nasty values in every field, path and query of every route: refused in the one form, or taken as documented."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from tests.running import caller_of, is_problem
from tests.world import PEOPLE, World, bearer

NUL = "a\x00b"
SURROGATE = "a\ud800b"
NASTY: list[Any] = [
    "", " ", "\t\n", NUL, SURROGATE,
    "\udfff\ud800", "\u202e\u0000", "\uffff\U0010ffff", "'; DROP TABLE users; --", "%00",
    "../../etc/passwd", "{{7*7}}", "\\", '"', "0", "-1", "1e999", "9" * 5000, "ï" * 3000, "x" * 10_000, "null",
    "00000000-0000-0000-0000-000000000000", "AAAAAAAA-0000-4000-8000-000000000001 ", "🦊" * 300,
]  # fmt: skip
NO_STRINGS: list[Any] = [None, True, 0, -1, 2**63, 10**400, 1.5, [], {}, [[]], {"a": "b"}, ["a"]]


@pytest.fixture
async def pm(shared_app: FastAPI):
    async with caller_of(shared_app, headers=bearer("pm")) as caller:
        yield caller


@pytest.fixture
async def admin(app: FastAPI):
    """May do most, on a world of the test's own: what is not refused is done."""
    async with caller_of(app, headers=bearer("admin")) as caller:
        yield caller


async def test_in_every_query(app: FastAPI, world: World, admin: httpx.AsyncClient):
    tried, ids = 0, await _ids(world)
    for path, method, parameter in _parameters(app, "query"):
        for value in NASTY:
            text = value.encode("utf-8", "surrogatepass")
            _check(await admin.request(method, path.format(**ids), params={parameter: text}), path, parameter, value)
            tried += 1
    assert tried


async def test_in_every_path(app: FastAPI, world: World, admin: httpx.AsyncClient):
    tried, ids = 0, await _ids(world)
    for path, method, parameter in _parameters(app, "path"):
        for value in NASTY:
            quoted = "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))
            address = path.format(**(ids | {parameter: quoted}))
            answer = await admin.request(method, address, follow_redirects=True)
            refused = {403, 404, 405} if path in NOT_FOR_ADMINS else {404, 405, 422}
            assert answer.status_code in refused or answer.history, (address, answer.status_code)
            _check(answer, path, parameter, value)
            tried += 1
    assert tried


async def test_in_every_field_of_every_body(app: FastAPI, world: World, admin: httpx.AsyncClient):
    fields, ids = list(_fields(app)), await _ids(world)
    assert fields
    for path, method, body, name in fields:
        address = path.format(**ids)
        for value in [*NASTY, *NO_STRINGS]:
            answer = await admin.request(method, address, content=_json({**body, name: value}), headers=JSON)
            _check(answer, path, name, value)
        without = {key: each for key, each in body.items() if key != name}
        _check(await admin.request(method, address, json=without), path, name, "left out")


@pytest.mark.parametrize("value", [NUL, SURROGATE], ids=["NUL", "a lone surrogate"])
async def test_what_postgres_cannot_store_is_named_as_the_fault(
    app: FastAPI, world: World, admin: httpx.AsyncClient, value
):
    passed, ids = [], await _ids(world)
    for path, method, body, name in _fields(app, strings_only=True):
        answer = await admin.request(method, path.format(**ids), content=_json({**body, name: value}), headers=JSON)
        if answer.status_code != 422 or ["body", name] not in [each["loc"] for each in answer.json()["errors"]]:
            passed.append((path, name, answer.status_code))
    assert not passed


@pytest.mark.parametrize(
    ("path", "field", "most"),
    [("/api/testnotify/issue", "message", 200), ("/api/testnotify/message", "snippet", 2000)],
)
class TestLength:
    """Characters count, not bytes; what is too long is said, not cut."""

    async def test_the_longest_is_stored_whole(self, app: FastAPI, world: World, path, field, most):
        text = "🦊" * most
        async with caller_of(app, headers=bearer("pm")) as pm:
            answer = await pm.post(path, json=_example(path) | {field: text})
        assert answer.status_code == 204
        assert await world.value("SELECT coalesce(body, title) FROM client_portal.notifications") == text

    @pytest.mark.parametrize("excess", [1, 5000])
    async def test_longer_is_refused_and_the_limit_is_named(
        self, shared_app: FastAPI, pm: httpx.AsyncClient, path, field, most, excess
    ):
        answer = await pm.post(path, json=_example(path) | {field: "x" * (most + excess)})
        assert answer.status_code == 422
        assert str(most) in answer.json()["detail"]

    async def test_empty_is_refused(self, shared_app: FastAPI, pm: httpx.AsyncClient, path, field, most):
        assert (await pm.post(path, json=_example(path) | {field: ""})).status_code == 422


@pytest.mark.parametrize("limit", ["0", "-1", "101", "", "ten", "1.5", "9" * 5000])
@pytest.mark.parametrize("path", ["/api/notifications", "/api/projects", "/api/rooms"])
async def test_a_limit_is_a_number_from_1_to_100(pm: httpx.AsyncClient, path, limit):
    answer = await pm.get(path, params={"limit": limit})
    assert answer.status_code == 422
    assert is_problem(answer)


async def test_headers_of_any_bytes_are_no_fault(shared_app: FastAPI):
    values = ["é", "Bearer é", "Bearer \t", "Bearer", "bearer  x  y", "Basic cG06cG0=", "\xff" * 100, "x" * 20_000]
    async with caller_of(shared_app) as nobody:
        for value in values:
            for name in ("Authorization", "Cookie", "Origin", "Sec-Fetch-Site", "Last-Event-ID", "Accept", "Host"):
                headers = [(name.encode(), value.encode("latin-1"))]
                answer = await nobody.get("/api/notifications", headers=headers)
                assert answer.status_code == 401, (name, value)
                assert is_problem(answer)


def _check(answer: httpx.Response, path: str, name: str, value: object) -> None:
    case = f"{answer.request.method} {path} {name}={str(value)[:40]!r}: {answer.status_code} {answer.text[:200]}"
    assert answer.status_code < 500, case.encode("utf-8", "replace")
    assert answer.status_code < 400 or is_problem(answer), case.encode("utf-8", "replace")


def _parameters(app: FastAPI, place: str) -> Iterator[tuple[str, str, str]]:
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == place:
                    yield path, method.upper(), parameter["name"]


def _fields(app: FastAPI, *, strings_only: bool = False) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    document = app.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                continue
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = document["components"]["schemas"][reference.rpartition("/")[2]]
            for name, each in schema["properties"].items():
                if each.get("type") == "string" or not strings_only:
                    yield path, method.upper(), _example(path), name


def _example(path: str) -> dict[str, Any]:
    """A body that the route takes."""
    account = {"display_name": "Nora Berg", "email": f"{uuid4()}@example.com", "role": "developer"}
    examples: dict[str, dict[str, Any]] = {
        "/api/auth/login": {"email": f"{uuid4()}@example.com", "password": "wrong"},
        "/api/auth/password": {"current_password": "wrong", "new_password": "long enough"},
        "/api/auth/password_link": {"token": "no-token", "new_password": "long enough"},
        "/api/notifications/settings": {"push_enabled": False},
        "/api/notifications/read_about": {"source_kind": "issue", "source_id": str(uuid4())},
        "/api/testnotify/issue": {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"},
        "/api/testnotify/message": {"project_id": str(FIRST_PROJECT), "message_id": str(uuid4()), "snippet": "Hello"},
        "/api/rooms/{room_id}/messages": {"id": str(uuid4()), "body": "Hello"},
        "/api/rooms/{room_id}/read": {"up_to": 1},
        "/api/rooms/{room_id}/issues": {
            "id": str(uuid4()),
            "kind": "issue",
            "title": "A leak",
            "body": "",
            "file_ids": [],
        },
        "/api/issues/{issue_id}": {"title": "A leak", "body": "Under the window", "status": "open", "reason": "New"},
        "/api/projects/{project_id}/tasks": {"id": str(uuid4()), "title": "Paint the door", **TASK},
        "/api/tasks/{task_id}": {"title": "Paint the door", "after_id": None, **TASK},
        "/api/tasks/{task_id}/approvals": {
            "id": str(uuid4()),
            "client_id": str(PEOPLE["client"]),
            "note": "",
            "file_ids": [],
        },
        "/api/approvals/{approval_id}/decision": {"decision": "approved", "comment": "Lovely"},
        "/api/admin/accounts": {"user_id": str(uuid4()), "first_password": "link", **account},
        "/api/admin/accounts/{user_id}": {"display_name": "Nora Berg", "email": f"{uuid4()}@example.com"},
        "/api/admin/projects/{project_id}/members/{user_id}": {"role": "developer"},
    }
    return examples[path]


NOT_FOR_ADMINS = {"/api/approvals/{approval_id}/decision"}
TASK = {"description": "", "status": "todo", "due_on": "2026-12-24", "assignee_id": str(PEOPLE["dev"])}


async def _ids(world: World) -> dict[str, str]:
    """Ids of things that the callers below reach, for the addresses of routes."""
    room = await world.value("SELECT id FROM client_portal.rooms WHERE project_id = $1", FIRST_PROJECT)
    return {
        "room_id": str(room),
        "project_id": str(FIRST_PROJECT),
        "user_id": str(PEOPLE["dev"]),
        "message_id": str(uuid4()),
        "issue_id": str(await _issue(world, room)),
        "task_id": str(await _task(world)),
        "approval_id": str(uuid4()),
        "notification_id": str(uuid4()),
    }


async def _issue(world: World, room: UUID) -> UUID:
    id_: UUID = await world.value(
        "INSERT INTO client_portal.issues (id, room_id, author_id, kind, title)"
        " VALUES (gen_random_uuid(), $1, $2, 'issue', 'A leak') RETURNING id",
        room,
        PEOPLE["client"],
    )
    return id_


async def _task(world: World) -> UUID:
    id_: UUID = await world.value(
        "INSERT INTO client_portal.tasks (id, project_id, author_id, title, position)"
        " VALUES (gen_random_uuid(), $1, $2, 'Paint the door', 1) RETURNING id",
        FIRST_PROJECT,
        PEOPLE["dev"],
    )
    return id_


JSON = {"Content-Type": "application/json"}


def _json(content: object) -> bytes:
    return json.dumps(content).encode()  # ASCII only: a lone surrogate travels as its escape
