"""Whoever holds a row holds it for a while, and only as long as nobody has taken it over."""

from uuid import UUID

import structlog

from app.outbox.courier import Refused, TryLater
from tests.outbox.post_office import Act, Gate, PostOffice, StandIn, failing
from tests.running import until


async def test_what_a_dead_worker_held_is_left_alone_until_its_lease_has_run_out(office: PostOffice):
    held, other = await office.queue(2)
    await office.world.execute(
        "UPDATE client_portal.email_outbox SET state = 'sending', generation = 1, attempts = 1,"
        " due_at = now() + interval '5 minutes' WHERE id = $1",
        held,
    )
    courier = StandIn()
    async with office.at_work(courier):
        await office.becomes(sent=1, sending=1)
        assert courier.delivered == [other]
        await office.lease_runs_out()
        await office.becomes(sent=2)
    row = await office.row(held)
    assert (row["generation"], row["attempts"]) == (2, 2)


async def test_who_is_late_does_not_put_down_what_another_has_taken_over(office: PostOffice):
    await _late(office, None)


async def test_who_is_late_and_was_refused_does_not_end_what_another_has_taken_over(office: PostOffice):
    await _late(office, failing(Refused("550")))


async def test_who_is_late_and_was_put_off_does_not_put_off_what_another_has_taken_over(office: PostOffice):
    await _late(office, failing(TryLater("451")))


async def _late(office: PostOffice, act: Act | None) -> None:
    (id_,) = await office.queue()
    late_gate, gate = Gate(), Gate()

    async def late_act(parcel: UUID) -> None:
        await late_gate(parcel)
        if act is not None:
            await act(parcel)

    late, takes_over = StandIn(act=late_act), StandIn(act=gate)
    with structlog.testing.capture_logs() as logs:
        # The late one looks for work once only, lest it takes over its own.
        async with office.at_work(late, poll=3600.0):
            await late_gate.is_reached()
            await office.lease_runs_out()
            async with office.at_work(takes_over):
                await gate.is_reached()
                before = await office.row(id_)
                assert (before["state"], before["generation"], before["attempts"]) == ("sending", 2, 2)
                late_gate.open()
                await until(lambda: any(line["event"] == "outbox_row_lost" for line in logs))
                after = await office.row(id_)
                assert dict(after) | {"due_in": 0} == dict(before) | {"due_in": 0}
                gate.open()
                await office.becomes(sent=1)
