"""A storage that fails in the middle of something says that it does, and what was under way is not there."""

import os
from pathlib import Path

import pytest

from app.core.errors import Unavailable
from app.storage.store import Storage, new_key
from tests.storage.faulty import faulty_bucket
from tests.storage.test_store import pieces


@pytest.fixture
def _may_use(s3: str) -> None:
    """Credentials, of whatever server."""


@pytest.mark.usefixtures("_may_use")
async def test_a_bucket_that_takes_no_further_part_does_not_answer(monkeypatch: pytest.MonkeyPatch):
    with faulty_bucket() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(Unavailable):
            await Storage("s3://bucket/portal").put(new_key(), pieces(400))


async def test_what_a_folder_has_taken_is_on_the_disk_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settled: list[str] = []
    fsync = os.fsync

    def told(descriptor: int) -> None:
        settled.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", told)
    key = new_key()
    await Storage(tmp_path.as_uri()).put(key, pieces(2))
    assert settled == [str(tmp_path / key), str(tmp_path / key[:2]), str(tmp_path)]
