"""A storage that fails while a file comes in: who sends it is told to try again, and nothing of it is left."""

import resource
from collections.abc import Callable

import httpx
import psutil

from tests.files.people import PDF, Desk
from tests.portal import Portal
from tests.running import is_problem
from tests.world import bearer


async def test_a_disk_that_takes_no_more_is_a_storage_that_does_not_answer(
    run_portal: Callable[..., Portal], desk: Desk
):
    portal = run_portal()
    assert portal.process is not None
    # As on a full disk, a write fails amid the file.
    psutil.Process(portal.process.pid).rlimit(psutil.RLIMIT_FSIZE, (8 * 2**20, resource.RLIM_INFINITY))
    async with httpx.AsyncClient(base_url=portal.url, headers=bearer("client"), timeout=60) as client:
        files = {"file": ("plan.pdf", PDF + bytes(24 * 2**20), "application/pdf")}
        answer = await client.post(desk.address, files=files)
        assert (answer.status_code, is_problem(answer)) == (503, True), answer.text
        assert "retry-after" in answer.headers
        assert (desk.stored(), await desk.rows(), await desk.room_size()) == ([], 0, 0)
        assert (await client.post(desk.address, files={"file": ("a.pdf", PDF)})).status_code == 201
