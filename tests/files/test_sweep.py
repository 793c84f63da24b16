"""Rows and bytes agree whatever dies when; what is left over is swept away, and nothing else."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

import httpx

from app.storage.store import Storage, new_key
from tests.files.people import PDF, Desk
from tests.files.rows import put_file
from tests.portal import PORTAL, Portal, free_port
from tests.running import until
from tests.tools.commands import on, portal, refuses, run, succeeds
from tests.world import World, bearer


async def test_an_upload_whose_process_is_killed_leaves_nothing_after_the_sweep(
    run_portal: Callable[..., Portal], world: World, desk: Desk
):
    running = run_portal()

    def killed_midway() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
        for number in range(1000):
            if number == 400:
                deadline = time.monotonic() + 10
                while not desk.stored() and time.monotonic() < deadline:
                    time.sleep(0.02)
                running.signal(signal.SIGKILL)
                running.wait()
            yield b"\0" * 2**16

    headers = bearer("client") | {"Content-Type": "multipart/form-data; boundary=x"}
    with suppress(httpx.TransportError):
        await asyncio.to_thread(httpx.post, f"{running.url}{desk.address}", content=killed_midway(), headers=headers)
    assert await desk.rows() == 0
    assert len(desk.stored()) == 1
    succeeds(portal("sweep", **on(world)))
    assert len(desk.stored()) == 1, "too young to be swept"
    assert "1 broken upload" in succeeds(portal("sweep", "--older-than", "0", **on(world)))
    assert desk.stored() == []


async def test_bytes_without_a_row_go_once_they_are_old(desk: Desk, world: World):
    file = await desk.has("client")
    storage = Storage(world.files.as_uri())
    old, young = new_key(), new_key()
    for key in (old, f"{old}.thumbnail", young):
        await storage.put_bytes(key, b"left over")
    (world.files / "notes.txt").write_text("not ours")
    for path in desk.stored():
        if path.name != young[3:]:
            os.utime(path, (1, 1))
    assert succeeds(portal("sweep", **on(world))).startswith("Removed: 0 drafts, 2 pieces")
    assert {path.name for path in desk.stored()} >= {young[3:], "notes.txt"}
    assert len(desk.stored()) == 3
    assert (await desk.get("dev", file)).content == PDF


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
    await world.execute("UPDATE client_portal.files SET shared_at = now() - interval '2 hours'")
    assert str(lost) in succeeds(portal("sweep", **on(world)))
    assert await desk.rows() == 1


async def test_a_storage_that_cannot_be_used_is_named_in_one_line(world: World):
    environment = on(world) | {"FILES_URL": "file:///proc/no/such/folder", "PORT": str(free_port())}
    for done in (portal("sweep", **environment), run(PORTAL, "run", **environment)):
        assert refuses(done).startswith("FILES_URL: ")


async def test_while_the_portal_runs_one_process_sweeps_at_a_time(desk: Desk, world: World):
    sweeper = desk.sweeper
    await desk.has("client", draft=True)
    await world.execute("UPDATE client_portal.files SET created_at = now() - interval '25 hours'")
    async with world.connection() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock($1)", 0x706F7274_53574550)
        assert await sweeper.sweep() is None
    swept = await sweeper.sweep()
    assert swept is not None
    assert swept.drafts == 1
    await until(lambda: desk.stored() == [])
