"""Two people who change the same task: the second hears what changed, and nothing is lost."""

import asyncio

import pytest

from tests.tasks.people import Board, refusal
from tests.world import PEOPLE

DEVELOPER = {"id": str(PEOPLE["dev"]), "display_name": "Deniz Kaya"}
MANAGER = {"id": str(PEOPLE["pm"]), "display_name": "Paula Meyer"}


async def test_the_second_gets_what_it_is_now_and_who_changed_what(board: Board):
    task = await board.adds(due_on="2026-12-24")
    await board.changes("dev", task, title="Paint the gate", due_on=None)
    current = await board.changes("pm", task, assignee_id=str(PEOPLE["dev"]))
    answer = await board.patch("dev", task, seen=1, title="Paint the fence")
    assert refusal(answer) == (409, "changed-meanwhile")
    assert answer.json()["current"] == current
    first, second = answer.json()["changes"]
    assert first | {"at": None} == {
        "version": 2,
        "actor": DEVELOPER,
        "at": None,
        "fields": {
            "title": {"before": "Paint the door", "after": "Paint the gate"},
            "due_on": {"before": "2026-12-24", "after": None},
        },
    }
    assert second | {"at": None} == {
        "version": 3,
        "actor": MANAGER,
        "at": None,
        "fields": {"assignee_id": {"before": None, "after": str(PEOPLE["dev"])}},
    }
    assert await board.shown("pm", task) == current


async def test_only_what_came_after_the_version_they_saw_is_told(board: Board):
    task = await board.adds()
    for title in ("Paint the gate", "Paint the fence", "Paint the house"):
        await board.changes("dev", task, title=title)
    answer = await board.patch("pm", task, seen=3, title="Paint it all")
    assert [each["version"] for each in answer.json()["changes"]] == [4]


async def test_who_has_seen_the_last_version_changes_it(board: Board):
    task = await board.adds()
    await board.changes("dev", task, title="Paint the gate")
    answer = await board.patch("pm", task, seen=2, title="Paint the fence")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')


async def test_who_says_no_version_changes_what_is_there(board: Board):
    task = await board.adds()
    await board.changes("dev", task, title="Paint the gate")
    assert (await board.changes("pm", task, title="Paint the fence"))["version"] == 3


async def test_sent_again_after_a_lost_answer_it_is_done_already(board: Board):
    """Whoever has what they want is in conflict with nobody."""
    task = await board.adds()
    first = await board.patch("dev", task, seen=1, title="Paint the gate")
    again = await board.patch("dev", task, seen=1, title="Paint the gate")
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize("seen", [0, 2, 10**17])
async def test_a_version_that_never_was_is_in_conflict_too(board: Board, seen):
    answer = await board.patch("dev", await board.adds(), seen=seen, title="Paint the gate")
    assert refusal(answer) == (409, "changed-meanwhile")
    assert answer.json()["changes"] == []


async def test_of_many_at_once_exactly_one_wins_and_the_others_hear_of_it(board: Board):
    task = await board.adds()
    people = ("dev", "pm", "admin") * 3
    answers = await asyncio.gather(
        *(board.patch(person, task, seen=1, title=f"By {number}") for number, person in enumerate(people))
    )
    (won,) = [each for each in answers if each.status_code == 200]
    for lost in answers:
        if lost is not won:
            assert refusal(lost) == (409, "changed-meanwhile")
            assert lost.json()["current"] == won.json()
            (change,) = lost.json()["changes"]
            assert change["fields"] == {"title": {"before": "Paint the door", "after": won.json()["title"]}}
    assert (await board.shown("client", task))["version"] == 2


async def test_of_many_at_once_without_a_version_each_change_is_kept(board: Board):
    task = await board.adds()
    await asyncio.gather(*(board.changes("dev", task, title=f"By {number}") for number in range(12)))
    answer = await board.patch("pm", task, seen=1, title="At last")
    changes = answer.json()["changes"]
    assert [each["version"] for each in changes] == list(range(2, 14))
    titles = [each["fields"]["title"] for each in changes]
    assert [each["before"] for each in titles[1:]] == [each["after"] for each in titles[:-1]]
    assert len({each["after"] for each in titles}) == 12
