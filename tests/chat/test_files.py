"""Files of messages: attached with what is written, in order, and seen wherever the message is."""

from uuid import UUID, uuid4

import pytest

from tests.chat.people import Talk
from tests.files.rows import put_file
from tests.running import is_problem
from tests.world import World


@pytest.fixture
def room(talk: Talk) -> UUID:
    return UUID(talk.room)


async def test_they_are_seen_with_the_message_in_its_order(talk: Talk, world: World, room: UUID):
    ids = [str(await put_file(world, room, name=f"{n}.pdf", draft=True)) for n in (1, 2)][::-1]
    answer = await talk.post("client", "The plans", file_ids=ids)
    assert answer.status_code == 201
    message = answer.json()
    assert [file["id"] for file in message["files"]] == ids
    assert all(file["shared_at"] for file in message["files"])
    assert (await talk.page("dev"))["items"] == [message]
    assert (await talk.as_person("dev").get(f"/api/messages/{message['id']}")).json() == message


async def test_a_message_of_files_alone_says_nothing_and_rings_with_their_names(talk: Talk, world: World, room: UUID):
    one, *more = [str(await put_file(world, room, name=name)) for name in ("plan.pdf", "b.pdf", "c.pdf")]
    for body, files, told in ((" \n", [one], "📎 plan.pdf"), ("", [one, *more], "📎 plan.pdf and 2 more")):
        message = (await talk.post("client", body, file_ids=files)).json()
        assert message["body"] == ""
        newest = (await talk.as_person("dev").get("/api/notifications")).json()["items"][0]
        assert (newest["body"], newest["source_id"]) == (told, message["id"])
    assert (await talk.seen_by("dev"))["last_message"] | {"file_count": 3, "body": ""} == (await talk.seen_by("dev"))[
        "last_message"
    ]


async def test_sent_again_it_is_the_same_and_with_other_files_another(talk: Talk, world: World, room: UUID):
    first, second = [str(await put_file(world, room)) for _ in range(2)]
    sent = {"id": str(uuid4()), "file_ids": [first, second]}
    answers = [await talk.post("client", "", **sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    for other in ([first], [second, first], []):
        answer = await talk.post("client", "" if other else "x", id=sent["id"], file_ids=other)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/id-in-use")


async def test_a_file_that_cannot_be_used_refuses_the_whole_message(talk: Talk, world: World, room: UUID):
    foreign = str(await put_file(world, room, "dev", draft=True))
    answer = await talk.post("client", "Look", file_ids=[foreign])
    assert (answer.status_code, is_problem(answer)) == (422, True)
    assert answer.json()["errors"][0]["loc"] == ["body", "file_ids", 0]
    assert await talk.numbers("client") == []
    assert await talk.bell("dev") == 0


@pytest.mark.parametrize(
    "file_ids",
    [[str(uuid4())] * 2, [str(uuid4()) for _ in range(11)], ["no id"], None],
    ids=["twice", "11", "text", "null"],
)
async def test_a_list_that_is_none_is_refused(talk: Talk, file_ids):
    answer = await talk.post("client", "Look", file_ids=file_ids)
    assert (answer.status_code, is_problem(answer)) == (422, True)
