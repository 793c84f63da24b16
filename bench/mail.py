"""E-mails that are due, sent by `portal worker`, beside aiosmtplib alone sending the same messages."""

import asyncio
import json
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.processes import ROOT, BenchError, free_port, server
from bench.table import Row
from bench.world import World

_MAILS = 10_000
_LANES = 2
_LIMIT_SECONDS = 600.0
_PUBLIC_URL = "https://portal.example.org"

_QUEUE = (
    "TRUNCATE client_portal.email_outbox, client_portal.email_items",
    """
    INSERT INTO client_portal.notification_settings (recipient_user_id, email_enabled)
    SELECT user_id, true FROM client_portal.accounts
    ON CONFLICT (recipient_user_id) DO UPDATE SET email_enabled = true
    """,
    # Threads that are rooms of nobody: all else is as it is when two messages have joined one e-mail.
    f"""
    INSERT INTO client_portal.email_outbox (recipient_id, thread, due_at)
    SELECT member.user_id, gen_random_uuid(), now() + interval '1 day'
    FROM generate_series(1, {_MAILS}) n
    JOIN (SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS place, count(*) OVER () AS places
          FROM client_portal.accounts WHERE role = 'client') member
      ON member.place = n % member.places
    """,
    """
    INSERT INTO client_portal.email_items
        (notification_id, email_id, project_id, type, source_kind, source_id, title, body)
    SELECT gen_random_uuid(), email.id, member.project_id, 'message_posted', 'message', gen_random_uuid(),
           'New message from User ' || n,
           'Could you have a look at the second draft before Thursday, please? It is number ' || n
    FROM client_portal.email_outbox email
    JOIN (SELECT DISTINCT ON (user_id) user_id, project_id FROM client_portal.project_members WHERE role = 'client')
         member ON member.user_id = email.recipient_id
    CROSS JOIN generate_series(1, 2) n
    """,
    "VACUUM (ANALYZE) client_portal.email_outbox, client_portal.email_items",
)


@dataclass(frozen=True, slots=True)
class _Sink:
    """The running mail server."""

    port: int

    def taken(self) -> tuple[int, int, float]:
        """How many it took since it was last asked, how many different ones, and when the first came."""
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            taken, different, first = client.verify("anybody")[1].split()
        return int(taken), int(different), float(first)


def mails(world: World) -> Iterator[Row]:
    """Mails per second of one worker and of four, each a process of its own with two connections."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    command = [sys.executable, "-m", "bench.mail_sink", str(port)]
    with server(command, port, inherited, world.folder / "sink.log"):
        sink = _Sink(port)
        for workers in (1, 4):
            alone = _alone(world, sink, workers)
            own = _own(world, sink, workers)
            yield Row(
                f"e-mails, {_MAILS:,} due, {workers} worker{'s' if workers > 1 else ''} of {_LANES} connections",
                f"{own:,.0f}/s",
                f"aiosmtplib alone, {workers} process{'es' if workers > 1 else ''} {alone:,.0f}/s",
                own / alone,
                0.6,
            )


def _own(world: World, sink: _Sink, workers: int) -> float:
    asyncio.run(_queue(world))
    with ExitStack() as stack:
        for number in range(workers):
            stack.enter_context(_worker(world, sink, number))
        sink.taken()
        ended = asyncio.run(_until_sent(world))
    taken, different, first = sink.taken()
    if (taken, different) != (_MAILS, _MAILS):
        raise BenchError(f"{taken:,} e-mails were sent, {different:,} different ones, of {_MAILS:,}")
    return _MAILS / (ended - first)


def _alone(world: World, sink: _Sink, processes: int) -> float:
    """The same messages, made before the clock runs, and shared out among as many processes."""
    ids = asyncio.run(_queue(world))
    with ExitStack() as stack:
        running = [stack.enter_context(_process([sys.executable, "-m", "bench.mail_alone"])) for _ in range(processes)]
        for number, process in enumerate(running):
            plan = {
                "port": sink.port,
                "settings": _settings(world, sink),
                "ids": ids[number::processes],
                "connections": _LANES,
            }
            _tell(process, json.dumps(plan))
        if sum(_answer(process)["ready"] for process in running) != _MAILS:
            raise BenchError("not every e-mail would be sent")
        for process in running:
            _tell(process, "go")
        answers = [_answer(process) for process in running]
    sink.taken()
    return _MAILS / (max(each["ended"] for each in answers) - min(each["started"] for each in answers))


def _settings(world: World, sink: _Sink) -> dict[str, str]:
    return {
        "database_url": world.url,
        "jwt_secret": world.secret,
        "public_url": _PUBLIC_URL,
        "smtp_url": f"smtp://127.0.0.1:{sink.port}",
        "app_env": "production",
    }


async def _queue(world: World) -> Sequence[str]:
    """Puts the e-mails into the outbox, not due yet; answers their ids."""
    connection = await asyncpg.connect(world.owner_url)
    try:
        for statement in _QUEUE:
            await connection.execute(statement)
        return [str(row["id"]) for row in await connection.fetch("SELECT id FROM client_portal.email_outbox")]
    finally:
        await connection.close()


async def _until_sent(world: World) -> float:
    """Has all of them due, and answers when all were sent."""
    connection = await asyncpg.connect(world.owner_url)
    try:
        await connection.execute("UPDATE client_portal.email_outbox SET due_at = now()")
        deadline = time.time() + _LIMIT_SECONDS
        while await connection.fetchval("SELECT EXISTS (SELECT FROM client_portal.email_outbox WHERE state <> 'sent')"):
            if time.time() > deadline:
                raise BenchError(f"not all e-mails were sent within {_LIMIT_SECONDS:.0f} s")
            await asyncio.sleep(0.1)
        return time.time()
    finally:
        await connection.close()


@contextmanager
def _worker(world: World, sink: _Sink, number: int) -> Iterator[None]:
    """`portal worker`, at work."""
    own = {name.upper(): value for name, value in _settings(world, sink).items()}
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    command = [sys.executable, "-c", "from app.cli import main; main()", "worker", "--lanes", str(_LANES)]
    log = world.folder / f"worker-{number}.log"
    with _process(command, inherited | own, log) as process:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line.startswith("Sending"):
            raise BenchError(f"portal worker did not start: {' '.join(log.read_text().split()[-60:])}")
        yield


@contextmanager
def _process(
    command: Sequence[str], environment: dict[str, str] | None = None, log: Path | None = None
) -> "Iterator[subprocess.Popen[str]]":
    with ExitStack() as stack:
        errors = None if log is None else stack.enter_context(log.open("a"))
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            bufsize=1,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def _tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _answer(process: "subprocess.Popen[str]") -> dict[str, float]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchError("bench.mail_alone ended without an answer")
    answer: dict[str, float] = json.loads(line)
    return answer
