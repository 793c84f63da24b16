"""Messages: written once, numbered in order, read by who reaches the room."""

from uuid import uuid4

import pytest

from app.dev.demo import FIRST_PROJECT
from tests.chat.people import Talk
from tests.running import is_problem
from tests.world import PEOPLE, World


class TestPost:
    async def test_answers_the_message_with_its_number_and_the_authors_name(self, talk: Talk):
        first, second = await talk.says("client", "Could we see the tiles?", "Before Friday?")
        assert first | {"id": None, "created_at": None} == {
            "id": None,
            "room_id": talk.room,
            "project_id": str(FIRST_PROJECT),
            "number": 1,
            "author": {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen"},
            "body": "Could we see the tiles?",
            "created_at": None,
            "files": [],
        }
        assert second["number"] == 2

    @pytest.mark.parametrize("person", ["client", "dev", "pm", "admin"])
    async def test_everybody_who_reaches_the_room_may_write(self, talk: Talk, person):
        assert (await talk.post(person)).status_code == 201

    async def test_sent_again_it_is_the_same_message(self, talk: Talk, world: World):
        id_ = str(uuid4())
        first = await talk.post("client", "Once", id=id_)
        again = await talk.post("client", "Once", id=id_)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert await world.value("SELECT count(*) FROM client_portal.messages") == 1
        assert await world.value("SELECT last_number FROM client_portal.rooms WHERE id = $1", talk.room) == 1

    @pytest.mark.parametrize(("person", "body"), [("client", "Something else"), ("dev", "Once")])
    async def test_an_id_in_use_is_refused_for_another_message(self, talk: Talk, person, body):
        id_ = str(uuid4())
        await talk.post("client", "Once", id=id_)
        answer = await talk.post(person, body, id=id_)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/id-in-use")

    async def test_is_stored_as_it_was_sent(self, talk: Talk):
        text = "  <b>bold</b>\n\tjavascript:alert(1) \u202e🦊  "
        (message,) = await talk.says("client", text)
        assert message["body"] == text

    async def test_the_longest_is_taken_and_a_longer_one_refused(self, talk: Talk):
        assert (await talk.post("client", "🦊" * 4000)).status_code == 201
        answer = await talk.post("client", "x" * 4001)
        assert answer.status_code == 422
        assert "4000" in answer.json()["detail"]

    @pytest.mark.parametrize("body", ["", " \n\t ", "a\x00b", None, 5])
    async def test_blank_or_unstorable_is_refused(self, talk: Talk, body):
        answer = await talk.as_person("client").post(f"/api/rooms/{talk.room}/messages", json={"body": body})
        assert answer.status_code == 422
        assert is_problem(answer)

    async def test_a_closed_room_takes_none_and_is_still_read_by_the_team(self, talk: Talk, world: World):
        await talk.says("client", "Good bye")
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["client"])
        answer = await talk.post("dev")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/room-closed")
        assert (await talk.seen_by("dev"))["is_open"] is False
        assert await talk.numbers("dev") == [1]
        assert (await talk.post("client")).status_code == 404


class TestList:
    async def test_newest_first_in_pages_that_neither_skip_nor_repeat(self, talk: Talk):
        await talk.says("client", *(str(n) for n in range(7)))
        found, cursor = [], ""
        while cursor is not None:
            page = await talk.page("dev", limit=3, cursor=cursor)
            found += [each["number"] for each in page["items"]]
            cursor = page["next_cursor"]
            await talk.says("client", "Meanwhile")
        assert found == [7, 6, 5, 4, 3, 2, 1]

    async def test_before_and_after_a_number(self, talk: Talk):
        await talk.says("client", *(str(n) for n in range(9)))
        assert await talk.numbers("dev", before=5, limit=2) == [4, 3]
        assert await talk.numbers("dev", after=5, limit=2) == [7, 6]
        assert await talk.numbers("dev", after=0, limit=100) == list(range(9, 0, -1))
        assert await talk.numbers("dev", after=9) == []

    @pytest.mark.parametrize(
        "query", [{"before": 2, "after": 1}, {"before": 0}, {"after": -1}, {"after": 2**63}, {"cursor": "nonsense"}]
    )
    async def test_a_place_that_is_none_is_refused(self, talk: Talk, query):
        answer = await talk.as_person("dev").get(f"/api/rooms/{talk.room}/messages", params=query)
        assert answer.status_code == 422
        assert is_problem(answer)

    async def test_an_empty_room_is_an_empty_list_and_a_foreign_one_is_not_there(self, talk: Talk):
        assert await talk.page("client") == {"items": [], "next_cursor": None}
        assert (await talk.as_person("dev2").get(f"/api/rooms/{talk.room}/messages")).status_code == 404

    async def test_one_message_by_its_id(self, talk: Talk):
        (message,) = await talk.says("client", "Here")
        assert (await talk.as_person("dev").get(f"/api/messages/{message['id']}")).json() == message
        assert (await talk.as_person("dev2").get(f"/api/messages/{message['id']}")).status_code == 404


