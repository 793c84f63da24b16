"""From what happens in a room to the e-mail that arrives, through all that is between them."""

from contextlib import AsyncExitStack
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path

import pytest

from app.dev.demo import FIRST_PROJECT
from app.outbox.pace import Pace
from tests.running import caller_of, running, until
from tests.world import PEOPLE, World, bearer

URL = "https://portal.example.com"


@pytest.fixture
async def people(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Callers of a portal that keeps its e-mail as files, and sends without waiting for more."""
    monkeypatch.setattr("app.outbox.worker.Pace", partial(Pace, poll=0.05))
    settings = world.settings(
        mail_worker=True, mail_quiet_seconds=0, data_dir=tmp_path, public_url=URL, mail_from="Portal <p@portal.example>"
    )
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(running(settings))
        yield {
            name: await stack.enter_async_context(caller_of(app, headers=bearer(name) if name else {}))
            for name in ("client", "dev", "")
        }


async def _mails(folder: Path, address: str, count: int) -> list[EmailMessage]:
    """The e-mails to this address, once there are so many, oldest first."""

    def arrived() -> list[Path]:
        return sorted(folder.glob("mail/*.eml"), key=lambda path: path.stat().st_mtime_ns)

    def read() -> list[EmailMessage]:
        found = [message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default) for path in arrived()]
        return [each for each in found if address in str(each["To"])]

    await until(lambda: len(read()) >= count)
    mails = read()
    assert len(mails) == count
    return mails


async def test_what_is_written_arrives_as_text_and_html_and_one_click_ends_it(people, world: World, tmp_path: Path):
    room = await world.value(
        "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2", FIRST_PROJECT, PEOPLE["client"]
    )
    texts = ("Is the second sample the darker one?", "Größer → besser & <b>darker</b>")
    pages = []
    for number, text in enumerate(texts, start=1):
        answer = await people["client"].post(f"/api/rooms/{room}/messages", json={"body": text})
        pages.append(f"{URL}/projects/{FIRST_PROJECT}/messages?focus={answer.json()['id']}")
        await _mails(tmp_path, "dev@example.com", number)
    mails = await _mails(tmp_path, "dev@example.com", 2)
    for mail, text, page in zip(mails, texts, pages, strict=True):
        plain, html = (part.get_content() for part in mail.iter_parts())
        assert text in plain
        assert page in plain.splitlines()
        assert f'href="{page}"' in html
        assert "<b>" not in html
    assert mails[0]["References"] == mails[1]["References"]
    assert mails[0]["Message-ID"] != mails[1]["Message-ID"]
    link = mails[0]["List-Unsubscribe"].strip("<>")
    answer = await people[""].post(link.removeprefix(URL), data={"List-Unsubscribe": "One-Click"})
    assert answer.json() == {"email_enabled": False}
    settings = (await people["dev"].get("/api/notifications/settings")).json()
    assert settings["email_enabled"] is False
