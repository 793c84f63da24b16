"""A worker: claims what is due, delivers it by several lanes at once, and has what became of it put down."""

import asyncio
import time
from contextlib import suppress
from typing import Generic

import structlog
from prometheus_client import Counter

from app.core.database import Database
from app.outbox.appetite import Appetite
from app.outbox.claimed import Claimed
from app.outbox.claims import Claims
from app.outbox.courier import Courier, NotConnected, NotSignedIn, Parcel, Refused, TryLater, Unreachable
from app.outbox.faults import told_in_logs
from app.outbox.ledger import Entry, Ledger
from app.outbox.measures import Measures
from app.outbox.models import State
from app.outbox.pace import Pace
from app.outbox.way import Way

log = structlog.get_logger(__name__)


class Worker(Generic[Parcel]):
    """Empties one outbox beside any number of others.

    A row is delivered once, unless this process dies between the delivery and putting it down: then it is delivered
    again when its lease has run out.
    """

    def __init__(
        self, database: Database, courier: Courier[Parcel], rows: Counter, *, lanes: int = 2, pace: Pace | None = None
    ) -> None:
        self._database = database
        self._courier = courier
        self._pace = pace = pace or Pace()
        self._measures = measures = Measures.of(courier.table, rows)
        self._claims = Claims(database, courier, measures, pace)
        self._ledger = Ledger(database, courier, measures, pace.database)
        self._appetite = Appetite(least=lanes)
        self._claimed: asyncio.Queue[Claimed[Parcel]] = asyncio.Queue()
        self._in_hand = 0
        self._is_low = asyncio.Event()
        self._ends = asyncio.Event()
        self._is_cut_off = asyncio.Event()
        self._faults = 0
        self._database_faults = 0
        self._last_fault = ""
        self._is_stranger = False
        self._ways = [Way(courier, pace) for _ in range(lanes)]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def outbox(self) -> str:
        """The name of its table."""
        return self._measures.outbox

    def start(self) -> None:
        name = self.outbox
        self._ledger.start()
        self._tasks = [
            asyncio.create_task(self._claim(), name=f"claims of {name}"),
            *(asyncio.create_task(self._work(way), name=f"lane of {name}") for way in self._ways),
        ]

    async def stop(self, within: float | None = None) -> None:
        """Lets what is being delivered end within so many seconds, and gives the rest back at once."""
        if not self._tasks:
            return
        claims, *lanes = self._tasks
        self._ends.set()
        self._is_low.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.stop if within is None else within):
                await self._give_back()
                await asyncio.wait([claims])
                await self._give_back()
                await self._claimed.join()
        for task in (claims, *lanes):
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._ledger.close(self._pace.last_words)

    async def _claim(self) -> None:
        while not self._ends.is_set():
            if self._is_cut_off.is_set():
                await self._sit_out()
            try:
                await self._ledger.caught_up()
                await self._claim_once()
                self._database_faults = 0
            except Exception as error:
                self._database_faults += 1
                self._appetite.spoiled()  # it may have been too much to judge in time
                log.warning("outbox_interrupted", outbox=self.outbox, error=told_in_logs(error))
                await self._rest(self._pace.pause(self._database_faults))

    async def _claim_once(self) -> None:
        # After a fault that concerned all rows, a single one shows whether it has passed.
        limit = 1 if self._faults or self._database_faults else max(self._appetite.limit - self._in_hand, 1)
        taken, is_more_due = await self._claims.take(limit)
        claimed_at = time.monotonic()
        for claimed in taken:
            self._take_in_hand(claimed)
        if self._faults:
            await self._claimed.join()
        if not is_more_due:
            await self._rest(self._pace.next_poll())
        while not self._ends.is_set() and self._in_hand > self._appetite.low:
            self._is_low.clear()
            await self._is_low.wait()
        if is_more_due and not self._faults:
            self._appetite.took(time.monotonic() - claimed_at)

    async def _sit_out(self) -> None:
        """Waits, longer each time, while nothing can be delivered at all."""
        await self._give_back()
        await self._claimed.join()
        if any(way.works for way in self._ways):
            self._faults = 0
        else:
            pause = self._pace.pause(self._faults, is_stranger=self._is_stranger)
            log.warning("outbox_unreachable", outbox=self.outbox, pause=round(pause, 1), error=self._last_fault)
            self._faults += 1
            await self._rest(pause)
        self._is_cut_off.clear()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ends.wait()

    def _take_in_hand(self, claimed: Claimed[Parcel]) -> None:
        self._in_hand += 1
        self._claimed.put_nowait(claimed)

    def _let_go(self) -> None:
        self._in_hand -= 1
        self._claimed.task_done()
        if self._in_hand <= self._appetite.low:
            self._is_low.set()

    async def _give_back(self) -> None:
        """What no lane has begun."""
        while not self._claimed.empty():
            claimed = self._claimed.get_nowait()
            await self._ledger.put(Entry(claimed.given_back()))
            self._let_go()

    async def _work(self, way: Way[Parcel]) -> None:
        try:
            while True:
                claimed = await self._next_claimed(self._pace.idle_lane if way.is_open else None)
                if claimed is None:
                    await way.close()
                    continue
                try:
                    is_one_too_many = await self._deal_with(claimed, way)
                finally:
                    self._let_go()
                if is_one_too_many:
                    await self._retire()
        finally:
            await way.close()

    async def _next_claimed(self, within: float | None) -> Claimed[Parcel] | None:
        try:
            async with asyncio.timeout(within):
                return await self._claimed.get()
        except TimeoutError:
            return None

    async def _retire(self) -> None:
        """Waits until there may be room for one more lane, or until none works any more."""
        log.info("outbox_lane_retired", outbox=self.outbox, error=self._last_fault)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.next_return()):
                await self._is_cut_off.wait()

    async def _deal_with(self, claimed: Claimed[Parcel], way: Way[Parcel]) -> bool:
        """Delivers it or gives it back; answers whether its lane was one more than the others' end allows."""
        is_stale = claimed.age > self._pace.fresh
        if is_stale:
            self._appetite.spoiled()
        if is_stale or self._is_cut_off.is_set() or self._ends.is_set():
            await self._ledger.put(Entry(claimed.given_back()))
            return False
        worked = way.works
        try:
            await way.deliver(claimed.parcel)
        except Unreachable as fault:
            self._last_fault = told_in_logs(fault)
            self._is_stranger = isinstance(fault, NotSignedIn)
            is_about_the_lane = isinstance(fault, NotConnected) or not worked
            if is_about_the_lane and any(each.works for each in self._ways):
                self._take_in_hand(claimed)  # for the others
                return True
            self._is_cut_off.set()
            self._faults = max(self._faults, 1)
            await self._ledger.put(self._failed(claimed, fault))
        except (TryLater, Refused) as fault:
            self._reached()
            await self._ledger.put(self._failed(claimed, fault))
        except Exception as fault:
            # Cut off by us, or the courier's own. Whether it is this row shows the next time.
            error = f"{type(fault).__name__}: {told_in_logs(fault)}"
            log.error("outbox_row_failed", outbox=self.outbox, id=str(claimed.id), error=error)
            await self._ledger.put(self._failed(claimed, fault))
        except asyncio.CancelledError:
            # Otherwise its lease has to run out first: it may have arrived.
            log.warning(
                "outbox_row_cut_off", outbox=self.outbox, id=str(claimed.id), may_have_arrived=way.may_have_arrived
            )
            if not way.may_have_arrived:
                self._ledger.put_if_room(Entry(claimed.given_back()))
            raise
        else:
            self._reached()
            await self._ledger.put(Entry(claimed.sent()))
        return False

    def _reached(self) -> None:
        if self._faults:
            log.info("outbox_reachable", outbox=self.outbox)
        self._faults = 0

    def _failed(self, claimed: Claimed[Parcel], fault: Exception) -> Entry[Parcel]:
        outcome = claimed.failed(fault, self._pace)
        said = log.bind(outbox=self.outbox, id=str(claimed.id), attempts=claimed.attempts, error=told_in_logs(fault))
        if outcome.state is State.DEAD:
            said.warning("outbox_row_dead")
        else:
            said.info("outbox_row_retried")
        return Entry(outcome, (claimed.parcel, fault) if isinstance(fault, Refused) else None)
