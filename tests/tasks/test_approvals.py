"""Approvals: a client is asked about a task as it is, and says once what they think of it."""

import asyncio
import hashlib
import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.dev.demo import FIRST_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.files.rows import put_file
from tests.tasks.people import Board, named, refusal
from tests.world import PEOPLE, World

CLIENT = {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen"}
ADMIN = {"id": str(PEOPLE["admin"]), "display_name": "Ada Okafor"}
DEVELOPER = {"id": str(PEOPLE["dev"]), "display_name": "Deniz Kaya"}


async def room_of(world: World, person: str) -> UUID:
    room = "SELECT id FROM client_portal.rooms WHERE client_id = $1 AND project_id = $2"
    return UUID(str(await world.value(room, PEOPLE[person], FIRST_PROJECT)))


class TestRequest:
    async def test_holds_the_task_as_it_is_and_the_files(self, board: Board, world: World):
        room = await room_of(world, "client")
        plan = await put_file(world, room, "dev", name="plan.pdf", draft=True)
        photo = await put_file(world, room, "client", name="Tür 🚪.pdf", size=7)
        task = await board.adds(description="Twice", due_on="2026-12-24")
        approval = await board.asks("dev", task, note="As agreed?", file_ids=[str(photo), str(plan)])
        assert [each["name"] for each in approval["files"]] == ["Tür 🚪.pdf", "plan.pdf"]
        assert all(each["shared_at"] is not None for each in approval["files"])
        common = {"media_type": "application/pdf", "sha256": "aa"}
        snapshot = {
            "title": "Paint the door",
            "description": "Twice",
            "due_on": "2026-12-24",
            "files": [
                {"id": str(photo), "name": "Tür 🚪.pdf", "size": 7} | common,
                {"id": str(plan), "name": "plan.pdf", "size": 3} | common,
            ],
        }
        changing = {"id": None, "created_at": None, "files": None, "snapshot_hash": None}
        assert approval | changing == changing | {
            "task_id": task["id"],
            "project_id": str(FIRST_PROJECT),
            "room_id": str(room),
            "client": CLIENT,
            "requester": DEVELOPER,
            "note": "As agreed?",
            "snapshot": snapshot,
            "is_current": True,
            "state": "pending",
            "comment": None,
            "decider": None,
            "decided_at": None,
        }
        for person in ("client", "dev", "pm", "admin"):
            assert (await board.request_as_seen(person, approval)).json() == approval
            assert (await board.shown(person, task))["approvals"] == [approval]
            assert (await board.page(person))["items"][0]["approvals"] == [approval]

    async def test_its_hash_can_be_computed_from_what_is_shown(self, board: Board):
        approval = await board.asks("dev", await board.adds(title="Tür 🚪", description='"\\/\n'))
        canonical = json.dumps(approval["snapshot"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert approval["snapshot_hash"] == hashlib.sha256(canonical.encode()).hexdigest()

    @pytest.mark.parametrize("change", [{"title": "Paint the gate"}, {"description": "In red"}, {"due_on": None}])
    async def test_stays_as_it_was_when_the_text_changes_and_is_no_longer_asked(self, board: Board, change):
        task = await board.adds(due_on="2026-12-24")
        approval = await board.asks("dev", task)
        await board.changes("pm", task, **change)
        after = (await board.request_as_seen("client", approval)).json()
        assert after == approval | {"is_current": False, "state": "superseded"}
        assert refusal(await board.decide("client", approval, "approved")) == (409, "superseded")

    async def test_status_assignee_and_place_leave_it(self, board: Board):
        other, task = await board.adds(title="First"), await board.adds(title="Second")
        approval = await board.asks("dev", task)
        await board.changes("dev", task, status="done", assignee_id=str(PEOPLE["dev"]), after_id=None)
        await board.changes("dev", other, title="Third")
        assert (await board.request_as_seen("dev", approval)).json() == approval
        await board.approves("client", approval)

    async def test_a_newer_one_takes_the_place_of_what_waits_and_the_history_stays(self, board: Board):
        task = await board.adds()
        first = await board.asks("dev", task)
        second = await board.asks("dev", task)
        await board.approves("client", second)
        third = await board.asks("admin", task)
        shown = (await board.shown("client", task))["approvals"]
        assert [each["id"] for each in shown] == [third["id"], second["id"], first["id"]]
        assert [each["state"] for each in shown] == ["pending", "approved", "superseded"]
        (listed,) = (await board.page("client"))["items"]
        assert [each["id"] for each in listed["approvals"]] == [third["id"]]

    @pytest.mark.parametrize(("person", "status"), [("dev", 201), ("admin", 201), ("pm", 403), ("client", 403)])
    async def test_is_for_developers_and_admins(self, board: Board, person, status):
        assert (await board.request(person, await board.adds())).status_code == status

    async def test_the_part_in_the_project_says_who_is_its_developer(self, board: Board, world: World):
        task = await board.adds()
        await world.act(add_member, FIRST_PROJECT, PEOPLE["pm2"], MemberRole.DEVELOPER)
        assert (await board.request("pm2", task)).status_code == 201
        await world.act(add_member, FIRST_PROJECT, PEOPLE["admin"], MemberRole.MANAGER)
        assert (await board.request("admin", task)).status_code == 201

    async def test_about_a_task_of_another_project_is_not_there(self, board: Board):
        assert refusal(await board.request("dev2", await board.adds())) == (404, "not-found")
        assert refusal(await board.request("dev", {"id": str(uuid4())})) == (404, "not-found")

    @pytest.mark.parametrize("person", ["client2", "dev", "pm", "admin"])
    async def test_who_is_no_client_of_the_project_cannot_be_asked(self, board: Board, person):
        assert named(await board.request("dev", await board.adds(), person)) == [["body", "client_id"]]

    async def test_nor_who_has_left_it(self, board: Board, world: World, neighbour):
        task = await board.adds()
        await world.execute(
            "DELETE FROM client_portal.project_members WHERE user_id = $1 AND project_id = $2",
            PEOPLE[neighbour],
            FIRST_PROJECT,
        )
        assert named(await board.request("dev", task, neighbour)) == [["body", "client_id"]]

    async def test_files_of_another_room_or_others_drafts_are_refused_and_nothing_is_asked(
        self, board: Board, world: World, neighbour
    ):
        task = await board.adds()
        waiting = await board.asks("dev", task)
        foreign = await put_file(world, await room_of(world, neighbour), neighbour)
        draft = await put_file(world, await room_of(world, "client"), "client", draft=True)
        for file_id in (foreign, draft, uuid4()):
            answer = await board.request("dev", task, file_ids=[str(file_id)])
            assert named(answer) == [["body", "file_ids", 0]]
        assert (await board.shown("dev", task))["approvals"] == [waiting]

    @pytest.mark.parametrize(
        ("field", "value"), [("client_id", None), ("note", "x" * 2001), ("note", "a\x00b"), ("file_ids", "all")]
    )
    async def test_a_field_that_cannot_be_is_named(self, board: Board, field, value):
        assert named(await board.request("dev", await board.adds(), **{field: value})) == [["body", field]]

    async def test_sent_again_it_is_the_same_request_and_rings_once(self, board: Board, world: World):
        task, id_ = await board.adds(), str(uuid4())
        plan = str(await put_file(world, await room_of(world, "client"), "dev", draft=True))
        answers = await asyncio.gather(*(board.request("dev", task, id=id_, file_ids=[plan]) for _ in range(4)))
        assert sorted(each.status_code for each in answers) == [200, 200, 200, 201]
        assert all(each.json() == answers[0].json() for each in answers)
        assert await board.told() == {"client": ["approval_requested"]}
        approved = await board.approves("client", answers[0].json())
        again = await board.request("dev", task, id=id_, file_ids=[plan])
        assert (again.status_code, again.json()) == (200, approved)

    async def test_an_id_in_use_is_refused_for_another_request(self, board: Board, world: World):
        task, other, id_ = await board.adds(), await board.adds(), str(uuid4())
        plan = str(await put_file(world, await room_of(world, "client"), "dev"))
        approval = await board.asks("dev", task, id=id_, file_ids=[plan])
        for answer in (
            await board.request("dev", task, id=id_, note="Another", file_ids=[plan]),
            await board.request("dev", task, id=id_),
            await board.request("admin", task, id=id_, file_ids=[plan]),
            await board.request("dev", other, id=id_, file_ids=[plan]),
        ):
            assert refusal(answer) == (409, "id-in-use")
        assert (await board.request_as_seen("client", approval)).json() == approval


class TestDecision:
    @pytest.mark.parametrize(
        ("decision", "comment", "kept"),
        [
            ("approved", None, None),
            ("approved", " \n", None),
            ("approved", "Lovely", "Lovely"),
            ("changes_requested", "In red, please", "In red, please"),
        ],
    )
    async def test_of_the_client_is_kept(self, board: Board, decision, comment, kept):
        task = await board.adds()
        approval = await board.asks("dev", task)
        decided = (await board.decide("client", approval, decision, comment=comment)).json()
        assert decided["decided_at"] is not None
        assert decided == approval | {
            "state": decision,
            "comment": kept,
            "decider": CLIENT,
            "decided_at": decided["decided_at"],
        }
        assert (await board.shown("pm", task))["approvals"] == [decided]

    @pytest.mark.parametrize("more", [{}, {"comment": None}, {"comment": " \u200b\n"}, {"comment": "x" * 2001}])
    async def test_for_changes_says_which(self, board: Board, more):
        approval = await board.asks("dev", await board.adds())
        assert named(await board.decide("client", approval, "changes_requested", **more)) == [["body", "comment"]]
        assert await board.state(approval) == "pending"

    async def test_is_one_of_two(self, board: Board):
        approval = await board.asks("dev", await board.adds())
        assert named(await board.decide("client", approval, "superseded", comment="x")) == [["body", "decision"]]

    async def test_is_made_once(self, board: Board):
        approval = await board.asks("dev", await board.adds())
        approved = await board.approves("client", approval)
        for decision in ("approved", "changes_requested"):
            answer = await board.decide("client", approval, decision, comment="After all")
            assert refusal(answer) == (409, "decided")
        assert (await board.request_as_seen("dev", approval)).json() == approved

    async def test_of_two_at_once_one_counts(self, board: Board):
        for _ in range(3):
            approval = await board.asks("dev", await board.adds())
            decisions = ("approved", "changes_requested") * 3
            answers = await asyncio.gather(
                *(board.decide("client", approval, decision, comment="So") for decision in decisions)
            )
            (won,) = [each for each in answers if each.status_code == 200]
            assert {refusal(each) for each in answers if each is not won} == {(409, "decided")}
            assert await board.state(approval) == won.json()["state"]
        assert await board.told() == {
            "client": ["approval_requested"] * 3,
            "dev": ["approval_decided"] * 3,
            "pm": ["approval_decided"] * 3,
        }

    async def test_stays_when_the_task_changes_afterwards(self, board: Board):
        task = await board.adds()
        approved = await board.approves("client", await board.asks("dev", task))
        await board.changes("dev", task, title="Paint the gate")
        assert (await board.shown("client", task))["approvals"] == [approved | {"is_current": False}]

    @pytest.mark.parametrize(("decision", "comment"), [("approved", None), ("changes_requested", "In red")])
    async def test_of_an_admin_is_kept_as_theirs(self, board: Board, decision, comment):
        approval = await board.asks("dev", await board.adds())
        decided = (await board.decide("admin", approval, decision, comment=comment)).json()
        assert (decided["state"], decided["comment"]) == (decision, comment)
        assert (decided["client"], decided["decider"]) == (CLIENT, ADMIN)
        assert (await board.request_as_seen("client", approval)).json() == decided
        assert refusal(await board.decide("client", approval, "approved")) == (409, "decided")

    @pytest.mark.parametrize("person", ["dev", "pm"])
    async def test_is_the_clients_alone(self, board: Board, person):
        approval = await board.asks("dev", await board.adds())
        assert refusal(await board.decide(person, approval, "approved")) == (403, "forbidden")

    async def test_of_who_is_both_by_their_token_is_still_the_clients_alone(self, board: Board):
        """A host may give a person several roles: who reaches the room as one of the team was not asked."""
        approval = await board.asks("dev", await board.adds())
        both = board.as_person("dev", role=None, roles=["client", "developer"])
        answer = await both.post(f"/api/approvals/{approval['id']}/decision", json={"decision": "approved"})
        assert refusal(answer) == (403, "forbidden")
        assert await board.state(approval) == "pending"

    async def test_of_none_is_refused(self, board: Board):
        assert refusal(await board.decide("client", {"id": str(uuid4())}, "approved")) == (404, "not-found")

    async def test_ends_with_the_clients_part(self, board: Board, world: World):
        approval = await board.asks("dev", await board.adds())
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["client"])
        assert refusal(await board.decide("client", approval, "approved")) == (404, "not-found")
        assert refusal(await board.decide("admin", approval, "approved")) == (409, "superseded")
        assert await board.state(approval) == "superseded"
        await world.act(add_member, FIRST_PROJECT, PEOPLE["client"], MemberRole.CLIENT)
        assert (await board.approves("client", approval))["state"] == "approved"


class TestAtOnce:
    """What somebody changes while somebody else asks or decides."""

    async def test_a_request_and_an_edit_leave_nothing_that_waits_for_another_text(self, board: Board):
        for number in range(8):
            task = await board.adds()
            asked, edited = await asyncio.gather(
                board.request("dev", task), board.patch("pm", task, title=f"Paint it {number}")
            )
            assert (asked.status_code, edited.status_code) == (201, 200)
            (approval,) = (await board.shown("client", task))["approvals"]
            assert (approval["state"], approval["snapshot"]["title"]) in {
                ("pending", f"Paint it {number}"),
                ("superseded", "Paint the door"),
            }

    async def test_a_decision_and_an_edit_never_approve_what_was_not_shown(self, board: Board):
        for _ in range(8):
            task = await board.adds()
            approval = await board.asks("dev", task)
            decided, edited = await asyncio.gather(
                board.decide("client", approval, "approved"), board.patch("pm", task, title="Paint the gate")
            )
            assert edited.status_code == 200
            assert decided.status_code == 200 or refusal(decided) == (409, "superseded")
            after = (await board.request_as_seen("dev", approval)).json()
            assert after["state"] == ("approved" if decided.status_code == 200 else "superseded")
            assert after["snapshot"] == approval["snapshot"]

    async def test_many_requests_leave_one_that_waits(self, board: Board):
        task = await board.adds()
        await asyncio.gather(*(board.asks(person, task) for person in ("dev", "admin") * 4))
        shown = (await board.shown("client", task))["approvals"]
        assert [each["state"] for each in shown] == ["pending"] + ["superseded"] * 7


class TestBell:
    @pytest.mark.parametrize(("person", "name"), [("dev", "Deniz Kaya"), ("admin", "Ada Okafor")])
    async def test_a_request_rings_for_the_client_who_is_asked(self, board: Board, neighbour, colleague, person, name):
        task = await board.adds()
        await board.asks(person, task)
        assert await board.told() == {"client": ["approval_requested"]}
        (item,) = await board.bell("client")
        assert item["title"] == f"{name} asks for your approval in Harbour House renovation"
        assert item["body"] == "Paint the door"
        assert item["route_path"] == f"/projects/{FIRST_PROJECT}/tasks?focus={task['id']}"

    @pytest.mark.parametrize(
        ("decision", "title", "body"),
        [
            ("approved", "Clara Jensen approved a task in Harbour House renovation", "Paint the door: In red"),
            (
                "changes_requested",
                "Clara Jensen asked for changes to a task in Harbour House renovation",
                "Paint the door: In red",
            ),
        ],
    )
    async def test_a_decision_rings_for_who_asked_and_the_managers(
        self, board: Board, neighbour, colleague, decision, title, body
    ):
        approval = await board.asks("dev", await board.adds())
        await board.decide("client", approval, decision, comment="In red")
        told = await board.told()
        assert told == {"client": ["approval_requested"], "dev": ["approval_decided"], "pm": ["approval_decided"]}
        (item,) = await board.bell("dev")
        assert (item["title"], item["body"]) == (title, body)

    @pytest.mark.parametrize("part", [None, MemberRole.MANAGER, MemberRole.DEVELOPER])
    async def test_an_admin_who_asked_is_told_with_the_managers(self, board: Board, world: World, colleague, part):
        if part is not None:
            await world.act(add_member, FIRST_PROJECT, PEOPLE["admin"], part)
        await board.approves("client", await board.asks("admin", await board.adds()))
        assert await board.told() == {
            "client": ["approval_requested"],
            "pm": ["approval_decided"],
            "admin": ["approval_decided"],
        }

    async def test_who_asked_and_has_left_is_not_told(self, board: Board, world: World, colleague):
        approval = await board.asks(colleague, await board.adds())
        await world.act(remove_member, FIRST_PROJECT, PEOPLE[colleague])
        await board.approves("client", approval)
        rings = "SELECT count(*) FROM client_portal.notifications WHERE recipient_user_id = $1"
        assert await world.value(rings, PEOPLE[colleague]) == 0

    @pytest.mark.parametrize(
        ("decision", "title"),
        [
            ("approved", "Ada Okafor approved a task for Clara Jensen in Harbour House renovation"),
            (
                "changes_requested",
                "Ada Okafor asked for changes to a task for Clara Jensen in Harbour House renovation",
            ),
        ],
    )
    async def test_what_an_admin_decides_rings_for_the_client_too(
        self, board: Board, neighbour, colleague, decision, title
    ):
        approval = await board.asks("dev", await board.adds())
        await board.decide("admin", approval, decision, comment="In red")
        assert await board.told() == {
            "client": ["approval_requested", "approval_decided"],
            "dev": ["approval_decided"],
            "pm": ["approval_decided"],
        }
        assert (await board.bell("client"))[-1]["title"] == title

    async def test_each_request_and_each_decision_rings_anew(self, board: Board):
        task = await board.adds()
        for _ in range(2):
            await board.approves("client", await board.asks("dev", task))
        assert await board.told() == {
            "client": ["approval_requested"] * 2,
            "dev": ["approval_decided"] * 2,
            "pm": ["approval_decided"] * 2,
        }

    async def test_long_words_are_cut(self, board: Board):
        approval = await board.asks("dev", await board.adds(title="t" * 200))
        await board.decide("client", approval, "changes_requested", comment="c" * 2000)
        (item,) = await board.bell("dev")
        assert len(item["body"]) == 280

    async def test_being_superseded_rings_for_nobody(self, board: Board):
        task = await board.adds()
        await board.asks("dev", task)
        await board.changes("dev", task, title="Paint the gate")
        assert await board.told() == {"client": ["approval_requested"]}


class TestNeighbour:
    """Another client of the same project sees the task, and nothing of what the first was asked."""

    async def test_sees_nothing_of_it(self, board: Board, neighbour):
        task = await board.adds()
        approval = await board.asks("dev", task, note="Between us")
        await board.approves("client", approval, comment="Between us, too")
        assert (await board.shown(neighbour, task))["approvals"] == []
        page = await board.page(neighbour)
        assert page["items"][0]["approvals"] == []
        assert refusal(await board.request_as_seen(neighbour, approval)) == (404, "not-found")
        assert refusal(await board.decide(neighbour, approval, "approved")) == (404, "not-found")
        assert await board.bell(neighbour) == []

    async def test_is_asked_apart(self, board: Board, neighbour):
        task = await board.adds()
        ours, theirs = await board.asks("dev", task), await board.asks("dev", task, neighbour)
        assert [await board.state(each) for each in (ours, theirs)] == ["pending", "pending"]
        await board.approves(neighbour, theirs)
        assert await board.state(ours) == "pending"
        listed: list[dict[str, Any]] = (await board.page("dev"))["items"][0]["approvals"]
        assert [each["id"] for each in listed] == [theirs["id"], ours["id"]]
        for person, own in (("client", ours), (neighbour, theirs)):
            assert [each["id"] for each in (await board.shown(person, task))["approvals"]] == [own["id"]]

    async def test_is_asked_anew_too_when_the_task_changes(self, board: Board, neighbour):
        task = await board.adds()
        both = [await board.asks("dev", task, person) for person in ("client", neighbour)]
        await board.changes("dev", task, due_on=str(date(2026, 12, 24)))
        assert [await board.state(each) for each in both] == ["superseded", "superseded"]
