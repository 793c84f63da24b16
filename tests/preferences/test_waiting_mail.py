"""What becomes of e-mail that waits for its time when the time that somebody wants is another one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.settings import QUIET
from tests.running import caller_of, running, until
from tests.world import PEOPLE, World, bearer

PATH = "/api/notifications/preferences"


@pytest.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    async with running(world.settings(mail_quiet_seconds=QUIET.total_seconds())) as application:
        yield application


@pytest.fixture
async def dev(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer("dev")) as caller:
        yield caller


async def _email(world: World, *, age: timedelta, due_in: timedelta, state: str = "waiting", to: str = "dev") -> UUID:
    """An e-mail that was made so long ago, and is looked at in so long."""
    id_: UUID = await world.value(
        "INSERT INTO client_portal.email_outbox (recipient_id, thread, state, created_at, due_at)"
        " VALUES ($1, $2, $3, now() - $4::interval, now() + $5::interval) RETURNING id",
        PEOPLE[to],
        uuid4(),
        state,
        age,
        due_in,
    )
    return id_


async def _due_in(world: World, id_: UUID) -> timedelta:
    found: timedelta = await world.value("SELECT due_at - now() FROM client_portal.email_outbox WHERE id = $1", id_)
    return found


async def _due_at(world: World, id_: UUID) -> datetime:
    found: datetime = await world.value("SELECT due_at FROM client_portal.email_outbox WHERE id = $1", id_)
    return found


OLD, FAR = timedelta(hours=1), timedelta(hours=10)

CHANGES: list[dict[str, Any]] = [
    {"digest": "at_once"},
    {"digest": "hourly"},
    {"quiet_hours": None},
    {"quiet_hours": {"from": "01:00", "to": "02:00"}},
    {"time_zone": "Asia/Tokyo"},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
async def test_what_was_put_off_is_looked_at_again_at_once(
    dev: httpx.AsyncClient, world: World, change: dict[str, Any]
):
    put_off = [await _email(world, age=OLD, due_in=FAR) for _ in range(3)]
    assert (await dev.patch(PATH, json=change)).status_code == 200
    for id_ in put_off:
        assert await _due_in(world, id_) <= timedelta(0)


async def test_its_quiet_window_is_not_cut_short(dev: httpx.AsyncClient, world: World):
    put_off = await _email(world, age=QUIET / 2, due_in=FAR)
    waiting = await _email(world, age=timedelta(0), due_in=QUIET - timedelta(seconds=1))
    before = await _due_at(world, waiting)
    assert (await dev.patch(PATH, json={"digest": "at_once"})).status_code == 200
    made = await world.value("SELECT created_at FROM client_portal.email_outbox WHERE id = $1", put_off)
    assert await _due_at(world, put_off) == made + QUIET
    assert await _due_at(world, waiting) == before


@pytest.mark.parametrize("state", ["sending", "retrying", "sent", "dead"])
async def test_what_is_under_way_or_has_ended_stays_as_it_is(dev: httpx.AsyncClient, world: World, state: str):
    id_ = await _email(world, age=OLD, due_in=FAR, state=state)
    before = await _due_at(world, id_)
    assert (await dev.patch(PATH, json={"digest": "at_once"})).status_code == 200
    assert await _due_at(world, id_) == before


async def test_nobody_elses_is_touched(dev: httpx.AsyncClient, world: World):
    id_ = await _email(world, age=OLD, due_in=FAR, to="client")
    before = await _due_at(world, id_)
    assert (await dev.patch(PATH, json={"digest": "at_once"})).status_code == 200
    assert await _due_at(world, id_) == before


async def test_what_says_nothing_of_times_touches_nothing(dev: httpx.AsyncClient, world: World):
    id_ = await _email(world, age=OLD, due_in=FAR)
    before = await _due_at(world, id_)
    for change in ({}, {"channels": [{"type": "message_posted", "email": False}]}):
        assert (await dev.patch(PATH, json=change)).status_code == 200
    assert await _due_at(world, id_) == before


async def test_a_worker_that_puts_it_off_by_the_old_times_meanwhile_has_not_the_last_word(
    dev: httpx.AsyncClient, world: World
):
    id_ = await _email(world, age=OLD, due_in=-timedelta(seconds=1))
    async with world.connection() as worker, worker.transaction():
        await worker.fetch("SELECT id FROM client_portal.email_outbox FOR UPDATE SKIP LOCKED")
        await worker.execute("UPDATE client_portal.email_outbox SET due_at = now() + interval '10 hours'")
        changing = asyncio.create_task(dev.patch(PATH, json={"digest": "at_once"}))
        await until(lambda: _somebody_waits(world))
    assert (await changing).status_code == 200
    assert await _due_in(world, id_) <= timedelta(0)


async def _somebody_waits(world: World) -> bool:
    backends = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(await world.value(backends))
