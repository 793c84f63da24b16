"""What must not leave does not leave: in no byte of any answer, frame or refusal, whoever asks.

Everybody asks every route that reads, with every id there is; provokes every kind of refusal; and keeps streams and
sockets open while others talk.
"""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest_asyncio
from fastapi import FastAPI

from app.core.middleware import BODY_LIMIT
from app.main import create_app
from tests import sse
from tests.security.canaries import MARK, Secrets, secrets_of
from tests.security.cast import ABSENT, CALLERS, PROJECTS, Cast
from tests.security.routes import is_operation, operations, served
from tests.security.stage import Stage, Witness, talk
from tests.security.works import Made, new_word, plan, thumbnail, work

_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_MOST_PAGES = 30
_ROOMS = {"client": ("dev", "pm", "admin"), "neighbour": ("dev", "pm", "admin"), "client2": ("dev2", "pm2", "admin")}
"""Who talks with each client."""
_WORK = {"first": ("dev", ("client", "neighbour")), "second": ("dev2", ("client2",))}
"""Who works on each project, and for whom."""

Ids = dict[str, list[str]]


@dataclass
class Evidence:
    """What everybody was sent."""

    cast: Cast
    secrets: Secrets
    shown_once: list[str]
    """What an admin was given to hand it over: in that one answer, and never again."""
    witnesses: dict[str, Witness]
    names: dict[str, str]
    projects: dict[str, str]
    messages: dict[str, list[UUID]]
    """By the client in whose room they are."""
    said: dict[str, list[str]]
    works: "Works"

    def found(self, person: str, forbidden: dict[str, bytes]) -> Iterator[str]:
        for place, text in self.witnesses[person].seen:
            plain = _plain(text)
            for name, secret in forbidden.items():
                if secret in plain:
                    yield f"{person} was sent {name} by {place}"


@dataclass
class Works:
    """What was done beside the talk."""

    made: dict[str, Made]
    """By the client in whose room it is."""
    thumbnails: dict[str, str]
    titles: dict[str, str]
    """Of a task of each project."""
    tasks: dict[str, list[UUID]]

    def words(self) -> list[str]:
        """What finds all of it."""
        return [*(made.word for made in self.made.values()), *self.titles.values()]


@pytest_asyncio.fixture(scope="module")
async def evidence(stage: Stage) -> AsyncIterator[Evidence]:
    cast = stage.cast
    app = create_app(cast.world.settings())
    async with AsyncExitStack() as stack:
        witnesses = {each: await stack.enter_async_context(stage.witness(each)) for each in CALLERS}
        for each in witnesses.values():
            await _listen(each, cast)
        said = await _live(stage, witnesses)
        works = await _work(stage, witnesses)
        shown_once = await _make_secrets(stage)
        ids = await _ids(cast)
        cursors: set[tuple[str, str]] = set()
        for each in sorted(witnesses.values(), key=lambda each: each.person != "admin"):
            await _read_everything(each, app, ids, cursors, works.words())
            await _provoke_refusals(each, app, cast, works)
        rows = await cast.world.fetch(
            "SELECT messages.id, client_id FROM client_portal.messages JOIN client_portal.rooms ON rooms.id = room_id"
        )
        accounts = await cast.world.fetch("SELECT user_id, display_name FROM client_portal.accounts")
        projects = await cast.world.fetch("SELECT id, name FROM public.projects")
        yield Evidence(
            cast=cast,
            secrets=await secrets_of(cast),
            shown_once=shown_once,
            witnesses=witnesses,
            # The last word: of the names there are, only these are in ASCII throughout.
            names={cast.name(row["user_id"]): row["display_name"].split()[-1] for row in accounts},
            projects={name: row["name"] for row in projects for name, id_ in PROJECTS.items() if id_ == row["id"]},
            messages={client: [row["id"] for row in rows if row["client_id"] == cast.ids[client]] for client in _ROOMS},
            said=said,
            works=works,
        )


