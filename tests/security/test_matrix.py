"""Who gets which answer from which route, for every route that the application has.

The routes come from the application, the answers from ``RULES``: a route without a rule fails, and so does a rule
without a route.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import PASSWORD
from tests import sse
from tests.running import caller_of, is_problem
from tests.security.asgi import handshake
from tests.security.cast import ABSENT, CALLERS, CREDENTIALS, PROJECTS, SIGNED_IN, Cast
from tests.security.routes import operations, pages

NO_ONE: frozenset[str] = frozenset()
ADMINS = frozenset({"admin"})
MANAGERS = frozenset({"pm", "pm2", "staff", "admin"})
FIRST_TEAM = frozenset({"dev", "pm", "admin"})
SECOND_TEAM = frozenset({"dev2", "pm2", "admin"})

_ROOMS = {
    "client's": FIRST_TEAM | {"client"},
    "neighbour's": FIRST_TEAM | {"neighbour"},
    "client2's": SECOND_TEAM | {"client2"},
    "absent": NO_ONE,
}
# Of each kind of thing, which there are, and who has it within reach. All others are told that it does not exist.
REACH: dict[str, dict[str, frozenset[str]]] = {
    "nothing": {"": SIGNED_IN},
    "project": {
        "first": FIRST_TEAM | {"client", "neighbour"},
        "second": SECOND_TEAM | {"client2"},
        "absent": NO_ONE,
    },
    "room": _ROOMS,
    "message": _ROOMS,
    "notification": {f"{person}'s": frozenset({person}) for person in sorted(SIGNED_IN - {"staff"})}
    | {"client's, of a project out of reach": NO_ONE, "absent": NO_ONE},
    "account": {"spare": ADMINS, "guest, who has none": NO_ONE, "absent": NO_ONE},
    "user without account": {"guest": ADMINS, "spare, who has one": NO_ONE, "absent": NO_ONE},
    "project of all": {"first": ADMINS, "second": ADMINS, "absent": NO_ONE},
    "place for a member": {
        "first, spare": ADMINS,
        "first, absent": NO_ONE,
        "absent, spare": NO_ONE,
        "absent, absent": NO_ONE,
    },
    "member": {
        "first, spare": ADMINS,
        "second, spare": NO_ONE,
        "first, absent": NO_ONE,
        "absent, spare": NO_ONE,
    },
}

Params = dict[str, str]


@dataclass(frozen=True)
class Rule:
    """The answer of one route: ``status`` for who ``may`` ask for it and has the thing ``of`` it within reach.

    Without a sign-in it is 401, unless the route ``is_open``; who may not gets 403; what is out of reach is
    ``missing``. ``body`` makes what is sent.
    """

    status: int
    of: str = "nothing"
    may: frozenset[str] = SIGNED_IN
    missing: int = 404
    body: Callable[[Params], Any] | None = None
    is_open: bool = False
    ends_session: bool = False

    def expected(self, caller: str, target: str) -> int:
        if self.is_open:
            return self.status
        if caller not in SIGNED_IN:
            return 401
        if caller not in self.may:
            return 403
        return self.status if caller in REACH[self.of][target] else self.missing


def _issue(params: Params) -> Any:
    return params | {"issue_id": str(uuid4()), "message": "A leak"}


def _message(params: Params) -> Any:
    return params | {"message_id": str(uuid4()), "snippet": "Hello"}


def _account(params: Params) -> Any:
    return params | {"email": f"{uuid4()}@example.com", "display_name": "Gil Guest", "role": "developer"}


def _password(_: Params) -> Any:
    return {"current_password": PASSWORD, "new_password": PASSWORD}


def _wrong_sign_in(_: Params) -> Any:
    return {"email": f"{uuid4()}@example.com", "password": "wrong"}


RULES: dict[str, Rule] = {
    "GET /healthz": Rule(200, is_open=True),
    "HEAD /healthz": Rule(200, is_open=True),
    "GET /readyz": Rule(200, is_open=True),
    "HEAD /readyz": Rule(200, is_open=True),
    "GET /metrics": Rule(200, is_open=True),
    "GET /api/openapi.json": Rule(200, is_open=True),
    "HEAD /api/openapi.json": Rule(200, is_open=True),
    "POST /api/auth/login": Rule(401, is_open=True, body=_wrong_sign_in),
    "POST /api/auth/logout": Rule(204, ends_session=True),
    "GET /api/auth/me": Rule(200),
    "POST /api/auth/password": Rule(204, body=_password),
    "POST /api/auth/password_link": Rule(
        422, is_open=True, body=lambda _: {"token": "none of ours", "new_password": PASSWORD}
    ),
    "GET /api/notifications": Rule(200),
    "GET /api/notifications/unread_count": Rule(200),
    "POST /api/notifications/read_all": Rule(204),
    "POST /api/notifications/{notification_id}/read": Rule(204, of="notification"),
    "GET /api/notifications/settings": Rule(200),
    "PATCH /api/notifications/settings": Rule(200, body=lambda _: {"push_enabled": True}),
    "GET /api/notifications/stream": Rule(200),
    "WS /api/notifications/ws": Rule(101),
    "POST /api/testnotify/issue": Rule(204, of="project", may=MANAGERS, body=_issue),
    "POST /api/testnotify/message": Rule(204, of="project", may=MANAGERS, body=_message),
    "GET /api/projects": Rule(200),
    "GET /api/projects/{project_id}": Rule(200, of="project"),
    "GET /api/projects/{project_id}/rooms": Rule(200, of="project"),
    "GET /api/rooms": Rule(200),
    "GET /api/rooms/{room_id}": Rule(200, of="room"),
    "GET /api/rooms/{room_id}/messages": Rule(200, of="room"),
    "POST /api/rooms/{room_id}/messages": Rule(201, of="room", body=lambda _: {"body": "Hello"}),
    "POST /api/rooms/{room_id}/read": Rule(204, of="room", body=lambda _: {"up_to": 1}),
    "WS /api/rooms/{room_id}/ws": Rule(101, of="room"),
    "GET /api/messages/{message_id}": Rule(200, of="message"),
    "GET /api/admin/accounts": Rule(200, may=ADMINS),
    "POST /api/admin/accounts": Rule(201, of="user without account", may=ADMINS, missing=422, body=_account),
    "GET /api/admin/accounts/{user_id}": Rule(200, of="account", may=ADMINS),
    "PATCH /api/admin/accounts/{user_id}": Rule(
        200, of="account", may=ADMINS, body=lambda _: {"display_name": "Sam Changed"}
    ),
    "POST /api/admin/accounts/{user_id}/password_link": Rule(201, of="account", may=ADMINS),
    "GET /api/admin/audit": Rule(200, may=ADMINS),
    "GET /api/admin/users": Rule(200, may=ADMINS),
    "GET /api/admin/projects": Rule(200, may=ADMINS),
    "GET /api/admin/projects/{project_id}/members": Rule(200, of="project of all", may=ADMINS),
    "PUT /api/admin/projects/{project_id}/members/{user_id}": Rule(
        204, of="place for a member", may=ADMINS, body=lambda _: {"role": "developer"}
    ),
    "DELETE /api/admin/projects/{project_id}/members/{user_id}": Rule(204, of="member", may=ADMINS),
}


async def _things(cast: Cast) -> dict[str, dict[str, Params]]:
    """The ids of what ``REACH`` names, by the names they have in paths and bodies."""
    users = {"spare": str(cast.ids["spare"]), "guest": str(cast.guest), "absent": str(ABSENT)}
    projects = {name: {"project_id": str(id_)} for name, id_ in PROJECTS.items()}
    notifications = {
        f"{person}'s": await _notify(cast, person, "second" if person.endswith("2") else "first")
        for person in sorted(SIGNED_IN - {"staff"})
    }
    return {
        "nothing": {"": {}},
        "project": projects,
        "project of all": projects,
        "room": {f"{name}'s": {"room_id": str(id_)} for name, id_ in cast.rooms.items()}
        | {"absent": {"room_id": str(ABSENT)}},
        "message": {f"{name}'s": {"message_id": str(ids[0])} for name, ids in cast.messages.items()}
        | {"absent": {"message_id": str(ABSENT)}},
        "notification": notifications
        | {
            "client's, of a project out of reach": await _notify(cast, "client", "second"),
            "absent": {"notification_id": str(ABSENT)},
        },
        "account": {name: {"user_id": users[name.partition(",")[0]]} for name in REACH["account"]},
        "user without account": {
            name: {"user_id": users[name.partition(",")[0]]} for name in REACH["user without account"]
        },
        **{
            kind: {
                name: projects[name.split(", ")[0]] | {"user_id": users[name.split(", ")[1]]} for name in REACH[kind]
            }
            for kind in ("place for a member", "member")
        },
    }


async def _notify(cast: Cast, person: str, project: str) -> Params:
    id_ = await cast.world.value(
        "INSERT INTO client_portal.notifications"
        " (id, project_id, recipient_user_id, type, source_kind, source_id, title)"
        " VALUES (gen_random_uuid(), $1, $2, 'issue_created', 'issue', gen_random_uuid(), 'A leak') RETURNING id",
        PROJECTS[project],
        cast.ids[person],
    )
    return {"notification_id": str(id_)}


@dataclass(frozen=True)
class Cell:
    """One caller at one route with one id."""

    route: str
    caller: str
    target: str

    @property
    def rule(self) -> Rule:
        return RULES[self.route]

    @property
    def expected(self) -> int:
        return self.rule.expected(self.caller, self.target)

    @property
    def is_refused(self) -> bool:
        """Whether it is this caller whom the route does not serve."""
        return not self.rule.is_open and self.expected >= 400

    def __str__(self) -> str:
        return f"{self.route} {self.target} as {self.caller}"


def _cells() -> Iterator[Cell]:
    for route, rule in RULES.items():
        for target in REACH[rule.of]:
            for caller in CALLERS:
                yield Cell(route, caller, target)


class Asker:
    """Asks as each caller, with one kind of credential."""

    def __init__(self, app: FastAPI, cast: Cast, things: dict[str, dict[str, Params]], credentials: str) -> None:
        self._app = app
        self._cast = cast
        self._things = things
        self._credentials = credentials
        self._headers: dict[str, dict[str, str]] = {}
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Asker":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def ask(self, cell: Cell) -> tuple[int, bytes]:
        """The status and the body, of which only refusals are of interest."""
        headers = await self._proof(cell.caller)
        params = self._things[cell.rule.of][cell.target]
        method, _, template = cell.route.partition(" ")
        path = template.format(**params)
        if method == "WS":
            return await handshake(self._app, path, headers)
        if path == sse.PATH:
            async with sse.open_stream(self._app, headers) as stream:
                return stream.status, b""
        body = cell.rule.body(params) if cell.rule.body else None
        answer = await self._clients[cell.caller].request(method, path, json=body, headers=headers)
        assert answer.status_code < 400 or is_problem(answer), f"{cell}: {answer.text}"
        if cell.rule.ends_session and answer.is_success:
            del self._headers[cell.caller]
        return answer.status_code, answer.content

    async def _proof(self, caller: str) -> dict[str, str]:
        if caller not in self._clients:
            self._clients[caller] = await self._stack.enter_async_context(caller_of(self._app))
        if caller not in self._headers:
            self._headers[caller] = await self._cast.headers(caller, self._credentials)
        return self._headers[caller]


@pytest.fixture(params=CREDENTIALS)
async def asker(request: pytest.FixtureRequest, app: FastAPI, cast: Cast) -> AsyncIterator[Asker]:
    async with Asker(app, cast, await _things(cast), request.param) as asker:
        yield asker


async def test_no_route_is_without_a_rule_and_no_rule_without_a_route(app: FastAPI):
    assert operations(app) == set(RULES)


async def test_each_caller_gets_the_answer_of_the_table_and_who_is_refused_changes_nothing(asker: Asker, cast: Cast):
    wrong = []
    refusals: dict[tuple[str, str, int], set[bytes]] = {}
    before = await cast.digest()
    # Those to be refused first: what the others do would hide what these did.
    for is_refused in (True, False):
        for cell in _cells():
            if cell.is_refused is is_refused:
                status, body = await asker.ask(cell)
                if status != cell.expected:
                    wrong.append(f"{cell}: {status}, not {cell.expected}")
                if status in {401, 403, 404}:
                    refusals.setdefault((cell.route, cell.caller, status), set()).add(body)
        if is_refused:
            assert await cast.digest() == before, "a refused request left something behind"
    assert not wrong, "\n".join(wrong)
    tell_apart = {key: bodies for key, bodies in refusals.items() if len(bodies) > 1}
    assert not tell_apart, "what is out of reach does not look like what never was"


async def test_every_page_is_the_same_for_everybody(app: FastAPI, cast: Cast):
    """The shells of pages hold nothing: what a page shows, it asks the routes above for."""
    assert {route.partition(" ")[0] for route in pages(app)} <= {"GET", "HEAD", "MOUNT"}
    for route in sorted(pages(app)):
        method, _, template = route.partition(" ")
        path = "/static/index.html" if method == "MOUNT" else template.replace("{rest:path}", str(PROJECTS["first"]))
        answers = set()
        for caller in CALLERS:
            async with caller_of(app, headers=await cast.headers(caller, CREDENTIALS[2])) as asking:
                answer = await asking.request("GET" if method == "MOUNT" else method, path)
            headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
            answers.add((answer.status_code, answer.content, str(headers)))
        assert len(answers) == 1, route


class TestLists:
    """A list holds what the table says is within reach, and nothing else."""

    @pytest.mark.parametrize(("path", "kind"), [("/api/projects", "project"), ("/api/rooms", "room")])
    async def test_of_what_is_within_reach(self, app: FastAPI, cast: Cast, path, kind):
        things = (await _things(cast))[kind]
        for caller in sorted(SIGNED_IN):
            within = {things[name][f"{kind}_id"] for name, reach in REACH[kind].items() if caller in reach}
            assert await _listed(app, cast, caller, path) == within, caller

    async def test_of_rooms_of_a_project(self, app: FastAPI, cast: Cast):
        things = await _things(cast)
        for caller in sorted(FIRST_TEAM | {"client", "neighbour"}):
            within = {
                things["room"][name]["room_id"] for name in ("client's", "neighbour's") if caller in REACH["room"][name]
            }
            found = await _listed(app, cast, caller, f"/api/projects/{PROJECTS['first']}/rooms")
            assert found == within, caller

    async def test_of_notifications(self, app: FastAPI, cast: Cast):
        things = (await _things(cast))["notification"]
        for caller in sorted(SIGNED_IN):
            within = {
                things[name]["notification_id"] for name, reach in REACH["notification"].items() if caller in reach
            }
            assert await _listed(app, cast, caller, "/api/notifications") == within, caller
            for filter_ in ("project_id", "source_id"):
                ids = {str(id_) for id_ in PROJECTS.values()} | {str(ids[0]) for ids in cast.messages.values()}
                for id_ in ids:
                    assert await _listed(app, cast, caller, f"/api/notifications?{filter_}={id_}") <= within, caller


async def _listed(app: FastAPI, cast: Cast, caller: str, path: str) -> set[str]:
    async with caller_of(app, headers=await cast.headers(caller)) as asking:
        answer = await asking.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return {each["id"] for each in answer.json()["items"]}


async def test_an_id_that_another_message_has_says_nothing_of_it(app: FastAPI, cast: Cast):
    """Whose message has the id is not told: one within reach, of the neighbour's room, or of another project."""
    path = f"/api/rooms/{cast.rooms['client']}/messages"
    bodies = set()
    async with caller_of(app, headers=await cast.headers("client")) as client:
        for room in ("client", "neighbour", "client2"):
            for message_id in cast.messages[room]:
                answer = await client.post(path, json={"id": str(message_id), "body": "Is this one taken?"})
                assert answer.status_code == 409
                bodies.add(answer.content)
        assert len(bodies) == 1
        own = {"id": str(cast.messages["client"][0]), "body": "client in the room of client"}
        assert (await client.post(path, json=own)).status_code == 200
        for room in ("neighbour", "client2"):
            theirs = {"id": str(cast.messages[room][0]), "body": f"{room} in the room of {room}"}
            assert (await client.post(path, json=theirs)).status_code == 409
