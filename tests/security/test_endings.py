"""Where access ends, it ends now: in every process, for every stream and socket, and for what is asked next."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from app.accounts.roles import Role
from app.dev.demo import PASSWORD
from app.projects.roles import MemberRole
from tests import sse
from tests.security.stage import Stage
from tests.security.works import does, picture, upload
from tests.sockets import Socket, open_socket, refusal

AT_ONCE = 10.0
"""Seconds within which everything that is open must have ended. Nothing ends it later by itself: no stream looks
again from time to time whether it may go on."""

PATIENCE = 120.0
"""Seconds that an end is waited for, so that it is `AT_ONCE` that decides."""

Headers = dict[str, str]


@dataclass
class Line:
    """One open stream or socket."""

    place: str
    bye: Callable[[], Awaitable[str]]
    """Waits for its end, and answers the reason that was given."""
    reason: str = ""
    """Why it ends, if that is another reason than that of all of them."""


@dataclass
class Somebody:
    """A person of a project of their own, whom a test ends."""

    name: str
    user_id: UUID
    project: UUID
    room: UUID
    """The room of that project's client."""
    file: UUID
    """A picture, and an issue: that client's, in that room."""
    issue: UUID


@pytest.fixture
async def lines() -> AsyncIterator[AsyncExitStack]:
    """Where streams and sockets stay open until the test ends."""
    async with AsyncExitStack() as stack:
        yield stack


async def _somebody(stage: Stage, role: Role, *, part: MemberRole) -> Somebody:
    cast = stage.cast
    project = await cast.project(f"Project {uuid4()}")
    client = name = f"{role.value}-{uuid4().hex[:8]}"
    user_id = await cast.join(name, f"Ending {name}", role, (project, part))
    if part is not MemberRole.CLIENT:
        client = f"buyer-{uuid4().hex[:8]}"
        await cast.join(client, f"Buyer {client}", Role.CLIENT, (project, MemberRole.CLIENT))
    room = await cast.world.value(
        "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2", project, cast.ids[client]
    )
    async with stage.witness(client) as witness:
        file = await upload(witness, f"/api/rooms/{room}", "plan.png", picture())
        issue = await does(witness, "POST", f"/api/rooms/{room}/issues", json={"kind": "issue", "title": "A leak"})
    return Somebody(name, user_id, project, room, file, UUID(issue["id"]))


async def _bearing(token: Awaitable[str] | str) -> Headers:
    return {"Authorization": f"Bearer {token if isinstance(token, str) else await token}"}


async def _open(stack: AsyncExitStack, stage: Stage, headers: Headers, person: Somebody) -> list[Line]:
    """A stream and sockets in each process; all have said ``ready``."""
    found = []
    for url in stage.urls:
        stream = await stack.enter_async_context(sse.open_stream(url, headers))
        await stream.until("ready")
        found.append(Line(f"{url} {sse.PATH}", _bye_of_stream(stream)))
        for path in ("/api/notifications/ws", f"/api/rooms/{person.room}/ws", *_project_sockets(person)):
            socket = await stack.enter_async_context(open_socket(f"{url}{path}", headers))
            await socket.until("ready")
            found.append(Line(f"{url} {path}", _bye_of_socket(socket)))
    return found


def _project_sockets(person: Somebody) -> tuple[str, str]:
    return f"/api/projects/{person.project}/ws", "/api/projects/ws"


def _bye_of_stream(stream: sse.Stream) -> Callable[[], Awaitable[str]]:
    async def bye() -> str:
        last = (await stream.rest(PATIENCE))[-1]
        return str(last.data["reason"]) if last.name == "bye" else last.name

    return bye


def _bye_of_socket(socket: Socket) -> Callable[[], Awaitable[str]]:
    async def bye() -> str:
        reason = (await socket.until("bye", PATIENCE))["reason"]
        await socket.closed(PATIENCE)
        return str(reason)

    return bye


@asynccontextmanager
async def _all_end(lines: Sequence[Line], reason: str) -> AsyncIterator[None]:
    """Whether all of them end for that reason, in time after the block."""
    ends = [asyncio.create_task(_timed(line)) for line in lines]
    yield
    done_at = time.monotonic()
    for line, (ended_for, ended_at) in zip(lines, await asyncio.gather(*ends), strict=True):
        assert ended_for == (line.reason or reason), line.place
        assert ended_at - done_at < AT_ONCE, line.place


