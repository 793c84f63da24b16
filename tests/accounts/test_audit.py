"""What the audit log tells, and to whom."""

import asyncio
import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from app.accounts import queries
from app.dev.demo import FIRST_PROJECT, PASSWORD
from tests.accounts.test_admin import listed, new_user, of
from tests.audited import Audited
from tests.running import caller_of
from tests.world import PEOPLE, World, bearer, email, sign_in

HERE = "127.0.0.1"
AUDIT = "/api/admin/audit"


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(app, headers=bearer("admin")) as admin:
        yield admin


async def _refused_sign_in(http: httpx.AsyncClient, address: str, password: str = "wrong one") -> None:
    answer = await http.post("/api/auth/login", json={"email": address, "password": password})
    assert answer.status_code == 401


class TestSignIns:
    async def test_one_and_its_end(self, http: httpx.AsyncClient, audited: Audited):
        held = {"Authorization": f"Bearer {await sign_in(http, 'pm')}"}
        await http.post("/api/auth/logout", headers=held)
        by_pm = {"actor": "pm", "user": "pm", "address": HERE}
        assert await audited.entries() == [{"action": "signed_in"} | by_pm, {"action": "signed_out"} | by_pm]

    async def test_refused_ones_name_the_account_and_nothing_that_was_typed(
        self, http: httpx.AsyncClient, audited: Audited, world: World
    ):
        await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE["dev"])
        await _refused_sign_in(http, "PM@example.com")
        await _refused_sign_in(http, "my-password-typed-as-address")
        await _refused_sign_in(http, email("dev"), PASSWORD)
        refused = {"action": "sign_in_refused", "address": HERE}
        assert await audited.entries() == [
            refused | {"user": "pm", "details": {"reason": "wrong_password"}},
            refused | {"details": {"reason": "unknown_account"}},
            refused | {"user": "dev", "details": {"reason": "account_ended"}},
        ]
        rows = str(await world.fetch("SELECT a::text FROM client_portal.audit_log AS a"))
        assert "typed-as-address" not in rows
        assert "wrong one" not in rows

    async def test_a_sign_in_that_cannot_be_audited_is_none(
        self, http: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        async def fails(*_: object, **__: object) -> None:
            raise asyncpg.InsufficientPrivilegeError("no")

        monkeypatch.setattr(queries, "insert_audit_entry", fails)
        answer = await http.post("/api/auth/login", json={"email": email("pm"), "password": PASSWORD})
        assert answer.status_code == 500
        assert await world.value("SELECT count(*) FROM client_portal.sessions") == 0

    async def test_unknown_and_known_accounts_ask_the_database_the_same(self, app: FastAPI, http: httpx.AsyncClient):
        """So that the time which a refusal takes tells nothing."""
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if re.search("accounts|sessions|login_throttle|audit_log", statement):
                asked.append(statement)

        event.listen(app.state.database._engine.sync_engine, "before_cursor_execute", note)
        runs = []
        for address in (email("pm"), "nobody@example.com"):
            asked.clear()
            await _refused_sign_in(http, address)
            runs.append(list(asked))
        assert any("audit_log" in statement for statement in runs[0])
        assert runs[0] == runs[1]


class TestPasswords:
    async def test_a_change_a_link_and_its_use(
        self, http: httpx.AsyncClient, admin: httpx.AsyncClient, audited: Audited
    ):
        change = {"current_password": PASSWORD, "new_password": "another password"}
        await http.post("/api/auth/password", json=change, headers=bearer("pm"))
        link = (await admin.post(f"{of('pm')}/password_link")).json()
        token = link["link"].partition("#")[2]
        await http.post("/api/auth/password_link", json={"token": token, "new_password": "a third password"})
        changed, made, used = await audited.entries()
        by_pm = {"actor": "pm", "user": "pm", "address": HERE}
        assert changed == {"action": "password_changed"} | by_pm
        assert {**made, "details": None} == {
            "action": "password_link_made", "actor": "admin", "user": "pm", "address": HERE, "details": None
        }  # fmt: skip
        assert made["details"].keys() == {"expires_at"}
        assert used == {"action": "password_set_by_link"} | by_pm


class TestAdminsActions:
    async def test_making_and_changing_accounts(self, admin: httpx.AsyncClient, world: World, audited: Audited):
        user_id = await new_user(world)
        new = {"user_id": str(user_id), "email": "new@example.com", "display_name": "New", "role": "staff"}
        await admin.post("/api/admin/accounts", json=new | {"first_password": "generated"})
        address = f"/api/admin/accounts/{user_id}"
        await admin.patch(address, json={"role": "developer", "display_name": "New", "email": "newer@example.com"})
        await admin.patch(address, json={"display_name": "New"})
        await admin.patch(address, json={"is_active": False})
        await admin.patch(address, json={"is_active": True})
        by_admin = {"actor": "admin", "user": user_id, "address": HERE}
        assert await audited.entries() == [
            by_admin
            | {
                "action": "account_created",
                "details": {"email": "new@example.com", "display_name": "New", "role": "staff"},
            },
            by_admin
            | {
                "action": "account_changed",
                "details": {
                    "email": "newer@example.com",
                    "email_before": "new@example.com",
                    "role": "developer",
                    "role_before": "staff",
                },
            },
            by_admin | {"action": "account_deactivated"},
            by_admin | {"action": "account_reactivated"},
        ]

    async def test_what_was_refused_is_no_action(self, admin: httpx.AsyncClient, audited: Audited):
        await admin.patch(of("admin"), json={"is_active": False})
        await admin.patch(of("pm"), json={"email": email("dev")})
        await admin.patch(of("client"), json={"role": "staff"})
        assert await audited.entries() == []

    async def test_members(self, admin: httpx.AsyncClient, audited: Audited):
        member = f"/api/admin/projects/{FIRST_PROJECT}/members/{PEOPLE['pm2']}"
        await admin.put(member, json={"role": "developer"})
        await admin.put(member, json={"role": "developer"})
        await admin.put(member, json={"role": "manager"})
        await admin.delete(member)
        by_admin = {"actor": "admin", "user": "pm2", "project": FIRST_PROJECT, "address": HERE}
        assert await audited.entries() == [
            by_admin | {"action": "member_added", "details": {"role": "developer"}},
            by_admin | {"action": "member_changed", "details": {"role": "manager", "role_before": "developer"}},
            by_admin | {"action": "member_removed", "details": {"role_before": "manager"}},
        ]


class TestList:
    async def test_newest_first_with_names_of_people_and_projects(self, admin: httpx.AsyncClient):
        member = f"/api/admin/projects/{FIRST_PROJECT}/members/{PEOPLE['pm2']}"
        await admin.put(member, json={"role": "developer"})
        item = (await admin.get(AUDIT)).json()["items"][0]
        assert UUID(item.pop("id"))
        assert item.pop("at").endswith("Z")
        assert item == {
            "action": "member_added",
            "actor": {"id": str(PEOPLE["admin"]), "display_name": "Ada Okafor"},
            "user": {"id": str(PEOPLE["pm2"]), "display_name": "Piotr Nowak"},
            "project": {"id": str(FIRST_PROJECT), "name": "Harbour House renovation"},
            "address": HERE,
            "details": {"role": "developer"},
        }

    async def test_who_and_what_is_no_longer_known_is_still_in_it(self, admin: httpx.AsyncClient, world: World):
        gone, project = uuid4(), uuid4()
        await world.execute(
            "INSERT INTO client_portal.audit_log (action, user_id, project_id) VALUES ('member_removed', $1, $2)",
            gone,
            project,
        )
        (item,) = await listed(admin, AUDIT, user_id=str(gone))
        assert item["actor"] is None
        assert item["user"] == {"id": str(gone), "display_name": None}
        assert item["project"] == {"id": str(project), "name": f"Project {str(project)[:8]}"}

    async def test_paging_and_filters(self, admin: httpx.AsyncClient, world: World):
        person, project = uuid4(), uuid4()
        await world.execute(
            "INSERT INTO client_portal.audit_log (action, user_id, project_id, at)"
            " SELECT CASE n % 2 WHEN 0 THEN 'member_added' ELSE 'member_removed' END, $1,"
            "        CASE WHEN n < 3 THEN $2::uuid END, now() - (n / 4) * interval '1 second'"
            "   FROM generate_series(0, 8) AS n",
            person,
            project,
        )
        found = await listed(admin, AUDIT, user_id=str(person), limit=2)
        assert len({each["id"] for each in found}) == 9
        assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
        assert len(await listed(admin, AUDIT, project_id=str(project))) == 3
        assert len(await listed(admin, AUDIT, user_id=str(person), action="member_removed")) == 4
        assert len(await listed(admin, AUDIT, project_id=str(project), action="member_removed", limit=1)) == 1

    @pytest.mark.parametrize("query", [{"action": "gardening"}, {"user_id": "me"}, {"cursor": "!"}, {"limit": 0}])
    async def test_a_question_that_makes_no_sense(self, admin: httpx.AsyncClient, query):
        assert (await admin.get(AUDIT, params=query)).status_code == 422


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE client_portal.audit_log SET action = 'signed_in'",
        "DELETE FROM client_portal.audit_log",
        "TRUNCATE client_portal.audit_log",
    ],
)
async def test_it_only_grows(world: World, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only grows"):
        await world.execute(statement)


async def test_entries_of_many_at_once_are_all_there(admin: httpx.AsyncClient, audited: Audited):
    await asyncio.gather(*[admin.patch(of("pm"), json={"display_name": f"Paula {n}"}) for n in range(10)])
    assert await audited.actions() == ["account_changed"] * 10
