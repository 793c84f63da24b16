"""Sets the peer up beside the portal: its environment, its database on the same server, two gunicorn workers."""

import asyncio
import hashlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from bench.people import ROWS_PER_USER, UNREAD_PER_USER
from bench.processes import ROOT, BenchError, free_port, server
from bench.world import World, fill_table

NAME = "django-notifications-hq"
COUNT = "/api/unread_count/"
LIST = "/api/all_list/?max=20"

_FOLDER = Path(__file__).parent
_REQUIREMENTS = _FOLDER / "requirements.txt"
_DATABASE = "peer"

_USERS = """
    INSERT INTO auth_user (id, username, first_name, last_name, email, password, is_superuser, is_staff, is_active,
                           date_joined)
    SELECT n + 1, 'user' || n, 'User', n::text, 'user' || n || '@example.org', '!', false, false, true, now()
    FROM generate_series(0, {users} - 1) n
"""
# As the portal's: everybody's in turn, the newest unread. Of actor, target and object only the required actor is set,
# because the peer reads each of them from the database one by one.
_NOTIFICATIONS = """
    INSERT INTO notifications_notification
        (level, recipient_id, unread, actor_content_type_id, actor_object_id, verb, description, timestamp, public,
         deleted, emailed)
    SELECT 'info', n % {users} + 1, n / {users} >= {rows_per_user} - {unread},
           (SELECT id FROM django_content_type WHERE app_label = 'auth' AND model = 'user'),
           ((n * 7 + 1) % {users} + 1)::text, 'posted a message',
           'Could you have a look at the second draft before Thursday, please? It is number ' || n,
           now() - ({rows} - n) * (interval '90 days' / {rows}), true, false, false
    FROM generate_series(0, {rows} - 1) n
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """The peer's running server, and people who are signed in to it."""

    port: int
    session_keys: Sequence[str]

    def get(self, path: str) -> list[str]:
        """Everybody's request for the path."""
        return [
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={key}\r\n\r\n" for key in self.session_keys
        ]


@contextmanager
def peer(world: World, environments: Path, signed_in: int) -> Iterator[Peer]:
    """The peer with as many notifications of as many users as the world, until the end of the block."""
    programs = _environment(environments)
    variables = _variables(world)
    asyncio.run(_create_database(world))
    _run([programs / "python", "-m", "django", "migrate", "--verbosity", "0"], variables)
    asyncio.run(_fill(world))
    users = [str(user + 1) for user in world.people.some(signed_in)]
    session_keys = _run([programs / "python", _FOLDER / "sign_in.py", *users], variables).split()
    port = free_port()
    application = "django.core.wsgi:get_wsgi_application()"
    command = [str(programs / "gunicorn"), "--workers", "2", "--bind", f"127.0.0.1:{port}", application]
    with server(command, port, variables, world.folder / "peer.log"):
        yield Peer(port, session_keys)


def _environment(environments: Path) -> Path:
    """The programs of a virtual environment with the pinned requirements; made once and kept."""
    version = hashlib.sha256(sys.version.encode() + _REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = environments / version
    programs = folder / "bin"
    made = folder / "made"
    if not made.exists():
        _run([sys.executable, "-m", "venv", "--clear", folder], os.environ)
        _run([programs / "python", "-m", "pip", "install", "--quiet", "--requirement", _REQUIREMENTS], os.environ)
        made.touch()
    return programs


def _variables(world: World) -> dict[str, str]:
    url = urlsplit(world.postgres.url(_DATABASE))
    query = parse_qs(url.query)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(_FOLDER),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "project",
        "PEER_SECRET": secrets.token_hex(32),
        "PGDATABASE": _DATABASE,
        "PGHOST": query["host"][0],
        "PGPORT": query["port"][0],
        "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
    }


async def _create_database(world: World) -> None:
    connection = await asyncpg.connect(world.postgres.url())
    try:
        await connection.execute(f"CREATE DATABASE {_DATABASE}")
    finally:
        await connection.close()


async def _fill(world: World) -> None:
    shape = {
        "rows": world.rows,
        "users": world.people.count,
        "rows_per_user": ROWS_PER_USER,
        "unread": UNREAD_PER_USER,
    }
    connection = await asyncpg.connect(world.postgres.url(_DATABASE))
    try:
        await connection.execute(_USERS.format(**shape))
        await fill_table(connection, "notifications_notification", _NOTIFICATIONS.format(**shape))
    finally:
        await connection.close()


def _run(command: Sequence[str | Path], variables: Mapping[str, str]) -> str:
    """What the command prints; raises ``BenchError`` with its last words."""
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(map(str, command[:4]))} failed: {' '.join(done.stderr.split()[-40:])}")
    return done.stdout
