"""`portal worker`, and the worker within the portal."""

import asyncio
import signal
import socket
import threading
from pathlib import Path

import httpx
import pytest

from tests.letters.queued import queued
from tests.outbox.post_office import PostOffice
from tests.outbox.process import WorkerProcess
from tests.portal import free_port
from tests.running import running, until
from tests.smtp import Act, Behaviour, SmtpServer, Step
from tests.tools.commands import forked, on, refuses
from tests.world import World, email


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
async def test_it_sends_what_is_due_and_ends_in_order(
    office: PostOffice, server: SmtpServer, tmp_path: Path, number: signal.Signals
):
    await _due(office.world)
    with WorkerProcess(office.world, tmp_path, server.url(), typed=True) as process:
        await until(lambda: process.is_at_work, within=120)
        await office.becomes(sent=1, within=120)
        assert process.end(number) == (0, "Sending what is due: email_outbox.  (Ctrl-C ends it)\n")
    (received,) = server.received
    assert received.recipients == [email("dev")]


async def test_its_measures_are_served_where_it_is_told_to(office: PostOffice, server: SmtpServer, tmp_path: Path):
    await _due(office.world)
    port = free_port()
    with WorkerProcess(office.world, tmp_path, server.url(), f"--metrics-port={port}") as process:
        await until(lambda: process.is_at_work, within=120)
        await office.becomes(sent=1, within=120)
        async with httpx.AsyncClient() as http:

            async def is_counted() -> bool:
                answer = await http.get(f"http://127.0.0.1:{port}/metrics")
                return 'portal_outbox_rows_total{outbox="email_outbox",state="sent"} 1.0' in answer.text

            await until(is_counted)


def test_a_port_that_is_taken_is_said_in_one_line(office: PostOffice, server: SmtpServer):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = forked("worker", f"--metrics-port={port}", SMTP_URL=server.url(), **on(office.world))
    assert refuses(done).startswith(f"--metrics-port: nothing can listen on 127.0.0.1:{port}: ")


async def test_told_to_end_it_waits_for_a_server_that_is_slow_to_say_that_it_has_taken_it(
    office: PostOffice, server: SmtpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await _due(office.world)
    reached, goes_on = threading.Event(), threading.Event()

    def slow(step: Step) -> Behaviour | None:
        if step is Step.END:
            reached.set()
            goes_on.wait(60)
        return None

    monkeypatch.setattr(server, "_behaviour", slow)
    with WorkerProcess(office.world, tmp_path, server.url()) as process:
        await until(reached.is_set, within=120)
        process.tell(signal.SIGTERM)
        await asyncio.sleep(4)  # longer than anything but a delivery is waited for
        assert process.is_at_work
        goes_on.set()
        await office.becomes(sent=1, within=120)
    assert len(server.received) == 1


async def test_told_twice_to_end_it_waits_for_nothing(office: PostOffice, server: SmtpServer, tmp_path: Path):
    await _due(office.world)
    server.once(Step.DATA, Act.HANG)
    with WorkerProcess(office.world, tmp_path, server.url()) as process:
        await until(lambda: not server._next[Step.DATA], within=120)
        process.tell(signal.SIGTERM)
        await asyncio.sleep(0.5)  # two signals that come together are one
        code, _ = process.end(signal.SIGTERM)
    assert code == 0
    assert await office.states() == {"sending": 1}


def test_without_any_way_to_deliver_it_says_what_to_set(world: World):
    done = forked("worker", APP_ENV="production", **on(world))
    assert refuses(done).startswith("SMTP_URL: must be set for e-mail with APP_ENV=production")


def test_a_database_that_is_not_there_is_said_in_one_line(world: World):
    gone = on(world) | {"DATABASE_URL": "postgresql://portal:portal@127.0.0.1:1/portal"}
    assert refuses(forked("worker", **gone)).startswith("DATABASE_URL: nothing to connect to at 127.0.0.1:1")


async def test_a_schema_that_is_not_up_to_date_is_said_in_one_line(world: World):
    await world.execute("UPDATE client_portal.alembic_version SET version_num = '0003'")
    assert refuses(forked("worker", **on(world))).endswith("run `portal migrate` first")


def test_without_a_database_it_says_what_to_set(tmp_path: Path):
    assert refuses(forked("worker", DATA_DIR=str(tmp_path))).startswith("DATABASE_URL: must be set")


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
async def test_the_portal_sends_by_itself_unless_told_not_to(office: PostOffice, server: SmtpServer, is_on: bool):
    await _due(office.world)
    async with running(office.world.settings(smtp_url=server.url(), mail_worker=is_on)) as app:
        if is_on:
            await office.becomes(sent=1)
        else:
            assert all(not worker._tasks for worker in app.state.outbox_workers)
    assert len(server.received) == is_on


async def test_without_a_mail_server_it_waits_in_production_and_is_a_file_in_development(
    office: PostOffice, tmp_path: Path
):
    id_ = await queued(office.world, "dev")
    await office.world.execute("UPDATE client_portal.email_outbox SET due_at = now()")
    own = {"mail_worker": True, "data_dir": tmp_path}
    async with running(office.world.settings(app_env="production", **own)) as app:
        assert app.state.outbox_workers == []
    assert await office.states() == {"waiting": 1}
    async with running(office.world.settings(**own)):
        await office.becomes(sent=1)
    assert (tmp_path / "mail" / f"{id_}.eml").read_text().startswith("From: ")


async def _due(world: World) -> None:
    await queued(world, "dev")
    await world.execute("UPDATE client_portal.email_outbox SET due_at = now()")
