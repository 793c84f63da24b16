"""Rooms: one for each client of a project, seen by those who belong to it, and by admins."""

import pytest
from fastapi import FastAPI

from app.accounts.audit import COMMAND
from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.chat.people import Talk
from tests.world import PEOPLE, World


async def _change(app: FastAPI, work, *arguments) -> None:
    async with app.state.database.transaction() as transaction:
        await work(transaction, COMMAND, *arguments)


async def _rooms(talk: Talk, person: str, project: object = None, **query: str) -> list[tuple[str, str]]:
    address = f"/api/projects/{project}/rooms" if project else "/api/rooms"
    items = (await talk.as_person(person).get(address, params=query)).json()["items"]
    return [(each["project_name"], each["client"]["display_name"]) for each in items]


HARBOUR = ("Harbour House renovation", "Clara Jensen")
NORTHGATE = ("Northgate web shop", "Chloé Martin")


class TestReach:
    @pytest.mark.parametrize(
        ("person", "seen"),
        [
            ("client", [HARBOUR]),
            ("dev", [HARBOUR]),
            ("pm", [HARBOUR]),
            ("client2", [NORTHGATE]),
            ("admin", [HARBOUR, NORTHGATE]),
        ],
    )
    async def test_each_sees_their_own(self, talk: Talk, person, seen):
        assert sorted(await _rooms(talk, person)) == seen

    async def test_two_clients_of_a_project_never_learn_of_each_other(self, talk: Talk, app: FastAPI):
        await _change(app, add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
        await talk.says("client", "My own matter")
        assert await _rooms(talk, "client", FIRST_PROJECT) == [HARBOUR]
        assert await _rooms(talk, "client2", FIRST_PROJECT) == [("Harbour House renovation", "Chloé Martin")]
        assert len(await _rooms(talk, "dev", FIRST_PROJECT)) == 2
        assert (await talk.as_person("client2").get(f"/api/rooms/{talk.room}")).status_code == 404
        assert await talk.bell("client2") == 0
        names = [each["display_name"] for each in (await talk.seen_by("client"))["people"]]
        assert names == ["Clara Jensen", "Deniz Kaya", "Paula Meyer"]

    async def test_a_client_whom_somebody_made_a_manager_sees_no_other_client(self, talk: Talk, world: World):
        await world.execute(
            "INSERT INTO client_portal.project_members (project_id, user_id, role) VALUES ($1, $2, 'manager')",
            FIRST_PROJECT,
            PEOPLE["client2"],
        )
        assert await _rooms(talk, "client2", FIRST_PROJECT) == []
        assert (await talk.as_person("client2").get(f"/api/rooms/{talk.room}")).status_code == 404

    async def test_a_project_out_of_reach_has_no_rooms_to_ask_for(self, talk: Talk):
        assert (await talk.as_person("dev").get(f"/api/projects/{SECOND_PROJECT}/rooms")).status_code == 404

    async def test_access_ends_with_the_membership_and_returns_with_it(self, talk: Talk, app: FastAPI):
        await talk.says("client", "1")
        await talk.read("dev", 1)
        await _change(app, remove_member, FIRST_PROJECT, PEOPLE["dev"])
        assert await _rooms(talk, "dev") == []
        await talk.says("client", "2")
        await _change(app, add_member, FIRST_PROJECT, PEOPLE["dev"], MemberRole.DEVELOPER)
        assert await talk.unread("dev") == 1


class TestPeople:
    async def test_a_client_sees_names_and_nothing_else(self, talk: Talk):
        people = (await talk.seen_by("client"))["people"]
        assert {each["role"] for each in people} == {None}
        assert all(each.keys() == {"id", "display_name", "role", "read_number", "is_online"} for each in people)

    async def test_the_team_sees_the_parts(self, talk: Talk):
        people = (await talk.seen_by("dev"))["people"]
        assert [(each["display_name"], each["role"]) for each in people] == [
            ("Clara Jensen", "client"),
            ("Deniz Kaya", "developer"),
            ("Paula Meyer", "manager"),
        ]

    async def test_who_is_switched_off_is_not_there(self, talk: Talk, world: World):
        await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE["dev"])
        names = [each["display_name"] for each in (await talk.seen_by("client"))["people"]]
        assert names == ["Clara Jensen", "Paula Meyer"]


class TestUnread:
    async def test_old_messages_are_no_news_to_who_joins_later(self, talk: Talk, app: FastAPI):
        await talk.says("client", "1", "2")
        await _change(app, add_member, FIRST_PROJECT, PEOPLE["dev2"], MemberRole.DEVELOPER)
        assert await talk.unread("dev2") == 0
        await talk.says("client", "3")
        assert await talk.unread("dev2") == 1

    async def test_projects_add_up_their_rooms(self, talk: Talk, app: FastAPI, world: World):
        await _change(app, add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
        await talk.says("client", "1", "2")
        other = await world.value(
            "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2",
            FIRST_PROJECT,
            PEOPLE["client2"],
        )
        await Talk(str(other), talk.as_person).says("client2", "3")

        async def unread(person: str) -> int:
            project = (await talk.as_person(person).get(f"/api/projects/{FIRST_PROJECT}")).json()
            return int(project["unread_messages"])

        assert [await unread(person) for person in ("dev", "client", "client2", "admin")] == [3, 0, 0, 0]


class TestList:
    async def test_the_one_where_something_happened_last_comes_first(self, talk: Talk, world: World):
        other = await world.value("SELECT id FROM client_portal.rooms WHERE client_id = $1", PEOPLE["client2"])
        await Talk(str(other), talk.as_person).says("client2", "First")
        await talk.says("client", "Then")
        assert await _rooms(talk, "admin") == [HARBOUR, NORTHGATE]
        await Talk(str(other), talk.as_person).says("client2", "Again")
        assert await _rooms(talk, "admin") == [NORTHGATE, HARBOUR]

    async def test_pages_follow_one_another(self, talk: Talk):
        first = (await talk.as_person("admin").get("/api/rooms", params={"limit": 1})).json()
        second = (
            await talk.as_person("admin").get("/api/rooms", params={"limit": 1, "cursor": first["next_cursor"]})
        ).json()
        assert len({each["id"] for each in first["items"] + second["items"]}) == 2
        assert second["next_cursor"] is None

    @pytest.mark.parametrize(
        ("part", "found"),
        [("clara", [HARBOUR]), ("NORTHGATE", [NORTHGATE]), ("chloé", [NORTHGATE]), ("%", []), ("_", []), ("  ", None)],
    )
    async def test_is_searched_by_names_in_which_no_character_is_special(self, talk: Talk, part, found):
        expected = [HARBOUR, NORTHGATE] if found is None else found
        assert sorted(await _rooms(talk, "admin", q=part)) == expected

    async def test_shows_the_last_message_in_short(self, talk: Talk):
        await talk.says("client", "1", "x" * 4000)
        (room,) = (await talk.as_person("dev").get("/api/rooms")).json()["items"]
        assert (room["last_message"]["number"], len(room["last_message"]["body"])) == (2, 200)
        assert room["last_message"]["author"]["display_name"] == "Clara Jensen"
        assert room["unread_count"] == 2
