"""E-mails that are due, as real workers put them together and a real server takes them."""

from collections import Counter
from uuid import UUID

from app.dev.demo import FIRST_PROJECT
from app.letters.courier import LetterCourier
from app.letters.workers import letter_courier
from app.mail.outgoing import Outgoing
from app.projects.preflight import HostSchema
from tests.outbox.process import PUBLIC_URL
from tests.smtp import SmtpServer
from tests.world import PEOPLE, World


async def letters(world: World, count: int, *, due: bool = True) -> list[UUID]:
    """E-mails to a developer, each of a thread of its own."""
    rows = await world.fetch(
        "INSERT INTO client_portal.email_outbox (recipient_id, thread, due_at)"
        " SELECT $1, gen_random_uuid(), now() + interval '1 hour' FROM generate_series(1, $2::int) RETURNING id",
        PEOPLE["dev"],
        count,
    )
    ids = [row["id"] for row in rows]
    await world.execute(
        "INSERT INTO client_portal.email_items"
        " (notification_id, email_id, project_id, type, source_kind, source_id, title)"
        " SELECT gen_random_uuid(), id, $2, 'issue_created', 'issue', gen_random_uuid(), 'A leak'"
        " FROM unnest($1::uuid[]) id",
        ids,
        FIRST_PROJECT,
    )
    if due:
        await fall_due(world)
    return ids


async def fall_due(world: World) -> None:
    """All that waits."""
    await world.execute("UPDATE client_portal.email_outbox SET due_at = now() WHERE state = 'waiting'")


def courier(world: World, server: SmtpServer) -> LetterCourier:
    """Takes them to this server."""
    settings = world.settings(smtp_url=server.url(), public_url=PUBLIC_URL)
    return letter_courier(settings, HostSchema(True), Outgoing(settings))


def message_id(id_: UUID) -> str:
    return f"<{id_}@portal.example.com>"


def counts(server: SmtpServer) -> Counter[str]:
    """How often each came, by its Message-ID."""
    return Counter(str(each.message["Message-ID"]) for each in server.received)
