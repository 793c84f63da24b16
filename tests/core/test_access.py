"""Who gets which answer from which route. Every route of the application has its rows here."""

from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests import sse
from tests.running import caller_of, is_problem
from tests.world import PEOPLE, World, bearer

ABSENT = UUID("99999999-9999-4999-8999-999999999999")
CALLERS = ("nobody", "client", "dev", "pm", "pm2", "admin", "deactivated")
"""pm manages the first project, where client and dev are; pm2 manages another one."""

SIGNED_IN = {"nobody": 401, "client": 200, "dev": 200, "pm": 200, "pm2": 200, "admin": 200, "deactivated": 401}
DONE = SIGNED_IN | dict.fromkeys(("client", "dev", "pm", "pm2", "admin"), 204)
NOTHING_THERE = SIGNED_IN | dict.fromkeys(("client", "dev", "pm", "pm2", "admin"), 404)
OPEN_TO_ALL = dict.fromkeys(CALLERS, 200)


def _issue(project: UUID) -> dict[str, str]:
    return {"project_id": str(project), "issue_id": str(uuid4()), "message": "A leak"}


def _message(project: UUID) -> dict[str, str]:
    return {"project_id": str(project), "message_id": str(uuid4()), "snippet": "Hello"}


SIMULATION_ELSEWHERE = {
    "nobody": 401, "client": 403, "dev": 403, "pm": 404, "pm2": 204, "admin": 204, "deactivated": 401,
}  # fmt: skip
SIMULATION = SIMULATION_ELSEWHERE | {"pm": 204, "pm2": 404}
SIMULATION_NOWHERE = SIMULATION | {"pm": 404, "pm2": 404, "admin": 404}
FIRST_PROJECTS_PEOPLE = SIGNED_IN | {"pm2": 404}
SECOND_PROJECTS_PEOPLE = SIGNED_IN | {"client": 404, "dev": 404, "pm": 404}

WRONG_PASSWORD = {"current_password": "not this one", "new_password": "long enough"}

BAD_LINK = {"token": "not a token", "new_password": "long enough"}
MEMBER = "/api/admin/projects/{project_id}/members/{user_id}"
MANAGER = {"role": "manager"}


def _admins(status: int) -> dict[str, int]:
    """What an admin gets where nobody else may come."""
    return SIGNED_IN | dict.fromkeys(("client", "dev", "pm", "pm2"), 403) | {"admin": status}


def _account(user: UUID) -> dict[str, str]:
    return {"user_id": str(user), "email": "new@example.com", "display_name": "New", "role": "staff"}


# Method, route, what stands in its path or body, and the status for each caller. {own} is a notification of pm's.
ROWS: list[tuple[str, str, dict[str, object], dict[str, int]]] = [
    (
        "POST",
        "/api/auth/login",
        {"json": {"email": "nobody@example.com", "password": "wrong"}},
        dict.fromkeys(CALLERS, 401),
    ),
    ("POST", "/api/auth/logout", {}, DONE),
    ("GET", "/api/auth/me", {}, SIGNED_IN),
    (
        "POST",
        "/api/auth/password",
        {"json": WRONG_PASSWORD},
        SIGNED_IN | dict.fromkeys(("client", "dev", "pm", "pm2", "admin"), 403),
    ),
    ("GET", "/api/notifications", {}, SIGNED_IN),
    ("GET", "/api/notifications/unread_count", {}, SIGNED_IN),
    ("POST", "/api/notifications/read_all", {}, DONE),
    ("POST", "/api/notifications/{notification_id}/read", {"notification_id": "own"}, NOTHING_THERE | {"pm": 204}),
    ("POST", "/api/notifications/{notification_id}/read", {"notification_id": ABSENT}, NOTHING_THERE),
    ("GET", "/api/notifications/settings", {}, SIGNED_IN),
    ("PATCH", "/api/notifications/settings", {"json": {"push_enabled": True}}, SIGNED_IN),
    ("GET", "/api/notifications/stream", {}, SIGNED_IN),
    ("POST", "/api/testnotify/issue", {"json": _issue(FIRST_PROJECT)}, SIMULATION),
    ("POST", "/api/testnotify/issue", {"json": _issue(SECOND_PROJECT)}, SIMULATION_ELSEWHERE),
    ("POST", "/api/testnotify/issue", {"json": _issue(ABSENT)}, SIMULATION_NOWHERE),
    ("POST", "/api/testnotify/message", {"json": _message(FIRST_PROJECT)}, SIMULATION),
    ("POST", "/api/testnotify/message", {"json": _message(SECOND_PROJECT)}, SIMULATION_ELSEWHERE),
    ("POST", "/api/testnotify/message", {"json": _message(ABSENT)}, SIMULATION_NOWHERE),
    ("GET", "/api/projects", {}, SIGNED_IN),
    ("GET", "/api/projects/{project_id}", {"project_id": FIRST_PROJECT}, FIRST_PROJECTS_PEOPLE),
    ("GET", "/api/projects/{project_id}", {"project_id": SECOND_PROJECT}, SECOND_PROJECTS_PEOPLE),
    ("GET", "/api/projects/{project_id}", {"project_id": ABSENT}, NOTHING_THERE),
    ("POST", "/api/auth/password_link", {"json": BAD_LINK}, dict.fromkeys(CALLERS, 422)),
    ("GET", "/api/admin/accounts", {}, _admins(200)),
    ("POST", "/api/admin/accounts", {"json": _account(ABSENT)}, _admins(422)),
    ("GET", "/api/admin/accounts/{user_id}", {"user_id": PEOPLE["client"]}, _admins(200)),
    ("GET", "/api/admin/accounts/{user_id}", {"user_id": ABSENT}, _admins(404)),
    ("PATCH", "/api/admin/accounts/{user_id}", {"user_id": PEOPLE["client"], "json": {}}, _admins(200)),
    ("PATCH", "/api/admin/accounts/{user_id}", {"user_id": ABSENT, "json": {}}, _admins(404)),
    ("POST", "/api/admin/accounts/{user_id}/password_link", {"user_id": PEOPLE["client"]}, _admins(201)),
    ("POST", "/api/admin/accounts/{user_id}/password_link", {"user_id": ABSENT}, _admins(404)),
    ("GET", "/api/admin/users", {}, _admins(200)),
    ("GET", "/api/admin/projects", {}, _admins(200)),
    ("GET", "/api/admin/projects/{project_id}/members", {"project_id": FIRST_PROJECT}, _admins(200)),
    ("GET", "/api/admin/projects/{project_id}/members", {"project_id": ABSENT}, _admins(404)),
    ("PUT", MEMBER, {"project_id": FIRST_PROJECT, "user_id": PEOPLE["pm"], "json": MANAGER}, _admins(204)),
    ("PUT", MEMBER, {"project_id": FIRST_PROJECT, "user_id": ABSENT, "json": MANAGER}, _admins(404)),
    ("PUT", MEMBER, {"project_id": ABSENT, "user_id": PEOPLE["pm"], "json": MANAGER}, _admins(404)),
    ("DELETE", MEMBER, {"project_id": FIRST_PROJECT, "user_id": PEOPLE["pm2"]}, _admins(404)),
    ("GET", "/api/admin/audit", {}, _admins(200)),
    ("GET", "/healthz", {}, OPEN_TO_ALL),
    ("GET", "/readyz", {}, OPEN_TO_ALL),
    ("GET", "/metrics", {}, OPEN_TO_ALL),
]


