"""What is still to be shown by the time it goes out, and what it says there."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.database import Database
from app.dev.demo import FIRST_PROJECT
from app.letters.pushes import PAYLOAD_MOST, PushCourier
from app.outbox.courier import Never, Send, Verdict
from tests.push.conftest import Pushed
from tests.push.service import Browser
from tests.world import PEOPLE, World

CLIENT = PEOPLE["client"]


@pytest.fixture
async def verdict(courier: PushCourier, database: Database, recycled_world: World):
    async def verdict(push_id: UUID, now: datetime | None = None) -> Verdict[Any]:
        async with database.reading() as connection:
            return (await courier.judge(connection, [push_id], now or datetime.now(UTC)))[push_id]

    return verdict


@pytest.fixture
async def due(pushed: Pushed) -> UUID:
    """A push to a client who wants it in one browser."""
    await pushed.wanted_in("client", Browser(1))
    return await pushed.due("client")


async def test_what_is_wanted_is_sent(pushed: Pushed, verdict):
    await pushed.wanted_in("client", Browser(1))
    id_ = await pushed.due("client", title="A leak", body="In the cellar")
    sent = await verdict(id_)
    assert isinstance(sent, Send)
    assert sent.address is None
    source = await pushed.world.value("SELECT source_id FROM client_portal.notifications WHERE id = $1", id_)
    assert json.loads(sent.parcel.payload) == {
        "title": "A leak",
        "body": "In the cellar",
        "url": f"/projects/{FIRST_PROJECT}/issues/{source}",
        "id": str(id_),
    }


async def test_a_client_is_shown_no_address(pushed: Pushed, verdict):
    told = {"title": "dev@example.com wrote", "body": "Please write to owner@host.example, " + "x" * 280}
    for person, title in (("client", "[an address, see the portal] wrote"), ("dev", told["title"])):
        await pushed.wanted_in(person, Browser(1))
        said = json.loads((await verdict(await pushed.due(person, **told))).parcel.payload)
        assert said["title"] == title
        assert ("owner@host.example" in said["body"]) == (person == "dev")


REASONS = {
    "The notification is gone.": "DELETE FROM client_portal.notifications",
    "The account is switched off.": "UPDATE client_portal.accounts SET is_active = false WHERE user_id = '{client}'",
    "Push is switched off.": "UPDATE client_portal.notification_settings SET push_enabled = false",
    "No browser is left that asked for it.": "DELETE FROM client_portal.push_subscriptions",
    "It has been read already.": "UPDATE client_portal.notifications SET is_read = true",
    "The project is out of reach.": "DELETE FROM client_portal.project_members WHERE user_id = '{client}'",
    "The project is muted.": "INSERT INTO client_portal.muted_projects (user_id, project_id)"
    " VALUES ('{client}', '{project}')",
    "It is older than an hour.": "UPDATE client_portal.push_outbox SET created_at = created_at - interval '61 minutes'",
    "These are quiet hours.": "INSERT INTO client_portal.notification_times (user_id, quiet_from, quiet_to)"
    " SELECT '{client}', (now - interval '2 hours')::time, (now + interval '2 hours')::time"
    " FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC') AS clock (now)",
    "The person is looking at the portal.": "INSERT INTO client_portal.visibility (user_id, visible_until)"
    " VALUES ('{client}', clock_timestamp() + interval '1 minute')",
}


@pytest.mark.parametrize("reason", REASONS)
async def test_what_is_not_wanted_any_more_is_not_sent_and_says_why(
    recycled_world: World, due: UUID, verdict, reason: str
):
    await recycled_world.execute(REASONS[reason].format(client=CLIENT, project=FIRST_PROJECT))
    assert await verdict(due) == Never(reason)


@pytest.mark.parametrize(
    "harmless",
    [
        "UPDATE client_portal.accounts SET is_active = false WHERE user_id <> '{client}'",
        "UPDATE client_portal.notification_settings SET push_enabled = false WHERE recipient_user_id <> '{client}'",
        "INSERT INTO client_portal.muted_projects (user_id, project_id)"
        " SELECT '{client}', id FROM public.projects WHERE id <> '{project}'",
        "INSERT INTO client_portal.muted_projects (user_id, project_id) VALUES ('{other}', '{project}')",
        "UPDATE client_portal.push_outbox SET created_at = created_at - interval '50 minutes'",
        "INSERT INTO client_portal.notification_times (user_id, quiet_from, quiet_to)"
        " SELECT '{client}', (now + interval '2 hours')::time, (now - interval '2 hours')::time"
        " FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC') AS clock (now)",
        "INSERT INTO client_portal.notification_times (user_id, time_zone) VALUES ('{client}', 'Nowhere/Land')",
        "INSERT INTO client_portal.visibility (user_id, visible_until)"
        " VALUES ('{client}', clock_timestamp() - interval '1 second'), ('{other}', 'infinity')",
    ],
)
async def test_what_concerns_others_or_another_time_changes_nothing(
    recycled_world: World, due: UUID, verdict, harmless: str
):
    await recycled_world.execute(harmless.format(client=CLIENT, other=PEOPLE["client2"], project=FIRST_PROJECT))
    assert isinstance(await verdict(due), Send)


async def test_a_part_that_does_not_fit_the_account_is_out_of_reach(recycled_world: World, due: UUID, verdict):
    await recycled_world.execute("UPDATE client_portal.project_members SET role = 'manager' WHERE user_id = $1", CLIENT)
    assert await verdict(due) == Never("The project is out of reach.")


async def test_an_admin_needs_no_part(pushed: Pushed, verdict):
    await pushed.wanted_in("admin", Browser(1))
    assert isinstance(await verdict(await pushed.due("admin")), Send)


async def test_a_user_of_the_host_without_an_account_may_have_it_too(recycled_world: World, due: UUID, verdict):
    await recycled_world.execute("DELETE FROM client_portal.accounts WHERE user_id = $1", CLIENT)
    assert isinstance(await verdict(due), Send)


@pytest.mark.parametrize(
    ("now", "is_quiet"),
    [("20:59", False), ("21:00", True), ("23:30", True), ("04:59", True), ("05:00", False)],
)
async def test_quiet_hours_go_by_the_clock_of_the_person(pushed: Pushed, recycled_world: World, verdict, now, is_quiet):
    """From 22:00 to 06:00 in Berlin, which in winter is an hour before UTC."""
    await pushed.wanted_in("client", Browser(1))
    id_ = await pushed.due("client")
    await recycled_world.execute(
        "INSERT INTO client_portal.notification_times VALUES ($1, 'at_once', 'Europe/Berlin', '22:00', '06:00')", CLIENT
    )
    at = datetime.combine(datetime(2027, 1, 15, tzinfo=UTC).date(), time.fromisoformat(now), UTC)
    await recycled_world.execute("UPDATE client_portal.push_outbox SET created_at = $1", at - timedelta(minutes=1))
    found = await verdict(id_, at)
    assert found == Never("These are quiet hours.") if is_quiet else isinstance(found, Send)


async def test_it_is_worth_showing_for_an_hour_from_when_it_was_made(recycled_world: World, due: UUID, verdict):
    made = await recycled_world.value("SELECT created_at FROM client_portal.push_outbox")
    assert (await verdict(due)).parcel.ends_at == made + timedelta(hours=1)


async def test_each_of_many_has_its_own_answer(
    pushed: Pushed, recycled_world: World, courier: PushCourier, database: Database
):
    await pushed.wanted_in("client", Browser(1))
    await pushed.wanted_in("dev", Browser(2))
    read = await pushed.due("client", is_read=True)
    fresh = await pushed.due("client")
    of_dev = await pushed.due("dev")
    unwanted = await pushed.due("client2")
    async with database.reading() as connection:
        verdicts = await courier.judge(connection, [read, fresh, of_dev, unwanted], datetime.now(UTC))
    assert {id_: type(each) for id_, each in verdicts.items()} == {
        read: Never, fresh: Send, of_dev: Send, unwanted: Never
    }  # fmt: skip


@pytest.mark.parametrize("character", ["x", "ü", "🦊", '"', "\\", "\n", "\x01", "\x1f"])
async def test_the_payload_is_small_whatever_it_says(pushed: Pushed, verdict, character):
    await pushed.wanted_in("client", Browser(1))
    id_ = await pushed.due("client", title=character * 200, body=character * 2000)
    payload = (await verdict(id_)).parcel.payload
    assert len(payload) <= PAYLOAD_MOST
    said = json.loads(payload)
    assert said["title"] == character * 200
    assert said["body"].startswith(character * 100)


async def test_what_has_no_text_has_an_empty_one(due: UUID, verdict):
    assert json.loads((await verdict(due)).parcel.payload)["body"] == ""
