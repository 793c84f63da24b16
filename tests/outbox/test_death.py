"""A worker that dies by kill -9, at every step: no e-mail is lost, and none comes twice but in one narrow window."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.outbox.letters import counts, courier, letters, message_id
from tests.outbox.post_office import PostOffice
from tests.outbox.process import WorkerProcess
from tests.running import until
from tests.smtp import Act, SmtpServer, Step
from tests.world import World

_TAKEN_BUT_NOT_CONFIRMED = {Step.END}


@pytest.mark.parametrize(
    "step",
    [Step.GREETING, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA, Step.BODY, Step.END],
    ids=lambda step: step.name.lower(),
)
async def test_killed_amid_the_talk_with_the_server(office: PostOffice, server: SmtpServer, tmp_path: Path, step: Step):
    ids = await letters(office.world, 3)
    server.once(step, Act.HANG)
    with WorkerProcess(office.world, tmp_path, server.url()) as process:
        await until(lambda: not server._next[step], within=120)
        process.kill()
    assert (await office.states()).keys() <= {"sending", "waiting"}
    server.forgive()
    before = {str(each.message["Message-ID"]) for each in server.received}
    await _all_are_sent_by_another(office, server)
    came = counts(server)
    assert came.keys() == {message_id(id_) for id_ in ids}
    assert {each for each, count in came.items() if count > 1} == before
    assert len(before) == (step in _TAKEN_BUT_NOT_CONFIRMED), "what the server took, and nobody was told of"


async def test_killed_before_its_claim_is_committed(office: PostOffice, server: SmtpServer, tmp_path: Path):
    ids = await letters(office.world, 3)
    async with office.world.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE client_portal.accounts IN ACCESS EXCLUSIVE MODE")
        with WorkerProcess(office.world, tmp_path, server.url()) as process:
            await _somebody_waits(office.world)
            process.kill()
        await _backends_end(connection)
    assert await office.states() == {"waiting": 3}
    await _all_are_sent_by_another(office, server)
    assert counts(server) == {message_id(id_): 1 for id_ in ids}
    assert {(await office.row(id_))["attempts"] for id_ in ids} == {1}


async def test_killed_after_the_server_has_taken_it_and_before_that_is_put_down(
    office: PostOffice, server: SmtpServer, tmp_path: Path
):
    ids = await letters(office.world, 3)
    async with office.world.connection() as connection, _held_when_sent(connection):
        with WorkerProcess(office.world, tmp_path, server.url()) as process:
            await until(lambda: len(server.received) == 3, within=120)
            await _somebody_waits(office.world)
            process.kill()
        await _backends_end(connection)
    assert await office.states() == {"sending": 3}
    await _all_are_sent_by_another(office, server)
    # This is the window. Whoever gets it twice can tell by its Message-ID that it is the same.
    assert counts(server) == {message_id(id_): 2 for id_ in ids}


async def test_killed_after_it_was_put_down(office: PostOffice, server: SmtpServer, tmp_path: Path):
    ids = await letters(office.world, 3)
    with WorkerProcess(office.world, tmp_path, server.url()) as process:
        await office.becomes(sent=3, within=120)
        process.kill()
    await office.lease_runs_out()
    async with office.at_work(courier(office.world, server)):
        more = await letters(office.world, 1)
        await office.becomes(sent=4, within=120)
    assert counts(server) == {message_id(id_): 1 for id_ in ids + more}


async def _all_are_sent_by_another(office: PostOffice, server: SmtpServer) -> None:
    await office.lease_runs_out()
    async with office.at_work(courier(office.world, server)):
        await office.becomes(sent=3, within=120)


async def _somebody_waits(world: World) -> None:
    async def waits() -> bool:
        count = await world.value(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'client-portal' AND wait_event_type = 'Lock'"
        )
        return bool(count)

    await until(waits, within=120)


async def _backends_end(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A session of the server whose client has died may wait for a lock, and would go on when it gets it."""
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@asynccontextmanager
async def _held_when_sent(connection: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[None]:
    """Whoever puts down that something was sent waits until the end of the block."""
    await connection.execute(
        """
        CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END';
        CREATE TRIGGER hold BEFORE UPDATE ON client_portal.email_outbox FOR EACH ROW
            WHEN (NEW.state = 'sent') EXECUTE FUNCTION public.hold();
        SELECT pg_advisory_lock(4711)
        """
    )
    try:
        yield
    finally:
        await connection.execute(
            "SELECT pg_advisory_unlock(4711); DROP TRIGGER hold ON client_portal.email_outbox;"
            " DROP FUNCTION public.hold"
        )