async def _listen(witness: Witness, cast: Cast) -> None:
    """Opens every stream and socket there is."""
    await witness.open_stream()
    await witness.open_socket("/api/notifications/ws")
    for room in (*cast.rooms.values(), ABSENT):
        await witness.open_socket(f"/api/rooms/{room}/ws")
    await witness.open_socket("/api/projects/ws")
    for project in PROJECTS.values():
        await witness.open_socket(f"/api/projects/{project}/ws")


async def _live(stage: Stage, witnesses: dict[str, Witness]) -> dict[str, list[str]]:
    """Lets things happen in all rooms, in the other process; returns when all of it has been told."""
    said = {}
    async with AsyncExitStack() as stack:
        for client, team in _ROOMS.items():
            room = stage.cast.rooms[client]
            talking = [
                await stack.enter_async_context(stage.witness(each, portal=1)) for each in (client, *team, client)
            ]
            said[client] = await talk(talking[0], talking[1:], room)
            for each in (client, *team):
                await witnesses[each].sees(said[client][-1], f"WS /api/rooms/{room}/ws")
            for each in team[:-1]:  # admins belong to no room, so no bell of theirs rings
                await witnesses[each].sees(said[client][-1], f"SSE {sse.PATH}")
                await witnesses[each].sees(said[client][-1], "WS /api/notifications/ws")
            await witnesses[client].sees(said[client][1], f"SSE {sse.PATH}")
    return said


async def _work(stage: Stage, witnesses: dict[str, Witness]) -> Works:
    """Lets everything be done that is no talk, in the other process too."""
    cast = stage.cast
    works = Works({}, {client: thumbnail(cast, client) for client in _ROOMS}, {}, {})
    async with AsyncExitStack() as stack:
        for project, (person, clients) in _WORK.items():
            developer = await stack.enter_async_context(stage.witness(person, portal=1))
            works.titles[project] = new_word()
            task = await plan(developer, PROJECTS[project], works.titles[project])
            for name in clients:
                client = await stack.enter_async_context(stage.witness(name, portal=1))
                works.made[name] = await work(client, developer, cast, task, new_word())
                # They keep what they were answered, too.
                witnesses[name].seen += client.seen
            works.tasks[project] = [task, await plan(developer, PROJECTS[project], "The last word")]
            witnesses[person].seen += developer.seen
            for each in _people_of(project):
                for path in ("/api/projects/ws", f"/api/projects/{PROJECTS[project]}/ws"):
                    await witnesses[each].sees(str(works.tasks[project][1]), f"WS {path}")
    return works


async def _make_secrets(stage: Stage) -> list[str]:
    """A first password and a link to set one, as an admin is shown them."""
    cast = stage.cast
    cast.ids["new"] = uuid4()
    await cast.world.execute(
        "INSERT INTO public.users (id, full_name, email) VALUES ($1, $2, $2)", cast.ids["new"], MARK
    )
    new = {"user_id": str(cast.ids["new"]), "email": "new@mail.example", "display_name": "Nico Newman"}
    async with stage.witness("admin", portal=1) as admin:
        created = await admin.http.post(
            "/api/admin/accounts", json=new | {"role": "developer", "first_password": "generated"}
        )
        linked = await admin.http.post(f"/api/admin/accounts/{cast.ids['spare']}/password_link")
    return [created.json()["first_password"], urlsplit(linked.json()["link"]).fragment]


async def _ids(cast: Cast) -> Ids:
    """Every id that a path or a query can hold, by its name there."""
    rooms = await cast.world.fetch("SELECT id FROM client_portal.rooms")
    messages = await cast.world.fetch("SELECT id FROM client_portal.messages WHERE number <= 2")
    users = await cast.world.fetch("SELECT id FROM public.users")
    things = {
        f"{kind}_id": await cast.world.fetch(f"SELECT id FROM client_portal.{kind}s")
        for kind in ("issue", "task", "file", "approval")
    }
    sources = [*messages, *(row for rows in things.values() for row in rows[:6])]
    found = {"room_id": rooms, "message_id": messages, "source_id": sources, "user_id": users} | things
    ids = {name: [str(row["id"]) for row in rows] + [str(ABSENT)] for name, rows in found.items()}
    return ids | {"project_id": [str(id_) for id_ in PROJECTS.values()]}


