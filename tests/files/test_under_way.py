"""What is coming in counts already, and is entered only if its sender still may and it was not given up."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.files.uploads import AT_ONCE
from tests.files.people import PDF, Desk
from tests.running import caller_of, is_problem, running
from tests.world import PEOPLE, World, bearer

BEGIN = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
END = b"\r\n--x--\r\n"
FORM = {"content_type": "multipart/form-data; boundary=x"}


async def has_nothing(desk: Desk) -> bool:
    found = (desk.stored(), await desk.rows(), await desk.room_size(), await desk.under_way(), await desk.bell("dev"))
    return found == ([], 0, 0, 0, [])


class Slow:
    """A body that ends when it is let."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield BEGIN + bytes(2**19)
        self.begun.set()
        await self.go_on.wait()
        yield END


@pytest.fixture
def slow() -> Slow:
    return Slow()


async def sent(desk: Desk, slow: Slow) -> "asyncio.Task[httpx.Response]":
    """An upload that is under way."""
    task = asyncio.create_task(desk.send("client", aiter(slow), **FORM))
    await slow.begun.wait()
    return task


async def test_a_file_that_has_come_is_not_under_way_any_more(desk: Desk):
    await desk.has("client")
    assert (await desk.upload("client", b"\x7fELF\x02\x01\x01" + bytes(60))).status_code == 415
    assert await desk.under_way() == 0


async def test_what_is_coming_in_takes_its_part_of_the_room(desk: Desk, world: World):
    async with running(world.settings(max_file_mb=1, max_room_mb=2)) as app, caller_of(app) as caller:
        small = Desk(desk.room, world, lambda person: _as(caller, person), app)
        await small.begins("dev", uuid4().hex, 2 * 2**20 - 100)
        answer = await small.upload("client", PDF + bytes(2**16))
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/room-full")
        await small.silent_for("10 minutes")
        await small.has("client", PDF + bytes(2**16))


def _as(caller: httpx.AsyncClient, person: str) -> httpx.AsyncClient:
    caller.headers.update(bearer(person))
    return caller


async def test_one_person_sends_so_many_at_once(desk: Desk):
    for _ in range(AT_ONCE):
        await desk.begins("client", uuid4().hex)
    answer = await desk.upload("client")
    assert (answer.status_code, is_problem(answer), answer.headers["retry-after"]) == (429, True, "5")
    assert desk.stored() == []
    await desk.has("dev")
    await desk.silent_for("10 minutes")
    await desk.has("client")


async def test_what_was_given_up_is_not_entered(desk: Desk, slow: Slow):
    task = await sent(desk, slow)
    await desk.silent_for("1 hour")
    swept = await desk.sweeper.sweep()
    assert swept is not None
    assert swept.uploads == 1
    slow.go_on.set()
    answer = await task
    assert (answer.status_code, answer.json()["type"]) == (408, "/problems/too-slow")
    assert await has_nothing(desk)


async def test_a_sweep_leaves_what_is_coming_in(desk: Desk, slow: Slow):
    task = await sent(desk, slow)
    assert await desk.sweeper.sweep() is not None
    slow.go_on.set()
    assert (await task).status_code == 201


async def test_who_is_deactivated_meanwhile_ends_nothing(desk: Desk, slow: Slow, app: FastAPI, world: World):
    task = await sent(desk, slow)
    await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE["client"])
    app.state.standings.forget(PEOPLE["client"])
    slow.go_on.set()
    answer = await task
    assert (answer.status_code, is_problem(answer)) == (401, True)
    assert await has_nothing(desk)


async def test_a_token_that_expires_ends_the_upload(
    desk: Desk, slow: Slow, as_person: Callable[..., httpx.AsyncClient]
):
    person = as_person("client")
    person.headers.update(bearer("client", exp=int(time.time()) + 2))
    answer = await person.post(
        desk.address, content=aiter(slow), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert (answer.status_code, is_problem(answer)) == (401, True)
    assert await has_nothing(desk)


class TestADraftSentAgainAsNone:
    async def test_is_shared_and_told_of_once(self, desk: Desk):
        id_ = str(uuid4())
        draft = await desk.has("client", id=id_, draft=True)
        for _ in range(2):
            answer = await desk.upload("client", id=id_)
            assert (answer.status_code, answer.json()["shared_at"] is None) == (200, False)
            assert answer.json() | {"shared_at": None} == draft
        assert await desk.names("dev") == ["plan.pdf"]
        assert [each["type"] for each in await desk.bell("dev")] == ["file_uploaded"]
        assert (await desk.upload("client", id=id_, draft=True)).json()["shared_at"] is not None

    async def test_stays_one_in_a_closed_room(self, desk: Desk, world: World):
        id_ = str(uuid4())
        await desk.has("dev", id=id_, draft=True)
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["client"])
        answer = await desk.upload("dev", id=id_)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/room-closed")
