"""When a server allows fewer connections than there are lanes."""

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from app.outbox.courier import NotConnected, Unreachable
from tests.outbox.post_office import PostOffice, StandIn
from tests.running import until


@dataclass
class Narrow:
    """A server with room for so many connections."""

    room: int
    fault: Unreachable = field(default_factory=lambda: NotConnected("421 too many connections"))
    holders: list[object] = field(default_factory=list)
    refused: int = 0


class NarrowStandIn(StandIn):
    """Each of its lanes holds a connection from its first delivery until it is closed."""

    def __init__(self, server: Narrow) -> None:
        super().__init__()
        self.server = server

    def lane(self):
        return _NarrowLane(self, super().lane())


class _NarrowLane:
    def __init__(self, owner: NarrowStandIn, lane) -> None:
        self._server = owner.server
        self._lane = lane

    @property
    def may_have_arrived(self) -> bool:
        return bool(self._lane.may_have_arrived)

    async def deliver(self, parcel: UUID) -> None:
        if self not in self._server.holders:
            if len(self._server.holders) >= self._server.room:
                self._server.refused += 1
                raise self._server.fault
            self._server.holders.append(self)
        await asyncio.sleep(0)  # the others have their turn meanwhile
        await self._lane.deliver(parcel)

    async def close(self) -> None:
        with suppress(ValueError):
            self._server.holders.remove(self)
        await self._lane.close()


async def test_a_lane_too_many_rests_while_the_others_deliver(office: PostOffice):
    ids = await office.queue(200)
    server = Narrow(room=1)
    courier = NarrowStandIn(server)
    with structlog.testing.capture_logs() as logs:
        async with office.at_work(courier, lanes=3, first_pause=3600.0, longest_pause=3600.0):
            await office.becomes(sent=200)
    assert sorted(courier.delivered) == sorted(ids)
    assert server.refused <= 10, "each of the others once, and again while the first had not delivered yet"
    assert not [line for line in logs if line["event"] == "outbox_unreachable"]
    assert {(await office.row(id_))["attempts"] for id_ in ids} == {1}


async def test_a_lane_that_rested_comes_back(office: PostOffice):
    await office.queue(50)
    server = Narrow(room=1)
    courier = NarrowStandIn(server)
    async with office.at_work(courier, lanes=2, retired_lane=0.02):
        await until(lambda: server.refused > 0)
        server.room = 2

        async def both_are_used() -> bool:
            await office.queue(10)
            return len(server.holders) == 2

        await until(both_are_used)


async def test_who_cannot_connect_leaves_all_to_those_who_can(office: PostOffice):
    server = Narrow(room=1)
    couriers = [NarrowStandIn(server) for _ in range(3)]
    async with AsyncExitStack() as stack:
        (first,) = await office.queue()
        await stack.enter_async_context(office.at_work(couriers[0], lanes=1, idle_lane=3600.0))
        await office.becomes(sent=1)
        for courier in couriers[1:]:
            await stack.enter_async_context(office.at_work(courier, lanes=1))
        ids = []
        while server.refused < 5:
            ids += await office.queue(20)
            await office.becomes(sent=1 + len(ids))
    assert sorted(couriers[0].delivered) == sorted([first, *ids])
    assert {(await office.row(id_))["attempts"] for id_ in ids} == {1}


async def test_after_an_outage_every_lane_is_used_again(office: PostOffice):
    await office.queue(50)
    server = Narrow(room=2)
    courier = NarrowStandIn(server)
    async with office.at_work(courier, lanes=2):
        await until(lambda: len(courier.delivered) > 5)
        server.room = 0
        server.holders.clear()
        await office.queue(50)
        await until(lambda: server.refused > 3)
        server.room = 2
        await office.queue(200)
        await until(lambda: len(server.holders) == 2)
        await office.becomes(sent=300)
    assert len(set(courier.delivered)) == 300
