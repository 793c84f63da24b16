"""Who gets which answer from which route, for every route that the application has.

The routes come from the application, the answers from ``RULES``: a route without a rule fails, and so does a rule
without a route.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests import sse
from tests.running import caller_of, is_problem
from tests.security.asgi import handshake
from tests.security.cast import CALLERS, CREDENTIALS, PROJECTS, SIGNED_IN, Cast
from tests.security.routes import operations, pages
from tests.security.rules import FIRST_TEAM, REACH, RULES, Params, Rule, things


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
        sent: dict[str, Any] = {"json": cell.rule.body(params)} if cell.rule.body else {}
        if cell.rule.sends_file:
            sent = {"files": {"file": ("plan.txt", b"A plan")}}
        answer = await self._clients[cell.caller].request(
            method, path, params=cell.rule.query or None, headers=headers, **sent
        )
        assert answer.status_code < 400 or method == "HEAD" or is_problem(answer), f"{cell}: {answer.text}"
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
    async with Asker(app, cast, await things(cast), request.param) as asker:
        yield asker


async def test_no_route_is_without_a_rule_and_no_rule_without_a_route(app: FastAPI):
    assert operations(app) == set(RULES)


async def test_each_caller_gets_the_answer_of_the_table_and_who_is_refused_changes_nothing(asker: Asker, cast: Cast):
    wrong = []
    refusals: dict[tuple[str, str, int], set[bytes]] = {}
    done: set[tuple[str, str]] = set()
    before = await cast.digest()
    # Those to be refused first: what the others do would hide what these did.
    for is_refused in (True, False):
        for cell in _cells():
            if cell.is_refused is is_refused:
                status, body = await asker.ask(cell)
                expected = cell.rule.later if (cell.route, cell.target) in done else cell.expected
                if status != expected:
                    wrong.append(f"{cell}: {status}, not {expected}")
                if cell.rule.later is not None and not is_refused:
                    done.add((cell.route, cell.target))
                if status in {401, 403, 404}:
                    refusals.setdefault((cell.route, cell.caller, status), set()).add(body)
        if is_refused:
            after = await cast.digest()
    assert not wrong, "\n".join(wrong)
    assert after == before, "a refused request left something behind"
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
        named = (await things(cast))[kind]
        for caller in sorted(SIGNED_IN):
            within = {named[name][f"{kind}_id"] for name, reach in REACH[kind].items() if caller in reach}
            assert await _listed(app, cast, caller, path) == within, caller

    async def test_of_rooms_of_a_project(self, app: FastAPI, cast: Cast):
        named = await things(cast)
        for caller in sorted(FIRST_TEAM | {"client", "neighbour"}):
            within = {
                named["room"][name]["room_id"] for name in ("client's", "neighbour's") if caller in REACH["room"][name]
            }
            found = await _listed(app, cast, caller, f"/api/projects/{PROJECTS['first']}/rooms")
            assert found == within, caller

    async def test_of_notifications(self, app: FastAPI, cast: Cast):
        named = (await things(cast))["notification"]
        for caller in sorted(SIGNED_IN):
            within = {
                named[name]["notification_id"] for name, reach in REACH["notification"].items() if caller in reach
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