async def _timed(line: Line) -> tuple[str, float]:
    reason = await line.bye()
    return reason, time.monotonic()


async def _statuses(stage: Stage, headers: Headers, path: str) -> set[int]:
    """What each process answers to that, over a socket where it is one's address."""
    if path.endswith("/ws"):
        return {(await refusal(f"{url}{path}", headers))[0] for url in stage.urls}
    found = set()
    for url in stage.urls:
        async with sse.open_stream(url, headers, path) as answer:
            found.add(answer.status)
    return found


async def _ask(stage: Stage, headers: Headers, method: str, path: str, **content: object) -> int:
    """Asks the second process."""
    async with httpx.AsyncClient(base_url=stage.urls[1], headers=headers, timeout=30) as http:
        answer = await http.request(method, path, json=content or None)
    return answer.status_code


async def _are_refused(stage: Stage, headers: Headers, person: Somebody) -> None:
    room = f"/api/rooms/{person.room}"
    paths = (sse.PATH, "/api/notifications/ws", f"{room}/ws", "/api/auth/me", room, *_project_sockets(person))
    for path in (*paths, *_places_of_work(person)):
        assert await _statuses(stage, headers, path) == {401}, path


def _places_of_work(person: Somebody) -> list[str]:
    """Where one reads what there is beside the talk."""
    project, room = f"/api/projects/{person.project}", f"/api/rooms/{person.room}"
    lists = [f"{place}/{kind}" for place in (project, room) for kind in ("files", "issues")]
    files = [f"/api/files/{person.file}{rest}" for rest in ("", "/thumbnail", "/meta")]
    return [*lists, f"{project}/tasks", f"{project}/search?q=a", f"/api/issues/{person.issue}", *files]


PEOPLE = [
    (Role.CLIENT, MemberRole.CLIENT),
    (Role.DEVELOPER, MemberRole.DEVELOPER),
    (Role.STAFF, MemberRole.MANAGER),
]


@pytest.mark.parametrize(("role", "part"), PEOPLE)
class TestTheEnd:
    async def test_of_an_account_ends_everything_of_that_person(
        self, stage: Stage, lines: AsyncExitStack, role: Role, part: MemberRole
    ):
        cast = stage.cast
        person = await _somebody(stage, role, part=part)
        by_host, own = await _bearing(cast.token(person.name)), await _bearing(cast.session(person.name))
        opened = [line for each in (by_host, own) for line in await _open(lines, stage, each, person)]
        admin = await cast.headers("admin")
        async with _all_end(opened, "account_ended"):
            path = f"/api/admin/accounts/{person.user_id}"
            assert await _ask(stage, admin, "PATCH", path, is_active=False) == 200
        for headers in (by_host, own):
            await _are_refused(stage, headers, person)
        email = await cast.world.value("SELECT email FROM client_portal.accounts WHERE user_id = $1", person.user_id)
        assert await _ask(stage, {}, "POST", "/api/auth/login", email=email, password=PASSWORD) == 401

    async def test_of_a_membership_closes_the_rooms_of_that_project_and_no_others(
        self, stage: Stage, lines: AsyncExitStack, role: Role, part: MemberRole
    ):
        cast = stage.cast
        person = await _somebody(stage, role, part=part)
        kept = await _elsewhere(stage, person, part)
        headers = await _bearing(cast.session(person.name))
        sockets = [
            await lines.enter_async_context(_ready(f"{url}/api/rooms/{person.room}/ws", headers)) for url in stage.urls
        ]
        others = [await lines.enter_async_context(_ready(f"{url}/api/rooms/{kept}/ws", headers)) for url in stage.urls]
        inbox = await lines.enter_async_context(sse.open_stream(stage.urls[0], headers))
        await inbox.until("ready")
        admin = await cast.headers("admin")
        ends = [Line(str(person.room), _bye_of_socket(socket)) for socket in sockets]
        of_project, of_all = _project_sockets(person)
        pages = [await lines.enter_async_context(_ready(f"{url}{of_project}", headers)) for url in stage.urls]
        ends += [Line(of_project, _bye_of_socket(socket)) for socket in pages]
        boards = [await lines.enter_async_context(_ready(f"{url}{of_all}", headers)) for url in stage.urls]
        path = f"/api/admin/projects/{person.project}/members/{person.user_id}"
        ends += [Line(of_all, _bye_of_socket(socket), "access_changed") for socket in boards]
        async with _all_end(ends, "access_gone"):
            assert await _ask(stage, admin, "DELETE", path) == 204
        await inbox.until("reset")
        room, project = f"/api/rooms/{person.room}", f"/api/projects/{person.project}"
        for path in (f"{room}/ws", room, project, of_project, *_places_of_work(person)):
            assert await _statuses(stage, headers, path) == {404}, path
        assert await _ask(stage, headers, "POST", f"/api/rooms/{person.room}/messages", body="Still here?") == 404
        assert await _ask(stage, headers, "POST", f"/api/rooms/{kept}/messages", body="Here I am") == 201
        for socket in others:
            assert (await socket.until("message"))["message"]["body"] == "Here I am"


