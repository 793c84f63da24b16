"""Outboxes are measured, and emptied of what is too old, whether or not anything can be sent."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from app.dev.demo import FIRST_PROJECT
from app.letters.upkeep import Upkeep
from tests.letters.judging import now_of
from tests.letters.queued import queued, state_of
from tests.running import caller_of
from tests.world import PEOPLE, World, bearer

DELIVERY = "/api/admin/mail/delivery"
NO_WAY = "Older than three days: there was no way to send it."


@pytest.fixture
def upkeep(app: FastAPI) -> Upkeep:
    made: Upkeep = app.state.upkeep
    return made


async def _old(world: World, days: float = 4, **columns: Any) -> UUID:
    """An e-mail of so many days ago, which has been due since, as all that it tells."""
    then = await now_of(world) - timedelta(days=days)
    id_ = await queued(world, **{"created_at": then, "due_at": then} | columns)
    await world.execute("UPDATE client_portal.email_items SET created_at = $2 WHERE email_id = $1", id_, then)
    return id_


async def _row(world: World, id_: UUID, *columns: str) -> tuple[Any, ...]:
    (row,) = await world.fetch(f"SELECT {', '.join(columns)} FROM client_portal.email_outbox WHERE id = $1", id_)
    return tuple(row)


async def _failing(world: World, since: datetime) -> None:
    """An e-mail that is soon tried again, and has failed since then."""
    in_a_minute = await now_of(world) + timedelta(minutes=1)
    error = "CONNECTION: 535 who are you"
    await queued(world, state="retrying", error=error, created_at=since, due_at=in_a_minute, failing_since=since)


async def _push(world: World, age: timedelta) -> UUID:
    then = await now_of(world) - age
    id_: UUID = await world.value(
        "INSERT INTO client_portal.push_outbox (id, recipient_id, created_at, due_at) VALUES ($1, $2, $3, $3)"
        " RETURNING id",
        uuid4(),
        PEOPLE["dev"],
        then,
    )
    return id_


class TestTidy:
    async def test_what_nobody_sent_in_time_is_not_sent_any_more(self, upkeep: Upkeep, world: World):
        old, young = await _old(world), await _old(world, days=2)
        await upkeep.tidy()
        assert await _row(world, old, "state", "error", "ended_at IS NOT NULL") == ("not_sent", NO_WAY, True)
        assert await state_of(world, young) == "waiting"

    async def test_what_was_tried_is_dead_and_keeps_its_fault(self, upkeep: Upkeep, world: World):
        old = await _old(world, state="retrying", attempts=3, error="the server is busy")
        stuck = await _old(world, state="retrying", attempts=0, error="no connection")
        lost = await _old(world, state="sending", attempts=1, generation=7)
        await upkeep.tidy()
        assert await _row(world, old, "state", "error") == ("dead", "the server is busy")
        assert await _row(world, stuck, "state", "error") == ("dead", "no connection")
        assert await _row(world, lost, "state", "error", "generation") == ("dead", NO_WAY, 8)

    async def test_what_an_admin_wants_sent_waits_for_a_way(self, upkeep: Upkeep, world: World):
        forced = await _old(world, state="retrying", is_forced=True)
        await upkeep.tidy()
        assert await state_of(world, forced) == "retrying"

    async def test_what_is_being_sent_is_left_alone(self, upkeep: Upkeep, world: World):
        in_a_minute = await now_of(world) + timedelta(minutes=1)
        sending = await _old(world, state="sending", due_at=in_a_minute)
        await upkeep.tidy()
        assert await state_of(world, sending) == "sending"

    async def test_of_what_was_added_to_the_new_is_kept(self, upkeep: Upkeep, world: World):
        old = await _old(world)
        await world.execute(
            "INSERT INTO client_portal.email_items"
            " (notification_id, email_id, project_id, type, source_kind, source_id, title)"
            " VALUES (gen_random_uuid(), $1, $2, 'issue_created', 'issue', gen_random_uuid(), 'Of today')",
            old,
            FIRST_PROJECT,
        )
        await upkeep.tidy()
        assert await state_of(world, old) == "waiting"
        titles = await world.fetch("SELECT title FROM client_portal.email_items WHERE email_id = $1", old)
        assert [row["title"] for row in titles] == ["Of today"]

    async def test_however_many_there_are(self, upkeep: Upkeep, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("app.letters.upkeep._AT_ONCE", 2)
        old = [await _old(world) for _ in range(5)]
        await upkeep.tidy()
        assert {await state_of(world, id_) for id_ in old} == {"not_sent"}

    async def test_pushes_are_news_for_an_hour(self, upkeep: Upkeep, world: World):
        old, young = await _push(world, timedelta(minutes=61)), await _push(world, timedelta(minutes=50))
        await upkeep.tidy()
        rows = await world.fetch("SELECT id, state, error FROM client_portal.push_outbox")
        found = {row["id"]: (row["state"], row["error"]) for row in rows}
        assert found == {
            old: ("not_sent", "It is older than an hour: there was no way to send it."),
            young: ("waiting", None),
        }

    async def test_what_ended_a_month_ago_is_deleted(self, upkeep: Upkeep, world: World):
        long_ago = await now_of(world) - timedelta(days=31)
        ended = await _old(world, days=40, state="dead", ended_at=long_ago)
        kept = await _old(world, days=40, state="dead", ended_at=long_ago + timedelta(days=2))
        await upkeep.tidy()
        rows = await world.fetch("SELECT id FROM client_portal.email_outbox")
        assert {row["id"] for row in rows} & {ended, kept} == {kept}


async def test_letters_that_are_kept_as_files_go_when_their_rows_do(app: FastAPI, tmp_path: Path):
    old, young = (tmp_path / name for name in ("old.eml", "young.eml"))
    for file, days in ((old, 31), (young, 29)):
        file.touch()
        then = time.time() - days * 24 * 3600
        os.utime(file, (then, then))
    await Upkeep(app.state.database, CollectorRegistry(), tmp_path).tidy()
    assert [each for each in (old, young) if each.exists()] == [young]


async def _said(app: FastAPI) -> tuple[int, str]:
    async with caller_of(app) as nobody:
        answer = await nobody.get("/readyz")
    return answer.status_code, answer.json()["mail"]


async def _delivery(app: FastAPI) -> dict[str, Any]:
    async with caller_of(app, headers=bearer("admin")) as admin:
        return dict((await admin.get(DELIVERY)).json())


class TestLate:
    async def test_what_has_been_due_for_long_is_told_to_operators_and_admins(self, app: FastAPI, world: World):
        way = app.state.outgoing.said
        await _old(world, days=14 / (24 * 60))
        assert await _said(app) == (200, way)
        assert await _delivery(app) == {
            "way": way,
            "email_due_since": None,
            "email_error": None,
            "push_due_since": None,
            "given_up": 0,
            "given_up_error": None,
        }
        await _old(world, days=16 / (24 * 60))
        await _push(world, timedelta(minutes=20))
        status, said = await _said(app)
        assert status == 200
        assert said.startswith(f"{way}; e-mail has been due since 20")
        assert "; push has been due since 20" in said
        delivery = await _delivery(app)
        assert delivery["way"] == way
        assert delivery["email_due_since"] > delivery["push_due_since"]

    async def test_what_has_failed_for_long_is_late_though_it_is_tried_again_and_again(
        self, app: FastAPI, world: World
    ):
        now = await now_of(world)
        await _failing(world, now - timedelta(minutes=20))
        assert "; e-mail has been due since 20" in (await _said(app))[1]
        delivery = await _delivery(app)
        assert delivery["email_error"] == "CONNECTION: 535 who are you"
        # The way is open: this one alone fails.
        await queued(world, state="sent", ended_at=now - timedelta(minutes=1), created_at=now - timedelta(hours=1))
        assert await _said(app) == (200, app.state.outgoing.said)
        # And closed again since, for another one.
        await world.execute(
            "UPDATE client_portal.email_outbox SET ended_at = now() - interval '18 minutes' WHERE state = 'sent'"
        )
        await _failing(world, now - timedelta(minutes=17))
        assert "; e-mail has been due since 20" in (await _said(app))[1]

    async def test_what_was_given_up_of_late_is_told_and_why(self, app: FastAPI, world: World):
        now = await now_of(world)
        for hours, error in ((30, "long ago"), (3, "550 no"), (2, "553 sender rejected")):
            at = now - timedelta(hours=hours)
            await queued(world, state="dead", error=error, created_at=at, ended_at=at)
        assert (await _said(app))[1].endswith("; given up in the last 24 hours: 2")
        delivery = await _delivery(app)
        assert (delivery["given_up"], delivery["given_up_error"]) == (2, "553 sender rejected")

    async def test_what_is_not_due_is_not_late(self, app: FastAPI, world: World):
        await queued(world, created_at=await now_of(world) - timedelta(hours=20))
        await _old(world, state="dead")
        assert await _said(app) == (200, app.state.outgoing.said)

    async def test_it_is_measured(self, app: FastAPI, upkeep: Upkeep, world: World):
        await _old(world, days=1)
        await upkeep.measure()
        async with caller_of(app) as scraper:
            measured = await _measured(scraper)
        assert measured.pop("push_outbox") == 0
        assert measured.pop("email_outbox") == pytest.approx(24 * 3600, abs=600)
        assert measured == {}


async def _measured(scraper: httpx.AsyncClient) -> dict[str, float]:
    families = text_string_to_metric_families((await scraper.get("/metrics")).text)
    (family,) = [each for each in families if each.name == "portal_outbox_oldest_due_seconds"]
    return {sample.labels["outbox"]: sample.value for sample in family.samples}
