"""Demo notifications for the managers of a project that exists. Creates no user, no project, no membership."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from app.accounts.queries import account_by_id
from app.core.database import Transaction
from app.core.errors import StartupError
from app.core.types import HostId
from app.dev import demo
from app.notifications.events import Event
from app.notifications.service import notify_members
from app.preferences.event_types import EventType
from app.projects import queries as projects
from app.realtime.once import one_transaction
from app.settings import Settings

_CONTENTS: Sequence[tuple[EventType, str, str | None]] = (
    (EventType.ISSUE_CREATED, "Water comes in under the kitchen window", "Only when the wind is from the west."),
    (EventType.MESSAGE_POSTED, "New message", "Could we see the tiles before they are ordered?"),
    (EventType.ISSUE_CREATED, "The stair lamp flickers", None),
    (EventType.MESSAGE_POSTED, "New message", "Thank you, the doors look great."),
    (EventType.ISSUE_CREATED, "The invoice names the old address", "Please send it again."),
)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A notification that was written, and whose it is: a display name, or a user id where there is no account."""

    event: Event
    recipient: str


async def seed(settings: Settings) -> list[Seeded]:
    """Tells the project's people of demo events, as if its client had caused them; each call tells of new ones.

    One transaction, with its signals: open bells ring, and a fault writes nothing.

    Raises:
        StartupError: not asked for by DEMO_SEED and DEMO_PROJECT_ID, or not possible in this database.
    """
    project_id = _wanted_project(settings)
    url = _address(settings)
    async with one_transaction(url) as transaction:
        await _require_managers(transaction, project_id)
        return await _tell(transaction, project_id)


def _wanted_project(settings: Settings) -> HostId:
    if not settings.demo_seed:
        raise StartupError("DEMO_SEED: must be true, for this writes demo notifications into the database")
    if settings.demo_project_id is None:
        raise StartupError(f"DEMO_PROJECT_ID: must be the id of a project that exists, such as {demo.FIRST_PROJECT}")
    return settings.demo_project_id


def _address(settings: Settings) -> str:
    """DATABASE_URL, or the embedded Postgres of a portal that runs on DATA_DIR."""
    url = settings.database_listen_url or settings.database_url or demo.running_url(settings)
    if url is None:
        raise StartupError("DATABASE_URL: must be set, or `make run` be running")
    return url


async def _require_managers(transaction: Transaction, project_id: HostId) -> None:
    if not await projects.project_exists(transaction.connection, project_id):
        raise StartupError(f"DEMO_PROJECT_ID: there is no project {project_id} in public.projects")
    if not await projects.managers(transaction.connection, project_id):
        raise StartupError(
            f"DEMO_PROJECT_ID: project {project_id} has no managers, so nobody would be told: "
            f"`portal member add {project_id} USER_ID manager` makes a user one"
        )


async def _tell(transaction: Transaction, project_id: HostId) -> list[Seeded]:
    seeded: list[Seeded] = []
    for type_, title, body in _CONTENTS:
        event = Event(type=type_, project_id=project_id, source_id=uuid4(), title=title, body=body)
        told = await notify_members(transaction, event)
        seeded += [Seeded(event, await _name(transaction, user_id)) for user_id in told]
    return seeded


async def _name(transaction: Transaction, user_id: HostId) -> str:
    account = await account_by_id(transaction.connection, user_id)
    return account.display_name if account else str(user_id)
