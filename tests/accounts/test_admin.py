"""Accounts as admins find, make and change them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT
from tests import sse
from tests.running import caller_of, is_problem, running
from tests.world import PEOPLE, World, bearer, email, sign_in

ACCOUNTS = "/api/admin/accounts"


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer("admin")) as admin:
        yield admin


def of(person: str) -> str:
    """The address of a person's account."""
    return f"{ACCOUNTS}/{PEOPLE[person]}"


async def listed(caller: httpx.AsyncClient, path: str = ACCOUNTS, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await caller.get(path, params={"cursor": cursor, **query})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return found


async def new_user(world: World) -> UUID:
    """A user of the host who has no account yet."""
    id_: UUID = await world.value(
        "INSERT INTO public.users (full_name, email) VALUES ('New', gen_random_uuid()::text) RETURNING id"
    )
    return id_


async def new_account(world: World, name: str, address: str | None = None, role: str = "staff") -> UUID:
    user_id = await new_user(world)
    await world.execute(
        "INSERT INTO client_portal.accounts (user_id, email, display_name, role, password_hash)"
        " VALUES ($1, $2, $3, $4, '')",
        user_id,
        address or f"{user_id}@example.com",
        name,
        role,
    )
    return user_id


async def refused(answer: httpx.Response, status: int, slug: str) -> None:
    assert answer.status_code == status, answer.text
    assert is_problem(answer)
    assert answer.json()["type"] == f"/problems/{slug}"


class TestList:
    async def test_they_come_by_name_whatever_its_case(self, admin: httpx.AsyncClient, world: World):
        for name in ("zoe", "Zack", "aaron", "Aaron B"):
            await new_account(world, name)
        names = [each["display_name"] for each in await listed(admin)]
        assert names == sorted(names, key=str.lower)
        assert len(names) == len(PEOPLE) + 4

    async def test_an_account_with_all_that_is_known_of_it(self, admin: httpx.AsyncClient, http: httpx.AsyncClient):
        await sign_in(http, "pm")
        (pm,) = [each for each in await listed(admin) if each["user_id"] == str(PEOPLE["pm"])]
        assert pm.pop("last_sign_in_at") > pm.pop("created_at")
        assert pm.pop("updated_at")
        assert pm == {
            "user_id": str(PEOPLE["pm"]),
            "email": email("pm"),
            "display_name": "Paula Meyer",
            "role": "staff",
            "is_active": True,
            "email_suppressed": False,
            "projects": 1,
        }

    async def test_whose_address_takes_no_mail_is_said(self, admin: httpx.AsyncClient, world: World):
        await world.execute(
            "UPDATE client_portal.accounts SET email = 'Dev@example.com' WHERE email = $1", email("dev")
        )
        suppress = "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, 'no such user')"
        await world.execute(suppress, email("dev"))
        suppressed = [each["user_id"] for each in await listed(admin) if each["email_suppressed"]]
        assert suppressed == [str(PEOPLE["dev"])]
        for person in ("dev", "pm"):
            shown = (await admin.get(f"/api/admin/accounts/{PEOPLE[person]}")).json()
            assert shown["email_suppressed"] is (person == "dev")

    @pytest.mark.parametrize("limit", [1, 3, 100])
    async def test_paging_neither_skips_nor_repeats_among_equal_names(self, admin, world: World, limit):
        for name in ["Same"] * 4 + ["same"] * 3 + ["n" * 300 + str(number) for number in range(3)]:
            await new_account(world, name)
        paged = [each["user_id"] for each in await listed(admin, limit=limit)]
        assert len(paged) == len(set(paged)) == len(PEOPLE) + 10

    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("100%", ["100% Wool"]),
            ("%", ["100% Wool"]),
            ("_", ["under_score"]),
            ("WOOL", ["100% Wool"]),
            ("Under_Score@EXAMPLE", ["under_score"]),
            ("\\", []),
            ("'; DROP TABLE x --", []),
            ("nobody of that name", []),
        ],
    )
    async def test_a_search_means_what_it_says(self, admin: httpx.AsyncClient, world: World, q, found):
        await new_account(world, "100% Wool", "wool@example.com")
        await new_account(world, "under_score", "under_score@example.com")
        assert [each["display_name"] for each in await listed(admin, q=q)] == found

    async def test_filters_go_together(self, admin: httpx.AsyncClient, world: World):
        await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE["dev2"])
        assert [each["email"] for each in await listed(admin, role="developer", is_active=False)] == [email("dev2")]
        assert [each["email"] for each in await listed(admin, role="developer", is_active=True)] == [email("dev")]
        assert await listed(admin, role="developer", q="paula") == []

    @pytest.mark.parametrize(
        "query", [{"role": "king"}, {"is_active": "perhaps"}, {"q": "x" * 201}, {"q": "\x00"}, {"cursor": "!"}]
    )
    async def test_a_question_that_makes_no_sense(self, admin: httpx.AsyncClient, query):
        await refused(await admin.get(ACCOUNTS, params=query), 422, "invalid")


