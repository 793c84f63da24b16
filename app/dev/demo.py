"""The demo world of the embedded database: a host app's tables, its people, and their accounts here."""

import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from app.accounts.audit import COMMAND
from app.accounts.queries import accounts_exist
from app.accounts.roles import Role
from app.accounts.service import create_account
from app.core.database import Database
from app.core.passwords import Passwords
from app.dev.embedded import EmbeddedError, EmbeddedPostgres
from app.notifications.service import welcome
from app.projects.roles import MemberRole
from app.projects.service import add_member
from app.push.vapid import new_private_key
from app.settings import Settings

DATABASE = "portal"
ROLE = "portal"
PASSWORD = "demo-password"  # noqa: S105 (the demo world's, printed at start)
FIRST_PROJECT = UUID("11111111-1111-4111-8111-111111111111")
SECOND_PROJECT = UUID("22222222-2222-4222-8222-222222222222")

_HOST = """
CREATE TYPE public.project_status AS ENUM ('planned', 'active', 'on_hold', 'completed');

CREATE TABLE public.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    full_name text NOT NULL,
    email text NOT NULL UNIQUE,
    phone text,
    job_title text,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE public.projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    status public.project_status NOT NULL DEFAULT 'active',
    contract_value numeric(12, 2),
    payment_terms text,
    client_phone text,
    internal_notes text,
    created_at timestamptz NOT NULL DEFAULT now()
);
"""


def _user_id(number: int) -> UUID:
    return UUID(f"aaaaaaaa-0000-4000-8000-{number:012d}")


ADMIN, MANAGER, DEVELOPER, CLIENT, MANAGER_2, DEVELOPER_2, CLIENT_2 = (_user_id(number) for number in range(1, 8))

_PEOPLE = (
    # user, full name, e-mail, job title, role, membership
    (ADMIN, "Ada Okafor", "admin@example.com", "Operations", Role.ADMIN, None),
    (MANAGER, "Paula Meyer", "pm@example.com", "Project manager", Role.STAFF, (FIRST_PROJECT, MemberRole.MANAGER)),
    (DEVELOPER, "Deniz Kaya", "dev@example.com", "Developer", Role.DEVELOPER, (FIRST_PROJECT, MemberRole.DEVELOPER)),
    (CLIENT, "Clara Jensen", "client@example.com", "Owner", Role.CLIENT, (FIRST_PROJECT, MemberRole.CLIENT)),
    (
        MANAGER_2,
        "Piotr Nowak",
        "pm2@example.com",
        "Project manager",
        Role.STAFF,
        (SECOND_PROJECT, MemberRole.MANAGER),
    ),
    (
        DEVELOPER_2,
        "Dara Singh",
        "dev2@example.com",
        "Developer",
        Role.DEVELOPER,
        (SECOND_PROJECT, MemberRole.DEVELOPER),
    ),
    (CLIENT_2, "Chloé Martin", "client2@example.com", "Buyer", Role.CLIENT, (SECOND_PROJECT, MemberRole.CLIENT)),
)

ADMINS_SIGN_IN = _PEOPLE[0][2]
SIGN_INS = tuple((email, role.value) for _, _, email, _, role, _ in _PEOPLE)

# Of the host only: for trying to give somebody an account.
_WITHOUT_ACCOUNT = (
    (_user_id(8), "Nora Berg", "nora.berg@example.com", "Developer"),
    (_user_id(9), "Samir Haddad", "samir.haddad@example.com", "Buyer"),
)

_PROJECTS = (
    (FIRST_PROJECT, "Harbour House renovation", 184_000, "30 days net", "+45 5550 0104", "Margin is thin: no extras."),
    (SECOND_PROJECT, "Northgate web shop", 62_500, "Half in advance", "+33 5550 0107", "Wants a discount next year."),
)


def running_url(settings: Settings) -> str | None:
    """The address of the demo's database while a portal runs on it; None when none does."""
    server = EmbeddedPostgres(settings.data_dir)
    try:
        server.attach()
    except EmbeddedError:
        return None
    return portal_url(server, settings.data_dir)


def portal_url(server: EmbeddedPostgres, data_dir: Path) -> str:
    """The URL of the demo's database for the portal's own role, which owns nothing in ``public``."""
    secret = data_dir / "portal-password"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(24))
    return server.url(DATABASE, ROLE, secret.read_text())


def kept_secrets(settings: Settings) -> dict[str, str]:
    """The variables of the embedded run's secrets, made once: sign-ins and subscriptions outlive a restart."""
    folder = settings.data_dir
    return {
        "JWT_SECRET": settings.jwt_secret or _kept(folder / "jwt-secret", secrets.token_hex),
        "VAPID_PRIVATE_KEY": settings.vapid_private_key or _kept(folder / "vapid-private-key", new_private_key),
    }


def _kept(file: Path, make: Callable[[], str]) -> str:
    if not file.exists():
        made = file.with_name(f"{file.name}.new")
        made.touch(mode=0o600)
        made.write_text(make())
        made.replace(file)
    return file.read_text()


async def create_host(server: EmbeddedPostgres, url: str) -> None:
    """Makes what a host app would have: a database, two tables with people and projects, the role in ``url``.

    Does nothing where it is made already.
    """
    root = await asyncpg.connect(server.url())
    try:
        if not await root.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", ROLE):
            password = urlsplit(url).password
            await root.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'")
        if not await root.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await root.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await root.close()
    host = await asyncpg.connect(server.url(DATABASE))
    try:
        if not await host.fetchval("SELECT to_regclass('public.users') IS NOT NULL"):
            async with host.transaction():
                await _fill_host(host)
    finally:
        await host.close()


async def _fill_host(host: "asyncpg.Connection[asyncpg.Record]") -> None:
    await host.execute(_HOST)
    await host.executemany(
        "INSERT INTO public.users (id, full_name, email, phone, job_title) VALUES ($1, $2, $3, $4, $5)",
        [
            (id_, name, email, f"+1 555 01{index:02d}", job)
            for index, (id_, name, email, job, *_) in enumerate((*_PEOPLE, *_WITHOUT_ACCOUNT))
        ],
    )
    await host.executemany(
        "INSERT INTO public.projects (id, name, contract_value, payment_terms, client_phone, internal_notes)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        _PROJECTS,
    )
    await host.execute(f"GRANT CREATE ON DATABASE {DATABASE} TO {ROLE}")
    # What the README asks for, and nothing more: no phone, no contract, no note.
    await host.execute(f"GRANT SELECT (id), REFERENCES (id) ON public.users TO {ROLE}")
    await host.execute(f"GRANT SELECT (id, name), REFERENCES (id) ON public.projects TO {ROLE}")


async def create_accounts(url: str) -> bool:
    """Gives the demo's people their accounts and memberships. Does nothing, and says so, where that is done already."""
    database = Database(url, pool_size=1)
    passwords = Passwords()
    try:
        async with database.transaction() as transaction:
            if await accounts_exist(transaction.connection):
                return False
            for user_id, name, email, _, role, membership in _PEOPLE:
                await create_account(
                    transaction, passwords, user_id=user_id, email=email, name=name, role=role, password=PASSWORD
                )
                await welcome(transaction, user_id, role)
                if membership is not None:
                    await add_member(transaction, COMMAND, membership[0], user_id, membership[1])
        return True
    finally:
        await database.close()
