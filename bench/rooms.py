"""The rooms of the bench, known by number, their people, and how a world gets them.

Four rooms a project, or as many as wanted, each with its client; the project's developer and manager are in all of
them. The rooms have the same number of messages whatever the table's size, but for the last one, which has a tenth of
all.
"""

import asyncio
import hashlib
from collections.abc import Iterable
from urllib.parse import quote

import asyncpg

from bench.people import FRESH_UUID, get, made_of, post, token
from bench.world import World, fill_table

MESSAGES_PER_ROOM = 500
MANY = 1000
"""How many rooms the busy developer has, if there are as many."""

_PER_PROJECT = 4
_UNREAD = 3

_PEOPLE = (
    """
    INSERT INTO public.users (id, full_name, email)
    SELECT md5(who || n)::uuid, initcap(who) || n, replace(who, ' ', '') || n || '@example.org'
    FROM (SELECT 'room client ' AS who, generate_series(0, {rooms}) n
          UNION ALL
          SELECT 'room ' || part || ' ', n
          FROM generate_series(0, {projects} - 1) n, unnest(ARRAY['developer', 'manager']) part
          UNION ALL VALUES ('busy developer ', 0), ('room onlooker ', 0)) AS people
    """,
    """
    INSERT INTO client_portal.accounts (user_id, email, display_name, role, password_hash)
    SELECT id, email, full_name,
           CASE split_part(full_name, ' ', 2)
               WHEN 'Client' THEN 'client' WHEN 'Developer' THEN 'developer' WHEN 'Manager' THEN 'staff' ELSE 'admin'
           END,
           'none'
    FROM public.users WHERE NOT EXISTS (SELECT FROM client_portal.accounts WHERE user_id = users.id)
    """,
    """
    INSERT INTO public.projects (id, name)
    SELECT md5('project of rooms ' || n)::uuid, 'Project ' || n FROM generate_series(0, {projects} - 1) n
    """,
    """
    INSERT INTO client_portal.project_members (project_id, user_id, role)
    SELECT md5('project of rooms ' || n / {per_project})::uuid, md5('room client ' || n)::uuid, 'client'
    FROM generate_series(0, {rooms}) n
    UNION ALL
    SELECT md5('project of rooms ' || n)::uuid, md5('room ' || part || ' ' || n)::uuid, part
    FROM generate_series(0, {projects} - 1) n, unnest(ARRAY['developer', 'manager']) part
    UNION ALL
    SELECT md5('project of rooms ' || n)::uuid, md5('busy developer 0')::uuid, 'developer'
    FROM generate_series(greatest({projects} - {many} / {per_project}, 0), {projects} - 1) n
    """,
    """
    INSERT INTO client_portal.rooms (id, project_id, client_id, last_number, active_at)
    SELECT md5('room ' || n)::uuid, md5('project of rooms ' || n / {per_project})::uuid,
           md5('room client ' || n)::uuid, CASE WHEN n = {rooms} THEN {longest} ELSE {per_room} END,
           now() - ({rooms} - n) * interval '1 second'
    FROM generate_series(0, {rooms}) n
    """,
    """
    INSERT INTO client_portal.room_reads (room_id, user_id, number)
    SELECT room.id, member.user_id, room.last_number - {unread}
    FROM client_portal.rooms AS room JOIN client_portal.project_members AS member USING (project_id)
    WHERE member.role <> 'client' OR member.user_id = room.client_id
    """,
)
# In the order of time, the rooms in turn: a room's messages lie far apart, as they do in a table that has grown.
_MESSAGES = """
    INSERT INTO client_portal.messages (id, room_id, number, author_id, body, created_at)
    SELECT gen_random_uuid(), md5('room ' || room)::uuid, number,
           CASE WHEN number % 2 = 0 THEN md5('room client ' || room)::uuid
                ELSE md5('room developer ' || room / {per_project})::uuid END,
           {body}, now() - ({messages} - n) * (interval '90 days' / {messages})
    FROM (SELECT n, CASE WHEN n % 10 = 9 THEN {rooms} ELSE (n - n / 10) % {rooms} END AS room,
                 CASE WHEN n % 10 = 9 THEN n / 10 ELSE (n - n / 10) / {rooms} END + 1 AS number
          FROM generate_series(0, {messages} - 1) n) AS message
    {sentences}
"""
_SAME_TEXT = {
    "body": "'Could you have a look at the second draft before Thursday, please? It is number ' || number",
    "sentences": "",
}

VOCABULARY = 20_000
_SENTENCES = 50_000
# Words as people use them: the nth most common one n times as seldom as the first. A message is one of many sentences.
_TALK = (
    """
    CREATE TABLE public.bench_words AS
    SELECT n, translate(left(md5('word ' || n), 1 + length(n::text)), '0123456789', 'ghijklmnop') AS word
    FROM generate_series(1, {vocabulary}) n
    """,
    """
    CREATE TABLE public.bench_sentences AS
    SELECT s, string_agg(word, ' ') AS body
    FROM (SELECT s, ceil({vocabulary} ^ random())::int AS n
          FROM generate_series(0, {sentences} - 1) s, generate_series(1, 4 + s % 17)) AS drawn
    JOIN public.bench_words USING (n) GROUP BY s
    """,
)
_TALKED_TEXT = {
    "body": "sentence.body",
    "sentences": f"""
    JOIN public.bench_sentences AS sentence ON s = abs(hashint4(n::int)) % {_SENTENCES} ORDER BY n
    """,
}


