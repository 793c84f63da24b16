"""Who hears of something by which channel: as each person wants it, at the moment it happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.notifications.events import Event
from app.preferences.event_types import EventType
from app.projects.roles import MemberRole
from tests.running import caller_of, until
from tests.sse import open_stream
from tests.world import PEOPLE, World, bearer


@asynccontextmanager
async def _as(app: FastAPI, person: str) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer(person)) as caller:
        yield caller


async def _wants(app: FastAPI, person: str, **preferences: Any) -> None:
    async with _as(app, person) as caller:
        answer = await caller.patch("/api/notifications/preferences", json=preferences)
        assert answer.status_code == 200, answer.text


async def _sets(app: FastAPI, person: str, **settings: bool) -> None:
    async with _as(app, person) as caller:
        assert (await caller.patch("/api/notifications/settings", json=settings)).status_code == 200


async def _hears_of(app: FastAPI, person: str, type_: str, **channels: bool) -> None:
    await _wants(app, person, channels=[{"type": type_, **channels}])


async def _room(world: World, client: str = "client") -> UUID:
    room: UUID = await world.value("SELECT id FROM client_portal.rooms WHERE client_id = $1", PEOPLE[client])
    return room


async def _says(app: FastAPI, world: World, person: str, body: str = "Hello", client: str = "client") -> UUID:
    """This person writes into this client's room; answers the message's id."""
    async with _as(app, person) as caller:
        answer = await caller.post(f"/api/rooms/{await _room(world, client)}/messages", json={"body": body})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def _raises(app: FastAPI, world: World, title: str = "A leak") -> UUID:
    async with _as(app, "client") as caller:
        answer = await caller.post(f"/api/rooms/{await _room(world)}/issues", json={"kind": "issue", "title": title})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def _bell(world: World, person: str) -> list[UUID]:
    """The sources of what is in somebody's bell."""
    statement = "SELECT source_id FROM client_portal.notifications WHERE recipient_user_id = $1 ORDER BY created_at"
    return [row[0] for row in await world.fetch(statement, PEOPLE[person])]


async def _emails(world: World, person: str) -> list[list[UUID]]:
    """The sources that each e-mail to somebody tells of, the oldest first."""
    rows = await world.fetch(
        "SELECT array_agg(source_id ORDER BY item.created_at) FROM client_portal.email_outbox AS email"
        " JOIN client_portal.email_items AS item ON email_id = id WHERE recipient_id = $1"
        " GROUP BY id, email.created_at ORDER BY email.created_at",
        PEOPLE[person],
    )
    return [list(row[0]) for row in rows]


async def _pushes(world: World, person: str) -> list[UUID]:
    rows = await world.fetch("SELECT id FROM client_portal.push_outbox WHERE recipient_id = $1", PEOPLE[person])
    return [row[0] for row in rows]


async def _has_browser(world: World, person: str) -> None:
    await world.execute(
        "INSERT INTO client_portal.push_subscriptions (user_id, endpoint, p256dh, auth) VALUES ($1, $2, '', '')",
        PEOPLE[person],
        f"https://push.example/{uuid4()}",
    )


