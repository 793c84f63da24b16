"""When deliveries fail, or the database does."""

import asyncio
import errno
import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import Database
from app.outbox import queries
from app.outbox.courier import NotConnected, NotSignedIn, Refused, TryLater, Unreachable
from app.outbox.faults import is_of_the_database
from app.outbox.pace import Pace
from app.outbox.queries import Outcome
from tests.outbox.post_office import Gate, PostOffice, StandIn, failing
from tests.running import until


async def test_what_may_succeed_later_is_tried_again_and_later_each_time(office: PostOffice):
    (id_,) = await office.queue()
    courier = StandIn(acts={id_: failing(TryLater("451 come back"))})
    waits = []
    async with office.at_work(courier, first_retry=30.0):
        for attempts in (1, 2, 3, 4):
            await office.fall_due()

            async def is_tried(attempts: int = attempts) -> bool:
                row = await office.row(id_)
                return bool((row["state"], row["attempts"]) == ("retrying", attempts))

            await until(is_tried)
            waits.append((await office.row(id_))["due_in"])
        del courier.acts[id_]
        await office.fall_due()
        await office.becomes(sent=1)
    for wait, expected in zip(waits, (30, 60, 120, 240), strict=True):
        assert expected * 0.5 < wait <= expected * 1.25
    row = await office.row(id_)
    assert (row["error"], courier.delivered) == (None, [id_])


def test_pauses_between_tries_grow_up_to_an_hour_and_are_never_in_step():
    pace = Pace()
    assert 22 < pace.retry(1).total_seconds() < 38
    assert 359 < pace.retry(5).total_seconds() < 601
    assert {pace.retry(attempts) for attempts in (12, 1000, 10**6)} == {timedelta(hours=1)}
    assert len({pace.retry(3) for _ in range(20)}) > 10
    assert 0.7 < pace.pause(1) < 1.3
    assert pace.pause(100) == 60


async def test_after_the_last_try_it_is_dead_and_says_why(office: PostOffice):
    (id_,) = await office.queue(state="retrying", attempts=11)
    async with office.at_work(StandIn(act=failing(TryLater("451 never mind")))):
        await office.becomes(dead=1)
    row = await office.row(id_)
    assert (row["attempts"], row["error"]) == (12, "451 never mind")
    assert row["ended_at"] is not None
    assert office.counted("dead") == 1


async def test_who_says_how_long_to_wait_is_not_asked_before(office: PostOffice):
    (id_,) = await office.queue()
    async with office.at_work(StandIn(act=failing(TryLater("429", timedelta(hours=5)))), first_retry=1.0):
        await office.becomes(retrying=1)
    assert 4.9 * 3600 < (await office.row(id_))["due_in"] <= 5 * 3600


async def test_what_is_refused_for_good_is_dead_at_once_and_its_courier_is_told(office: PostOffice):
    (id_,) = await office.queue()

    async def suppress(connection: AsyncConnection) -> None:
        await connection.execute(
            text("INSERT INTO client_portal.email_suppressions VALUES ('gone@example.com', 'bounced')")
        )

    courier = StandIn(act=failing(Refused("550 5.1.1 unknown")), on_refused=suppress)
    async with office.at_work(courier):
        await office.becomes(dead=1)
    row = await office.row(id_)
    assert (row["attempts"], row["error"]) == (1, "550 5.1.1 unknown")
    assert courier.refusals == [(id_, "550 5.1.1 unknown")]
    assert await office.world.value("SELECT count(*) FROM client_portal.email_suppressions") == 1


async def test_a_courier_that_fails_to_follow_a_refusal_does_not_keep_rows_from_being_put_down(office: PostOffice):
    await office.queue(3)

    async def fail(_: AsyncConnection) -> None:
        raise LookupError("a fault of ours")

    async with office.at_work(StandIn(act=failing(Refused("550")), on_refused=fail)):
        await office.becomes(dead=3)


