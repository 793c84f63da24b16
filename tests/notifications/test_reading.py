"""Who looks at the thing itself need not hear of it by e-mail, though it never was in their bell."""

import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests.notifications.told import as_person, hears_of, in_bell_of, joins, raises, room_of, says, sets
from tests.world import PEOPLE, World


class TestReading:
    """Who looks at the thing itself need not hear of it by e-mail, though it never was in their bell."""

    @pytest.mark.parametrize("state", ["waiting", "retrying"])
    async def test_in_the_room(self, app: FastAPI, world: World, state: str):
        await joins(world, "dev", SECOND_PROJECT)
        await hears_of(app, "dev", "message_posted", bell=False)
        await says(app, world, "client")
        await says(app, world, "client2", client="client2")
        issue = await raises(app, world)
        await world.execute("UPDATE client_portal.email_outbox SET state = $1", state)
        async with as_person(app, "dev") as dev:
            assert (await dev.post(f"/api/rooms/{await room_of(world)}/opened")).status_code == 204
        unread = await world.fetch(
            "SELECT recipient_id, project_id, source_kind FROM client_portal.email_items"
            " JOIN client_portal.email_outbox ON id = email_id WHERE NOT is_read ORDER BY project_id, source_kind"
        )
        assert [tuple(row) for row in unread if row[0] == PEOPLE["dev"]] == sorted(
            [(PEOPLE["dev"], FIRST_PROJECT, "issue"), (PEOPLE["dev"], SECOND_PROJECT, "message")]
        )
        assert [row["source_kind"] for row in unread if row[0] == PEOPLE["dev2"]] == ["message"]
        assert issue in await in_bell_of(world, "dev")

    async def test_up_to_a_message(self, app: FastAPI, world: World):
        await hears_of(app, "dev", "message_posted", bell=False)
        await says(app, world, "client")
        second = await says(app, world, "client")
        async with as_person(app, "dev") as dev:
            answer = await dev.post(f"/api/rooms/{await room_of(world)}/read", json={"up_to": 1})
            assert answer.status_code == 204
        unread = await world.fetch("SELECT source_id FROM client_portal.email_items WHERE NOT is_read")
        assert [row[0] for row in unread] == [second]

    async def test_of_an_issue(self, app: FastAPI, world: World):
        await hears_of(app, "dev", "issue_created", bell=False)
        issue = await raises(app, world)
        async with as_person(app, "dev") as dev:
            seen = {"source_kind": "issue", "source_id": str(issue)}
            assert (await dev.post("/api/notifications/read_about", json=seen)).status_code == 204
        assert await world.value("SELECT is_read FROM client_portal.email_items")

    async def test_nobody_else_has_read_it(self, app: FastAPI, world: World):
        await sets(app, "pm", email_enabled=True)
        for person in ("dev", "pm"):
            await hears_of(app, person, "message_posted", bell=False)
        await says(app, world, "client")
        async with as_person(app, "dev") as dev:
            assert (await dev.post(f"/api/rooms/{await room_of(world)}/opened")).status_code == 204
        read = await world.fetch(
            "SELECT recipient_id FROM client_portal.email_items"
            " JOIN client_portal.email_outbox ON id = email_id WHERE is_read"
        )
        assert [row[0] for row in read] == [PEOPLE["dev"]]