async def test_one_account_with_its_persons_parts_in_projects(admin: httpx.AsyncClient):
    answer = (await admin.get(of("dev"))).json()
    assert (answer["email"], answer["projects"], answer["last_sign_in_at"]) == (email("dev"), 1, None)
    assert answer["memberships"] == [
        {
            "project_id": str(FIRST_PROJECT),
            "project_name": "Harbour House renovation",
            "role": "developer",
            "source": "portal",
        }
    ]
    await refused(await admin.get(f"{ACCOUNTS}/{uuid4()}"), 404, "not-found")


class TestUsers:
    async def test_who_has_no_account_is_listed_by_id(self, admin: httpx.AsyncClient, world: World):
        there = [each["user_id"] for each in await listed(admin, "/api/admin/users")]
        ids = sorted([str(await new_user(world)) for _ in range(3)])
        assert await listed(admin, "/api/admin/users", limit=2) == [{"user_id": id_} for id_ in sorted(ids + there)]
        assert await listed(admin, "/api/admin/users", q=ids[1].upper()) == [{"user_id": ids[1]}]
        assert {"user_id": ids[2]} in await listed(admin, "/api/admin/users", q=ids[2][:6])
        assert await listed(admin, "/api/admin/users", q=str(PEOPLE["pm"])) == []


class TestNew:
    async def _make(self, admin: httpx.AsyncClient, user_id: object, **changes: object) -> httpx.Response:
        new = {"user_id": str(user_id), "email": "new@example.com", "display_name": "New Person", "role": "client"}
        return await admin.post(ACCOUNTS, json=new | changes)

    async def test_one_with_a_first_password(self, admin: httpx.AsyncClient, world: World, http: httpx.AsyncClient):
        answer = await self._make(admin, await new_user(world), first_password="generated")
        assert answer.status_code == 201
        made = answer.json()
        assert (made["link"], made["link_expires_at"]) == (None, None)
        assert made["account"]["display_name"] == "New Person"
        assert made["account"]["projects"] == 0
        signed_in = await http.post(
            "/api/auth/login", json={"email": "new@example.com", "password": made["first_password"]}
        )
        assert signed_in.json()["user"]["role"] == "client"

    async def test_one_whose_person_sets_the_password(self, admin: httpx.AsyncClient, world: World, http):
        made = (await self._make(admin, await new_user(world), first_password="link")).json()
        assert made["first_password"] is None
        assert made["link_expires_at"]
        token = made["link"].partition("#")[2]
        change = {"token": token, "new_password": "chosen by myself"}
        assert (await http.post("/api/auth/password_link", json=change)).status_code == 204
        answer = await http.post("/api/auth/login", json={"email": "new@example.com", "password": "chosen by myself"})
        assert answer.status_code == 200

    async def test_clients_start_with_mail_and_staff_without(self, admin: httpx.AsyncClient, world: World):
        for role, is_on in (("client", True), ("staff", False)):
            user_id = await new_user(world)
            await self._make(admin, user_id, role=role, email=f"{role}-new@example.com")
            is_mailed = "SELECT email_enabled FROM client_portal.notification_settings WHERE recipient_user_id = $1"
            assert await world.value(is_mailed, user_id) is is_on

    @pytest.mark.parametrize(
        ("user", "changes", "field"),
        [
            (None, {}, "user_id"),
            ("pm", {}, "user_id"),
            ("new", {"email": "PM@Example.com"}, "email"),
            ("new", {"email": "nobody"}, "email"),
            ("new", {"email": "a@b@c"}, "email"),
            ("new", {"display_name": "  "}, "display_name"),
            ("new", {"display_name": "n" * 201}, "display_name"),
            ("new", {"display_name": "\x00"}, "display_name"),
            ("new", {"display_name": "new@example.com"}, "display_name"),
            ("new", {"display_name": "New (new@example)"}, "display_name"),
            ("new", {"role": "king"}, "role"),
            ("new", {"first_password": "a password of mine"}, "first_password"),
        ],
    )
    async def test_what_is_wrong_is_told_by_field_and_nothing_is_made(self, admin, world: World, user, changes, field):
        user_id = uuid4() if user is None else await new_user(world) if user == "new" else PEOPLE[user]
        answer = await self._make(admin, user_id, **changes)
        await refused(answer, 422, "invalid")
        assert answer.json()["errors"][0]["loc"] == ["body", field]
        assert await world.value("SELECT count(*) FROM client_portal.accounts") == len(PEOPLE)


