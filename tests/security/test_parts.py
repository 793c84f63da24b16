"""An account's role and its person's parts in projects go together: no buyer is told what the team is told."""

import pytest
from fastapi import FastAPI

from tests.running import caller_of, is_problem
from tests.security.cast import PROJECTS, Cast
from tests.tools.commands import on, portal, refuses

PART = f"/api/admin/projects/{PROJECTS['first']}/members"


@pytest.mark.parametrize(("part", "role"), [("manager", "client"), ("manager", "developer"), ("client", "staff")])
async def test_who_has_a_part_already_gets_no_account_that_cannot_have_it(app: FastAPI, cast: Cast, part, role):
    """The host's users can belong to projects before they have an account here."""
    new = {"user_id": str(cast.guest), "email": "guest@mail.example", "display_name": "Gil Guest", "role": role}
    async with caller_of(app, headers=await cast.headers("admin")) as admin:
        assert (await admin.put(f"{PART}/{cast.guest}", json={"role": part})).status_code == 204
        answer = await admin.post("/api/admin/accounts", json=new)
        assert answer.status_code == 409
        assert is_problem(answer)
        assert answer.json()["type"] == "/problems/role-does-not-fit"
        assert (await admin.get(f"/api/admin/accounts/{cast.guest}")).status_code == 404


async def test_the_other_way_round_is_refused_too(app: FastAPI, cast: Cast):
    async with caller_of(app, headers=await cast.headers("admin")) as admin:
        for person, part in (("client2", "developer"), ("client2", "manager"), ("dev2", "client"), ("dev2", "manager")):
            answer = await admin.put(f"{PART}/{cast.ids[person]}", json={"role": part})
            assert answer.status_code == 422, (person, part)


async def test_the_command_refuses_it_as_well(app: FastAPI, cast: Cast):
    async with caller_of(app, headers=await cast.headers("admin")) as admin:
        assert (await admin.put(f"{PART}/{cast.guest}", json={"role": "manager"})).status_code == 204
    new = ("--user-id", str(cast.guest), "--email", "guest@mail.example", "--name", "Gil Guest", "--role", "client")
    assert "This person is a manager in 1 project" in refuses(portal("account", "create", *new, **on(cast.world)))
    assert not await cast.world.value("SELECT count(*) FROM client_portal.accounts WHERE user_id = $1", cast.guest)


async def test_who_becomes_a_client_loses_what_they_were_told_as_one_of_the_team(app: FastAPI, cast: Cast):
    """It speaks of other clients, and would be in reach again with the project."""
    async with caller_of(app, headers=await cast.headers("client")) as client:
        (room,) = (await client.get("/api/rooms")).json()["items"]
        message = {"body": "For the team only"}
        assert (await client.post(f"/api/rooms/{room['id']}/messages", json=message)).status_code == 201
    dev = cast.ids["dev"]
    async with caller_of(app, headers=await cast.headers("dev")) as as_developer:
        assert "For the team only" in (await as_developer.get("/api/notifications")).text
    async with caller_of(app, headers=await cast.headers("admin")) as admin:
        assert (await admin.delete(f"{PART}/{dev}")).status_code == 204
        assert (await admin.patch(f"/api/admin/accounts/{dev}", json={"role": "client"})).status_code == 200
        assert (await admin.put(f"{PART}/{dev}", json={"role": "client"})).status_code == 204
    token = await cast.world.open_session("dev")
    async with caller_of(app, headers={"Authorization": f"Bearer {token}"}) as as_client:
        assert (await as_client.get(f"/api/projects/{PROJECTS['first']}")).status_code == 200
        assert (await as_client.get("/api/notifications")).json()["items"] == []
