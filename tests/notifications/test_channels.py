"""Who hears of something by which channel: as each person wants it, at the moment it happens."""

import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests.notifications.told import (
    as_person,
    has_browser,
    hears_of,
    in_bell_of,
    joins,
    mailed_to,
    pushed_to,
    raises,
    says,
    sets,
)
from tests.sse import open_stream
from tests.world import PEOPLE, World, bearer


class TestByType:
    async def test_by_bell_and_e_mail_unless_somebody_wants_it_otherwise(self, app: FastAPI, world: World):
        message = await says(app, world, "client")
        assert await in_bell_of(world, "dev") == [message]
        assert await mailed_to(world, "dev") == [[message]]
        assert await in_bell_of(world, "pm") == [message]
        assert await mailed_to(world, "pm") == [], "managers have e-mail switched off"

    async def test_not_in_the_bell_but_by_e_mail(self, app: FastAPI, world: World):
        await hears_of(app, "dev", "message_posted", bell=False)
        heard: list[str] = []
        async with world.connection() as listener:
            await listener.add_listener("client_portal", lambda *arguments: heard.append(arguments[-1]))
            message = await says(app, world, "client")
            await listener.fetchval("SELECT 1")
        assert await in_bell_of(world, "dev") == []
        assert await mailed_to(world, "dev") == [[message]]
        assert [str(PEOPLE[person]) in " ".join(_of_bells(heard)) for person in ("pm", "dev")] == [True, False]

    async def test_nothing_of_it_comes_by_the_stream_and_nothing_is_counted(self, app: FastAPI, world: World):
        await hears_of(app, "dev", "message_posted", bell=False)
        async with open_stream(app, bearer("dev")) as stream:
            assert (await stream.until("ready")).data == {"unread_count": 0}
            await says(app, world, "client")
            issue = await raises(app, world)
            frame = await stream.next()
        assert frame is not None
        assert (frame.data["item"]["source_id"], frame.data["unread_count"]) == (str(issue), 1)

    async def test_in_the_bell_but_not_by_e_mail(self, app: FastAPI, world: World):
        await hears_of(app, "dev", "message_posted", email=False)
        message, issue = await says(app, world, "client"), await raises(app, world)
        assert await in_bell_of(world, "dev") == [message, issue]
        assert await mailed_to(world, "dev") == [[issue]]

    async def test_by_no_channel_and_not_later_either(self, app: FastAPI, world: World):
        await hears_of(app, "dev", "message_posted", bell=False, email=False)
        await says(app, world, "client")
        await hears_of(app, "dev", "message_posted", bell=True, email=True)
        assert (await in_bell_of(world, "dev"), await mailed_to(world, "dev")) == ([], [])
        message = await says(app, world, "client")
        assert (await in_bell_of(world, "dev"), await mailed_to(world, "dev")) == ([message], [[message]])

    async def test_others_hear_of_it_as_they_want(self, app: FastAPI, world: World):
        await hears_of(app, "dev", "message_posted", bell=False, email=False)
        await sets(app, "pm", email_enabled=True)
        message = await says(app, world, "client")
        assert (await in_bell_of(world, "pm"), await mailed_to(world, "pm")) == ([message], [[message]])


def _of_bells(payloads: list[str]) -> list[str]:
    return [payload for payload in payloads if "notification" in payload]


class TestSettings:
    async def test_without_e_mail_there_is_none(self, app: FastAPI, world: World):
        await sets(app, "dev", email_enabled=False)
        message = await says(app, world, "client")
        assert (await in_bell_of(world, "dev"), await mailed_to(world, "dev")) == ([message], [])

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
        await says(app, world, "client")
        assert await mailed_to(world, "dev") == []

    async def test_push_goes_to_who_wants_it_and_has_a_browser_for_it(self, app: FastAPI, world: World):
        for person in ("dev", "pm"):
            await has_browser(world, person)
        for person in ("dev", "client"):
            await sets(app, person, push_enabled=True)
        await says(app, world, "client")
        await says(app, world, "dev")
        in_bell = await world.value(
            "SELECT id FROM client_portal.notifications WHERE recipient_user_id = $1", PEOPLE["dev"]
        )
        assert await pushed_to(world, "dev") == [in_bell]
        assert (await pushed_to(world, "pm"), await pushed_to(world, "client")) == ([], [])

    async def test_what_is_not_in_the_bell_is_not_pushed(self, app: FastAPI, world: World):
        await has_browser(world, "dev")
        await sets(app, "dev", push_enabled=True)
        await hears_of(app, "dev", "message_posted", bell=False)
        await says(app, world, "client")
        assert await pushed_to(world, "dev") == []


class TestMuted:
    async def test_of_a_muted_project_nothing_is_heard_and_of_others_all(self, app: FastAPI, world: World):
        await sets(app, "dev", push_enabled=True)
        await has_browser(world, "dev")
        await joins(world, "dev", SECOND_PROJECT)
        async with as_person(app, "dev") as dev:
            assert (await dev.put(f"/api/notifications/muted_projects/{FIRST_PROJECT}")).status_code == 204
        message = await says(app, world, "client")
        assert (await in_bell_of(world, "dev"), await mailed_to(world, "dev"), await pushed_to(world, "dev")) == (
            [],
            [],
            [],
        )
        assert await in_bell_of(world, "pm") == [message]
        other = await says(app, world, "client2", client="client2")
        assert (await in_bell_of(world, "dev"), await mailed_to(world, "dev")) == ([other], [[other]])
        assert len(await pushed_to(world, "dev")) == 1


async def test_who_becomes_a_client_hears_nothing_any_more_of_what_the_team_was_told(app: FastAPI, world: World):
    await has_browser(world, "dev")
    await sets(app, "dev", push_enabled=True)
    await hears_of(app, "dev", "issue_created", bell=False)
    await says(app, world, "client")
    await raises(app, world)
    assert len((await mailed_to(world, "dev"))[0]) == 2
    await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["dev"])
    async with as_person(app, "admin") as admin:
        answer = await admin.patch(f"/api/admin/accounts/{PEOPLE['dev']}", json={"role": "client"})
        assert answer.status_code == 200, answer.text
    assert (await in_bell_of(world, "dev"), await mailed_to(world, "dev"), await pushed_to(world, "dev")) == (
        [],
        [],
        [],
    )
