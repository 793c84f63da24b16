"""The order of tasks: one list, whoever moves what at the same moment."""

import asyncio
import random
from typing import Any
from uuid import uuid4

import pytest

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests.tasks.people import Board, named
from tests.world import World

_POSITIONS = "SELECT position FROM client_portal.tasks WHERE project_id = $1 ORDER BY position"


async def _add(board: Board, titles: str) -> dict[str, dict[str, Any]]:
    return {title: await board.adds(title=title) for title in titles}


class TestMove:
    @pytest.mark.parametrize(
        ("task", "after", "order"),
        [
            ("d", None, "dabc"),
            ("d", "a", "adbc"),
            ("a", "d", "bcda"),
            ("a", "b", "bacd"),
            ("b", "c", "acbd"),
            ("b", "a", "abcd"),
            ("a", None, "abcd"),
        ],
    )
    async def test_puts_it_behind_another_or_before_all(self, board: Board, task, after, order):
        tasks = await _add(board, "abcd")
        before = tasks[task]
        moved = await board.changes("pm", before, after_id=tasks[after]["id"] if after else None)
        assert moved == before
        assert "".join(await board.titles("client")) == order

    async def test_is_no_change_of_version_and_never_in_conflict(self, board: Board):
        tasks = await _add(board, "ab")
        await board.changes("pm", tasks["b"], title="c")
        answer = await board.patch("dev", tasks["b"], seen=1, after_id=None)
        assert answer.status_code == 200
        assert answer.headers["etag"] == '"2"'
        assert await board.titles() == ["c", "a"]

    async def test_together_with_a_change_is_refused_with_it(self, board: Board):
        tasks = await _add(board, "ab")
        await board.changes("pm", tasks["b"], title="c")
        assert (await board.patch("dev", tasks["b"], seen=1, title="d", after_id=None)).status_code == 409
        assert await board.titles() == ["a", "c"]
        await board.changes("dev", tasks["b"], title="d", after_id=None)
        assert await board.titles() == ["d", "a"]

    async def test_behind_itself_or_what_is_not_there_is_refused(self, board: Board):
        tasks = await _add(board, "ab")
        others = f"/api/projects/{SECOND_PROJECT}/tasks"
        foreign = (await board.as_person("pm2").post(others, json={"title": "Theirs"})).json()
        for place in (tasks["a"]["id"], foreign["id"], str(uuid4())):
            assert named(await board.patch("dev", tasks["a"], after_id=place, title="c")) == [["body", "after_id"]]
        assert await board.titles() == ["a", "b"]

    async def test_a_new_one_comes_last_whatever_was_moved(self, board: Board):
        tasks = await _add(board, "abc")
        await board.changes("dev", tasks["a"], after_id=tasks["b"]["id"])
        await board.changes("dev", tasks["b"], after_id=tasks["c"]["id"])
        await board.adds(title="d")
        assert "".join(await board.titles()) == "acbd"


async def test_into_the_same_gap_as_often_as_one_likes(board: Board, world: World):
    """Positions grow by a digit each time, until all are numbered anew."""
    tasks = await _add(board, "abcd")
    for _ in range(60):
        await board.changes("dev", tasks["d"], after_id=tasks["a"]["id"])
        await board.changes("dev", tasks["c"], after_id=tasks["a"]["id"])
    assert "".join(await board.titles()) == "acdb"
    positions = [row["position"] for row in await world.fetch(_POSITIONS, FIRST_PROJECT)]
    assert max(len(str(each)) for each in positions) < 60


async def test_a_page_goes_on_at_a_place_of_many_digits(board: Board):
    tasks = await _add(board, "abcd")
    for _ in range(40):
        await board.changes("dev", tasks["d"], after_id=tasks["a"]["id"])
        await board.changes("dev", tasks["c"], after_id=tasks["a"]["id"])
    page = await board.page("dev", limit=2)
    rest = await board.page("dev", limit=2, cursor=page["next_cursor"])
    assert [each["title"] for each in page["items"] + rest["items"]] == ["a", "c", "d", "b"]


async def test_many_moves_and_new_ones_at_once_neither_tie_nor_lose(board: Board, world: World):
    tasks = list((await _add(board, "abcdefgh")).values())
    chance = random.Random(4)

    def move() -> Any:
        task, after = chance.sample(tasks, 2)
        return board.patch(chance.choice(("dev", "pm")), task, after_id=chance.choice((after["id"], None)))

    answers = await asyncio.gather(*(move() for _ in range(60)), *(board.post("dev", title="new") for _ in range(10)))
    assert {each.status_code for each in answers} == {200, 201}
    positions = [row["position"] for row in await world.fetch(_POSITIONS, FIRST_PROJECT)]
    assert len(set(positions)) == len(positions) == 18
    assert sorted(await board.titles()) == sorted([*"abcdefgh", *["new"] * 10])


async def test_moves_and_changes_of_the_same_tasks_at_once_all_happen(board: Board):
    """Neither waits for the other in a ring."""
    tasks = list((await _add(board, "abcd")).values())
    moves = [board.patch("dev", task, after_id=None) for task in tasks * 4]
    changes = [board.patch("pm", task, description=str(number)) for number, task in enumerate(tasks * 4)]
    both = [board.patch("pm", task, description=f"{number}!", after_id=None) for number, task in enumerate(tasks * 2)]
    answers = await asyncio.gather(*moves, *changes, *both)
    assert {each.status_code for each in answers} == {200}
    assert sorted(await board.titles()) == [*"abcd"]


async def test_behind_one_that_is_deleted_meanwhile_is_either_there_or_refused(board: Board):
    for _ in range(5):
        tasks = await _add(board, "ab")
        moved, deleted = await asyncio.gather(
            board.patch("dev", tasks["a"], after_id=tasks["b"]["id"]), board.delete("pm", tasks["b"])
        )
        assert deleted.status_code == 204
        assert moved.status_code in {200, 422}
        assert await board.titles() == ["a"]
        await board.delete("pm", tasks["a"])