async def test_while_nothing_can_be_delivered_one_row_is_tried_at_a_time_and_the_others_are_untouched(
    office: PostOffice,
):
    ids = await office.queue(30)
    tried: list[UUID] = []

    async def unreachable(id_: UUID) -> None:
        tried.append(id_)
        raise Unreachable("no connection to mail.example.com")

    courier = StandIn(act=unreachable)
    async with office.at_work(courier):
        await until(lambda: len(tried) >= 6)
        courier.act = None
        await until(lambda: len(courier.delivered) == 30 - len(tried))
        await office.becomes(sent=30 - len(tried), retrying=len(tried))
        await office.fall_due()
        await office.becomes(sent=30)
    rows = {id_: await office.row(id_) for id_ in ids}
    assert {row["attempts"] for id_, row in rows.items() if id_ not in tried} == {1}
    assert len(set(tried)) == len(tried), "the same row is not asked for twice in a row"
    assert sorted(courier.delivered) == sorted(ids)


async def test_no_row_dies_of_what_it_is_not_to_blame_for(office: PostOffice):
    (id_,) = await office.queue(state="retrying", attempts=11)
    async with office.at_work(StandIn(act=failing(Unreachable("wrong password")))):

        async def is_told() -> bool:
            return bool((await office.row(id_))["error"] == "wrong password")

        await until(is_told)
    row = await office.row(id_)
    assert (row["state"], row["attempts"]) == ("retrying", 8)


async def test_a_fault_of_the_couriers_own_is_a_failed_try(office: PostOffice):
    (id_,) = await office.queue()
    async with office.at_work(StandIn(acts={id_: failing(LookupError("a bug"))})):
        await office.becomes(retrying=1)
    assert (await office.row(id_))["error"] == "a bug"


async def test_when_no_lane_can_be_opened_that_is_a_failed_try_too(office: PostOffice):
    await office.queue(3)

    class Walled(StandIn):
        def lane(self):
            raise LookupError("no way out")

    async with office.at_work(Walled()):
        await office.becomes(retrying=3)


async def test_what_no_connection_could_be_made_for_is_untouched_and_due_at_once(office: PostOffice):
    (id_,) = await office.queue(state="retrying", attempts=11)
    async with office.at_work(StandIn(act=failing(NotConnected("no route")))):

        async def is_told() -> bool:
            row = await office.row(id_)
            return bool((row["error"], row["state"]) == ("no route", "retrying"))

        await until(is_told)
    row = await office.row(id_)
    assert (row["state"], row["attempts"]) == ("retrying", 11)
    assert row["due_in"] <= 0


async def test_that_nothing_can_be_delivered_is_said_with_the_fault_and_so_is_its_end(office: PostOffice):
    (id_,) = await office.queue()
    courier = StandIn(act=failing(Unreachable("535 wrong password of portal@example.com")))
    with structlog.testing.capture_logs() as logs:
        async with office.at_work(courier):
            await until(lambda: any(line["event"] == "outbox_unreachable" for line in logs))
            await office.becomes(retrying=1)
            courier.act = None
            await office.fall_due()
            await office.becomes(sent=1)
    own = [line for line in logs if "outbox" in line]
    said = next(line for line in own if line["event"] == "outbox_unreachable")
    assert said["error"] == "535 wrong password of (an address)"
    assert own[-1]["event"] == "outbox_reachable"
    assert courier.delivered == [id_]


async def test_a_delivery_that_never_ends_is_cut_off_and_its_lane_is_closed(office: PostOffice):
    (id_, other) = await office.queue(2)
    courier = StandIn(acts={id_: Gate()})
    async with office.at_work(courier, lanes=1, delivery=0.05):
        await office.becomes(retrying=1, sent=1)
        assert courier.delivered == [other]
        assert (courier.opened, courier.closed) == (2, 1)
    assert (await office.row(id_))["error"] == "TimeoutError"


async def test_a_row_that_cannot_be_judged_is_put_off_alone(office: PostOffice):
    ids = await office.queue(12)
    poison = ids[3]

    async def judge(given: Sequence[UUID]) -> None:
        if poison in given:
            raise LookupError("no such template")

    courier = StandIn(on_judge=judge)
    async with office.at_work(courier):
        await office.becomes(sent=11, retrying=1)
    row = await office.row(poison)
    assert (row["attempts"], row["error"]) == (1, "It could not be put together: LookupError: no such template")
    assert row["due_in"] > 1800
    assert poison not in courier.delivered


