"""Everybody who may ask: the demo's people, and those that its two projects lack."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from app.accounts.audit import COMMAND
from app.accounts.roles import Role
from app.accounts.service import create_account
from app.core.database import Database
from app.core.passwords import Passwords
from app.dev.demo import FIRST_PROJECT, PASSWORD, SECOND_PROJECT
from app.notifications.service import welcome
from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.world import PEOPLE, World, token

ABSENT = UUID("99999999-9999-4999-8999-999999999999")
COOKIE = "portal_session"

ROLE_OF: dict[str, Role] = {
    "client": Role.CLIENT,
    "neighbour": Role.CLIENT,
    "client2": Role.CLIENT,
    "dev": Role.DEVELOPER,
    "dev2": Role.DEVELOPER,
    "pm": Role.STAFF,
    "pm2": Role.STAFF,
    "staff": Role.STAFF,
    "admin": Role.ADMIN,
    "deactivated": Role.DEVELOPER,
}
"""``client`` and ``neighbour`` are clients of the first project, where ``dev`` and ``pm`` are; those with a 2 are of
the second one; ``staff`` is of none; ``deactivated`` was a developer of the first one and is switched off."""

SIGNED_IN = frozenset(ROLE_OF) - {"deactivated"}
CALLERS = ("nobody", *ROLE_OF)

_NEW: dict[str, tuple[str, UUID | None, MemberRole | None]] = {
    "neighbour": ("Nadia Haddad", FIRST_PROJECT, MemberRole.CLIENT),
    "staff": ("Stefan Brandt", None, None),
    "deactivated": ("Dana Vanished", FIRST_PROJECT, MemberRole.DEVELOPER),
    "spare": ("Sam Spare", FIRST_PROJECT, MemberRole.DEVELOPER),
}
"""``spare`` asks for nothing: others change that account."""

_ASKED = (("client", "first", "dev"), ("neighbour", "first", "dev"), ("client2", "second", "dev2"))

CREDENTIALS = ("a token of the host", "a session by bearer", "a session by cookie")


@dataclass
class Cast:
    """The people of one world, how they prove who they are, and what stands in that world."""

    world: World
    ids: dict[str, UUID] = field(default_factory=lambda: dict(PEOPLE))
    roles: dict[str, Role] = field(default_factory=lambda: dict(ROLE_OF))
    rooms: dict[str, UUID] = field(default_factory=dict)
    """By the name of the client."""
    messages: dict[str, list[UUID]] = field(default_factory=dict)
    """By the name of the client in whose room they are; oldest first: the client's, then one of the team's."""
    files: dict[str, UUID] = field(default_factory=dict)
    """By the client in whose room they are; shared by that client, with bytes and a thumbnail."""
    drafts: dict[str, UUID] = field(default_factory=dict)
    """By the client who has uploaded them and shown them to nobody."""
    issues: dict[str, UUID] = field(default_factory=dict)
    """By the client who has raised them."""
    approvals: dict[str, UUID] = field(default_factory=dict)
    """By the client who is asked."""
    tasks: dict[str, UUID] = field(default_factory=dict)
    """By the name of their project."""
    guest: UUID = field(default_factory=uuid4)
    """A user of the host who has no account."""

    @classmethod
    async def on(cls, world: World) -> "Cast":
        cast = cls(world)
        await cast._create_people()
        for room in await world.fetch("SELECT id, client_id FROM client_portal.rooms"):
            cast.rooms[cast.name(room["client_id"])] = room["id"]
        for client, developer in (("client", "dev"), ("neighbour", "dev"), ("client2", "dev2")):
            cast.messages[client] = [await cast._say(client, client), await cast._say(client, developer)]
            cast.files[client] = await cast._upload(client, is_shared=True)
            cast.drafts[client] = await cast._upload(client, is_shared=False)
            cast.issues[client] = await cast._raise(client)
        for project, developer in (("first", "dev"), ("second", "dev2")):
            cast.tasks[project] = await cast._plan(project, developer)
        for client, project, developer in _ASKED:
            cast.approvals[client] = await cast._ask(client, project, developer)
        return cast

    def name(self, id_: UUID) -> str:
        return next(name for name, known in self.ids.items() if known == id_)

    async def headers(self, person: str, credentials: str = CREDENTIALS[0]) -> dict[str, str]:
        """What this person sends along to prove who they are; a browser says where its request comes from."""
        if person == "nobody":
            return {}
        if credentials == "a token of the host":
            return {"Authorization": f"Bearer {self.token(person)}"}
        session = await self.session(person)
        if credentials == "a session by bearer":
            return {"Authorization": f"Bearer {session}"}
        return {"Cookie": f"{COOKIE}={session}", "Origin": "http://portal.test"}

    def token(self, person: str, **claims: Any) -> str:
        """A token of the host."""
        return token(self.ids[person], **({"role": self.roles[person].value} | claims))

    async def session(self, person: str, **claims: Any) -> str:
        """The token of a new session, of which it is not known whether it is still open."""
        session = await self.world.value(
            "INSERT INTO client_portal.sessions (user_id, expires_at) VALUES ($1, now() + interval '1 hour')"
            " RETURNING id",
            self.ids[person],
        )
        return self.token(person, sid=str(session), **claims)

    async def digest(self) -> Mapping[str, str]:
        """What stands in each of the portal's tables, but for what sign-ins and the work behind leave there."""
        tables = await self.world.fetch(
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'client_portal'"
            " AND tablename NOT IN"
            " ('alembic_version', 'file_sweeps', 'login_throttle', 'presence', 'presence_processes', 'sessions')"
        )
        statement = "SELECT md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), '')) FROM client_portal.{} row"
        return {each["name"]: await self.world.value(statement.format(each["name"])) for each in tables}

    async def restore(self) -> None:
        """Brings the world back to what it was when it was saved, the bytes of its files included."""
        await self.world.restore()
        for files in (self.files, self.drafts):
            for client, id_ in files.items():
                self._keep(id_, client)

    async def project(self, name: str) -> UUID:
        """A new project of the host."""
        statement = "INSERT INTO public.projects (name) VALUES ($1) RETURNING id"
        return UUID(str(await self.world.value(statement, name)))

    async def join(self, name: str, full_name: str, role: Role, *parts: tuple[UUID, MemberRole]) -> UUID:
        """A new person with an account and parts in projects; nothing is signalled, as if they had long been here."""
        self.roles[name] = role
        self.ids[name] = user_id = uuid4()
        await self.world.execute(
            "INSERT INTO public.users (id, full_name, email) VALUES ($1, $2, $3)", user_id, full_name, f"{name}@host"
        )
        database = Database(self.world.url, pool_size=1)
        try:
            async with database.transaction() as transaction:
                await create_account(
                    transaction,
                    Passwords(),
                    user_id=user_id,
                    email=f"{name}@mail.example",
                    name=full_name,
                    role=role,
                    password=PASSWORD,
                )
                await welcome(transaction, user_id, role)
        finally:
            await database.close()
        for project, part in parts:
            await self.put(user_id, project, part)
        return user_id

    async def put(self, user_id: UUID, project: UUID, part: MemberRole) -> None:
        """Gives somebody a part in a project, without a signal too."""
        database = Database(self.world.url, pool_size=1)
        try:
            async with database.transaction() as transaction:
                await add_member(transaction, COMMAND, project, user_id, part)
        finally:
            await database.close()

    async def _create_people(self) -> None:
        for name, (full_name, project, part) in _NEW.items():
            parts = [] if project is None or part is None else [(project, part)]
            await self.join(name, full_name, ROLE_OF.get(name, Role.DEVELOPER), *parts)
        await self.world.execute(
            "INSERT INTO public.users (id, full_name, email) VALUES ($1, 'Gil Guest', 'guest@host')", self.guest
        )
        await self.world.execute(
            "UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", self.ids["deactivated"]
        )

    async def _say(self, client: str, author: str) -> UUID:
        """Puts a message into a client's room, without signals: it was there before."""
        return UUID(
            str(
                await self.world.value(
                    "WITH room AS (UPDATE client_portal.rooms SET last_number = last_number + 1 WHERE id = $1"
                    " RETURNING id, last_number)"
                    " INSERT INTO client_portal.messages (id, room_id, number, author_id, body)"
                    " SELECT gen_random_uuid(), id, last_number, $2, $3 FROM room RETURNING id",
                    self.rooms[client],
                    self.ids[author],
                    f"{author} in the room of {client}",
                )
            )
        )

    async def _upload(self, client: str, *, is_shared: bool) -> UUID:
        """Puts a file into a client's room, its bytes included."""
        id_ = uuid4()
        key, content = self._keep(id_, client)
        await self.world.execute(
            "INSERT INTO client_portal.files"
            " (id, room_id, uploader_id, name, media_type, size, sha256, key, has_thumbnail, shared_at)"
            " VALUES ($1, $2, $3, $4, 'text/plain', $5, $6, $7, true, CASE WHEN $8 THEN now() END)",
            id_,
            self.rooms[client],
            self.ids[client],
            f"{'shared' if is_shared else 'draft'} of {client}.txt",
            len(content),
            hashlib.sha256(content).hexdigest(),
            key,
            is_shared,
        )
        return id_

    def _keep(self, id_: UUID, client: str) -> tuple[str, bytes]:
        """Puts the bytes of a file and its thumbnail where they belong; answers their key and content."""
        key, content = f"{id_.hex[:2]}/{id_.hex}", f"A file of {client}".encode()
        for name in (key, f"{key}.thumbnail"):
            path = self.world.files / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return key, content

    async def _raise(self, client: str) -> UUID:
        return await self._insert(
            "INSERT INTO client_portal.issues (id, room_id, author_id, kind, title)"
            " VALUES (gen_random_uuid(), $1, $2, 'issue', $3) RETURNING id",
            self.rooms[client],
            self.ids[client],
            f"An issue of {client}",
        )

    async def _plan(self, project: str, author: str) -> UUID:
        return await self._insert(
            "INSERT INTO client_portal.tasks (id, project_id, author_id, title, position)"
            " VALUES (gen_random_uuid(), $1, $2, $3, 1) RETURNING id",
            PROJECTS[project],
            self.ids[author],
            f"A task of the {project} project",
        )

    async def _ask(self, client: str, project: str, requester: str) -> UUID:
        """A request that waits for the client's answer."""
        title = f"A task of the {project} project"
        snapshot: dict[str, Any] = {"title": title, "description": "", "due_on": None, "files": []}
        written = json.dumps(snapshot, sort_keys=True, separators=(",", ":"))
        return await self._insert(
            "INSERT INTO client_portal.approvals"
            " (id, task_id, room_id, requester_id, note, snapshot, snapshot_hash)"
            " VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6) RETURNING id",
            self.tasks[project],
            self.rooms[client],
            self.ids[requester],
            f"Asked of {client}",
            written,
            hashlib.sha256(written.encode()).hexdigest(),
        )

    async def _insert(self, statement: str, *arguments: Any) -> UUID:
        return UUID(str(await self.world.value(statement, *arguments)))


PROJECTS = {"first": FIRST_PROJECT, "second": SECOND_PROJECT, "absent": ABSENT}
