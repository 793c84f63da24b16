"""What happens meanwhile joins the e-mail that is waiting: once, and nothing is lost, whatever workers do."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.notifications.events import Event
from app.notifications.models import EmailItem
from app.outbox.courier import Verdict
from tests.notifications.told import (
    happening,
    hears_of,
    in_bell_of,
    joins,
    mailed_to,
    notify,
    raises,
    says,
    sets,
    wants,
)
from tests.outbox.post_office import PostOffice, StandIn
from tests.running import running, until
from tests.world import World


class TestJoining:
    """Of one person and room one e-mail at most is waiting."""

    async def test_what_happens_in_a_room_joins_one_e_mail_whatever_it_is(self, app: FastAPI, world: World):
        told = [await says(app, world, "client"), await raises(app, world), await says(app, world, "client")]
        assert await mailed_to(world, "dev") == [told]

    async def test_when_it_is_due_is_up_to_the_first(self, app: FastAPI, world: World):
        await says(app, world, "client")
        first = await world.value("SELECT due_at FROM client_portal.email_outbox")
        await says(app, world, "client")
        assert [row[0] for row in await world.fetch("SELECT due_at FROM client_portal.email_outbox")] == [first]

    async def test_two_rooms_are_two_e_mails_and_two_people_too(self, app: FastAPI, world: World):
        await joins(world, "dev", SECOND_PROJECT)
        first, second = await says(app, world, "client"), await says(app, world, "client2", client="client2")
        assert await mailed_to(world, "dev") == [[first], [second]]
        assert await mailed_to(world, "dev2") == [[second]]

    async def test_a_digest_is_one_e_mail_of_all_projects(self, app: FastAPI, world: World):
        await joins(world, "dev", SECOND_PROJECT)
        await wants(app, "dev", digest="daily")
        first, second = await says(app, world, "client"), await says(app, world, "client2", client="client2")
        assert await mailed_to(world, "dev") == [[first, second]]
        assert await mailed_to(world, "dev2") == [[second]]
        assert await world.value("SELECT count(*) FROM client_portal.email_outbox WHERE thread = recipient_id") == 1

    async def test_a_burst_from_two_sides_is_one_e_mail_that_has_all_of_it(self, app: FastAPI, world: World):
        await sets(app, "pm", email_enabled=True)
        people = ("client", "dev") * 10
        said = await asyncio.gather(*(says(app, world, person) for person in people))
        (told,) = await mailed_to(world, "pm")
        assert sorted(told) == sorted(said)
        of_client = [id_ for id_, person in zip(said, people, strict=True) if person == "client"]
        (told,) = await mailed_to(world, "dev")
        assert sorted(told) == sorted(of_client)

    async def test_many_events_of_many_people_at_once_wait_for_each_other_in_one_order(
        self, app: FastAPI, world: World
    ):
        await sets(app, "pm", email_enabled=True)
        for person in ("dev2", "pm2", "admin"):
            await joins(world, person, FIRST_PROJECT, "manager")
            await sets(app, person, email_enabled=True)
        events = [happening() for _ in range(24)]
        await asyncio.gather(*(notify(app, event) for event in events))
        for person in ("pm", "dev", "dev2", "pm2", "admin"):
            (told,) = await mailed_to(world, person)
            assert sorted(told) == sorted(event.source_id for event in events)

    @pytest.mark.parametrize(
        ("verdict", "emails"),
        [
            ("state = 'sending', generation = generation + 1, attempts = 1, due_at = now() + interval '5 min'", 2),
            ("state = 'not_sent', error = 'Read already.', ended_at = now()", 2),
            ("due_at = now() + interval '1 hour'", 1),
        ],
        ids=["sends it", "does not send it", "puts it off"],
    )
    async def test_what_comes_while_a_worker_decides_is_not_lost(
        self, app: FastAPI, world: World, verdict: str, emails: int
    ):
        first = await says(app, world, "client")
        async with _claiming(world) as worker:
            joining = asyncio.create_task(says(app, world, "client"))
            await until(lambda: _somebody_waits(world))
            await worker.execute(f"UPDATE client_portal.email_outbox SET {verdict}")
        second = await joining
        assert await mailed_to(world, "dev") == ([[first, second]] if emails == 1 else [[first], [second]])
        waiting = "SELECT count(*) FROM client_portal.email_outbox WHERE state = 'waiting'"
        assert await world.value(waiting) == 1

    async def test_a_worker_passes_over_what_is_being_joined_and_finds_all_of_it_later(
        self, app: FastAPI, world: World
    ):
        first, second = await says(app, world, "client"), happening()
        async with app.state.database.transaction() as transaction:
            await app.state.notifications.notify(transaction, second)
            async with _claiming(world) as worker:
                assert await worker.fetch(_CLAIM) == []
        assert await mailed_to(world, "dev") == [[first, second.source_id]]
        assert len(await world.fetch(_CLAIM)) == 1

    async def test_what_comes_after_a_failed_try_waits_for_itself(self, app: FastAPI, world: World):
        first = await says(app, world, "client")
        await world.execute("UPDATE client_portal.email_outbox SET state = 'retrying', attempts = 1")
        second = await says(app, world, "client")
        assert await mailed_to(world, "dev") == [[first], [second]]


_CLAIM = "SELECT id FROM client_portal.email_outbox WHERE state = 'waiting' FOR UPDATE SKIP LOCKED"


@asynccontextmanager
async def _claiming(world: World) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A worker that holds what it found; what it decides stands at the end of the block."""
    async with world.connection() as connection, connection.transaction():
        await connection.fetch(_CLAIM)
        yield connection