async def test_a_row_that_can_never_be_judged_dies_in_the_end(office: PostOffice):
    (id_,) = await office.queue(state="retrying", attempts=11)

    async def judge(_: Sequence[UUID]) -> None:
        raise LookupError("no such template")

    async with office.at_work(StandIn(on_judge=judge)):
        await office.becomes(dead=1)
    assert (await office.row(id_))["attempts"] == 12


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 \x00 bad\r\nBcc: x", "550 bad Bcc: x"),
        ("550 \udcff", "550 ?"),
        ("x" * 5000, "x" * 500),
        ("", "Refused"),
    ],
    ids=["control characters", "surrogate", "long", "nothing"],
)
async def test_whatever_a_server_says_can_be_put_down(office: PostOffice, said: str, kept: str):
    (id_,) = await office.queue()
    async with office.at_work(StandIn(act=failing(Refused(said)))):
        await office.becomes(dead=1)
    assert (await office.row(id_))["error"] == kept


async def test_logs_hold_nobodys_address(office: PostOffice):
    await office.queue(3)
    fault = Refused("550 5.1.1 <clara.jensen@example.com>: user unknown")
    with structlog.testing.capture_logs() as logs:
        async with office.at_work(StandIn(act=failing(fault))):
            await office.becomes(dead=3)
    # What applications of other tests say meanwhile is of no concern.
    own = [line for line in logs if "outbox" in line]
    assert [line["event"] for line in own] == ["outbox_row_dead"] * 3
    assert "example.com" not in str(own)


async def test_why_one_is_tried_again_is_said_in_logs(office: PostOffice):
    (id_,) = await office.queue()
    fault = TryLater("451 4.7.1 <clara.jensen@example.com>: greylisted")
    with structlog.testing.capture_logs() as logs:
        async with office.at_work(StandIn(act=failing(fault))):
            await office.becomes(retrying=1)
    (line,) = [line for line in logs if line["event"] == "outbox_row_retried"]
    assert (line["id"], line["attempts"], line["error"]) == (str(id_), 1, "451 4.7.1 <(an address)>: greylisted")


async def test_what_was_delivered_is_put_down_when_the_database_is_back(office: PostOffice):
    ids = await office.queue(5)
    gate = Gate()
    courier = StandIn(act=gate)
    async with office.at_work(courier):
        await gate.is_reached(2)
        async with office.world.connection() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        gate.open()
        await office.becomes(sent=5)
    assert sorted(courier.delivered) == sorted(ids), "each once all the same"


async def test_who_cannot_put_down_what_was_delivered_stops_delivering(office: PostOffice):
    await office.queue(500)
    courier = StandIn()
    async with office.world.connection() as connection, office.at_work(courier):
        await until(lambda: len(courier.delivered) > 20)
        async with connection.transaction():
            await connection.execute("LOCK TABLE client_portal.email_outbox IN EXCLUSIVE MODE")
            before = -1
            while before != (before := len(courier.delivered)):
                await connection.execute("SELECT pg_sleep(0.3)")
            put_down = await connection.fetchval("SELECT count(*) FROM client_portal.email_outbox WHERE state = 'sent'")
            assert before - put_down <= 64 + 64 + 2, "what one transaction and the ledger hold, and the lanes"
        await office.becomes(sent=500)
    assert len(courier.delivered) == len(set(courier.delivered)) == 500


async def test_an_outcome_that_cannot_be_put_down_keeps_no_other_from_it(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
):
    poison, *_ = await office.queue(10)
    put_down = queries.put_down

    async def fails(connection: AsyncConnection, table: queries.Table, outcomes: Sequence[Outcome]) -> set[UUID]:
        if poison in {outcome.id for outcome in outcomes}:
            raise LookupError("nowhere to put it")
        return await put_down(connection, table, outcomes)

    monkeypatch.setattr(queries, "put_down", fails)
    async with office.at_work(StandIn()):
        await office.becomes(sent=9, sending=1)
    assert await office.is_in(poison, "sending"), "its lease sees to it"


