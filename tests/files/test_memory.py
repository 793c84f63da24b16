"""A large file goes through a process that stays small, and so does one that is read slowly."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable

import httpx
import psutil

from tests.files.people import PDF, Desk
from tests.portal import Portal
from tests.world import bearer

MIB = 2**20
SIZE = 500 * MIB
_PIECE = bytes(MIB)


async def body() -> AsyncIterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="film.pdf"\r\n\r\n' + PDF
    for _ in range(SIZE // MIB):
        yield _PIECE
    yield b"\r\n--x--\r\n"


class Watch:
    """Remembers how large a process has become while the block runs."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before = self.most = self._process.memory_info().rss

    @property
    def grown(self) -> int:
        return self.most - self.before

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _look(self) -> None:
        while True:
            self.most = max(self.most, self._process.memory_info().rss)
            await asyncio.sleep(0.02)


async def test_half_a_gibibyte_comes_and_goes_through_less_than_64_mib(run_portal: Callable[..., Portal], desk: Desk):
    portal = run_portal(MAX_FILE_MB=512)
    assert portal.process is not None
    headers = bearer("client") | {"Content-Type": "multipart/form-data; boundary=x"}
    async with httpx.AsyncClient(base_url=portal.url, headers=headers, timeout=120) as client:
        async with Watch(portal.process.pid) as watch:
            answer = await client.post(desk.address, content=body())
        assert answer.status_code == 201, answer.text
        assert watch.grown < 64 * MIB
        file = answer.json()
        assert file["size"] == SIZE + len(PDF)
        digest = hashlib.sha256()
        async with Watch(portal.process.pid) as watch, client.stream("GET", f"/api/files/{file['id']}") as download:
            async for piece in download.aiter_raw():
                digest.update(piece)
        assert digest.hexdigest() == file["sha256"]
        assert watch.grown < 64 * MIB
