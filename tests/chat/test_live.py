"""Two people in one room, over real sockets of real processes."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from app.dev.demo import FIRST_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.pair import Pair
from tests.portal import Portal
from tests.running import until
from tests.sockets import open_socket, refusal
from tests.world import PEOPLE, World, bearer

Run = Callable[..., Portal]


@pytest.fixture
def world(pair: Pair) -> World:
    return pair.world


def caller(portal: Portal, person: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=portal.url, headers=bearer(person), timeout=30)


async def own_room(portal: Portal, person: str = "client") -> str:
    async with caller(portal, person) as http:
        (room,) = (await http.get("/api/rooms")).raise_for_status().json()["items"]
    return str(room["id"])


def room_socket(portal: Portal, room: str, person: str):
    return open_socket(f"{portal.url}/api/rooms/{room}/ws", bearer(person))


async def post(portal: Portal, room: str, person: str, body: str, **more: str) -> dict[str, object]:
    async with caller(portal, person) as http:
        answer = await http.post(f"/api/rooms/{room}/messages", json={"body": body, **more})
    answer.raise_for_status()
    return dict(answer.json())


async def test_what_the_client_writes_is_in_the_developers_socket_and_back(pair: Pair):
    portal = pair.one
    room = await own_room(portal)
    async with room_socket(portal, room, "client") as client, room_socket(portal, room, "dev") as dev:
        assert (await client.until("ready"))["last_number"] == 0
        await dev.until("ready")
        await post(portal, room, "client", "Could we see the tiles?")
        heard = (await dev.until("message"))["message"]
        assert (heard["body"], heard["number"], heard["author"]["display_name"]) == (
            "Could we see the tiles?",
            1,
            "Clara Jensen",
        )
        await post(portal, room, "dev", "Tomorrow at ten.")
        assert (await client.until("message"))["message"]["number"] == 1
        assert (await client.until("message"))["message"]["body"] == "Tomorrow at ten."


async def test_frames_cross_processes(pair: Pair):
    one, other = pair.one, pair.other
    room = await own_room(one)
    async with room_socket(one, room, "client") as client, room_socket(other, room, "dev") as dev:
        await client.until("ready")
        await dev.until("ready")
        await post(one, room, "client", "Hello")
        assert (await dev.until("message"))["message"]["body"] == "Hello"
        await client.say("typing")
        typing = await dev.until("typing")
        assert typing == {"user_id": str(PEOPLE["client"]), "display_name": "Clara Jensen"}
        async with caller(other, "dev") as http:
            assert (await http.post(f"/api/rooms/{room}/read", json={"up_to": 1})).status_code == 204
        assert await client.until("read", user_id=str(PEOPLE["dev"])) == {"user_id": str(PEOPLE["dev"]), "up_to": 1}


async def test_presence_comes_and_goes_with_sockets(pair: Pair):
    one, other = pair.one, pair.other
    room = await own_room(one)
    async with room_socket(one, room, "client") as client:
        await client.until("presence", online=[str(PEOPLE["client"])])
        both = sorted([str(PEOPLE["client"]), str(PEOPLE["dev"])])
        async with room_socket(other, room, "dev"), room_socket(one, room, "dev"):
            await client.until("presence", online=both)
            async with caller(one, "client") as http:
                people = (await http.get(f"/api/rooms/{room}")).json()["people"]
            assert {each["display_name"] for each in people if each["is_online"]} == {"Clara Jensen", "Deniz Kaya"}
        await client.until("presence", online=[str(PEOPLE["client"])])


async def test_an_admin_who_looks_on_hears_all_and_is_not_there(pair: Pair):
    portal = pair.one
    room = await own_room(portal)
    async with room_socket(portal, room, "client") as client, room_socket(portal, room, "admin") as admin:
        await client.until("presence", online=[str(PEOPLE["client"])])
        assert (await admin.until("ready"))["online"] in ([], [str(PEOPLE["client"])])
        await post(portal, room, "client", "Hello")
        assert (await admin.until("message"))["message"]["body"] == "Hello"
        async with caller(portal, "client") as http:
            names = [each["display_name"] for each in (await http.get(f"/api/rooms/{room}")).json()["people"]]
        assert "Ada Okafor" not in names


async def test_people_of_a_process_that_was_killed_are_soon_gone(pair: Pair, run_portal: Run, world: World):
    one, other = pair.one, run_portal()
    room = await own_room(one)
    async with room_socket(one, room, "client") as client, room_socket(other, room, "dev"):
        await client.until("presence", online=sorted([str(PEOPLE["client"]), str(PEOPLE["dev"])]))
        other.signal(signal.SIGKILL)
        other.wait()
        # The fifteen seconds after which it is taken for dead are over.
        await world.execute(
            "UPDATE client_portal.presence_processes SET seen_at = seen_at - interval '15 seconds'"
            " WHERE id = (SELECT process_id FROM client_portal.presence WHERE user_id = $1)",
            PEOPLE["dev"],
        )
        await client.until("presence", online=[str(PEOPLE["client"])], seconds=60)


async def test_presence_is_right_again_after_postgres_crashed(pair: Pair, postgres, world: World):
    portal = pair.one
    room = await own_room(portal)
    async with room_socket(portal, room, "client") as client, room_socket(portal, room, "dev"):
        both = sorted([str(PEOPLE["client"]), str(PEOPLE["dev"])])
        await client.until("presence", online=both)
        await asyncio.to_thread(postgres.restart, "immediate")
        await client.until("reset")
        await client.until("presence", online=both, seconds=60)
        async with caller(portal, "client") as http:
            people = (await http.get(f"/api/rooms/{room}")).json()["people"]
        assert sum(each["is_online"] for each in people) == 2


async def test_sockets_end_within_two_seconds_of_a_membership_in_every_process(pair: Pair, world: World):
    one, other = pair.one, pair.other
    room = await own_room(one)
    async with room_socket(one, room, "dev") as here, room_socket(other, room, "dev") as there:
        await here.until("ready")
        await there.until("ready")
        await world.act(remove_member, FIRST_PROJECT, PEOPLE["dev"])
        for socket in (here, there):
            assert await socket.until("bye", seconds=2) == {"reason": "access_gone"}
            await socket.closed(2)
        assert (await refusal(f"{one.url}/api/rooms/{room}/ws", bearer("dev")))[0] == 404


async def test_the_team_hears_at_once_that_the_client_has_left(pair: Pair, world: World):
    portal = pair.one
    room = await own_room(portal)
    async with room_socket(portal, room, "dev") as dev:
        await dev.until("ready")
        await world.act(remove_member, FIRST_PROJECT, PEOPLE["client"])
        await dev.until("reset")
        async with caller(portal, "dev") as http:
            assert (await http.get(f"/api/rooms/{room}")).json()["is_open"] is False


async def test_a_change_of_part_that_leaves_the_room_in_reach_ends_nothing(pair: Pair, world: World):
    portal = pair.one
    room = await own_room(portal)
    async with room_socket(portal, room, "pm") as pm:
        await pm.until("ready")
        await world.act(add_member, FIRST_PROJECT, PEOPLE["pm"], MemberRole.DEVELOPER)
        await pm.until("reset")
        await post(portal, room, "client", "Still there?")
        assert (await pm.until("message"))["message"]["body"] == "Still there?"


async def test_everybody_hears_bye_when_the_portal_ends(run_portal: Run):
    portal = run_portal()
    room = await own_room(portal)
    async with room_socket(portal, room, "client") as client:
        await client.until("ready")
        portal.signal(signal.SIGTERM)
        assert await client.until("bye") == {"reason": "shutdown"}
        await client.closed()
    assert portal.wait() == 0


async def test_a_hundred_posts_at_once_are_numbered_without_gaps_and_heard_in_order(pair: Pair, world: World):
    portal = pair.one
    room = await own_room(portal)
    async with room_socket(portal, room, "dev") as dev:
        await dev.until("ready")
        async with caller(portal, "client") as client, caller(portal, "pm") as pm:
            people = [client, pm]
            answers = await asyncio.gather(
                *(people[n % 2].post(f"/api/rooms/{room}/messages", json={"body": f"Number {n}"}) for n in range(100))
            )
        assert {answer.status_code for answer in answers} == {201}
        heard = [(await dev.until("message"))["message"]["number"] for _ in range(100)]
    assert heard == list(range(1, 101))
    assert await world.value("SELECT array_agg(number ORDER BY number) FROM client_portal.messages") == heard


async def test_a_dead_database_refuses_messages_and_loses_none(pair: Pair, postgres, world: World):
    portal = pair.one
    room = await own_room(portal)
    id_ = str(uuid4())
    async with room_socket(portal, room, "dev") as dev, caller(portal, "client") as client:
        await dev.until("ready")
        await asyncio.to_thread(postgres.restart, "immediate")

        async def is_taken() -> bool:
            answer = await client.post(f"/api/rooms/{room}/messages", json={"id": id_, "body": "Once"})
            return answer.status_code in (200, 201)

        await until(is_taken)
        assert (await client.post(f"/api/rooms/{room}/messages", json={"id": id_, "body": "Once"})).status_code == 200
    assert await world.value("SELECT count(*) FROM client_portal.messages") == 1


class TestRefusals:
    async def test_who_floods_the_socket_is_sent_away(self, pair: Pair):
        portal = pair.one
        room = await own_room(portal)
        async with room_socket(portal, room, "client") as client:
            await client.until("ready")
            # More than it is granted while this takes; it may be sent away before it has said all of it.
            with suppress(ConnectionClosed):
                for _ in range(200):
                    await client.say("typing")
            assert await client.until("bye") == {"reason": "too_many_frames"}
            assert await client.closed() == 1008

    async def test_what_is_no_frame_ends_the_socket(self, pair: Pair):
        portal = pair.one
        room = await own_room(portal)
        for nonsense in ("{", "[]", '{"event": 1}', '{"event": "typing", "data": 3}', "\x00", b"\xff"):
            async with room_socket(portal, room, "client") as client:
                await client.until("ready")
                await client.connection.send(nonsense)
                assert await client.until("bye") == {"reason": "bad_frame"}

    async def test_a_frame_over_64_kib_ends_the_socket(self, pair: Pair):
        portal = pair.one
        room = await own_room(portal)
        async with room_socket(portal, room, "client") as client:
            await client.until("ready")
            await client.say("typing", padding="x" * 65536)
            assert await client.closed() == 1009

    async def test_refusals_have_the_status_and_body_that_requests_get(self, pair: Pair):
        portal = pair.one
        room = await own_room(portal)
        path = f"{portal.url}/api/rooms/{room}/ws"
        assert (await refusal(path))[0] == 401
        assert (await refusal(path, bearer("client2")))[0] == 404
        assert (await refusal(path, bearer("client") | {"Origin": "https://evil.example"}))[0] == 403
        assert (await refusal(path, bearer("client") | {"Origin": portal.url}))[0] == 101
        status, body = await refusal(path.replace(room, str(uuid4())), bearer("client2"))
        assert status == 404
        assert b'"type": "/problems/not-found"' in body
        assert (await refusal(path.replace(room, "no-room"), bearer("client")))[0] == 422
