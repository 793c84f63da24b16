"""What each person hears of, by which channel and when: read and changed over HTTP."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.preferences.event_types import EventType
from tests.running import caller_of, is_problem
from tests.world import PEOPLE, World, bearer

PATH = "/api/notifications/preferences"
OF_TEAM = ["issue_created", "requirement_created", "message_posted", "file_uploaded", "approval_decided"]
OF_CLIENTS = ["message_posted", "file_uploaded", "task_completed", "approval_requested", "approval_decided"]


@pytest.fixture
async def dev(app: FastAPI):
    async with caller_of(app, headers=bearer("dev")) as caller:
        yield caller


@pytest.fixture
async def pm(app: FastAPI):
    async with caller_of(app, headers=bearer("pm")) as caller:
        yield caller


async def _read(caller: httpx.AsyncClient) -> dict[str, Any]:
    answer = await caller.get(PATH)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _change(caller: httpx.AsyncClient, **change: Any) -> dict[str, Any]:
    """What is answered, which is what is read afterwards."""
    answer = await caller.patch(PATH, json=change)
    assert answer.status_code == 200, answer.text
    assert answer.json() == await _read(caller)
    return dict(answer.json())


class TestAtFirst:
    async def test_all_is_heard_of_at_once(self, dev: httpx.AsyncClient):
        assert await _read(dev) == {
            "channels": [{"type": type_, "bell": True, "email": True} for type_ in OF_TEAM],
            "muted_projects": [],
            "digest": "at_once",
            "time_zone": None,
            "quiet_hours": None,
        }

    @pytest.mark.parametrize(
        ("person", "types"), [("client", OF_CLIENTS), ("dev", OF_TEAM), ("pm", OF_TEAM), ("admin", OF_TEAM)]
    )
    async def test_only_of_what_the_role_is_told(self, app: FastAPI, person: str, types: list[str]):
        async with caller_of(app, headers=bearer(person)) as caller:
            assert [each["type"] for each in (await _read(caller))["channels"]] == types

    async def test_whose_role_means_nothing_here_may_be_told_of_anything(self, app: FastAPI):
        async with caller_of(app, headers=bearer("pm", role="accountant")) as caller:
            assert [each["type"] for each in (await _read(caller))["channels"]] == [str(type_) for type_ in EventType]


class TestChanges:
    async def test_of_one_channel_leave_the_others(self, dev: httpx.AsyncClient):
        await _change(dev, channels=[{"type": "message_posted", "bell": False}])
        await _change(dev, channels=[{"type": "message_posted", "email": False}])
        found = await _change(dev, channels=[{"type": "issue_created", "email": False}])
        by_type = {each["type"]: (each["bell"], each["email"]) for each in found["channels"]}
        assert by_type == dict.fromkeys(OF_TEAM, (True, True)) | {
            "message_posted": (False, False),
            "issue_created": (True, False),
        }
        found = await _change(dev, channels=[{"type": "message_posted", "bell": True, "email": None}])
        assert {"type": "message_posted", "bell": True, "email": False} in found["channels"]

    async def test_of_a_type_that_is_named_twice_come_one_after_the_other(self, dev: httpx.AsyncClient):
        twice = [{"type": "message_posted", "bell": False}, {"type": "message_posted", "bell": True, "email": False}]
        found = await _change(dev, channels=twice)
        assert {"type": "message_posted", "bell": True, "email": False} in found["channels"]

    async def test_of_nothing_change_nothing(self, dev: httpx.AsyncClient, world: World):
        before = await _read(dev)
        nothings: list[dict[str, Any]] = [
            {},
            {"channels": []},
            {"channels": [{"type": "issue_created"}]},
            {"digest": None},
        ]
        for nothing in nothings:
            assert await _change(dev, **nothing) == before
        for table in ("notification_choices", "notification_times"):
            assert await world.value(f"SELECT count(*) FROM client_portal.{table}") == 0

    async def test_of_times(self, dev: httpx.AsyncClient):
        hours = {"from": "22:00", "to": "07:30"}
        found = await _change(dev, digest="daily", time_zone="Europe/Berlin", quiet_hours=hours)
        assert (found["digest"], found["time_zone"], found["quiet_hours"]) == ("daily", "Europe/Berlin", hours)
        found = await _change(dev, digest="hourly")
        assert (found["digest"], found["time_zone"], found["quiet_hours"]) == ("hourly", "Europe/Berlin", hours)
        found = await _change(dev, quiet_hours=None)
        assert (found["digest"], found["time_zone"], found["quiet_hours"]) == ("hourly", "Europe/Berlin", None)

    @pytest.mark.parametrize(("begin", "end"), [("00:00", "23:59"), ("23:59", "00:00"), ("12:15", "12:16")])
    async def test_quiet_hours_may_go_over_midnight(self, dev: httpx.AsyncClient, begin: str, end: str):
        hours = {"from": begin, "to": end}
        assert (await _change(dev, quiet_hours=hours))["quiet_hours"] == hours

    async def test_a_time_zone_is_nobodys_until_they_choose_one(self, dev: httpx.AsyncClient):
        assert (await _change(dev, digest="daily"))["time_zone"] is None
        assert (await _change(dev, time_zone="UTC"))["time_zone"] == "UTC"
        assert (await _change(dev, digest="hourly", time_zone=None))["time_zone"] == "UTC"

    @pytest.mark.parametrize("zone", ["UTC", "America/Argentina/Buenos_Aires", "Asia/Calcutta", "Etc/GMT+5"])
    async def test_time_zones_as_browsers_name_them(self, dev: httpx.AsyncClient, zone: str):
        assert (await _change(dev, time_zone=zone))["time_zone"] == zone

    async def test_are_nobody_elses(self, dev: httpx.AsyncClient, pm: httpx.AsyncClient):
        before = await _read(pm)
        await _change(dev, digest="daily", channels=[{"type": "message_posted", "bell": False}])
        assert await _read(pm) == before

    @pytest.mark.parametrize(
        ("change", "where"),
        [
            ({"channels": [{"type": "weather", "bell": False}]}, ["body", "channels", 0, "type"]),
            ({"channels": [{"type": "task_completed", "bell": False}]}, ["body", "channels", 0, "type"]),
            ({"channels": [{"bell": False}]}, ["body", "channels", 0, "type"]),
            ({"channels": [{"type": "message_posted", "bell": "perhaps"}]}, ["body", "channels", 0, "bell"]),
            ({"channels": {"type": "message_posted"}}, ["body", "channels"]),
            ({"digest": "weekly"}, ["body", "digest"]),
            ({"time_zone": "Europe/Atlantis"}, ["body", "time_zone"]),
            ({"time_zone": "europe/berlin"}, ["body", "time_zone"]),
            ({"time_zone": "../../etc/passwd"}, ["body", "time_zone"]),
            ({"time_zone": ""}, ["body", "time_zone"]),
            ({"quiet_hours": {"from": "22:00", "to": "22:00"}}, ["body", "quiet_hours"]),
            ({"quiet_hours": {"from": "22:00"}}, ["body", "quiet_hours", "to"]),
            ({"quiet_hours": {"from": "24:00", "to": "07:00"}}, ["body", "quiet_hours", "from"]),
            ({"quiet_hours": {"from": "7:00", "to": "08:00"}}, ["body", "quiet_hours", "from"]),
            ({"quiet_hours": {"from": "22:00", "to": "0\u0667:00"}}, ["body", "quiet_hours", "to"]),
        ],
    )
    async def test_that_cannot_be_are_refused_as_a_whole(
        self, dev: httpx.AsyncClient, change: dict[str, Any], where: list[Any]
    ):
        before = await _read(dev)
        answer = await dev.patch(PATH, json={"digest": "hourly"} | change)
        assert answer.status_code == 422
        assert is_problem(answer)
        assert where in [each["loc"] for each in answer.json()["errors"]]
        assert await _read(dev) == before

    async def test_of_the_same_types_by_two_at_once_do_not_hinder_each_other(self, dev: httpx.AsyncClient):
        channels = [{"type": type_, "bell": False} for type_ in OF_TEAM]
        bodies = [{"channels": channels[::step], "digest": "daily"} for step in (1, -1)] * 8
        answers = await asyncio.gather(*(dev.patch(PATH, json=body) for body in bodies))
        assert {answer.status_code for answer in answers} == {200}
        assert not any(each["bell"] for each in (await _read(dev))["channels"])

    async def test_of_whom_the_host_forgets_meanwhile_are_refused(self, app: FastAPI, world: World):
        guest = uuid4()
        await world.execute("INSERT INTO public.users (id, full_name, email) VALUES ($1, 'Gil', 'gil@host')", guest)
        async with caller_of(app, headers=bearer(guest)) as caller:
            await _read(caller)
            await world.execute("DELETE FROM public.users WHERE id = $1", guest)
            for change in ({"digest": "daily"}, {"channels": [{"type": "message_posted", "bell": False}]}):
                assert (await caller.patch(PATH, json=change)).status_code == 422


async def test_people_without_an_account_have_preferences_too(app: FastAPI, world: World):
    """Such as a manager whom the host's own assignment names: the bell is theirs."""
    guest = uuid4()
    await world.execute("INSERT INTO public.users (id, full_name, email) VALUES ($1, 'Gil', 'gil@host')", guest)
    await world.execute(
        "INSERT INTO client_portal.project_members (project_id, user_id, role) VALUES ($1, $2, 'manager')",
        FIRST_PROJECT,
        guest,
    )
    async with caller_of(app, headers=bearer(guest)) as caller:
        await _change(caller, digest="daily", channels=[{"type": "issue_created", "bell": False}])
        assert (await caller.put(f"/api/notifications/muted_projects/{FIRST_PROJECT}")).status_code == 204
        assert (await _read(caller))["muted_projects"] == [str(FIRST_PROJECT)]
        assert (await caller.post("/api/notifications/visible")).status_code == 204


