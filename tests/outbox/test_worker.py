"""What a worker does with what is due: each row once, whatever happens beside it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.outbox.courier import Later, Never, TooLate, Unfit
from tests.outbox.post_office import QUICK, Gate, PostOffice, StandIn
from tests.running import until


async def test_what_is_due_is_delivered_once_and_put_down_as_sent(office: PostOffice):
    ids = await office.queue(30)
    (future,) = await office.queue(due_at=datetime.now(UTC) + timedelta(hours=1))
    courier = StandIn()
    async with office.at_work(courier):
        await office.becomes(sent=30, waiting=1)
    assert sorted(courier.delivered) == sorted(ids)
    row = await office.row(ids[0])
    assert (row["attempts"], row["generation"], row["error"]) == (1, 1, None)
    assert row["address"] == f"{ids[0]}@example.com"
    assert row["ended_at"] is not None
    assert (await office.row(future))["attempts"] == 0
    assert office.counted("sent") == 30


async def test_what_is_longest_due_comes_first(office: PostOffice):
    ids = await office.queue(20)
    courier = StandIn()
    async with office.at_work(courier, lanes=1):
        await office.becomes(sent=20)
    assert courier.delivered == ids


async def test_ten_workers_at_once_deliver_each_once(office: PostOffice):
    ids = await office.queue(1000)
    courier = StandIn()
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(office.at_work(courier))
        await office.becomes(sent=1000)
    assert Counter(courier.delivered) == Counter(ids)


async def test_what_is_to_wait_is_left_until_then_and_goes_on_waiting_for_more(office: PostOffice):
    new, tried = await office.queue(2)
    await office.world.execute("UPDATE client_portal.email_outbox SET state = 'retrying' WHERE id = $1", tried)
    later = datetime.now(UTC) + timedelta(hours=3)
    courier = StandIn(verdicts=dict.fromkeys((new, tried), Later(later)))
    async with office.at_work(courier):

        async def are_put_off() -> bool:
            return [(await office.row(id_))["due_at"] for id_ in (new, tried)] == [later, later]

        await until(are_put_off)
    assert [(await office.row(id_))["state"] for id_ in (new, tried)] == ["waiting", "retrying"]
    assert (await office.row(new))["attempts"] == 0


async def test_what_is_to_wait_until_a_moment_ago_waits_a_moment(office: PostOffice):
    (id_,) = await office.queue()
    courier = StandIn(verdicts={id_: Later(datetime.now(UTC) - timedelta(hours=1))})
    async with office.at_work(courier):

        async def is_put_off() -> bool:
            return bool((await office.row(id_))["due_in"] > 0)

        await until(is_put_off)


async def test_what_is_too_late_is_dead_of_its_last_fault_or_not_sent_if_it_has_none(office: PostOffice):
    new, tried = await office.queue(2)
    await office.world.execute(
        "UPDATE client_portal.email_outbox SET state = 'retrying', error = '451 later' WHERE id = $1", tried
    )
    courier = StandIn(verdicts=dict.fromkeys((new, tried), TooLate("It is old.")))
    async with office.at_work(courier):
        await office.becomes(not_sent=1, dead=1)
    rows = [await office.row(id_) for id_ in (new, tried)]
    assert [(row["state"], row["error"]) for row in rows] == [("not_sent", "It is old."), ("dead", "451 later")]
    assert None not in {row["ended_at"] for row in rows}
    assert (office.counted("not_sent"), office.counted("dead")) == (1, 1)


async def test_what_cannot_be_made_into_anything_to_send_is_a_failed_try_and_dead_after_the_last(office: PostOffice):
    new, tried, other = await office.queue(3)
    tries = QUICK.tries
    await office.world.execute(
        "UPDATE client_portal.email_outbox SET state = 'retrying', attempts = $2 WHERE id = $1", tried, tries - 1
    )
    courier = StandIn(verdicts=dict.fromkeys((new, tried), Unfit("no such template")))
    async with office.at_work(courier):
        await office.becomes(retrying=1, dead=1, sent=1)
    rows = [await office.row(id_) for id_ in (new, tried)]
    assert [(row["attempts"], row["error"]) for row in rows] == [(1, "no such template"), (tries, "no such template")]
    assert rows[0]["due_in"] > 1800
    assert courier.delivered == [other]


async def test_what_is_not_to_be_sent_ends_with_the_reason(office: PostOffice):
    (id_,) = await office.queue()
    courier = StandIn(verdicts={id_: Never("It has been read.")})
    async with office.at_work(courier):
        await office.becomes(not_sent=1)
    row = await office.row(id_)
    assert (row["error"], row["attempts"], courier.delivered) == ("It has been read.", 0, [])
    assert row["ended_at"] is not None
    assert office.counted("not_sent") == 1


async def test_a_row_that_somebody_is_writing_to_is_left_until_they_have_done(office: PostOffice):
    held, other = await office.queue(2)
    courier = StandIn()
    async with office.world.connection() as connection, AsyncExitStack() as stack:
        async with connection.transaction():
            await connection.execute("SELECT FROM client_portal.email_outbox WHERE id = $1 FOR UPDATE", held)
            await stack.enter_async_context(office.at_work(courier))
            await until(lambda: other in courier.delivered)
            await asyncio.sleep(0.1)
            assert courier.delivered == [other]
        await office.becomes(sent=2)


async def test_what_waited_long_after_it_was_judged_is_judged_anew(office: PostOffice):
    first, second = await office.queue(2)
    gate = Gate()
    judged: list[UUID] = []

    async def judge(ids: Sequence[UUID]) -> None:
        judged.extend(ids)

    courier = StandIn(acts={first: gate}, on_judge=judge)
    async with office.at_work(courier, lanes=1, fresh=0.0):
        await until(lambda: judged.count(second) > 1 or judged.count(first) > 1)
    assert courier.delivered == [], "never fresh"
    assert await office.states() == {"retrying": 2}
    assert {(await office.row(id_))["attempts"] for id_ in (first, second)} == {0}


async def test_lanes_are_closed_when_there_is_nothing_to_do(office: PostOffice):
    courier = StandIn()
    async with office.at_work(courier, lanes=1, idle_lane=0.02):
        await office.queue()
        await until(lambda: (courier.opened, courier.closed) == (1, 1))
        await office.queue()
        await office.becomes(sent=2)
        await until(lambda: (courier.opened, courier.closed) == (2, 2))


@pytest.mark.parametrize("lanes", [1, 3], ids=["one lane", "three lanes"])
async def test_an_orderly_stop_ends_what_is_under_way_and_gives_the_rest_back(office: PostOffice, lanes: int):
    ids = await office.queue(20)
    gate = Gate()
    courier = StandIn(act=gate)
    async with office.at_work(courier, lanes=lanes) as worker:
        await gate.is_reached(lanes)
        stopping = asyncio.create_task(worker.stop())
        await until(worker._ends.is_set)
        gate.open()
        await stopping
    assert sorted(courier.delivered) == sorted(gate.reached)
    assert len(courier.delivered) == lanes
    states = await office.states()
    assert states.pop("sent") == lanes
    assert set(states) <= {"waiting", "retrying"}
    left = [await office.row(id_) for id_ in ids if id_ not in courier.delivered]
    assert {row["attempts"] for row in left} == {0}
    assert all(row["due_in"] < 0 for row in left), "somebody else may have them at once"


async def test_a_stop_does_not_wait_for_what_hangs(office: PostOffice):
    (id_,) = await office.queue()
    gate = Gate()
    async with office.at_work(StandIn(act=gate), stop=0.05):
        await gate.is_reached()
    row = await office.row(id_)
    assert row["state"] == "sending"
    assert 200 < row["due_in"] <= 300, "its lease runs on"


async def test_what_a_stop_cuts_off_before_anything_can_have_arrived_is_given_back(office: PostOffice):
    (id_,) = await office.queue()
    gate = Gate()
    async with office.at_work(StandIn(act=gate, may_have_arrived=False)) as worker:
        await gate.is_reached()
        await worker.stop(0.05)
    row = await office.row(id_)
    assert (row["state"], row["attempts"]) == ("retrying", 0)
    assert row["due_in"] < 0, "somebody else may have it at once"


async def test_what_waits_behind_a_slow_delivery_is_given_back_at_once_by_a_stop(office: PostOffice):
    await office.queue(10)
    gate = Gate()
    courier = StandIn()
    async with office.at_work(courier, lanes=1) as worker:
        await office.becomes(sent=10)  # so that it takes several at once now
        courier.act = gate
        await office.queue(10)
        await gate.is_reached()
        stopping = asyncio.create_task(worker.stop(60.0))

        async def is_given_back() -> bool:
            states = await office.states()
            return states.pop("sending", 0) == 1 and states.pop("sent") == 10 and sum(states.values()) == 9

        await until(is_given_back)
        assert not stopping.done()
        gate.open()
        await stopping
    assert (await office.states())["sent"] == 11


async def test_a_lane_that_is_cut_off_amid_a_delivery_is_closed(office: PostOffice):
    await office.queue()
    gate = Gate()
    courier = StandIn(act=gate)
    async with office.at_work(courier, lanes=1, stop=0.05):
        await gate.is_reached()
    assert (courier.opened, courier.closed) == (1, 1)
