"""What is no longer so is told to nobody any more: not by the bell, and not by e-mail."""

import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from app.outbox.courier import Never, Send
from tests.letters.judging import judged
from tests.notifications.told import hears_of
from tests.sse import Event, open_stream
from tests.tasks.people import Board
from tests.world import PEOPLE, World, bearer

TAKEN_BACK = Never("Nothing left to tell: it was taken back.")


async def unread(board: Board, person: str = "client") -> list[str]:
    """The types of what this person has not read, oldest first."""
    return [each["type"] for each in await board.bell(person) if not each["is_read"]]


async def mail_to(app: FastAPI, world: World, person: str = "client") -> str | Never:
    """The text of the e-mail that waits for them, or why it is not sent."""
    (verdict,) = (await judged(app, world))[PEOPLE[person]]
    if isinstance(verdict, Send):
        return verdict.parcel.text
    assert isinstance(verdict, Never)
    return verdict


class TestDone:
    async def test_not_done_after_all(self, app: FastAPI, world: World, board: Board):
        task = await board.adds()
        await board.changes("dev", task, status="done")
        assert await unread(board) == ["task_completed"]
        await board.changes("dev", task, status="in_progress")
        assert await unread(board) == []
        assert await mail_to(app, world) == TAKEN_BACK

    async def test_done_again_is_told_once(self, app: FastAPI, world: World, board: Board):
        task = await board.adds()
        for status in ("done", "todo", "done"):
            await board.changes("dev", task, status=status)
        assert await unread(board) == ["task_completed"]
        assert str(await mail_to(app, world)).startswith("A task is done in ")

    async def test_and_deleted(self, app: FastAPI, world: World, board: Board, neighbour: str):
        task, other = await board.adds(), await board.adds(title="Hang the door")
        for each in (task, other):
            await board.changes("dev", each, status="done")
        assert (await board.delete("pm", task)).status_code == 204
        for person in ("client", neighbour):
            assert await unread(board, person) == ["task_completed"]
            text = str(await mail_to(app, world, person))
            assert "Hang the door" in text
            assert "Paint the door" not in text

    async def test_another_change_takes_nothing_back(self, app: FastAPI, world: World, board: Board):
        task = await board.adds()
        await board.changes("dev", task, status="done")
        await board.changes("dev", task, title="Paint the gate")
        assert await unread(board) == ["task_completed"]
        assert isinstance(await mail_to(app, world), str)

    async def test_who_hears_of_it_by_e_mail_only_hears_nothing(self, app: FastAPI, world: World, board: Board):
        await hears_of(app, "client", "task_completed", bell=False)
        task = await board.adds()
        await board.changes("dev", task, status="done")
        await board.changes("dev", task, status="todo")
        assert await mail_to(app, world) == TAKEN_BACK

    async def test_who_has_left_the_project_finds_nothing_of_it_once_they_are_back(self, world: World, board: Board):
        task = await board.adds()
        await board.changes("dev", task, status="done")
        member = (PEOPLE["client"], FIRST_PROJECT)
        await world.execute("DELETE FROM client_portal.project_members WHERE (user_id, project_id) = ($1, $2)", *member)
        await board.changes("dev", task, status="todo")
        await world.execute(
            "INSERT INTO client_portal.project_members (user_id, project_id, role) VALUES ($1, $2, 'client')", *member
        )
        assert await unread(board) == []

    async def test_open_bells_hear_of_it(self, app: FastAPI, board: Board):
        task = await board.adds()
        async with open_stream(app, bearer("client")) as stream:
            await stream.until("ready")
            await board.changes("dev", task, status="done")
            told = (await stream.until("notification")).data
            assert told["unread_count"] == 1
            await board.changes("dev", task, status="todo")
            assert await stream.next() == Event("read", {"ids": [told["item"]["id"]], "unread_count": 0})

    async def test_who_is_reading_it_at_that_moment_holds_nobody_up(self, world: World, board: Board):
        task = await board.adds()
        await board.changes("dev", task, status="done")
        async with world.connection() as reader, reader.transaction():
            await reader.execute("UPDATE client_portal.notifications SET is_read = true")
            await board.changes("dev", task, status="todo")
        assert await unread(board) == []


class TestApproval:
    @pytest.mark.parametrize("change", [{"title": "Paint the gate"}, {"description": "In red"}])
    async def test_of_what_has_changed_is_asked_no_longer(self, app: FastAPI, world: World, board: Board, change):
        task = await board.adds()
        await board.asks("dev", task)
        await board.changes("dev", task, **change)
        assert await unread(board) == []
        assert await mail_to(app, world) == TAKEN_BACK

    async def test_a_newer_one_takes_the_place_of_an_older_one(self, app: FastAPI, world: World, board: Board):
        task = await board.adds()
        await board.asks("dev", task)
        await board.asks("dev", task)
        assert await unread(board) == ["approval_requested"]
        assert str(await mail_to(app, world)).startswith("Your approval is asked for in ")

    @pytest.mark.parametrize("decision", [{"decision": "approved"}, {"decision": "changes_requested", "comment": "No"}])
    async def test_what_is_decided_is_asked_no_longer(self, app: FastAPI, world: World, board: Board, decision):
        approval = await board.asks("dev", await board.adds())
        assert (await board.decide("client", approval, **decision)).status_code == 200
        assert await unread(board) == []
        assert await mail_to(app, world) == TAKEN_BACK
        assert await unread(board, "dev") == ["approval_decided"]

    async def test_who_is_told_of_an_answer_in_their_place_is_asked_no_longer(self, board: Board):
        await board.approves("admin", await board.asks("dev", await board.adds()))
        assert await unread(board) == ["approval_decided"]

    async def test_another_client_and_another_task_are_still_asked(self, board: Board, neighbour: str):
        task, other = await board.adds(), await board.adds()
        approval = await board.asks("dev", task)
        await board.asks("dev", task, neighbour)
        await board.asks("dev", other)
        await board.approves("client", approval)
        assert await unread(board) == ["approval_requested"]
        assert await unread(board, neighbour) == ["approval_requested"]
        await board.changes("dev", task, title="Paint the gate")
        assert await unread(board) == ["approval_requested"]
        assert await unread(board, neighbour) == []