class TestRead:
    async def test_moves_forward_and_never_back(self, talk: Talk):
        await talk.says("client", "1", "2", "3")
        assert await talk.unread("dev") == 3
        for up_to, left in [(2, 1), (1, 1), (3, 0), (0, 0)]:
            await talk.read("dev", up_to)
            assert await talk.unread("dev") == left

    async def test_does_not_go_past_the_last_message(self, talk: Talk):
        await talk.says("client", "1")
        await talk.read("dev", 10**12)
        await talk.says("client", "2")
        assert await talk.unread("dev") == 1

    async def test_who_writes_has_read_what_was_there(self, talk: Talk):
        await talk.says("client", "1", "2")
        await talk.says("dev", "3")
        assert await talk.unread("dev") == 0
        assert await talk.unread("client") == 1

    async def test_everybody_sees_how_far_the_others_have_read(self, talk: Talk):
        await talk.says("client", "1", "2")
        await talk.read("dev", 1)
        people = {each["display_name"]: each["read_number"] for each in (await talk.seen_by("client"))["people"]}
        assert people == {"Clara Jensen": 2, "Deniz Kaya": 1, "Paula Meyer": 0}

    async def test_who_only_looks_on_leaves_no_mark(self, talk: Talk, world: World):
        await talk.says("client", "1")
        await talk.read("admin", 1)
        marks = "SELECT count(*) FROM client_portal.room_reads WHERE user_id = $1"
        assert await world.value(marks, PEOPLE["admin"]) == 0


class TestBell:
    async def test_rings_for_the_other_side(self, talk: Talk):
        await talk.says("client", "Hello")
        assert [await talk.bell(person) for person in ("dev", "pm", "client", "admin", "dev2")] == [1, 1, 0, 0, 0]
        await talk.says("dev", "Good morning")
        assert [await talk.bell(person) for person in ("dev", "pm", "client")] == [0, 2, 1]
        await talk.says("pm", "Welcome")
        assert [await talk.bell(person) for person in ("dev", "pm", "client")] == [0, 0, 2]

    async def test_says_who_wrote_what_where_and_opens_the_message(self, talk: Talk):
        (message,) = await talk.says("client", "Could we see the tiles? " + "x" * 400)
        (item,) = (await talk.as_person("dev").get("/api/notifications")).json()["items"]
        assert item["title"] == "Clara Jensen wrote in Harbour House renovation"
        assert item["body"].startswith("Could we see the tiles?")
        assert len(item["body"]) == 280
        assert item["route_path"] == f"/projects/{FIRST_PROJECT}/messages?focus={message['id']}"

    async def test_reading_up_to_a_message_reads_what_was_told_of_it(self, talk: Talk):
        await talk.says("client", "1", "2", "3")
        await talk.read("dev", 2)
        assert await talk.bell("dev") == 1
        assert await talk.bell("pm") == 3
        await talk.read("dev", 3)
        assert await talk.bell("dev") == 0

    async def test_opening_the_room_reads_what_was_told_of_it_and_leaves_the_messages_unread(self, talk: Talk):
        await talk.says("client", "1", "2", "3")
        await talk.open("dev")
        assert (await talk.bell("dev"), await talk.unread("dev")) == (0, 3)
        assert await talk.bell("pm") == 3
        await talk.says("client", "4")
        assert await talk.bell("dev") == 1

    async def test_writing_reads_what_was_told_of_the_room(self, talk: Talk):
        await talk.says("client", "1", "2")
        await talk.says("dev", "3")
        assert await talk.bell("dev") == 0

    async def test_a_message_sent_twice_rings_once(self, talk: Talk):
        id_ = str(uuid4())
        for _ in range(3):
            await talk.post("client", "Once", id=id_)
        assert await talk.bell("dev") == 1
