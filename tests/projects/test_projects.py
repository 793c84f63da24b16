"""Projects as people see them, on hosts of several kinds, and membership."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.audit import COMMAND
from app.core.errors import Invalid
from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects.preflight import check_host
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.running import caller_of, running
from tests.world import PEOPLE, World, bearer


@asynccontextmanager
async def _as(world: World, person: str) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of an application that starts on the world as it is now."""
    async with running(world.settings()) as app, caller_of(app, headers=bearer(person)) as caller:
        yield caller


async def _all(caller: httpx.AsyncClient, limit: int = 100) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await caller.get("/api/projects", params={"cursor": cursor, "limit": limit})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return found


async def _names(world: World, person: str = "admin", limit: int = 100) -> list[object]:
    async with _as(world, person) as caller:
        return [each["name"] for each in await _all(caller, limit)]


async def _add_projects(world: World, *names: str | None) -> list[UUID]:
    ids = [uuid4() for _ in names]
    async with world.connection() as host:
        await host.execute("ALTER TABLE public.projects ALTER COLUMN name DROP NOT NULL")
        await host.executemany("INSERT INTO public.projects (id, name) VALUES ($1, $2)", zip(ids, names, strict=True))
    return ids


class TestList:
    @pytest.mark.parametrize(
        ("person", "role"), [("pm", "manager"), ("dev", "developer"), ("client", "client"), ("admin", None)]
    )
    async def test_a_project_as_each_of_its_people_sees_it(self, shared_app: FastAPI, person, role):
        async with caller_of(shared_app, headers=bearer(person)) as caller:
            projects = await _all(caller)
        assert projects[0] == {
            "id": str(FIRST_PROJECT),
            "name": "Harbour House renovation",
            "role": role,
            "unread_count": projects[0]["unread_count"],
            "unread_messages": 0,
            "progress": None,
        }
        assert len(projects) == (2 if person == "admin" else 1)

    async def test_one_project_is_what_the_list_says_of_it(self, shared_app: FastAPI):
        async with caller_of(shared_app, headers=bearer("pm")) as pm:
            assert (await pm.get(f"/api/projects/{FIRST_PROJECT}")).json() == (await _all(pm))[0]

    async def test_no_other_column_of_the_host_is_shown(self, shared_app: FastAPI):
        async with caller_of(shared_app, headers=bearer("admin")) as admin:
            text = (await admin.get("/api/projects")).text
        for secret in ("184000", "30 days", "5550", "Margin", "@example.com", "contract"):
            assert secret not in text

    async def test_unread_notifications_are_counted_by_project(self, app: FastAPI, world: World):
        await world.notify("pm", count=2)
        await world.notify("pm", is_read=True)
        async with caller_of(app, headers=bearer("pm")) as pm:
            assert (await _all(pm))[0]["unread_count"] == 2

    async def test_somebody_without_projects_has_none(self, shared_app: FastAPI, shared_world: World):
        async with caller_of(shared_app, headers=bearer("admin", role="staff")) as nobody:
            assert (await nobody.get("/api/projects")).json() == {"items": [], "next_cursor": None}

    @pytest.mark.parametrize("limit", [1, 3, 100])
    async def test_paging_neither_skips_nor_repeats_among_equal_names(self, world: World, limit):
        await _add_projects(world, *["Same"] * 7, None, None, "", "Émile", "émile", "zebra", "Zebra", "a b", "ab", "🦊")
        async with _as(world, "admin") as admin:
            whole = [each["id"] for each in await _all(admin)]
            paged = [each["id"] for each in await _all(admin, limit)]
        assert len(set(paged)) == await world.value("SELECT count(*) FROM public.projects")
        assert paged == whole

    async def test_they_come_by_name(self, world: World):
        await _add_projects(world, "b", "a", "c")
        names = [name for name in await _names(world) if name in ("a", "b", "c")]
        assert names == ["a", "b", "c"]

    async def test_a_very_long_name_does_not_end_paging(self, world: World):
        await _add_projects(world, *["n" * 3000 + str(number) for number in range(3)])
        assert len(await _names(world, limit=1)) == 5


class TestNames:
    """A project without a name of its own shows a short form of its id."""

    @pytest.mark.parametrize("name", [None, "", "   ", "\t\n ", "\u00a0"], ids=repr)
    async def test_a_blank_one(self, world: World, name):
        (id_,) = await _add_projects(world, name)
        assert f"Project {str(id_)[:8]}" in await _names(world)

    async def test_spaces_around_one_are_not_shown(self, world: World):
        await _add_projects(world, "  Mill  ")
        assert "Mill" in await _names(world)

    async def test_a_host_without_the_column(self, world: World):
        await world.execute("ALTER TABLE public.projects DROP COLUMN name")
        assert await _names(world, limit=1) == ["Project 11111111", "Project 22222222"]

    async def test_a_host_that_does_not_let_it_be_read(self, world: World):
        await world.execute(
            "REVOKE SELECT ON public.projects FROM portal; GRANT SELECT (id) ON public.projects TO portal"
        )
        assert await _names(world) == ["Project 11111111", "Project 22222222"]

    @pytest.mark.parametrize("type_", ["varchar(200)", "char(40)", "jsonb USING to_jsonb(name)"])
    async def test_a_column_of_another_type(self, world: World, type_):
        await world.execute(f"ALTER TABLE public.projects ALTER COLUMN name TYPE {type_}")
        names = await _names(world, limit=1)
        assert [str(name).strip('"') for name in names] == ["Harbour House renovation", "Northgate web shop"]

    async def test_simulated_messages_of_a_nameless_project_have_a_title(self, world: World):
        await world.execute("ALTER TABLE public.projects DROP COLUMN name")
        message = {"project_id": str(FIRST_PROJECT), "message_id": str(uuid4()), "snippet": "Hello"}
        async with _as(world, "pm") as pm:
            assert (await pm.post("/api/testnotify/message", json=message)).status_code == 204
            items = (await pm.get("/api/notifications")).json()["items"]
        assert items[0]["title"] == "New message in Project 11111111"


