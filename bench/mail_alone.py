"""aiosmtplib alone: sends messages that are made already, over so many connections.

A process of its own: `python -m bench.mail_alone`, a plan on standard input; on standard output that it is ready, then,
when the moment has come, the measurement.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import aiosmtplib
import uvloop

from app.core.database import Database
from app.letters.workers import letter_courier
from app.mail.message import Message, compose
from app.mail.outgoing import Outgoing
from app.outbox.courier import Send
from app.projects.preflight import HostSchema
from app.settings import Settings

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """``settings`` are those of the portal whose messages these are; ``ids`` are which. Any line starts it."""

    port: int
    settings: dict[str, str]
    ids: Sequence[str]
    connections: int


async def _main(plan: Plan) -> None:
    messages = await _messages(plan)
    clients = [aiosmtplib.SMTP(hostname="127.0.0.1", port=plan.port, start_tls=False) for _ in range(plan.connections)]
    gc.collect()
    gc.freeze()
    _say({"ready": len(messages)})
    sys.stdin.readline()
    started = time.time()
    waiting = iter(messages)
    await asyncio.gather(*(_send(client, waiting) for client in clients))
    _say({"started": started, "ended": time.time()})
    sys.stdin.readline()


async def _send(client: aiosmtplib.SMTP, messages: Iterator[Message]) -> None:
    await client.connect()
    for message in messages:
        await client.sendmail(message.sender, [message.recipient], message.content)
    await client.quit()


async def _messages(plan: Plan) -> list[Message]:
    """What the portal would send."""
    settings = Settings.model_validate(plan.settings)
    assert settings.database_url is not None
    courier = letter_courier(settings, HostSchema(True), Outgoing(settings))
    database = Database(settings.database_url, pool_size=1)
    ids = [UUID(id_) for id_ in plan.ids]
    made: list[Message] = []
    async with database.reading() as connection:
        for start in range(0, len(ids), _AT_ONCE):
            verdicts = await courier.judge(connection, ids[start : start + _AT_ONCE], datetime.now(UTC))
            made += [compose(each.parcel, settings.sender) for each in verdicts.values() if isinstance(each, Send)]
    await database.close()
    return made


def _say(answer: dict[str, float]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(_main(Plan(**json.loads(sys.stdin.readline()))))
