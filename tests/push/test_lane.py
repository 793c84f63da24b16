"""One push to all browsers of its recipient: what arrives there, and what the push services' answers mean."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest
import pytest_asyncio
import trustme
from aiohttp import web
from structlog.testing import capture_logs

from app.core.database import Database
from app.letters.pushes import PushCourier
from app.outbox.courier import Refused, Send, TryLater
from app.push import queries
from app.push.addresses import PushNetwork, is_public
from app.push.sender import PushLane, PushMessage, PushSender
from app.push.vapid import VapidKeys
from tests.outbox.limits import Limits
from tests.push.conftest import SUBJECT, Names, Pushed
from tests.push.service import Browser, PushService, push_service
from tests.running import until
from tests.world import PEOPLE, World


@pytest_asyncio.fixture
async def lane(sender: PushSender) -> AsyncIterator[PushLane]:
    lane = sender.lane()
    yield lane
    await lane.close()


@pytest.fixture
def browser(service: PushService) -> Browser:
    return Browser(service.port)


@pytest_asyncio.fixture
async def silent(service: PushService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    """Its push service takes what comes, and answers after the test; when all others have answered time is up."""
    limits = Limits()
    monkeypatch.setattr("app.push.sender.asyncio", limits)
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await until(lambda: len(limits.running) == 1)
        limits.run_out()
        await released.wait()
        return web.Response()

    browser = Browser(service.port)
    service.answers[browser.path].extend([hang] * 20)
    yield browser
    released.set()


def message(id_: UUID, payload: bytes = b'{"title":"A leak"}') -> PushMessage:
    return PushMessage(id_, payload, datetime.now(UTC) + timedelta(minutes=10))


class TestWhatArrives:
    async def test_only_the_browser_can_read_it(self, lane, service, browser, pushed: Pushed):
        await pushed.wanted_in("client", browser)
        await lane.deliver(message(await pushed.due("client")))
        (received,) = service.received
        assert received.path == browser.path
        assert browser.read(received) == {"title": "A leak"}
        assert b"leak" not in received.body
        with pytest.raises(Exception, match="Decryption"):
            Browser(service.port).read(received)

    async def test_the_portal_says_who_it_is(self, lane, service, browser, keys: VapidKeys, pushed: Pushed):
        await pushed.wanted_in("client", browser)
        await lane.deliver(message(await pushed.due("client")))
        (received,) = service.received
        claims = received.claims(keys.public_key, f"https://localhost:{service.port}")
        now = datetime.now(UTC).timestamp()
        assert claims["sub"] == SUBJECT
        assert now < claims["exp"] <= now + 24 * 3600

    async def test_it_is_kept_for_the_browser_only_as_long_as_it_is_news(self, lane, service, browser, pushed: Pushed):
        await pushed.wanted_in("client", browser)
        id_ = await pushed.due("client")
        await lane.deliver(message(id_))
        headers = service.received[0].headers
        assert 0 < int(headers["ttl"]) <= 600
        assert (headers["urgency"], headers["topic"]) == ("normal", id_.hex)
        assert len(headers["topic"]) <= 32  # RFC 8030, 5.4

    async def test_every_browser_of_the_person_gets_it_and_nobody_elses(self, lane, service, pushed: Pushed):
        own, others = [Browser(service.port) for _ in range(3)], Browser(service.port)
        await pushed.wanted_in("client", *own)
        await pushed.wanted_in("client2", others)
        await lane.deliver(message(await pushed.due("client")))
        assert {each.path for each in service.received} == {each.path for each in own}
        assert [own_.read(*service.at(own_.path)) for own_ in own] == [{"title": "A leak"}] * 3

    async def test_who_has_signed_out_since_it_was_judged_gets_nothing(
        self, lane, service, browser, pushed: Pushed, recycled_world: World
    ):
        await pushed.wanted_in("client", browser)
        id_ = await pushed.due("client")
        await recycled_world.execute("DELETE FROM client_portal.push_subscriptions")
        with pytest.raises(Refused):
            await lane.deliver(message(id_))
        assert service.received == []

    async def test_a_name_is_not_looked_up_with_every_connection(
        self, lane, service, browser, names: Names, pushed: Pushed
    ):
        async def closing(_: web.Request) -> web.StreamResponse:
            answer = web.Response(status=201)
            answer.force_close()
            return answer

        service.answers[browser.path].extend([closing] * 2)
        await pushed.wanted_in("client", browser)
        for _ in range(2):
            await lane.deliver(message(await pushed.due("client")))
        assert len(service.received) == 2
        assert names.asked == ["localhost"]

    async def test_connections_are_used_again(self, lane, service, browser, names: Names, pushed: Pushed):
        await pushed.wanted_in("client", browser)
        for _ in range(3):
            await lane.deliver(message(await pushed.due("client")))
        assert len(service.at(browser.path)) == 3
        assert names.asked == ["localhost"]


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    async def test_taken(self, lane, service, browser, pushed: Pushed, status):
        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append(status)
        await lane.deliver(message(await pushed.due("client")))
        assert await pushed.subscriptions("client") == [browser.endpoint]

    @pytest.mark.parametrize("status", [404, 410])
    async def test_gone_removes_the_subscription_and_no_other(self, lane, service, pushed: Pushed, status):
        gone, there = Browser(service.port), Browser(service.port)
        await pushed.wanted_in("client", gone, there)
        service.answers[gone.path].append(status)
        await lane.deliver(message(await pushed.due("client")))
        assert await pushed.subscriptions("client") == [there.endpoint]
        assert len(service.at(there.path)) == 1

    async def test_when_all_are_gone_it_is_refused(self, lane, service, browser, pushed: Pushed):
        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append(410)
        with pytest.raises(Refused, match="No browser is left"):
            await lane.deliver(message(await pushed.due("client")))
        assert await pushed.subscriptions("client") == []

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
    async def test_what_passes_is_tried_later(self, lane, service, browser, pushed: Pushed, status):
        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append(status)
        with pytest.raises(TryLater, match=str(status)) as fault:
            await lane.deliver(message(await pushed.due("client")))
        assert fault.value.after is None
        assert await pushed.subscriptions("client") == [browser.endpoint]

    @pytest.mark.parametrize("status", [400, 401, 403, 413])
    async def test_what_does_not_pass_is_not_tried_again(self, lane, service, browser, pushed: Pushed, status):
        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append(status)
        with pytest.raises(Refused, match=str(status)):
            await lane.deliver(message(await pushed.due("client")))
        assert await pushed.subscriptions("client") == [browser.endpoint]

    @pytest.mark.parametrize(
        ("value", "least", "most"),
        [
            ("120", 120, 120),
            ("0", 0, 0),
            ("999999999", 3600, 3600),
            (format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True), 0, 0),
            (format_datetime(datetime(2999, 1, 1, tzinfo=UTC), usegmt=True), 3600, 3600),
        ],
    )
    async def test_it_is_left_alone_for_as_long_as_it_asks(
        self, lane, service, browser, pushed: Pushed, value, least, most
    ):
        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append((429, {"Retry-After": value}))
        with pytest.raises(TryLater) as fault:
            await lane.deliver(message(await pushed.due("client")))
        assert fault.value.after is not None
        assert least <= fault.value.after.total_seconds() <= most

    @pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "9" * 5000, "Mon, 99 Foo 2020 00:00:00 GMT"])
    async def test_nonsense_about_when_is_not_heard(self, lane, service, browser, pushed: Pushed, value):
        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append((503, {"Retry-After": value}))
        with pytest.raises(TryLater) as fault:
            await lane.deliver(message(await pushed.due("client")))
        assert fault.value.after is None

    async def test_the_longest_wait_of_several_counts(self, lane, service, pushed: Pushed):
        browsers = [Browser(service.port) for _ in range(3)]
        await pushed.wanted_in("client", *browsers)
        for browser, headers in zip(browsers, ({"Retry-After": "60"}, {"Retry-After": "90"}, {}), strict=True):
            service.answers[browser.path].append((429, headers))
        with pytest.raises(TryLater) as fault:
            await lane.deliver(message(await pushed.due("client")))
        assert fault.value.after == timedelta(seconds=90)

    async def test_an_answer_of_any_length_is_not_read(self, lane, service, browser, pushed: Pushed):
        sent = 0

        async def flood(request: web.Request) -> web.StreamResponse:
            nonlocal sent
            response = web.StreamResponse(status=201)
            await response.prepare(request)
            while sent < 1_000_000_000:
                await response.write(b"x" * 65536)
                sent += 65536
            return response

        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append(flood)
        await lane.deliver(message(await pushed.due("client")))
        assert sent < 100_000_000


class TestPartly:
    """Some have it, others do not: a retry is for the others."""

    async def test_who_has_it_does_not_get_it_again(self, lane, service, pushed: Pushed):
        quick, busy, strict = (Browser(service.port) for _ in range(3))
        await pushed.wanted_in("client", quick, busy, strict)
        service.answers[busy.path].append(503)
        service.answers[strict.path].append(403)
        parcel = message(await pushed.due("client"))
        with pytest.raises(TryLater, match="503"):
            await lane.deliver(parcel)
        await lane.deliver(parcel)
        arrived = [len(service.at(each.path)) for each in (quick, busy, strict)]
        assert arrived == [1, 2, 1]

    async def test_a_browser_that_came_meanwhile_gets_it_too(self, lane, service, pushed: Pushed):
        quick, busy, late = (Browser(service.port) for _ in range(3))
        await pushed.wanted_in("client", quick, busy)
        service.answers[busy.path].append(503)
        parcel = message(await pushed.due("client"))
        with pytest.raises(TryLater):
            await lane.deliver(parcel)
        await pushed.wanted_in("client", late)
        await lane.deliver(parcel)
        assert [len(service.at(each.path)) for each in (quick, busy, late)] == [1, 2, 1]

    async def test_when_nobody_is_left_to_try_it_is_judged_so(
        self, lane, service, pushed: Pushed, courier: PushCourier, database: Database, recycled_world: World
    ):
        quick, busy = Browser(service.port), Browser(service.port)
        _, busy_id = await pushed.wanted_in("client", quick, busy)
        service.answers[busy.path].append(503)
        id_ = await pushed.due("client")
        with pytest.raises(TryLater):
            await lane.deliver(message(id_))
        now = datetime.now(UTC)
        async with database.reading() as connection:
            assert isinstance((await courier.judge(connection, [id_], now))[id_], Send)
        await recycled_world.execute("DELETE FROM client_portal.push_subscriptions WHERE id = $1", busy_id)
        async with database.reading() as connection:
            verdict = (await courier.judge(connection, [id_], now))[id_]
        assert getattr(verdict, "reason", None) == "No browser is left that asked for it."

    async def test_the_silent_keep_nobody_else_waiting(self, lane, silent: Browser, service, pushed: Pushed):
        quick = Browser(service.port)
        await pushed.wanted_in("client", silent, quick)
        with pytest.raises(TryLater, match="did not answer within 10 s"):
            await lane.deliver(message(await pushed.due("client")))
        assert len(service.at(quick.path)) == 1

    async def test_what_happened_is_not_lost_with_the_database(
        self, lane, service, pushed: Pushed, recycled_world: World
    ):
        """It cannot be put down that somebody has it: then they may get it again, but nobody goes without."""
        quick, busy = Browser(service.port), Browser(service.port)
        await pushed.wanted_in("client", quick, busy)
        service.answers[busy.path].append(503)
        parcel = message(await pushed.due("client"))
        await recycled_world.execute(
            "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'refused'; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON client_portal.push_outbox EXECUTE FUNCTION public.refuse()"
        )
        with pytest.raises(TryLater, match="503"):
            await lane.deliver(parcel)
        await lane.deliver(parcel)
        assert [len(service.at(each.path)) for each in (quick, busy)] == [2, 2]


class TestThatKeepsFailing:
    """A browser that cannot be reached does not hold up those that can, and is not tried for ever."""

    async def test_who_is_silent_is_waited_for_no_longer_than_this(
        self, lane: PushLane, service: PushService, browser: Browser, pushed: Pushed, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.push.sender._SECONDS", 0.3)
        released = asyncio.Event()

        async def hang(_: web.Request) -> web.StreamResponse:
            await released.wait()
            return web.Response()

        await pushed.wanted_in("client", browser)
        service.answers[browser.path].append(hang)
        with pytest.raises(TryLater, match=r"did not answer within 0\.3 s"):
            await lane.deliver(message(await pushed.due("client")))
        released.set()

    async def test_who_is_silent_is_left_alone_by_the_pushes_after_that(
        self, lane: PushLane, silent: Browser, service: PushService, pushed: Pushed
    ):
        id_, _ = await pushed.wanted_in("client", silent, quick := Browser(service.port))
        for fault in ("did not answer", "is left alone", "is left alone"):
            service.answers[quick.path].append(201)
            with pytest.raises(TryLater, match=fault):
                await lane.deliver(message(await pushed.due("client")))
        assert [len(service.at(each.path)) for each in (silent, quick)] == [1, 3]
        assert 0 < (await pushed.rest_of(id_) or 0) <= 20

    async def test_a_push_for_who_rests_alone_comes_back_when_the_rest_is_over(
        self, lane: PushLane, silent: Browser, pushed: Pushed
    ):
        await pushed.wanted_in("client", silent)
        parcel = message(await pushed.due("client"))
        waits = []
        for _ in range(2):
            with pytest.raises(TryLater) as fault:
                await lane.deliver(parcel)
            waits.append(fault.value.after)
        assert waits[0] is None
        assert waits[1] is not None
        assert timedelta(0) < waits[1] <= timedelta(seconds=20)

    async def test_nobody_waits_for_who_rests(
        self, lane: PushLane, silent: Browser, service: PushService, pushed: Pushed
    ):
        id_, _ = await pushed.wanted_in("client", silent, busy := Browser(service.port))
        await pushed.failed_for(id_, 1)
        parcel = message(await pushed.due("client"))
        service.answers[busy.path].extend([503, 503])
        for _ in range(2):
            with pytest.raises(TryLater) as fault:
                await lane.deliver(parcel)
            assert fault.value.after is None
        assert [len(service.at(each.path)) for each in (silent, busy)] == [1, 2]

    @pytest.mark.parametrize(("days", "least", "most"), [(0.01, 800, 930), (3, 3500, 3600)])
    async def test_the_longer_it_fails_the_longer_it_rests(
        self, lane: PushLane, silent: Browser, pushed: Pushed, days: float, least: float, most: float
    ):
        (id_,) = await pushed.wanted_in("client", silent)
        await pushed.failed_for(id_, days)
        with pytest.raises(TryLater):
            await lane.deliver(message(await pushed.due("client")))
        assert least < (await pushed.rest_of(id_) or 0) <= most

    async def test_who_takes_long_to_fail_is_left_alone_too(
        self, lane: PushLane, service: PushService, browser: Browser, pushed: Pushed, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.push.sender._SLOW_SECONDS", 0)
        (id_,) = await pushed.wanted_in("client", browser)
        service.answers[browser.path].append(503)
        with pytest.raises(TryLater, match="503"):
            await lane.deliver(message(await pushed.due("client")))
        assert await pushed.rest_of(id_) is not None

    async def test_who_takes_it_after_long_has_it_and_is_left_alone_too(
        self, lane: PushLane, service: PushService, browser: Browser, pushed: Pushed, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.push.sender._SLUGGISH_SECONDS", 0)
        (id_,) = await pushed.wanted_in("client", browser)
        await lane.deliver(message(await pushed.due("client")))
        assert len(service.at(browser.path)) == 1
        assert await pushed.rest_of(id_) is not None

    async def test_who_fails_at_once_is_not_left_alone(
        self, lane: PushLane, service: PushService, browser: Browser, pushed: Pushed
    ):
        (id_,) = await pushed.wanted_in("client", browser)
        service.answers[browser.path].extend([503, 201])
        parcel = message(await pushed.due("client"))
        with pytest.raises(TryLater, match="503"):
            await lane.deliver(parcel)
        assert await pushed.has_failed(id_)
        await lane.deliver(parcel)
        assert not await pushed.has_failed(id_)

    @pytest.mark.parametrize("status", [400, 401, 403, 503])
    async def test_after_a_week_of_failures_it_is_deleted(
        self, lane: PushLane, service: PushService, browser: Browser, pushed: Pushed, status: int
    ):
        """A key of the portal's that is no longer its own, a push service that ended."""
        (id_,) = await pushed.wanted_in("client", browser)
        await pushed.wanted_in("client2", other := Browser(service.port))
        service.answers[browser.path].extend([status] * 3)
        with pytest.raises((Refused, TryLater), match=str(status)):
            await lane.deliver(message(await pushed.due("client")))
        assert await pushed.has_failed(id_)
        for days, left in ((6.9, [browser.endpoint]), (7.1, [])):
            await pushed.failed_for(id_, days)
            with pytest.raises((Refused, TryLater), match=str(status)):
                await lane.deliver(message(await pushed.due("client")))
            assert await pushed.subscriptions("client") == left
        assert await pushed.subscriptions("client2") == [other.endpoint]

    async def test_a_success_forgets_a_week_of_failures(
        self, lane: PushLane, service: PushService, browser: Browser, pushed: Pushed
    ):
        (id_,) = await pushed.wanted_in("client", browser)
        await pushed.failed_for(id_, 8)
        service.answers[browser.path].extend([201, 403])
        await lane.deliver(message(await pushed.due("client")))
        assert not await pushed.has_failed(id_)
        assert await pushed.rest_of(id_) is None
        with pytest.raises(Refused):
            await lane.deliver(message(await pushed.due("client")))
        assert await pushed.subscriptions("client") == [browser.endpoint]

    async def test_who_asks_for_push_anew_is_tried_anew(
        self, lane: PushLane, browser: Browser, pushed: Pushed, database: Database
    ):
        (id_,) = await pushed.wanted_in("client", browser)
        await pushed.failed_for(id_, 8)
        async with database.transaction() as transaction:
            keys = (browser.keys["p256dh"], browser.keys["auth"])
            await queries.put_subscription(transaction.connection, PEOPLE["client"], browser.endpoint, *keys, most=20)
        assert not await pushed.has_failed(id_)


