import socket
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests.portal import PORTAL, free_port
from tests.tools.commands import Done, forked, on, portal, refuses, rows, run, succeeds
from tests.world import PEOPLE, SECRET, World, sign_in

NOWHERE = "postgresql://portal@127.0.0.1:1/portal"


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"PORT": "many"}, "PORT: "),
        ({"PORT": "65536"}, "PORT: "),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY: "),
        ({"APP_ENV": "staging"}, "APP_ENV: "),
        ({"JWT_SECRET": "short"}, "JWT_SECRET: must be at least 32 bytes"),
        ({"DATABASE_URL": NOWHERE}, "JWT_SECRET: must be set together with DATABASE_URL"),
        ({"DATABASE_URL": "mysql://localhost/app", "JWT_SECRET": SECRET}, "DATABASE_URL: must be a Postgres URL"),
    ],
    ids=lambda each: "" if isinstance(each, str) else ",".join(f"{name}={value[:12]}" for name, value in each.items()),
)
def test_run_refuses_a_bad_environment_in_one_line(environment: dict[str, str], line: str, tmp_path: Path) -> None:
    own = {"PORT": str(free_port()), "DATA_DIR": str(tmp_path)}
    assert refuses(portal("run", **(own | environment))).startswith(line)
    assert not list(tmp_path.iterdir())


def test_run_refuses_what_it_cannot_have(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        assert refuses(run(PORTAL, "run", PORT=taken, DATA_DIR=str(tmp_path / "data"))) == (
            f"Cannot listen on 127.0.0.1:{taken} (Address already in use): set HOST and PORT to an address that is free"
        )
    port = str(free_port())
    assert refuses(forked("run", PORT=port, HOST="999.1.1.1")).startswith("Cannot listen on 999.1.1.1:")
    assert refuses(forked("run", PORT=port, DATA_DIR=str(file))).startswith(f"DATA_DIR {file} cannot be used")
    unreachable = forked("run", PORT=port, DATABASE_URL=NOWHERE, JWT_SECRET=SECRET)
    assert refuses(unreachable).startswith("DATABASE_URL: nothing to connect to at 127.0.0.1:1/portal")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["downgrade", "base"],
        ["member", "add", str(FIRST_PROJECT), str(PEOPLE["pm"]), "manager"],
        ["member", "remove", str(FIRST_PROJECT), str(PEOPLE["pm"])],
        ["account", "create", "--user-id", str(uuid4()), "--email", "a@example.com", "--name", "A", "--role", "staff"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_commands_on_a_database_want_to_know_which(command: list[str]) -> None:
    assert refuses(portal(*command)).startswith("DATABASE_URL: must be set for this command")


@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["member", "add", "not-an-id", str(PEOPLE["pm"]), "manager"],
        ["member", "add", str(FIRST_PROJECT), str(PEOPLE["pm"]), "owner"],
        ["account", "create", "--user-id", str(uuid4()), "--email", "a@example.com", "--name", "A", "--role", "king"],
        ["account", "create"],
    ],
    ids=["no command", "no id", "no such part", "no such role", "options missing"],
)
def test_a_command_that_is_written_wrong_tells_how_it_is_written(command: list[str]) -> None:
    done = portal(*command)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


async def test_migrate_and_downgrade_tell_what_they_did(world: World) -> None:
    host = await world.fetch("SELECT * FROM public.users ORDER BY id")
    assert succeeds(portal("migrate", **on(world))) == "The schema is up to date already.\n"
    assert succeeds(portal("downgrade", "base", **on(world))).startswith("Undone: ")
    assert not await world.value("SELECT true FROM pg_namespace WHERE nspname = 'client_portal'")
    assert succeeds(portal("downgrade", "base", **on(world))) == "There was nothing to undo.\n"
    assert succeeds(portal("migrate", **on(world))).startswith("Applied: ")
    assert await world.value("SELECT count(*) FROM client_portal.notifications") == 0
    assert await world.fetch("SELECT * FROM public.users ORDER BY id") == host


def test_downgrade_refuses_a_revision_that_is_not_there(world: World) -> None:
    assert "0999" in refuses(portal("downgrade", "0999", **on(world)))


