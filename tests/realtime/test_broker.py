"""Signals between processes."""

import json

import pytest

from app.core.database import Database, Signal
from app.realtime.broker import PostgresBroker, _payloads
from tests.running import until
from tests.world import World


def test_signals_of_one_transaction_travel_together():
    signals = [Signal("a", {"n": number}) for number in range(5)]
    (payload,) = _payloads(signals)
    assert json.loads(payload) == [["a", {"n": number}] for number in range(5)]


def test_no_payload_is_over_what_postgres_carries():
    payloads = list(_payloads(Signal("kind", {"user": "x" * 36, "id": str(number)}) for number in range(1000)))
    assert all(len(payload) < 8000 for payload in payloads)
    assert [each[1]["id"] for payload in payloads for each in json.loads(payload)] == [str(n) for n in range(1000)]


def test_no_signals_are_no_payload():
    assert list(_payloads([])) == []


@pytest.fixture
async def database(world: World):
    database = Database(world.url, pool_size=2)
    yield database
    await database.close()


async def test_every_process_hears_every_signal_in_commit_order(world: World, database: Database):
    brokers = [PostgresBroker(world.url) for _ in range(2)]
    heard: list[list[int]] = [[], []]

    def listen(broker: PostgresBroker, numbers: list[int]) -> None:
        broker.on("count", lambda content: numbers.append(content["n"]))

    for broker, numbers in zip(brokers, heard, strict=True):
        listen(broker, numbers)
        await broker.start()
    database.carrier = brokers[0].carry
    for number in range(20):
        async with database.transaction() as transaction:
            transaction.signals += [Signal("count", {"n": 2 * number}), Signal("count", {"n": 2 * number + 1})]
            transaction.signals.append(Signal("nobody listens to this", {}))
    await until(lambda: [len(each) for each in heard] == [40, 40])
    assert heard == [list(range(40))] * 2
    for broker in brokers:
        await broker.stop()


async def test_a_listener_whose_connection_ends_comes_back_and_says_that_it_may_have_missed_something(world: World):
    broker, gaps = PostgresBroker(world.url), []
    broker.on_gap(lambda: gaps.append(broker.is_connected))
    await broker.start()
    assert gaps == [True]
    await world.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'client-portal listener'"
        " AND datname = current_database()"
    )
    await until(lambda: len(gaps) == 2)
    assert broker.is_connected
    await broker.stop()


async def test_a_start_without_a_database_goes_on_trying(world: World, monkeypatch: pytest.MonkeyPatch):
    broker = PostgresBroker(world.url)
    reached = broker._connect
    attempts = 0

    async def connect():
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise ConnectionRefusedError
        return await reached()

    monkeypatch.setattr(broker, "_connect", connect)
    await broker.start()
    await until(lambda: broker.is_connected)
    assert attempts == 3
    await broker.stop()