@pytest.fixture(params=["a token of the host", "a session of their own"])
async def credentials(request, world: World) -> dict[str, dict[str, str]]:
    """The headers of each caller; the deactivated one is a client whose account was switched off."""
    found: dict[str, dict[str, str]] = {"nobody": {}}
    for person in ("client", "dev", "pm", "pm2", "admin", "client2"):
        if request.param == "a token of the host":
            found[person] = bearer(person)
        else:
            found[person] = {"Authorization": f"Bearer {await world.open_session(person)}"}
    await world.execute("UPDATE client_portal.accounts SET is_active = false WHERE user_id = $1", PEOPLE["client2"])
    found["deactivated"] = found.pop("client2")
    return found


async def test_each_caller_gets_the_answer_that_the_table_gives_them(
    app: FastAPI, world: World, credentials: dict[str, dict[str, str]]
):
    wrong = []
    for method, route, rest, expected in ROWS:
        if route == "/api/auth/logout":
            continue  # it ends the session: the test below
        for person in CALLERS:
            status = await _status(app, world, method, route, rest, credentials[person])
            if status != expected[person]:
                wrong.append(f"{method} {route} {rest} as {person}: {status}, not {expected[person]}")
    assert not wrong, "\n".join(wrong)


async def test_everybody_who_is_signed_in_may_sign_out(
    app: FastAPI, world: World, credentials: dict[str, dict[str, str]]
):
    for person in CALLERS:
        assert await _status(app, world, "POST", "/api/auth/logout", {}, credentials[person]) == DONE[person], person


async def test_no_route_is_without_a_row(shared_app: FastAPI):
    ruled = {(method, route) for method, route, _, _ in ROWS}
    served = {
        (method.upper(), route) for route, operations in shared_app.openapi()["paths"].items() for method in operations
    }
    assert served == ruled


@pytest.mark.parametrize(
    ("method", "foreign", "absent", "body"),
    [
        ("GET", f"/api/projects/{SECOND_PROJECT}", f"/api/projects/{ABSENT}", None),
        ("POST", "/api/notifications/{theirs}/read", f"/api/notifications/{ABSENT}/read", None),
        ("POST", "/api/testnotify/issue", "/api/testnotify/issue", (_issue(SECOND_PROJECT), _issue(ABSENT))),
        ("POST", "/api/testnotify/message", "/api/testnotify/message", (_message(SECOND_PROJECT), _message(ABSENT))),
    ],
)
async def test_what_is_out_of_reach_looks_like_what_never_was(
    app: FastAPI, world: World, method, foreign, absent, body
):
    theirs = (await world.notify("pm2", project_id=SECOND_PROJECT))[0]
    bodies = body or (None, None)
    async with caller_of(app, headers=bearer("pm")) as pm:
        out_of_reach = await pm.request(method, foreign.format(theirs=theirs), json=bodies[0])
        never_there = await pm.request(method, absent, json=bodies[1])
    assert out_of_reach.status_code == never_there.status_code == 404
    assert out_of_reach.content == never_there.content


async def _status(
    app: FastAPI, world: World, method: str, route: str, rest: dict[str, object], headers: dict[str, str]
) -> int:
    if route == sse.PATH:
        async with sse.open_stream(app, headers) as stream:
            return stream.status
    if rest.get("notification_id") == "own":
        rest = {**rest, "notification_id": (await world.notify("pm"))[0]}
    async with caller_of(app, headers=headers) as caller:
        answer = await caller.request(method, route.format(**rest), json=rest.get("json"))
    assert answer.status_code < 400 or is_problem(answer), answer.text
    return answer.status_code
