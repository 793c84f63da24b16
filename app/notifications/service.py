"""The notification service: who is told of an event, and each person's inbox."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import Select

from app.accounts.principal import Principal
from app.accounts.roles import Role
from app.core.database import Database, Signal, Transaction
from app.core.errors import Invalid, NotFound
from app.core.pagination import Cursor, Page, cut
from app.core.types import HostId
from app.notifications import queries, telling_queries
from app.notifications.counts import UnreadCounts
from app.notifications.events import Event, SourceKind
from app.notifications.items import NotificationItem
from app.notifications.telling_queries import Told
from app.preferences.event_types import EventType
from app.preferences.queries import change_settings
from app.projects.admin import require_fit
from app.settings import QUIET

_READ_ALL_BATCH = 10_000
_SIGNAL_IDS = 150  # what fits into one payload of NOTIFY


RefreshMembers = Callable[[Transaction, HostId], Awaitable[None]]
"""Brings a project's members up to date with what the host says, before they are told of something."""


class NotificationService:
    """Writes join the caller's transaction; signals leave with its commit."""

    def __init__(
        self,
        database: Database,
        registry: CollectorRegistry,
        refresh_members: RefreshMembers | None = None,
        quiet: timedelta = QUIET,
    ) -> None:
        self._database = database
        self._quiet = quiet
        self._refresh_members = refresh_members
        self._counts = UnreadCounts(database)
        self._created = Counter("portal_notifications_created", "Notifications made", ["type"], registry=registry)

    async def notify(self, transaction: Transaction, event: Event) -> list[HostId]:
        """Tells everybody whom the event's rule names; answers who has a new notification by it."""
        if self._refresh_members is not None:
            await self._refresh_members(transaction, event.project_id)
        told = await notify_members(transaction, event, self._quiet)
        self._count(transaction, event, told)
        return told

    async def create_notification(self, transaction: Transaction, event: Event, recipient_id: HostId) -> bool:
        """Tells one person; answers whether it was news.

        Raises ``Invalid`` for an unknown person or project; the transaction cannot be used any more then.
        """
        try:
            told = await telling_queries.insert_for(transaction.connection, event, recipient_id, self._quiet)
        except asyncpg.ForeignKeyViolationError:
            raise Invalid("There is no such recipient or project.") from None
        recipients = _announce(transaction, told)
        self._count(transaction, event, recipients)
        return bool(recipients)

    async def list_notifications(
        self, actor: Principal, page: Page, filters: Mapping[str, Any] | None = None
    ) -> tuple[list[NotificationItem], str | None]:
        """One page of the actor's notifications, newest first, and the cursor of the next."""
        async with self._database.reading() as connection:
            rows = await queries.notifications(connection, actor, filters or {}, page.after, page.limit + 1)
        return cut(rows, page.limit, lambda row: Cursor.at(row.created_at, row.id))

    async def unread_count(self, user_id: HostId) -> int:
        """How many unread notifications this person has, of projects they reach."""
        return await self._counts.of(user_id)

    async def mark_read(self, transaction: Transaction, actor: Principal, notification_id: UUID) -> None:
        """Marks one as read, again without effect; raises ``NotFound`` if it is not the actor's."""
        was_unread = await queries.set_read(transaction.connection, actor, notification_id)
        if was_unread is None:
            raise NotFound
        if was_unread:
            transaction.signals.append(_read_signal(actor.user_id, ids=[str(notification_id)]))

    async def mark_read_about(
        self,
        transaction: Transaction,
        actor_id: HostId,
        source_kind: SourceKind,
        sources: Select[UUID],
        parameters: Mapping[str, Any],
    ) -> None:
        """Marks what the person was told about these sources as read: they are looking at the things themselves."""
        changed = await queries.set_read_about(transaction.connection, actor_id, source_kind, sources, parameters)
        _signal_read(transaction, actor_id, changed)

    async def mark_read_about_one(
        self, transaction: Transaction, actor: Principal, source_kind: SourceKind, source_id: UUID
    ) -> None:
        """``mark_read_about`` for one thing that the actor looks at; nothing to do if they were told nothing of it."""
        parameters = {"source_id": source_id}
        await self.mark_read_about(transaction, actor.user_id, source_kind, queries.ONE_SOURCE, parameters)

    async def mark_all_read(self, actor: Principal) -> int:
        """Marks all of the actor's that exist now as read; answers how many were not.

        In batches that commit one by one: a hundred thousand dead index entries at once would slow the counts.
        """
        async with self._database.reading() as connection:
            until = await queries.now(connection)
        changed = 0
        while True:
            async with self._database.transaction() as transaction:
                batch = await queries.set_all_read(transaction.connection, actor, until, _READ_ALL_BATCH)
                if batch:
                    transaction.signals.append(_read_signal(actor.user_id, all=True))
            changed += batch
            if batch < _READ_ALL_BATCH:
                return changed

    async def unread_by_project(self, actor: Principal, project_ids: Sequence[HostId]) -> dict[HostId, int]:
        """Unread notifications of each of these projects; projects without any are left out."""
        async with self._database.reading() as connection:
            return await queries.unread_by_project(connection, actor, project_ids)

    def _count(self, transaction: Transaction, event: Event, recipients: Sequence[HostId]) -> None:
        if recipients:
            transaction.after_commit.append(lambda: self._created.labels(event.type.value).inc(len(recipients)))


