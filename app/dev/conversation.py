"""What the demo's people have said to each other before anybody looks."""

from datetime import timedelta
from functools import partial

from prometheus_client import CollectorRegistry
from sqlalchemy import text

from app.accounts.principal import Principal
from app.accounts.roles import Role
from app.chat.service import ChatService
from app.core.database import Database
from app.core.pagination import Page
from app.core.types import HostId
from app.dev.demo import CLIENT, CLIENT_2, DEVELOPER, DEVELOPER_2, MANAGER
from app.notifications.service import NotificationService
from app.presence.board import PresenceBoard
from app.projects.preflight import host_columns
from app.projects.service import ProjectService
from app.realtime.broker import PostgresBroker
from app.tasks.service import progress_by_project

# Who, what, and how long before now.
_TALKS: tuple[tuple[tuple[HostId, Role, str, timedelta], ...], ...] = (
    (
        (CLIENT, Role.CLIENT, "Good morning! Have the floor tiles arrived?", timedelta(days=2, hours=5)),
        (
            DEVELOPER,
            Role.DEVELOPER,
            "Good morning Clara. Yes, yesterday afternoon: two boxes are chipped, the supplier exchanges them.",
            timedelta(days=2, hours=4),
        ),
        (
            MANAGER,
            Role.STAFF,
            "The exchange costs nothing and no time: we begin with the hall anyway.",
            timedelta(days=2, hours=3),
        ),
        (CLIENT, Role.CLIENT, "Perfect, thank you both.", timedelta(days=2, hours=3, minutes=-4)),
        (
            DEVELOPER,
            Role.DEVELOPER,
            "The hall is done. Grey grout as in the sample:\nhttps://example.com/harbour-house/hall",
            timedelta(hours=20),
        ),
        (CLIENT, Role.CLIENT, "It looks wonderful!", timedelta(minutes=50)),
        (
            CLIENT,
            Role.CLIENT,
            "One question: could we see the kitchen tiles in daylight before they are laid?",
            timedelta(minutes=49),
        ),
    ),
    (
        (
            CLIENT_2,
            Role.CLIENT,
            "The checkout works on my phone now, but the postcode is refused for Belgium.",
            timedelta(days=1, hours=2),
        ),
        (
            DEVELOPER_2,
            Role.DEVELOPER,
            "Found it: four digits were taken for a typing error. The fix is on the staging site.",
            timedelta(hours=22),
        ),
    ),
)

_BACKDATE = (
    "UPDATE client_portal.messages SET created_at = now() - CAST(:ago AS interval) WHERE id = :id",
    "UPDATE client_portal.notifications SET created_at = now() - CAST(:ago AS interval) WHERE source_id = :id",
    "UPDATE client_portal.rooms SET active_at = now() - CAST(:ago AS interval)"
    " WHERE id = (SELECT room_id FROM client_portal.messages WHERE id = :id)",
)


async def create_conversation(url: str) -> None:
    """Writes the demo's messages as its people would have: the others are told, who answers has read."""
    database = Database(url, pool_size=2)
    database.carrier = PostgresBroker(url).carry
    try:
        chat = await _chat(database)
        for talk in _TALKS:
            for user_id, role, body, ago in talk:
                author = Principal(user_id, frozenset({role}), frozenset(), 0, None)
                (room,) = (await chat.rooms(author, Page(None, 1)))[0]
                message, _ = await chat.post(author, room.id, None, body)
                async with database.transaction() as transaction:
                    for statement in _BACKDATE:
                        await transaction.connection.execute(text(statement), {"ago": ago, "id": message.id})
    finally:
        await database.close()


async def _chat(database: Database) -> ChatService:
    async with database.reading() as connection:
        host = await host_columns(connection)
    notifications = NotificationService(database, CollectorRegistry())
    projects = ProjectService(database, host, notifications.unread_by_project, partial(progress_by_project, database))
    return ChatService(database, host, projects, notifications, PresenceBoard(database))