async def _elsewhere(stage: Stage, person: Somebody, part: MemberRole) -> UUID:
    """A room of another project to which the person belongs too."""
    cast = stage.cast
    other = await _somebody(stage, Role.CLIENT, part=MemberRole.CLIENT)
    await cast.put(person.user_id, other.project, part)
    client = person.user_id if part is MemberRole.CLIENT else other.user_id
    statement = "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2"
    return UUID(str(await cast.world.value(statement, other.project, client)))


@asynccontextmanager
async def _ready(url: str, headers: Headers) -> AsyncIterator[Socket]:
    async with open_socket(url, headers) as socket:
        await socket.until("ready")
        yield socket


async def test_another_role_ends_everything_of_that_person(stage: Stage, lines: AsyncExitStack):
    cast = stage.cast
    person = await _somebody(stage, Role.STAFF, part=MemberRole.DEVELOPER)
    own = await _bearing(cast.session(person.name))
    opened = await _open(lines, stage, own, person)
    async with _all_end(opened, "account_ended"):
        path = f"/api/admin/accounts/{person.user_id}"
        assert await _ask(stage, await cast.headers("admin"), "PATCH", path, role="developer") == 200
    await _are_refused(stage, own, person)


class TestANewPassword:
    async def test_ends_every_other_session(self, stage: Stage, lines: AsyncExitStack):
        cast = stage.cast
        person = await _somebody(stage, Role.DEVELOPER, part=MemberRole.DEVELOPER)
        own, other = [await _bearing(cast.session(person.name)) for _ in range(2)]
        kept = await _open(lines, stage, own, person)
        opened = await _open(lines, stage, other, person)
        change = {"current_password": PASSWORD, "new_password": "another password"}
        async with _all_end(opened, "signed_out"):
            assert await _ask(stage, own, "POST", "/api/auth/password", **change) == 204
        await _are_refused(stage, other, person)
        assert await _statuses(stage, own, "/api/auth/me") == {200}
        async with _all_end(kept, "signed_out"):
            assert await _ask(stage, own, "POST", "/api/auth/logout") == 204
        await _are_refused(stage, own, person)

    async def test_by_a_link_ends_every_session(self, stage: Stage, lines: AsyncExitStack):
        cast = stage.cast
        person = await _somebody(stage, Role.CLIENT, part=MemberRole.CLIENT)
        before = await _bearing(cast.session(person.name))
        opened = await _open(lines, stage, before, person)
        async with httpx.AsyncClient(base_url=stage.urls[0], headers=await cast.headers("admin"), timeout=30) as admin:
            link = (await admin.post(f"/api/admin/accounts/{person.user_id}/password_link")).json()["link"]
        change = {"token": urlsplit(link).fragment, "new_password": "another password"}
        async with _all_end(opened, "signed_out"):
            assert await _ask(stage, {}, "POST", "/api/auth/password_link", **change) == 204
        await _are_refused(stage, before, person)
        assert await _ask(stage, {}, "POST", "/api/auth/password_link", **change) == 422


async def test_a_token_that_expires_ends_what_was_opened_with_it(stage: Stage, lines: AsyncExitStack):
    cast = stage.cast
    person = await _somebody(stage, Role.CLIENT, part=MemberRole.CLIENT)
    expires_at = int(time.time()) + 40  # all that is opened with it must be open before
    headers = await _bearing(cast.token(person.name, exp=expires_at))
    opened = await _open(lines, stage, headers, person)
    ended = await asyncio.gather(*(line.bye() for line in opened))
    assert set(ended) == {"token_expired"}
    assert time.time() - expires_at < AT_ONCE
    await _are_refused(stage, headers, person)