class TestChange:
    async def test_what_is_given_is_changed_and_the_rest_stays(self, admin: httpx.AsyncClient, http):
        answer = await admin.patch(of("pm"), json={"email": "paula@example.com", "display_name": " Paula M. "})
        assert answer.status_code == 200
        assert (answer.json()["email"], answer.json()["display_name"]) == ("paula@example.com", "Paula M.")
        assert answer.json()["role"] == "staff"
        assert answer.json()["updated_at"] > answer.json()["created_at"]
        login = {"email": "paula@example.com", "password": "demo-password"}
        assert (await http.post("/api/auth/login", json=login)).status_code == 200

    async def test_a_name_is_no_address_for_others_read_it(self, admin: httpx.AsyncClient):
        answer = await admin.patch(of("pm"), json={"display_name": "pm@example.com"})
        await refused(answer, 422, "invalid")
        assert "must not contain an e-mail address" in answer.json()["errors"][0]["msg"]
        assert (await admin.patch(of("pm"), json={"display_name": "Paula @ Meyer & Sons"})).status_code == 200

    async def test_a_new_name_signs_nobody_out(self, admin: httpx.AsyncClient, app: FastAPI, world: World):
        token = await world.open_session("pm")
        await admin.patch(of("pm"), json={"display_name": "Paula M."})
        async with caller_of(app, headers={"Authorization": f"Bearer {token}"}) as pm:
            assert (await pm.get("/api/auth/me")).json()["display_name"] == "Paula M."

    async def test_an_address_is_one_accounts_whatever_its_case(self, admin: httpx.AsyncClient):
        answer = await admin.patch(of("pm"), json={"email": "DEV@example.com"})
        await refused(answer, 422, "invalid")
        assert answer.json()["detail"] == "Another account has this e-mail address."
        assert (await admin.patch(of("pm"), json={"email": "PM@example.com"})).status_code == 200

    async def test_a_user_without_an_account_has_nothing_to_change(self, admin: httpx.AsyncClient, world: World):
        address = f"{ACCOUNTS}/{await new_user(world)}"
        await refused(await admin.patch(address, json={"role": "staff"}), 404, "not-found")

    async def test_a_role_must_fit_the_parts_that_its_person_has(self, admin: httpx.AsyncClient, world: World):
        answer = await admin.patch(of("client"), json={"role": "staff"})
        await refused(answer, 409, "role-does-not-fit")
        assert "a client in 1 project" in answer.json()["detail"]
        assert (await admin.patch(of("dev"), json={"role": "staff"})).json()["role"] == "staff"
        await refused(await admin.patch(of("pm"), json={"role": "developer"}), 409, "role-does-not-fit")

    async def test_a_part_and_a_role_that_do_not_fit_are_not_given_at_the_same_time(self, admin, world: World):
        """Whichever is first: afterwards the account's role can have the parts that it has."""
        for _ in range(6):
            await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["pm2"])
            await world.execute("UPDATE client_portal.accounts SET role = 'staff' WHERE user_id = $1", PEOPLE["pm2"])
            member = f"/api/admin/projects/{FIRST_PROJECT}/members/{PEOPLE['pm2']}"
            answers = await asyncio.gather(
                admin.put(member, json={"role": "manager"}), admin.patch(of("pm2"), json={"role": "client"})
            )
            assert sorted(answer.status_code for answer in answers) in ([200, 422], [204, 409])


