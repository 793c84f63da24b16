"""The same with the bytes in a bucket."""

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from tests.files.people import PDF, Desk
from tests.running import caller_of, running
from tests.storage.conftest import bucket, s3, s3_server
from tests.world import World, bearer

__all__ = ["bucket", "s3", "s3_server"]


@pytest.fixture
async def remote(world: World, room: str, bucket: str) -> AsyncIterator[Desk]:
    """The room of a portal whose files are in a bucket."""
    async with running(world.settings(files_url=bucket)) as app, caller_of(app) as caller:

        def as_person(person: str):
            caller.headers.update(bearer(person))
            return caller

        yield Desk(str(room), world, as_person, app)


async def test_files_come_and_go(remote: Desk):
    content = PDF + bytes(12 * 2**20)
    file = await remote.has("client", content)
    assert (await remote.get("dev", file)).content == content
    assert (await remote.get("dev", file, range="bytes=-5")).content == content[-5:]
    picture = io.BytesIO()
    Image.new("RGB", (900, 900)).save(picture, "PNG")
    shown = await remote.has("client", picture.getvalue(), draft=True)
    assert (await remote.get("client", shown, "/thumbnail")).status_code == 200
    assert (await remote.as_person("client").delete(f"/api/files/{shown['id']}")).status_code == 204
    swept = await remote.sweeper.sweep()
    assert swept is not None
    assert (swept.orphans, swept.missing) == (0, [])
    assert (await remote.get("dev", file)).status_code == 200
