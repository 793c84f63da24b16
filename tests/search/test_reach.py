"""Search never shows more than its caller reaches otherwise."""

from uuid import UUID

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.search.people import Searching
from tests.world import PEOPLE


async def _room_of_second_client(searching: Searching) -> UUID:
    """The other demo client becomes one of the first project too."""
    await searching.world.act(add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
    room: UUID = await searching.world.value(
        "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2",
        FIRST_PROJECT,
        PEOPLE["client2"],
    )
    return room


async def test_two_clients_of_a_project_never_find_each_other(searching: Searching):
    room = await _room_of_second_client(searching)
    await searching.one_of_each("kitchen")
    await searching.says("client2", "My own kitchen", room=room)
    assert [each["kind"] for each in await searching.found("client2", "kitchen")] == ["message", "task"]
    assert await searching.texts("client2", "own") == ["My own kitchen"]
    assert await searching.texts("client", "own") == []
    for person in ("dev", "pm", "admin"):
        assert len(await searching.found(person, "kitchen")) == 5


async def test_no_text_passes_for_one_of_another_room(searching: Searching):
    room = await _room_of_second_client(searching)
    await searching.says("client2", f"{str(searching.room)[:8]} 0 kitchen", f"'{searching.room} kitchen'", room=room)
    assert await searching.found("client", "kitchen") == []
    assert await searching.found("client", f"{str(searching.room)[:8]} 0 kitchen") == []


async def test_rooms_that_the_index_calls_the_same_are_kept_apart(searching: Searching):
    await _room_of_second_client(searching)
    twin = UUID(str(searching.room)[:8] + "-0000-4000-8000-000000000000")
    await searching.world.execute(
        "WITH room AS (INSERT INTO client_portal.rooms (id, project_id, client_id, last_number)"
        " VALUES ($1, $2, $3, 1) RETURNING id)"
        " INSERT INTO client_portal.messages (id, room_id, number, author_id, body)"
        " SELECT gen_random_uuid(), id, 1, $3, 'kitchen' FROM room",
        twin,
        SECOND_PROJECT,
        PEOPLE["admin"],
    )
    assert await searching.found("client", "kitchen") == []
    assert await searching.found("pm", "kitchen") == []


async def test_a_project_out_of_reach_cannot_be_searched(searching: Searching):
    await searching.one_of_each("kitchen")
    for person in ("client2", "dev2", "pm2"):
        assert (await searching.ask(person, "kitchen")).status_code == 404
        assert await searching.found(person, "kitchen", project=SECOND_PROJECT) == []
    assert (await searching.ask("admin", "kitchen", project=UUID(int=1))).status_code == 404


async def test_who_lost_access_finds_nothing_and_who_gets_it_back_finds_it_all(searching: Searching):
    await searching.one_of_each("kitchen")
    for person, role in (("client", MemberRole.CLIENT), ("dev", MemberRole.DEVELOPER)):
        await searching.world.act(remove_member, FIRST_PROJECT, PEOPLE[person])
        assert (await searching.ask(person, "kitchen")).status_code == 404
        await searching.world.act(add_member, FIRST_PROJECT, PEOPLE[person], role)
        assert len(await searching.found(person, "kitchen")) == 4


async def test_a_client_who_left_is_still_found_by_the_team(searching: Searching):
    await searching.one_of_each("kitchen")
    await searching.world.act(remove_member, FIRST_PROJECT, PEOPLE["client"])
    assert len(await searching.found("dev", "kitchen")) == 4


async def test_a_draft_of_a_file_is_found_by_nobody(searching: Searching):
    await searching.file("kitchen.pdf", at=None)
    for person in ("client", "dev", "admin"):
        assert await searching.found(person, "kitchen") == []


async def test_without_a_sign_in_nothing_is_told(searching: Searching):
    answer = await searching.as_person("dev", exp=1).get(f"/api/projects/{FIRST_PROJECT}/search", params={"q": "x"})
    assert answer.status_code == 401
