"""Lists of issues: of a room, of a project, filtered, in pages."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.dev.demo import SECOND_PROJECT
from tests.issues.people import OF_PROJECT, Desk
from tests.running import is_problem
from tests.world import PEOPLE, World


async def _all(desk: Desk, person: str, address: str | None = None, **query) -> list[str]:
    """The ids of all pages, in the order they came."""
    found, cursor = [], ""
    while cursor is not None:
        page = await desk.page(person, address, cursor=cursor, **query)
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    return found


@pytest.fixture
async def four(desk: Desk) -> Desk:
    """One of each status, of both kinds."""
    for status, kind in (("open", "issue"), ("in_progress", "requirement"), ("done", "issue"), ("declined", "issue")):
        issue = await desk.raises(kind=kind, title=status)
        if status != "open":
            await desk.changes("dev", issue, status=status, reason="So it is.")
    return desk


class TestPages:
    @pytest.mark.parametrize("limit", [1, 3, 7, 100])
    @pytest.mark.parametrize("address", [None, OF_PROJECT])
    async def test_neither_skip_nor_repeat_among_equal_times(self, desk: Desk, world: World, limit, address):
        now = datetime.now(UTC)
        for step in range(3):
            await world.execute(
                "INSERT INTO client_portal.issues (id, room_id, author_id, kind, title, created_at)"
                " SELECT gen_random_uuid(), $1, $2, 'issue', 'A leak', $3 FROM generate_series(1, 7)",
                desk.room,
                PEOPLE["client"],
                now - timedelta(microseconds=step),
            )
        stored = await world.fetch("SELECT id FROM client_portal.issues ORDER BY created_at DESC, id DESC")
        assert await _all(desk, "dev", address, limit=limit) == [str(row["id"]) for row in stored]

    async def test_what_comes_in_meanwhile_moves_none(self, desk: Desk):
        for title in ("1", "2", "3", "4"):
            await desk.raises(title=title)
        first = await desk.page("client", limit=2)
        await desk.raises(title="5")
        second = await desk.page("client", limit=2, cursor=first["next_cursor"])
        assert [each["title"] for each in first["items"] + second["items"]] == ["4", "3", "2", "1"]
        assert second["next_cursor"] is None

    @pytest.mark.parametrize("address", [None, OF_PROJECT])
    async def test_an_empty_list_is_one(self, desk: Desk, address):
        assert await desk.page("client", address) == {"items": [], "next_cursor": None}

    async def test_items_are_as_they_are_created(self, desk: Desk):
        issue = await desk.raises(body="Under the window")
        assert (await desk.page("dev"))["items"] == [issue]
        assert (await desk.page("client", OF_PROJECT))["items"] == [issue]


class TestFilters:
    @pytest.mark.parametrize("address", [None, OF_PROJECT])
    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ({}, ["declined", "done", "in_progress", "open"]),
            ({"status": "open"}, ["open"]),
            ({"status": ["open", "done"]}, ["done", "open"]),
            ({"status": "open,in_progress"}, ["in_progress", "open"]),
            ({"status": ["open,done", "open"]}, ["done", "open"]),
            ({"kind": "requirement"}, ["in_progress"]),
            ({"kind": "issue", "status": "in_progress"}, []),
        ],
    )
    async def test_by_status_and_kind(self, four: Desk, address, query, titles):
        assert await four.titles("dev", address, **query) == titles

    async def test_in_pages(self, four: Desk):
        found = await _all(four, "dev", OF_PROJECT, status="open,done,declined", limit=1)
        assert len(found) == 3

    @pytest.mark.parametrize("address", [None, OF_PROJECT])
    @pytest.mark.parametrize(
        "query",
        [
            {"status": "closed"},
            {"status": ""},
            {"status": "open,"},
            {"status": ["open", "x"]},
            {"kind": "wish"},
            {"kind": ""},
            {"cursor": "nonsense"},
            {"limit": 101},
        ],
    )
    async def test_what_is_none_is_refused(self, desk: Desk, address, query):
        address = address or f"/api/rooms/{desk.room}/issues"
        answer = await desk.as_person("dev").get(address, params=query)
        assert answer.status_code == 422
        assert is_problem(answer)


class TestReach:
    async def test_a_project_shows_each_the_rooms_they_reach(self, desk: Desk, other_room: str):
        await desk.raises(title="Clara's")
        await desk.raises("client2", room=other_room, title="Chloe's")
        seen = {
            "client": ["Clara's"],
            "client2": ["Chloe's"],
            "dev": ["Chloe's", "Clara's"],
            "pm": ["Chloe's", "Clara's"],
            "admin": ["Chloe's", "Clara's"],
        }
        assert {person: await desk.titles(person, OF_PROJECT) for person in seen} == seen

    async def test_its_rooms_are_one_list_in_pages(self, desk: Desk, other_room: str):
        ids = []
        for person, room in (("client", desk.room), ("client2", other_room), ("client2", other_room)) * 2:
            ids.append((await desk.raises(person, room=room))["id"])
        assert await _all(desk, "dev", OF_PROJECT, limit=2) == ids[::-1]
        assert await _all(desk, "client2", OF_PROJECT, limit=1) == [ids[place] for place in (5, 4, 2, 1)]

    async def test_of_one_room_of_it(self, desk: Desk, other_room: str):
        await desk.raises(title="Clara's")
        await desk.raises("client2", room=other_room, title="Chloe's")
        assert await desk.titles("dev", OF_PROJECT, room_id=other_room) == ["Chloe's"]
        assert await desk.titles("client", OF_PROJECT, room_id=other_room) == []
        assert await desk.titles("dev", OF_PROJECT, room_id=str(uuid4())) == []

    @pytest.mark.parametrize("person", ["dev2", "pm2", "client2"])
    async def test_rooms_and_projects_out_of_reach_are_not_there(self, desk: Desk, person):
        await desk.raises()
        for address in (f"/api/rooms/{desk.room}/issues", OF_PROJECT):
            answer = await desk.as_person(person).get(address)
            assert answer.status_code == 404
            assert is_problem(answer)

    async def test_another_client_of_the_project_has_a_list_without_it(self, desk: Desk, other_room: str):
        await desk.raises()
        assert await desk.titles("client2", OF_PROJECT) == []
        assert (await desk.as_person("client2").get(f"/api/rooms/{desk.room}/issues")).status_code == 404

    async def test_issues_of_another_project_are_not_among_them(self, desk: Desk, world: World):
        await desk.raises()
        assert await desk.titles("admin", f"/api/projects/{SECOND_PROJECT}/issues") == []
