"""People hear of what others do: done by real routes, and looked up in the tables."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from app.notifications.events import Event
from app.preferences.event_types import EventType
from app.projects.roles import MemberRole
from tests.running import caller_of
from tests.world import PEOPLE, World, bearer


@asynccontextmanager
async def as_person(app: FastAPI, person: str) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer(person)) as caller:
        yield caller


async def wants(app: FastAPI, person: str, **preferences: Any) -> None:
    async with as_person(app, person) as caller:
        answer = await caller.patch("/api/notifications/preferences", json=preferences)
        assert answer.status_code == 200, answer.text


async def sets(app: FastAPI, person: str, **settings: bool) -> None:
    async with as_person(app, person) as caller:
        assert (await caller.patch("/api/notifications/settings", json=settings)).status_code == 200


async def hears_of(app: FastAPI, person: str, type_: str, **channels: bool) -> None:
    await wants(app, person, channels=[{"type": type_, **channels}])


async def room_of(world: World, client: str = "client") -> UUID:
    room: UUID = await world.value("SELECT id FROM client_portal.rooms WHERE client_id = $1", PEOPLE[client])
    return room


async def says(app: FastAPI, world: World, person: str, body: str = "Hello", client: str = "client") -> UUID:
    """This person writes into this client's room; answers the message's id."""
    async with as_person(app, person) as caller:
        answer = await caller.post(f"/api/rooms/{await room_of(world, client)}/messages", json={"body": body})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def raises(app: FastAPI, world: World, title: str = "A leak") -> UUID:
    async with as_person(app, "client") as caller:
        answer = await caller.post(f"/api/rooms/{await room_of(world)}/issues", json={"kind": "issue", "title": title})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def in_bell_of(world: World, person: str) -> list[UUID]:
    """The sources of what is in somebody's bell."""
    statement = "SELECT source_id FROM client_portal.notifications WHERE recipient_user_id = $1 ORDER BY created_at"
    return [row[0] for row in await world.fetch(statement, PEOPLE[person])]


async def mailed_to(world: World, person: str) -> list[list[UUID]]:
    """The sources that each e-mail to somebody tells of, the oldest first."""
    rows = await world.fetch(
        "SELECT array_agg(source_id ORDER BY item.created_at) FROM client_portal.email_outbox AS email"
        " JOIN client_portal.email_items AS item ON email_id = id WHERE recipient_id = $1"
        " GROUP BY id, email.created_at ORDER BY email.created_at",
        PEOPLE[person],
    )
    return [list(row[0]) for row in rows]


async def pushed_to(world: World, person: str) -> list[UUID]:
    rows = await world.fetch("SELECT id FROM client_portal.push_outbox WHERE recipient_id = $1", PEOPLE[person])
    return [row[0] for row in rows]


async def has_browser(world: World, person: str) -> None:
    await world.execute(
        "INSERT INTO client_portal.push_subscriptions (user_id, endpoint, p256dh, auth) VALUES ($1, $2, '', '')",
        PEOPLE[person],
        f"https://push.example/{uuid4()}",
    )


async def joins(world: World, person: str, project: UUID, part: str = "developer") -> None:
    await world.execute(
        "INSERT INTO client_portal.project_members (project_id, user_id, role) VALUES ($1, $2, $3)",
        project,
        PEOPLE[person],
        part,
    )


def happening(**changes: Any) -> Event:
    """Something that the client did in their room."""
    given = {
        "type": EventType.MESSAGE_POSTED,
        "by": MemberRole.CLIENT,
        "project_id": FIRST_PROJECT,
        "source_id": uuid4(),
        "title": "Clara wrote",
        "actor_id": PEOPLE["client"],
        "client_id": PEOPLE["client"],
    }
    return Event.model_validate(given | changes)


async def notify(app: FastAPI, event: Event) -> list[UUID]:
    async with app.state.database.transaction() as transaction:
        told: list[UUID] = await app.state.notifications.notify(transaction, event)
    return told
