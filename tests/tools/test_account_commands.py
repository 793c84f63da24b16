"""`portal account` and `portal member`, as an operator types them."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from tests.audited import Audited
from tests.portal import free_port
from tests.running import caller_of
from tests.tools.commands import Done, forked, on, portal, refuses, rows, succeeds
from tests.tools.test_portal_command import create_account, new_user
from tests.world import PEOPLE, World, email

PM = str(PEOPLE["pm"])


def account(world: World, *arguments: str, **environment: str) -> Done:
    return portal("account", *arguments, **(on(world) | environment))


async def _sign_in(http: httpx.AsyncClient, address: str, password: str = "demo-password") -> int:
    return (await http.post("/api/auth/login", json={"email": address, "password": password})).status_code


async def _set_password(http: httpx.AsyncClient, link: str, password: str) -> int:
    change = {"token": link.strip().partition("#")[2], "new_password": password}
    return (await http.post("/api/auth/password_link", json=change)).status_code


class TestLinks:
    async def test_an_account_whose_person_sets_the_password(self, world: World, http: httpx.AsyncClient):
        audited = await Audited.on(world)
        link = succeeds(create_account(world, await new_user(world), "--link"))
        assert link.startswith("http://127.0.0.1:3000/set-password#")
        assert await audited.actions() == ["account_created", "password_link_made"]
        assert await _set_password(http, link, "chosen by myself") == 204
        assert await _sign_in(http, "new@example.com", "chosen by myself") == 200

    async def test_a_link_for_who_has_an_account(self, world: World, http: httpx.AsyncClient):
        first = succeeds(account(world, "link", PM, PUBLIC_URL="https://portal.example"))
        assert first.startswith("https://portal.example/set-password#")
        second = succeeds(account(world, "link", PM))
        assert await _set_password(http, first, "another password") == 422
        assert await _set_password(http, second, "another password") == 204

    async def test_there_is_none_for_who_has_no_account(self, world: World):
        assert refuses(account(world, "link", str(await new_user(world)))) == "This user has no account."

    async def test_a_link_and_a_password_are_too_much(self, world: World):
        done = create_account(world, await new_user(world), "--link", "--password-stdin", stdin="a long password\n")
        assert refuses(done) == "Give either --link or --password-stdin"


class TestList:
    def test_every_account_is_a_line(self, world: World):
        lines = succeeds(account(world, "list")).splitlines()
        assert len(lines) == len(PEOPLE)
        assert lines[0].split() == [str(PEOPLE["admin"]), "admin", "active", email("admin"), "Ada", "Okafor"]

    async def test_a_search(self, world: World):
        succeeds(account(world, "deactivate", PM))
        (line,) = succeeds(account(world, "list", "--search", "PAULA")).splitlines()
        assert line.split()[2] == "inactive"
        assert succeeds(account(world, "list", "--search", "%")) == ""

    async def test_more_than_one_page_of_them(self, world: World):
        await world.execute(
            "WITH people AS (INSERT INTO public.users (full_name, email)"
            "                SELECT n::text, n::text FROM generate_series(1, 2100) AS n RETURNING id, email)"
            " INSERT INTO client_portal.accounts (user_id, email, display_name, role, password_hash)"
            " SELECT id, email || '@example.com', 'Same', 'client', '' FROM people"
        )
        assert len(set(succeeds(account(world, "list")).splitlines())) == 2100 + len(PEOPLE)


class TestChange:
    async def test_what_is_given_is_changed(self, world: World, http: httpx.AsyncClient):
        audited = await Audited.on(world)
        done = account(world, "change", PM, "--email", "paula@example.com", "--name", "Paula M.")
        assert succeeds(done) == f"The account of user {PM} is changed.\n"
        assert await _sign_in(http, "paula@example.com") == 200
        entry = (await audited.entries())[0]
        assert (entry["action"], entry["user"], "actor" in entry) == ("account_changed", "pm", False)

    async def test_who_is_switched_off_is_out_until_switched_on(
        self, world: World, app: FastAPI, http: httpx.AsyncClient
    ):
        held = {"Authorization": f"Bearer {await world.open_session('pm')}"}
        assert "switched off" in succeeds(account(world, "deactivate", PM))
        async with caller_of(app, headers=held) as pm:
            assert (await pm.get("/api/auth/me")).status_code == 401
        assert await _sign_in(http, email("pm")) == 401
        assert "switched on" in succeeds(account(world, "activate", PM))
        assert await _sign_in(http, email("pm")) == 200

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["change", PM], "Say what to change: --email, --name or --role"),
            (["change", PM, "--email", "nobody"], "email: 'nobody' is not an e-mail address."),
            (["change", PM, "--name", " "], "display_name: must not be blank"),
            (["change", PM, "--name", "\udcff"], "display_name: "),
            (["change", PM, "--email", "DEV@example.com"], "Another account has this e-mail address."),
            (["change", PM, "--role", "client"], "This person is a manager in 1 project"),
            (["change", str(uuid4()), "--role", "staff"], "This user has no account."),
            (["deactivate", str(PEOPLE["admin"])], "This is the last active admin."),
            (["change", str(PEOPLE["admin"]), "--role", "staff"], "This is the last active admin."),
        ],
    )
    async def test_what_cannot_be_is_told_in_one_line_and_not_done(self, world: World, arguments, says):
        before = await rows(world)
        people = "SELECT a::text FROM client_portal.accounts AS a ORDER BY user_id"
        accounts = await world.fetch(people)
        assert refuses(account(world, *arguments)).startswith(says)
        assert await rows(world) == before
        assert await world.fetch(people) == accounts


class TestMembers:
    async def test_every_member_is_a_line(self, world: World):
        stranger = await new_user(world)
        succeeds(portal("member", "add", str(FIRST_PROJECT), str(stranger), "manager", **on(world)))
        lines = succeeds(portal("member", "list", str(FIRST_PROJECT), **on(world))).splitlines()
        assert len(lines) == 4
        assert [line.split()[1:3] for line in lines if PM in line] == [["manager", "portal"]]
        assert [line.split()[1:] for line in lines if str(stranger) in line] == [
            ["manager", "portal", "(no", "account)"]
        ]

    def test_a_project_that_is_not_there(self, world: World):
        unknown = str(uuid4())
        done = portal("member", "list", unknown, **on(world))
        assert refuses(done) == f"There is no project {unknown} in public.projects."

    async def test_what_the_host_says_is_changed_there(self, world: World):
        await world.execute("UPDATE client_portal.project_members SET source = 'host' WHERE user_id = $1", PEOPLE["pm"])
        done = portal("member", "remove", str(FIRST_PROJECT), PM, **on(world))
        assert refuses(done) == "The host's assignment says so: change it there."


async def test_run_refuses_a_query_of_the_host_that_it_cannot_use(world: World):
    done = forked("run", PORT=str(free_port()), HOST_MANAGERS_QUERY="SELECT 1", **on(world))
    assert refuses(done).startswith("HOST_MANAGERS_QUERY: it must ask about one project")