async def _read_everything(
    witness: Witness, app: FastAPI, ids: Ids, cursors: set[tuple[str, str]], words: list[str]
) -> None:
    """Asks every route that reads, to the last page, and with the cursors that others were given."""
    for route in sorted(served(app)):
        method, _, template = route.partition(" ")
        if method not in ("GET", "HEAD") or template == sse.PATH or (method == "HEAD" and not is_operation(route)):
            continue
        for path in _paths(template, ids):
            answer = await witness.http.request(method, path)
            if method == "HEAD":
                continue
            parameters = app.openapi()["paths"].get(template, {}).get("get", {}).get("parameters", [])
            given = {each["name"] for each in parameters if each["in"] == "query"}
            if "limit" in given and answer.status_code == 200:
                await _read_pages(witness, template, path, cursors)
            for name in sorted(given & ids.keys()):
                for id_ in ids[name]:
                    await witness.http.get(path, params={name: id_})
            if "q" in given:
                await _search(witness, template, path, cursors, words)


async def _search(witness: Witness, template: str, path: str, cursors: set[tuple[str, str]], words: list[str]) -> None:
    for text in ("a", "@", "mail.example", MARK, "Haddad", *words):
        found = await witness.http.get(path, params={"q": text})
        if text in words and found.status_code == 200 and found.json()["items"]:
            await _read_pages(witness, template, path, cursors, q=text)


async def _read_pages(witness: Witness, template: str, path: str, cursors: set[tuple[str, str]], **asked: str) -> None:
    for foreign in sorted(cursor for place, cursor in cursors if place == template)[:5]:
        await witness.http.get(path, params={"cursor": foreign, **asked})
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = (await witness.http.get(path, params={"limit": 2, "cursor": cursor, **asked})).json()
        if not page["next_cursor"]:
            break
        cursor = page["next_cursor"]
        cursors.add((template, cursor))


_NAMES = ("project", "room", "message", "user", "notification", "issue", "task", "file", "approval")


async def _provoke_refusals(witness: Witness, app: FastAPI, cast: Cast, works: Works) -> None:
    """Every kind of refusal, of every route: none of it changes anything."""
    http = witness.http
    nothing = {f"{name}_id": [str(ABSENT), "not-an-id"] for name in _NAMES}
    routes = sorted(route for route in operations(app) if route.partition(" ")[0] in _METHODS)
    for route in routes:
        method, _, template = route.partition(" ")
        lacking = min(method for method in _METHODS if f"{method} {template}" not in routes)
        for path in _paths(template, nothing):
            if method != "GET":
                for content in ("{", "{}", '{"id": 1, "body": "\\ud800", "role": 1, "up_to": -1}'):
                    await http.request(method, path, content=content, headers={"Content-Type": "application/json"})
            elif path != sse.PATH:
                assert (await http.request(lacking, path)).status_code == 405, f"{lacking} {path}"
                for query in ("limit=0&before=x&after=-1&unread=x&q=%00&role=x&is_active=x&action=x", "cursor=x"):
                    await http.get(f"{path}?{query}")
    for path in ("/api/nothing-here", "/nothing-here", "/static/nothing-here", "/api/rooms/../admin/accounts"):
        assert (await http.get(path)).status_code in {401, 403, 404, 200}, path
    await _send_too_much(witness)
    for room, id_ in product(cast.rooms.values(), (ids[0] for ids in cast.messages.values())):
        # An id that is taken: 409 where the room is within reach.
        await http.post(f"/api/rooms/{room}/messages", json={"id": str(id_), "body": "Is this one taken?"})
    for method, path, sent in _refused_work(cast, works):
        answer = await http.request(method, path, **sent)
        assert 400 <= answer.status_code < 500, (witness.person, method, path, sent, answer.text)
    change: dict[str, Any] = {"is_active": False}
    await http.patch(f"/api/admin/accounts/{cast.ids['admin']}", json=change)


