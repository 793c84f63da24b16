"""Whether an e-mail that is due is sent, and when: by how its recipient stands and wants it at that moment."""

import re
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.core.database import fetch
from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.letters.composer import Composer
from app.letters.judge import LetterJudge
from app.letters.queries import Against, Contents, DueEmail, due_contents
from app.mail.letter import Letter
from app.outbox.courier import Later, Never, Send, TooLate, Unfit, Verdict
from app.projects.models import Room
from app.projects.preflight import HostSchema
from app.settings import QUIET
from tests.letters.judging import LINKS, URL, judged, now_of, verdicts_of
from tests.letters.queued import queued
from tests.running import caller_of
from tests.world import PEOPLE, World, bearer

SETTINGS = "/api/notifications/settings"
PREFERENCES = "/api/notifications/preferences"
VISIBLE = "/api/notifications/visible"
MUTED = f"/api/notifications/muted_projects/{FIRST_PROJECT}"
MEMBER = f"/api/admin/projects/{FIRST_PROJECT}/members/{PEOPLE['dev']}"
ACCOUNT = f"/api/admin/accounts/{PEOPLE['dev']}"


@dataclass
class House:
    """The first project: a client writes to a developer, who would hear of it by e-mail."""

    app: FastAPI
    world: World
    stack: AsyncExitStack
    room: UUID
    callers: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def does(self, person: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """What the answer holds; fails if it is refused."""
        if person not in self.callers:
            self.callers[person] = await self.stack.enter_async_context(caller_of(self.app, headers=bearer(person)))
        answer = await self.callers[person].request(method, path, **sent)
        assert answer.is_success, f"{method} {path} as {person}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}

    async def write(self, body: str = "Hello", person: str = "client") -> dict[str, Any]:
        return await self.does(person, "POST", f"/api/rooms/{self.room}/messages", json={"body": body})

    async def raise_issue(self, title: str = "A leak") -> dict[str, Any]:
        issue = {"kind": "issue", "title": title}
        return await self.does("client", "POST", f"/api/rooms/{self.room}/issues", json=issue)

    async def prefer(self, person: str = "dev", **preferences: Any) -> None:
        await self.does(person, "PATCH", PREFERENCES, json=preferences)

    async def verdict(self, person: str = "dev", at: datetime | None = None) -> Verdict[Letter]:
        """Of the one e-mail that waits for this person."""
        (verdict,) = (await judged(self.app, self.world, at=at))[PEOPLE[person]]
        return verdict

    async def letter(self, person: str = "dev", at: datetime | None = None) -> Letter:
        verdict = await self.verdict(person, at)
        assert isinstance(verdict, Send), verdict
        return verdict.parcel

    async def made_at(self, person: str = "dev") -> datetime:
        made: datetime = await self.world.value(
            "SELECT created_at FROM client_portal.email_outbox WHERE recipient_id = $1", PEOPLE[person]
        )
        return made


@pytest.fixture
async def house(app: FastAPI, world: World):
    room = await world.value(
        f"SELECT id FROM client_portal.{Room.__tablename__} WHERE project_id = $1 AND client_id = $2",
        FIRST_PROJECT,
        PEOPLE["client"],
    )
    async with AsyncExitStack() as stack:
        yield House(app, world, stack, room)


class TestSent:
    async def test_who_is_away_and_wants_it_gets_it(self, house: House):
        message = await house.write("The second sample is darker")
        verdict = await house.verdict()
        assert isinstance(verdict, Send)
        letter = verdict.parcel
        assert (verdict.address, letter.to, letter.to_name) == ("dev@example.com", "dev@example.com", letter.to_name)
        assert "The second sample is darker" in letter.text
        assert f"{URL}/projects/{FIRST_PROJECT}/messages?focus={message['id']}" in letter.text
        assert letter.thread == house.room
        assert letter.unsubscribe_url == LINKS.url(PEOPLE["dev"])

    async def test_several_messages_of_a_room_are_one_mail(self, house: House):
        for body in ("One", "Two", "Three"):
            await house.write(body)
        letter = await house.letter()
        assert letter.subject.startswith("3 new messages in ")
        assert letter.text.index("> One") < letter.text.index("> Two") < letter.text.index("> Three")

    async def test_the_team_is_told_whose_room_it_is_and_the_client_is_not(self, house: House):
        name = await house.world.value(
            "SELECT display_name FROM client_portal.accounts WHERE user_id = $1", PEOPLE["client"]
        )
        await house.raise_issue()
        await house.write(person="dev")
        assert f"In the room of {name}" in (await house.letter("dev")).text
        assert "In the room" not in (await house.letter("client")).text

    async def test_who_has_an_address_for_a_name_is_not_named(self, house: House):
        """Names may have been given before they were refused; a client learns nobody's address."""
        await house.world.execute(
            "UPDATE client_portal.accounts SET display_name = 'Ben, dev@example.com' WHERE user_id = $1", PEOPLE["dev"]
        )
        await house.write("On our way", person="dev")
        letter = await house.letter("client")
        assert "New message" in letter.text.splitlines()
        assert "dev@example.com" not in letter.text + letter.html
        bell = await house.does("client", "GET", "/api/notifications")
        assert bell["items"][0]["title"] == "New message"

    @pytest.mark.parametrize(("writer", "reader", "is_shown"), [("dev", "client", False), ("client", "dev", True)])
    async def test_addresses_that_people_write_are_shown_to_the_team_alone(
        self, house: House, writer: str, reader: str, is_shown: bool
    ):
        await house.write("Please write to owner@host.example, or call", person=writer)
        plans = {"file": ("from john@host.example & co.txt", b"A plan")}
        await house.does(writer, "POST", f"/api/rooms/{house.room}/files", files=plans)
        letter = await house.letter(reader)
        for part in (letter.text, letter.html):
            assert [address in part for address in ("owner@host.example", "john@host.example")] == [is_shown] * 2
        if not is_shown:
            assert "> Please write to [an address, see the portal], or call" in letter.text
            assert "> from [an address, see the portal] & co.txt" in letter.text

    async def test_a_project_without_a_name_shows_its_id(self, house: House):
        await house.write()
        ((verdict,),) = (
            verdicts
            for person, verdicts in (await judged(house.app, house.world, host=HostSchema(False))).items()
            if person == PEOPLE["dev"]
        )
        assert isinstance(verdict, Send)
        assert verdict.parcel.subject == "New message in Project 11111111"

    async def test_a_batch_takes_the_same_few_statements_as_one(self, house: House, monkeypatch: pytest.MonkeyPatch):
        asked = []

        async def counted(*arguments: Any) -> Any:
            asked.append(arguments)
            return await fetch(*arguments)

        monkeypatch.setattr("app.letters.queries.fetch", counted)
        ids = [await queued(house.world, "dev", "A leak", "Another") for _ in range(50)]
        judge = LetterJudge(HostSchema(True), URL, QUIET, LINKS)
        verdicts = await verdicts_of(house.app, judge, ids, await now_of(house.world))
        assert len(asked) == 2
        assert verdicts.keys() == set(ids)
        assert all(isinstance(verdict, Send) and verdict.parcel.id == id_ for id_, verdict in verdicts.items())

    async def test_of_very_much_the_latest_is_taken_and_the_rest_counted(self, house: House):
        id_ = await queued(house.world, "dev", "The first")
        add = """
            INSERT INTO client_portal.email_items
                (notification_id, email_id, project_id, type, source_kind, source_id, title, is_read, created_at)
            SELECT gen_random_uuid(), $1, $2, $3, 'issue', gen_random_uuid(), 'Number ' || n, n % 10 = 0,
                clock_timestamp() + n * interval '1 microsecond'
            FROM generate_series(1, 1000) AS n
        """
        for project, type_ in ((FIRST_PROJECT, "issue_created"), (FIRST_PROJECT, "message_posted")):
            await house.world.execute(add, id_, project, type_)
        now = await now_of(house.world)
        async with house.app.state.database.transaction() as transaction:
            found = await due_contents(transaction.connection, HostSchema(True), [id_], now, most=20)
        contents = found[id_]
        assert len(contents.latest) == 20
        assert [item.created_at for item in contents.latest] == sorted(item.created_at for item in contents.latest)
        assert contents.latest[-1].title == "Number 999"
        assert {(each.type, each.number) for each in contents.tallies} == {
            ("issue_created", 901),
            ("message_posted", 900),
        }
        assert contents.against == {Against.READ}
        letter = await house.letter()
        assert letter.subject.startswith("901 issues and 900 messages in ")
        assert "1781 earlier" in letter.text

    async def test_one_that_cannot_be_put_together_keeps_no_other_back(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        def fails_for_one(composer: Composer, email: DueEmail, contents: Contents) -> Letter:
            if contents.latest[0].title == "Odd":
                raise ValueError(f"something odd in {contents.latest[0].title}, written by clara@example.com")
            return compose(composer, email, contents)

        compose = Composer.compose
        monkeypatch.setattr(Composer, "compose", fails_for_one)
        odd, even = await queued(house.world, "dev", "Odd"), await queued(house.world, "dev", "Even")
        judge = LetterJudge(HostSchema(True), URL, QUIET, LINKS)
        now = await now_of(house.world)
        with capture_logs() as logs:
            verdicts = await verdicts_of(house.app, judge, [odd, even], now)
        assert isinstance(verdicts[even], Send)
        assert isinstance(verdict := verdicts[odd], Unfit)
        assert re.fullmatch(r"It could not be put together: ValueError in letters/judge\.py:\d+", verdict.error)
        (line,) = [each for each in logs if each["event"] == "email_not_composed"]
        assert line["error"] == verdict.error.removeprefix("It could not be put together: ")
        assert line["email"] == str(odd)


class TestNotSent:
    """The reason is what the row says."""

    async def test_to_an_account_that_is_switched_off(self, house: House):
        await house.write()
        await house.does("admin", "PATCH", ACCOUNT, json={"is_active": False})
        assert await house.verdict() == Never("The account is switched off.")

    async def test_to_somebody_without_an_account(self, house: House):
        guest = await house.world.value(
            "INSERT INTO public.users (full_name, email) VALUES ('G', 'g@host') RETURNING id"
        )
        await queued(house.world, recipient_id=guest)
        assert (await judged(house.app, house.world))[guest] == [Never("The recipient has no account.")]

    async def test_to_who_has_switched_e_mail_off(self, house: House):
        await house.write()
        await house.does("dev", "PATCH", SETTINGS, json={"email_enabled": False})
        assert await house.verdict() == Never("E-mail is switched off.")

    async def test_to_who_has_unsubscribed_by_the_link_of_an_earlier_mail(self, house: House):
        await house.write()
        async with caller_of(house.app) as nobody:
            link = house.app.state.unsubscribe_links.url(PEOPLE["dev"])
            assert (await nobody.post(link.removeprefix(house.app.state.settings.base_url))).is_success
        assert await house.verdict() == Never("E-mail is switched off.")

    async def test_to_an_address_that_takes_no_mail_however_it_is_written(self, house: House):
        await house.write()
        await house.world.execute(
            "UPDATE client_portal.accounts SET email = 'Dev@Example.com' WHERE role = 'developer'"
            " AND email = 'dev@example.com'"
        )
        await house.world.execute("INSERT INTO client_portal.email_suppressions VALUES ('dev@example.com', 'unknown')")
        assert await house.verdict() == Never("The address takes no mail: it was returned before.")

    async def test_of_what_was_read_in_the_bell(self, house: House):
        await house.raise_issue()
        (item,) = (await house.does("dev", "GET", "/api/notifications?is_read=false&limit=1"))["items"]
        await house.does("dev", "POST", f"/api/notifications/{item['id']}/read")
        assert await house.verdict() == Never("Nothing left to tell: read already.")

    async def test_of_what_was_marked_with_all_others(self, house: House):
        await house.raise_issue()
        await house.does("dev", "POST", "/api/notifications/read_all")
        assert await house.verdict() == Never("Nothing left to tell: read already.")

    async def test_of_messages_that_were_read_in_their_room(self, house: House):
        message = await house.write()
        await house.does("dev", "POST", f"/api/rooms/{house.room}/read", json={"up_to": message["number"]})
        assert await house.verdict() == Never("Nothing left to tell: read already.")

    async def test_of_messages_that_were_read_though_the_bell_does_not_tell_of_them(self, house: House):
        await house.prefer(channels=[{"type": "message_posted", "bell": False}])
        message = await house.write()
        assert isinstance(await house.verdict(), Send)
        await house.does("dev", "POST", f"/api/rooms/{house.room}/read", json={"up_to": message["number"]})
        assert await house.verdict() == Never("Nothing left to tell: read already.")

    async def test_to_who_has_left_the_project(self, house: House):
        await house.write()
        await house.does("admin", "DELETE", MEMBER)
        assert await house.verdict() == Never("Nothing left to tell: access has ended.")

    async def test_to_who_is_of_the_other_side_than_their_part(self, house: House):
        await house.write()
        await house.world.execute("UPDATE client_portal.accounts SET role = 'client' WHERE user_id = $1", PEOPLE["dev"])
        assert await house.verdict() == Never("Nothing left to tell: access has ended.")

    async def test_of_a_project_that_was_muted_since(self, house: House):
        await house.write()
        await house.does("dev", "PUT", MUTED)
        assert await house.verdict() == Never("Nothing left to tell: the project is muted.")
        await house.does("dev", "DELETE", MUTED)
        assert isinstance(await house.verdict(), Send)

    async def test_of_a_type_that_was_switched_off_since(self, house: House):
        await house.write()
        await house.prefer(channels=[{"type": "message_posted", "email": False}])
        assert await house.verdict() == Never("Nothing left to tell: e-mail of this type is switched off.")

    async def test_of_what_is_older_than_three_days(self, house: House):
        await house.write()
        made = await house.made_at()
        assert isinstance(await house.verdict(at=made + timedelta(days=3)), Send)
        too_late = made + timedelta(days=3, minutes=1)
        assert await house.verdict(at=too_late) == TooLate("Nothing left to tell: older than three days.")

    async def test_of_what_is_older_unless_an_admin_wants_it_sent(self, house: House):
        await house.write()
        await house.world.execute("UPDATE client_portal.email_outbox SET is_forced = true")
        long_after = await house.made_at() + timedelta(days=20)
        assert isinstance(await house.verdict(at=long_after), Send)
        await house.does("dev", "POST", "/api/notifications/read_all")
        assert await house.verdict(at=long_after) == Never("Nothing left to tell: read already.")

    async def test_for_every_reason_there_is_for_some_of_it(self, house: House):
        message = await house.write()
        await house.raise_issue()
        await house.does("dev", "POST", f"/api/rooms/{house.room}/read", json={"up_to": message["number"]})
        await house.prefer(channels=[{"type": "issue_created", "email": False}])
        reason = "Nothing left to tell: read already, e-mail of this type is switched off."
        assert await house.verdict() == Never(reason)

    async def test_when_nothing_is_left_in_it(self, house: House):
        await house.write()
        await house.world.execute("DELETE FROM client_portal.email_items")
        assert await house.verdict() == Never("Nothing left to tell: it was taken back.")

    async def test_but_the_rest_of_it_is(self, house: House):
        message = await house.write("Read already")
        await house.raise_issue("Still unknown")
        await house.does("dev", "POST", f"/api/rooms/{house.room}/read", json={"up_to": message["number"]})
        letter = await house.letter()
        assert letter.subject.startswith("New issue in ")
        assert "Read already" not in letter.text + letter.html
        assert "Still unknown" in letter.text


class TestLater:
    @pytest.mark.parametrize("digest", ["hourly", "daily"])
    async def test_a_digest_collects_everything_until_its_time(self, house: House, digest: str):
        await house.prefer(digest=digest, time_zone="Asia/Kathmandu")
        await house.write("In the first room")
        made = await house.made_at()
        verdict = await house.verdict(at=made)
        assert isinstance(verdict, Later)
        assert made < verdict.at <= made + timedelta(hours=1 if digest == "hourly" else 24)
        assert (verdict.at.minute, verdict.at.second) == (15, 0)  # the full hour, in Kathmandu
        await house.raise_issue("A leak")
        letter = await house.letter(at=verdict.at)
        assert letter.subject.startswith("1 issue and 1 message in ")
        assert letter.thread == PEOPLE["dev"]
        assert f"Your {digest} digest from Client Portal, sent to dev@example.com" in letter.text

    async def test_a_digest_tells_of_all_projects_in_one_mail(self, house: House):
        await house.does(
            "admin", "PUT", f"/api/admin/projects/{SECOND_PROJECT}/members/{PEOPLE['dev']}", json={"role": "developer"}
        )
        await house.prefer(digest="daily")
        await house.write("Here")
        (room,) = await house.world.fetch("SELECT id FROM client_portal.rooms WHERE project_id = $1", SECOND_PROJECT)
        await house.does("client2", "POST", f"/api/rooms/{room['id']}/messages", json={"body": "There"})
        letter = await house.letter(at=await house.made_at() + timedelta(days=1))
        assert letter.subject == "2 new messages in 2 projects"
        assert letter.text.index("> Here") < letter.text.index("> There")

    async def test_quiet_hours_are_waited_for(self, house: House):
        await house.write()
        now = (await now_of(house.world)).astimezone(UTC)
        begin, end = now - timedelta(hours=1), (now + timedelta(hours=1)).replace(second=0, microsecond=0)
        await house.prefer(quiet_hours={"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"}, time_zone="UTC")
        assert await house.verdict(at=now) == Later(end)
        assert isinstance(await house.verdict(at=end), Send)

    async def test_quiet_hours_of_a_zone_that_is_no_longer_known_are_by_utc(self, house: House):
        await house.write()
        now = (await now_of(house.world)).astimezone(UTC)
        end = (now + timedelta(hours=1)).replace(second=0, microsecond=0)
        await house.prefer(quiet_hours={"from": f"{now - timedelta(hours=1):%H:%M}", "to": f"{end:%H:%M}"})
        await house.world.execute("UPDATE client_portal.notification_times SET time_zone = 'Nowhere/Atlantis'")
        assert await house.verdict(at=now) == Later(end)

    async def test_who_looks_at_the_portal_has_twice_the_time(self, house: House):
        await house.write()
        await house.does("dev", "POST", VISIBLE)
        made = await house.made_at()
        assert await house.verdict(at=made) == Later(made + 2 * QUIET)
        await house.does("dev", "DELETE", VISIBLE)
        assert isinstance(await house.verdict(), Send)

    async def test_who_looks_longer_gets_it_all_the_same(self, house: House):
        await house.write()
        await house.world.execute(
            "INSERT INTO client_portal.visibility VALUES ($1, clock_timestamp() + interval '1 day')", PEOPLE["dev"]
        )
        made = await house.made_at()
        assert await house.verdict(at=made + 2 * QUIET - timedelta(seconds=1)) == Later(made + 2 * QUIET)
        assert isinstance(await house.verdict(at=made + 2 * QUIET), Send)

    async def test_what_is_not_to_be_sent_does_not_wait_first(self, house: House):
        await house.prefer(digest="daily")
        await house.raise_issue()
        await house.does("dev", "POST", "/api/notifications/read_all")
        assert await house.verdict() == Never("Nothing left to tell: read already.")
