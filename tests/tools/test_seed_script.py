import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from tests.portal import Portal
from tests.sse import open_stream
from tests.tools.commands import SEED_SCRIPT, on, portal, refuses, rows, run, seed, succeeds
from tests.world import PEOPLE, World, bearer

WRITTEN = 5
WANTED = {"DEMO_SEED": "true", "DEMO_PROJECT_ID": str(FIRST_PROJECT)}


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"DEMO_PROJECT_ID": str(FIRST_PROJECT)}, "DEMO_SEED: must be true"),
        (WANTED | {"DEMO_SEED": "false"}, "DEMO_SEED: must be true"),
        (WANTED | {"DEMO_SEED": "perhaps"}, "DEMO_SEED: "),
        ({"DEMO_SEED": "true"}, "DEMO_PROJECT_ID: must be the id of a project"),
        (WANTED | {"DEMO_PROJECT_ID": ""}, "DEMO_PROJECT_ID: must be the id of a project"),
        (WANTED | {"DEMO_PROJECT_ID": "first"}, "DEMO_PROJECT_ID: "),
        (WANTED | {"DEMO_PROJECT_ID": str(uuid4())}, "DEMO_PROJECT_ID: there is no project "),
    ],
    ids=["unasked", "DEMO_SEED=false", "DEMO_SEED=perhaps", "no project", "empty project", "no id", "unknown project"],
)
async def test_it_refuses_in_one_line_and_writes_nothing(world: World, environment: dict[str, str], line: str) -> None:
    before = await rows(world)
    done = seed(DATABASE_URL=world.url, **environment)
    assert refuses(done, by="seed_notifications").startswith(line)
    assert await rows(world) == before


async def test_a_project_without_managers_is_refused_although_it_has_others(world: World) -> None:
    await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["pm"])
    before = await rows(world)
    done = seed(DATABASE_URL=world.url, **WANTED)
    assert refuses(done, by="seed_notifications").startswith(
        f"DEMO_PROJECT_ID: project {FIRST_PROJECT} has no managers"
    )
    assert await rows(world) == before


async def test_a_schema_that_is_not_migrated_is_refused_and_not_made(world: World) -> None:
    succeeds(portal("downgrade", "base", **on(world)))
    before = await rows(world)
    done = seed(DATABASE_URL=world.url, **WANTED)
    assert refuses(done, by="seed_notifications").startswith("The schema client_portal is not up to date")
    assert await rows(world) == before


def test_a_database_that_does_not_answer_is_named() -> None:
    done = seed(DATABASE_URL="postgresql://portal@127.0.0.1:1/portal", **WANTED)
    assert "127.0.0.1:1/portal" in refuses(done, by="seed_notifications")


async def test_a_database_that_takes_no_rows_is_told_in_one_line(world: World) -> None:
    await world.execute("ALTER TABLE client_portal.notifications ADD CHECK (title NOT LIKE '%lamp%') NOT VALID")
    before = await rows(world)
    assert refuses(seed(DATABASE_URL=world.url, **WANTED), by="seed_notifications").startswith("Nothing was written: ")
    assert await rows(world) == before


async def test_it_says_what_it_wrote_and_for_whom(world: World) -> None:
    before = await rows(world)
    lines = succeeds(seed(DATABASE_URL=world.url, **WANTED)).splitlines()
    stored = await world.fetch("SELECT type, title, project_id, recipient_user_id FROM client_portal.notifications")
    assert lines.pop() == f"{len(stored)} notifications written."
    assert {row["project_id"] for row in stored} == {FIRST_PROJECT}
    assert PEOPLE["pm"] in {row["recipient_user_id"] for row in stored}
    assert sorted(lines)[0] == "issue_created   for Deniz Kaya: The invoice names the old address"
    assert len(lines) == len(stored)
    after = await rows(world)
    assert {table for table in after if after[table] != before[table]} == {"client_portal.notifications"}


async def test_a_manager_without_an_account_is_named_by_id(world: World) -> None:
    user_id = await world.value("INSERT INTO public.users (full_name, email) VALUES ('N', 'n@host.test') RETURNING id")
    succeeds(portal("member", "add", str(FIRST_PROJECT), str(user_id), "manager", **on(world)))
    assert f"for {user_id}: " in succeeds(seed(DATABASE_URL=world.url, **WANTED))


async def test_each_run_writes_new_ones(world: World) -> None:
    first = succeeds(seed(DATABASE_URL=world.url, **WANTED))
    assert succeeds(seed(DATABASE_URL=world.url, **WANTED)) == first
    assert (
        await world.value("SELECT count(*) FROM client_portal.notifications WHERE recipient_user_id = $1", PEOPLE["pm"])
        == 2 * WRITTEN
    )


async def test_open_bells_ring(world: World, app: FastAPI) -> None:
    async with open_stream(app, bearer("pm")) as stream:
        await stream.until("ready")
        seeding = asyncio.create_task(asyncio.to_thread(seed, DATABASE_URL=world.url, **WANTED))
        rung = [await stream.until("notification") for _ in range(WRITTEN)]
        assert rung[-1].data["unread_count"] == WRITTEN
        succeeds(await seeding)


def test_without_a_database_url_it_finds_the_embedded_postgres_of_a_running_portal(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    refusal = refuses(seed(DATA_DIR=str(data_dir), **WANTED), by="seed_notifications")
    assert refusal.startswith("DATABASE_URL: must be set, or `make run` be running")
    assert not data_dir.exists()
    with Portal(tmp_path, DATA_DIR=data_dir):
        printed = succeeds(run(sys.executable, SEED_SCRIPT, DATA_DIR=str(data_dir), **WANTED))
        assert printed.endswith(f"{2 * WRITTEN} notifications written.\n")
    refuses(seed(DATA_DIR=str(data_dir), **WANTED), by="seed_notifications")