async def _somebody_waits(world: World) -> bool:
    waits = (
        "SELECT exists(SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
    )
    return bool(await world.value(waits))


class TestOnce:
    """One event tells a person once by each channel, however often it is reported."""

    @pytest.mark.parametrize("bell", [True, False])
    async def test_again_and_again(self, app: FastAPI, world: World, bell: bool):
        await hears_of(app, "dev", "message_posted", bell=bell)
        event = happening()
        for _ in range(3):
            await notify(app, event)
        assert await in_bell_of(world, "dev") == [event.source_id] * bell
        assert await mailed_to(world, "dev") == [[event.source_id]]

    @pytest.mark.parametrize("bell", [True, False])
    async def test_many_times_at_once(self, app: FastAPI, world: World, bell: bool):
        await hears_of(app, "dev", "message_posted", bell=bell)
        event = happening()
        await asyncio.gather(*(notify(app, event) for _ in range(12)))
        assert await in_bell_of(world, "dev") == [event.source_id] * bell
        assert await mailed_to(world, "dev") == [[event.source_id]]

    @pytest.mark.parametrize("state", ["sending", "sent", "not_sent"])
    @pytest.mark.parametrize("bell", [True, False])
    async def test_when_its_e_mail_has_left(self, app: FastAPI, world: World, bell: bool, state: str):
        await hears_of(app, "dev", "message_posted", bell=bell)
        event = happening()
        await notify(app, event)
        await world.execute("UPDATE client_portal.email_outbox SET state = $1", state)
        await notify(app, event)
        assert await world.value("SELECT count(*) FROM client_portal.email_outbox") == 1

    async def test_by_the_bell_and_then_no_e_mail_to_who_has_switched_the_bell_off_since(
        self, app: FastAPI, world: World
    ):
        await hears_of(app, "dev", "message_posted", email=False)
        event = happening()
        await notify(app, event)
        await hears_of(app, "dev", "message_posted", bell=False, email=True)
        await notify(app, event)
        assert await mailed_to(world, "dev") == []

    async def test_e_mail_is_undone_with_the_transaction(self, app: FastAPI, world: World):
        with suppress(ZeroDivisionError):
            async with app.state.database.transaction() as transaction:
                await app.state.notifications.notify(transaction, happening())
                raise ZeroDivisionError
        assert await world.value("SELECT count(*) FROM client_portal.email_outbox") == 0


class _Reader(StandIn):
    """Delivers what each e-mail tells of at the moment it is judged."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[UUID, list[UUID]] = {}

    async def judge(
        self, connection: AsyncConnection, ids: Sequence[UUID], now: datetime
    ) -> Mapping[UUID, Verdict[UUID]]:
        self.told |= {id_: [] for id_ in ids}
        items = select(EmailItem.email_id, EmailItem.source_id).where(EmailItem.email_id.in_(ids))
        for email_id, source_id in await connection.execute(items):
            self.told[email_id].append(source_id)
        return await super().judge(connection, ids, now)


async def test_whatever_two_workers_do_meanwhile_each_thing_is_told_in_one_e_mail(world: World):
    """Each e-mail is due at once, so workers take it while others still join it."""
    async with running(world.settings(mail_quiet_seconds=0)) as app:
        happenings = [[happening() for _ in range(15)] for _ in range(8)]
        reader, office = _Reader(), PostOffice(world)
        async with office.at_work(reader), office.at_work(reader):
            await asyncio.gather(*(_notify_of_all(app, some) for some in happenings))
            await until(lambda: _nothing_waits(world))
    told = [source_id for email_id in reader.delivered for source_id in reader.told[email_id]]
    assert sorted(told) == sorted(each.source_id for some in happenings for each in some)
    assert len(reader.delivered) == len(set(reader.delivered)) == len(await mailed_to(world, "dev"))


async def _notify_of_all(app: FastAPI, events: Sequence[Event]) -> None:
    for event in events:
        await notify(app, event)


async def _nothing_waits(world: World) -> bool:
    return not await world.value("SELECT count(*) FROM client_portal.email_outbox WHERE state <> 'sent'")
