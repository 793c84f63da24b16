"""The courier of e-mail: its letters are judged by how their recipients stand, and leave by the way of the settings."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.letters.judge import LetterJudge
from app.mail.letter import Letter
from app.mail.models import Email
from app.mail.outgoing import Outgoing
from app.outbox.courier import Lane, Refused, Verdict
from app.outbox.models import Queued


class LetterCourier:
    """What the outbox of e-mail is told by."""

    table: type[Queued] = Email

    def __init__(self, judge: LetterJudge, outgoing: Outgoing) -> None:
        self._judge = judge
        self._outgoing = outgoing

    async def judge(
        self, connection: AsyncConnection, ids: Sequence[UUID], now: datetime
    ) -> Mapping[UUID, Verdict[Letter]]:
        return await self._judge.judge(connection, ids, now)

    def lane(self) -> Lane[Letter]:
        return self._outgoing.lane()

    async def refused(self, connection: AsyncConnection, refusals: Sequence[tuple[Letter, Refused]]) -> None:
        """Suppresses the addresses that take no mail for good."""
        await self._outgoing.refused(connection, refusals)
