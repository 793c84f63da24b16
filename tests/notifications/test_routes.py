"""The inbox over HTTP: list, count, read, settings, and the endpoints that simulate a client."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.audit import COMMAND
from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.core.test_health import fail_commits
from tests.running import caller_of, is_problem, running
from tests.sse import Event as SseEvent
from tests.sse import open_stream
from tests.world import PEOPLE, World, bearer, token


@pytest.fixture
async def pm(app: FastAPI):
    async with caller_of(app, headers=bearer("pm")) as caller:
        yield caller


async def _count(caller: httpx.AsyncClient) -> int:
    answer = (await caller.get("/api/notifications/unread_count")).json()
    assert answer.keys() == {"count"}
    return int(answer["count"])


async def _ids(caller: httpx.AsyncClient, **query: Any) -> list[str]:
    """The ids of all pages, in the order they came."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await caller.get("/api/notifications", params={**query, "cursor": cursor})).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    return found


class TestList:
    async def test_an_item_has_the_fields_of_the_contract(self, pm: httpx.AsyncClient, world: World):
        made = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
        id_ = (await world.notify("pm", title="T", body="B", created_at=made))[0]
        item = (await pm.get("/api/notifications")).json()["items"][0]
        assert item == {
            "id": str(id_),
            "title": "T",
            "body": "B",
            "type": "issue_created",
            "project_id": str(FIRST_PROJECT),
            "source_kind": "issue",
            "source_id": item["source_id"],
            "created_at": "2026-11-20T08:30:00Z",
            "is_read": False,
            "route_path": f"/projects/{FIRST_PROJECT}/issues/{item['source_id']}",
        }

    async def test_it_is_newest_first_and_own_only(self, pm: httpx.AsyncClient, world: World):
        ids = await world.notify("pm", count=3)
        await world.notify("dev")
        assert await _ids(pm) == [str(id_) for id_ in reversed(ids)]

    async def test_an_empty_inbox_is_an_empty_page(self, pm: httpx.AsyncClient):
        assert (await pm.get("/api/notifications")).json() == {"items": [], "next_cursor": None}

    @pytest.mark.parametrize("limit", [1, 3, 7, 100])
    async def test_paging_neither_skips_nor_repeats_among_equal_times(self, pm: httpx.AsyncClient, world: World, limit):
        now = datetime.now(UTC)
        for step in range(3):
            await world.notify("pm", count=7, created_at=now - timedelta(microseconds=step))
        found = await _ids(pm, limit=limit)
        stored = await world.fetch("SELECT id FROM client_portal.notifications ORDER BY created_at DESC, id DESC")
        assert found == [str(row["id"]) for row in stored]

    @pytest.mark.parametrize(("count", "pages"), [(4, [2, 2]), (5, [2, 2, 1])])
    async def test_the_last_page_has_no_cursor(self, pm: httpx.AsyncClient, world: World, count, pages):
        await world.notify("pm", count=count)
        sizes, cursor = [], ""
        while cursor is not None:
            page = (await pm.get("/api/notifications", params={"limit": 2, "cursor": cursor})).json()
            sizes.append(len(page["items"]))
            cursor = page["next_cursor"]
        assert sizes == pages

    async def test_what_comes_in_meanwhile_moves_no_page(self, pm: httpx.AsyncClient, world: World):
        ids = await world.notify("pm", count=4)
        first = (await pm.get("/api/notifications", params={"limit": 2})).json()
        await world.notify("pm", count=3)
        second = (await pm.get("/api/notifications", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        assert [item["id"] for item in first["items"] + second["items"]] == [str(id_) for id_ in reversed(ids)]

    async def test_the_default_page_has_20(self, pm: httpx.AsyncClient, world: World):
        await world.notify("pm", count=25)
        assert len((await pm.get("/api/notifications")).json()["items"]) == 20

    async def test_unread_only(self, pm: httpx.AsyncClient, world: World):
        await world.notify("pm", count=3, is_read=True)
        unread = await world.notify("pm", count=3)
        assert await _ids(pm, unread="true", limit=2) == [str(id_) for id_ in reversed(unread)]
        assert len(await _ids(pm, unread="false")) == 6

    async def test_of_one_project_or_one_source(self, app: FastAPI, world: World):
        await world.notify("admin", count=2)
        await world.notify("admin", project_id=SECOND_PROJECT, source_kind="message", type="message_posted")
        source = await world.value("SELECT source_id FROM client_portal.notifications WHERE source_kind = 'message'")
        async with caller_of(app, headers=bearer("admin")) as admin:
            assert len(await _ids(admin, project_id=FIRST_PROJECT)) == 2
            assert len(await _ids(admin, source_kind="message")) == 1
            assert len(await _ids(admin, source_id=source)) == 1
            assert await _ids(admin, source_id=uuid4()) == []

    async def test_own_rows_only_whatever_a_filter_asks(self, pm: httpx.AsyncClient, world: World):
        await world.notify("pm2", project_id=SECOND_PROJECT)
        assert await _ids(pm, project_id=SECOND_PROJECT) == []


class TestRead:
    async def test_one(self, pm: httpx.AsyncClient, world: World):
        ids = await world.notify("pm", count=2)
        answer = await pm.post(f"/api/notifications/{ids[0]}/read")
        assert (answer.status_code, answer.content) == (204, b"")
        assert await _count(pm) == 1
        assert (await pm.post(f"/api/notifications/{ids[0]}/read")).status_code == 204
        assert await _count(pm) == 1
        assert await _ids(pm, unread="true") == [str(ids[1])]

    async def test_all(self, pm: httpx.AsyncClient, world: World):
        await world.notify("pm", count=3)
        await world.notify("dev", count=2)
        assert (await pm.post("/api/notifications/read_all")).status_code == 204
        assert await _count(pm) == 0
        assert await world.value("SELECT count(*) FROM client_portal.notifications WHERE NOT is_read") == 2

    async def test_another_persons_stays_unread(self, pm: httpx.AsyncClient, world: World):
        theirs = (await world.notify("dev"))[0]
        answer = await pm.post(f"/api/notifications/{theirs}/read")
        assert answer.status_code == 404
        assert await world.value("SELECT is_read FROM client_portal.notifications") is False

    async def test_one_at_the_same_time_many_times(self, pm: httpx.AsyncClient, world: World):
        id_ = (await world.notify("pm"))[0]
        answers = await asyncio.gather(*(pm.post(f"/api/notifications/{id_}/read") for _ in range(8)))
        assert {answer.status_code for answer in answers} == {204}
        assert await _count(pm) == 0

    async def test_a_commit_that_fails_is_no_204_and_changes_nothing(self, pm: httpx.AsyncClient, world: World):
        id_ = (await world.notify("pm"))[0]
        await fail_commits(world)
        for path in (f"/api/notifications/{id_}/read", "/api/notifications/read_all"):
            answer = await pm.post(path)
            assert answer.status_code in {500, 503}, path
            assert is_problem(answer)
        assert await _count(pm) == 1


class TestReadAbout:
    """Who looks at the thing itself has read what they were told of it."""

    @staticmethod
    async def _look(caller: httpx.AsyncClient, source_id: object, kind: str = "issue") -> None:
        body = {"source_kind": kind, "source_id": str(source_id)}
        answer = await caller.post("/api/notifications/read_about", json=body)
        assert (answer.status_code, answer.content) == (204, b"")

    @staticmethod
    async def _source(world: World, id_: UUID) -> UUID:
        source: UUID = await world.value("SELECT source_id FROM client_portal.notifications WHERE id = $1", id_)
        return source

    async def test_all_about_it_become_read_and_others_stay(self, pm: httpx.AsyncClient, world: World):
        ids = await world.notify("pm", count=3)
        source = await self._source(world, ids[0])
        await world.execute(
            "UPDATE client_portal.notifications SET source_id = $1, source_kind = 'task' WHERE id = ANY($2)",
            source,
            ids[:2],
        )
        await self._look(pm, source, "task")
        assert await _ids(pm, unread="true") == [str(ids[2])]
        await self._look(pm, source, "task")
        assert await _count(pm) == 1

    async def test_of_another_kind_with_the_same_id_stays(self, pm: httpx.AsyncClient, world: World):
        source = await self._source(world, (await world.notify("pm"))[0])
        for kind in ("message", "file", "task"):
            await self._look(pm, source, kind)
        assert await _count(pm) == 1

    async def test_other_peoples_stay(self, pm: httpx.AsyncClient, world: World):
        source = await self._source(world, (await world.notify("dev"))[0])
        await self._look(pm, source)
        assert await world.value("SELECT is_read FROM client_portal.notifications") is False

    async def test_what_nobody_was_told_of_is_no_fault(self, pm: httpx.AsyncClient):
        await self._look(pm, uuid4())

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"source_kind": "issue"},
            {"source_kind": "wish", "source_id": str(uuid4())},
            {"source_kind": "issue", "source_id": "x"},
        ],
    )
    async def test_what_is_no_source_is_refused(self, pm: httpx.AsyncClient, body):
        answer = await pm.post("/api/notifications/read_about", json=body)
        assert answer.status_code == 422
        assert is_problem(answer)

    async def test_a_commit_that_fails_is_no_204(self, pm: httpx.AsyncClient, world: World):
        source = await self._source(world, (await world.notify("pm"))[0])
        await fail_commits(world)
        answer = await pm.post("/api/notifications/read_about", json={"source_kind": "issue", "source_id": str(source)})
        assert answer.status_code in {500, 503}
        assert await _count(pm) == 1

    async def test_every_tab_hears_of_it(self, app: FastAPI, pm: httpx.AsyncClient, world: World):
        ids = await world.notify("pm", count=2)
        async with open_stream(app, bearer("pm")) as one, open_stream(app, bearer("pm")) as another:
            for stream in (one, another):
                await stream.until("ready")
            await self._look(pm, uuid4())
            await self._look(pm, await self._source(world, ids[0]))
            for stream in (one, another):
                assert await stream.next() == SseEvent("read", {"ids": [str(ids[0])], "unread_count": 1})

    async def test_a_simulated_issue_is_read_though_there_is_none(self, app: FastAPI, pm: httpx.AsyncClient):
        issue = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"}
        assert (await pm.post("/api/testnotify/issue", json=issue)).status_code == 204
        assert (await pm.get(f"/api/issues/{issue['issue_id']}")).status_code == 404
        await self._look(pm, issue["issue_id"])
        assert await _count(pm) == 0


