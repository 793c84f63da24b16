"""A file is taken once, measured and named by us; what is refused leaves nothing behind."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.dev.demo import FIRST_PROJECT
from tests.files.people import PDF, Desk
from tests.running import caller_of, is_problem, running
from tests.world import PEOPLE, World, bearer

BOUNDARY = "----a boundary"
FORM = {"content_type": f'multipart/form-data; boundary="{BOUNDARY}"'}


def part(content: bytes, disposition: str = 'form-data; name="file"; filename="plan.pdf"') -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


async def has_nothing(desk: Desk) -> bool:
    return (desk.stored(), await desk.rows(), await desk.room_size()) == ([], 0, 0)


class TestTaken:
    async def test_answers_the_file_as_it_was_measured(self, desk: Desk):
        file = await desk.has("client", said="image/png")
        assert file | {"id": None, "created_at": None, "shared_at": None} == {
            "id": None,
            "room_id": desk.room,
            "project_id": str(FIRST_PROJECT),
            "name": "plan.pdf",
            "media_type": "application/pdf",
            "size": len(PDF),
            "sha256": hashlib.sha256(PDF).hexdigest(),
            "width": None,
            "height": None,
            "has_thumbnail": False,
            "uploader": {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen"},
            "created_at": None,
            "shared_at": None,
        }
        assert file["shared_at"] is not None
        assert await desk.room_size() == len(PDF)
        (stored,) = desk.stored()
        assert stored.read_bytes() == PDF
        assert file["id"].replace("-", "") not in str(stored)

    @pytest.mark.parametrize("person", ["client", "dev", "pm", "admin"])
    async def test_everybody_who_reaches_the_room_may_upload(self, desk: Desk, person: str):
        await desk.has(person)

    async def test_sent_again_it_is_the_same_file_and_its_body_is_not_read(self, desk: Desk):
        id_ = str(uuid4())
        first = await desk.has("client", id=id_)
        again = await desk.upload("client", b"whatever", id=id_)
        assert (again.status_code, again.json()) == (200, first)
        assert await desk.rows() == len(desk.stored()) == 1

    async def test_sent_twice_at_once_it_is_one_file(self, desk: Desk):
        id_ = str(uuid4())
        answers = await asyncio.gather(*(desk.upload("client", id=id_) for _ in range(6)))
        assert sorted({answer.status_code for answer in answers}) == [200, 201]
        assert len({answer.text for answer in answers}) == 1
        assert await desk.rows() == len(desk.stored()) == 1
        assert await desk.room_size() == len(PDF)

    async def test_a_body_that_does_not_say_its_length_is_taken(self, desk: Desk):
        async def body() -> AsyncIterator[bytes]:
            for byte in part(PDF[:3000]) + END:
                yield bytes([byte])

        answer = await desk.send("client", body(), **FORM)
        assert (answer.status_code, answer.json()["size"]) == (201, 3000)

    async def test_a_file_without_a_byte_is_one(self, desk: Desk):
        file = await desk.has("client", b"", name="empty.txt")
        assert (file["size"], file["media_type"]) == (0, "text/plain")
        assert (await desk.get("client", file)).content == b""

    @pytest.mark.parametrize(
        ("disposition", "name"),
        [
            ("filename=\"K_che.pdf\"; filename*=UTF-8''K%C3%BCche.pdf", "Küche.pdf"),
            ("filename*=utf-8'de'K%C3%BCche.pdf", "Küche.pdf"),
            ("filename*=iso-8859-1''K%FCche.pdf; filename=x.pdf", "Küche.pdf"),
            ("filename*=UTF-8''..%2F..%2Fpasswd.pdf", "passwd.pdf"),
            ('filename="plain.pdf"; filename*=broken', "plain.pdf"),
        ],
    )
    async def test_its_name_may_be_said_in_the_long_form(self, desk: Desk, disposition: str, name: str):
        answer = await desk.send("client", part(PDF, f'form-data; name="file"; {disposition}') + END, **FORM)
        assert (answer.status_code, answer.json()["name"]) == (201, name)

    async def test_it_is_named_by_what_it_is(self, desk: Desk):
        assert (await desk.has("client", b"@echo off\r\n", name="run.bat"))["name"] == "run.bat.txt"

    async def test_the_team_is_told_and_nobody_of_what_they_did_themselves(self, desk: Desk):
        file = await desk.has("client", name="tiles.pdf")
        for person in ("dev", "pm"):
            (told,) = await desk.bell(person)
            assert told["type"] == "file_uploaded"
            assert told["title"] == "Clara Jensen uploaded a file in Harbour House renovation"
            assert told["body"] == "tiles.pdf"
            assert told["route_path"] == f"/projects/{FIRST_PROJECT}/files?focus={file['id']}"
        assert await desk.bell("client") == await desk.bell("dev2") == []

    async def test_a_draft_rings_no_bell(self, desk: Desk):
        file = await desk.has("client", draft=True)
        assert file["shared_at"] is None
        assert await desk.bell("dev") == []


class TestRefused:
    async def test_out_of_reach_there_is_no_such_room(self, desk: Desk):
        for answer in (await desk.upload("dev2"), await desk.send("client2", b"no form")):
            assert (answer.status_code, is_problem(answer)) == (404, True)
        assert await has_nothing(desk)

    async def test_a_closed_room_takes_none(self, desk: Desk, world: World):
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["client"])
        answer = await desk.upload("dev")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/room-closed")
        assert await has_nothing(desk)

    async def test_an_id_in_use_is_refused_for_another_file(self, desk: Desk):
        id_ = str(uuid4())
        await desk.has("client", id=id_)
        answer = await desk.upload("dev", id=id_)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/id-in-use")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            END,
            part(PDF),
            part(PDF)[:-2],
            part(PDF, 'form-data; name="other"; filename="x"') + END,
            part(PDF) + part(PDF) + END,
            part(PDF, "attachment") + END,
            b"no multipart at all",
            b"\x00" * 5000,
        ],
        ids=["empty", "no part", "no end", "cut off", "another part", "two parts", "no form data", "text", "zeros"],
    )
    async def test_a_body_that_is_no_such_form(self, desk: Desk, body: bytes):
        answer = await desk.send("client", body, **FORM)
        assert (answer.status_code, is_problem(answer)) == (422, True)
        assert await has_nothing(desk)

    @pytest.mark.parametrize(("encoding", "status"), [("base64", 422), ("quoted-printable", 422), ("Binary", 201)])
    async def test_a_part_in_an_encoding(self, desk: Desk, encoding: str, status: int):
        said = f'form-data; name="file"; filename="a.pdf"\r\nContent-Transfer-Encoding: {encoding}'
        assert (await desk.send("client", part(PDF, said) + END, **FORM)).status_code == status

    @pytest.mark.parametrize(
        "content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary="]
    )
    async def test_a_body_of_another_type(self, desk: Desk, content_type: str):
        answer = await desk.send("client", part(PDF) + END, content_type=content_type)
        assert (answer.status_code, is_problem(answer)) == (422, True)


class TestLimits:
    @pytest.fixture
    async def small(self, desk: Desk, world: World) -> AsyncIterator[Desk]:
        """The same room of a portal that takes files of one MiB, and two MiB for each room."""
        async with running(world.settings(max_file_mb=1, max_room_mb=2)) as app, caller_of(app) as caller:

            def as_person(person: str):
                caller.headers.update(bearer(person))
                return caller

            yield Desk(desk.room, world, as_person)

    async def test_the_largest_is_taken_and_a_larger_one_refused(self, small: Desk):
        await small.has("client", PDF.ljust(2**20, b"\0"))
        answer = await small.upload("client", PDF.ljust(2**20 + 1, b"\0"))
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
        assert await small.rows() == len(small.stored()) == 1

    async def test_what_says_that_it_is_too_long_is_refused_before_a_byte_is_read(self, small: Desk):
        async def unread() -> AsyncIterator[bytes]:
            raise AssertionError("read")
            yield b""

        answer = await small.send("client", unread(), **FORM, content_length=str(2 * 2**20))
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")

    async def test_what_does_not_say_so_is_refused_as_soon_as_it_is_over(self, small: Desk):
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            yield part(PDF)[:-2]
            while sent < 50 * 2**20:
                sent += 2**16
                yield b"\0" * 2**16

        answer = await small.send("client", endless(), **FORM)
        assert answer.status_code == 413
        assert await has_nothing(small)

    async def test_a_full_room_takes_no_more(self, small: Desk):
        for _ in range(2):
            await small.has("client", PDF.ljust(2**20 - 100, b"\0"))
        for content in (PDF, PDF.ljust(2**20, b"\0")):
            answer = await small.upload("dev", content)
            assert (answer.status_code, answer.json()["type"]) == (413, "/problems/room-full")
        assert await small.rows() == len(small.stored()) == 2

    async def test_many_at_once_do_not_overfill_a_room(self, small: Desk):
        content = PDF.ljust(2**20 - 100, b"\0")
        answers = await asyncio.gather(*(small.upload("client", content) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 413, 413, 413]
        assert await small.room_size() == 2 * len(content)
        assert len(small.stored()) == 2
