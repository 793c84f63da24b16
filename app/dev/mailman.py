"""The e-mail of the demo's story: what would have gone out is kept as letters, dated when it would have."""

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from app.core.database import Database, Transaction
from app.letters.judge import LetterJudge
from app.letters.unsubscribe import UnsubscribeLinks
from app.mail.folder import FolderLane
from app.mail.letter import Letter
from app.mail.models import Email
from app.outbox.courier import Later, Never, Send
from app.outbox.models import State
from app.projects.preflight import HostSchema
from app.settings import QUIET, Settings

_KEPT_FOR = timedelta(days=4)
"""Enough to look at; of what is older there are no rows."""


class Mailman:
    """Goes round whenever time has passed in the story, which ends ``now``."""

    def __init__(self, database: Database, host: HostSchema, settings: Settings, now: datetime) -> None:
        assert settings.jwt_secret is not None
        links = UnsubscribeLinks(settings.base_url, settings.jwt_secret)
        self._database = database
        self._judge = LetterJudge(host, settings.base_url, QUIET, links)
        self._lane = FolderLane(settings.data_dir / "mail", settings.sender)
        self._begins_at = now - _KEPT_FOR

    async def send_due(self, until: datetime) -> None:
        """Does with all that was due until then what a worker would have done at its time."""
        async with self._database.transaction() as transaction:
            if until < self._begins_at:
                await transaction.connection.execute(delete(Email))
            while due := await _next(transaction, until):
                await self._do(transaction, *due)

    async def _do(self, transaction: Transaction, email_id: UUID, moment: datetime) -> None:
        verdict = (await self._judge.judge(transaction.connection, [email_id], moment))[email_id]
        match verdict:
            case Send():
                await self._lane.deliver(_dated(verdict.parcel, moment))
                done = {"state": State.SENT, "address": verdict.address, "attempts": 1, "generation": 1}
                await _change(transaction, email_id, **done, ended_at=moment)
            case Never():
                await _change(transaction, email_id, state=State.NOT_SENT, error=verdict.reason, ended_at=moment)
            case Later():
                await _change(transaction, email_id, due_at=verdict.at)


def _dated(letter: Letter, moment: datetime) -> Letter:
    return replace(letter, headers={"Date": format_datetime(moment)})


async def _next(transaction: Transaction, until: datetime) -> tuple[UUID, datetime] | None:
    waiting = select(Email.id, Email.due_at).where(Email.state == State.WAITING, Email.due_at <= until)
    row = (await transaction.connection.execute(waiting.order_by(Email.due_at).limit(1))).one_or_none()
    return row and (row.id, row.due_at)


async def _change(transaction: Transaction, email_id: UUID, **columns: object) -> None:
    await transaction.connection.execute(update(Email).where(Email.id == email_id).values(**columns))
