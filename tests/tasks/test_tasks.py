"""Tasks: added, listed, changed and completed by the team, watched by the clients."""

import asyncio
from uuid import uuid4

import pytest

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.tasks.people import OF_PROJECT, Board, named, refusal
from tests.world import PEOPLE, World

DEVELOPER = {"id": str(PEOPLE["dev"]), "display_name": "Deniz Kaya"}
MANAGER = {"id": str(PEOPLE["pm"]), "display_name": "Paula Meyer"}


class TestCreate:
    async def test_answers_the_task_as_everybody_will_see_it(self, board: Board):
        answer = await board.post(
            "dev",
            title="  Paint the   door ",
            description="Twice.\n\tIn green.",
            due_on="2026-12-24",
            assignee_id=str(PEOPLE["pm"]),
        )
        task = answer.json()
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        assert task | {"id": None, "created_at": None, "updated_at": None} == {
            "id": None,
            "project_id": str(FIRST_PROJECT),
            "title": "Paint the door",
            "description": "Twice.\n\tIn green.",
            "status": "todo",
            "due_on": "2026-12-24",
            "assignee": MANAGER,
            "author": DEVELOPER,
            "version": 1,
            "created_at": None,
            "updated_at": None,
            "completed_at": None,
            "approvals": [],
        }
        for person in ("client", "dev", "pm", "admin"):
            assert await board.shown(person, task) == task
            assert (await board.page(person))["items"] == [task]

    @pytest.mark.parametrize(("person", "status"), [("dev", 201), ("pm", 201), ("admin", 201), ("client", 403)])
    async def test_is_for_the_team(self, board: Board, person, status):
        assert (await board.post(person)).status_code == status

    @pytest.mark.parametrize("person", ["dev2", "pm2"])
    async def test_another_project_is_not_there(self, board: Board, person):
        assert refusal(await board.post(person)) == (404, "not-found")

    async def test_a_developer_who_is_a_client_here_does_not_work_here(self, board: Board, misplaced):
        task = await board.adds()
        assert refusal(await board.post(misplaced)) == (403, "forbidden")
        assert refusal(await board.patch(misplaced, task, title="Mine")) == (403, "forbidden")
        assert refusal(await board.patch(misplaced, task, status="done")) == (403, "forbidden")
        assert refusal(await board.delete(misplaced, task)) == (403, "forbidden")
        assert refusal(await board.request(misplaced, task)) == (403, "forbidden")
        assert (await board.shown(misplaced, task))["version"] == 1

    async def test_sent_again_it_is_the_same_task(self, board: Board, world: World):
        id_ = str(uuid4())
        first, *others = await asyncio.gather(*(board.post("dev", id=id_, due_on="2026-12-24") for _ in range(5)))
        assert sorted(each.status_code for each in (first, *others)) == [200, 200, 200, 200, 201]
        assert all(each.json() == first.json() for each in others)
        assert await world.value("SELECT count(*) FROM client_portal.tasks") == 1

    async def test_sent_again_it_is_the_same_task_whatever_became_of_it(self, board: Board):
        id_ = str(uuid4())
        task = await board.adds(id=id_, description="Twice", due_on="2026-12-24")
        await board.changes("pm", task, title="Paint the gate", due_on=None)
        changed = await board.changes("dev", task, title="Paint the fence", status="done")
        again = await board.post("dev", id=id_, description="Twice", due_on="2026-12-24")
        assert again.status_code == 200
        assert again.json() == changed

    @pytest.mark.parametrize(("person", "title"), [("dev", "Another"), ("pm", "Paint the door")])
    async def test_an_id_in_use_is_refused_for_another_task(self, board: Board, person, title):
        id_ = str(uuid4())
        task = await board.adds(id=id_)
        assert refusal(await board.post(person, id=id_, title=title)) == (409, "id-in-use")
        assert await board.shown("dev", task) == task

    async def test_an_id_of_another_project_is_in_use_and_shows_nothing(self, board: Board):
        id_ = str(uuid4())
        await board.adds(id=id_, title="Secret")
        of_others = f"/api/projects/{SECOND_PROJECT}/tasks"
        answer = await board.as_person("dev2").post(of_others, json={"id": id_, "title": "Secret"})
        assert refusal(answer) == (409, "id-in-use")
        assert answer.json().keys() == {"type", "title", "status", "detail"}

    async def test_one_that_is_done_already_is_so_and_rings_nothing(self, board: Board):
        task = await board.adds(status="done")
        assert task["completed_at"] is not None
        assert await board.told() == {}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", " \u200b "),
            ("title", "x" * 201),
            ("title", "two\nlines"),
            ("title", None),
            ("description", "x" * 10_001),
            ("description", "a\x00b"),
            ("status", "declined"),
            ("due_on", "2026-02-30"),
            ("due_on", "soon"),
            ("due_on", 0),
            ("due_on", "0"),
            ("due_on", "2026-12-24T00:00:00Z"),
            ("assignee_id", "nobody"),
        ],
    )
    async def test_a_field_that_cannot_be_is_named(self, board: Board, field, value):
        assert named(await board.post("dev", **{field: value})) == [["body", field]]

    async def test_the_longest_is_stored_whole(self, board: Board):
        task = await board.adds(title="🦊" * 200, description="🦊" * 10_000)
        assert (len(task["title"]), len(task["description"])) == (200, 10_000)