def _refused_work(cast: Cast, works: Works) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What cannot be taken of anybody, of every room: where it is within reach, for another reason than elsewhere."""
    files = [str(id_) for made in works.made.values() for id_ in (made.files[0], *_drafts_of(made))]
    for client, room_id in cast.rooms.items():
        room, made = f"/api/rooms/{room_id}", works.made[client]
        for content in (b"\x7fELF a program", b"x" * (2**20 + 1)):
            yield "POST", f"{room}/files", {"files": {"file": ("leak.txt", content)}}
        yield "POST", f"{room}/files", {"files": {"another": ("leak.txt", b"text")}}
        cut_off = {"content": b"--", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}
        yield "POST", f"{room}/files", cut_off
        for taken in (id_ for other in works.made if other != client for id_ in _drafts_of(works.made[other])):
            yield "POST", f"{room}/files?id={taken}", cut_off
        yield "DELETE", f"/api/files/{made.files[0]}", {}
        issue = {"kind": "issue", "title": "Is this one taken?"}
        for each in works.made.values():
            yield "POST", f"{room}/issues", {"json": issue | {"id": str(each.issue)}}
        for file in files:
            yield "POST", f"{room}/issues", {"json": issue | {"file_ids": [file, str(ABSENT)]}}
            yield "POST", f"{room}/messages", {"json": {"body": "", "file_ids": [file, str(ABSENT)]}}
        for seen in ('"0"', "nonsense"):
            for change in ({"title": "Another"}, {"status": "done"}):
                yield "PATCH", f"/api/issues/{made.issue}", {"json": change, "headers": {"If-Match": seen}}
        for decision in ("approved", "changes_requested", "maybe"):
            yield "POST", f"/api/approvals/{made.approvals[0]}/decision", {"json": {"decision": decision}}
    yield from _refused_plans(cast, works)


def _refused_plans(cast: Cast, works: Works) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The same, of what everybody of a project sees."""
    for project, tasks in works.tasks.items():
        task = f"/api/tasks/{tasks[0]}"
        for seen in ('"0"', "nonsense"):
            yield "PATCH", task, {"json": {"title": "Another"}, "headers": {"If-Match": seen}}
        yield "DELETE", task, {}
        yield "PATCH", task, {"json": {"assignee_id": str(cast.guest)}}
        for ids in works.tasks.values():
            new = {"id": str(ids[0]), "title": "Is this one taken?"}
            yield "POST", f"/api/projects/{PROJECTS[project]}/tasks", {"json": new}
        for client, made in works.made.items():
            asked = {"client_id": str(cast.ids[client]), "note": "Is this one taken?", "id": str(made.approvals[0])}
            yield "POST", f"{task}/approvals", {"json": asked}
            for other in works.made.values():
                yield "POST", f"{task}/approvals", {"json": asked | {"file_ids": [str(other.files[0]), str(ABSENT)]}}


