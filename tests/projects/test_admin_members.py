"""Projects and their members as admins see and change them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests import sse
from tests.running import caller_of, is_problem, running
from tests.world import PEOPLE, World, bearer, email

PROJECTS = "/api/admin/projects"
MEMBERS = f"{PROJECTS}/{FIRST_PROJECT}/members"


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer("admin")) as admin:
        yield admin


def member(person: str) -> str:
    return f"{MEMBERS}/{PEOPLE[person]}"


async def _all(caller: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await caller.get(path, params={"cursor": cursor, **query})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return found


def _is_refused(answer: httpx.Response, status: int, slug: str) -> bool:
    return answer.status_code == status and is_problem(answer) and answer.json()["type"] == f"/problems/{slug}"


class TestProjects:
    async def test_all_of_them_by_name_with_figures(self, admin: httpx.AsyncClient):
        assert await _all(admin, PROJECTS, limit=1) == [
            {"id": str(FIRST_PROJECT), "name": "Harbour House renovation", "members": 3, "rooms": 1},
            {"id": str(SECOND_PROJECT), "name": "Northgate web shop", "members": 3, "rooms": 1},
        ]

    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("HOUSE", ["Harbour House renovation"]),
            (str(SECOND_PROJECT), ["Northgate web shop"]),
            (str(SECOND_PROJECT)[:9], ["Northgate web shop"]),
            ("%", []),
            ("_", []),
            ("o", ["Harbour House renovation", "Northgate web shop"]),
        ],
    )
    async def test_a_search_means_what_it_says(self, admin: httpx.AsyncClient, q, found):
        assert [each["name"] for each in await _all(admin, PROJECTS, q=q)] == found

    async def test_a_host_without_names(self, world: World):
        await world.execute("ALTER TABLE public.projects DROP COLUMN name")
        async with running(world.settings()) as app, caller_of(app, headers=bearer("admin")) as admin:
            assert [each["name"] for each in await _all(admin, PROJECTS)] == ["Project 11111111", "Project 22222222"]
            account = (await admin.get(f"/api/admin/accounts/{PEOPLE['pm']}")).json()
            assert account["memberships"][0]["project_name"] == "Project 11111111"


class TestMembers:
    async def test_who_they_are(self, admin: httpx.AsyncClient, world: World):
        await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE["dev"])
        found = await _all(admin, MEMBERS, limit=1)
        assert [each["display_name"] for each in found] == ["Clara Jensen", "Deniz Kaya", "Paula Meyer"]
        assert found[1].pop("created_at")
        assert found[1] == {
            "user_id": str(PEOPLE["dev"]),
            "display_name": "Deniz Kaya",
            "email": email("dev"),
            "account_role": "developer",
            "is_active": False,
            "role": "developer",
            "source": "portal",
        }

    async def test_a_user_without_an_account_can_be_one(self, admin: httpx.AsyncClient, world: World):
        user_id = await world.value("INSERT INTO public.users (full_name, email) VALUES ('N', 'n@h') RETURNING id")
        assert (await admin.put(f"{MEMBERS}/{user_id}", json={"role": "manager"})).status_code == 204
        (found,) = [each for each in await _all(admin, MEMBERS) if each["user_id"] == str(user_id)]
        assert [found[name] for name in ("display_name", "email", "account_role", "is_active")] == [None] * 4

    async def test_an_unknown_project_has_none(self, admin: httpx.AsyncClient):
        assert _is_refused(await admin.get(f"{PROJECTS}/{uuid4()}/members"), 404, "not-found")


class TestPutting:
    async def test_who_is_put_in_reaches_the_project(self, admin: httpx.AsyncClient, app: FastAPI):
        async with caller_of(app, headers=bearer("pm2")) as pm2:
            assert (await pm2.get(f"/api/projects/{FIRST_PROJECT}")).status_code == 404
            assert (await admin.put(member("pm2"), json={"role": "developer"})).status_code == 204
            assert (await pm2.get(f"/api/projects/{FIRST_PROJECT}")).json()["role"] == "developer"
            assert (await admin.put(member("pm2"), json={"role": "manager"})).status_code == 204
            assert (await pm2.get(f"/api/projects/{FIRST_PROJECT}")).json()["role"] == "manager"

    async def test_a_client_gets_a_room(self, admin: httpx.AsyncClient):
        assert (await admin.put(member("client2"), json={"role": "client"})).status_code == 204
        assert [each["rooms"] for each in await _all(admin, PROJECTS)] == [2, 1]

    @pytest.mark.parametrize(
        ("person", "role"), [("client2", "manager"), ("client2", "developer"), ("dev2", "manager"), ("pm2", "client")]
    )
    async def test_a_part_must_fit_the_accounts_role(self, admin: httpx.AsyncClient, person, role):
        assert _is_refused(await admin.put(member(person), json={"role": role}), 422, "invalid")

    async def test_only_what_is_there_can_be_put_together(self, admin: httpx.AsyncClient):
        role = {"role": "manager"}
        assert _is_refused(await admin.put(f"{MEMBERS}/{uuid4()}", json=role), 404, "not-found")
        unknown = f"{PROJECTS}/{uuid4()}/members/{PEOPLE['pm']}"
        assert _is_refused(await admin.put(unknown, json=role), 404, "not-found")
        assert _is_refused(await admin.put(member("pm"), json={"role": "owner"}), 422, "invalid")


class TestTakingOut:
    async def test_who_is_taken_out_reaches_it_no_more_and_their_streams_hear_of_it(
        self, admin: httpx.AsyncClient, app: FastAPI
    ):
        async with caller_of(app, headers=bearer("dev")) as dev, sse.open_stream(app, bearer("dev")) as stream:
            await stream.until("ready")
            assert (await admin.delete(member("dev"))).status_code == 204
            await stream.until("reset")
            assert (await dev.get(f"/api/projects/{FIRST_PROJECT}")).status_code == 404
        assert _is_refused(await admin.delete(member("dev")), 404, "not-found")

    async def test_the_room_stays(self, admin: httpx.AsyncClient):
        await admin.delete(member("client"))
        assert (await _all(admin, PROJECTS))[0] == {
            "id": str(FIRST_PROJECT),
            "name": "Harbour House renovation",
            "members": 2,
            "rooms": 1,
        }

    async def test_what_the_host_says_is_changed_there(self, world: World):
        # The host goes on saying so: without its word the next sync would take the manager out.
        leads = f"SELECT '{PEOPLE['pm']}'::uuid WHERE $1::uuid = '{FIRST_PROJECT}'"
        await world.execute("UPDATE client_portal.project_members SET source = 'host' WHERE user_id = $1", PEOPLE["pm"])
        settings = world.settings(host_managers_query=leads)
        async with running(settings) as app, caller_of(app, headers=bearer("admin")) as admin:
            answer = await admin.delete(member("pm"))
        assert _is_refused(answer, 409, "assigned-by-host")
        assert answer.json()["detail"].startswith("The host's assignment says so")
