"""The people of the bench, known by number, and the requests they send.

Every fifth user manages a project; the four after them are its clients and, so that everybody has two projects,
clients of the next one. ``bench.world`` makes the same people in SQL.
"""

import hashlib
import json
import random
import time
from collections.abc import Iterable, Sequence
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
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token(user)}\r\n\r\n"

    def create(self, manager: int) -> str:
        """A manager's test-notify request: one notification, theirs, as the only manager of their project."""
        body = json.dumps(
            {
                "project_id": str(project_id(manager // USERS_PER_PROJECT)),
                "message_id": FRESH_UUID,
                "snippet": "Could you have a look at the second draft before Thursday, please?",
            }
        )
        return (
            f"POST /api/testnotify/message HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token(manager)}"
            f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )

    def _token(self, user: int) -> str:
        now = int(time.time())
        claims = {
            "iss": "client-portal",
            "aud": "client-portal",
            "sub": str(user_id(user)),
            "roles": ["client" if user % USERS_PER_PROJECT else "staff"],
            "scope": "notifications.stream",
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")


def user_id(number: int) -> UUID:
    return _uuid(f"user {number}")


def project_id(number: int) -> UUID:
    return _uuid(f"project {number}")


def deal(requests: Iterable[str], connections: int) -> list[list[str]]:
    """The requests dealt out to so many connections, so that no two send the same one."""
    hands: Sequence[list[str]] = [[] for _ in range(connections)]
    for index, request in enumerate(requests):
        hands[index % connections].append(request)
    return [hand for hand in hands if hand]


def _uuid(name: str) -> UUID:
    return UUID(hashlib.md5(name.encode()).hexdigest())