class TestByType:
    async def test_by_bell_and_e_mail_unless_somebody_wants_it_otherwise(self, app: FastAPI, world: World):
        message = await _says(app, world, "client")
        assert await _bell(world, "dev") == [message]
        assert await _emails(world, "dev") == [[message]]
        assert await _bell(world, "pm") == [message]
        assert await _emails(world, "pm") == [], "managers have e-mail switched off"

    async def test_not_in_the_bell_but_by_e_mail(self, app: FastAPI, world: World):
        await _hears_of(app, "dev", "message_posted", bell=False)
        heard: list[str] = []
        async with world.connection() as listener:
            await listener.add_listener("client_portal", lambda *arguments: heard.append(arguments[-1]))
            message = await _says(app, world, "client")
            await listener.fetchval("SELECT 1")
        assert await _bell(world, "dev") == []
        assert await _emails(world, "dev") == [[message]]
        assert [str(PEOPLE[person]) in " ".join(_of_bells(heard)) for person in ("pm", "dev")] == [True, False]

    async def test_nothing_of_it_comes_by_the_stream_and_nothing_is_counted(self, app: FastAPI, world: World):
        await _hears_of(app, "dev", "message_posted", bell=False)
        async with open_stream(app, bearer("dev")) as stream:
            assert (await stream.until("ready")).data == {"unread_count": 0}
            await _says(app, world, "client")
            issue = await _raises(app, world)
            frame = await stream.next()
        assert frame is not None
        assert (frame.data["item"]["source_id"], frame.data["unread_count"]) == (str(issue), 1)

    async def test_in_the_bell_but_not_by_e_mail(self, app: FastAPI, world: World):
        await _hears_of(app, "dev", "message_posted", email=False)
        message, issue = await _says(app, world, "client"), await _raises(app, world)
        assert await _bell(world, "dev") == [message, issue]
        assert await _emails(world, "dev") == [[issue]]

    async def test_by_no_channel_and_not_later_either(self, app: FastAPI, world: World):
        await _hears_of(app, "dev", "message_posted", bell=False, email=False)
        await _says(app, world, "client")
        await _hears_of(app, "dev", "message_posted", bell=True, email=True)
        assert (await _bell(world, "dev"), await _emails(world, "dev")) == ([], [])
        message = await _says(app, world, "client")
        assert (await _bell(world, "dev"), await _emails(world, "dev")) == ([message], [[message]])

    async def test_others_hear_of_it_as_they_want(self, app: FastAPI, world: World):
        await _hears_of(app, "dev", "message_posted", bell=False, email=False)
        await _sets(app, "pm", email_enabled=True)
        message = await _says(app, world, "client")
        assert (await _bell(world, "pm"), await _emails(world, "pm")) == ([message], [[message]])


def _of_bells(payloads: list[str]) -> list[str]:
    return [payload for payload in payloads if "notification" in payload]


class TestSettings:
    async def test_without_e_mail_there_is_none(self, app: FastAPI, world: World):
        await _sets(app, "dev", email_enabled=False)
        message = await _says(app, world, "client")
        assert (await _bell(world, "dev"), await _emails(world, "dev")) == ([message], [])

    @pytest.mark.parametrize(
        "change",
        [
            "DELETE FROM client_portal.accounts WHERE user_id = $1",
            "UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1",
        ],
        ids=["none", "switched off"],
    )
    async def test_without_an_account_there_is_no_e_mail(self, app: FastAPI, world: World, change: str):
        await world.execute(change, PEOPLE["dev"])
        await _says(app, world, "client")
        assert await _emails(world, "dev") == []

    async def test_push_goes_to_who_wants_it_and_has_a_browser_for_it(self, app: FastAPI, world: World):
        for person in ("dev", "pm"):
            await _has_browser(world, person)
        for person in ("dev", "client"):
            await _sets(app, person, push_enabled=True)
        await _says(app, world, "client")
        await _says(app, world, "dev")
        in_bell = await world.value(
            "SELECT id FROM client_portal.notifications WHERE recipient_user_id = $1", PEOPLE["dev"]
        )
        assert await _pushes(world, "dev") == [in_bell]
        assert (await _pushes(world, "pm"), await _pushes(world, "client")) == ([], [])

    async def test_what_is_not_in_the_bell_is_not_pushed(self, app: FastAPI, world: World):
        await _has_browser(world, "dev")
        await _sets(app, "dev", push_enabled=True)
        await _hears_of(app, "dev", "message_posted", bell=False)
        await _says(app, world, "client")
        assert await _pushes(world, "dev") == []


