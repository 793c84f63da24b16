"""What admins see of e-mail, and what they do to it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.audit import COMMAND
from app.letters.admin import retry_dead
from app.letters.composer import Composer
from app.letters.judge import LetterJudge
from app.letters.kept import KeptLetters
from app.letters.unsubscribe import UnsubscribeLinks
from app.outbox.courier import Send, TooLate
from app.projects.preflight import HostSchema
from app.settings import QUIET
from tests.accounts.test_admin import listed, new_user, refused
from tests.audited import Audited
from tests.letters.judging import LINKS, URL, now_of, verdicts_of
from tests.letters.queued import queued, state_of
from tests.letters.test_composer import contents_of, due_email, due_item
from tests.running import caller_of, running, until
from tests.world import PEOPLE, SECRET, World, bearer, email

MAIL = "/api/admin/mail"
SUPPRESSIONS = f"{MAIL}/suppressions"
HERE = "127.0.0.1"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def audited(world: World) -> Audited:
    return await Audited.on(world)


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer("admin")) as admin:
        yield admin


async def _row(world: World, email_id: UUID) -> dict[str, Any]:
    (row,) = await world.fetch("SELECT * FROM client_portal.email_outbox WHERE id = $1", email_id)
    return dict(row)


async def _suppress(world: World, *addresses: str) -> None:
    for address in addresses:
        await world.execute(
            "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, '550 no such user')", address
        )


class TestList:
    async def test_an_email_with_all_that_is_known_of_it(self, admin: httpx.AsyncClient, world: World):
        id_ = await queued(
            world,
            "client",
            "A leak",
            "A draught",
            state="dead",
            error="550 5.1.1 no such user",
            attempts=3,
            address=email("client"),
            created_at=LONG_AGO,
            due_at=LONG_AGO,
            ended_at=LONG_AGO + timedelta(hours=1),
        )
        (item,) = await listed(admin, MAIL)
        assert item == {
            "id": str(id_),
            "recipient": {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen"},
            "address": email("client"),
            "state": "dead",
            "error": "550 5.1.1 no such user",
            "attempts": 3,
            "created_at": "2026-01-01T00:00:00Z",
            "due_at": "2026-01-01T00:00:00Z",
            "ended_at": "2026-01-01T01:00:00Z",
            "item_count": 2,
            "title": "A leak",
            "has_letter": False,
        }

    async def test_who_has_no_account_has_no_name(self, admin: httpx.AsyncClient, world: World):
        stranger = await new_user(world)
        await queued(world, recipient_id=stranger)
        (item,) = await listed(admin, MAIL)
        assert item["recipient"] == {"id": str(stranger), "display_name": None}

    async def test_newest_first_page_by_page_those_of_one_moment_too(self, admin: httpx.AsyncClient, world: World):
        for number in range(9):
            await queued(world, created_at=LONG_AGO - timedelta(seconds=number // 4))
        paged = await listed(admin, MAIL, limit=2)
        assert len({each["id"] for each in paged}) == 9
        assert [each["created_at"] for each in paged] == sorted((each["created_at"] for each in paged), reverse=True)

    async def test_filters_go_together(self, admin: httpx.AsyncClient, world: World):
        dead = await queued(world, "client", state="dead")
        await queued(world, "client", state="sent")
        await queued(world, "dev", state="dead")
        found = await listed(admin, MAIL, state="dead", user_id=str(PEOPLE["client"]))
        assert [each["id"] for each in found] == [str(dead)]
        assert len(await listed(admin, MAIL, state="dead")) == 2
        assert len(await listed(admin, MAIL, user_id=str(PEOPLE["client"]))) == 2
        assert await listed(admin, MAIL, state="dropped") == []

    @pytest.mark.parametrize("query", [{"state": "lost"}, {"user_id": "me"}, {"cursor": "!"}, {"limit": 0}])
    async def test_a_question_that_makes_no_sense(self, admin: httpx.AsyncClient, query):
        await refused(await admin.get(MAIL, params=query), 422, "invalid")


class TestRetry:
    @pytest.mark.parametrize("state", ["dead", "not_sent", "dropped"])
    async def test_what_was_given_up_is_tried_anew_at_once(self, admin, world: World, audited: Audited, state: str):
        id_ = await queued(world, state=state, attempts=12, error="554 no", ended_at=LONG_AGO)
        assert (await admin.post(f"{MAIL}/{id_}/retry")).status_code == 204
        row = await _row(world, id_)
        assert (row["state"], row["attempts"], row["error"], row["ended_at"]) == ("retrying", 0, None, None)
        assert row["due_at"] <= await world.value("SELECT clock_timestamp()")
        assert await audited.entries() == [
            {
                "action": "email_retried",
                "actor": "admin",
                "user": "client",
                "address": HERE,
                "details": {"email_id": str(id_), "state_before": state},
            }
        ]

    @pytest.mark.parametrize(
        ("state", "slug"),
        [("waiting", "still-to-be-sent"), ("sending", "being-sent"), ("sent", "already-sent")],
    )
    async def test_what_is_to_be_sent_or_was_is_left_alone(self, admin, world, audited: Audited, state, slug):
        id_ = await queued(world, state=state)
        before = await _row(world, id_)
        await refused(await admin.post(f"{MAIL}/{id_}/retry"), 409, slug)
        assert await _row(world, id_) == before
        assert await audited.entries() == []

    @pytest.mark.parametrize("is_one_by_one", [True, False], ids=["one", "all dead"])
    async def test_it_is_sent_however_old_it_is(self, admin, app: FastAPI, world: World, is_one_by_one: bool):
        id_ = await queued(world, "dev", state="dead", attempts=12, created_at=LONG_AGO)
        await world.execute("UPDATE client_portal.email_items SET created_at = $1", LONG_AGO)
        judge = LetterJudge(HostSchema(True), URL, QUIET, LINKS)
        verdict = (await verdicts_of(app, judge, [id_], await now_of(world)))[id_]
        assert verdict == TooLate("Nothing left to tell: older than three days.")
        if is_one_by_one:
            assert (await admin.post(f"{MAIL}/{id_}/retry")).status_code == 204
        else:
            async with app.state.database.transaction() as transaction:
                await retry_dead(transaction, COMMAND)
        verdict = (await verdicts_of(app, judge, [id_], await now_of(world)))[id_]
        assert isinstance(verdict, Send)

    async def test_what_is_tried_again_later_is_tried_at_once_and_its_tries_count_on(self, admin, world, audited):
        id_ = await queued(world, state="retrying", attempts=7, error="451 later")
        assert (await admin.post(f"{MAIL}/{id_}/retry")).status_code == 204
        row = await _row(world, id_)
        assert (row["state"], row["attempts"], row["error"], row["is_forced"]) == ("retrying", 7, "451 later", True)
        assert row["due_at"] <= await world.value("SELECT clock_timestamp()")
        (entry,) = await audited.entries()
        assert entry["details"] == {"email_id": str(id_), "state_before": "retrying"}

    async def test_what_was_due_already_keeps_its_turn(self, admin: httpx.AsyncClient, world: World):
        id_ = await queued(world, state="retrying", due_at=LONG_AGO)
        assert (await admin.post(f"{MAIL}/{id_}/retry")).status_code == 204
        assert (await _row(world, id_))["due_at"] == LONG_AGO

    async def test_all_that_were_given_up_but_for_those_of_suppressed_addresses(self, admin, world, audited: Audited):
        dead = {await queued(world, "client", state="dead", attempts=12) for _ in range(2)}
        of_suppressed = await queued(world, "dev", state="dead", attempts=1, address="another@example.com")
        of_nobody = await queued(world, recipient_id=await new_user(world), state="dead")
        dropped = await queued(world, "client", state="dropped")
        await world.execute("UPDATE client_portal.accounts SET email = upper(email) WHERE user_id = $1", PEOPLE["dev"])
        await _suppress(world, email("dev"), "another@example.com")
        before = [await _row(world, id_) for id_ in (of_suppressed, dropped)]
        answer = await admin.post(f"{MAIL}/retry_dead")
        assert (answer.status_code, answer.json()) == (200, {"count": 3, "left": 1})
        assert {await state_of(world, id_) for id_ in (*dead, of_nobody)} == {"retrying"}
        assert [await _row(world, id_) for id_ in (of_suppressed, dropped)] == before
        entries = await audited.entries()
        assert {entry["details"]["email_id"] for entry in entries} == {str(id_) for id_ in (*dead, of_nobody)}
        assert (await admin.delete(SUPPRESSIONS, params={"address": email("dev")})).status_code == 204
        assert (await admin.post(f"{MAIL}/retry_dead")).json() == {"count": 1, "left": 0}
        assert (await admin.post(f"{MAIL}/retry_dead")).json() == {"count": 0, "left": 0}

    async def test_what_a_dead_worker_held_is_tried_again_by_itself(self, admin: httpx.AsyncClient, world: World):
        id_ = await queued(world, state="sending", due_at=LONG_AGO)
        await refused(await admin.post(f"{MAIL}/{id_}/retry"), 409, "still-to-be-sent")


class TestDrop:
    @pytest.mark.parametrize("state", ["waiting", "retrying", "dead"])
    async def test_it_ends_and_keeps_its_last_fault(self, admin, world: World, audited: Audited, state: str):
        id_ = await queued(world, state=state, error="451 later")
        assert (await admin.post(f"{MAIL}/{id_}/drop")).status_code == 204
        row = await _row(world, id_)
        assert (row["state"], row["error"], row["ended_at"] is None) == ("dropped", "451 later", False)
        (entry,) = await audited.entries()
        assert (entry["action"], entry["user"]) == ("email_dropped", "client")
        assert entry["details"] == {"email_id": str(id_), "state_before": state}

    @pytest.mark.parametrize(
        ("state", "slug"),
        [("sending", "being-sent"), ("sent", "already-sent"), ("not_sent", "not-to-be-sent"),
         ("dropped", "already-dropped")],
    )  # fmt: skip
    async def test_what_has_ended_or_is_under_way_is_left_alone(self, admin, world, audited: Audited, state, slug):
        id_ = await queued(world, state=state)
        before = await _row(world, id_)
        await refused(await admin.post(f"{MAIL}/{id_}/drop"), 409, slug)
        assert await _row(world, id_) == before
        assert await audited.entries() == []

    async def test_a_worker_that_was_late_finds_that_it_is_not_its_turn_any_more(self, admin, world: World):
        id_ = await queued(world, state="sending", generation=4, due_at=LONG_AGO)
        assert (await admin.post(f"{MAIL}/{id_}/drop")).status_code == 204
        row = await _row(world, id_)
        assert (row["state"], row["generation"]) == ("dropped", 5)

    async def test_who_comes_while_a_worker_claims_it_is_told_that_it_is_being_sent(self, admin, world: World):
        id_ = await queued(world)
        async with world.connection() as worker:
            claim = worker.transaction()
            await claim.start()
            await worker.execute("SELECT 1 FROM client_portal.email_outbox WHERE id = $1 FOR UPDATE", id_)
            dropping = asyncio.create_task(admin.post(f"{MAIL}/{id_}/drop"))
            await until(lambda: _somebody_waits(world))
            await worker.execute("UPDATE client_portal.email_outbox SET state = 'sending' WHERE id = $1", id_)
            await claim.commit()
            await refused(await dropping, 409, "being-sent")
        assert await state_of(world, id_) == "sending"

    async def test_of_two_at_once_one_drops_it(self, admin: httpx.AsyncClient, world: World, audited: Audited):
        id_ = await queued(world, state="dead")
        answers = await asyncio.gather(*[admin.post(f"{MAIL}/{id_}/drop") for _ in range(4)])
        assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409]
        assert await audited.actions() == ["email_dropped"]


async def _somebody_waits(world: World) -> bool:
    return bool(
        await world.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


@pytest.mark.parametrize("act", ["retry", "drop"])
async def test_an_email_that_is_not_there(admin: httpx.AsyncClient, act: str):
    await refused(await admin.post(f"{MAIL}/{uuid4()}/{act}"), 404, "not-found")


class TestSuppressions:
    async def test_they_come_by_address_and_say_whose_they_are(self, admin: httpx.AsyncClient, world: World):
        await _suppress(world, email("client"), "another@example.com")
        await world.execute(
            "UPDATE client_portal.accounts SET email = upper(email) WHERE user_id = $1", PEOPLE["client"]
        )
        another, client = await listed(admin, SUPPRESSIONS, limit=1)
        assert (another["address"], another["user"]) == ("another@example.com", None)
        assert client.pop("created_at")
        assert client == {
            "address": email("client"),
            "reason": "550 no such user",
            "user": {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen"},
        }

    @pytest.mark.parametrize("typed", ["client@example.com", " Client@Example.COM "])
    async def test_one_is_lifted_whatever_its_case(self, admin, world: World, audited: Audited, typed: str):
        await _suppress(world, email("client"), "another@example.com")
        assert (await admin.delete(SUPPRESSIONS, params={"address": typed})).status_code == 204
        assert [each["address"] for each in await listed(admin, SUPPRESSIONS)] == ["another@example.com"]
        assert await audited.entries() == [
            {
                "action": "address_allowed",
                "actor": "admin",
                "user": "client",
                "address": HERE,
                "details": {"address": email("client")},
            }
        ]

    @pytest.mark.parametrize("address", ["%", "nobody@example.com", "_lient@example.com"])
    async def test_one_that_is_not_suppressed(self, admin, world: World, audited: Audited, address: str):
        await _suppress(world, email("client"))
        await refused(await admin.delete(SUPPRESSIONS, params={"address": address}), 404, "not-found")
        assert await audited.entries() == []

    async def test_an_admin_adds_one_and_nothing_is_sent_there(self, admin, world: World, audited: Audited):
        said = {"address": " Client@Example.COM ", "reason": "It came back:\nno such user"}
        assert (await admin.post(SUPPRESSIONS, json=said)).status_code == 204
        assert (await admin.post(SUPPRESSIONS, json=said | {"reason": "Again"})).status_code == 204
        assert (await admin.post(SUPPRESSIONS, json={"address": "gone@example.com"})).status_code == 204
        client, gone = await listed(admin, SUPPRESSIONS)
        assert (client["address"], client["reason"]) == (email("client"), "It came back: no such user")
        assert client["user"]["display_name"] == "Clara Jensen"
        assert (gone["address"], gone["reason"], gone["user"]) == ("gone@example.com", "An admin put it down.", None)
        told = [
            (entry["action"], entry["actor"], entry.get("user"), entry["details"]) for entry in await audited.entries()
        ]
        assert told == [
            (
                "address_suppressed",
                "admin",
                "client",
                {"address": email("client"), "reason": "It came back: no such user"},
            ),
            (
                "address_suppressed",
                "admin",
                None,
                {"address": "gone@example.com", "reason": "An admin put it down."},
            ),
        ]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"address": ""},
            {"address": "nobody"},
            {"address": "a b@example.com"},
            {"address": "gone@example.com", "reason": "x" * 501},
            {"address": "gone@example.com", "reason": "a\x00"},
        ],
    )
    async def test_one_that_cannot_be_added(self, admin: httpx.AsyncClient, body: dict[str, str]):
        await refused(await admin.post(SUPPRESSIONS, json=body), 422, "invalid")
        assert await listed(admin, SUPPRESSIONS) == []

    @pytest.mark.parametrize("query", [{}, {"address": ""}, {"address": "a\x00"}, {"address": "a" * 321}])
    async def test_what_is_no_address(self, admin: httpx.AsyncClient, query):
        await refused(await admin.delete(SUPPRESSIONS, params=query), 422, "invalid")


HTML = '<!doctype html><html><head><title>1</title></head><body><header>Bücher</header><a href="/x">x</a></body></html>'


@pytest.fixture
async def keeping(world: World, tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Path]]:
    """An admin's caller where letters are kept as files, and their folder."""
    async with (
        running(world.settings(data_dir=tmp_path)) as app,
        caller_of(app, headers=bearer("admin")) as caller,
    ):
        folder = tmp_path / "mail"
        folder.mkdir()
        yield caller, folder


