"""A push service on this machine, lanes that trust it, and browsers of people."""

import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
import trustme

from app.core.database import Database
from app.letters.pushes import PushCourier
from app.push.addresses import PushNetwork, is_public_or_own
from app.push.sender import PushSender
from app.push.vapid import VapidKeys, new_private_key
from tests.push.service import Browser, PushService, push_service
from tests.world import PEOPLE, World

SUBJECT = "mailto:keeper@portal.example"


class Names:
    """What names stand for, as the test says; of others, what they stand for on this machine."""

    def __init__(self) -> None:
        self.addresses: dict[str, list[str]] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        found = self.addresses.get(host)
        if found is None and host != "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [
            answer
            for address in found or ["127.0.0.1"]
            for answer in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        ]


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def keys() -> VapidKeys:
    return VapidKeys(new_private_key(), SUBJECT)


@pytest.fixture
def names() -> Names:
    return Names()


@pytest_asyncio.fixture
async def network(names: Names) -> AsyncIterator[PushNetwork]:
    """Where this machine's own addresses may be called, as the push service of the tests has one."""
    network = PushNetwork(is_public_or_own, names)
    yield network
    await network.close()


@pytest_asyncio.fixture
async def service(ca: trustme.CA) -> AsyncIterator[PushService]:
    async with push_service(ca, "localhost", "push.example") as service:
        yield service


@pytest_asyncio.fixture
async def database(recycled_world: World) -> AsyncIterator[Database]:
    database = Database(recycled_world.url, pool_size=4)
    yield database
    await database.close()


@pytest.fixture
def sender(database: Database, keys: VapidKeys, network: PushNetwork, trust: ssl.SSLContext) -> PushSender:
    return PushSender(database, keys, network, trust)


@pytest.fixture
def courier(sender: PushSender) -> PushCourier:
    return PushCourier(sender)


@dataclass(frozen=True)
class Pushed:
    """What tests of push do to the tables beside the application."""

    world: World

    async def wanted_in(self, person: str, *browsers: Browser) -> list[UUID]:
        """The person wants push in these browsers; answers their subscriptions."""
        await self.world.execute(
            "INSERT INTO client_portal.notification_settings (recipient_user_id, push_enabled) VALUES ($1, true)"
            " ON CONFLICT (recipient_user_id) DO UPDATE SET push_enabled = true",
            PEOPLE[person],
        )
        return [
            await self.world.value(
                "INSERT INTO client_portal.push_subscriptions (user_id, endpoint, p256dh, auth)"
                " VALUES ($1, $2, $3, $4) RETURNING id",
                PEOPLE[person],
                browser.endpoint,
                browser.keys["p256dh"],
                browser.keys["auth"],
            )
            for browser in browsers
        ]

    async def due(self, person: str, **columns: Any) -> UUID:
        """A push that is due, of a notification with these columns."""
        (id_,) = await self.world.notify(person, **columns)
        await self.world.execute(
            "INSERT INTO client_portal.push_outbox (id, recipient_id, due_at) VALUES ($1, $2, clock_timestamp())",
            id_,
            PEOPLE[person],
        )
        return id_

    async def failed_for(self, subscription_id: UUID, days: float) -> None:
        """Since so many days nothing could be pushed there; by now it is tried again."""
        await self.world.execute(
            "UPDATE client_portal.push_subscriptions SET rests_until = clock_timestamp(),"
            " failures_since = clock_timestamp() - make_interval(secs => $2::float8 * 86400) WHERE id = $1",
            subscription_id,
            days,
        )

    async def rest_of(self, subscription_id: UUID) -> float | None:
        """For how many seconds it is left alone yet."""
        rest: float | None = await self.world.value(
            "SELECT extract(epoch FROM rests_until - clock_timestamp())::float8"
            " FROM client_portal.push_subscriptions WHERE id = $1",
            subscription_id,
        )
        return rest

    async def has_failed(self, subscription_id: UUID) -> bool:
        return bool(
            await self.world.value(
                "SELECT failures_since IS NOT NULL FROM client_portal.push_subscriptions WHERE id = $1", subscription_id
            )
        )

    async def subscriptions(self, person: str) -> list[str]:
        """The endpoints of this person's browsers, the oldest first."""
        rows = await self.world.fetch(
            "SELECT endpoint FROM client_portal.push_subscriptions WHERE user_id = $1 ORDER BY created_at",
            PEOPLE[person],
        )
        return [row["endpoint"] for row in rows]


@pytest.fixture(autouse=True)
def nobody_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, who answers is not left alone unless the test says so."""
    monkeypatch.setattr("app.push.sender._SLOW_SECONDS", 1000)
    monkeypatch.setattr("app.push.sender._SLUGGISH_SECONDS", 1000)


@pytest.fixture
def pushed(recycled_world: World) -> Pushed:
    return Pushed(recycled_world)
