"""Managers whom the host's own tables name: kept in ``project_members``, so that nothing else has to know of it."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.audit import Action, Actor, record_memberships
from app.core import connect
from app.core.database import Database, Signal, Transaction
from app.core.errors import StartupError
from app.core.types import HostId
from app.projects import host_queries, queries
from app.projects.host_queries import Assignment, Differences
from app.projects.roles import MemberRole

log = structlog.get_logger(__name__)

_SYNC_LIMIT_SECONDS = 30.0
_REFRESH_LIMIT_SECONDS = 0.3
_REST_SECONDS = 30.0
"""How long no event waits for a query that was too slow or failed: the sync goes on asking."""

_FAULTS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_HOST = Actor()


class HostManagers:
    """Keeps the members with the source ``host`` as HOST_MANAGERS_QUERY answers; without one there are none."""

    def __init__(self, database: Database, query: str | None, seconds: float) -> None:
        self._database = database
        self._query = query
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False
        self._rests_until = 0.0

    async def start(self) -> None:
        """Goes on from here by itself. Without a query nothing is left of one before the first request is served."""
        if self._query is not None or not await self._is_done():
            self._task = asyncio.create_task(self._run(), name="host managers")

    async def stop(self) -> None:
        self._is_stopped = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def refresh(self, transaction: Transaction, project_id: HostId) -> None:
        """Brings one project up to date in the caller's transaction, before its people are told of something.

        A query that fails is logged and changes nothing: an event is not lost by it. Does nothing without a query.
        """
        if self._query is None or time.monotonic() < self._rests_until:
            return
        try:
            found = await host_queries.differences(
                transaction.connection, self._query, project_id, _REFRESH_LIMIT_SECONDS
            )
        except _FAULTS as error:
            log.warning("host_managers_not_refreshed", project=str(project_id), error=_one_line(error))
            self._rests_until = time.monotonic() + _REST_SECONDS
            return
        await _apply(transaction, found)

    async def sync(self) -> bool:
        """Brings all projects up to date; False if another process was doing so at this moment."""
        async with self._database.transaction() as transaction:
            connection = transaction.connection
            if not await host_queries.take_turn(connection):
                return False
            if self._query is None:
                found = Differences(coming=[], going=await host_queries.hosts_members(connection))
            else:
                found = await host_queries.differences(connection, self._query, None, _SYNC_LIMIT_SECONDS)
            await _apply(transaction, found)
        return True

    async def _run(self) -> None:
        while True:
            if await self._is_done():
                return
            await asyncio.sleep(self._seconds * random.uniform(0.9, 1.1))  # noqa: S311 (jitter, not a secret)

    async def _is_done(self) -> bool:
        """Syncs; without a query once is enough."""
        try:
            return await self.sync() and self._query is None
        except Exception as error:
            log.warning("host_managers_not_synced", error=_one_line(error))
            # A driver that is cancelled amid a statement may raise something else.
            return self._is_stopped


async def _apply(transaction: Transaction, found: Differences) -> None:
    """Writes what differs. Somebody else may have done so meanwhile: only what this changed is told of."""
    if found.going:
        gone = await host_queries.delete_assigned(transaction.connection, found.going)
        await _tell(transaction, Action.MEMBER_REMOVED, "role_before", gone)
    if found.coming:
        come = await host_queries.insert_assigned(transaction.connection, found.coming)
        await queries.open_rooms(transaction.connection, {each.project_id for each in come})
        await _tell(transaction, Action.MEMBER_ADDED, "role", come)


async def _tell(transaction: Transaction, action: Action, role: str, assignments: Sequence[Assignment]) -> None:
    places = [(each.project_id, each.user_id) for each in assignments]
    details = {role: MemberRole.MANAGER.value, "via": "host"}
    await record_memberships(transaction, _HOST, action, places, details)
    transaction.signals.extend(
        Signal("reach", {"user": str(user_id), "project": str(project_id)}) for project_id, user_id in places
    )


async def check_managers_query(url: str, query: str) -> None:
    """Raises ``StartupError`` with one line that names HOST_MANAGERS_QUERY if it cannot be used.

    Runs it for a project that is not there, where nothing can be written. The schema must be up to date.
    """
    async with connect.connection(url) as connection:
        try:
            async with connection.transaction(readonly=True):
                await connection.execute(f"SET LOCAL statement_timeout = '{_SYNC_LIMIT_SECONDS}s'")
                fault = await _fault(connection, host_queries.cleaned(query))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            fault = connect.one_line(error)
            if isinstance(error, asyncpg.InsufficientPrivilegeError):
                fault += ": let the owner GRANT SELECT on what it reads"
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                fault = f"it must only read ({fault})"
    if fault is not None:
        raise StartupError(f"HOST_MANAGERS_QUERY: {fault}")


async def _fault(connection: "asyncpg.Connection[asyncpg.Record]", query: str) -> str | None:
    own = await connection.prepare(query)
    parameters = [parameter.name for parameter in own.get_parameters()]
    columns = [attribute.type.name for attribute in own.get_attributes()]
    if not parameters:
        return "it must ask about one project: $1 stands for its id"
    if len(parameters) > 1:
        return f"it takes {len(parameters)} parameters, but only $1, the project's id, is known"
    if parameters != ["uuid"]:
        return f"it takes $1 as {parameters[0]}: write $1::uuid"
    if columns != ["uuid"]:
        answers = ", ".join(columns) or "nothing"
        return f"it must answer one column of type uuid, the users' ids, but answers {answers}"
    await own.fetch(uuid4())
    of_one = host_queries.differences_statement(query, of_one_project=True)
    of_all = await connection.prepare(host_queries.differences_statement(query, of_one_project=False))
    if of_all.get_parameters():
        return "$1 must stand where a column could stand"
    await connection.fetch(of_one, uuid4())
    return None


def _one_line(error: Exception) -> str:
    return connect.one_line(getattr(error, "orig", None) or error)
