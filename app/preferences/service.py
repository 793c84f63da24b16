"""How a person wants to be told: read, and changed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import time, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.principal import Principal
from app.accounts.roles import Role
from app.core.database import Database, Transaction
from app.core.errors import Invalid, NotFound
from app.core.types import HostId
from app.preferences import queries
from app.preferences.event_types import EventType
from app.preferences.models import Digest
from app.preferences.queries import Addressee, StoredChoice, StoredSettings, StoredTimes
from app.preferences.schemas import Channels, Preferences, PreferencesChange, QuietHours, Settings
from app.projects.queries import is_reachable

TypesOf = Callable[[Collection[Role]], Sequence[EventType]]
"""What people of these roles can be told of, in the order in which it is shown."""


class PreferenceService:
    """``quiet`` is how long e-mail waits for more to tell."""

    def __init__(self, database: Database, types_of: TypesOf, quiet: timedelta) -> None:
        self._database = database
        self._types_of = types_of
        self._quiet = quiet

    async def settings(self, user_id: HostId) -> StoredSettings:
        async with self._database.reading() as connection:
            return await queries.settings(connection, user_id)

    async def shown_settings(self, user_id: HostId) -> Settings:
        """As ``settings``, and whether the person's address takes e-mail."""
        async with self._database.reading() as connection:
            return await _shown_settings(connection, user_id)

    async def addressee(self, user_id: HostId) -> Addressee:
        """Who this is, and whether they get e-mail; raises ``NotFound`` for an unknown person."""
        async with self._database.reading() as connection:
            found = await queries.addressee(connection, user_id)
        if found is None:
            raise NotFound
        return found

    async def change_settings(self, transaction: Transaction, user_id: HostId, changes: Mapping[str, bool]) -> Settings:
        """Sets the given ones; answers all of them as they are then. Raises ``Invalid`` for an unknown person."""
        try:
            await queries.change_settings(transaction.connection, user_id, changes)
        except IntegrityError:
            raise Invalid("There is no such user in public.users.") from None
        return await _shown_settings(transaction.connection, user_id)

    async def preferences(self, actor: Principal) -> Preferences:
        async with self._database.reading() as connection:
            return await self._read(connection, actor)

    async def change_preferences(
        self, transaction: Transaction, actor: Principal, change: PreferencesChange
    ) -> Preferences:
        """Sets what is given; answers all of it as it is then.

        Raises ``Invalid`` for a type of which nobody of the actor's role is told. E-mail that waits for another time is
        looked at again, for the time may be another one now.
        """
        connection = transaction.connection
        try:
            for type_, channels in self._by_type(actor, change):
                await queries.change_choice(connection, actor.user_id, type_, channels)
            if times := _times(change):
                await queries.change_times(connection, actor.user_id, times)
                await queries.hurry(connection, actor.user_id, self._quiet)
        except IntegrityError:
            raise Invalid("There is no such user in public.users.") from None
        return await self._read(connection, actor)

    async def mute(self, transaction: Transaction, actor: Principal, project_id: HostId) -> None:
        """From now on the actor hears nothing of this project; raises ``NotFound`` if they do not reach it."""
        if not await is_reachable(transaction.connection, actor, project_id):
            raise NotFound
        try:
            await queries.mute(transaction.connection, actor.user_id, project_id)
        except IntegrityError:
            raise NotFound from None

    async def unmute(self, transaction: Transaction, actor: Principal, project_id: HostId) -> None:
        """Again without effect; raises ``NotFound`` if they do not reach it."""
        if not await is_reachable(transaction.connection, actor, project_id):
            raise NotFound
        await queries.unmute(transaction.connection, actor.user_id, project_id)

    async def _read(self, connection: AsyncConnection, actor: Principal) -> Preferences:
        times = await queries.times(connection, actor.user_id)
        choices = await queries.choices(connection, actor.user_id)
        stored = [(type_, choices.get(type_, StoredChoice())) for type_ in self._types_of(actor.roles)]
        return Preferences(
            channels=[Channels(type=type_, bell=each.bell, email=each.email) for type_, each in stored],
            muted_projects=await queries.muted_projects(connection, actor),
            digest=Digest(times.digest),
            time_zone=times.time_zone,
            quiet_hours=_quiet_hours(times),
        )

    def _by_type(self, actor: Principal, change: PreferencesChange) -> list[tuple[EventType, dict[str, bool]]]:
        """In the order of their types, so that two who change the same ones do not wait for each other."""
        changes: dict[EventType, dict[str, bool]] = {}
        types = self._types_of(actor.roles)
        for number, each in enumerate(change.channels or ()):
            if each.type not in types:
                fault = {"loc": ["body", "channels", number, "type"], "msg": "Not of your role", "type": "role"}
                raise Invalid(f"Nobody of your role is told of {each.type.value}.", errors=[fault])
            changes.setdefault(each.type, {}).update(each.model_dump(include={"bell", "email"}, exclude_none=True))
        return sorted((type_, channels) for type_, channels in changes.items() if channels)


async def _shown_settings(connection: AsyncConnection, user_id: HostId) -> Settings:
    stored = await queries.settings(connection, user_id)
    return Settings(**asdict(stored), email_suppressed=await queries.is_suppressed(connection, user_id))


def _times(change: PreferencesChange) -> dict[str, Any]:
    """The columns that change."""
    columns: dict[str, Any] = change.model_dump(include={"digest", "time_zone"}, exclude_none=True)
    if "quiet_hours" in change.model_fields_set:
        hours = change.quiet_hours
        columns["quiet_from"] = time.fromisoformat(hours.begin) if hours else None
        columns["quiet_to"] = time.fromisoformat(hours.end) if hours else None
    return columns


def _quiet_hours(times: StoredTimes) -> QuietHours | None:
    if times.quiet_from is None or times.quiet_to is None:
        return None
    begin, end = (each.strftime("%H:%M") for each in (times.quiet_from, times.quiet_to))
    return QuietHours(begin=begin, end=end)
