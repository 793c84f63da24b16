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
from tests.security.routes import operations, served
from tests.security.stage import Stage, Witness, talk

_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_MOST_PAGES = 30
_ROOMS = {"client": ("dev", "pm", "admin"), "neighbour": ("dev", "pm", "admin"), "client2": ("dev2", "pm2", "admin")}
"""Who talks with each client."""

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

    def found(self, person: str, forbidden: dict[str, bytes]) -> Iterator[str]:
        for place, text in self.witnesses[person].seen:
            plain = _plain(text)
            for name, secret in forbidden.items():
                if secret in plain:
                    yield f"{person} was sent {name} by {place}"


@pytest_asyncio.fixture(scope="module")
async def evidence(stage: Stage) -> AsyncIterator[Evidence]:
    cast = stage.cast
    app = create_app(cast.world.settings())
    async with AsyncExitStack() as stack:
        witnesses = {each: await stack.enter_async_context(stage.witness(each)) for each in CALLERS}
        for each in witnesses.values():
            await _listen(each, cast)
        said = await _live(stage, witnesses)
        shown_once = await _make_secrets(stage)
        ids = await _ids(cast)
        cursors: set[tuple[str, str]] = set()
        for each in sorted(witnesses.values(), key=lambda each: each.person != "admin"):
            await _read_everything(each, app, ids, cursors)
            await _provoke_refusals(each, app, cast)
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
        )


async def _listen(witness: Witness, cast: Cast) -> None:
    """Opens every stream and socket there is."""
    await witness.open_stream()
    await witness.open_socket("/api/notifications/ws")
    for room in (*cast.rooms.values(), ABSENT):
        await witness.open_socket(f"/api/rooms/{room}/ws")


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
    found = {"room_id": rooms, "message_id": messages, "source_id": messages, "user_id": users}
    ids = {name: [str(row["id"]) for row in rows] + [str(ABSENT)] for name, rows in found.items()}
    return ids | {"project_id": [str(id_) for id_ in PROJECTS.values()]}


async def _read_everything(witness: Witness, app: FastAPI, ids: Ids, cursors: set[tuple[str, str]]) -> None:
    """Asks every route that reads, to the last page, and with the cursors that others were given."""
    for route in sorted(served(app)):
        method, _, template = route.partition(" ")
        if method != "GET" or template == sse.PATH:
            continue
        for path in _paths(template, ids):
            answer = await witness.http.get(path)
            parameters = app.openapi()["paths"].get(template, {}).get("get", {}).get("parameters", [])
            given = {each["name"] for each in parameters if each["in"] == "query"}
            if "limit" in given and answer.status_code == 200:
                await _read_pages(witness, template, path, cursors)
            for name in sorted(given & ids.keys()):
                for id_ in ids[name]:
                    await witness.http.get(path, params={name: id_})
            if "q" in given:
                for text in ("a", "@", "mail.example", MARK, "Haddad"):
                    await witness.http.get(path, params={"q": text})


async def _read_pages(witness: Witness, template: str, path: str, cursors: set[tuple[str, str]]) -> None:
    for foreign in [cursor for place, cursor in cursors if place == template][:5]:
        await witness.http.get(path, params={"cursor": foreign})
    cursor = ""
    for _ in range(_MOST_PAGES):
        page = (await witness.http.get(path, params={"limit": 2, "cursor": cursor})).json()
        if not page["next_cursor"]:
            break
        cursor = page["next_cursor"]
        cursors.add((template, cursor))


async def _provoke_refusals(witness: Witness, app: FastAPI, cast: Cast) -> None:
    """Every kind of refusal, of every route: none of it changes anything."""
    http = witness.http
    nothing = {name: [str(ABSENT), "not-an-id"] for name in ("project_id", "room_id", "message_id", "user_id")}
    nothing["notification_id"] = nothing["room_id"]
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
    change: dict[str, Any] = {"is_active": False}
    await http.patch(f"/api/admin/accounts/{cast.ids['admin']}", json=change)


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
        for project in evidence.projects.keys() - _projects_of(person):
            forbidden |= _of_id(f"the {project} project", PROJECTS[project])
            forbidden |= {f"the name of the {project} project": evidence.projects[project].encode()}
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
    admin = evidence.witnesses["admin"]
    assert all(admin.has_seen(email) for email in evidence.secrets.emails.values())
    assert admin.has_seen(str(evidence.cast.guest))


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
