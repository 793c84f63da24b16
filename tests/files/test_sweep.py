"""Rows and bytes agree whatever dies when; what is left over is swept away, and nothing else."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.core.database import Database
from app.files.sweep import TooMuch, sweep
from app.files.sweeper import Sweeper
from app.storage.store import Entry, Storage, new_key
from tests.files.people import PDF, Desk
from tests.files.rows import put_file
from tests.portal import Portal, free_port
from tests.running import until
from tests.tools.commands import forked, on, portal, refuses, succeeds
from tests.world import World, bearer


async def test_an_upload_whose_process_is_killed_leaves_nothing_after_the_sweep(
    run_portal: Callable[..., Portal], world: World, desk: Desk
):
    running = run_portal()

    def killed_midway() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
        for number in range(1000):
            if number == 400:
                deadline = time.monotonic() + 60
                while not desk.stored() and time.monotonic() < deadline:
                    time.sleep(0.02)
                running.signal(signal.SIGKILL)
                running.wait()
            yield b"\0" * 2**16

    headers = bearer("client") | {"Content-Type": "multipart/form-data; boundary=x"}
    with suppress(httpx.TransportError):
        await asyncio.to_thread(httpx.post, f"{running.url}{desk.address}", content=killed_midway(), headers=headers)
    assert await desk.rows() == 0
    (left,) = desk.stored()
    succeeds(portal("sweep", **on(world)))
    assert desk.stored() == [left], "it may go on"
    await desk.silent_for("1 hour")
    os.utime(left, (1, 1))
    assert "2 broken uploads" in succeeds(portal("sweep", **on(world)))
    assert (desk.stored(), await desk.under_way()) == ([], 0)


async def test_bytes_that_neither_a_file_nor_an_upload_has_go_however_young_they_are(desk: Desk, world: World):
    file = await desk.has("client")
    storage = Storage(world.files.as_uri())
    nobodys, coming = new_key(), new_key()
    await desk.begins("dev", coming)
    for key in (nobodys, f"{nobodys}.thumbnail", coming, f"{coming}.thumbnail"):
        await storage.put_bytes(key, b"left over")
    for name in ("notes.txt", f"probe-{'a' * 32}"):
        (world.files / name).write_text("not a file's")
    os.utime(world.files / f"probe-{'a' * 32}", (1, 1))
    for path in desk.stored():
        if coming[3:] in path.name:
            os.utime(path, (1, 1))
    assert "0 drafts, 2 pieces without a file, 1 broken upload" in succeeds(portal("sweep", **on(world)))
    assert {path.name for path in desk.stored()} >= {coming[3:], f"{coming[3:]}.thumbnail", "notes.txt"}
    assert len(desk.stored()) == 4
    assert (await desk.get("dev", file)).content == PDF


async def test_an_upload_that_fell_silent_is_given_up_first_and_its_bytes_then(desk: Desk, world: World):
    key = new_key()
    await desk.begins("client", key)
    await Storage(world.files.as_uri()).put_bytes(key, PDF)
    await desk.silent_for("59 minutes")
    assert "0 broken uploads" in succeeds(portal("sweep", **on(world)))
    await desk.silent_for("1 hour")
    assert "1 broken upload" in succeeds(portal("sweep", **on(world)))
    assert (desk.stored(), await desk.under_way()) == ([], 0)


async def test_a_wrong_database_does_not_empty_the_storage(desk: Desk, world: World):
    storage = Storage(world.files.as_uri())
    for _ in range(21):
        await storage.put_bytes(new_key(), PDF)
    assert refuses(portal("sweep", **on(world))).startswith("FILES_URL: 21 of 21 stored pieces")
    assert len(desk.stored()) == 21
    with pytest.raises(TooMuch):
        await desk.sweeper.sweep()
    assert "21 pieces" in succeeds(portal("sweep", "--force", **on(world)))
    assert desk.stored() == []


async def test_old_drafts_go_with_their_bytes_and_give_back_what_they_took(desk: Desk, world: World):
    old, young = [await desk.has("client", draft=True) for _ in range(2)]
    await world.execute(
        "UPDATE client_portal.files SET created_at = now() - interval '25 hours' WHERE id = $1", UUID(old["id"])
    )
    assert succeeds(portal("sweep", **on(world))).startswith("Removed: 1 draft,")
    assert (await desk.get("client", young)).status_code == 200
    assert (await desk.get("client", old)).status_code == 404
    assert (len(desk.stored()), await desk.room_size()) == (1, len(PDF))


async def test_a_row_whose_bytes_are_lost_is_told_of_and_stays(world: World, room: UUID, desk: Desk):
    lost = await put_file(world, room, key=new_key())
    assert str(lost) in succeeds(portal("sweep", **on(world)))
    assert await desk.rows() == 1


async def test_a_storage_that_cannot_be_used_is_named_in_one_line(world: World):
    environment = on(world) | {"FILES_URL": "file:///proc/no/such/folder", "PORT": str(free_port())}
    for done in (portal("sweep", **environment), forked("run", **environment)):
        assert refuses(done).startswith("FILES_URL: ")


async def test_while_the_portal_runs_one_process_sweeps_at_a_time(desk: Desk, world: World):
    sweeper = desk.sweeper
    await desk.has("client", draft=True)
    await world.execute("UPDATE client_portal.files SET created_at = now() - interval '25 hours'")
    await world.execute(
        "INSERT INTO client_portal.file_sweeps VALUES (1, gen_random_uuid(), now() + interval '1 minute')"
    )
    assert await sweeper.sweep() is None
    assert refuses(portal("sweep", **on(world))).startswith("Files are being swept")
    await world.execute("UPDATE client_portal.file_sweeps SET ends_at = now()")
    swept = await sweeper.sweep()
    assert swept is not None
    assert swept.drafts == 1
    assert desk.stored() == []


async def test_a_sweep_gets_by_with_one_connection_and_holds_none_while_it_looks_at_the_storage(
    world: World, desk: Desk
):
    await desk.has("client")
    database = Database(world.url, pool_size=1)
    reading = asyncio.Event()

    class Slow(Storage):
        async def entries(self, shard: str | None = None) -> AsyncIterator[Entry]:
            async with database.reading():
                reading.set()
            async for entry in super().entries(shard):
                yield entry

    try:
        assert (await sweep(database, Slow(world.files.as_uri()))).orphans == 0
    finally:
        await database.close()
    assert reading.is_set()


async def test_the_first_sweep_comes_soon_after_the_start(world: World, desk: Desk):
    await Storage(world.files.as_uri()).put_bytes(new_key(), PDF)
    database = Database(world.url, pool_size=1)
    sweeper = Sweeper(database, Storage(world.files.as_uri()), first=timedelta(milliseconds=20))
    sweeper.start()
    await until(lambda: desk.stored() == [])
    await sweeper.stop()
    await database.close()