async def notify_members(transaction: Transaction, event: Event, quiet: timedelta | None = None) -> list[HostId]:
    """``NotificationService.notify`` for who has no running application, such as a script.

    Without a time that e-mail waits for more to tell, bells ring and nothing else.
    """
    return _announce(transaction, await telling_queries.insert_for_members(transaction.connection, event, quiet))


async def take_back(
    transaction: Transaction,
    project_id: HostId,
    source_id: UUID,
    types: Collection[EventType],
    recipients: Sequence[HostId] | None = None,
) -> None:
    """Nobody is told any more of what is no longer so: all of the project's people, or these recipients.

    In bells it counts as read; e-mails and pushes that wait leave it out. What was read or sent stays as it was.
    """
    changed = defaultdict[HostId, list[UUID]](list)
    for id_, recipient_id in await queries.take_back(transaction.connection, project_id, source_id, types, recipients):
        changed[recipient_id].append(id_)
    for recipient_id, ids in changed.items():
        _signal_read(transaction, recipient_id, ids)


def _announce(transaction: Transaction, told: Sequence[Told]) -> list[HostId]:
    for each in told:
        content = {"user": str(each.recipient_user_id), "id": str(each.id)}
        transaction.signals.append(Signal("notification", content))
    return [each.recipient_user_id for each in told]


_MAILED = frozenset({Role.DEVELOPER, Role.CLIENT})


async def welcome(transaction: Transaction, user_id: HostId, role: Role) -> None:
    """The settings a new account starts with: e-mail for developers and clients, who seldom sit at the bell."""
    await change_settings(transaction.connection, user_id, {"email_enabled": role in _MAILED})
    await take_role(transaction, user_id, role)


async def take_role(transaction: Transaction, user_id: HostId, role: Role) -> None:
    """What follows for a person from the role of their account.

    Raises ``Conflict`` if it does not fit their parts in projects. Who becomes a client loses what they were told as
    one of the team: it speaks of other clients.
    """
    await require_fit(transaction.connection, user_id, role)
    if role is Role.CLIENT:
        await queries.delete_of(transaction.connection, user_id)


def _signal_read(transaction: Transaction, user_id: HostId, ids: Sequence[UUID]) -> None:
    for start in range(0, len(ids), _SIGNAL_IDS):
        some = [str(each) for each in ids[start : start + _SIGNAL_IDS]]
        transaction.signals.append(_read_signal(user_id, ids=some))


def _read_signal(user_id: HostId, **which: Any) -> Signal:
    return Signal("read", {"user": str(user_id), **which})