@pytest.mark.parametrize(
    "fault",
    [
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        PoolTimeoutError("none to spare"),
        asyncpg.InvalidAuthorizationSpecificationError("not in pg_hba.conf yet"),
    ],
    ids=["no name", "no route", "pool exhausted", "not let in"],
)
async def test_what_was_delivered_is_put_down_however_the_database_was_away(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, fault: Exception
):
    ids = await office.queue(4)
    put_down = queries.put_down
    failed = 0

    async def fails(connection: AsyncConnection, table: queries.Table, outcomes: Sequence[Outcome]) -> set[UUID]:
        nonlocal failed
        failed += 1
        if failed < 4:
            raise fault
        return await put_down(connection, table, outcomes)

    monkeypatch.setattr(queries, "put_down", fails)
    courier = StandIn()
    async with office.at_work(courier):
        await office.becomes(sent=4)
    assert sorted(courier.delivered) == sorted(ids), "each once"


async def test_more_than_can_be_judged_in_time_is_judged_in_smaller_parts(office: PostOffice):
    ids = await office.queue(20)

    async def judge(given: Sequence[UUID]) -> None:
        if len(given) > 1:
            raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    courier = StandIn(on_judge=judge)
    async with office.at_work(courier, first_pause=0.02, longest_pause=0.05):
        await office.becomes(sent=20)
    assert sorted(courier.delivered) == sorted(ids)


async def test_one_that_never_can_be_judged_in_time_keeps_no_other_from_its_turn(office: PostOffice):
    slow, *others = await office.queue(5)

    async def judge(given: Sequence[UUID]) -> None:
        if slow in given:
            raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    courier = StandIn(on_judge=judge)
    async with office.at_work(courier, first_pause=0.02, longest_pause=0.05):
        await office.becomes(sent=4, retrying=1)
    assert sorted(courier.delivered) == sorted(others)
    assert (await office.row(slow))["error"].startswith("It could not be put together: QueryCanceledError")


async def test_after_an_outage_longer_than_the_lease_nothing_is_claimed_before_all_is_put_down(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
):
    ids = await office.queue(30)
    put_down = queries.put_down
    is_down = False

    async def fails(connection: AsyncConnection, table: queries.Table, outcomes: Sequence[Outcome]) -> set[UUID]:
        if is_down:
            raise ConnectionError("no database")
        return await put_down(connection, table, outcomes)

    monkeypatch.setattr(queries, "put_down", fails)
    courier = StandIn()
    async with office.at_work(courier):
        await office.becomes(sent=30)
        is_down = True
        ids += await office.queue(10)
        with structlog.testing.capture_logs() as logs:
            await until(lambda: any(line["event"] == "outbox_interrupted" for line in logs))
            await office.lease_runs_out()
            await asyncio.sleep(0.3)  # in which it would look for work ten times
            await office.lease_runs_out()
        is_down = False
        await office.becomes(sent=40)
    assert sorted(courier.delivered) == sorted(ids), "each once"


async def test_a_clock_that_goes_back_keeps_nobody_from_their_work(office: PostOffice, monkeypatch: pytest.MonkeyPatch):
    odd, *others = await office.queue(5)
    begin = queries.begin

    async def leaves_one_out(
        connection: AsyncConnection, table: queries.Table, rows: Mapping[UUID, str | None], lease: timedelta
    ) -> dict[UUID, int]:
        return await begin(connection, table, {id_: to for id_, to in rows.items() if id_ != odd}, lease)

    monkeypatch.setattr(queries, "begin", leaves_one_out)
    courier = StandIn()
    async with office.at_work(courier):
        await office.becomes(sent=4, waiting=1)
    assert sorted(courier.delivered) == sorted(others)


async def test_a_connection_to_the_database_that_says_nothing_any_more_is_given_up(office: PostOffice):
    database = Database(office.world.url, pool_size=1)
    try:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as raised:
            async with database.transaction(0.05) as transaction:
                await transaction.connection.execute(text("SELECT pg_sleep(60)"))
        assert is_of_the_database(raised.value)
        async with database.reading() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
    finally:
        await database.close()


async def test_whom_the_server_does_not_know_asks_less_and_less_often(office: PostOffice):
    await office.queue()
    with structlog.testing.capture_logs() as logs:
        courier = StandIn(act=failing(NotSignedIn("535 who are you")))
        async with office.at_work(courier, longest_pause_of_strangers=60.0) as worker:
            name = worker.outbox
            # Others are asked again after 0.05 s at the most.
            await until(
                lambda: any(
                    each["event"] == "outbox_unreachable" and each["outbox"] == name and each["pause"] > 0.2
                    for each in logs
                )
            )
