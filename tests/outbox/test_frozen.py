"""A worker that stands still amid its work keeps nobody else from theirs."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from tests.notifications.told import says, sets
from tests.outbox.post_office import PostOffice
from tests.outbox.process import WorkerProcess
from tests.running import running, until
from tests.smtp import SmtpServer


async def test_what_people_post_does_not_wait_for_a_worker_that_is_frozen_amid_its_claim(
    office: PostOffice, tmp_path: Path
):
    world = office.world

    async def worker_waits() -> bool:
        return bool(await world.value(_WAITING))

    with SmtpServer() as server:
        async with running(world.settings()) as app, world.connection() as connection:
            await sets(app, "dev", email_enabled=True)
            await says(app, world, "client")
            await world.execute("UPDATE client_portal.email_outbox SET due_at = now()")
            async with AsyncExitStack() as stack:
                async with connection.transaction():
                    # The worker has locked the e-mail by the time that it looks for what is in it.
                    await connection.execute("LOCK TABLE client_portal.email_items IN ACCESS EXCLUSIVE MODE")
                    process = stack.enter_context(WorkerProcess(world, tmp_path, server.url()))
                    await until(worker_waits, within=60)
                    process.freeze()
                async with asyncio.timeout(60):
                    await says(app, world, "client", "And another thing")
                assert await office.states() == {"waiting": 1}
    assert server.received == []


_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'client-portal' AND wait_event_type = 'Lock'"
)
