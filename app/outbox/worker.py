"""A worker: claims what is due, delivers it by several lanes at once, and has what became of it put down."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any, Generic

import structlog
from prometheus_client import Counter

from app.core.database import Database
from app.outbox import queries
from app.outbox.appetite import Appetite
from app.outbox.claims import Claimed, Claims
from app.outbox.courier import Courier, Lane, Parcel, Refused, TryLater, Unreachable
from app.outbox.faults import told, told_in_logs
from app.outbox.ledger import Entry, Ledger
from app.outbox.measures import Measures
from app.outbox.models import State
from app.outbox.pace import Pace
from app.outbox.queries import Outcome

log = structlog.get_logger(__name__)

_PURGED_AT_ONCE = 1000
_CLOSE_SECONDS = 2.0
_LONGEST_ASKED_FOR = timedelta(days=1)


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
        self._ledger = Ledger(database, courier, measures)
        self._appetite = Appetite(least=2 * lanes)
        self._claimed: asyncio.Queue[Claimed[Parcel]] = asyncio.Queue()
        self._is_low = asyncio.Event()
        self._ends = asyncio.Event()
        self._cut_off_by: Unreachable | None = None
        self._faults = 0
        self._lanes = lanes
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
            asyncio.create_task(self._purge(), name=f"purge of {name}"),
            *(asyncio.create_task(self._work(), name=f"lane of {name}") for _ in range(self._lanes)),
        ]

    async def stop(self) -> None:
        """Lets what is being delivered end within a few seconds, and gives the rest back."""
        if not self._tasks:
            return
        claims, purge, *lanes = self._tasks
        self._ends.set()
        self._is_low.set()
        purge.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.stop):
                await asyncio.wait([claims])
                await self._claimed.join()
        for task in (claims, *lanes):
            task.cancel()
        await asyncio.wait(self._tasks)
        await self._ledger.close(self._pace.stop)

    async def _claim(self) -> None:
        database_faults = 0
        while not self._ends.is_set():
            if self._cut_off_by is not None:
                await self._sit_out(self._cut_off_by)
            try:
                await self._claim_once()
                database_faults = 0
            except Exception as error:
                database_faults += 1
                log.warning("outbox_interrupted", outbox=self.outbox, error=told_in_logs(error))
                await self._rest(self._pace.pause(database_faults))

    async def _claim_once(self) -> None:
        # After a fault that concerned all rows, a single one shows whether it has passed.
        taken, is_more_due = await self._claims.take(1 if self._faults else self._appetite.limit)
        claimed_at = time.monotonic()
        for claimed in taken:
            self._claimed.put_nowait(claimed)
        if self._faults:
            await self._claimed.join()
        if not is_more_due:
            await self._rest(self._pace.next_poll())
        while not self._ends.is_set() and self._claimed.qsize() > self._appetite.low:
            self._is_low.clear()
            await self._is_low.wait()
        if is_more_due and not self._faults:
            self._appetite.took(time.monotonic() - claimed_at)

    async def _sit_out(self, fault: Unreachable) -> None:
        """Waits, longer each time, while nothing can be delivered at all. The lanes give back what is left."""
        await self._claimed.join()
        pause = self._pace.pause(self._faults)
        log.warning("outbox_unreachable", outbox=self.outbox, pause=round(pause, 1), error=told_in_logs(fault))
        self._faults += 1
        await self._rest(pause)
        self._cut_off_by = None

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ends.wait()

    async def _work(self) -> None:
        lane: Lane[Parcel] | None = None
        try:
            while True:
                claimed = await self._next_claimed(None if lane is None else self._pace.idle_lane)
                if claimed is None:
                    await _close(lane)
                    lane = None
                    continue
                try:
                    lane = await self._deal_with(claimed, lane)
                finally:
                    self._claimed.task_done()
        finally:
            await _close(lane)

    async def _next_claimed(self, within: float | None) -> Claimed[Parcel] | None:
        try:
            async with asyncio.timeout(within):
                claimed = await self._claimed.get()
        except TimeoutError:
            return None
        if self._claimed.qsize() <= self._appetite.low:
            self._is_low.set()
        return claimed

    async def _deal_with(self, claimed: Claimed[Parcel], lane: Lane[Parcel] | None) -> Lane[Parcel] | None:
        """Delivers it or gives it back; answers the lane, unless that cannot go on."""
        if self._cut_off_by is not None or self._ends.is_set() or claimed.age > self._pace.fresh:
            await self._ledger.put(Entry(_given_back(claimed)))
            return lane
        try:
            lane = lane or self._courier.lane()
            async with asyncio.timeout(self._pace.delivery):
                await lane.deliver(claimed.parcel)
        except (TryLater, Refused) as fault:
            self._reached()
            await self._ledger.put(self._failed(claimed, fault))
            return lane
        except Exception as fault:
            # Beside Unreachable: cut off by us, or the courier's own. Whether it is this row shows the next time.
            await self._ledger.put(self._failed(claimed, fault))
            await _close(lane)
            return None
        self._reached()
        await self._ledger.put(Entry(_ended(claimed, State.SENT)))
        return lane

    def _reached(self) -> None:
        if self._faults:
            log.info("outbox_reachable", outbox=self.outbox)
        self._faults = 0

    def _failed(self, claimed: Claimed[Parcel], fault: Exception) -> Entry[Parcel]:
        match fault:
            case Unreachable():
                self._cut_off_by = fault
                self._faults = max(self._faults, 1)
                return self._to_be_retried(claimed, fault, min(claimed.attempts, self._pace.blameless_tries))
            case TryLater():
                return self._to_be_retried(claimed, fault, claimed.attempts, fault.after)
            case Refused():
                self._log_end(claimed, fault)
                return Entry(_ended(claimed, State.DEAD, fault), (claimed.parcel, fault))
            case _:
                error = f"{type(fault).__name__}: {told_in_logs(fault)}"
                log.error("outbox_row_failed", outbox=self.outbox, id=str(claimed.id), error=error)
                return self._to_be_retried(claimed, fault, claimed.attempts)

    def _to_be_retried(
        self, claimed: Claimed[Parcel], fault: Exception, attempts: int, after: timedelta | None = None
    ) -> Entry[Parcel]:
        if attempts >= self._pace.tries:
            self._log_end(claimed, fault)
            return Entry(_ended(claimed, State.DEAD, fault))
        self._log_retry(claimed, fault)
        wait = max(self._pace.retry(attempts), min(after or timedelta(), _LONGEST_ASKED_FOR))
        return Entry(Outcome(claimed.id, claimed.generation, State.RETRYING, attempts, told(fault), after=wait))

    def _log_retry(self, claimed: Claimed[Parcel], fault: Exception) -> None:
        log.info(
            "outbox_row_retried",
            outbox=self.outbox,
            id=str(claimed.id),
            attempts=claimed.attempts,
            error=told_in_logs(fault),
        )

    def _log_end(self, claimed: Claimed[Parcel], fault: Exception) -> None:
        log.warning(
            "outbox_row_dead",
            outbox=self.outbox,
            id=str(claimed.id),
            attempts=claimed.attempts,
            error=told_in_logs(fault),
        )

    async def _purge(self) -> None:
        """Deletes what has ended long ago, now and then."""
        while True:
            await asyncio.sleep(self._pace.next_purge())
            try:
                await self.purge()
            except Exception as error:
                log.warning("outbox_not_purged", outbox=self.outbox, error=told_in_logs(error))

    async def purge(self) -> int:
        """Deletes what has ended long ago; answers how many rows that were."""
        total = 0
        while True:
            async with self._database.transaction() as transaction:
                deleted = await queries.delete_old(
                    transaction.connection, self._courier.table, self._pace.kept, _PURGED_AT_ONCE
                )
            total += deleted
            if deleted < _PURGED_AT_ONCE:
                return total


async def _close(lane: Lane[Any] | None) -> None:
    """Closes a lane as well as it can be."""
    if lane is not None:
        with suppress(Exception):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await lane.close()


def _given_back(claimed: Claimed[Any]) -> Outcome:
    return Outcome(claimed.id, claimed.generation, State.RETRYING, claimed.attempts - 1, due_at=claimed.was_due_at)


def _ended(claimed: Claimed[Any], state: State, fault: Exception | None = None) -> Outcome:
    error = None if fault is None else told(fault)
    return Outcome(claimed.id, claimed.generation, state, claimed.attempts, error)
