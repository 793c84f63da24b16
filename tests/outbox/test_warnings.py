"""`portal worker` warns of what keeps e-mail from being sent or of use, as `portal run` does."""

import signal
from pathlib import Path
from typing import Any

import pytest

from app.push.vapid import new_private_key
from tests.outbox.process import WorkerProcess
from tests.running import until
from tests.smtp import SmtpServer
from tests.world import World


def said_at_start(process: WorkerProcess) -> str:
    return process.end(signal.SIGTERM)[1]


async def test_that_links_lead_to_this_machine(world: World, tmp_path: Path):
    with SmtpServer() as server, WorkerProcess(world, tmp_path, server.url(), PUBLIC_URL="") as process:
        await until(lambda: process.is_at_work, within=60)
        assert "warning: PUBLIC_URL is not set: links in e-mails lead to http://127.0.0.1" in said_at_start(process)


async def test_that_in_production_no_email_is_sent_whose_links_lead_there(world: World, tmp_path: Path):
    own: dict[str, Any] = {"APP_ENV": "production", "PUBLIC_URL": "", "VAPID_PRIVATE_KEY": new_private_key()}
    own["VAPID_SUBJECT"] = "mailto:admin@example.com"
    with SmtpServer() as server, WorkerProcess(world, tmp_path, server.url(), **own) as process:
        await until(lambda: process.is_at_work, within=60)
        assert "warning: PUBLIC_URL is not set: no e-mail is sent, and what" in said_at_start(process)


@pytest.mark.parametrize("environment", ["production", "development"])
async def test_that_no_email_is_sent_though_push_is(world: World, tmp_path: Path, environment: str):
    own: dict[str, Any] = {"APP_ENV": environment, "VAPID_PRIVATE_KEY": new_private_key()}
    with WorkerProcess(world, tmp_path, "", **own) as process:
        await until(lambda: process.is_at_work, within=60)
        is_warned = "warning: SMTP_URL is not set: no e-mail is sent" in said_at_start(process)
    assert is_warned == (environment == "production")
