"""Managers whom the host's own assignment table names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.core.errors import StartupError
from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects import host_managers
from app.projects.host_managers import check_managers_query
from app.projects.host_queries import differences_statement, take_turn
from tests import sse
from tests.audited import Audited
from tests.running import caller_of, running, until
from tests.world import PEOPLE, World, bearer

QUERY = "SELECT user_id FROM public.assignments WHERE project_id = $1 AND is_lead"


@pytest.fixture
async def host(world: World) -> World:
    """A host with assignments: pm2 leads the first project too, dev2 only works on it."""
    await world.execute(
        "CREATE TABLE public.assignments (project_id uuid, user_id uuid, is_lead bool);"
        "GRANT SELECT ON public.assignments TO portal"
    )
    await _assign(world, "pm2")
    await _assign(world, "dev2", is_lead=False)
    return world


async def _assign(world: World, person: str | UUID, project_id: UUID = FIRST_PROJECT, *, is_lead: bool = True) -> None:
    user_id = PEOPLE[person] if isinstance(person, str) else person
    await world.execute("INSERT INTO public.assignments VALUES ($1, $2, $3)", project_id, user_id, is_lead)


async def _unassign(world: World, person: str) -> None:
    await world.execute("DELETE FROM public.assignments WHERE user_id = $1", PEOPLE[person])


async def _by_host(world: World) -> set[tuple[UUID, UUID]]:
    rows = await world.fetch(
        "SELECT project_id, user_id FROM client_portal.project_members WHERE source = 'host' AND role = 'manager'"
    )
    return {tuple(row) for row in rows}


PM2 = (FIRST_PROJECT, PEOPLE["pm2"])


@asynccontextmanager
async def _portal(world: World, query: str | None = QUERY, **settings: Any) -> AsyncIterator[FastAPI]:
    """An application whose own syncs are an hour apart: the test asks for them."""
    own = {"host_managers_query": query, "host_sync_seconds": 3600} | settings
    async with running(world.settings(**own)) as app:
        await _sync(app)
        yield app


async def _sync(app: FastAPI) -> None:
    """A sync that begins now, not one that was under way."""
    await until(app.state.host_managers.sync)


async def _reaches(app: FastAPI, person: str = "pm2", project_id: UUID = FIRST_PROJECT) -> bool:
    async with caller_of(app, headers=bearer(person)) as caller:
        return (await caller.get(f"/api/projects/{project_id}")).status_code == 200


class TestSync:
    async def test_who_leads_in_the_host_manages_here(self, host: World):
        async with _portal(host) as app:
            assert await _by_host(host) == {PM2}
            async with caller_of(app, headers=bearer("pm2")) as pm2:
                assert (await pm2.get(f"/api/projects/{FIRST_PROJECT}")).json()["role"] == "manager"
            assert not await _reaches(app, "dev2")

    async def test_who_no_longer_leads_no_longer_does(self, host: World):
        async with _portal(host) as app:
            await _unassign(host, "pm2")
            await _sync(app)
            assert not await _reaches(app)
            assert await _by_host(host) == set()

    async def test_it_goes_on_by_itself(self, host: World):
        async with running(host.settings(host_managers_query=QUERY, host_sync_seconds=1)) as app:
            await until(lambda: _reaches(app))
            await _unassign(host, "pm2")

            async def is_out() -> bool:
                return not await _reaches(app)

            await until(is_out)

    async def test_they_have_the_rooms_and_nothing_that_was_written_before_is_news(self, host: World):
        room = "SELECT id FROM client_portal.rooms WHERE project_id = $1"
        await host.execute("UPDATE client_portal.rooms SET last_number = 5 WHERE project_id = $1", FIRST_PROJECT)
        async with _portal(host):
            mark = "SELECT number FROM client_portal.room_reads WHERE user_id = $1 AND room_id = ($2::uuid)"
            assert await host.value(mark, PEOPLE["pm2"], await host.value(room, FIRST_PROJECT)) == 5

    async def test_open_streams_hear_of_it(self, host: World):
        await _unassign(host, "pm2")
        async with _portal(host) as app, sse.open_stream(app, bearer("pm2")) as stream:
            await stream.until("ready")
            await _assign(host, "pm2")
            await _sync(app)
            await stream.until("reset")

    async def test_what_was_put_in_by_hand_stays(self, host: World):
        await _assign(host, "dev")
        await _assign(host, "pm")
        async with _portal(host) as app:
            before = await host.fetch("SELECT * FROM client_portal.project_members WHERE source = 'portal'")
            assert len(before) == 6
            await host.execute("TRUNCATE public.assignments")
            await _sync(app)
            after = await host.fetch("SELECT * FROM client_portal.project_members")
        assert sorted(map(str, after)) == sorted(map(str, before))

    async def test_who_is_put_in_by_hand_is_the_hosts_no_more(self, host: World):
        member = f"/api/admin/projects/{FIRST_PROJECT}/members/{PEOPLE['pm2']}"
        async with _portal(host) as app, caller_of(app, headers=bearer("admin")) as admin:
            assert (await admin.put(member, json={"role": "developer"})).status_code == 204
            await _sync(app)
            await _unassign(host, "pm2")
            await _sync(app)
            assert await _reaches(app)
            assert await _by_host(host) == set()

    async def test_strangers_and_who_cannot_be_a_manager_are_left_out(self, host: World):
        await host.execute("INSERT INTO public.assignments VALUES ($1, NULL, true)", FIRST_PROJECT)
        without_account = await host.value(
            "INSERT INTO public.users (full_name, email) VALUES ('New', 'n@host.test') RETURNING id"
        )
        await _assign(host, uuid4())
        await _assign(host, "client2")
        await _assign(host, "dev2")
        await _assign(host, "admin")
        await _assign(host, without_account)
        await _assign(host, "pm2", uuid4())
        await _assign(host, "pm2")
        async with _portal(host):
            others = {(FIRST_PROJECT, PEOPLE["admin"]), (FIRST_PROJECT, without_account)}
            assert await _by_host(host) == {PM2} | others

    async def test_without_the_setting_they_are_gone_and_the_others_stay(self, host: World):
        async with _portal(host):
            pass
        audited = await Audited.on(host)
        async with _portal(host, None) as app:
            assert not await _reaches(app)
            assert await host.value("SELECT count(*) FROM client_portal.project_members") == 6
        assert await audited.actions() == ["member_removed"]

    async def test_without_the_setting_nobody_is_let_in_by_what_the_host_once_said(self, host: World):
        async with _portal(host):
            assert await _by_host(host) == {PM2}
        async with running(host.settings()) as app:
            assert not await _reaches(app)

    async def test_it_is_audited_as_the_hosts_doing(self, host: World):
        audited = await Audited.on(host)
        async with _portal(host) as app:
            await _sync(app)
            await _unassign(host, "pm2")
            await _sync(app)
        place = {"user": "pm2", "project": FIRST_PROJECT}
        assert await audited.entries() == [
            place | {"action": "member_added", "details": {"role": "manager", "via": "host"}},
            place | {"action": "member_removed", "details": {"role_before": "manager", "via": "host"}},
        ]

    async def test_nothing_is_written_when_nothing_differs(self, host: World):
        async with _portal(host) as app:
            rows = "SELECT xmin::text, ctid::text, * FROM client_portal.project_members ORDER BY project_id, user_id"
            before = await host.fetch(rows)
            await _sync(app)
            assert await host.fetch(rows) == before

    async def test_one_process_at_a_time(self, host: World):
        async with _portal(host) as app, app.state.database.transaction() as other:
            assert await take_turn(other.connection)
            await _unassign(host, "pm2")
            assert not await app.state.host_managers.sync()
            assert await _by_host(host) == {PM2}

    async def test_a_query_that_fails_changes_nothing_and_is_tried_again(self, host: World):
        async with running(host.settings(host_managers_query=QUERY, host_sync_seconds=1)) as app:
            await until(lambda: _reaches(app))
            await host.execute("ALTER TABLE public.assignments RENAME TO moved")
            with pytest.raises(Exception, match="assignments"):
                await _sync(app)
            assert await _by_host(host) == {PM2}
            await _assign_all(host, "moved", "pm2", SECOND_PROJECT)
            await host.execute("ALTER TABLE public.moved RENAME TO assignments")

            async def is_synced() -> bool:
                return len(await _by_host(host)) == 1 and await _reaches(app)

            await until(is_synced)

    async def test_many_projects_at_once(self, host: World):
        await host.execute(
            "INSERT INTO public.projects (id, name) SELECT gen_random_uuid(), n::text FROM generate_series(1, 3000) n"
        )
        await host.execute(
            "INSERT INTO public.assignments SELECT id, $1, true FROM public.projects WHERE id <> $2",
            PEOPLE["pm2"],
            SECOND_PROJECT,
        )
        async with _portal(host):
            assert len(await _by_host(host)) == 3001


async def _assign_all(world: World, table: str, person: str, project_id: UUID) -> None:
    await world.execute(f"INSERT INTO public.{table} VALUES ($1, $2, true)", project_id, PEOPLE[person])


class TestWriting:
    """The query may read only, whatever it calls."""

    @pytest.fixture
    async def treacherous(self, host: World) -> str:
        """A query that writes as soon as it is asked about a project that exists."""
        await host.execute(
            "CREATE FUNCTION public.leads(project uuid) RETURNS SETOF uuid LANGUAGE plpgsql AS $$ BEGIN"
            " IF EXISTS (SELECT FROM public.projects WHERE id = project) THEN"
            "   DELETE FROM client_portal.project_members; END IF;"
            " RETURN QUERY SELECT user_id FROM public.assignments WHERE project_id = project; END $$"
        )
        return "SELECT * FROM public.leads($1)"

    async def test_it_cannot_write_where_the_start_did_not_notice(self, host: World, treacherous: str):
        await check_managers_query(host.url, treacherous)
        async with running(host.settings(host_managers_query=treacherous, host_sync_seconds=3600)) as app:
            with pytest.raises(Exception, match="read-only"):
                await _sync(app)
            async with app.state.database.transaction() as transaction:
                await app.state.host_managers.refresh(transaction, FIRST_PROJECT)
        assert await host.value("SELECT count(*) FROM client_portal.project_members") == 6


class TestRefresh:
    async def test_one_project_is_brought_up_to_date_within_a_transaction(self, host: World):
        await _assign(host, "admin", SECOND_PROJECT)
        async with _portal(host) as app:
            await _unassign(host, "pm2")
            await _unassign(host, "admin")
            async with app.state.database.transaction() as transaction:
                await app.state.host_managers.refresh(transaction, FIRST_PROJECT)
            assert await _by_host(host) == {(SECOND_PROJECT, PEOPLE["admin"])}

    async def test_who_leads_since_a_moment_is_told_of_what_happens_now(self, host: World):
        issue = {"project_id": str(SECOND_PROJECT), "issue_id": str(uuid4()), "message": "A leak"}
        async with _portal(host) as app:
            await _assign(host, "pm", SECOND_PROJECT)
            async with caller_of(app, headers=bearer("admin")) as admin, caller_of(app, headers=bearer("pm")) as pm:
                assert (await admin.post("/api/testnotify/issue", json=issue)).status_code == 204
                assert (await pm.get("/api/notifications/unread_count")).json() == {"count": 1}

    async def test_a_query_that_fails_or_takes_too_long_does_not_stop_the_work(
        self, host: World, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(host_managers, "_REFRESH_LIMIT_SECONDS", 0.1)
        queries = {"fails": f"{QUERY} AND 1 / 0 = 1", "too long": f"{QUERY} AND pg_sleep(5) IS NOT NULL"}
        for title, query in queries.items():
            async with (
                running(host.settings(host_managers_query=query, host_sync_seconds=3600)) as app,
                app.state.database.transaction() as transaction,
            ):
                await app.state.host_managers.refresh(transaction, FIRST_PROJECT)
                await transaction.connection.exec_driver_sql(
                    "INSERT INTO client_portal.audit_log (action) VALUES ($1)", (title,)
                )
            assert await host.value("SELECT true FROM client_portal.audit_log WHERE action = $1", title)

    async def test_limits_of_the_query_do_not_stay_with_the_transaction(self, host: World):
        async with _portal(host) as app, app.state.database.transaction() as transaction:
            settings = "SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')"
            before = (await transaction.connection.exec_driver_sql(settings)).one()
            await app.state.host_managers.refresh(transaction, FIRST_PROJECT)
            assert (await transaction.connection.exec_driver_sql(settings)).one() == before
            assert before[1] == "off"

    async def test_without_the_setting_nothing_is_asked(self, host: World):
        async with _portal(host, None) as app:
            await app.state.host_managers.refresh(None, FIRST_PROJECT)


GOOD = {
    "plain": QUERY,
    "semicolon": f"  {QUERY} ;\n",
    "comment behind it": f"{QUERY} -- $1 is the project's id",
    "cast": "SELECT user_id FROM public.assignments WHERE project_id = $1::uuid",
    "twice": f"{QUERY} UNION ALL {QUERY}",
    "with": "WITH l AS (SELECT * FROM public.assignments WHERE is_lead) SELECT user_id FROM l WHERE project_id = $1",
    "order and limit": f"{QUERY} ORDER BY user_id LIMIT 5",
    "comment in it": "/* it's $1 */ SELECT user_id FROM public.assignments WHERE project_id = $1 AND is_lead",
    "strings": f"{QUERY} AND '$1' <> $q$ $1 ' $q$ AND E'\\'$1' <> 'it''s $1' AND project_id IS NOT NULL",
    "names": 'SELECT "a$1" FROM (SELECT user_id AS "a$1", project_id AS b$1 FROM public.assignments) t WHERE b$1 = $1',
}


class TestCheck:
    @pytest.mark.parametrize("query", GOOD.values(), ids=GOOD.keys())
    async def test_what_can_be_asked_is_asked_of_all_projects(self, host: World, query: str):
        await host.execute("DELETE FROM public.assignments WHERE NOT is_lead")
        await check_managers_query(host.url, query)
        async with _portal(host, query):
            assert await _by_host(host) == {PM2}

    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("nonsense", "syntax error"),
            ("SELECT user_id FROM public.nowhere WHERE project_id = $1", "does not exist"),
            ("SELECT user_id FROM public.assignments", "$1 stands for its id"),
            ("SELECT user_id FROM public.assignments WHERE project_id = $1 AND user_id = $2", "2 parameters"),
            ("SELECT user_id FROM public.assignments WHERE project_id::text = $1", "write $1::uuid"),
            ("SELECT user_id, is_lead FROM public.assignments WHERE project_id = $1", "answers uuid, bool"),
            ("SELECT user_id::text FROM public.assignments WHERE project_id = $1", "answers text"),
            ("DELETE FROM public.assignments WHERE project_id = $1", "answers nothing"),
            (
                "INSERT INTO client_portal.project_members SELECT $1::uuid, id FROM public.users RETURNING user_id",
                "must only read",
            ),
            ("SELECT user_id FROM client_portal.project_members WHERE project_id = $1 FOR UPDATE", "must only read"),
            ("SELECT id FROM public.secrets WHERE id = $1", "permission denied for table secrets: let the owner GRANT"),
            ("SELECT user_id FROM public.assignments WHERE project_id = $1; SELECT 1", "multiple commands"),
            ("SELECT $1::uuid) AS x (a) CROSS JOIN (SELECT 1", "syntax error"),
            ("SELECT user_id FROM public.assignments WHERE project_id = $1 AND 1 / 0 = 1", "division by zero"),
        ],
    )
    async def test_what_cannot_be_is_refused_in_one_line(self, host: World, query: str, says: str):
        await host.execute("CREATE TABLE public.secrets (id uuid)")
        with pytest.raises(StartupError) as refusal:
            await check_managers_query(host.url, query)
        line = str(refusal.value)
        assert line.startswith("HOST_MANAGERS_QUERY: ")
        assert says in line
        assert "\n" not in line

    def test_only_a_parameter_becomes_a_column(self):
        statement = differences_statement("SELECT '$1', a$1, $1, $10, $$ $1 $$, $t$ $1 $t$", of_one_project=False)
        assert "SELECT '$1', a$1, portal_asked.id, $10, $$ $1 $$, $t$ $1 $t$" in statement
