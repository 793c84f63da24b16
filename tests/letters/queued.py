"""E-mails of the outbox as tests put them there, beside the application."""

from typing import Any
from uuid import UUID, uuid4

from app.dev.demo import FIRST_PROJECT
from tests.world import PEOPLE, World


async def queued(world: World, person: str = "client", *titles: str, **columns: Any) -> UUID:
    """An e-mail to this person that tells of things of these titles; due an hour from now unless ``columns`` say so."""
    id_ = uuid4()
    values = {"id": id_, "recipient_id": PEOPLE[person], "thread": uuid4()} | columns
    names = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    due_at = "" if "due_at" in values else ", due_at"
    hour = "" if "due_at" in values else ", clock_timestamp() + interval '1 hour'"
    await world.execute(
        f"INSERT INTO client_portal.email_outbox ({names}{due_at}) VALUES ({places}{hour})", *values.values()
    )
    for title in titles or ("A leak",):
        await world.execute(
            "INSERT INTO client_portal.email_items"
            " (notification_id, email_id, project_id, type, source_kind, source_id, title)"
            " VALUES (gen_random_uuid(), $1, $2, 'issue_created', 'issue', gen_random_uuid(), $3)",
            id_,
            FIRST_PROJECT,
            title,
        )
    return id_


async def state_of(world: World, email_id: UUID) -> str:
    return str(await world.value("SELECT state FROM client_portal.email_outbox WHERE id = $1", email_id))
