"""What becomes of an issue: its text, its status, and two people at once."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from app.issues.statuses import FOLLOWED_BY, IssueStatus
from tests.issues.people import Desk
from tests.running import is_problem
from tests.world import PEOPLE, World

STEPS = [(before, after) for before in IssueStatus for after in IssueStatus if before != after]


def _refusal(answer) -> tuple[int, str]:
    assert is_problem(answer)
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def _becomes(desk: Desk, issue: dict[str, Any], status: str) -> dict[str, Any]:
    return await desk.changes("dev", issue, status=status, reason="So it is.")


class TestText:
    async def test_its_author_changes_it_while_it_is_open(self, desk: Desk):
        issue = await desk.raises(body="Here")
        changed = await desk.changes("client", issue, title="  Two  leaks ", body="")
        assert (changed["title"], changed["body"], changed["version"]) == ("Two leaks", "", 2)
        assert changed["updated_at"] > changed["created_at"] == issue["created_at"]
        assert changed["history"] == []
        assert await desk.shown("dev", issue) == changed

    async def test_what_is_left_out_or_null_stays(self, desk: Desk):
        issue = await desk.raises(body="Here")
        changed = await desk.changes("client", issue, title="Two leaks", body=None)
        assert (changed["title"], changed["body"]) == ("Two leaks", "Here")

    @pytest.mark.parametrize("status", ["in_progress", "done", "declined"])
    @pytest.mark.parametrize("person", ["client", "admin"])
    async def test_nobody_does_once_it_is_worked_on(self, desk: Desk, status, person):
        issue = await desk.raises()
        await _becomes(desk, issue, status)
        assert _refusal(await desk.patch(person, issue, title="Two leaks")) == (409, "not-open")
        await desk.changes(person, issue, title="A leak")

    async def test_its_author_can_again_when_it_is_open_again(self, desk: Desk):
        issue = await desk.raises()
        await _becomes(desk, issue, "declined")
        await _becomes(desk, issue, "open")
        assert (await desk.changes("client", issue, title="Two leaks"))["version"] == 4

    @pytest.mark.parametrize("person", ["dev", "pm"])
    async def test_the_team_does_not(self, desk: Desk, person):
        issue = await desk.raises()
        assert _refusal(await desk.patch(person, issue, title="Two leaks")) == (403, "forbidden")
        assert _refusal(await desk.patch(person, issue, title="Two leaks", status="done")) == (403, "forbidden")
        assert (await desk.shown("client", issue))["version"] == 1

    async def test_an_admin_changes_anybodys_and_a_client_only_their_own(self, desk: Desk):
        issue = await desk.raises("admin")
        assert _refusal(await desk.patch("client", issue, title="Mine")) == (403, "forbidden")
        own = await desk.raises("client")
        assert (await desk.changes("admin", own, title="Theirs"))["title"] == "Theirs"

    @pytest.mark.parametrize(
        ("field", "value"), [("title", ""), ("title", "x" * 201), ("title", "a\nb"), ("body", "x" * 10_001)]
    )
    async def test_has_the_limits_of_a_new_one(self, desk: Desk, field, value):
        answer = await desk.patch("client", await desk.raises(), **{field: value})
        assert _refusal(answer) == (422, "invalid")
        assert answer.json()["errors"][0]["loc"] == ["body", field]


class TestStatus:
    @pytest.mark.parametrize(("before", "after"), STEPS)
    async def test_follows_the_table(self, desk: Desk, before, after):
        issue = await desk.raises()
        if before != "open":
            await _becomes(desk, issue, before)
        answer = await desk.patch("dev", issue, status=after, reason="So it is.")
        if after in FOLLOWED_BY[before]:
            assert (answer.status_code, answer.json()["status"]) == (200, after)
        else:
            assert _refusal(answer) == (409, "status-step")
            assert (await desk.shown("dev", issue))["status"] == before

    def test_the_table(self):
        assert {before.value: {after.value for after in FOLLOWED_BY[before]} for before in IssueStatus} == {
            "open": {"in_progress", "done", "declined"},
            "in_progress": {"open", "done", "declined"},
            "done": {"open", "in_progress"},
            "declined": {"open"},
        }

    @pytest.mark.parametrize("person", ["dev", "pm", "admin"])
    async def test_is_the_teams(self, desk: Desk, person):
        assert (await desk.changes(person, await desk.raises(), status="in_progress"))["version"] == 2

    async def test_is_not_the_clients_even_as_it_is(self, desk: Desk):
        issue = await desk.raises()
        for changes in ({"status": "done"}, {"status": "open"}, {"title": "Two leaks", "status": "done"}):
            assert _refusal(await desk.patch("client", issue, **changes)) == (403, "forbidden")
        assert (await desk.shown("client", issue))["title"] == "A leak"

    @pytest.mark.parametrize("reason", [{}, {"reason": None}, {"reason": ""}, {"reason": " \u200b"}])
    async def test_declined_needs_a_reason(self, desk: Desk, reason):
        issue = await desk.raises()
        answer = await desk.patch("dev", issue, status="declined", **reason)
        assert _refusal(answer) == (422, "invalid")
        assert [each["loc"] for each in answer.json()["errors"]] == [["body", "reason"]]
        assert (await desk.shown("dev", issue))["status"] == "open"

    async def test_a_reason_without_a_status_is_refused(self, desk: Desk):
        assert _refusal(await desk.patch("dev", await desk.raises(), reason="Because")) == (422, "invalid")

    async def test_its_history_says_who_made_it_what_and_why(self, desk: Desk):
        issue = await desk.raises()
        await desk.changes("pm", issue, status="in_progress")
        await desk.changes("dev", issue, status="declined", reason="  It is condensation.\nOpen a window. ")
        await desk.changes("client", issue, title="A leak")
        changed = await desk.changes("admin", issue, status="open")
        shown = await desk.shown("client", issue)
        assert shown == changed
        assert [tuple(each.values())[:-1] for each in shown["history"]] == [
            (_name("pm", "Paula Meyer"), "open", "in_progress", None),
            (_name("dev", "Deniz Kaya"), "in_progress", "declined", "  It is condensation.\nOpen a window. "),
            (_name("admin", "Ada Okafor"), "declined", "open", None),
        ]
        moments = [each["at"] for each in shown["history"]]
        assert moments == sorted(moments)
        assert "@" not in str(shown)

    async def test_an_admin_changes_text_and_status_in_one(self, desk: Desk, world: World):
        issue = await desk.raises()
        changed = await desk.changes("admin", issue, title="Two leaks", status="in_progress")
        assert (changed["title"], changed["status"], changed["version"]) == ("Two leaks", "in_progress", 2)
        assert len(changed["history"]) == 1
        answer = await desk.patch("admin", issue, title="Three leaks", status="open")
        assert _refusal(answer) == (409, "not-open")
        assert await world.value("SELECT status FROM client_portal.issues") == "in_progress"


def _name(person: str, display_name: str) -> dict[str, str]:
    return {"id": str(PEOPLE[person]), "display_name": display_name}


class TestNothingChanged:
    @pytest.mark.parametrize(
        ("person", "changes"),
        [("client", {}), ("client", {"title": "A leak"}), ("dev", {"status": "open"}), ("admin", {"body": ""})],
    )
    async def test_it_is_answered_as_it_is(self, desk: Desk, world: World, person, changes):
        issue = await desk.raises()
        answered = await desk.changes(person, issue, **changes)
        assert answered == issue | {"history": []}
        assert await world.value("SELECT count(*) FROM client_portal.issue_changes") == 0

    async def test_sent_again_it_stays_done_whatever_version_was_known(self, desk: Desk):
        issue = await desk.raises()
        declined = {"status": "declined", "reason": "It is condensation."}
        first = await desk.patch("dev", issue, if_match='"1"', **declined)
        again = await desk.patch("dev", issue, if_match='"1"', **declined)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()

    async def test_another_reason_for_what_it_is_already_is_no_news(self, desk: Desk):
        issue = await desk.raises()
        first = await desk.changes("dev", issue, status="declined", reason="It is condensation.")
        assert await desk.changes("pm", issue, status="declined", reason="Out of scope.") == first


class TestTwoPeople:
    async def test_every_answer_names_the_version(self, desk: Desk):
        issue = await desk.raises()
        assert (await desk.get("dev", issue)).headers["etag"] == '"1"'
        assert (await desk.patch("dev", issue, status="done")).headers["etag"] == '"2"'
        assert (await desk.get("client", issue)).headers["etag"] == '"2"'

    @pytest.mark.parametrize("if_match", ['"1"', 'W/"1"', "*", None])
    async def test_who_knows_it_as_it_is_changes_it(self, desk: Desk, if_match):
        answer = await desk.patch("dev", await desk.raises(), if_match=if_match, status="done")
        assert answer.status_code == 200

    async def test_who_does_not_is_told_what_has_changed_and_how_it_is(self, desk: Desk):
        issue = await desk.raises()
        await desk.changes("dev", issue, status="in_progress")
        await desk.changes("dev", issue, status="open")
        await desk.changes("client", issue, title="Two leaks")
        await desk.changes("pm", issue, status="declined", reason="It is condensation.")
        answer = await desk.patch("client", issue, if_match='"2"', title="My leak")
        assert _refusal(answer) == (409, "changed-meanwhile")
        body = answer.json()
        assert body["current"] == await desk.shown("client", issue)
        assert [each | {"at": None} for each in body["changes"]] == [
            {
                "version": 3,
                "actor": _name("dev", "Deniz Kaya"),
                "at": None,
                "fields": {"status": {"before": "in_progress", "after": "open"}},
            },
            {
                "version": 4,
                "actor": _name("client", "Clara Jensen"),
                "at": None,
                "fields": {"title": {"before": "A leak", "after": "Two leaks"}},
            },
            {
                "version": 5,
                "actor": _name("pm", "Paula Meyer"),
                "at": None,
                "fields": {
                    "status": {"before": "open", "after": "declined"},
                    "reason": {"before": None, "after": "It is condensation."},
                },
            },
        ]
        told = {each["at"] for each in body["changes"]}
        assert {each["at"] for each in body["current"]["history"][1:]} < told

    async def test_text_and_status_in_one_are_one_change(self, desk: Desk):
        issue = await desk.raises(body="Here")
        await desk.changes("admin", issue, title="Two leaks", body="", status="done")
        answer = await desk.patch("client", issue, if_match='"1"', title="My leak")
        (change,) = answer.json()["changes"]
        assert (change["version"], change["actor"]) == (2, _name("admin", "Ada Okafor"))
        assert change["fields"] == {
            "title": {"before": "A leak", "after": "Two leaks"},
            "body": {"before": "Here", "after": ""},
            "status": {"before": "open", "after": "done"},
        }

    @pytest.mark.parametrize("if_match", ['"0"', '"2"', '"999999999999999999"'])
    async def test_a_version_that_never_was_is_an_old_one(self, desk: Desk, if_match):
        answer = await desk.patch("dev", await desk.raises(), if_match=if_match, status="done")
        assert _refusal(answer) == (409, "changed-meanwhile")
        assert answer.json()["changes"] == []

    @pytest.mark.parametrize("if_match", ["1", '"one"', '"1", "2"', "", '"-1"', '"' + "9" * 19 + '"', "\xe9"])
    async def test_a_header_of_another_form_is_named_as_the_fault(self, desk: Desk, if_match):
        issue = await desk.raises()
        headers = [(b"If-Match", if_match.encode("latin-1"))]
        answer = await desk.as_person("dev").patch(
            f"/api/issues/{issue['id']}", json={"status": "done"}, headers=headers
        )
        assert _refusal(answer) == (422, "invalid")
        assert answer.json()["errors"][0]["loc"] == ["header", "if-match"]

    async def test_at_the_same_moment_exactly_one_wins(self, desk: Desk, world: World):
        issue = await desk.raises()
        statuses = ["in_progress", "done", "declined"] * 3
        answers = await asyncio.gather(
            *(
                desk.patch(person, issue, if_match='"1"', status=status, reason=f"By {person} at {place}")
                for place, status in enumerate(statuses)
                for person in ("dev", "pm")
            )
        )
        # Who asks for what it is already is told so; all others came too late.
        assert sorted(answer.status_code for answer in answers) == [200] * 6 + [409] * 12
        assert len({answer.json()["history"][0]["reason"] for answer in answers if answer.status_code == 200}) == 1
        assert {_refusal(answer)[1] for answer in answers if answer.status_code == 409} == {"changed-meanwhile"}
        assert await world.value("SELECT version FROM client_portal.issues") == 2
        assert await world.value("SELECT count(*) FROM client_portal.issue_changes") == 1

    async def test_a_text_and_a_status_at_the_same_moment_never_both_pass_unseen(self, desk: Desk):
        for _ in range(5):
            issue = await desk.raises()
            text, status = await asyncio.gather(
                desk.patch("client", issue, if_match='"1"', title="Two leaks"),
                desk.patch("dev", issue, if_match='"1"', status="done"),
            )
            assert sorted((text.status_code, status.status_code)) == [200, 409]

    async def test_without_a_version_both_are_written_down(self, desk: Desk):
        issue = await desk.raises()
        await asyncio.gather(
            *(desk.patch("dev", issue, status=status) for status in ("in_progress", "open", "done", "in_progress"))
        )
        shown = await desk.shown("dev", issue)
        assert shown["version"] == len(shown["history"]) + 1
        steps = ["open", *(each["status"] for each in shown["history"])]
        assert [each["status_before"] for each in shown["history"]] == steps[:-1]
        assert shown["status"] == steps[-1]


class TestReach:
    async def test_it_is_there_for_the_client_the_team_and_admins_only(self, desk: Desk, other_room: str):
        issue = await desk.raises()
        found = {person: (await desk.get(person, issue)).status_code for person in PEOPLE}
        assert found == {"client": 200, "pm": 200, "dev": 200, "admin": 200, "client2": 404, "pm2": 404, "dev2": 404}

    @pytest.mark.parametrize(
        ("person", "changes"), [("client2", {"title": "Mine"}), ("dev2", {"status": "done"}), ("pm2", {}), ("dev2", {})]
    )
    async def test_who_does_not_reach_it_cannot_change_it(self, desk: Desk, other_room: str, person, changes):
        issue = await desk.raises()
        answer = await desk.patch(person, issue, if_match='"7"', **changes)
        assert _refusal(answer) == (404, "not-found")
        assert answer.content == (await desk.patch(person, {"id": uuid4()}, **changes)).content
        assert (await desk.shown("client", issue))["version"] == 1
