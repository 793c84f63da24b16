"""Several processes at once, and locks of the host in the way: short waits, then a retry or a clear failure."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from time import perf_counter

import pytest

from app.core.errors import StartupError
from app.core.exclusive import Patience, _in_the_way
from app.core.migrations import downgrade, head, is_current, upgrade
from tests.migrations.host import Host

IMPATIENT = Patience(for_a_lock=0.05, attempts=3, first_pause=0.01, longest_pause=0.02)
PERSISTENT = Patience(for_a_lock=0.2, attempts=500, first_pause=0.01, longest_pause=0.02)

UPGRADE = "import asyncio, sys; from app.core.migrations import upgrade; print(asyncio.run(upgrade(sys.argv[1])))"
WAITING_FOR_USERS = "SELECT count(*) FROM pg_locks WHERE relation = 'public.users'::regclass AND NOT granted"
BUILDING = 7
IN_THE_BUILD = f"SELECT count(*) FROM pg_locks WHERE objid = {BUILDING} AND locktype = 'advisory' AND NOT granted"
# Holds an upgrade while it builds the index of all messages, which no limit may cut off.
HELD_BUILD = f"""
    CREATE SCHEMA other;
    CREATE FUNCTION other.hold() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%.ix_messages_lexemes') THEN
            ASSERT current_setting('statement_timeout') = '0';
            PERFORM pg_advisory_xact_lock({BUILDING});
        END IF;
    END
    $$;
    CREATE EVENT TRIGGER hold ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION other.hold();
"""
MESSAGES = """
    INSERT INTO client_portal.rooms (project_id, client_id)
        SELECT (SELECT id FROM public.projects LIMIT 1), id FROM public.users LIMIT 1;
    INSERT INTO client_portal.messages (id, room_id, number, author_id, body)
        SELECT gen_random_uuid(), id, n, client_id, 'Message ' || n
        FROM client_portal.rooms, generate_series(1, 500) AS n;
