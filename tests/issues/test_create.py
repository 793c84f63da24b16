"""Raising issues and requirements: who may, what is taken, who is told."""

import asyncio
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.core.test_health import fail_commits
from tests.issues.people import Desk
from tests.running import is_problem
from tests.world import PEOPLE, World


class TestCreate:
    async def test_answers_the_issue_as_everybody_sees_it(self, desk: Desk):
        answer = await desk.post("client", title="A leak", body="Under the window.\nOnly with west wind.")
        issue = answer.json()
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        assert issue["created_at"] == issue["updated_at"]
        assert issue | {"id": None, "created_at": None, "updated_at": None} == {
            "id": None,
            "project_id": str(FIRST_PROJECT),
            "project_name": "Harbour House renovation",
            "room_id": desk.room,
            "client": {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen"},
            "kind": "issue",
            "title": "A leak",
            "body": "Under the window.\nOnly with west wind.",
            "status": "open",
            "author": {"id": str(PEOPLE["client"]), "display_name": "Clara Jensen"},
            "version": 1,
            "files": [],
            "created_at": None,
            "updated_at": None,
        }

    @pytest.mark.parametrize(("person", "status"), [("client", 201), ("admin", 201), ("pm", 403), ("dev", 403)])
    async def test_clients_raise_them_and_admins_can(self, desk: Desk, world: World, person, status):
        answer = await desk.post(person)
        assert answer.status_code == status
        assert await world.value("SELECT count(*) FROM client_portal.issues") == (1 if status == 201 else 0)

    async def test_another_clients_room_is_not_there(self, desk: Desk, other_room: str):
        assert (await desk.post("client2")).status_code == 404
        assert (await desk.post("client", room=other_room)).status_code == 404
        assert (await desk.post("client", room=str(uuid4()))).status_code == 404

    async def test_a_closed_room_takes_none_and_keeps_what_it_has(self, desk: Desk, world: World):
        issue = await desk.raises()
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["client"])
        answer = await desk.post("admin")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/room-closed")
        assert (await desk.shown("dev", issue))["title"] == "A leak"
        assert (await desk.get("client", issue)).status_code == 404

    async def test_blanks_of_a_title_become_single_ones_and_a_body_stays_as_it_is(self, desk: Desk):
        body = "  <b>bold</b>\n\tjavascript:alert(1) 🦊  "
        issue = await desk.raises(title="  A   leak ", body=body)
        assert (issue["title"], issue["body"]) == ("A leak", body)

    async def test_the_longest_is_taken(self, desk: Desk):
        issue = await desk.raises(title="🦊" * 200, body="🦊" * 10_000)
        assert (len(issue["title"]), len(issue["body"])) == (200, 10_000)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", " \u200b "),
            ("title", "two\nlines"),
            ("title", "\u202eturned"),
            ("title", "x" * 201),
            ("title", "a\0b"),
            ("title", None),
            ("body", "x" * 10_001),
            ("body", "a\0b"),
            ("body", "\x1b[31m"),
            ("kind", "wish"),
            ("kind", None),
            ("id", "no uuid"),
            ("file_ids", ["no uuid"]),
            ("file_ids", [str(uuid4()) for _ in range(11)]),
        ],
    )
    async def test_what_cannot_be_is_named_as_the_fault(self, desk: Desk, field, value):
        answer = await desk.post("client", **{field: value})
        assert answer.status_code == 422
        assert is_problem(answer)
        assert answer.json()["errors"][0]["loc"][:2] == ["body", field]

    async def test_a_file_that_is_not_there_is_refused_and_nothing_is_raised(self, desk: Desk, world: World):
        answer = await desk.post("client", file_ids=[str(uuid4())])
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"][:2] == ["body", "file_ids"]
        assert await world.value("SELECT count(*) FROM client_portal.issues") == 0
        assert await desk.bell("dev") == 0

    async def test_a_commit_that_fails_is_no_201(self, desk: Desk, world: World):
        await fail_commits(world)
        answer = await desk.post("client")
        assert answer.status_code in {500, 503}
        assert is_problem(answer)
        assert await world.value("SELECT count(*) FROM client_portal.issues") == 0


