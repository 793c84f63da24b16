"""`portal mail`, as an operator types it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.audited import Audited
from tests.letters.queued import queued, state_of
from tests.smtp import SmtpServer, Step
from tests.tools.commands import Done, on, portal, refuses, succeeds
from tests.world import World, email

OLD = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def world(recycled_world: World) -> World:
    return recycled_world


def mail(world: World, *arguments: Any) -> Done:
    return portal("mail", *[str(argument) for argument in arguments], **on(world))


class TestList:
    async def test_every_email_is_a_line(self, world: World):
        dead = await queued(
            world, state="dead", created_at=OLD, attempts=12, address=email("client"), error="451 try again later"
        )
        await queued(world, "dev")
        new, old = succeeds(mail(world, "list")).splitlines()
        assert old.split() == [
            str(dead), "dead", "2026-01-02", "03:04:05Z", "12", "tries", email("client"), "A", "leak",
            "451", "try", "again", "later",
        ]  # fmt: skip
        assert new.split()[1] == "waiting"
        assert new.endswith("Deniz Kaya  A leak")

    async def test_it_says_what_an_email_tells_first_and_how_much_more(self, world: World):
        await queued(world, "dev", "A leak\x1b[2J", "Another", "And one")
        await world.execute("UPDATE client_portal.email_items SET created_at = now()")
        (line,) = succeeds(mail(world, "list")).splitlines()
        assert line.endswith(" and 2 more")
        assert "\x1b" not in line
        await world.execute("DELETE FROM client_portal.email_items")
        assert succeeds(mail(world, "list")).endswith("Deniz Kaya  nothing\n")

    async def test_of_one_state_and_the_newest(self, world: World):
        await queued(world, state="dead", created_at=OLD)
        newest = await queued(world, state="dead")
        await queued(world, state="sent")
        assert len(succeeds(mail(world, "list", "--state", "dead")).splitlines()) == 2
        assert succeeds(mail(world, "list", "--state", "dead", "--limit", "1")).split()[0] == str(newest)
        assert succeeds(mail(world, "list", "--state", "dropped")) == ""


class TestRetry:
    async def test_single_ones(self, world: World):
        audited = await Audited.on(world)
        ids = [await queued(world, state=state) for state in ("dead", "not_sent", "dropped")]
        assert succeeds(mail(world, "retry", *ids, ids[0])) == "3 e-mails are to be tried again.\n"
        assert {await state_of(world, id_) for id_ in ids} == {"retrying"}
        entries = await audited.entries()
        assert [(entry["action"], entry["user"], "actor" in entry) for entry in entries] == [
            ("email_retried", "client", False)
        ] * 3

    async def test_all_that_were_given_up(self, world: World):
        audited = await Audited.on(world)
        dead = {await queued(world, state="dead") for _ in range(3)}
        dropped = await queued(world, state="dropped")
        assert succeeds(mail(world, "retry", "--dead")) == "3 e-mails are to be tried again.\n"
        assert {await state_of(world, id_) for id_ in dead} == {"retrying"}
        assert await state_of(world, dropped) == "dropped"
        assert {entry["details"]["email_id"] for entry in await audited.entries()} == {str(id_) for id_ in dead}
        assert succeeds(mail(world, "retry", "--dead")) == "0 e-mails are to be tried again.\n"

    async def test_those_of_suppressed_addresses_are_left(self, world: World):
        dead, of_suppressed = await queued(world, state="dead"), await queued(world, "dev", state="dead")
        await _suppress(world, email("dev"))
        assert succeeds(mail(world, "retry", "--dead")) == (
            "1 e-mail is to be tried again.\n"
            "1 left: the address is suppressed, `portal mail allow ADDRESS` lets e-mail go there again.\n"
        )
        assert (await state_of(world, dead), await state_of(world, of_suppressed)) == ("retrying", "dead")

    async def test_all_that_would_be_tried_again_later(self, world: World):
        later = [await queued(world, state="retrying", attempts=3) for _ in range(2)]
        waiting = await queued(world, state="waiting")
        assert succeeds(mail(world, "retry", "--retrying")) == "2 e-mails are to be tried again.\n"
        due = await world.fetch("SELECT id, attempts FROM client_portal.email_outbox WHERE due_at <= clock_timestamp()")
        assert {tuple(row) for row in due} == {(id_, 3) for id_ in later}
        assert await state_of(world, waiting) == "waiting"

    async def test_it_is_all_or_nothing(self, world: World):
        audited = await Audited.on(world)
        dead, sent = await queued(world, state="dead"), await queued(world, state="sent")
        assert refuses(mail(world, "retry", dead, sent)) == (
            f"E-mail {sent}: This e-mail has been sent already. Nothing was changed."
        )
        assert await state_of(world, dead) == "dead"
        assert await audited.entries() == []

    @pytest.mark.parametrize(
        "arguments",
        [[], ["00000000-0000-4000-8000-000000000001", "--dead"], ["--dead", "--retrying"]],
        ids=["none", "both", "all"],
    )
    async def test_it_must_be_said_which(self, world: World, arguments):
        assert refuses(mail(world, "retry", *arguments)).startswith("Say which: the ids of e-mails, --dead for all")


async def test_suppressed_addresses_are_lines(world: World):
    assert succeeds(mail(world, "suppressed")) == ""
    await _suppress(world, email("dev"), "another@example.com")
    another, devs = succeeds(mail(world, "suppressed")).splitlines()
    assert another.startswith("another@example.com  20")
    assert another.endswith("Z  nobody's  550 unknown")
    assert devs.startswith("dev@example.com  20")
    assert devs.endswith("Z  Deniz Kaya  550 unknown")


async def _suppress(world: World, *addresses: str) -> None:
    for address in addresses:
        await world.execute(
            "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, '550 unknown')", address
        )


class TestTest:
    """An e-mail by hand, which needs no database."""

    SENDER = "Firm <portal@firm.example>"

    def test_it_goes_to_the_server_and_that_is_said(self):
        with SmtpServer() as server:
            said = succeeds(portal("mail", "test", "ada@example.com", SMTP_URL=server.url(), MAIL_FROM=self.SENDER))
        (received,) = server.received
        assert received.recipients == ["ada@example.com"]
        assert received.message["Subject"] == "A test of e-mail from Client Portal"
        assert received.message["List-Unsubscribe"] is None
        assert said == f"{urlsplit(server.url()).netloc} took it for ada@example.com, from portal@firm.example.\n"

    def test_a_server_that_refuses_is_quoted(self):
        with SmtpServer() as server:
            server.once(Step.RCPT, "550 5.1.1 no such user")
            fault = refuses(portal("mail", "test", "ada@example.com", SMTP_URL=server.url()))
        assert fault == f"Not sent: {urlsplit(server.url()).netloc}: RCPT: 550 5.1.1 no such user"

    def test_a_server_that_is_not_there_is_told_apart(self):
        fault = refuses(portal("mail", "test", "ada@example.com", SMTP_URL="smtp://127.0.0.1:1"))
        assert fault.startswith("Not sent: 127.0.0.1:1: connection: ")

    def test_what_is_no_address(self):
        fault = refuses(portal("mail", "test", "ada", SMTP_URL="smtp://127.0.0.1:1"))
        assert fault == "Not sent: 127.0.0.1:1: this is no address that mail can be sent to"

    def test_without_a_server_it_is_a_file_in_development_and_none_in_production(self, tmp_path: Path):
        said = succeeds(portal("mail", "test", "ada@example.com", DATA_DIR=str(tmp_path)))
        (file,) = (tmp_path / "mail").iterdir()
        assert said == f"Kept as {file}, and not sent: SMTP_URL is not set.\n"
        fault = refuses(portal("mail", "test", "ada@example.com", DATA_DIR=str(tmp_path), APP_ENV="production"))
        assert fault.startswith("SMTP_URL: must be set")


async def test_dropping(world: World):
    audited = await Audited.on(world)
    id_ = await queued(world, state="retrying")
    assert succeeds(mail(world, "drop", id_)) == "1 e-mail is dropped.\n"
    assert await state_of(world, id_) == "dropped"
    assert await audited.actions() == ["email_dropped"]
    assert refuses(mail(world, "drop", id_)).startswith(f"E-mail {id_}: This e-mail has been dropped already.")
    unknown = uuid4()
    assert refuses(mail(world, "drop", unknown)).startswith(f"E-mail {unknown}: There is no such e-mail.")


async def test_an_address_is_allowed_again(world: World):
    audited = await Audited.on(world)
    await world.execute(
        "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, '550 unknown')", email("client")
    )
    assert succeeds(mail(world, "allow", "Client@example.com")) == "E-mail goes to Client@example.com again.\n"
    assert await world.value("SELECT count(*) FROM client_portal.email_suppressions") == 0
    (entry,) = await audited.entries()
    assert (entry["action"], entry["user"]) == ("address_allowed", "client")
    assert refuses(mail(world, "allow", email("client"))) == f"{email('client')} is not suppressed."


class TestSeveralAddresses:
    @pytest.fixture(autouse=True)
    async def suppressed(self, world: World) -> None:
        await world.execute(
            "INSERT INTO client_portal.email_suppressions (address, reason) SELECT unnest($1::text[]), '550 unknown'",
            [email("client"), email("dev"), "gone@example.com"],
        )

    async def left(self, world: World) -> list[str]:
        rows = await world.fetch("SELECT address FROM client_portal.email_suppressions ORDER BY 1")
        return [row["address"] for row in rows]

    async def test_are_allowed_together(self, world: World):
        said = succeeds(mail(world, "allow", email("dev"), "Gone@example.com", "gone@example.com"))
        assert said == f"E-mail goes to {email('dev')} again.\nE-mail goes to gone@example.com again.\n"
        assert await self.left(world) == [email("client")]

    async def test_are_allowed_all_or_none(self, world: World):
        audited = await Audited.on(world)
        assert refuses(mail(world, "allow", email("dev"), "lost@example.com")) == "lost@example.com is not suppressed."
        assert len(await self.left(world)) == 3
        assert await audited.entries() == []

    async def test_are_allowed_all_that_there_are(self, world: World):
        audited = await Audited.on(world)
        assert succeeds(mail(world, "allow", "--all")) == "E-mail goes to 3 addresses again.\n"
        assert await self.left(world) == []
        told = {(entry["action"], entry.get("user"), entry["details"]["address"]) for entry in await audited.entries()}
        assert told == {
            ("address_allowed", "client", email("client")),
            ("address_allowed", "dev", email("dev")),
            ("address_allowed", None, "gone@example.com"),
        }
        assert succeeds(mail(world, "allow", "--all")) == "E-mail goes to 0 addresses again.\n"

    @pytest.mark.parametrize("arguments", [[], ["gone@example.com", "--all"]], ids=["none", "both"])
    async def test_it_must_be_said_which(self, world: World, arguments):
        says = "Say which: addresses, or --all for every suppressed one"
        assert refuses(mail(world, "allow", *arguments)) == says


async def test_an_address_is_suppressed(world: World):
    audited = await Audited.on(world)
    assert succeeds(mail(world, "suppress", " Client@example.com", "--reason", "It came back.")) == (
        "No e-mail goes to Client@example.com.\n"
    )
    succeeds(mail(world, "suppress", email("client"), "--reason", "Once more"))
    rows = await world.fetch("SELECT address, reason FROM client_portal.email_suppressions")
    assert [tuple(row) for row in rows] == [(email("client"), "It came back.")]
    (entry,) = await audited.entries()
    assert (entry["action"], entry["user"]) == ("address_suppressed", "client")
    assert refuses(mail(world, "suppress", "nobody")).startswith("address: ")


@pytest.mark.parametrize(
    "arguments",
    [["retry", "one"], ["drop"], ["suppress"], ["list", "--state", "lost"], ["list", "--limit", "0"]],
    ids=" ".join,
)
def test_what_cannot_be_understood_is_told_in_one_line(world: World, arguments):
    done = mail(world, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("portal: ")
    assert done.stderr.count("\n") == 1
    assert "Value error" not in done.stderr
