"""Pictures are made small within bounds of memory, or not at all."""

import io
import os

import pytest
from PIL import Image

from app.files.pictures import Picture, Pictures
from tests.files.test_memory import MIB, Watch


def written(mode: str, size: tuple[int, int], format_: str = "PNG") -> bytes:
    into = io.BytesIO()
    Image.new(mode, size, 1 if mode == "P" else None).save(into, format_)
    return into.getvalue()


async def look(content: bytes, kind: str = "image/png") -> Picture | None:
    async def read() -> bytes:
        return content

    return await Pictures().look(kind, read)


async def test_a_palette_of_24_megapixels_is_not_decoded():
    content = written("P", (4899, 4898))
    async with Watch(os.getpid()) as watch:
        assert await look(content) is None
    assert watch.grown < 32 * MIB


@pytest.mark.parametrize("mode", ["P", "L", "LA", "RGB", "RGBA"])
async def test_the_largest_that_is_takes_no_second_copy(mode: str):
    content = written(mode, (4096, 4096))
    async with Watch(os.getpid()) as watch:
        picture = await look(content)
    assert picture is not None
    assert (picture.width, picture.height) == (4096, 4096)
    assert watch.grown < 112 * MIB


async def test_a_photograph_of_12_megapixels_has_a_small_form():
    picture = await look(written("RGB", (4000, 3000), "JPEG"), "image/jpeg")
    assert picture is not None
    with Image.open(io.BytesIO(picture.thumbnail)) as small:
        assert (picture.width, picture.height, small.size) == (4000, 3000, (640, 480))