class TestMutedProjects:
    async def test_are_muted_and_heard_again(self, dev: httpx.AsyncClient, world: World):
        path = f"/api/notifications/muted_projects/{FIRST_PROJECT}"
        for _ in range(2):
            assert (await dev.put(path)).status_code == 204
            assert (await _read(dev))["muted_projects"] == [str(FIRST_PROJECT)]
        for _ in range(2):
            assert (await dev.delete(path)).status_code == 204
            assert (await _read(dev))["muted_projects"] == []

    async def test_out_of_reach_there_is_nothing_to_mute(self, dev: httpx.AsyncClient, world: World):
        answers = [
            await dev.request(method, f"/api/notifications/muted_projects/{project}")
            for project in (SECOND_PROJECT, uuid4())
            for method in ("PUT", "DELETE")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert await world.value("SELECT count(*) FROM client_portal.muted_projects") == 0

    async def test_an_admin_reaches_all(self, app: FastAPI):
        async with caller_of(app, headers=bearer("admin")) as admin:
            for project in (SECOND_PROJECT, FIRST_PROJECT):
                assert (await admin.put(f"/api/notifications/muted_projects/{project}")).status_code == 204
            muted = [str(SECOND_PROJECT), str(FIRST_PROJECT)]
            assert (await _read(admin))["muted_projects"] == muted, "in the order in which they were muted"

    async def test_what_is_out_of_reach_later_is_shown_no_more_and_is_muted_still_when_it_is_back(
        self, dev: httpx.AsyncClient, world: World
    ):
        path = f"/api/notifications/muted_projects/{FIRST_PROJECT}"
        assert (await dev.put(path)).status_code == 204
        membership = "client_portal.project_members WHERE project_id = $1 AND user_id = $2"
        await world.execute(f"DELETE FROM {membership}", FIRST_PROJECT, PEOPLE["dev"])
        assert (await _read(dev))["muted_projects"] == []
        assert (await dev.delete(path)).status_code == 404
        await world.execute(
            "INSERT INTO client_portal.project_members (project_id, user_id, role) VALUES ($1, $2, 'developer')",
            FIRST_PROJECT,
            PEOPLE["dev"],
        )
        assert (await _read(dev))["muted_projects"] == [str(FIRST_PROJECT)]

    async def test_are_nobody_elses(self, dev: httpx.AsyncClient, pm: httpx.AsyncClient):
        await dev.put(f"/api/notifications/muted_projects/{FIRST_PROJECT}")
        assert (await _read(pm))["muted_projects"] == []
        await pm.delete(f"/api/notifications/muted_projects/{FIRST_PROJECT}")
        assert (await _read(dev))["muted_projects"] == [str(FIRST_PROJECT)]

    async def test_at_the_same_time_many_times(self, dev: httpx.AsyncClient):
        path = f"/api/notifications/muted_projects/{FIRST_PROJECT}"
        answers = await asyncio.gather(*(dev.request(each, path) for each in ("PUT", "DELETE") * 8))
        assert {answer.status_code for answer in answers} == {204}


async def test_a_change_that_is_not_committed_is_a_fault_and_changes_nothing(dev: httpx.AsyncClient, world: World):
    before = await _read(dev)
    await world.execute(
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END$$;"
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON client_portal.notification_times"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse()"
    )
    assert (await dev.patch(PATH, json={"digest": "daily"})).status_code == 500
    assert await _read(dev) == before


async def test_types_that_somebody_of_another_role_has_chosen_are_kept(app: FastAPI, world: World):
    """Whose role changes finds what both roles are told of as it was."""
    async with caller_of(app, headers=bearer("dev")) as dev:
        await _change(dev, channels=[{"type": each, "email": False} for each in OF_TEAM])
    async with caller_of(app, headers=bearer("dev", role="client")) as client:
        by_type = {each["type"]: each["email"] for each in (await _read(client))["channels"]}
    assert by_type == {type_: type_ not in OF_TEAM for type_ in OF_CLIENTS}
