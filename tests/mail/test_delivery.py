"""From an event to a mail server that does not just take it, through the application's own worker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import httpx
import pytest
import pytest_asyncio

from app.dev.demo import FIRST_PROJECT
from app.outbox.pace import Pace
from tests.running import caller_of, running, until
from tests.smtp import SmtpServer, Step
from tests.world import PEOPLE, World, bearer, email

OUTBOX = "client_portal.email_outbox"


@pytest_asyncio.fixture
async def client(world: World, server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The client, whose messages go to the developer by e-mail at once."""
    monkeypatch.setattr("app.outbox.worker.Pace", partial(Pace, poll=0.05, first_pause=0.05))
    settings = world.settings(
        mail_worker=True, mail_quiet_seconds=0, smtp_url=server.url(), public_url="https://portal.example.com"
    )
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(running(settings))
        yield await stack.enter_async_context(caller_of(app, headers=bearer("client")))


async def test_an_address_that_bounced_is_sent_nothing_more(
    client: httpx.AsyncClient, world: World, server: SmtpServer
):
    server.refusals[email("dev")] = "550 5.1.1 no such user"
    await _write(client, world)
    await until(lambda: _is(world, "dead"))
    [row] = await world.fetch(f"SELECT error, address, attempts, ended_at IS NOT NULL AS has_ended FROM {OUTBOX}")
    assert dict(row) == {
        "error": "RCPT: 550 5.1.1 no such user",
        "address": email("dev"),
        "attempts": 1,
        "has_ended": True,
    }
    # In the transaction that ended the row.
    [suppressed] = await world.fetch("SELECT address, reason FROM client_portal.email_suppressions")
    assert tuple(suppressed) == (email("dev"), "RCPT: 550 5.1.1 no such user")
    server.forgive()
    await _write(client, world)
    await until(lambda: _is(world, "not_sent"))
    assert server.received == []


async def test_what_is_refused_for_what_it_says_is_dead_and_the_next_is_sent(
    client: httpx.AsyncClient, world: World, server: SmtpServer
):
    server.once(Step.END, "554 5.7.1 looks like spam")
    await _write(client, world)
    await until(lambda: _is(world, "dead"))
    assert await world.value("SELECT count(*) FROM client_portal.email_suppressions") == 0
    await _write(client, world)
    await until(lambda: _is(world, "sent"))
    assert [each.recipients for each in server.received] == [[email("dev")]]


async def test_what_could_not_go_out_goes_out_once_later_as_the_same_message(
    client: httpx.AsyncClient, world: World, server: SmtpServer
):
    server.down()
    await _write(client, world)
    await until(lambda: _has_said(world, "Error connecting to 127.0.0.1"))
    server.once(Step.RCPT, "450 4.2.0 greylisted")
    server.up()
    await _hurry(world)
    await until(lambda: _has_said(world, "greylisted"))
    await _hurry(world)
    await until(lambda: _is(world, "sent"))
    row = await world.value(f"SELECT id FROM {OUTBOX}")
    assert [each.message["Message-ID"] for each in server.received] == [f"<{row}@portal.example.com>"]


async def _write(client: httpx.AsyncClient, world: World) -> None:
    room = await world.value(
        "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2", FIRST_PROJECT, PEOPLE["client"]
    )
    answer = await client.post(f"/api/rooms/{room}/messages", json={"body": "The window leaks"})
    assert answer.status_code == 201


async def _is(world: World, state: str) -> bool:
    """Whether the newest e-mail is there."""
    return bool(await world.value(f"SELECT state = $1 FROM {OUTBOX} ORDER BY created_at DESC LIMIT 1", state))


async def _has_said(world: World, text: str) -> bool:
    return text in str(await world.value(f"SELECT error FROM {OUTBOX}"))


async def _hurry(world: World) -> None:
    """Lets the next try be due now."""
    await world.execute(f"UPDATE {OUTBOX} SET due_at = clock_timestamp() WHERE state = 'retrying'")