class TestWhenAccessEnds:
    """List, count and reading no longer include a project that one has left."""

    @pytest.fixture
    async def left(self, app: FastAPI, world: World) -> list[UUID]:
        """pm's notifications of a project that pm is no longer in."""
        await world.notify("pm", count=2)
        ids = await world.notify("pm", project_id=SECOND_PROJECT, count=3)
        async with app.state.database.transaction() as transaction:
            await add_member(transaction, COMMAND, SECOND_PROJECT, PEOPLE["pm"], MemberRole.MANAGER)
        async with caller_of(app, headers=bearer("pm")) as pm:
            assert (await _count(pm), len(await _ids(pm))) == (5, 5)
        async with app.state.database.transaction() as transaction:
            await remove_member(transaction, COMMAND, SECOND_PROJECT, PEOPLE["pm"])
        return ids

    async def test_the_list_is_without_it(self, pm: httpx.AsyncClient, left):
        assert len(await _ids(pm)) == 2

    async def test_the_count_is_without_it(self, pm: httpx.AsyncClient, left):
        assert await _count(pm) == 2

    async def test_what_is_of_it_is_not_found(self, pm: httpx.AsyncClient, left):
        assert (await pm.post(f"/api/notifications/{left[0]}/read")).status_code == 404

    async def test_its_figures_are_gone(self, pm: httpx.AsyncClient, left):
        items = (await pm.get("/api/projects")).json()["items"]
        assert [(item["id"], item["unread_count"]) for item in items] == [(str(FIRST_PROJECT), 2)]