def _letter(folder: Path, email_id: UUID, **parts: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "2 news in „Haus am Meer“"
    message["From"] = "Client Portal <no-reply@portal.example>"
    message["To"] = "Clara Jensen <client@example.com>"
    message["Date"] = datetime(2026, 11, 20, 12, tzinfo=UTC)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parts.get("text", "Grüße\n"))
    if html := parts.get("html", HTML):
        message.add_alternative(html, subtype="html")
    (folder / f"{email_id}.eml").write_bytes(message.as_bytes())


class TestLetter:
    async def test_it_is_read_as_it_was_written(self, keeping: tuple[httpx.AsyncClient, Path], world: World):
        admin, folder = keeping
        id_ = await queued(world, state="sent")
        _letter(folder, id_)
        letter = (await admin.get(f"{MAIL}/{id_}/letter")).json()
        headers = letter.pop("headers")
        assert letter == {
            "subject": "2 news in „Haus am Meer“",
            "from": "Client Portal <no-reply@portal.example>",
            "to": "Clara Jensen <client@example.com>",
            "date": "2026-11-20T12:00:00Z",
            "text": "Grüße\n",
            "html": HTML + "\n",
        }
        assert headers["Auto-Submitted"] == "auto-generated"
        assert [each["has_letter"] for each in await listed(admin, MAIL)] == [True]

    async def test_its_html_is_a_page_that_may_do_nothing_and_opens_links_elsewhere(self, keeping, world: World):
        admin, folder = keeping
        id_ = await queued(world)
        _letter(folder, id_)
        page = await admin.get(f"{MAIL}/{id_}/letter.html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "script" not in policy
        assert page.text == HTML.replace("<head>", '<head><base target="_blank">') + "\n"

    async def test_the_link_that_ends_somebodys_e_mail_leads_nowhere_there(self, keeping, world: World):
        admin, folder = keeping
        id_ = await queued(world)
        links = UnsubscribeLinks("https://portal.test", SECRET)
        letter = Composer("https://portal.test", links).compose(due_email(id=id_), contents_of(due_item()))
        _letter(folder, id_, html=letter.html)
        page = (await admin.get(f"{MAIL}/{id_}/letter.html")).text
        assert ">Unsubscribe</a>" in page
        assert "token=" not in page
        assert 'href="https://portal.test/account"' in page

    async def test_one_of_text_alone(self, keeping, world: World):
        admin, folder = keeping
        id_ = await queued(world)
        _letter(folder, id_, html="")
        assert (await admin.get(f"{MAIL}/{id_}/letter")).json()["html"] is None
        await refused(await admin.get(f"{MAIL}/{id_}/letter.html"), 404, "not-found")

    @pytest.mark.parametrize("content", [b"", b"\xff\x00\r\n\r\n\xff", b"Date: never\r\nSubject: =?x?q?=ff?=\r\n\r\n"])
    async def test_a_file_that_is_none_is_no_fault(self, keeping, world: World, content: bytes):
        admin, folder = keeping
        id_ = await queued(world)
        (folder / f"{id_}.eml").write_bytes(content)
        for name in ("letter", "letter.html"):
            assert (await admin.get(f"{MAIL}/{id_}/{name}")).status_code in {200, 404}

    @pytest.mark.parametrize("name", ["letter", "letter.html"])
    async def test_what_was_not_written_is_not_there(self, keeping, world: World, name: str):
        admin, _ = keeping
        await refused(await admin.get(f"{MAIL}/{await queued(world)}/{name}"), 404, "not-found")

    @pytest.mark.parametrize(
        "sending",
        [{"smtp_url": "smtp://localhost:25"}, {"app_env": "production"}],
        ids=lambda sending: next(iter(sending)),
    )
    async def test_where_mail_is_sent_no_letter_is_kept(self, world: World, tmp_path: Path, sending: dict[str, str]):
        letters = KeptLetters(world.settings(data_dir=tmp_path, **sending).kept_mail)
        id_ = uuid4()
        (tmp_path / "mail").mkdir()
        _letter(tmp_path / "mail", id_)
        assert await letters.among([id_]) == set()
        assert await letters.read(id_) is None
