"""Browsers say that somebody has a page before them, and that they have not any more."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from tests.running import caller_of
from tests.world import PEOPLE, World, bearer

PATH = "/api/notifications/visible"


@pytest.fixture
async def dev(app: FastAPI):
    async with caller_of(app, headers=bearer("dev")) as caller:
        yield caller


async def _left(world: World) -> dict[str, timedelta]:
    """How much longer each person is taken to look at a page."""
    rows = await world.fetch("SELECT user_id, visible_until - clock_timestamp() FROM client_portal.visibility")
    return {name: row[1] for row in rows for name, id_ in PEOPLE.items() if id_ == row[0]}


async def test_it_holds_for_a_minute(dev: httpx.AsyncClient, world: World):
    answer = await dev.post(PATH)
    assert (answer.status_code, answer.content) == (204, b"")
    left = await _left(world)
    assert left.keys() == {"dev"}
    assert left["dev"] <= timedelta(seconds=60)


async def test_it_is_said_again_and_again(dev: httpx.AsyncClient, world: World):
    await dev.post(PATH)
    await world.execute("UPDATE client_portal.visibility SET visible_until = now() - interval '1 hour'")
    assert (await dev.post(PATH)).status_code == 204
    assert (await _left(world))["dev"] > timedelta(0)


async def test_it_ends_when_they_say_so_and_for_nobody_else(app: FastAPI, dev: httpx.AsyncClient, world: World):
    async with caller_of(app, headers=bearer("pm")) as pm:
        for caller in (dev, pm):
            await caller.post(PATH)
        for _ in range(2):
            answer = await dev.delete(PATH)
            assert (answer.status_code, answer.content) == (204, b"")
    assert (await _left(world)).keys() == {"pm"}
