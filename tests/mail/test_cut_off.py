"""A delivery that is cut off: whether the message may have arrived, so that nobody sends it anew too soon."""

import asyncio
from contextlib import suppress

import pytest

from app.core.relay import Relay
from app.mail.smtp import SmtpLane
from tests.mail.letters import SENDER, a_letter
from tests.running import until
from tests.smtp import Act, SmtpServer, Step


@pytest.mark.parametrize("step", [Step.GREETING, Step.EHLO, Step.MAIL, Step.RCPT, Step.BODY, Step.END])
async def test_it_may_have_arrived_once_the_message_is_on_its_way(server: SmtpServer, step: Step):
    lane = await _cut_off(server, step)
    assert lane.may_have_arrived == (step in {Step.BODY, Step.END})


async def test_the_next_one_by_the_same_lane_has_not_arrived_for_that(server: SmtpServer):
    lane = await _cut_off(server, Step.END)
    await _cut_off(server, Step.GREETING, lane)
    assert not lane.may_have_arrived


async def _cut_off(server: SmtpServer, step: Step, lane: SmtpLane | None = None) -> SmtpLane:
    """A lane whose delivery ended while the server hung there."""
    lane = lane or SmtpLane(Relay.of(server.url()), SENDER)
    server.once(step, Act.HANG)
    delivery = asyncio.create_task(lane.deliver(a_letter()))
    await until(lambda: not server._next[step])
    delivery.cancel()
    with suppress(asyncio.CancelledError):
        await delivery
    return lane
