"""What would be done with the e-mails that wait, beside the worker."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import FastAPI

from app.core.database import Database
from app.letters.judge import LetterJudge
from app.letters.unsubscribe import UnsubscribeLinks
from app.mail.letter import Letter
from app.outbox.courier import Send, Verdict
from app.projects.preflight import HostSchema
from app.settings import Settings
from tests.world import SECRET, World

URL = "https://portal.example.com"
LINKS = UnsubscribeLinks(URL, SECRET)


async def judged(
    app: FastAPI, world: World, *, at: datetime | None = None, host: HostSchema | None = None
) -> dict[UUID, list[Verdict[Letter]]]:
    """What is to be done, by recipient, with each e-mail that waits: now, or as of another moment."""
    settings: Settings = app.state.settings
    judge = LetterJudge(host or HostSchema(True), URL, timedelta(seconds=settings.mail_quiet_seconds), LINKS)
    rows = await world.fetch(
        "SELECT id, recipient_id FROM client_portal.email_outbox WHERE state = 'waiting' ORDER BY created_at, id"
    )
    verdicts = await verdicts_of(app, judge, [row["id"] for row in rows], at or await now_of(world))
    found: dict[UUID, list[Verdict[Letter]]] = {}
    for row in rows:
        found.setdefault(row["recipient_id"], []).append(verdicts[row["id"]])
    return found


async def verdicts_of(
    app: FastAPI, judge: LetterJudge, ids: Sequence[UUID], at: datetime
) -> dict[UUID, Verdict[Letter]]:
    database: Database = app.state.database
    async with database.transaction() as transaction:
        return dict(await judge.judge(transaction.connection, ids, at))


async def now_of(world: World) -> datetime:
    """The database's clock."""
    now: datetime = await world.value("SELECT clock_timestamp()")
    return now


async def letters(app: FastAPI, world: World) -> list[Letter]:
    """What would be sent now."""
    found = (await judged(app, world)).values()
    return [verdict.parcel for verdicts in found for verdict in verdicts if isinstance(verdict, Send)]
