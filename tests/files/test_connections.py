"""Uploads over real connections: those that fall silent, break off, or are refused while they are still sending."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from app.files.intake import Intake, TooSlow
from tests.files.people import PDF, Desk
from tests.pair import Pair
from tests.portal import Portal
from tests.running import until
from tests.world import SECRET, World, bearer

BEGIN = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF


@pytest.fixture
async def world(pair: Pair) -> World:
    """The world of running portals, which may still be clearing up after an upload that broke off."""
    files = pair.world.files
    await until(lambda: not any(path.is_file() for path in files.rglob("*")))
    return pair.world


@pytest.fixture(scope="module")
def narrow(pair_of_all: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal that takes small files only, and has one connection to the database."""
    world = pair_of_all.world
    environment = {
        "DATABASE_URL": world.url,
        "DATABASE_POOL_SIZE": 1,
        "FILES_URL": world.files.as_uri(),
        "JWT_SECRET": SECRET,
        "MAIL_WORKER": "false",
        "MAX_FILE_MB": 1,
    }
    with Portal(tmp_path_factory.mktemp("narrow"), **environment) as portal:
        yield portal


@asynccontextmanager
async def upload(
    portal: Portal, desk: Desk, length: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which an upload of so many bytes has been announced."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(portal.url).port)
    headers = bearer("client") | {
        "Host": "portal.test",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(length),
    }
    lines = [f"POST {desk.address} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_who_breaks_off_leaves_nothing(pair: Pair, desk: Desk):
    async with upload(pair.one, desk, 50 * 2**20) as (_, writer):
        writer.write(BEGIN + bytes(8 * 2**20))
        await writer.drain()
        await until(lambda: len(desk.stored()) == 1)
    await until(lambda: desk.stored() == [])
    assert await desk.rows() == 0


async def test_a_refusal_is_read_by_who_is_still_sending(narrow: Portal, desk: Desk):
    size = 8 * 2**20
    async with upload(narrow, desk, size) as (reader, writer):
        writer.write(BEGIN)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in head.lower()
        writer.write(bytes(size - len(BEGIN)))
        await writer.drain()
        assert b"too-large" in await reader.read()


async def test_no_database_connection_is_held_while_bytes_come(narrow: Portal, desk: Desk):
    async with upload(narrow, desk, 2**20) as one, upload(narrow, desk, 2**20) as two:
        for _, writer in (one, two):
            writer.write(BEGIN + bytes(2**19))
        await until(lambda: len(desk.stored()) == 2)
        async with httpx.AsyncClient(base_url=narrow.url, headers=bearer("dev"), timeout=30) as dev:
            assert (await dev.get(desk.address)).status_code == 200


async def test_who_falls_silent_is_not_waited_for(world: World):
    async def receive() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    intake = Intake(Request({"type": "http", "headers": headers}, receive), 2**20, idle_seconds=0.05)
    intake.begin()
    with pytest.raises(TooSlow):
        await anext(intake.content())
