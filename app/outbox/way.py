"""The place of one lane: opened when there is something to deliver, opened again when it could not go on."""

import asyncio
from contextlib import suppress
from typing import Generic

from app.outbox.courier import Courier, Lane, Parcel, Refused, TryLater
from app.outbox.pace import Pace

_CLOSE_SECONDS = 2.0


class Way(Generic[Parcel]):
    """``works`` says whether its lane has got an answer since it was opened; the other flag is what that lane says."""

    def __init__(self, courier: Courier[Parcel], pace: Pace) -> None:
        self._courier = courier
        self._limit = pace.delivery
        self._lane: Lane[Parcel] | None = None
        self.works = False
        self.may_have_arrived = False

    @property
    def is_open(self) -> bool:
        return self._lane is not None

    async def deliver(self, parcel: Parcel) -> None:
        """Raises what the lane raises; whatever that is beside a refusal, the next delivery opens another one."""
        try:
            self._lane = self._lane or self._courier.lane()
            async with asyncio.timeout(self._limit):
                await self._lane.deliver(parcel)
        except (TryLater, Refused):
            self.works = True
            raise
        except BaseException:
            self.may_have_arrived = self._lane is not None and self._lane.may_have_arrived
            await self.close()
            raise
        self.works = True

    async def close(self) -> None:
        """As well as it can be."""
        lane, self._lane = self._lane, None
        self.works = False
        if lane is not None:
            with suppress(Exception):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await lane.close()