@pytest.mark.parametrize(
    ("person", "role"),
    [("pm", "admin"), ("admin", "staff"), ("admin", "admin"), ("dev", None), ("pm", "staff")],
    ids=str,
)
@pytest.mark.parametrize("has_account", [True, False])
async def test_list_and_count_agree_for_every_role_a_host_may_give(
    app: FastAPI, world: World, person, role, has_account
):
    await world.notify(person, count=2)
    await world.notify(person, project_id=SECOND_PROJECT)
    if not has_account:
        await world.execute("DELETE FROM client_portal.accounts WHERE user_id = $1", PEOPLE[person])
    async with caller_of(app, headers=bearer(person, role=role)) as caller:
        assert await _count(caller) == len(await _ids(caller, unread="true"))


class TestSettings:
    async def test_without_any_they_are_the_defaults(self, world: World, pm: httpx.AsyncClient):
        await world.execute("DELETE FROM client_portal.notification_settings")
        assert (await pm.get("/api/notifications/settings")).json() == {
            "email_enabled": False,
            "push_enabled": False,
            "realtime_enabled": True,
            "email_suppressed": False,
        }

    async def test_what_is_given_changes_and_the_rest_stays(self, pm: httpx.AsyncClient):
        before = (await pm.get("/api/notifications/settings")).json()
        answer = await pm.patch("/api/notifications/settings", json={"push_enabled": True})
        assert answer.json() == before | {"push_enabled": True}
        answer = await pm.patch("/api/notifications/settings", json={"realtime_enabled": False, "email_enabled": None})
        assert answer.json() == before | {"push_enabled": True, "realtime_enabled": False}
        assert (await pm.get("/api/notifications/settings")).json() == answer.json()

    async def test_they_say_that_the_address_takes_no_mail_and_cannot_change_that(
        self, world: World, pm: httpx.AsyncClient
    ):
        suppress = "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, 'no such user')"
        await world.execute(suppress, "dev@example.com")
        assert (await pm.get("/api/notifications/settings")).json()["email_suppressed"] is False
        await world.execute("UPDATE client_portal.accounts SET email = 'PM@example.com' WHERE email = 'pm@example.com'")
        await world.execute(suppress, "pm@example.com")
        answer = await pm.patch("/api/notifications/settings", json={"email_suppressed": False, "email_enabled": True})
        assert (answer.json()["email_enabled"], answer.json()["email_suppressed"]) == (True, True)
        assert (await pm.get("/api/notifications/settings")).json() == answer.json()

    async def test_they_are_each_persons_own(self, app: FastAPI, pm: httpx.AsyncClient):
        await pm.patch("/api/notifications/settings", json={"realtime_enabled": False})
        async with caller_of(app, headers=bearer("dev")) as dev:
            assert (await dev.get("/api/notifications/settings")).json()["realtime_enabled"] is True

    async def test_of_somebody_whom_the_host_does_not_know_are_refused(self, app: FastAPI):
        async with caller_of(app, headers={"Authorization": f"Bearer {token(uuid4())}"}) as stranger:
            assert (await stranger.get("/api/notifications/settings")).status_code == 401
            answer = await stranger.patch("/api/notifications/settings", json={"email_enabled": True})
        assert answer.status_code == 401
        assert is_problem(answer)


