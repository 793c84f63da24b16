"""The demo world as tests see it: its people, their tokens, and direct access to its tables."""

import atexit
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
from jose import jwt

from app.accounts.audit import COMMAND
from app.core.database import Connector
from app.dev.demo import FIRST_PROJECT, PASSWORD
from app.realtime.once import one_transaction
from app.settings import Settings

SECRET = "a secret of the tests that is longer than 32 bytes"
STREAM = "notifications.stream"

PEOPLE: dict[str, UUID] = {
    name: UUID(f"aaaaaaaa-0000-4000-8000-{number:012d}")
    for number, name in enumerate(("admin", "pm", "dev", "client", "pm2", "dev2", "client2"), start=1)
}
ROLES = {
    "admin": "admin",
    "pm": "staff",
    "pm2": "staff",
    "dev": "developer",
    "dev2": "developer",
    "client": "client",
    "client2": "client",
}


def email(person: str) -> str:
    return f"{person}@example.com"


def token(person: str | UUID, **changes: Any) -> str:
    """A token as the host issues them; a claim that is changed to None is left out."""
    claims = {
        "iss": "client-portal",
        "aud": "client-portal",
        "sub": str(PEOPLE[person] if isinstance(person, str) else person),
        "role": ROLES.get(str(person), "staff"),
        "scope": STREAM,
        "exp": int(time.time()) + 3600,
    } | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, SECRET, algorithm="HS256")


_TABLES = (
    "public.users",
    "public.projects",
    *(
        f"client_portal.{name}"
        for name in (
            "accounts",
            "sessions",
            "login_throttle",
            "password_links",
            "project_members",
            "rooms",
            "room_reads",
            "messages",
            "files",
            "file_uploads",
            "file_sweeps",
            "attachments",
            "issues",
            "issue_changes",
            "tasks",
            "task_changes",
            "approvals",
            "notifications",
            "notification_settings",
            "notification_times",
            "notification_choices",
            "muted_projects",
            "visibility",
            "email_outbox",
            "email_items",
            "email_suppressions",
            "push_outbox",
            "push_subscriptions",
        )
    ),
)


@dataclass(frozen=True)
class World:
    """One database of its own with the demo's host, people and accounts, migrated."""

    url: str
    """As the portal's role, which owns nothing in public."""
    owner_url: str
    """As the superuser."""

    @property
    def files(self) -> Path:
        """The folder of its files' bytes."""
        return _files() / urlsplit(self.url).path.strip("/")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A connection beside the application, for looking at the tables and for what the host does."""
        connection = await Connector(self.owner_url)()
        try:
            yield connection
        finally:
            await connection.close()

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self.connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
        return rows

    async def value(self, statement: str, *arguments: Any) -> Any:
        async with self.connection() as connection:
            return await connection.fetchval(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> None:
        async with self.connection() as connection:
            await connection.execute(statement, *arguments)

    async def clear(self, statements: str) -> None:
        """Executes what clears up after a test; anew when it met somebody who is still ending something.

        A running portal holds the same tables in another order: of two that wait for each other Postgres ends one. And
        what it is still writing may belong to what is being deleted.
        """
        met = (asyncpg.DeadlockDetectedError, asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError)
        for _ in range(5):
            with suppress(*met):
                return await self.execute(statements)
        return await self.execute(statements)

    async def act(self, work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Does what a command does, beside the running portals, which hear of it."""
        async with one_transaction(self.url) as transaction:
            await work(transaction, COMMAND, *arguments)

    async def notify(
        self, person: str = "pm", *, count: int = 1, project_id: UUID = FIRST_PROJECT, **columns: Any
    ) -> list[UUID]:
        """Rows in this person's inbox, oldest first; without signals, as they were there before."""
        values = {
            "type": "issue_created",
            "source_kind": "issue",
            "title": "A leak",
            "body": None,
            "is_read": False,
            "created_at": None,
        } | columns
        ids = [uuid4() for _ in range(count)]
        async with self.connection() as connection:
            await connection.executemany(
                "INSERT INTO client_portal.notifications (id, project_id, recipient_user_id, type, source_kind,"
                " source_id, title, body, is_read, created_at)"
                " VALUES ($1, $2, $3, $4, $5, gen_random_uuid(), $6, $7, $8, coalesce($9, clock_timestamp()))",
                [(id_, project_id, PEOPLE[person], *values.values()) for id_ in ids],
            )
        return ids

    async def open_session(self, person: str, **claims: Any) -> str:
        """A token as sign-in issues it, without the time that a password takes."""
        session = await self.value(
            "INSERT INTO client_portal.sessions (user_id, expires_at) VALUES ($1, now() + interval '1 hour')"
            " RETURNING id",
            PEOPLE[person],
        )
        return token(person, sid=str(session), **claims)

    async def save(self) -> None:
        """Keeps a copy of the rows, for ``restore``."""
        copies = [f"CREATE TABLE saved.{_bare(table)} AS TABLE {table}" for table in _TABLES]
        await self.execute("; ".join(["CREATE SCHEMA saved", *copies]))

    async def restore(self) -> None:
        """Brings the rows back to what they were at ``save``."""
        # Of a few rows each, and without triggers and keys: quicker than TRUNCATE, which makes new files.
        rows = [f"DELETE FROM {each}; INSERT INTO {each} SELECT * FROM saved.{_bare(each)}" for each in _TABLES]
        await self.clear(
            "DROP FUNCTION IF EXISTS public.refuse() CASCADE; SET session_replication_role = replica;"
            f"LOCK TABLE {', '.join(_TABLES)} IN SHARE ROW EXCLUSIVE MODE;" + "; ".join(rows)
        )

    def settings(self, **changes: Any) -> Settings:
        """Settings for this database, untouched by the environment of the tests."""
        return Settings.model_validate(
            {
                "database_url": self.url,
                "files_url": self.files.as_uri(),
                "jwt_secret": SECRET,
                "notify_test_endpoints": True,
                "mail_worker": False,
            }
            | changes
        )


def _bare(table: str) -> str:
    return table.rpartition(".")[2]


@cache
def _files() -> Path:
    """A folder that goes with the test process."""
    folder = Path(tempfile.mkdtemp(prefix="portal-files-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def bearer(person: str | UUID, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(person, **claims)}"}


async def sign_in(http: httpx.AsyncClient, person: str, password: str = PASSWORD) -> str:
    """Signs in by password, as a person does; answers the token. The cookie stays in the client."""
    answer = await http.post("/api/auth/login", json={"email": email(person), "password": password})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
