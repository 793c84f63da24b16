"""Pages of what is found follow one another without gaps and without repeats."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.dev.demo import FIRST_PROJECT
from tests.search.people import START, Searching
from tests.world import PEOPLE


async def _walk(searching: Searching, limit: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    cursor = ""
    while cursor is not None:
        page = await searching.page("dev", "kitchen", limit=limit, cursor=cursor)
        assert len(page["items"]) <= limit
        found += [(each["kind"], each["id"]) for each in page["items"]]
        cursor = page["next_cursor"]
    return found


async def test_of_things_of_the_same_moment_none_is_left_out_or_repeated(searching: Searching):
    twin = uuid4()
    for id_ in (twin, *(uuid4() for _ in range(2))):
        await searching.message("kitchen", id_=id_)
        await searching.issue("kitchen", id_=id_)
        await searching.task("kitchen", id_=id_)
        await searching.file("kitchen", id_=id_)
    whole = await _walk(searching, 100)
    assert len(set(whole)) == len(whole) == 12
    assert {kind for kind, id_ in whole if id_ == str(twin)} == {"message", "issue", "task", "file"}
    for limit in (1, 2, 5):
        assert await _walk(searching, limit) == whole


async def test_what_comes_meanwhile_moves_nothing(searching: Searching):
    for hour in range(4):
        await searching.message(f"kitchen {hour}", at=START + timedelta(hours=hour))
    first = await searching.page("client", "kitchen", limit=2)
    await searching.says("client", "kitchen again")
    second = await searching.page("client", "kitchen", limit=2, cursor=first["next_cursor"])
    assert [each["snippet"][-1]["text"].strip() for each in second["items"]] == ["1", "0"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("limit", [7, 100])
async def test_a_long_room_is_gone_through_to_its_beginning(searching: Searching, limit):
    """Seven of 6,500 messages, in different stretches of it, and one at each end."""
    await searching.world.execute(
        "INSERT INTO client_portal.messages (id, room_id, number, author_id, body, created_at)"
        " SELECT gen_random_uuid(), id, n, client_id,"
        " CASE WHEN n % 1000 IN (0, 999) OR n IN (1, 6500) THEN 'kitchen ' || n ELSE 'bath' END,"
        " $2::timestamptz + n * interval '1 minute' FROM client_portal.rooms, generate_series(1, 6500) n WHERE id = $1",
        searching.room,
        START,
    )
    await searching.world.execute(
        "UPDATE client_portal.rooms SET last_number = 6500 WHERE id = $1", UUID(str(searching.room))
    )
    numbers, cursor = [], ""
    while cursor is not None:
        page = await searching.page("client", "kitchen", limit=limit, cursor=cursor)
        numbers += [int("".join(part["text"] for part in each["snippet"]).split()[1]) for each in page["items"]]
        cursor = page["next_cursor"]
    expected = {1, 6500} | {n for n in range(1, 6501) if n % 1000 in (0, 999)}
    assert numbers == sorted(expected, reverse=True)


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_rooms_are_gone_through_together(searching: Searching, limit):
    """Thirty rooms: some lately used and some long ago, where few messages match and where many do."""
    await searching.world.execute(
        "INSERT INTO public.users (id, full_name, email)"
        " SELECT md5('tenant ' || n)::uuid, 'Tenant', 'tenant' || n || '@example.org' FROM generate_series(1, 30) n"
    )
    await searching.world.execute(
        "INSERT INTO client_portal.rooms (project_id, client_id, last_number)"
        " SELECT $1, md5('tenant ' || n)::uuid, n FROM generate_series(1, 30) n",
        FIRST_PROJECT,
    )
    await searching.world.execute(
        "INSERT INTO client_portal.messages (id, room_id, number, author_id, body, created_at)"
        " SELECT gen_random_uuid(), room.id, n, client_id,"
        " CASE WHEN (last_number + n) % 5 = 0 THEN 'bath' ELSE 'kitchen' END,"
        " $1::timestamptz + n * interval '1 minute' - last_number * 7 % 30 * interval '10 minutes'"
        " FROM client_portal.rooms AS room, generate_series(1, last_number) n WHERE room.client_id <> $2",
        START,
        PEOPLE["client"],
    )
    expected = await searching.world.value(
        "SELECT array_agg(id::text ORDER BY created_at DESC, id DESC) FROM client_portal.messages"
        " WHERE body = 'kitchen' AND created_at >= $1::timestamptz - interval '1 hour'",
        START,
    )
    found: list[str] = []
    cursor = ""
    while len(found) < len(expected):
        page = await searching.page("dev", "kitchen", kind="message", limit=limit, cursor=cursor)
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert found[: len(expected)] == expected