class TestRowSecurity:
    """A host whose tables hide rows from the portal's role."""

    @pytest.fixture
    async def hidden(self, world: World) -> World:
        """Rows of the second project are hidden."""
        await world.execute(
            "ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;"
            f"CREATE POLICY one ON public.projects FOR SELECT TO portal USING (id = '{FIRST_PROJECT}')"
        )
        return world

    async def test_the_start_says_so(self, hidden: World):
        warnings = await check_host(hidden.url, migrating=False)
        assert any("Row-level security" in warning and "public.projects" in warning for warning in warnings)

    async def test_what_is_shown_is_answered_and_what_is_hidden_is_not_there(self, hidden: World):
        assert await _names(hidden, "admin") == ["Harbour House renovation"]
        async with _as(hidden, "pm2") as pm2:
            assert (await pm2.get(f"/api/projects/{SECOND_PROJECT}")).status_code == 404

    async def test_the_bell_goes_on_ringing(self, hidden: World):
        issue = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"}
        async with _as(hidden, "pm") as pm:
            assert (await pm.post("/api/testnotify/issue", json=issue)).status_code == 204
            assert (await pm.get("/api/notifications/unread_count")).json() == {"count": 1}


class TestMembership:
    async def _in(self, app: FastAPI, work, *arguments) -> None:
        async with app.state.database.transaction() as transaction:
            await work(transaction, COMMAND, *arguments)

    async def test_who_is_put_in_reaches_the_project_and_who_is_taken_out_does_not(self, app: FastAPI):
        async with caller_of(app, headers=bearer("pm2")) as pm2:
            await self._in(app, add_member, FIRST_PROJECT, PEOPLE["pm2"], MemberRole.DEVELOPER)
            assert (await pm2.get(f"/api/projects/{FIRST_PROJECT}")).json()["role"] == "developer"
            await self._in(app, add_member, FIRST_PROJECT, PEOPLE["pm2"], MemberRole.MANAGER)
            assert (await pm2.get(f"/api/projects/{FIRST_PROJECT}")).json()["role"] == "manager"
            await self._in(app, remove_member, FIRST_PROJECT, PEOPLE["pm2"])
            assert (await pm2.get(f"/api/projects/{FIRST_PROJECT}")).status_code == 404

    @pytest.mark.parametrize(
        ("person", "part"), [("client2", MemberRole.MANAGER), ("client2", MemberRole.DEVELOPER), ("dev2", "client")]
    )
    async def test_a_buyer_is_never_of_the_team_nor_one_of_the_team_a_buyer(self, app: FastAPI, person, part):
        with pytest.raises(Invalid, match="cannot be"):
            await self._in(app, add_member, FIRST_PROJECT, PEOPLE[person], MemberRole(part))

    async def test_only_who_exists_can_be_put_in(self, app: FastAPI):
        with pytest.raises(Invalid, match="no project"):
            await self._in(app, add_member, UUID(int=1), PEOPLE["pm"], MemberRole.MANAGER)
        with pytest.raises(Invalid, match="no user"):
            await self._in(app, add_member, FIRST_PROJECT, UUID(int=1), MemberRole.MANAGER)

    async def test_only_who_is_in_can_be_taken_out(self, app: FastAPI):
        with pytest.raises(Invalid, match="not a member"):
            await self._in(app, remove_member, FIRST_PROJECT, PEOPLE["pm2"])

    async def test_the_same_one_put_in_many_times_at_once_is_one_member(self, app: FastAPI, world: World):
        adding = [self._in(app, add_member, FIRST_PROJECT, PEOPLE["pm2"], MemberRole.MANAGER) for _ in range(8)]
        await asyncio.gather(*adding)
        count = "SELECT count(*) FROM client_portal.project_members WHERE user_id = $1 AND project_id = $2"
        assert await world.value(count, PEOPLE["pm2"], FIRST_PROJECT) == 1


def test_project_ids_of_the_demo_are_the_contracts():
    assert [str(FIRST_PROJECT), str(SECOND_PROJECT)] == [
        "11111111-1111-4111-8111-111111111111",
        "22222222-2222-4222-8222-222222222222",
    ]