class TestAssignee:
    @pytest.mark.parametrize("person", ["client", "dev2", "pm2", "admin", "client2"])
    async def test_who_is_not_of_the_team_is_refused(self, board: Board, person):
        answer = await board.post("dev", assignee_id=str(PEOPLE[person]))
        assert named(answer) == [["body", "assignee_id"]]
        task = await board.adds()
        assert named(await board.patch("dev", task, assignee_id=str(PEOPLE[person]))) == [["body", "assignee_id"]]

    async def test_so_is_who_is_not_known_and_who_cannot_sign_in(self, board: Board, world: World):
        assert named(await board.post("dev", assignee_id=str(uuid4()))) == [["body", "assignee_id"]]
        await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE["pm"])
        assert named(await board.post("dev", assignee_id=str(PEOPLE["pm"]))) == [["body", "assignee_id"]]

    async def test_who_has_left_is_shown_to_nobody_and_is_it_again_when_back(self, board: Board, world: World):
        task = await board.adds(assignee_id=str(PEOPLE["pm"]))
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["pm"])
        changed = await board.changes("dev", task, assignee_id=str(PEOPLE["pm"]), title="Paint the gate")
        assert (changed["title"], changed["assignee"]) == ("Paint the gate", None)
        for person in ("client", "dev"):
            assert (await board.shown(person, task))["assignee"] is None
            assert (await board.page(person))["items"][0]["assignee"] is None
        await world.act(add_member, FIRST_PROJECT, PEOPLE["pm"], MemberRole.MANAGER)
        assert (await board.shown("client", task))["assignee"] == MANAGER
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["pm"])
        assert (await board.changes("dev", task, assignee_id=None))["assignee"] is None
        assert named(await board.patch("dev", task, assignee_id=str(PEOPLE["pm"]))) == [["body", "assignee_id"]]
        await world.act(add_member, FIRST_PROJECT, PEOPLE["pm"], MemberRole.MANAGER)
        assert (await board.shown("client", task))["assignee"] is None