class TestMuted:
    async def test_of_a_muted_project_nothing_is_heard_and_of_others_all(self, app: FastAPI, world: World):
        await _sets(app, "dev", push_enabled=True)
        await _has_browser(world, "dev")
        await _joins(world, "dev", SECOND_PROJECT)
        async with _as(app, "dev") as dev:
            assert (await dev.put(f"/api/notifications/muted_projects/{FIRST_PROJECT}")).status_code == 204
        message = await _says(app, world, "client")
        assert (await _bell(world, "dev"), await _emails(world, "dev"), await _pushes(world, "dev")) == ([], [], [])
        assert await _bell(world, "pm") == [message]
        other = await _says(app, world, "client2", client="client2")
        assert (await _bell(world, "dev"), await _emails(world, "dev")) == ([other], [[other]])
        assert len(await _pushes(world, "dev")) == 1


async def _joins(world: World, person: str, project: UUID, part: str = "developer") -> None:
    await world.execute(
        "INSERT INTO client_portal.project_members (project_id, user_id, role) VALUES ($1, $2, $3)",
        project,
        PEOPLE[person],
        part,
    )


class TestJoining:
    """Of one person and room one e-mail at most is waiting."""

    async def test_what_happens_in_a_room_joins_one_e_mail_whatever_it_is(self, app: FastAPI, world: World):
        told = [await _says(app, world, "client"), await _raises(app, world), await _says(app, world, "client")]
        assert await _emails(world, "dev") == [told]

    async def test_when_it_is_due_is_up_to_the_first(self, app: FastAPI, world: World):
        await _says(app, world, "client")
        first = await world.value("SELECT due_at FROM client_portal.email_outbox")
        await _says(app, world, "client")
        assert [row[0] for row in await world.fetch("SELECT due_at FROM client_portal.email_outbox")] == [first]

    async def test_two_rooms_are_two_e_mails_and_two_people_too(self, app: FastAPI, world: World):
        await _joins(world, "dev", SECOND_PROJECT)
        first, second = await _says(app, world, "client"), await _says(app, world, "client2", client="client2")
        assert await _emails(world, "dev") == [[first], [second]]
        assert await _emails(world, "dev2") == [[second]]

    async def test_a_digest_is_one_e_mail_of_all_projects(self, app: FastAPI, world: World):
        await _joins(world, "dev", SECOND_PROJECT)
        await _wants(app, "dev", digest="daily")
        first, second = await _says(app, world, "client"), await _says(app, world, "client2", client="client2")
        assert await _emails(world, "dev") == [[first, second]]
        assert await _emails(world, "dev2") == [[second]]
        assert await world.value("SELECT count(*) FROM client_portal.email_outbox WHERE thread = recipient_id") == 1

    async def test_a_burst_from_two_sides_is_one_e_mail_that_has_all_of_it(self, app: FastAPI, world: World):
        await _sets(app, "pm", email_enabled=True)
        people = ("client", "dev") * 10
        said = await asyncio.gather(*(_says(app, world, person) for person in people))
        (told,) = await _emails(world, "pm")
        assert sorted(told) == sorted(said)
        of_client = [id_ for id_, person in zip(said, people, strict=True) if person == "client"]
        (told,) = await _emails(world, "dev")
        assert sorted(told) == sorted(of_client)

    async def test_many_events_of_many_people_at_once_wait_for_each_other_in_one_order(
        self, app: FastAPI, world: World
    ):
        await _sets(app, "pm", email_enabled=True)
        for person in ("dev2", "pm2", "admin"):
            await _joins(world, person, FIRST_PROJECT, "manager")
            await _sets(app, person, email_enabled=True)
        events = [_event() for _ in range(24)]
        await asyncio.gather(*(_notify(app, event) for event in events))
        for person in ("pm", "dev", "dev2", "pm2", "admin"):
            (told,) = await _emails(world, person)
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
        first = await _says(app, world, "client")
        async with _claiming(world) as worker:
            joining = asyncio.create_task(_says(app, world, "client"))
            await until(lambda: _somebody_waits(world))
            await worker.execute(f"UPDATE client_portal.email_outbox SET {verdict}")
        second = await joining
        assert await _emails(world, "dev") == ([[first, second]] if emails == 1 else [[first], [second]])
        waiting = "SELECT count(*) FROM client_portal.email_outbox WHERE state = 'waiting'"
        assert await world.value(waiting) == 1

    async def test_a_worker_passes_over_what_is_being_joined_and_finds_all_of_it_later(
        self, app: FastAPI, world: World
    ):
        first, second = await _says(app, world, "client"), _event()
        async with app.state.database.transaction() as transaction:
            await app.state.notifications.notify(transaction, second)
            async with _claiming(world) as worker:
                assert await worker.fetch(_CLAIM) == []
        assert await _emails(world, "dev") == [[first, second.source_id]]
        assert len(await world.fetch(_CLAIM)) == 1

    async def test_what_comes_after_a_failed_try_waits_for_itself(self, app: FastAPI, world: World):
        first = await _says(app, world, "client")
        await world.execute("UPDATE client_portal.email_outbox SET state = 'retrying', attempts = 1")
        second = await _says(app, world, "client")
        assert await _emails(world, "dev") == [[first], [second]]


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