def word(rank: int) -> str:
    """The word that so many others are more common than."""
    digest = hashlib.md5(f"word {rank}".encode()).hexdigest()
    return digest[: 1 + len(str(rank))].translate(_LETTERS)


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


class Rooms:
    """The rooms that ``messages`` messages are in; ``count`` of them have the same number, one more is the longest."""

    def __init__(
        self, world: World, messages: int, *, are_talked: bool = False, per_project: int = _PER_PROJECT
    ) -> None:
        self.messages = messages
        self.per_project = per_project
        self._are_talked = are_talked
        self.longest = messages // 10
        self.count = (messages - self.longest) // MESSAGES_PER_ROOM
        self.world = world

    async def fill(self) -> None:
        """Makes the rooms, their people and their messages."""
        shape = {
            "rooms": self.count,
            "projects": self.count // self.per_project + 1,
            "per_project": self.per_project,
            "per_room": MESSAGES_PER_ROOM,
            "longest": self.longest,
            "messages": self.messages,
            "many": MANY,
            "unread": _UNREAD,
        }
        connection = await asyncpg.connect(self.world.owner_url)
        try:
            for statement in _PEOPLE:
                await connection.execute(statement.format(**shape))
            talk = _TALK if self._are_talked else ()
            for statement in talk:
                await connection.execute(statement.format(vocabulary=VOCABULARY, sentences=_SENTENCES))
            text = _TALKED_TEXT if self._are_talked else _SAME_TEXT
            await fill_table(connection, "client_portal.messages", _MESSAGES.format(**shape, **text))
        finally:
            await connection.close()

    def pages(self, rooms: Iterable[int]) -> list[str]:
        """Of each of these rooms: its developer asks for the newest page."""
        return [get(f"{_path(room)}/messages?limit=50", self._developer(room)) for room in rooms]

    def deep_pages(self, wanted: int) -> list[str]:
        """The developer of the longest room asks for so many pages that are spread over all of it."""
        bearer, step = self._developer(self.count), self.longest // (wanted + 1)
        return [
            get(f"{_path(self.count)}/messages?limit=50&before={number}", bearer)
            for number in range(step, self.longest, step)
        ]

    def lists(self) -> dict[str, str]:
        """Requests for the newest rooms of people who have many, by who asks."""
        busy = token(self.world.secret, made_of("busy developer 0"), "developer")
        path = "/api/rooms?limit=50"
        return {
            f"a developer of {min(MANY, self.count):,}": get(path, busy),
            f"an admin, who reaches all {self.count + 1:,}": get(path, self._admin()),
        }

    def searches(self, words: Iterable[str], rooms: Iterable[int]) -> list[str]:
        """For each of these words, and each of these rooms in turn: its client and its developer search for it."""
        asked = [(text, room, bearer) for text in words for room in rooms for bearer in self._talkers(room)]
        return [self._search(text, room, bearer) for text, room, bearer in asked]

    def searches_of_all(self, words: Iterable[str]) -> list[str]:
        """For each of these words: the first project's developer and an admin search for it in all of its rooms."""
        bearers = self._developer(0), self._admin()
        return [self._search(text, 0, bearer) for text in words for bearer in bearers]

    def sockets(self, rooms: Iterable[int]) -> list[str]:
        """Of each of these rooms: the requests that open its client's socket and its developer's."""
        return [get(f"{_path(room)}/ws", bearer, _UPGRADE) for room in rooms for bearer in self._talkers(room)]

    def posts(self, rooms: Iterable[int]) -> list[str]:
        """Of each of these rooms: the requests by which its client and its developer post a new message."""
        content = {"id": FRESH_UUID, "body": "Could you have a look at the second draft before Thursday, please?"}
        return [post(f"{_path(room)}/messages", bearer, content) for room in rooms for bearer in self._talkers(room)]

    def _talkers(self, room: int) -> tuple[str, str]:
        return self._client(room), self._developer(room)

    def _search(self, text: str, room: int, bearer: str) -> str:
        project_id = made_of(f"project of rooms {room // self.per_project}")
        return get(f"/api/projects/{project_id}/search?q={quote(text)}", bearer)

    def _admin(self) -> str:
        return token(self.world.secret, made_of("room onlooker 0"), "admin")

    def _client(self, room: int) -> str:
        return token(self.world.secret, made_of(f"room client {room}"), "client")

    def _developer(self, room: int) -> str:
        return token(self.world.secret, made_of(f"room developer {room // self.per_project}"), "developer")


_UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def furnish(world: World, messages: int, *, are_talked: bool = False, per_project: int = _PER_PROJECT) -> Rooms:
    """Gives the world its rooms. Messages are made of many words if they are talked, else each says the same."""
    rooms = Rooms(world, messages, are_talked=are_talked, per_project=per_project)
    asyncio.run(rooms.fill())
    return rooms


def _path(room: int) -> str:
    return f"/api/rooms/{made_of(f'room {room}')}"
