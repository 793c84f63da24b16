"""The people of the bench, known by number, and the requests they send.

Every fifth user manages a project; the four after them are its clients and, so that everybody has two projects,
clients of the next one. ``bench.world`` makes the same people in SQL.
"""

import hashlib
import json
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from jose import jwt

ROWS_PER_USER = 100
UNREAD_PER_USER = 20
USERS_PER_PROJECT = 5
FRESH_UUID = "ffffffff-ffff-4fff-bfff-ffffffffffff"
"""Stands in a request for a uuid that is another one each time it is sent."""

_TOKEN_SECONDS = 6 * 3600


class People:
    """The users of one world, and their tokens, such as a host issues with the shared secret."""

    def __init__(self, count: int, secret: str) -> None:
        self.count = count
        self._secret = secret

    def some(self, wanted: int) -> list[int]:
        """So many users, or all if there are fewer; the same ones whenever asked."""
        return random.Random(wanted).sample(range(self.count), min(wanted, self.count))

    def managers(self, wanted: int) -> list[int]:
        """So many users that manage a project, or all if there are fewer; the same ones whenever asked."""
        everyone = range(0, self.count, USERS_PER_PROJECT)
        return random.Random(wanted).sample(everyone, min(wanted, len(everyone)))

    def get(self, path: str, user: int) -> str:
        """The request of this user for the path."""
        return get(path, self._token(user))

    def create(self, manager: int) -> str:
        """A manager's test-notify request: one notification, theirs, as the only manager of their project."""
        content = {
            "project_id": str(project_id(manager // USERS_PER_PROJECT)),
            "message_id": FRESH_UUID,
            "snippet": "Could you have a look at the second draft before Thursday, please?",
        }
        return post("/api/testnotify/message", self._token(manager), content)

    def _token(self, user: int) -> str:
        return token(self._secret, user_id(user), "client" if user % USERS_PER_PROJECT else "staff")


def get(path: str, bearer: str, headers: str = "") -> str:
    """The request for the path, with other headers, each with its line's end."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bearer}\r\n{headers}\r\n"


def post(path: str, bearer: str, content: Mapping[str, str]) -> str:
    """The request that sends the content to the path."""
    body = json.dumps(content)
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bearer}"
        f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def token(secret: str, user: UUID, role: str) -> str:
    """A token of this user for some hours."""
    now = int(time.time())
    claims = {
        "iss": "client-portal",
        "aud": "client-portal",
        "sub": str(user),
        "roles": [role],
        "scope": "notifications.stream",
        "iat": now,
        "exp": now + _TOKEN_SECONDS,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def user_id(number: int) -> UUID:
    return made_of(f"user {number}")


def project_id(number: int) -> UUID:
    return made_of(f"project {number}")


def deal(requests: Iterable[str], connections: int) -> list[list[str]]:
    """The requests dealt out to so many connections, so that no two send the same one."""
    hands: Sequence[list[str]] = [[] for _ in range(connections)]
    for index, request in enumerate(requests):
        hands[index % connections].append(request)
    return [hand for hand in hands if hand]


def made_of(name: str) -> UUID:
    """The id of what has this name, as ``md5(name)::uuid`` in SQL."""
    return UUID(hashlib.md5(name.encode()).hexdigest())