async def test_commands_want_a_migrated_schema_and_do_not_make_it(world: World) -> None:
    succeeds(portal("downgrade", "base", **on(world)))
    done = portal("member", "add", str(FIRST_PROJECT), str(PEOPLE["pm"]), "manager", **on(world))
    assert refuses(done) == "The schema client_portal is not up to date: run `portal migrate` first"
    done = create_account(world, await new_user(world))
    assert refuses(done) == "The schema client_portal is not up to date: run `portal migrate` first"
    assert not await world.value("SELECT true FROM pg_namespace WHERE nspname = 'client_portal'")


async def test_a_new_account_signs_in_with_the_password_that_was_printed(world: World, http: httpx.AsyncClient) -> None:
    password = succeeds(create_account(world, await new_user(world))).strip()
    answer = await http.post("/api/auth/login", json={"email": "new@example.com", "password": password})
    assert answer.json()["user"]["display_name"] == "New Person"
    assert answer.json()["user"]["role"] == "staff"


async def test_a_password_from_standard_input_is_not_printed(world: World, http: httpx.AsyncClient) -> None:
    done = create_account(world, await new_user(world), "--password-stdin", stdin="a long password\n")
    assert succeeds(done) == "Account made for new@example.com.\n"
    answer = await http.post("/api/auth/login", json={"email": "new@example.com", "password": "a long password"})
    assert answer.status_code == 200


@pytest.mark.parametrize("password", ["", "short", "x" * 257], ids=["none", "too short", "too long"])
async def test_a_password_that_will_not_do_makes_no_account(world: World, password: str) -> None:
    before = await rows(world)
    done = create_account(world, PEOPLE["pm"], "--password-stdin", stdin=password)
    assert refuses(done) == "The password must have 8 to 256 characters"
    assert await rows(world) == before


async def test_an_account_is_made_for_a_user_of_the_host_once(world: World) -> None:
    user_id = await new_user(world)
    before = await rows(world)
    assert refuses(create_account(world, uuid4())) == "There is no such user in public.users."
    assert refuses(create_account(world, PEOPLE["pm"])) == "This user has an account already."
    taken = create_account(world, user_id, email="PM@example.com")
    assert refuses(taken) == "Another account has this e-mail address."
    assert await rows(world) == before


async def test_membership_comes_changes_and_ends(world: World, http: httpx.AsyncClient) -> None:
    place = (str(SECOND_PROJECT), str(PEOPLE["pm"]))
    token = await sign_in(http, "pm")

    async def reached() -> int:
        answer = await http.get(f"/api/projects/{SECOND_PROJECT}", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code

    assert await reached() == 404
    assert succeeds(portal("member", "add", *place, "developer", **on(world))).strip() == (
        f"User {place[1]} is a developer of project {place[0]}."
    )
    assert await reached() == 200
    assert "manager" in succeeds(portal("member", "add", *place, "manager", **on(world)))
    assert await reached() == 200
    assert succeeds(portal("member", "remove", *place, **on(world))).strip() == (
        f"User {place[1]} is no longer in project {place[0]}."
    )
    assert await reached() == 404
    assert refuses(portal("member", "remove", *place, **on(world))) == (
        f"User {place[1]} is not a member of project {place[0]}."
    )


async def test_a_member_is_a_user_of_the_host_in_a_project_of_the_host(world: World) -> None:
    before = await rows(world)
    unknown = str(uuid4())
    done = portal("member", "add", unknown, str(PEOPLE["pm"]), "manager", **on(world))
    assert refuses(done) == f"There is no project {unknown} in public.projects."
    done = portal("member", "add", str(FIRST_PROJECT), unknown, "manager", **on(world))
    assert refuses(done) == f"There is no user {unknown} in public.users."
    assert await rows(world) == before


def create_account(
    world: World, user_id: object, *options: str, email: str = "new@example.com", stdin: str = ""
) -> Done:
    named = ["--user-id", str(user_id), "--email", email, "--name", "New Person", "--role", "staff"]
    return portal("account", "create", *named, *options, stdin=stdin, **on(world))


async def new_user(world: World) -> object:
    """A user of the host who has no account yet."""
    return await world.value("INSERT INTO public.users (full_name, email) VALUES ('New', 'n@host.test') RETURNING id")


@pytest.mark.parametrize(
    ("email", "name", "says"),
    [("nobody", "A", "is not an e-mail address"), ("a@example.com", " ", "must not be blank")],
)
def test_an_account_that_nobody_could_sign_in_to_is_not_made(world: World, email: str, name: str, says: str) -> None:
    command = ("account", "create", "--user-id", str(uuid4()), "--email", email, "--name", name, "--role", "staff")
    assert says in refuses(portal(*command, **on(world)))
