"""Bytes come back as they went in, and what breaks off leaves nothing: in a folder and in a bucket."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import boto3
import pytest

from app.core.errors import StartupError, Unavailable
from app.storage.store import Missing, Storage, new_key
from tests.running import until

MIB = 1024 * 1024


async def pieces(count: int, size: int = 64 * 1024, then: BaseException | None = None) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number % 251]) * size
    if then is not None:
        raise then


async def keys(storage: Storage) -> list[str]:
    return sorted([entry.key async for entry in storage.entries()])


class TestAnyStorage:
    async def test_what_is_put_is_read_in_whole_and_in_part(self, storage: Storage):
        await storage.put("ab/one", pieces(200))
        whole = b"".join([piece async for piece in pieces(200)])
        assert await storage.size("ab/one") == len(whole)
        assert b"".join([piece async for piece in storage.stream("ab/one", 0, len(whole))]) == whole
        assert await storage.read("ab/one", MIB - 3, MIB + 5) == whole[MIB - 3 : MIB + 5]

    async def test_it_is_passed_on_in_pieces(self, storage: Storage):
        await storage.put("one", pieces(40))
        assert [len(piece) async for piece in storage.stream("one", 10, 40 * 64 * 1024)] == [MIB, MIB, MIB // 2 - 10]

    async def test_nothing_at_all_can_be_stored_too(self, storage: Storage):
        await storage.put("empty", pieces(0))
        assert await storage.size("empty") == 0
        assert [piece async for piece in storage.stream("empty", 0, 0)] == []

    async def test_what_breaks_off_raises_its_own_fault_and_leaves_nothing(self, storage: Storage):
        key = new_key()

        class TooLongError(Exception):
            pass

        with pytest.raises(TooLongError):
            await storage.put(key, pieces(300, then=TooLongError()))
        assert await storage.size(key) is None
        assert await keys(storage) == []

    async def test_who_is_cancelled_leaves_nothing(self, storage: Storage):
        begun = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * MIB
                begun.set()
                await asyncio.sleep(0.01)

        task = asyncio.create_task(storage.put("cancelled", endless()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await storage.size("cancelled") is None

    async def test_what_is_not_there_is_missing_and_removed_in_peace(self, storage: Storage):
        with pytest.raises(Missing):
            await storage.read("nothing", 0, 1)
        await storage.delete("nothing")

    async def test_what_is_removed_is_gone(self, storage: Storage):
        one, two = new_key(), new_key()
        await storage.put_bytes(one, b"1")
        await storage.put_bytes(two, b"22")
        await storage.delete(one)
        (left,) = [entry async for entry in storage.entries(two[:2])]
        assert (left.key, left.size) == (two, 2)
        assert datetime.now(UTC) - left.modified < timedelta(minutes=1)

    async def test_what_else_there_is_in_that_place_is_never_listed(self, storage: Storage):
        for key in ("ab/notes.txt", "report", f"sub/{new_key()}", f"ab/{new_key()[3:]}-1"):
            await storage.put_bytes(key, b"somebody else's")
        assert await keys(storage) == []

    async def test_one_that_can_be_used_passes_its_check_and_is_as_it_was(self, storage: Storage):
        await storage.check()
        assert await keys(storage) == []


class TestFolder:
    async def test_is_made_for_the_portal_alone(self, tmp_path: Path):
        Storage((tmp_path / "a folder" / "files").as_uri())
        assert (tmp_path / "a folder" / "files").stat().st_mode & 0o777 == 0o700

    async def test_what_a_dead_writer_left_is_found_once_it_is_old(self, tmp_path: Path):
        storage = Storage(tmp_path.as_uri())
        key, dead, writing = (f"ab/{uuid4().hex}" for _ in range(3))
        await storage.put_bytes(key, b"1")
        left = [tmp_path / f"{dead}#1", tmp_path / f"{writing}#1", tmp_path / "ab" / "notes#1"]
        for path in left:
            path.write_bytes(b"half")
        for path in (left[0], left[2]):
            os.utime(path, (1, 1))
        assert await keys(storage) == [key]
        assert await storage.remove_leftovers(datetime.now(UTC) - timedelta(hours=1)) == 1
        assert set((tmp_path / "ab").iterdir()) == {tmp_path / key, *left[1:]}

    async def test_one_that_cannot_be_made_is_named_in_one_line(self, tmp_path: Path):
        (tmp_path / "file").touch()
        with pytest.raises(StartupError, match=r"^FILES_URL: ") as refused:
            Storage((tmp_path / "file" / "files").as_uri())
        assert "\n" not in str(refused.value)

    async def test_one_that_takes_no_bytes_is_named_in_one_line(self, tmp_path: Path):
        storage = Storage((tmp_path / "files").as_uri())
        (tmp_path / "files").rmdir()
        (tmp_path / "files").touch()
        with pytest.raises(StartupError, match=r"^FILES_URL: ") as refused:
            await storage.check()
        assert "\n" not in str(refused.value)


class TestBucket:
    async def test_one_that_is_not_there_is_named_in_one_line(self, s3: str):
        with pytest.raises(StartupError, match=r"^FILES_URL: s3://no-such-bucket/x ") as refused:
            await Storage("s3://no-such-bucket/x").check()
        assert "\n" not in str(refused.value)

    async def test_a_server_that_does_not_answer_is_unavailable(self, monkeypatch: pytest.MonkeyPatch, bucket: str):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with pytest.raises(Unavailable):
            await Storage(bucket).read("key", 0, 1)

    async def test_no_parts_stay_of_what_broke_off(self, s3: str, bucket: str):
        storage = Storage(bucket)
        with pytest.raises(ValueError, match="enough"):
            await storage.put("broken", pieces(12, MIB, then=ValueError("enough")))
        client = boto3.client("s3", endpoint_url=s3, region_name="eu-central-1")
        name = bucket.split("/")[2]
        await until(lambda: not client.list_multipart_uploads(Bucket=name).get("Uploads"))
        assert not client.list_objects_v2(Bucket=name).get("Contents")

    async def test_keys_are_below_the_prefix(self, s3: str, bucket: str):
        await Storage(bucket).put_bytes(key := uuid4().hex, b"1")
        found = boto3.client("s3", endpoint_url=s3).list_objects_v2(Bucket=bucket.split("/")[2])["Contents"]
        assert [each["Key"] for each in found] == [f"portal/{key}"]
