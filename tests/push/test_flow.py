"""From what somebody does to what the browsers of others show: the whole way."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import trustme
from prometheus_client import CollectorRegistry

from app.core.database import Database
from app.dev.demo import FIRST_PROJECT
from app.letters.pushes import PushCourier
from app.outbox.measures import rows_counter
from app.outbox.pace import Pace
from app.outbox.worker import Worker
from app.push.vapid import VapidKeys, new_private_key
from tests.portal import Portal
from tests.push.conftest import SUBJECT, Pushed
from tests.push.service import Browser, PushService
from tests.running import caller_of, running, until
from tests.world import PEOPLE, World, bearer


class TestARealPortal:
    @pytest.fixture
    def key(self) -> str:
        return new_private_key()

    @pytest.fixture
    def portal(self, run_portal: Callable[..., Portal], ca: trustme.CA, tmp_path: Path, key: str) -> Portal:
        """With a worker, and the push service of the tests among those that it trusts."""
        certificates = tmp_path / "ca.pem"
        ca.cert_pem.write_to_path(str(certificates))
        return run_portal(
            MAIL_WORKER="true",
            PUSH_TO_LOOPBACK="true",
            SSL_CERT_FILE=certificates,
            VAPID_PRIVATE_KEY=key,
            VAPID_SUBJECT=SUBJECT,
        )

    async def test_what_a_client_writes_is_shown_to_the_team_and_to_nobody_else(
        self, portal: Portal, key: str, service: PushService, world: World
    ):
        browsers = {person: Browser(service.port) for person in PEOPLE}
        async with AsyncExitStack() as stack:
            callers = {
                person: await stack.enter_async_context(
                    httpx.AsyncClient(base_url=portal.url, headers=bearer(person), timeout=60)
                )
                for person in PEOPLE
            }
            for person, browser in browsers.items():
                await subscribe(callers[person], browser)
            # Of the team, one does not want it, one has two browsers.
            await callers["pm"].patch("/api/notifications/settings", json={"push_enabled": False})
            second = Browser(service.port)
            await subscribe(callers["dev"], second)
            room = await world.value("SELECT id FROM client_portal.rooms WHERE project_id = $1", FIRST_PROJECT)
            said = (await callers["client"].post(f"/api/rooms/{room}/messages", json={"body": "It drips"})).json()
            await until(lambda: state_of(world, "sent"), within=180)
        assert {each.path for each in service.received} == {browsers["dev"].path, second.path}
        for browser in (browsers["dev"], second):
            (received,) = service.at(browser.path)
            shown = browser.read(received)
            assert shown["url"] == f"/projects/{FIRST_PROJECT}/messages?focus={said['id']}"
            assert "It drips" in shown["title"] + shown["body"]
            public_key = VapidKeys(key, SUBJECT).public_key
            assert received.claims(public_key, f"https://localhost:{service.port}")["sub"] == SUBJECT


async def test_in_production_this_machine_is_not_called(recycled_world: World, service: PushService):
    settings = recycled_world.settings(
        app_env="production", vapid_private_key=new_private_key(), public_url="https://portal.example"
    )
    async with running(settings) as app, caller_of(app, headers=bearer("client")) as caller:
        answer = await caller.post("/api/notifications/push/subscriptions", json=Browser(service.port).subscription)
    assert answer.status_code == 422
    assert service.received == []


async def subscribe(caller: httpx.AsyncClient, browser: Browser) -> None:
    answer = await caller.post("/api/notifications/push/subscriptions", json=browser.subscription)
    assert answer.status_code == 201, answer.text
    assert (await caller.patch("/api/notifications/settings", json={"push_enabled": True})).status_code == 200


async def state_of(world: World, state: str) -> bool:
    """Whether all pushes are in that state, of which there is at least one."""
    rows = await world.fetch("SELECT DISTINCT state FROM client_portal.push_outbox")
    return [row["state"] for row in rows] == [state]


class TestTheWorker:
    @pytest.fixture
    def working(self, database: Database, courier: PushCourier):
        """Starts workers that do not wait long."""

        @asynccontextmanager
        async def working(count: int = 1) -> AsyncIterator[None]:
            pace = Pace(poll=0.05, first_retry=0.1, longest_retry=0.2, stop=20)
            workers: list[Worker[Any]] = [
                Worker(database, courier, rows_counter(CollectorRegistry()), pace=pace) for _ in range(count)
            ]
            for worker in workers:
                worker.start()
            try:
                yield
            finally:
                for worker in workers:
                    await worker.stop()

        return working

    async def row(self, world: World, id_: UUID) -> tuple[str, str | None, int]:
        (row,) = await world.fetch("SELECT state, error, attempts FROM client_portal.push_outbox WHERE id = $1", id_)
        return row["state"], row["error"], row["attempts"]

    async def test_who_was_busy_is_tried_again_and_nobody_else(
        self, working, service: PushService, pushed: Pushed, recycled_world: World
    ):
        quick, busy = Browser(service.port), Browser(service.port)
        await pushed.wanted_in("client", quick, busy)
        service.answers[busy.path].extend([503, 429, (503, {"Retry-After": "0"})])
        id_ = await pushed.due("client")
        async with working():
            await until(lambda: state_of(recycled_world, "sent"))
        assert (await self.row(recycled_world, id_))[2] == 4
        assert [len(service.at(each.path)) for each in (quick, busy)] == [1, 4]

    async def test_a_push_service_that_asks_for_time_gets_it(
        self, working, service: PushService, pushed: Pushed, recycled_world: World
    ):
        busy = Browser(service.port)
        await pushed.wanted_in("client", busy)
        service.answers[busy.path].append((429, {"Retry-After": "1800"}))
        id_ = await pushed.due("client")
        async with working():
            await until(lambda: state_of(recycled_world, "retrying"))
        wait = await recycled_world.value(
            "SELECT extract(epoch FROM due_at - clock_timestamp()) FROM client_portal.push_outbox WHERE id = $1", id_
        )
        assert 1500 < wait <= 1800

    async def test_a_subscription_that_is_gone_goes(
        self, working, service: PushService, pushed: Pushed, recycled_world: World
    ):
        gone = Browser(service.port)
        await pushed.wanted_in("client", gone)
        service.answers[gone.path].append(410)
        id_ = await pushed.due("client")
        async with working():
            await until(lambda: state_of(recycled_world, "dead"))
        assert await self.row(recycled_world, id_) == ("dead", "No browser is left that asked for it.", 1)
        assert await pushed.subscriptions("client") == []

    async def test_what_is_not_to_be_shown_says_why(
        self, working, service: PushService, pushed: Pushed, recycled_world: World
    ):
        await pushed.wanted_in("client", Browser(service.port))
        id_ = await pushed.due("client", is_read=True)
        async with working():
            await until(lambda: state_of(recycled_world, "not_sent"))
        assert await self.row(recycled_world, id_) == ("not_sent", "It has been read already.", 0)
        assert service.received == []

    async def test_one_persons_silent_push_service_does_not_stop_the_others(
        self, working, service: PushService, pushed: Pushed, recycled_world: World
    ):
        """Nobody listens there, for any number of pushes in a row."""
        browser = Browser(service.port)
        await pushed.wanted_in("client2", Browser(1))
        await pushed.wanted_in("client", browser)
        for _ in range(10):
            await pushed.due("client2")
        id_ = await pushed.due("client")

        async def is_sent() -> bool:
            return (await self.row(recycled_world, id_))[0] == "sent"

        async with working():
            await until(is_sent)
        assert len(service.at(browser.path)) == 1

    async def test_several_workers_show_each_once(
        self, working, service: PushService, pushed: Pushed, recycled_world: World
    ):
        browser = Browser(service.port)
        await pushed.wanted_in("client", browser)
        ids = {str(await pushed.due("client")) for _ in range(30)}
        async with working(3):
            await until(lambda: state_of(recycled_world, "sent"))
        shown = [browser.read(each)["id"] for each in service.received]
        assert sorted(shown) == sorted(ids)
