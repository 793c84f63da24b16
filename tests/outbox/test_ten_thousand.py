"""Ten thousand e-mails and ten processes that send them, some of which are killed amid it: none is lost."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.outbox.letters import counts, fall_due, letters, message_id
from tests.outbox.post_office import PostOffice
from tests.outbox.process import WorkerProcess
from tests.running import until
from tests.smtp import SmtpServer

COUNT = 10_000


@pytest.fixture
def processes(office: PostOffice, server: SmtpServer, tmp_path: Path) -> Iterator[list[WorkerProcess]]:
    """Ten, in the order in which they began."""
    with ExitStack() as stack:
        yield [stack.enter_context(WorkerProcess(office.world, tmp_path, server.url())) for _ in range(10)]


async def test_each_comes_and_twice_at_most_what_a_killed_process_had_in_hand(
    office: PostOffice, server: SmtpServer, processes: list[WorkerProcess], tmp_path: Path
):
    ids = await letters(office.world, COUNT, due=False)
    await until(lambda: all(process.is_at_work for process in processes), within=240)
    await fall_due(office.world)
    *killed, _, _, _, _, _, _, _ = processes
    for number, process in enumerate(killed, start=1):
        await until(lambda number=number: len(server.received) > number * COUNT / 5, within=240)  # type: ignore[misc]
        process.kill()
        await _leases_go_on(office)

    async def is_taken_on() -> bool:
        return (await office.states()).keys() <= {"sent", "sending"}

    await until(is_taken_on, within=240)
    for process in processes[len(killed) :]:
        process.end(signal.SIGTERM)
    rows = await office.world.fetch("SELECT id FROM client_portal.email_outbox WHERE state = 'sending'")
    in_hand = {message_id(row["id"]) for row in rows}
    assert in_hand, "nobody was killed amid anything"
    await office.lease_runs_out()
    with WorkerProcess(office.world, tmp_path, server.url()) as last:
        await until(lambda: last.is_at_work, within=240)
        await office.becomes(sent=COUNT, within=240)
    came = counts(server)
    assert came.keys() == {message_id(id_) for id_ in ids}
    assert max(came.values()) <= 2
    assert {each for each, count in came.items() if count == 2} <= in_hand


async def _leases_go_on(office: PostOffice) -> None:
    """However long the rest takes, what a killed process had in hand is to be seen by its state until the end.

    What those at work are just putting down is left alone: it does not last, and nobody waits for the other.
    """
    await office.world.execute(
        "UPDATE client_portal.email_outbox SET due_at = due_at + interval '1 hour' WHERE id IN"
        " (SELECT id FROM client_portal.email_outbox WHERE state = 'sending' FOR UPDATE SKIP LOCKED)"
    )
