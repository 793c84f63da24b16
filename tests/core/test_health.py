"""Whether the process lives and is fit, and its measures."""

import asyncio
from uuid import uuid4

import httpx
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from app.core.database import Database
from app.dev.demo import FIRST_PROJECT
from tests import sse
from tests.running import caller_of, running, until
from tests.world import World, bearer


async def test_a_fit_process_says_so(http: httpx.AsyncClient):
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    answer = await http.get("/readyz")
    assert answer.status_code == 200
    checks = {"database": True, "migrations": True, "listener": True}
    assert answer.json() == {"status": "ok", "checks": checks, "mail": "files, by portal worker"}


async def test_it_says_by_which_way_e_mail_leaves_and_is_fit_without_one(world: World):
    ways = {
        "files, by portal worker": {},
        "smtp, by portal worker": {
            "smtp_url": "smtp://127.0.0.1:2525",
            "app_env": "production",
            "public_url": "https://portal.example",
        },
        "off: PUBLIC_URL is not set": {"smtp_url": "smtp://127.0.0.1:2525", "app_env": "production"},
        "off: SMTP_URL is not set": {"app_env": "production"},
    }
    for said, settings in ways.items():
        async with running(world.settings(**settings)) as app, caller_of(app) as caller:
            answer = await caller.get("/readyz")
        assert (answer.status_code, answer.json()["mail"]) == (200, said)


async def test_a_schema_of_another_version_makes_it_unfit(world: World, http: httpx.AsyncClient):
    await world.execute("UPDATE client_portal.alembic_version SET version_num = 'another'")
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": True, "migrations": False, "listener": True}


async def test_a_lost_schema_makes_it_unfit(world: World, http: httpx.AsyncClient):
    await world.execute("DROP SCHEMA client_portal CASCADE")
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] is False


async def test_a_database_that_lets_nobody_in_makes_it_unfit_and_calls_unavailable(world: World, app: FastAPI):
    await world.execute(f"ALTER DATABASE {_name(world)} CONNECTION LIMIT 0")
    await _break_connections(world)
    async with caller_of(app, headers=bearer("pm")) as pm:
        await pm.get("/api/projects")  # a connection that broke may be found out once
        ready, call = await pm.get("/readyz"), await pm.get("/api/projects")
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] is False
    assert (call.status_code, call.json()["type"]) == (503, "/problems/unavailable")


async def test_a_password_that_was_changed_makes_it_unfit_and_calls_unavailable(world: World):
    await world.execute("CREATE ROLE rotated LOGIN PASSWORD 'before' IN ROLE portal")
    try:
        url = world.url.replace("portal:portal@", "rotated:before@")
        async with running(world.settings(database_url=url)) as app, caller_of(app, headers=bearer("pm")) as pm:
            assert (await pm.get("/api/projects")).status_code == 200
            await world.execute("ALTER ROLE rotated PASSWORD 'after' NOLOGIN")
            await _break_connections(world)
            await pm.get("/api/projects")
            ready, call = await pm.get("/readyz"), await pm.get("/api/projects")
        assert ready.status_code == 503
        assert ready.json()["checks"]["database"] is False
        assert (call.status_code, call.json()["type"]) == (503, "/problems/unavailable")
    finally:
        await _break_connections(world)
        await world.execute("DROP ROLE rotated")


class TestMetrics:
    async def test_count_requests_by_route_not_by_address(self, app: FastAPI, http: httpx.AsyncClient):
        async with caller_of(app, headers=bearer("pm")) as pm:
            for _ in range(3):
                await pm.get(f"/api/projects/{uuid4()}")
            await pm.get("/api/nothing")
        found = await _measures(http)
        route = "/api/projects/{project_id}"
        assert found["portal_http_requests_total", "GET", route, "404"] == 3
        assert found["portal_http_requests_total", "any", "other", "404"] == 1
        assert found["portal_http_request_seconds_count", "GET", route] == 3

    async def test_count_notifications_made_streams_open_and_frames(self, app: FastAPI, http: httpx.AsyncClient):
        issue = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"}
        async with caller_of(app, headers=bearer("pm")) as pm, sse.open_stream(app, bearer("pm")) as stream:
            await pm.post("/api/testnotify/issue", json=issue)
            await pm.post("/api/testnotify/issue", json=issue)
            await stream.until("notification")
            found = await _measures(http)
        assert found["portal_notifications_created_total", "issue_created"] == 2
        assert found["portal_streams_open",] == 1
        assert found["portal_frames_total",] >= 1
        assert (await _measures(http))["portal_streams_open",] == 0

    async def test_a_commit_that_failed_is_not_counted(self, app: FastAPI, http: httpx.AsyncClient, world: World):
        await fail_commits(world)
        issue = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"}
        async with caller_of(app, headers=bearer("pm")) as pm:
            await pm.post("/api/testnotify/issue", json=issue)
        assert ("portal_notifications_created_total", "issue_created") not in await _measures(http)


async def test_renewing_connections_makes_no_call_wait(world: World):
    database = Database(world.url, pool_size=1)
    try:
        async with database.reading():
            pass
        database.renew()
        await asyncio.sleep(0)  # it is under way now
        async with asyncio.timeout(20), database.reading() as connection:
            assert await connection.exec_driver_sql("SELECT 1")
    finally:
        await database.close()


async def test_a_connection_in_use_while_all_are_renewed_ends_its_work_and_is_closed(world: World):
    database = Database(world.url, pool_size=1)
    try:
        async with database.reading() as connection:
            old = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
            database.renew()
            assert (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one() == old
        async with database.reading() as connection:
            new = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
        assert new != old

        async def is_alone() -> bool:
            found = await world.fetch("SELECT pid FROM pg_stat_activity WHERE pid = ANY($1)", [old, new])
            return [each["pid"] for each in found] == [new]

        await until(is_alone)
    finally:
        await database.close()


async def fail_commits(world: World) -> None:
    """Lets every transaction that makes a notification fail at its very end."""
    await world.execute(
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END$$"
    )
    await world.execute(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON client_portal.notifications"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse()"
    )


async def _measures(http: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (
            sample.name,
            *(sample.labels[name] for name in ("method", "route", "status", "type") if name in sample.labels),
        ): (sample.value)
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _name(world: World) -> str:
    return world.url.rpartition("/")[2].partition("?")[0]


async def _break_connections(world: World) -> None:
    await world.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