class TestList:
    async def test_in_order_in_pages_that_neither_skip_nor_repeat(self, board: Board):
        for number in range(7):
            await board.adds(title=str(number))
        found, cursor = [], ""
        while cursor is not None:
            page = await board.page("client", limit=3, cursor=cursor)
            found += [each["title"] for each in page["items"]]
            cursor = page["next_cursor"]
        assert found == [str(number) for number in range(7)]

    async def test_of_one_status(self, board: Board):
        first, second, _ = [await board.adds(title=title) for title in "abc"]
        await board.changes("dev", first, status="done")
        await board.changes("dev", second, status="in_progress")
        assert [await board.titles(status=each) for each in ("todo", "in_progress", "done")] == [["c"], ["b"], ["a"]]
        page = await board.page("dev", status="todo", limit=1)
        assert page["next_cursor"] is None

    @pytest.mark.parametrize(
        "query", [{"status": "declined"}, {"limit": 0}, {"cursor": "nonsense"}, {"cursor": "A" * 22 + "eHh4"}]
    )
    async def test_what_cannot_be_asked_is_refused(self, board: Board, query):
        answer = await board.as_person("dev").get(OF_PROJECT, params=query)
        assert refusal(answer) == (422, "invalid")

    @pytest.mark.parametrize("person", ["client2", "dev2", "pm2"])
    async def test_of_another_project_there_is_nothing(self, board: Board, person):
        task = await board.adds()
        assert refusal(await board.as_person(person).get(OF_PROJECT)) == (404, "not-found")
        assert refusal(await board.get(person, task)) == (404, "not-found")
        if person != "client2":
            assert refusal(await board.patch(person, task, title="Mine")) == (404, "not-found")
            assert refusal(await board.delete(person, task)) == (404, "not-found")


class TestChange:
    async def test_of_each_field_grows_the_version_once(self, board: Board):
        task = await board.adds()
        fields = {
            "title": "Paint the gate",
            "description": "In red",
            "status": "in_progress",
            "due_on": "2026-12-24",
            "assignee_id": str(PEOPLE["dev"]),
        }
        for version, (field, value) in enumerate(fields.items(), start=2):
            task = await board.changes("pm", task, **{field: value})
            assert task["version"] == version
        assert task["assignee"] == DEVELOPER
        assert {field: task[field] for field in ("title", "description", "status", "due_on")}.items() <= fields.items()
        assert task["updated_at"] > task["created_at"]
        assert await board.shown("client", task) == task

    async def test_null_takes_a_date_and_an_assignee_away_and_leaves_the_rest(self, board: Board):
        task = await board.adds(due_on="2026-12-24", assignee_id=str(PEOPLE["dev"]), description="Twice")
        changed = await board.changes(
            "dev", task, title=None, description=None, status=None, due_on=None, assignee_id=None
        )
        assert changed | {"updated_at": None} == task | {
            "due_on": None,
            "assignee": None,
            "version": 2,
            "updated_at": None,
        }

    async def test_to_what_it_is_changes_nothing(self, board: Board, world: World):
        task = await board.adds(due_on="2026-12-24", status="done")
        same = {"title": "Paint the door", "status": "done", "due_on": "2026-12-24", "assignee_id": None}
        assert await board.changes("pm", task, **same) == task
        assert await board.changes("pm", task) == task
        assert await world.value("SELECT count(*) FROM client_portal.task_changes") == 0

    async def test_is_for_the_team(self, board: Board):
        task = await board.adds()
        for content in ({"title": "Mine"}, {"status": "done"}, {"after_id": None}):
            assert refusal(await board.patch("client", task, **content)) == (403, "forbidden")
        assert refusal(await board.delete("client", task)) == (403, "forbidden")
        assert await board.shown("client", task) == task

    async def test_of_none_is_refused(self, board: Board):
        assert refusal(await board.patch("dev", {"id": str(uuid4())}, title="Mine")) == (404, "not-found")

    @pytest.mark.parametrize(("field", "value"), [("title", ""), ("status", "over"), ("due_on", "never")])
    async def test_has_the_limits_of_a_new_one(self, board: Board, field, value):
        assert named(await board.patch("dev", await board.adds(), **{field: value})) == [["body", field]]