async def _send_too_much(witness: Witness) -> None:
    """Says that more comes than is taken; the answer does not wait for it."""
    place = urlsplit(witness.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    headers = {"Host": place.netloc, "Content-Length": str(BODY_LIMIT + 1), **witness.headers}
    lines = ["POST /api/auth/login HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    witness.seen.append((f"POST /api/auth/login {answer.split()[1].decode()}", answer))


def _drafts_of(made: Made) -> list[UUID]:
    return [draft.id for draft in made.drafts.values()]


def _paths(template: str, ids: Ids) -> Iterator[str]:
    """The addresses of a route, with every id in each place."""
    names = re.findall(r"{(\w+)", template)
    pattern = re.sub(r"{(\w+):path}", r"{\1}", template)
    for values in product(*(ids.get(name, ["anything"]) for name in names)):
        yield pattern.format(**dict(zip(names, values, strict=True)))


def _plain(text: bytes) -> bytes:
    """The text, and behind it what its cursors say."""
    cursors = re.findall(rb'"next_cursor":"([\w-]+)"', text)
    return b"\n".join([text, *(base64.urlsafe_b64decode(each + b"=" * (-len(each) % 4)) for each in cursors)])


def _of_id(name: str, id_: UUID) -> dict[str, bytes]:
    """An id in every form in which it could come."""
    return {f"the id of {name}": str(id_).encode(), f"the id of {name} (hex)": id_.hex.encode(), name: id_.bytes}


async def test_no_secret_is_sent_to_anybody(evidence: Evidence):
    forbidden = {secret: secret.encode() for secret in (*evidence.secrets.of_nobody, *evidence.shown_once)}
    found = [each for person in CALLERS for each in evidence.found(person, forbidden)]
    assert not found, "\n".join(found)


async def test_no_email_of_another_person_is_sent_to_anybody_but_admins(evidence: Evidence):
    for person in set(CALLERS) - {"admin"}:
        others = {email: email.encode() for name, email in evidence.secrets.emails.items() if name != person}
        found = list(evidence.found(person, others))
        assert not found, "\n".join(found)


async def test_nobody_is_told_of_people_and_projects_out_of_reach(evidence: Evidence):
    cast = evidence.cast
    for person in set(CALLERS) - {"admin"}:
        forbidden = _of_id("the guest", cast.guest)
        for other in evidence.names.keys() - _known_to(person):
            forbidden |= _of_id(other, cast.ids[other]) | {f"the name of {other}": evidence.names[other].encode()}
        for client in _ROOMS.keys() - _rooms_of(person):
            forbidden |= _of_id(f"the room of {client}", cast.rooms[client])
            forbidden |= {f"what is said to {client}: {text}": text.encode() for text in evidence.said[client]}
            for number, id_ in enumerate(evidence.messages[client]):
                forbidden |= _of_id(f"message {number} to {client}", id_)
            forbidden |= _of_work(evidence, client)
        for project in evidence.projects.keys() - _projects_of(person):
            forbidden |= _of_id(f"the {project} project", PROJECTS[project])
            forbidden |= {f"the name of the {project} project": evidence.projects[project].encode()}
            forbidden |= _of_plan(evidence, project)
        found = list(evidence.found(person, forbidden))
        assert not found, "\n".join(found)


def _of_work(evidence: Evidence, client: str) -> dict[str, bytes]:
    """What was done in a client's room."""
    works, cast = evidence.works, evidence.cast
    made = works.made[client]
    forbidden = {f"a text of {client}'s room: {text}": text.encode() for text in made.texts}
    forbidden[f"the thumbnail of {client}"] = works.thumbnails[client].encode()
    for id_ in (*made.ids, cast.files[client], cast.issues[client], cast.approvals[client]):
        forbidden |= _of_id(f"{id_} of {client}'s room", id_)
    return forbidden


def _of_plan(evidence: Evidence, project: str) -> dict[str, bytes]:
    """What is to be done in a project."""
    forbidden = {f"a task of the {project} project": evidence.works.titles[project].encode()}
    for id_ in (*evidence.works.tasks[project], evidence.cast.tasks[project]):
        forbidden |= _of_id(f"the task {id_} of the {project} project", id_)
    return forbidden


async def test_nobody_is_told_of_files_that_were_not_shared_but_who_uploaded_them(evidence: Evidence):
    for person in CALLERS:
        forbidden: dict[str, bytes] = {}
        for client, made in evidence.works.made.items():
            for uploader, draft in made.drafts.items():
                if uploader != person:
                    forbidden |= _of_id(f"the draft of {uploader} in {client}'s room", draft.id)
                    forbidden |= {text: text.encode() for text in (draft.name, draft.content)}
            if client != person:
                forbidden |= _of_id(f"the first draft of {client}", evidence.cast.drafts[client])
        found = list(evidence.found(person, forbidden))
        assert not found, "\n".join(found)


async def test_clients_are_not_told_who_has_which_part(evidence: Evidence):
    words = re.compile(rb"\b(manager|developer|staff|admin)s?\b", re.IGNORECASE)
    for person in _ROOMS:
        for place, text in evidence.witnesses[person].seen:
            # The same for everybody: the document of the API, and counts of requests by route.
            if not place.startswith(("GET /api/openapi.json", "GET /metrics")):
                assert not words.search(text), f"{person} by {place}: {text!r}"


async def test_the_crawl_saw_what_there_is_to_see(evidence: Evidence):
    """Otherwise the tests above would say little."""
    for person, witness in evidence.witnesses.items():
        statuses = {place.rpartition(" ")[2] for place, _ in witness.seen}
        refused = {"404", "405", "413", "422"} | ({"401"} if person in ("nobody", "deactivated") else {"403"})
        assert statuses >= refused - ({"403"} if person == "admin" else set()), person
        for client in _rooms_of(person):
            assert "409" in statuses
            assert witness.has_seen('"typing"', f"WS /api/rooms/{evidence.cast.rooms[client]}/ws")
            assert witness.has_seen('"presence"', f"WS /api/rooms/{evidence.cast.rooms[client]}/ws")
            for other in (client, *_ROOMS[client]):
                assert witness.has_seen(evidence.names[other]), f"{person} of {other}"
            _has_seen_the_work_for(client, person, evidence)
        for project in _projects_of(person) & evidence.works.tasks.keys():
            title, (task, _) = evidence.works.titles[project], evidence.works.tasks[project]
            for place in (f"GET /api/tasks/{task} 200", "/search?q="):
                assert witness.has_seen(title, place), f"{person} of the task by {place}"
    admin = evidence.witnesses["admin"]
    assert all(admin.has_seen(email) for email in evidence.secrets.emails.values())
    assert admin.has_seen(str(evidence.cast.guest))


def _has_seen_the_work_for(client: str, person: str, evidence: Evidence) -> None:
    works, witness = evidence.works, evidence.witnesses[person]
    made, project = works.made[client], PROJECTS["second" if client == "client2" else "first"]
    assert {"409", "413", "415"} <= {place.rpartition(" ")[2] for place, _ in witness.seen}, person
    for text in (*made.texts, works.thumbnails[client]):
        assert witness.has_seen(text), f"{person} of {text}"
    for id_ in made.ids:
        assert witness.has_seen(str(id_), f"WS /api/projects/{project}/ws"), f"{person} of {id_}, live"
    searched = f"GET /api/projects/{project}/search?q={made.word} 200"
    for id_ in (*made.files, made.issue):
        assert witness.has_seen(str(id_), searched), f"{person} of {id_}, searching"
    if (draft := made.drafts.get(person)) is not None:
        assert witness.has_seen(draft.content, f"GET /api/files/{draft.id} 200")


def _people_of(project: str) -> list[str]:
    return [person for person in CALLERS if project in _projects_of(person)]


def _projects_of(person: str) -> set[str]:
    if person in ("nobody", "deactivated", "staff"):
        return set()
    return set(PROJECTS) if person == "admin" else {"second" if person.endswith("2") else "first"}


def _rooms_of(person: str) -> set[str]:
    return {client for client, team in _ROOMS.items() if person in (client, *team)}


def _known_to(person: str) -> set[str]:
    """Whom this person may know of: themself, and who belongs to a room of theirs or has written there."""
    known = {person}
    for client in _rooms_of(person):
        known |= {client, *_ROOMS[client]} | ({"spare"} if client != "client2" else set())
    return known
