"""Browsers ask for push, and end it: over HTTP, as the page does."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.core.database import Database
from app.preferences.subscriptions import SubscriptionService
from app.push import queries
from app.push.addresses import PushNetwork, is_public
from app.push.vapid import VapidKeys, new_private_key
from tests.push.conftest import Names, Pushed
from tests.push.service import Browser, padded
from tests.running import caller_of, is_problem, running, until
from tests.world import PEOPLE, World, bearer

PATH = "/api/notifications/push"
SUBSCRIPTIONS = f"{PATH}/subscriptions"


@pytest_asyncio.fixture
async def network(names: Names) -> AsyncIterator[PushNetwork]:
    """As in production, but for what names stand for."""
    names.addresses["push.example"] = ["8.8.8.8"]
    network = PushNetwork(is_public, names, threads=2)
    yield network
    await network.close()


@pytest_asyncio.fixture
async def portal(recycled_world: World, keys: VapidKeys, network: PushNetwork) -> AsyncIterator[FastAPI]:
    async with running(recycled_world.settings()) as app:
        app.state.subscriptions = SubscriptionService(app.state.database, keys, network)
        yield app


@pytest_asyncio.fixture
async def client(portal: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(portal, headers=bearer("client")) as caller:
        yield caller


@pytest_asyncio.fixture
async def dev(portal: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(portal, headers=bearer("dev")) as caller:
        yield caller


def browser_at(host: str = "push.example", port: int = 443) -> Browser:
    return Browser(port, host=host)


async def end(caller: httpx.AsyncClient, browser: Browser) -> httpx.Response:
    return await caller.request("DELETE", SUBSCRIPTIONS, json={"endpoint": browser.endpoint})


async def test_the_key_to_subscribe_with(client: httpx.AsyncClient, keys: VapidKeys):
    answer = await client.get(PATH)
    assert (answer.status_code, answer.json()) == (200, {"public_key": keys.public_key})


async def test_a_browser_is_subscribed_once(client: httpx.AsyncClient, pushed: Pushed):
    browser = browser_at()
    answers = [await client.post(SUBSCRIPTIONS, json=browser.subscription) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json() == answers[1].json() == {"endpoint": browser.endpoint}
    assert await pushed.subscriptions("client") == [browser.endpoint]


async def test_it_comes_with_the_keys_that_it_has_now(client: httpx.AsyncClient, recycled_world: World, pushed: Pushed):
    browser, later = browser_at(), browser_at()
    await client.post(SUBSCRIPTIONS, json=browser.subscription)
    answer = await client.post(SUBSCRIPTIONS, json={"endpoint": browser.endpoint, "keys": later.keys})
    assert answer.status_code == 200
    (row,) = await recycled_world.fetch("SELECT p256dh, auth FROM client_portal.push_subscriptions")
    assert dict(row) == later.keys


async def test_it_ends_and_again_without_effect(client: httpx.AsyncClient, pushed: Pushed):
    browser, other = browser_at(), browser_at()
    for each in (browser, other):
        await client.post(SUBSCRIPTIONS, json=each.subscription)
    assert [(await end(client, browser)).status_code for _ in range(2)] == [204, 204]
    assert await pushed.subscriptions("client") == [other.endpoint]


async def test_who_signs_in_in_a_browser_takes_it_over(
    client: httpx.AsyncClient, dev: httpx.AsyncClient, pushed: Pushed
):
    browser = browser_at()
    await client.post(SUBSCRIPTIONS, json=browser.subscription)
    assert (await dev.post(SUBSCRIPTIONS, json=browser.subscription)).status_code == 201
    assert await pushed.subscriptions("client") == []
    assert await pushed.subscriptions("dev") == [browser.endpoint]


async def test_nobody_ends_anothers(client: httpx.AsyncClient, dev: httpx.AsyncClient, pushed: Pushed):
    browser = browser_at()
    await client.post(SUBSCRIPTIONS, json=browser.subscription)
    assert (await end(dev, browser)).status_code == 204
    assert await pushed.subscriptions("client") == [browser.endpoint]


class TestLimit:
    async def test_of_more_than_20_the_oldest_go(self, client: httpx.AsyncClient, pushed: Pushed):
        browsers = [browser_at() for _ in range(22)]
        for browser in browsers:
            assert (await client.post(SUBSCRIPTIONS, json=browser.subscription)).status_code == 201
        assert await pushed.subscriptions("client") == [each.endpoint for each in browsers[2:]]

    async def test_a_browser_that_says_so_again_is_not_the_oldest_any_more(
        self, client: httpx.AsyncClient, pushed: Pushed
    ):
        browsers = [browser_at() for _ in range(20)]
        for browser in [*browsers, browsers[0], browser_at()]:
            await client.post(SUBSCRIPTIONS, json=browser.subscription)
        kept = await pushed.subscriptions("client")
        assert browsers[0].endpoint in kept
        assert browsers[1].endpoint not in kept

    async def test_each_person_has_so_many(self, client: httpx.AsyncClient, dev: httpx.AsyncClient, pushed: Pushed):
        people = [(person, browser_at()) for person in (client, dev) for _ in range(25)]
        answers = await asyncio.gather(
            *(person.post(SUBSCRIPTIONS, json=browser.subscription) for person, browser in people)
        )
        assert {each.status_code for each in answers} == {201}
        assert [len(await pushed.subscriptions(person)) for person in ("client", "dev")] == [20, 20]

    async def test_two_at_once_count_each_other(
        self, client: httpx.AsyncClient, database: Database, recycled_world: World, pushed: Pushed
    ):
        await pushed.wanted_in("client", *(browser_at() for _ in range(20)))
        first, second = browser_at(), browser_at()

        async def is_waited_for() -> bool:
            return bool(
                await recycled_world.value(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            )

        async with database.transaction() as transaction:
            await queries.put_subscription(
                transaction.connection, PEOPLE["client"], first.endpoint, **first.keys, most=20
            )
            answer = asyncio.create_task(client.post(SUBSCRIPTIONS, json=second.subscription))
            await until(is_waited_for)
        assert (await answer).status_code == 201
        kept = await pushed.subscriptions("client")
        assert len(kept) == 20
        assert {first.endpoint, second.endpoint} <= set(kept)


class TestEndpoints:
    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://push.example/1",
            "https://8.8.8.8/1",
            "https://[2606:4700::1111]/1",
            "https://user@push.example/1",
            "https://push.example/1#part",
            "https://push.example/a b",
            "https://push.example/\u00e9",
            "https://push.example\\@127.0.0.1/",
            "https://push.example/" + "x" * 2000,
            "javascript:alert(1)",
        ],
    )
    async def test_what_is_no_https_address_of_a_named_host_is_refused(
        self, client: httpx.AsyncClient, pushed: Pushed, names: Names, endpoint: str
    ):
        answer = await client.post(SUBSCRIPTIONS, json={"endpoint": endpoint, "keys": browser_at().keys})
        assert answer.status_code == 422
        assert [each["loc"] for each in answer.json()["errors"]] == [["body", "endpoint"]]
        assert await pushed.subscriptions("client") == []
        assert names.asked == []

    async def test_inside_and_nowhere_look_the_same(self, client: httpx.AsyncClient, names: Names, pushed: Pushed):
        """Otherwise the portal would tell what names stand for in its network."""
        names.addresses |= {"inside.example": ["10.0.0.1"], "mixed.example": ["8.8.8.8", "169.254.169.254"]}
        answers = [
            await client.post(SUBSCRIPTIONS, json=browser_at(host).subscription)
            for host in ("inside.example", "mixed.example", "unknown.example", "localhost")
        ]
        assert {each.status_code for each in answers} == {422}
        assert len({each.text for each in answers}) == 1
        assert is_problem(answers[0])
        assert await pushed.subscriptions("client") == []

    async def test_a_browser_that_is_known_is_not_looked_up_again(self, client: httpx.AsyncClient, names: Names):
        browser = browser_at()
        for _ in range(3):
            await client.post(SUBSCRIPTIONS, json=browser.subscription)
        assert names.asked == ["push.example"]

    async def test_taking_over_does_not_go_past_the_check(
        self, client: httpx.AsyncClient, dev: httpx.AsyncClient, names: Names, pushed: Pushed
    ):
        browser = browser_at()
        await client.post(SUBSCRIPTIONS, json=browser.subscription)
        names.addresses["push.example"] = ["127.0.0.1"]
        assert (await dev.post(SUBSCRIPTIONS, json=browser.subscription)).status_code == 422
        assert await pushed.subscriptions("dev") == []

    async def test_a_name_that_takes_too_long_is_refused(
        self, client: httpx.AsyncClient, network: PushNetwork, monkeypatch: pytest.MonkeyPatch
    ):
        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(network, "resolve", never)
        monkeypatch.setattr("app.preferences.subscriptions._SECONDS", 0)
        assert (await client.post(SUBSCRIPTIONS, json=browser_at().subscription)).status_code == 422

    async def test_names_that_hang_do_not_hold_up_sending(
        self, recycled_world: World, monkeypatch: pytest.MonkeyPatch, names: Names
    ):
        """Nobody waits for them any more, but their threads do."""
        release = threading.Event()

        def look_up(host: str, port: int) -> list[tuple[Any, ...]]:
            if host.startswith("slow"):
                release.wait(60)
            return names(host, port)

        names.addresses["push.example"] = ["8.8.8.8"]
        monkeypatch.setattr("app.push.addresses._look_up", look_up)
        monkeypatch.setattr("app.preferences.subscriptions._SECONDS", 0.2)
        settings = recycled_world.settings(vapid_private_key=new_private_key())
        async with running(settings) as app, caller_of(app, headers=bearer("client")) as caller:
            try:
                for number in range(6):
                    answer = await caller.post(SUBSCRIPTIONS, json=browser_at(f"slow{number}.example").subscription)
                    assert answer.status_code == 422
                async with asyncio.timeout(15):
                    assert await app.state.push_network.resolve("push.example", 443)
            finally:
                release.set()


class TestKeys:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("p256dh", padded(b"\x04" + b"\x01" * 64)),  # on no curve
            ("p256dh", padded(b"\x02" + b"\x01" * 32)),
            ("p256dh", padded(b"\x04" * 64)),
            ("p256dh", "not base64!"),
            ("p256dh", ""),
            ("auth", padded(b"x" * 15)),
            ("auth", padded(b"x" * 17)),
            ("auth", "+" * 22),
            ("auth", "é"),
            ("auth", ""),
        ],
    )
    async def test_what_cannot_be_encrypted_for_is_refused(self, client: httpx.AsyncClient, name: str, value: str):
        browser = browser_at()
        answer = await client.post(SUBSCRIPTIONS, json=browser.subscription | {"keys": browser.keys | {name: value}})
        assert answer.status_code == 422
        assert [each["loc"] for each in answer.json()["errors"]] == [["body", "keys", name]]

    async def test_padding_is_taken_off(self, client: httpx.AsyncClient, recycled_world: World):
        browser = browser_at()
        keys = {"p256dh": browser.keys["p256dh"] + "=", "auth": browser.keys["auth"] + "=="}
        assert (await client.post(SUBSCRIPTIONS, json={**browser.subscription, "keys": keys})).status_code == 201
        (row,) = await recycled_world.fetch("SELECT p256dh, auth FROM client_portal.push_subscriptions")
        assert dict(row) == browser.keys


class TestEndings:
    """What ends every session ends push too: who knew the old password must not read on."""

    async def test_a_new_password(self, portal: FastAPI, client: httpx.AsyncClient, pushed: Pushed):
        await pushed.wanted_in("client", browser_at())
        await pushed.wanted_in("dev", kept := browser_at())
        change = {"current_password": "demo-password", "new_password": "another-password"}
        assert (await client.post("/api/auth/password", json=change)).status_code == 204
        assert await pushed.subscriptions("client") == []
        assert await pushed.subscriptions("dev") == [kept.endpoint]

    @pytest.mark.parametrize("change", [{"is_active": False}, {"role": "developer"}])
    async def test_an_account_that_ends_or_gets_another_role(self, portal: FastAPI, pushed: Pushed, change):
        await pushed.wanted_in("pm", browser_at())
        await pushed.world.execute(
            "UPDATE client_portal.project_members SET role = 'developer' WHERE user_id = $1", PEOPLE["pm"]
        )
        async with caller_of(portal, headers=bearer("admin")) as admin:
            answer = await admin.patch(f"/api/admin/accounts/{PEOPLE['pm']}", json=change)
        assert answer.status_code == 200
        assert await pushed.subscriptions("pm") == []

    async def test_a_name_that_changes_ends_nothing(self, portal: FastAPI, pushed: Pushed):
        await pushed.wanted_in("pm", kept := browser_at())
        async with caller_of(portal, headers=bearer("admin")) as admin:
            await admin.patch(f"/api/admin/accounts/{PEOPLE['pm']}", json={"display_name": "Paula P."})
        assert await pushed.subscriptions("pm") == [kept.endpoint]


class TestNotSetUp:
    async def test_there_is_no_key(self, shared_app: FastAPI):
        async with caller_of(shared_app, headers=bearer("client")) as caller:
            assert (await caller.get(PATH)).json() == {"public_key": None}

    async def test_nobody_can_subscribe_but_end(self, shared_app: FastAPI):
        async with caller_of(shared_app, headers=bearer("client")) as caller:
            answer = await caller.post(SUBSCRIPTIONS, json=browser_at().subscription)
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/push-not-set-up")
            assert (await end(caller, browser_at())).status_code == 204


async def test_who_is_not_signed_in_has_none_of_it(portal: FastAPI):
    async with caller_of(portal) as nobody:
        assert (await nobody.get(PATH)).status_code == 401
        assert (await nobody.post(SUBSCRIPTIONS, json=browser_at().subscription)).status_code == 401
        assert (await end(nobody, browser_at())).status_code == 401