def _event(**changes: Any) -> Event:
    """Something that the client did in their room."""
    given = {
        "type": EventType.MESSAGE_POSTED,
        "by": MemberRole.CLIENT,
        "project_id": FIRST_PROJECT,
        "source_id": uuid4(),
        "title": "Clara wrote",
        "actor_id": PEOPLE["client"],
        "client_id": PEOPLE["client"],
    }
    return Event.model_validate(given | changes)


async def _notify(app: FastAPI, event: Event) -> list[UUID]:
    async with app.state.database.transaction() as transaction:
        told: list[UUID] = await app.state.notifications.notify(transaction, event)
    return told


class TestOnce:
    """One event tells a person once by each channel, however often it is reported."""

    @pytest.mark.parametrize("bell", [True, False])
    async def test_again_and_again(self, app: FastAPI, world: World, bell: bool):
        await _hears_of(app, "dev", "message_posted", bell=bell)
        event = _event()
        for _ in range(3):
            await _notify(app, event)
        assert await _bell(world, "dev") == [event.source_id] * bell
        assert await _emails(world, "dev") == [[event.source_id]]

    @pytest.mark.parametrize("bell", [True, False])
    async def test_many_times_at_once(self, app: FastAPI, world: World, bell: bool):
        await _hears_of(app, "dev", "message_posted", bell=bell)
        event = _event()
        await asyncio.gather(*(_notify(app, event) for _ in range(12)))
        assert await _bell(world, "dev") == [event.source_id] * bell
        assert await _emails(world, "dev") == [[event.source_id]]

    @pytest.mark.parametrize("state", ["sending", "sent", "not_sent"])
    @pytest.mark.parametrize("bell", [True, False])
    async def test_when_its_e_mail_has_left(self, app: FastAPI, world: World, bell: bool, state: str):
        await _hears_of(app, "dev", "message_posted", bell=bell)
        event = _event()
        await _notify(app, event)
        await world.execute("UPDATE client_portal.email_outbox SET state = $1", state)
        await _notify(app, event)
        assert await world.value("SELECT count(*) FROM client_portal.email_outbox") == 1

    async def test_by_the_bell_and_then_no_e_mail_to_who_has_switched_the_bell_off_since(
        self, app: FastAPI, world: World
    ):
        await _hears_of(app, "dev", "message_posted", email=False)
        event = _event()
        await _notify(app, event)
        await _hears_of(app, "dev", "message_posted", bell=False, email=True)
        await _notify(app, event)
        assert await _emails(world, "dev") == []

    async def test_e_mail_is_undone_with_the_transaction(self, app: FastAPI, world: World):
        with suppress(ZeroDivisionError):
            async with app.state.database.transaction() as transaction:
                await app.state.notifications.notify(transaction, _event())
                raise ZeroDivisionError
        assert await world.value("SELECT count(*) FROM client_portal.email_outbox") == 0