class TestCompletion:
    @pytest.mark.parametrize(
        ("person", "name"), [("dev", "Deniz Kaya"), ("pm", "Paula Meyer"), ("admin", "Ada Okafor")]
    )
    async def test_rings_for_all_clients_of_the_project_and_nobody_else(
        self, board: Board, neighbour, colleague, person, name
    ):
        task = await board.adds()
        assert (await board.changes(person, task, status="done"))["completed_at"] is not None
        assert await board.told() == {"client": ["task_completed"], neighbour: ["task_completed"]}
        (item,) = await board.bell("client")
        assert item["title"] == f"{name} completed a task in Harbour House renovation"
        assert item["body"] == "Paint the door"
        assert item["route_path"] == f"/projects/{FIRST_PROJECT}/tasks?focus={task['id']}"

    async def test_again_after_it_was_open_rings_again_and_other_changes_do_not(self, board: Board):
        task = await board.adds()
        await board.changes("dev", task, status="done")
        reopened = await board.changes("dev", task, status="in_progress")
        assert reopened["completed_at"] is None
        await board.changes("dev", task, title="Paint the gate", description="In red", due_on="2026-12-24")
        await board.changes("dev", task, assignee_id=str(PEOPLE["pm"]))
        assert await board.told() == {"client": ["task_completed"]}
        await board.changes("dev", task, status="done")
        await board.changes("dev", task, status="done")
        assert await board.told() == {"client": ["task_completed", "task_completed"]}

    async def test_by_two_at_once_rings_once(self, board: Board):
        task = await board.adds()
        answers = await asyncio.gather(*(board.patch(person, task, status="done") for person in ("dev", "pm") * 3))
        assert {each.status_code for each in answers} == {200}
        assert {each.json()["version"] for each in answers} == {2}
        assert await board.told() == {"client": ["task_completed"]}

    async def test_is_the_progress_of_the_project(self, board: Board):
        async def progress(person: str) -> object:
            (project,) = (await board.as_person(person).get("/api/projects")).json()["items"]
            return project["progress"]

        assert await progress("client") is None
        first, second = await board.adds(), await board.adds()
        await board.changes("dev", first, status="done")
        assert [await progress(person) for person in ("client", "dev", "pm")] == [{"done": 1, "total": 2}] * 3
        await board.changes("dev", first, status="todo")
        await board.delete("dev", second)
        assert await progress("client") == {"done": 0, "total": 1}


class TestDelete:
    async def test_takes_it_out_of_the_list_for_good(self, board: Board):
        task = await board.adds()
        await board.changes("dev", task, title="Paint the gate")
        assert (await board.delete("pm", task)).status_code == 204
        assert await board.titles() == []
        assert refusal(await board.get("dev", task)) == (404, "not-found")
        assert refusal(await board.delete("pm", task)) == (404, "not-found")

    async def test_what_a_client_was_asked_about_stays(self, board: Board):
        task = await board.adds()
        approval = await board.asks("dev", task)
        await board.changes("dev", task, title="Paint the gate")
        assert await board.state(approval) == "superseded"
        assert refusal(await board.delete("pm", task)) == (409, "has-approvals")
        assert await board.titles() == ["Paint the gate"]

    async def test_and_being_asked_about_at_once_is_one_of_both(self, board: Board):
        for _ in range(5):
            task = await board.adds()
            asked, deleted = await asyncio.gather(board.request("dev", task), board.delete("pm", task))
            assert (asked.status_code, deleted.status_code) in {(201, 409), (404, 204)}


class TestPeople:
    """Whom the team may choose from."""

    ADDRESS = f"/api/projects/{FIRST_PROJECT}/people"

    @pytest.mark.parametrize("person", ["dev", "pm", "admin"])
    async def test_are_those_with_a_part_who_can_sign_in(self, board: Board, world: World, neighbour, person):
        await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE[neighbour])
        answer = await board.as_person(person).get(self.ADDRESS)
        assert answer.json() == [
            {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen", "role": "client"},
            {"id": str(PEOPLE["dev"]), "display_name": "Deniz Kaya", "role": "developer"},
            {"id": str(PEOPLE["pm"]), "display_name": "Paula Meyer", "role": "manager"},
        ]

    async def test_are_not_shown_to_clients_nor_to_others(self, board: Board, misplaced):
        for person, status in (("client", 403), (misplaced, 403), ("pm2", 404)):
            assert (await board.as_person(person).get(self.ADDRESS)).status_code == status

    async def test_whose_account_does_not_fit_their_part_are_left_out(self, board: Board, misplaced):
        found = (await board.as_person("dev").get(self.ADDRESS)).json()
        assert str(PEOPLE[misplaced]) not in [each["id"] for each in found]