class TestAgain:
    async def test_it_is_the_same_issue(self, desk: Desk, world: World):
        id_ = str(uuid4())
        first = await desk.post("client", id=id_)
        again = await desk.post("client", id=id_)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert first.json()["id"] == id_
        assert await world.value("SELECT count(*) FROM client_portal.issues") == 1

    async def test_many_times_at_once_it_is_one_and_rings_once(self, desk: Desk):
        id_ = str(uuid4())
        answers = await asyncio.gather(*(desk.post("client", id=id_) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert await desk.bell("dev") == 1

    async def test_it_is_the_same_issue_whatever_became_of_it(self, desk: Desk, world: World):
        file_ids = [await _file(world, desk.room, "client")]
        issue = await desk.raises(body="Here", file_ids=file_ids)
        await desk.changes("client", issue, title="Two leaks")
        await desk.changes("client", issue, title="Three leaks", body="There")
        await desk.changes("dev", issue, status="done")
        again = await desk.post("client", id=issue["id"], body="Here", file_ids=file_ids)
        assert (again.status_code, again.headers["etag"]) == (200, '"4"')
        assert (again.json()["title"], again.json()["status"]) == ("Three leaks", "done")
        assert (await desk.post("client", id=issue["id"], title="Three leaks", body="There")).status_code == 409

    @pytest.mark.parametrize("change", [{"title": "Another"}, {"body": "More"}, {"kind": "requirement"}])
    async def test_the_id_of_another_is_refused(self, desk: Desk, change):
        issue = await desk.raises()
        answer = await desk.post("client", id=issue["id"], **change)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/id-in-use")

    async def test_somebody_elses_id_is_refused_and_tells_nothing_of_it(self, desk: Desk, other_room: str):
        issue = await desk.raises(title="My own matter")
        answer = await desk.post("client2", room=other_room, id=issue["id"])
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/id-in-use")
        assert "own matter" not in answer.text
        answer = await desk.post("client2", id=issue["id"])
        assert answer.status_code == 404

    async def test_in_a_room_that_has_closed_meanwhile_the_first_answer_stands(self, desk: Desk, world: World):
        issue = await desk.raises("admin")
        await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["client"])
        assert (await desk.post("admin", id=issue["id"])).status_code == 200


async def _file(world: World, room: str, uploader: str, *, is_draft: bool = True) -> str:
    """A file's row, without its bytes."""
    id_: UUID = await world.value(
        "INSERT INTO client_portal.files (id, room_id, uploader_id, name, media_type, size, sha256, key, shared_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'leak.txt', 'text/plain', 5, 'ab', gen_random_uuid()::text,"
        " CASE WHEN $3 THEN NULL ELSE now() END) RETURNING id",
        room,
        PEOPLE[uploader],
        is_draft,
    )
    return str(id_)


class TestFiles:
    async def test_are_of_the_issue_in_the_order_they_were_named(self, desk: Desk, world: World):
        ids = [await _file(world, desk.room, "client") for _ in range(3)]
        ids.reverse()
        issue = await desk.raises(file_ids=ids)
        assert [file["id"] for file in issue["files"]] == ids
        assert [file["id"] for file in (await desk.shown("dev", issue))["files"]] == ids
        assert [file["id"] for file in (await desk.page("dev"))["items"][0]["files"]] == ids
        changed = await desk.changes("dev", issue, status="done")
        assert [file["id"] for file in changed["files"]] == ids
        assert (await desk.post("client", id=issue["id"], file_ids=ids)).status_code == 200
        assert (await desk.post("client", id=issue["id"], file_ids=ids[:2])).status_code == 409

    async def test_ring_with_the_issue_only(self, desk: Desk, world: World):
        await desk.raises(file_ids=[await _file(world, desk.room, "client")])
        assert await desk.bell("dev") == 1

    async def test_of_another_room_and_drafts_of_others_are_refused(self, desk: Desk, world: World, other_room: str):
        for room, uploader, is_draft in ((other_room, "dev", False), (desk.room, "dev", True)):
            file_id = await _file(world, room, uploader, is_draft=is_draft)
            answer = await desk.post("client", file_ids=[file_id])
            assert answer.status_code == 422
            assert "leak.txt" not in answer.text


class TestTold:
    @pytest.mark.parametrize(
        ("kind", "type_", "title"),
        [
            ("issue", "issue_created", "Clara Jensen raised an issue in Harbour House renovation"),
            ("requirement", "requirement_created", "Clara Jensen raised a requirement in Harbour House renovation"),
        ],
    )
    async def test_the_team_hears_who_raised_what_where(self, desk: Desk, kind, type_, title):
        issue = await desk.raises(kind=kind, title="Dark tiles")
        for person in ("dev", "pm"):
            (item,) = (await desk.as_person(person).get("/api/notifications")).json()["items"]
            assert (item["type"], item["title"], item["body"]) == (type_, title, "Dark tiles")
            assert (item["source_kind"], item["source_id"]) == ("issue", issue["id"])
            assert item["route_path"] == f"/projects/{FIRST_PROJECT}/issues/{issue['id']}"

    async def test_nobody_else_hears_of_it(self, desk: Desk, other_room: str):
        await desk.raises()
        bells = {person: await desk.bell(person) for person in PEOPLE}
        assert bells == {"admin": 0, "pm": 1, "dev": 1, "client": 0, "pm2": 0, "dev2": 0, "client2": 0}

    async def test_what_an_admin_raises_is_told_as_the_clients(self, desk: Desk, world: World):
        await world.act(add_member, FIRST_PROJECT, PEOPLE["admin"], MemberRole.MANAGER)
        await desk.raises("admin")
        assert {person: await desk.bell(person) for person in ("dev", "pm", "client", "admin")} == {
            "dev": 1,
            "pm": 1,
            "client": 0,
            "admin": 0,
        }

    async def test_names_that_are_too_long_for_a_title_are_left_out(self, desk: Desk, world: World):
        await world.execute("UPDATE public.projects SET name = repeat('N', 500)")
        await desk.raises(kind="requirement")
        (item,) = (await desk.as_person("dev").get("/api/notifications")).json()["items"]
        assert item["title"] == "New requirement"

    async def test_no_change_rings(self, desk: Desk, app: FastAPI):
        issue = await desk.raises()
        await desk.changes("client", issue, title="Two leaks")
        await desk.changes("dev", issue, status="declined", reason="It is condensation.")
        await desk.changes("pm", issue, status="open")
        assert [await desk.bell(person) for person in ("dev", "pm", "client")] == [1, 1, 0]
