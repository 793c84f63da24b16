"""By which way mail leaves with which settings, and what of its way stays."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from app.core.database import Database
from app.mail.folder import forget
from app.mail.outgoing import Outgoing
from app.mail.replies import Bounced
from app.outbox.courier import Refused, Unreachable
from app.settings import Settings
from tests.mail.letters import a_letter
from tests.smtp import Authority, SmtpServer
from tests.world import World

URL = "https://portal.example.com"
ID = UUID("dddddddd-0000-4000-8000-000000000001")


class TestWithoutAMailServer:
    async def test_in_development_each_letter_is_a_file(self, tmp_path: Path):
        outgoing = Outgoing(_settings(data_dir=tmp_path / "new", port=3210))
        assert (outgoing.is_on, outgoing.said) == (True, "files")
        lane = outgoing.lane()
        await lane.deliver(a_letter(id=ID))
        await lane.deliver(a_letter(id=ID, subject="The same one again"))
        await lane.close()
        [file] = (tmp_path / "new/mail").iterdir()
        assert file.name == f"{ID}.eml"
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert message["Subject"] == "The same one again"
        assert message["From"] == "Client Portal <no-reply@[127.0.0.1]>"
        assert message["Message-ID"] == f"<{ID}@[127.0.0.1]>"
        assert not message.defects

    async def test_nobody_else_of_the_machine_reads_the_files(self, tmp_path: Path):
        await Outgoing(_settings(data_dir=tmp_path)).lane().deliver(a_letter())
        assert (tmp_path / "mail").stat().st_mode & 0o077 == 0

    async def test_a_folder_that_cannot_be_written_keeps_everything_waiting(self, tmp_path: Path):
        (tmp_path / "mail").write_text("in the way")
        with pytest.raises(Unreachable):
            await Outgoing(_settings(data_dir=tmp_path)).lane().deliver(a_letter())

    async def test_what_is_no_address_is_refused_there_too(self, tmp_path: Path):
        with pytest.raises(Refused):
            await Outgoing(_settings(data_dir=tmp_path)).lane().deliver(a_letter(to="nobody"))

    async def test_files_of_long_ago_are_forgotten_and_nothing_else(self, tmp_path: Path):
        names = ("old.eml", "new.eml", "unfinished.part", "notes.txt")
        for name in names:
            (tmp_path / name).write_text("a letter")
            if name != "new.eml":
                os.utime(tmp_path / name, times=(0, 0))
        await forget(tmp_path, timedelta(days=30))
        assert _names(tmp_path) == {"new.eml", "notes.txt"}

    async def test_without_a_folder_there_is_nothing_to_forget(self, tmp_path: Path):
        await forget(tmp_path / "mail", timedelta(days=30))
        assert _names(tmp_path) == set()

    @pytest.mark.parametrize("public_url", [None, URL])
    def test_in_production_there_is_no_way_out_and_it_says_so(self, public_url: str | None):
        outgoing = Outgoing(_settings(app_env="production", public_url=public_url))
        assert (outgoing.is_on, outgoing.said) == (False, "off: SMTP_URL is not set")

    def test_it_says_who_sends_if_not_the_portal_itself(self):
        relay = "smtp://127.0.0.1"
        assert Outgoing(_settings(mail_worker=False)).said == "files, by portal worker"
        assert Outgoing(_settings(mail_worker=False, smtp_url=relay)).said == "smtp, by portal worker"
        assert Outgoing(_settings(mail_worker=False, app_env="production")).said == "off: SMTP_URL is not set"


class TestWithAMailServer:
    @pytest.mark.parametrize(
        ("app_env", "public_url"), [("development", None), ("development", URL), ("production", URL)]
    )
    async def test_letters_go_there_and_no_copy_is_kept(
        self, server: SmtpServer, app_env: str, public_url: str | None, tmp_path: Path
    ):
        settings = _settings(
            smtp_url=server.url(),
            app_env=app_env,
            public_url=public_url,
            data_dir=tmp_path,
            mail_from="Firm <a@firm.example>",
        )
        outgoing = Outgoing(settings)
        assert (outgoing.is_on, outgoing.said) == (True, "smtp")
        lane = outgoing.lane()
        await lane.deliver(a_letter())
        await lane.close()
        assert [each.sender for each in server.received] == ["a@firm.example"]
        assert not (tmp_path / "mail").exists()

    def test_in_production_nothing_leaves_whose_links_would_lead_to_the_readers_own_machine(self):
        settings = _settings(app_env="production", smtp_url="smtp://127.0.0.1")
        assert settings.kept_mail is None
        outgoing = Outgoing(settings)
        assert (outgoing.is_on, outgoing.said) == (False, "off: PUBLIC_URL is not set")

    async def test_the_authority_of_the_settings_is_trusted(self, tmp_path: Path):
        authority = Authority()
        with SmtpServer("starttls", authority.context(), users={"me": "secret"}) as server:
            settings = _settings(smtp_url=server.url("me", "secret"), smtp_ca_file=authority.write(tmp_path))
            lane = Outgoing(settings).lane()
            await lane.deliver(a_letter())
            await lane.close()
        assert [each.is_encrypted for each in server.received] == [True]


class TestAnAddressThatBounced:
    async def test_is_put_down_in_small_letters_with_what_the_server_said(
        self, recycled_world: World, database: Database
    ):
        bounced, other = a_letter(to="Gone@Example.com"), a_letter(to="dev@example.com")
        async with database.transaction() as transaction:
            await _outgoing().refused(
                transaction.connection, [(bounced, Bounced(bounced, "RCPT: 550 no")), (other, Refused("spam"))]
            )
        assert await _suppressed(recycled_world) == [("gone@example.com", "RCPT: 550 no")]

    async def test_stays_as_it_was_put_down_first(self, recycled_world: World, database: Database):
        for number in range(2):
            letters = [a_letter(to="gone@example.com"), a_letter(to="GONE@example.com")]
            async with database.transaction() as transaction:
                refusals = [(letter, Bounced(letter, f"time {number}")) for letter in letters]
                await _outgoing().refused(transaction.connection, refusals)
        assert await _suppressed(recycled_world) == [("gone@example.com", "time 0")]


@pytest_asyncio.fixture
async def database(recycled_world: World) -> AsyncIterator[Database]:
    database = Database(recycled_world.url)
    yield database
    await database.close()


def _names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def _settings(**values: object) -> Settings:
    return Settings.model_validate(values)


def _outgoing() -> Outgoing:
    return Outgoing(_settings(app_env="production"))


async def _suppressed(world: World) -> list[tuple[str, str]]:
    rows = await world.fetch("SELECT address, reason FROM client_portal.email_suppressions ORDER BY 1")
    return [(row["address"], row["reason"]) for row in rows]
