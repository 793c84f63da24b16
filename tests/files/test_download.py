"""Bytes go only to who reaches their room, whole or in part, and so that no browser runs them."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.files.people import PDF, Desk
from tests.running import is_problem
from tests.world import PEOPLE, World

SANDBOX = "default-src 'none'; sandbox"


def picture(size: tuple[int, int] = (1000, 500), format_: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, format_, **options)
    return written.getvalue()


class TestWhole:
    @pytest.mark.parametrize("person", ["client", "dev", "pm", "admin"])
    async def test_goes_to_everybody_who_reaches_the_room(self, desk: Desk, person: str):
        answer = await desk.get(person, await desk.has("client"))
        assert (answer.status_code, answer.content) == (200, PDF)

    @pytest.mark.parametrize("of", ["", "/thumbnail", "/meta"])
    async def test_is_not_there_for_anybody_else_or_any_more(self, desk: Desk, world: World, of: str):
        file = await desk.has("client", picture())
        for person in ("dev2", "client2", "pm2"):
            assert (await desk.get(person, file, of)).status_code == 404
        assert (await desk.get("dev", file, of)).status_code == 200
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["dev"])
        assert (await desk.get("dev", file, of)).status_code == 404

    async def test_is_kept_by_nobody_without_asking_again(self, desk: Desk):
        file = await desk.has("client")
        answer = await desk.get("dev", file)
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["etag"] == f'"{file["sha256"]}"'
        again = await desk.get("dev", file, if_none_match=f'"x", {answer.headers["etag"]}')
        assert (again.status_code, again.content) == (304, b"")
        assert (await desk.get("dev2", file, if_none_match=answer.headers["etag"])).status_code == 404

    async def test_its_headers_alone(self, desk: Desk):
        file = await desk.has("client")
        whole = await desk.get("dev", file)
        answer = await desk.as_person("dev").head(f"/api/files/{file['id']}")
        assert (answer.status_code, answer.content) == (200, b"")
        names = ("content-type", "content-length", "etag", "content-disposition", "accept-ranges")
        assert [answer.headers[name] for name in names] == [whole.headers[name] for name in names]
        part = await desk.as_person("dev").head(f"/api/files/{file['id']}", headers={"Range": "bytes=0-1"})
        assert (part.status_code, part.headers["content-length"]) == (200, str(len(PDF)))

    async def test_bytes_that_are_lost_are_said_to_be(self, desk: Desk):
        file = await desk.has("client", picture())
        for path in desk.stored():
            path.unlink()
        answer = await desk.get("dev", file)
        assert (answer.status_code, answer.json()["type"]) == (410, "/problems/file-missing")
        assert (await desk.get("dev", file, "/thumbnail")).status_code == 404


class TestSafety:
    @pytest.mark.parametrize(
        ("content", "disposition", "policy"),
        [
            (picture(), "inline", SANDBOX),
            (PDF, "inline", "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"),
            (picture()[:200], "attachment", SANDBOX),
            (picture(format_="BMP"), "attachment", SANDBOX),
            (b"<script>alert(1)</script>", "attachment", SANDBOX),
        ],
        ids=["picture", "pdf", "broken picture", "another picture", "page"],
    )
    async def test_only_what_is_safe_is_shown(self, desk: Desk, content: bytes, disposition: str, policy: str):
        file = await desk.has("client", content)
        headers = (await desk.get("dev", file)).headers
        assert headers["content-disposition"].partition(";")[0] == disposition
        assert headers["content-security-policy"] == policy
        assert headers["content-type"] == file["media_type"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        answer = await desk.as_person("dev").get(f"/api/files/{file['id']}", params={"download": "1"})
        assert answer.headers["content-disposition"].startswith("attachment;")

    async def test_its_name_is_read_by_old_and_new_browsers(self, desk: Desk):
        file = await desk.has("client", name='Grüße "A/B".pdf')
        assert (await desk.get("dev", file)).headers["content-disposition"] == (
            "inline; filename=\"B_.pdf\"; filename*=UTF-8''B%22.pdf"
        )
        file = await desk.has("client", name="Grüße.pdf")
        assert (await desk.get("dev", file)).headers["content-disposition"] == (
            "inline; filename=\"Gr__e.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf"
        )


class TestPart:
    @pytest.mark.parametrize(
        ("asked", "start", "end"),
        [
            ("bytes=0-0", 0, 1),
            ("bytes=5-99", 5, 100),
            ("Bytes=5-99", 5, 100),
            ("bytes=100-", 100, None),
            ("bytes=-7", -7, None),
            ("bytes=9-99999999", 9, None),
        ],
    )
    async def test_is_what_was_asked_for(self, desk: Desk, asked: str, start: int, end: int | None):
        answer = await desk.get("dev", await desk.has("client"), range=asked)
        part = PDF[start:end]
        first = start % len(PDF)
        assert (answer.status_code, answer.content) == (206, part)
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(PDF)}"
        assert answer.headers["content-length"] == str(len(part))

    @pytest.mark.parametrize(
        "asked", ["bytes=5-2", "bytes=1-2,5-6", "lines=1-2", "bytes=-", "BYTES=-", "bytes=x-1", "nonsense"]
    )
    async def test_what_makes_no_sense_is_answered_with_the_whole(self, desk: Desk, asked: str):
        answer = await desk.get("dev", await desk.has("client"), range=asked)
        assert (answer.status_code, answer.content) == (200, PDF)

    @pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=-0", f"bytes={len(PDF)}-"])
    async def test_behind_the_end_there_is_none(self, desk: Desk, asked: str):
        answer = await desk.get("dev", await desk.has("client"), range=asked)
        assert (answer.status_code, is_problem(answer)) == (416, True)
        assert answer.headers["content-range"] == f"bytes */{len(PDF)}"

    async def test_of_a_file_that_is_another_now_is_the_whole(self, desk: Desk):
        file = await desk.has("client")
        assert (await desk.get("dev", file, range="bytes=0-1", if_range=f'"{file["sha256"]}"')).status_code == 206
        assert (await desk.get("dev", file, range="bytes=0-1", if_range='"another"')).status_code == 200


class TestThumbnail:
    async def test_is_small_and_says_how_large_the_picture_is(self, desk: Desk):
        file = await desk.has("client", picture())
        assert (file["width"], file["height"], file["has_thumbnail"]) == (1000, 500, True)
        answer = await desk.get("dev", file, "/thumbnail")
        assert answer.headers["content-type"] == "image/webp"
        with Image.open(io.BytesIO(answer.content)) as small:
            assert (small.format, small.size) == ("WEBP", (640, 320))
        etag = answer.headers["etag"]
        assert (await desk.get("dev", file, "/thumbnail", if_none_match=etag)).status_code == 304

    async def test_is_turned_as_the_camera_was_held(self, desk: Desk):
        exif = Image.Exif()
        exif[0x0112] = 6
        file = await desk.has("client", picture(format_="JPEG", exif=exif.tobytes()))
        assert (file["width"], file["height"]) == (500, 1000)
        with Image.open(io.BytesIO((await desk.get("dev", file, "/thumbnail")).content)) as small:
            assert small.size == (320, 640)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
    async def test_is_made_of_any_kind_of_pixels(self, desk: Desk, mode: str):
        written = io.BytesIO()
        Image.new(mode, (20, 10)).save(written, "PNG")
        assert (await desk.has("client", written.getvalue()))["has_thumbnail"]

    async def test_a_picture_that_would_fill_the_memory_is_kept_as_it_is(self, desk: Desk):
        bomb = io.BytesIO()
        Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
        file = await desk.has("client", bomb.getvalue())
        assert (file["media_type"], file["has_thumbnail"], file["width"]) == ("image/png", False, None)
        assert (await desk.get("dev", file, "/thumbnail")).status_code == 404
        assert (await desk.get("dev", file)).content == bomb.getvalue()