async def test_who_becomes_a_client_hears_nothing_any_more_of_what_the_team_was_told(app: FastAPI, world: World):
    await _has_browser(world, "dev")
    await _sets(app, "dev", push_enabled=True)
    await _hears_of(app, "dev", "issue_created", bell=False)
    await _says(app, world, "client")
    await _raises(app, world)
    assert len((await _emails(world, "dev"))[0]) == 2
    await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["dev"])
    async with _as(app, "admin") as admin:
        answer = await admin.patch(f"/api/admin/accounts/{PEOPLE['dev']}", json={"role": "client"})
        assert answer.status_code == 200, answer.text
    assert (await _bell(world, "dev"), await _emails(world, "dev"), await _pushes(world, "dev")) == ([], [], [])


class TestReading:
    """Who looks at the thing itself need not hear of it by e-mail, though it never was in their bell."""

    @pytest.mark.parametrize("state", ["waiting", "retrying"])
    async def test_in_the_room(self, app: FastAPI, world: World, state: str):
        await _joins(world, "dev", SECOND_PROJECT)
        await _hears_of(app, "dev", "message_posted", bell=False)
        await _says(app, world, "client")
        await _says(app, world, "client2", client="client2")
        issue = await _raises(app, world)
        await world.execute("UPDATE client_portal.email_outbox SET state = $1", state)
        async with _as(app, "dev") as dev:
            assert (await dev.post(f"/api/rooms/{await _room(world)}/opened")).status_code == 204
        unread = await world.fetch(
            "SELECT recipient_id, project_id, source_kind FROM client_portal.email_items"
            " JOIN client_portal.email_outbox ON id = email_id WHERE NOT is_read ORDER BY project_id, source_kind"
        )
        assert [tuple(row) for row in unread if row[0] == PEOPLE["dev"]] == sorted(
            [(PEOPLE["dev"], FIRST_PROJECT, "issue"), (PEOPLE["dev"], SECOND_PROJECT, "message")]
        )
        assert [row["source_kind"] for row in unread if row[0] == PEOPLE["dev2"]] == ["message"]
        assert issue in await _bell(world, "dev")

    async def test_up_to_a_message(self, app: FastAPI, world: World):
        await _hears_of(app, "dev", "message_posted", bell=False)
        await _says(app, world, "client")
        second = await _says(app, world, "client")
        async with _as(app, "dev") as dev:
            answer = await dev.post(f"/api/rooms/{await _room(world)}/read", json={"up_to": 1})
            assert answer.status_code == 204
        unread = await world.fetch("SELECT source_id FROM client_portal.email_items WHERE NOT is_read")
        assert [row[0] for row in unread] == [second]

    async def test_of_an_issue(self, app: FastAPI, world: World):
        await _hears_of(app, "dev", "issue_created", bell=False)
        issue = await _raises(app, world)
        async with _as(app, "dev") as dev:
            seen = {"source_kind": "issue", "source_id": str(issue)}
            assert (await dev.post("/api/notifications/read_about", json=seen)).status_code == 204
        assert await world.value("SELECT is_read FROM client_portal.email_items")

    async def test_nobody_else_has_read_it(self, app: FastAPI, world: World):
        await _sets(app, "pm", email_enabled=True)
        for person in ("dev", "pm"):
            await _hears_of(app, person, "message_posted", bell=False)
        await _says(app, world, "client")
        async with _as(app, "dev") as dev:
            assert (await dev.post(f"/api/rooms/{await _room(world)}/opened")).status_code == 204
        read = await world.fetch(
            "SELECT recipient_id FROM client_portal.email_items"
            " JOIN client_portal.email_outbox ON id = email_id WHERE is_read"
        )
        assert [row[0] for row in read] == [PEOPLE["dev"]]
