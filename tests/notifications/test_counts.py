"""Counts that callers share: each is as new as its question, and everybody gets one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.notifications import queries
from app.notifications.counts import UnreadCounts
from tests.world import PEOPLE, World


class _NoDatabase:
    """Stands in where the moment at which a statement ends is what matters, not what it reads."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        yield


async def test_who_asks_as_all_statements_end_is_answered_too(monkeypatch: pytest.MonkeyPatch):
    end = asyncio.Event()

    async def statement(_: object, recipients: list[UUID]) -> dict[UUID, int]:
        await end.wait()
        return dict.fromkeys(recipients, 7)

    async def ask_at_the_end() -> int:
        await end.wait()
        return await counts.of(UUID(int=9))

    monkeypatch.setattr(queries, "unread_counts", statement)
    database: Any = _NoDatabase()
    counts = UnreadCounts(database)
    early = []
    for number in range(2):
        early.append(asyncio.create_task(counts.of(UUID(int=number))))
        await asyncio.sleep(0.01)
    late = asyncio.create_task(ask_at_the_end())
    await asyncio.sleep(0.01)
    end.set()
    async with asyncio.timeout(20):
        assert await asyncio.gather(*early, late) == [7, 7, 7]


async def test_many_who_ask_at_once_get_their_own_count(app: FastAPI, world: World):
    await world.notify("pm", count=3)
    await world.notify("dev", count=1)
    people = ["pm", "dev", "client"] * 20
    counts = await asyncio.gather(*(app.state.notifications.unread_count(PEOPLE[person]) for person in people))
    assert counts == [3, 1, 0] * 20


async def test_a_count_is_not_older_than_its_question(app: FastAPI, world: World):
    async def keep_asking() -> None:
        while True:
            await app.state.notifications.unread_count(PEOPLE["pm"])

    askers = [asyncio.create_task(keep_asking()) for _ in range(4)]
    try:
        async with world.connection() as connection:
            for expected in range(1, 40):
                await connection.execute(
                    "INSERT INTO client_portal.notifications (project_id, recipient_user_id, type, source_kind,"
                    " source_id, title) SELECT project_id, user_id, 'issue_created', 'issue', gen_random_uuid(), 'T'"
                    " FROM client_portal.project_members WHERE user_id = $1",
                    PEOPLE["pm"],
                )
                assert await app.state.notifications.unread_count(PEOPLE["pm"]) == expected
    finally:
        for asker in askers:
            asker.cancel()
        await asyncio.gather(*askers, return_exceptions=True)
