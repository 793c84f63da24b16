"""Nasty values in every field, path and query of every route: refused in the one form, or taken as documented."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from tests.push.service import KEYS_OF_NOBODY
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
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nA plan\r\n'
MIXED = "multipart/mixed; boundary=b"
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


@pytest.fixture
async def uploader(shared_app: FastAPI):
    """An admin again, for what leaves only files and the like: these are cleared away."""
    async with caller_of(shared_app, headers=bearer("admin")) as caller:
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
            assert answer.status_code in {404, 405, 422} or answer.history, (address, answer.status_code)
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
@pytest.mark.parametrize(
    "path",
    [
        "/api/notifications",
        "/api/projects",
        "/api/rooms",
        *(f"/api/projects/{FIRST_PROJECT}/{kind}" for kind in ("files", "issues", "tasks", "search?q=a")),
    ],
)
async def test_a_limit_is_a_number_from_1_to_100(pm: httpx.AsyncClient, path, limit):
    answer = await pm.get(httpx.URL(path).copy_merge_params({"limit": limit}))
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


class TestUploads:
    """A form is no JSON: what it can hold is tried here."""

    async def test_any_name_is_taken_as_a_file_can_have_it_or_refused(
        self, recycled_world: World, uploader: httpx.AsyncClient
    ):
        path = UPLOAD[1].format(**await _ids(recycled_world))
        for value in [*NASTY, 'a"; name="b', "a\r\nContent-Type: text/html", "con", ".", ".."]:
            for quoted in (value, value.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")):
                name = quoted.encode("utf-8", "surrogatepass")
                answer = await _upload(
                    uploader, path, b'Content-Disposition: form-data; name="file"; filename="%s"' % name
                )
                _check(answer, path, "filename", value)
                if answer.is_success:
                    kept = answer.json()["name"]
                    assert kept.isprintable(), value[:40]
                    assert 0 < len(kept) <= 200, value[:40]
                    assert not {"/", "\\", "\x00"} & set(kept), value[:40]
                    _check(await uploader.get(f"/api/files/{answer.json()['id']}"), path, "download", value)

    @pytest.mark.parametrize(
        "head",
        [
            b"",
            b"Content-Disposition",
            b"Content-Disposition: form-data",
            b'Content-Disposition: form-data; name="files"; filename="a.txt"',
            b'Content-Disposition: attachment; name="file"; filename="a.txt"',
            b"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%ff%fe",
            b'Content-Disposition: form-data; name="file"; filename*=nonsense',
            b"Content-Disposition: form-data; name=file; filename=" + b"x" * 20_000,
            b"x" * 50_000,
            b"\xff\x00: \xff",
        ],
        ids=lambda head: head[:30].decode("latin-1") + str(len(head)),
    )
    async def test_any_head_of_the_part(self, recycled_world: World, uploader: httpx.AsyncClient, head: bytes):
        path = UPLOAD[1].format(**await _ids(recycled_world))
        _check(await _upload(uploader, path, head), path, "head", head)

    @pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "application/json", "é", MIXED])
    @pytest.mark.parametrize(
        "content", [b"", b"--b", b"--b--", b"--b\r\n\r\n", b"--c\r\n\r\n--c--", b"\x00" * 9, FORM * 2]
    )
    async def test_any_body(
        self, recycled_world: World, uploader: httpx.AsyncClient, content_type: str, content: bytes
    ):
        path = UPLOAD[1].format(**await _ids(recycled_world))
        headers = [(b"Content-Type", content_type.encode("latin-1"))]
        answer = await uploader.post(path, content=content, headers=headers)
        assert answer.status_code == 422
        _check(answer, path, "body", content)

    async def test_an_upload_of_which_the_id_is_none_is_refused(
        self, recycled_world: World, uploader: httpx.AsyncClient
    ):
        path = UPLOAD[1].format(**await _ids(recycled_world))
        for name in ("id", "draft"):
            for value in ("", "x", "1" * 5000, "a\x00b"):
                answer = await uploader.post(path, params={name: value}, files={"file": ("a.txt", b"A")})
                assert answer.status_code == 422, (name, value)
                assert is_problem(answer)


async def _upload(caller: httpx.AsyncClient, path: str, head: bytes) -> httpx.Response:
    content = b"--b\r\n" + head + b"\r\n\r\nA plan\r\n--b--\r\n"
    return await caller.post(path, content=content, headers={"Content-Type": "multipart/form-data; boundary=b"})


@pytest.mark.parametrize("value", ["", "x", '"x"', '"1', "1", '"-1"', '"1", "2"', '"' + "9" * 30 + '"', "\xff", "W/"])
async def test_what_is_no_etag_is_refused(recycled_world: World, uploader: httpx.AsyncClient, value: str):
    ids = await _ids(recycled_world)
    for path in ("/api/issues/{issue_id}", "/api/tasks/{task_id}"):
        headers = [(b"If-Match", value.encode("latin-1"))]
        answer = await uploader.patch(path.format(**ids), json={"title": "A leak"}, headers=headers)
        assert answer.status_code == 422
        assert is_problem(answer)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=--",
        "bytes=9-1",
        "bytes=" + "9" * 30 + "-",
        "bytes=0-0,2-3",
        "\xff",
    ],
)
async def test_ranges_and_etags_of_any_bytes_are_no_fault(
    recycled_world: World, uploader: httpx.AsyncClient, value: str
):
    path = UPLOAD[1].format(**await _ids(recycled_world))
    file = (await uploader.post(path, files={"file": ("a.txt", b"A plan")})).json()["id"]
    for name in (b"Range", b"If-Range", b"If-None-Match"):
        for method in ("GET", "HEAD"):
            headers = [(b"Range", b"bytes=0-1"), (name, value.encode("latin-1"))]
            answer = await uploader.request(method, f"/api/files/{file}", headers=headers)
            assert answer.status_code in {200, 206, 304, 416}, (name, value)


def _check(answer: httpx.Response, path: str, name: str, value: object) -> None:
    case = f"{answer.request.method} {path} {name}={str(value)[:40]!r}: {answer.status_code} {answer.text[:200]}"
    assert answer.status_code < 500, case.encode("utf-8", "replace")
    has_body = answer.request.method != "HEAD"
    assert answer.status_code < 400 or not has_body or is_problem(answer), case.encode("utf-8", "replace")


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
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" not in content:
                assert not content or (method.upper(), path) == UPLOAD
                continue
            reference = content["application/json"]["schema"]["$ref"]
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
        "/api/unsubscribe": {"token": "none.of.ours", "email_enabled": True},
        "/api/notifications/settings": {"push_enabled": False},
        "/api/notifications/preferences": {
            "channels": [],
            "digest": "daily",
            "time_zone": "Europe/Berlin",
            "quiet_hours": {"from": "22:00", "to": "07:00"},
        },
        "/api/notifications/push/subscriptions": {"endpoint": "https://push.example/1", "keys": KEYS_OF_NOBODY},
        "/api/notifications/read_about": {"source_kind": "issue", "source_id": str(uuid4())},
        "/api/testnotify/issue": {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"},
        "/api/testnotify/message": {"project_id": str(FIRST_PROJECT), "message_id": str(uuid4()), "snippet": "Hello"},
        "/api/rooms/{room_id}/messages": {"id": str(uuid4()), "body": "Hello", "file_ids": []},
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
        "/api/admin/mail/suppressions": {"address": f"{uuid4()}@example.com", "reason": "It came back."},
    }
    return examples[path]


UPLOAD = ("POST", "/api/rooms/{room_id}/files")
TASK = {"description": "", "status": "todo", "due_on": "2026-12-24", "assignee_id": str(PEOPLE["dev"])}


async def _ids(world: World) -> dict[str, str]:
    """Ids of things that the callers below reach, for the addresses of routes."""
    room = await world.value("SELECT id FROM client_portal.rooms WHERE project_id = $1", FIRST_PROJECT)
    return {
        "room_id": str(room),
        "project_id": str(FIRST_PROJECT),
        "user_id": str(PEOPLE["dev"]),
        "message_id": str(uuid4()),
        "file_id": str(uuid4()),
        "issue_id": str(await _issue(world, room)),
        "task_id": str(await _task(world)),
        "approval_id": str(uuid4()),
        "notification_id": str(uuid4()),
        "email_id": str(uuid4()),
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
