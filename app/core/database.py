"""Connections to Postgres, and the one place that commits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import uuid4
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import MetaData, Select, Text, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

SCHEMA = "client_portal"

# Parameters of libpq (and of some ORMs) that asyncpg would hand to the server as settings it does not know.
_CLIENT_ONLY = {
    "channel_binding", "connect_timeout", "gssencmode", "gsslib", "keepalives", "keepalives_count", "keepalives_idle",
    "keepalives_interval", "load_balance_hosts", "pgbouncer", "pool_timeout", "connection_limit", "schema",
    "tcp_user_timeout", "sslcompression", "sslsni", "requirepeer", "client_encoding", "fallback_application_name",
}  # fmt: skip


class Base(DeclarativeBase):
    """The portal's tables. Constraints are named by rule, so that migrations can name them too."""

    metadata = MetaData(
        schema=SCHEMA,
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        },
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text()}


@dataclass(frozen=True, slots=True)
class Signal:
    """What one process tells all of them once a transaction has committed: a hint that carries ids only."""

    kind: str
    content: dict[str, Any]


@dataclass(slots=True)
class Transaction:
    """One unit of work: its connection, and what happens when it has committed."""

    connection: AsyncConnection
    signals: list[Signal] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)


ReturnsRows = Select[*tuple[Any, ...]] | ReturningInsert[*tuple[Any, ...]] | ReturningUpdate[*tuple[Any, ...]]

Carrier = Callable[[AsyncConnection, Sequence[Signal]], Awaitable[None]]
"""Sends signals within the transaction, so that they leave with its commit and never without it."""


class Database:
    """A pool of connections to one Postgres database."""

    def __init__(self, url: str, *, pool_size: int = 10, behind_pooler: bool = False) -> None:
        connect_args: dict[str, Any] = {"async_creator_fn": Connector(url, behind_pooler=behind_pooler)}
        if behind_pooler:
            # A transaction pooler moves us between servers: no statement outlives its use, no name is used twice.
            connect_args |= {
                "prepared_statement_cache_size": 0,
                "prepared_statement_name_func": lambda: f"__{uuid4()}__",
            }
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            connect_args=connect_args,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            pool_use_lifo=True,
            pool_reset_on_return=None,
            # Transactions are the driver's own: see `transaction`.
            isolation_level="AUTOCOMMIT",
        )
        self._era = 0
        event.listen(self._engine.sync_engine, "connect", self._opened)
        event.listen(self._engine.sync_engine, "checkout", self._taken)
        self.carrier: Carrier | None = None

    @asynccontextmanager
    async def reading(self, within: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A connection for single statements: no transaction around them, so no round trips for its ends.

        After ``within`` seconds it is cut, whether or not the other end still answers: what uses it fails then.
        """
        connection = await self._engine.connect()
        limit = None
        if within is not None:
            limit = asyncio.get_running_loop().call_later(within, _driver(connection).terminate)
        try:
            yield connection
        finally:
            if limit is not None:
                limit.cancel()
            if not connection.invalidated and _driver(connection).is_closed():
                await connection.invalidate()
                self.renew()
            # Nothing is sent to the server here, so the task that `async with` would make for it is not needed.
            await connection.close()

    @asynccontextmanager
    async def transaction(self, within: float | None = None) -> AsyncIterator[Transaction]:
        """One transaction: commits at the end of the block together with its signals, or rolls all of it back.

        ``within`` is as in `reading`.
        """
        async with self.reading(within) as connection, _driver(connection).transaction():
            transaction = Transaction(connection)
            yield transaction
            if transaction.signals and self.carrier is not None:
                await self.carrier(connection, transaction.signals)
        for callback in transaction.after_commit:
            callback()

    def renew(self) -> None:
        """Uses no connection again that was opened before, for when the server behind it may have gone.

        Those in use end their work: nobody waits, and each is replaced when it is next asked for.
        """
        self._era += 1

    def _opened(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["era"] = self._era

    def _taken(self, connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        driver: asyncpg.Connection[asyncpg.Record] = connection.driver_connection
        if driver.is_closed() or record.info["era"] != self._era:
            driver.terminate()  # a farewell could wait for a server that does not answer
            raise DisconnectionError

    async def close(self) -> None:
        await self._engine.dispose()


async def fetch(
    connection: AsyncConnection, statement: ReturnsRows, parameters: Mapping[str, Any]
) -> "list[asyncpg.Record]":
    """The rows of a statement that is built once, by the driver itself.

    For what runs on most requests: it spares the several hundred microseconds that an execution by SQLAlchemy takes.
    Faults are asyncpg's own exceptions.
    """
    compiled = _compiled.get(statement)
    if compiled is None:
        compiled = _compiled[statement] = statement.compile(dialect=_DIALECT)
    values = compiled.construct_params(dict(parameters))
    arguments = [values[name] for name in compiled.positiontup or ()]
    rows: list[asyncpg.Record] = await _driver(connection).fetch(compiled.string, *arguments)
    return rows


_DIALECT = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]
_compiled: "WeakKeyDictionary[ReturnsRows, Any]" = WeakKeyDictionary()


def _driver(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    sync = connection.sync_connection
    assert sync is not None
    return sync.connection.driver_connection


class Connector:
    """Opens connections from a libpq URL, ``sslmode`` and several hosts included."""

    def __init__(self, url: str, *, behind_pooler: bool = False, application_name: str = "client-portal") -> None:
        self.dsn = as_libpq(url)
        self._cache = {"statement_cache_size": 0} if behind_pooler else {}
        self._settings = {"application_name": application_name}

    async def __call__(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(self.dsn, timeout=10, server_settings=self._settings, **self._cache)


def as_libpq(url: str) -> str:
    """The URL as asyncpg reads it: a driver's name in the scheme and client-only parameters taken off.

    People paste the URL of their app, which may be written for libpq, SQLAlchemy, Prisma or a pooler.
    """
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in _CLIENT_ONLY]
    return urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query), ""))