class TestSimulatedEvents:
    @pytest.fixture(params=["issue", "message"])
    def simulated(self, request) -> tuple[str, dict[str, str]]:
        """The address and the body of one simulated event of the first project."""
        text = {"issue": "message", "message": "snippet"}[request.param]
        body = {"project_id": str(FIRST_PROJECT), f"{request.param}_id": str(uuid4()), text: "New window leak"}
        return f"/api/testnotify/{request.param}", body

    async def test_ring_the_bell_of_the_projects_manager(self, pm: httpx.AsyncClient, simulated):
        path, body = simulated
        answer = await pm.post(path, json=body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert await _count(pm) == 1
        item = (await pm.get("/api/notifications")).json()["items"][0]
        assert item["source_id"] == (body.get("issue_id") or body.get("message_id"))
        assert "New window leak" in (item["title"], item["body"])
        assert item["title"] in {"New window leak", "New message in Harbour House renovation"}

    async def test_appear_at_the_top(self, pm: httpx.AsyncClient, world: World, simulated):
        await world.notify("pm", count=3)
        await pm.post(simulated[0], json=simulated[1])
        items = (await pm.get("/api/notifications")).json()["items"]
        assert items[0]["source_id"] in simulated[1].values()

    async def test_are_told_once_however_often_they_are_sent(self, pm: httpx.AsyncClient, simulated):
        for _ in range(2):
            assert (await pm.post(simulated[0], json=simulated[1])).status_code == 204
        answers = await asyncio.gather(*(pm.post(simulated[0], json=simulated[1]) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {204}
        assert await _count(pm) == 1

    async def test_a_commit_that_fails_is_no_204_and_leaves_no_row(
        self, pm: httpx.AsyncClient, world: World, simulated
    ):
        await fail_commits(world)
        answer = await pm.post(simulated[0], json=simulated[1])
        assert answer.status_code in {500, 503}
        assert is_problem(answer)
        assert await world.value("SELECT count(*) FROM client_portal.notifications") == 0

    async def test_are_not_there_without_the_flag(self, world: World, simulated):
        async with running(world.settings(notify_test_endpoints=False)) as app:
            for headers in ({}, bearer("pm"), bearer("admin"), bearer("client")):
                async with caller_of(app, headers=headers) as caller:
                    answer = await caller.post(simulated[0], json=simulated[1])
                assert answer.status_code == 404
                assert is_problem(answer)
            assert simulated[0] not in app.openapi()["paths"]

    async def test_are_there_in_production_with_the_flag(self, world: World, simulated):
        settings = world.settings(app_env="production")
        async with running(settings) as app, caller_of(app, headers=bearer("pm")) as pm:
            assert (await pm.post(simulated[0], json=simulated[1])).status_code == 204

    async def test_of_a_project_with_a_very_long_name_have_a_shorter_title(self, pm: httpx.AsyncClient, world: World):
        await world.execute("UPDATE public.projects SET name = repeat('N', 500)")
        message = {"project_id": str(FIRST_PROJECT), "message_id": str(uuid4()), "snippet": "Hello"}
        assert (await pm.post("/api/testnotify/message", json=message)).status_code == 204
        assert (await pm.get("/api/notifications")).json()["items"][0]["title"] == "New message"


async def test_a_row_of_a_newer_version_opens_its_project(world: World, pm: httpx.AsyncClient):
    await world.notify("pm", type="wish_granted", source_kind="wish")
    item = (await pm.get("/api/notifications")).json()["items"][0]
    assert item["route_path"] == f"/projects/{FIRST_PROJECT}"


async def test_all_read_leaves_what_is_out_of_reach_as_it_is(world: World, pm: httpx.AsyncClient):
    await world.notify("pm", project_id=SECOND_PROJECT)
    await world.notify("pm")
    assert (await pm.post("/api/notifications/read_all")).status_code == 204
    unread = await world.fetch("SELECT project_id FROM client_portal.notifications WHERE NOT is_read")
    assert [row["project_id"] for row in unread] == [SECOND_PROJECT]


async def test_one_issue_id_in_two_projects_is_two_events(world: World, app: FastAPI):
    async with caller_of(app, headers=bearer("admin")) as admin:
        await world.execute(
            "INSERT INTO client_portal.project_members VALUES ($1, $2, 'manager')", SECOND_PROJECT, PEOPLE["pm"]
        )
        issue_id = str(uuid4())
        for project_id in (FIRST_PROJECT, SECOND_PROJECT):
            body = {"project_id": str(project_id), "issue_id": issue_id, "message": "A leak"}
            assert (await admin.post("/api/testnotify/issue", json=body)).status_code == 204
    assert (
        await world.value("SELECT count(*) FROM client_portal.notifications WHERE recipient_user_id = $1", PEOPLE["pm"])
        == 2
    )


@pytest.mark.parametrize(
    ("message", "says"), [("x" * 201, "at most 200 characters"), ("  \n ", "blank"), ("a\0b", "NUL")]
)
async def test_a_title_that_cannot_be_is_told_in_words(pm: httpx.AsyncClient, message, says):
    body = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": message}
    answer = await pm.post("/api/testnotify/issue", json=body)
    assert answer.status_code == 422
    assert says in answer.json()["errors"][0]["msg"]
    assert "Value error" not in answer.text
