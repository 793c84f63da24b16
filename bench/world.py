"""A database of so many notifications on an embedded Postgres of its own, and the portal that serves it."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from app.core import migrations
from app.dev import demo
from app.dev.embedded import EmbeddedPostgres
from bench.people import ROWS_PER_USER, UNREAD_PER_USER, USERS_PER_PROJECT, People
from bench.processes import free_port, server

_PEOPLE = (
    """
    INSERT INTO public.users (id, full_name, email)
    SELECT md5('user ' || n)::uuid, 'User ' || n, 'user' || n || '@example.org' FROM generate_series(0, {users} - 1) n
    """,
    """
    INSERT INTO public.projects (id, name)
    SELECT md5('project ' || n)::uuid, 'Project ' || n FROM generate_series(0, {projects} - 1) n
    """,
    """
    INSERT INTO client_portal.accounts (user_id, email, display_name, role, password_hash)
    SELECT md5('user ' || n)::uuid, 'user' || n || '@example.org', 'User ' || n,
           CASE WHEN n % {per_project} = 0 THEN 'staff' ELSE 'client' END, 'none'
    FROM generate_series(0, {users} - 1) n
    """,
    """
    INSERT INTO client_portal.project_members (project_id, user_id, role)
    SELECT md5('project ' || (n / {per_project} + later) % {projects})::uuid, md5('user ' || n)::uuid,
           CASE WHEN n % {per_project} = 0 AND later = 0 THEN 'manager' ELSE 'client' END
    FROM generate_series(0, {users} - 1) n, generate_series(0, 1) later
    ON CONFLICT DO NOTHING
    """,
)
# In the order of time, everybody's in turn: a person's rows lie far apart, as they do in a table that has grown.
_NOTIFICATIONS = """
    INSERT INTO client_portal.notifications
        (project_id, recipient_user_id, type, source_kind, source_id, title, body, is_read, created_at)
    SELECT md5('project ' || (n % {users} / {per_project} + n / {users} % 2) % {projects})::uuid,
           md5('user ' || n % {users})::uuid, 'message_posted', 'message', gen_random_uuid(),
           'New message in Project ' || n % {projects},
           'Could you have a look at the second draft before Thursday, please? It is number ' || n,
           n / {users} < {rows_per_user} - {unread}, now() - ({rows} - n) * (interval '90 days' / {rows})
    FROM generate_series(0, {rows} - 1) n
"""


@dataclass(frozen=True, slots=True)
class Portal:
    """A running server of the application."""

    port: int
    process_id: int


class World:
    """``rows`` notifications of ``rows / 100`` users."""

    def __init__(self, postgres: EmbeddedPostgres, folder: Path, rows: int) -> None:
        secret = secrets.token_hex(32)
        self.postgres = postgres
        self.folder = folder
        self.people = People(max(rows // ROWS_PER_USER, USERS_PER_PROJECT), secret)
        self.rows = self.people.count * ROWS_PER_USER
        self.url = demo.portal_url(postgres, folder)
        self.owner_url = postgres.url(demo.DATABASE)
        self.secret = secret

    async def fill(self) -> None:
        """Makes the host's tables, the portal's schema, the people and their notifications."""
        await demo.create_host(self.postgres, self.url)
        await migrations.upgrade(self.url)
        shape = {
            "rows": self.rows,
            "users": self.people.count,
            "projects": self.people.count // USERS_PER_PROJECT,
            "per_project": USERS_PER_PROJECT,
            "rows_per_user": ROWS_PER_USER,
            "unread": UNREAD_PER_USER,
        }
        connection = await asyncpg.connect(self.owner_url)
        try:
            for statement in _PEOPLE:
                await connection.execute(statement.format(**shape))
            await fill_table(connection, "client_portal.notifications", _NOTIFICATIONS.format(**shape))
        finally:
            await connection.close()

    @contextmanager
    def portal(self) -> Iterator[Portal]:
        """The portal on this database until the end of the block: one worker process."""
        port = free_port()
        own = {
            "DATABASE_URL": self.url,
            "JWT_SECRET": self.secret,
            "PORT": str(port),
            "NOTIFY_TEST_ENDPOINTS": "true",
            "APP_ENV": "production",
            "FILES_URL": (self.folder / "files").as_uri(),
        }
        inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        command = [sys.executable, "-c", "from app.cli import main; main()", "run"]
        with server(command, port, inherited | own, self.folder / "portal.log") as process_id:
            yield Portal(port, process_id)


@contextmanager
def world(rows: int) -> Iterator[World]:
    """A filled world until the end of the block, in a temporary folder; durability as Postgres has it by default."""
    with TemporaryDirectory(prefix="portal-bench-") as name, EmbeddedPostgres(Path(name)) as postgres:
        made = World(postgres, Path(name), rows)
        asyncio.run(made.fill())
        yield made


def postgres_version() -> str:
    """Name and version of the embedded Postgres."""
    postgres = EmbeddedPostgres(Path()).bin_dir / "postgres"
    answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True)
    return f"PostgreSQL {answer.stdout.split()[-1]}"


async def fill_table(connection: "asyncpg.Connection[asyncpg.Record]", table: str, statement: str) -> None:
    """Runs the statement that fills the table, in the fast way of a restore: checks off, indexes made afterwards."""
    indexes = f"UPDATE pg_index SET indisready = $1 WHERE indrelid = '{table}'::regclass"
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET maintenance_work_mem = '512MB'")
    await connection.execute(indexes.replace("$1", "false"))
    await connection.execute(statement)
    await connection.execute(indexes.replace("$1", "true"))
    await connection.execute(f"REINDEX TABLE {table}")
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")