class TestWhereItGoes:
    """The address is looked at when it is connected to: what was right at subscribing may not be any more."""

    @pytest_asyncio.fixture
    async def outside(self, database: Database, keys: VapidKeys, names: Names, trust: ssl.SSLContext):
        """A lane as in production: only public addresses."""
        network = PushNetwork(is_public, names)
        lane = PushSender(database, keys, network, trust).lane()
        yield lane
        await lane.close()
        await network.close()

    @pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.0.0.1"], ["::1"], ["::ffff:127.0.0.1"]])
    async def test_a_name_that_stands_for_a_private_address_by_now(
        self, outside: PushLane, service, names: Names, pushed: Pushed, addresses
    ):
        browser = Browser(service.port, host="push.example")
        await pushed.wanted_in("client", browser)
        names.addresses["push.example"] = addresses
        with pytest.raises(TryLater, match="its address is not public"):
            await outside.deliver(message(await pushed.due("client")))
        assert service.received == []

    @pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "127.1"])
    async def test_this_machine_by_number(self, database, keys, trust, service, pushed: Pushed, host):
        """However it got into the table."""
        network = PushNetwork()
        outside = PushSender(database, keys, network, trust).lane()
        await pushed.wanted_in("client", Browser(service.port, host=host))
        with pytest.raises((TryLater, Refused)):
            await outside.deliver(message(await pushed.due("client")))
        assert service.received == []
        await outside.close()
        await network.close()

    async def test_without_tls_nothing_is_sent(self, lane, service, pushed: Pushed):
        browser = Browser(service.port)
        browser.endpoint = browser.endpoint.replace("https:", "http:")
        await pushed.wanted_in("client", browser)
        with pytest.raises(Refused, match="must be an https address"):
            await lane.deliver(message(await pushed.due("client")))
        assert service.received == []

    async def test_the_name_asked_for_is_the_name_that_the_certificate_must_have(
        self, lane, ca: trustme.CA, names: Names, pushed: Pushed
    ):
        names.addresses["other.example"] = ["127.0.0.1"]
        async with push_service(ca, "push.example") as service:
            await pushed.wanted_in("client", Browser(service.port, host="other.example"))
            with pytest.raises(TryLater, match="its certificate is not good"):
                await lane.deliver(message(await pushed.due("client")))
            assert service.received == []

    async def test_a_certificate_of_nobody_known_is_not_good(self, lane, pushed: Pushed):
        async with push_service(trustme.CA()) as service:
            await pushed.wanted_in("client", Browser(service.port))
            with pytest.raises(TryLater, match="its certificate is not good"):
                await lane.deliver(message(await pushed.due("client")))
            assert service.received == []

    async def test_a_name_with_a_right_certificate_is_connected_by_its_address(
        self, lane, service, names: Names, pushed: Pushed, keys: VapidKeys
    ):
        names.addresses["push.example"] = ["127.0.0.1"]
        browser = Browser(service.port, host="push.example")
        await pushed.wanted_in("client", browser)
        await lane.deliver(message(await pushed.due("client")))
        (received,) = service.received
        assert received.headers["host"] == f"push.example:{service.port}"
        received.claims(keys.public_key, f"https://push.example:{service.port}")

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirects_are_not_followed(self, lane, service, browser, pushed: Pushed, status):
        await pushed.wanted_in("client", browser)
        elsewhere = f"https://localhost:{service.port}/elsewhere"
        service.answers[browser.path].append((status, {"Location": elsewhere}))
        with pytest.raises(Refused, match=str(status)):
            await lane.deliver(message(await pushed.due("client")))
        assert service.at("/elsewhere") == []

    async def test_proxies_of_the_environment_are_not_used(
        self, lane, service, browser, pushed: Pushed, monkeypatch: pytest.MonkeyPatch
    ):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        await pushed.wanted_in("client", browser)
        await lane.deliver(message(await pushed.due("client")))
        assert len(service.received) == 1

    async def test_nobody_there_is_tried_later(self, lane, service, pushed: Pushed):
        """Never a fault of the whole outbox: the next push goes to another push service."""
        async with push_service(trustme.CA()) as closed:
            port = closed.port
        await pushed.wanted_in("client", Browser(port), browser := Browser(service.port))
        with pytest.raises(TryLater, match="cannot be reached"):
            await lane.deliver(message(await pushed.due("client")))
        assert len(service.at(browser.path)) == 1

    async def test_faults_do_not_tell_the_endpoint(self, lane, service, pushed: Pushed):
        browsers = [Browser(service.port, host=host) for host in ("localhost", "unknown.example", "127.0.0.1")]
        service.answers[browsers[0].path].append(403)
        await pushed.wanted_in("client", *browsers)
        with capture_logs() as logs, pytest.raises(TryLater) as fault:
            await lane.deliver(message(await pushed.due("client")))
        said = f"{fault.value} {logs}"
        assert "push_refused" in said
        assert "/push/" not in said
        assert "unknown.example" not in said