class TestEnding:
    @pytest.mark.parametrize("change", [{"is_active": False}, {"role": "staff"}])
    async def test_it_signs_the_person_out_everywhere(self, admin: httpx.AsyncClient, app: FastAPI, world, change):
        held = {"Authorization": f"Bearer {await world.open_session('dev')}"}
        async with caller_of(app, headers=held) as dev, sse.open_stream(app, held) as stream:
            await stream.until("ready")
            assert (await admin.patch(of("dev"), json=change)).status_code == 200
            assert (await dev.get("/api/auth/me")).status_code == 401
            assert (await stream.until("bye")).data == {"reason": "account_ended"}

    async def test_it_ends_a_stream_by_a_token_of_the_host_too(self, admin: httpx.AsyncClient, app: FastAPI):
        async with sse.open_stream(app, bearer("dev")) as stream:
            await stream.until("ready")
            await admin.patch(of("dev"), json={"is_active": False})
            assert (await stream.until("bye")).data == {"reason": "account_ended"}
        async with caller_of(app, headers=bearer("dev")) as dev:
            assert (await dev.get("/api/auth/me")).status_code == 401

    async def test_who_is_switched_on_again_signs_in_again(self, admin: httpx.AsyncClient, app: FastAPI, http, world):
        held = {"Authorization": f"Bearer {await world.open_session('dev')}"}
        await admin.patch(of("dev"), json={"is_active": False})
        login = {"email": email("dev"), "password": "demo-password"}
        assert (await http.post("/api/auth/login", json=login)).status_code == 401
        await admin.patch(of("dev"), json={"is_active": True})
        assert (await http.post("/api/auth/login", json=login)).status_code == 200
        async with caller_of(app, headers=held) as dev:
            assert (await dev.get("/api/auth/me")).status_code == 401


class TestTheLastAdmin:
    @pytest.mark.parametrize("change", [{"is_active": False}, {"role": "staff"}])
    async def test_nobody_ends_their_own_rights(self, admin: httpx.AsyncClient, world: World, change):
        await new_account(world, "Second", role="admin")
        await refused(await admin.patch(of("admin"), json=change), 409, "own-account")
        assert (await admin.patch(of("admin"), json={"display_name": "Ada"})).status_code == 200

    async def test_it_cannot_be_lost(self, app: FastAPI):
        """By an admin of the host who has no account here."""
        async with caller_of(app, headers=bearer("pm", role="admin")) as other:
            for change in ({"is_active": False}, {"role": "staff"}):
                await refused(await other.patch(of("admin"), json=change), 409, "last-admin")

    async def test_two_who_switch_each_other_off_at_once_leave_one(self, app: FastAPI, world: World):
        second = await new_account(world, "Second", role="admin")
        for _ in range(8):
            async with (
                caller_of(app, headers=bearer("admin")) as one,
                caller_of(app, headers=bearer("admin", sub=str(second))) as other,
            ):
                answers = await asyncio.gather(
                    one.patch(f"{ACCOUNTS}/{second}", json={"is_active": False}),
                    other.patch(of("admin"), json={"role": "staff"}),
                )
            statuses = sorted(answer.status_code for answer in answers)
            # The slower one may also find that their own account has ended meanwhile.
            assert statuses in ([200, 409], [200, 401])
            left = "SELECT count(*) FROM client_portal.accounts WHERE role = 'admin' AND is_active"
            assert await world.value(left) == 1
            await world.execute(
                "UPDATE client_portal.accounts SET role = 'admin', is_active = true WHERE user_id = ANY($1)",
                [PEOPLE["admin"], second],
            )
            app.state.standings.forget_all()


async def test_only_admins_administer(world: World):
    async with running(world.settings()) as app:
        for person in ("pm", "dev", "client"):
            async with caller_of(app, headers=bearer(person)) as caller:
                for path in (ACCOUNTS, of(person), "/api/admin/users", "/api/admin/audit", "/api/admin/projects"):
                    await refused(await caller.get(path), 403, "forbidden")