"""
WAITING_FOR_A_TURN = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def test_of_several_processes_one_migrates_and_all_succeed(host: Host) -> None:
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, host.url, stdout=PIPE, stderr=PIPE)
        for _ in range(3)
    ]
    answers = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    assert sorted(stdout.decode().strip() == "[]" for stdout, _ in answers) == [False, True, True]
    assert await is_current(host.url)


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
async def test_the_second_waits_for_the_first_and_finds_nothing_to_do(host: Host, isolation: str) -> None:
    await host.execute(f"ALTER DATABASE {host.name} SET default_transaction_isolation = '{isolation}'")
    async with host.session() as writer:
        change = writer.transaction()
        await change.start()
        await writer.execute("INSERT INTO public.users (id) VALUES (gen_random_uuid())")
        both = [asyncio.create_task(upgrade(host.url, patience=PERSISTENT)) for _ in range(2)]
        await until(lambda: host.value(WAITING_FOR_A_TURN))
        await change.rollback()
        taken = await asyncio.gather(*both)
    assert [] in taken
    assert taken[0] != taken[1]
    assert await is_current(host.url)


async def test_the_wait_for_a_turn_is_bounded(host: Host) -> None:
    async with host.session() as writer:
        change = writer.transaction()
        await change.start()
        await writer.execute("LOCK TABLE public.users")
        first = asyncio.create_task(upgrade(host.url, patience=Patience(for_a_lock=30)))
        await until(lambda: host.value(WAITING_FOR_USERS))
        with pytest.raises(StartupError, match=r"Another migration .* for 0\.05 seconds"):
            await upgrade(host.url, patience=Patience(for_a_turn=0.05))
        await change.rollback()
        assert await first


@pytest.mark.parametrize("table", ["users", "projects"])
async def test_a_lock_that_stays_ends_in_one_line_and_nothing_changed(odd_host: Host, table: str) -> None:
    before = await odd_host.fingerprint()
    async with odd_host.session() as writer, writer.transaction():
        await writer.execute(f"UPDATE public.{table} SET id = id")
        pid = await writer.fetchval("SELECT pg_backend_pid()")
        with pytest.raises(StartupError) as failure:
            await upgrade(odd_host.url, patience=IMPATIENT)
    message = str(failure.value)
    assert message.startswith(f"public.{table} is locked by another session (pid {pid}, application pm-app, role postg")
    assert f"SELECT pg_terminate_backend({pid});" in message
    assert "\n" not in message
    assert await odd_host.fingerprint() == before
    assert not await odd_host.schema_exists()


async def test_a_reader_is_not_in_the_way_of_an_upgrade(host: Host) -> None:
    async with host.session() as reader, reader.transaction():
        await reader.fetch("SELECT * FROM public.users")
        assert await upgrade(host.url, patience=IMPATIENT)


async def test_a_reader_is_in_the_way_of_a_downgrade(host: Host) -> None:
    taken = await upgrade(host.url)
    before = await host.fingerprint()
    async with host.session() as reader:
        reading = reader.transaction()
        await reading.start()
        await reader.fetch("SELECT * FROM public.projects")
        with pytest.raises(StartupError, match=r"public\.projects is locked by another session .*application pm-app"):
            await downgrade(host.url, "base", patience=IMPATIENT)
        assert await host.fingerprint() == before
        await reading.rollback()
    assert await downgrade(host.url, "base", patience=IMPATIENT) == taken[::-1]


async def test_a_lock_that_goes_in_time_only_delays(host: Host) -> None:
    async with host.session() as writer:
        change = writer.transaction()
        await change.start()
        await writer.execute("INSERT INTO public.users (id) VALUES (gen_random_uuid())")
        migration = asyncio.create_task(upgrade(host.url, patience=PERSISTENT))
        await until(lambda: host.value(WAITING_FOR_USERS))
        await until(lambda: is_zero(host.value(WAITING_FOR_USERS)))
        await change.commit()
        assert (await migration)[-1] == head()
    assert await is_current(host.url)


async def test_writers_of_the_host_wait_no_longer_than_the_lock_timeout(host: Host) -> None:
    async with host.session() as holder, host.session() as writer:
        change = holder.transaction()
        await change.start()
        await holder.execute("INSERT INTO public.users (id) VALUES (gen_random_uuid())")
        migration = asyncio.create_task(upgrade(host.url, patience=PERSISTENT))
        waits = []
        for _ in range(3):
            await until(lambda: host.value(WAITING_FOR_USERS))
            began = perf_counter()
            await writer.execute("INSERT INTO public.users (id) VALUES (gen_random_uuid())")
            waits.append(perf_counter() - began)
        await change.commit()
        await migration
    assert max(waits) < PERSISTENT.for_a_lock + 3  # and not for as long as the holder stays


async def test_writers_of_the_host_do_not_wait_for_the_index_of_all_messages(host: Host) -> None:
    await upgrade(host.url, "0002")
    await host.execute(MESSAGES + HELD_BUILD)
    async with host.session() as holder, host.session() as writer:
        await holder.execute(f"SELECT pg_advisory_lock({BUILDING})")
        migration = asyncio.create_task(upgrade(host.url, patience=Patience(for_a_lock=30)))
        await until(lambda: host.value(IN_THE_BUILD))
        await writer.execute("SET lock_timeout = 100")
        await writer.execute("UPDATE public.users SET id = id; UPDATE public.projects SET id = id")
        assert await host.value(IN_THE_BUILD)
        await holder.execute(f"SELECT pg_advisory_unlock({BUILDING})")
        assert head() in await migration
    assert await host.value("SELECT count(*) FROM client_portal.messages") == 500


async def test_a_connection_that_breaks_is_one_line(host: Host) -> None:
    async with host.session() as writer, writer.transaction():
        await writer.execute("LOCK TABLE public.users")
        migration = asyncio.create_task(upgrade(host.url, patience=Patience(for_a_lock=30)))
        await until(lambda: host.value(WAITING_FOR_USERS))
        await host.value("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND locktype = 'relation'")
        with pytest.raises(StartupError, match=r"connection was lost .*terminating connection.* run the migration"):
            await migration
    assert not await host.schema_exists()


async def test_locks_without_a_session_are_explained_too() -> None:
    assert "ROLLBACK PREPARED" in _in_the_way({"name": "public.users", "pid": None})
    assert "locked at every attempt by sessions that have ended since" in _in_the_way(None)


def test_pauses_grow_to_a_bound_and_are_never_in_step() -> None:
    patience = Patience(first_pause=0.1, longest_pause=2.0)
    assert patience.pause(1) <= 0.2
    assert 1.0 <= patience.pause(50) <= 2.0
    assert len({patience.pause(3) for _ in range(10)}) > 1


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            pass


async def is_zero(number: Awaitable[int]) -> bool:
    return await number == 0
