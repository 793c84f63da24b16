"""Who gets which answer: the one table. The matrix holds the application to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from app.dev.demo import PASSWORD
from tests.push.service import KEYS_OF_NOBODY
from tests.security.cast import ABSENT, PROJECTS, SIGNED_IN, Cast

NO_ONE: frozenset[str] = frozenset()
ADMINS = frozenset({"admin"})
CLIENTS = frozenset({"client", "neighbour", "client2"})
DEVELOPERS = frozenset({"dev", "dev2", "admin"})
WORKERS = SIGNED_IN - CLIENTS
MANAGERS = frozenset({"pm", "pm2", "staff", "admin"})
FIRST_TEAM = frozenset({"dev", "pm", "admin"})
SECOND_TEAM = frozenset({"dev2", "pm2", "admin"})

_ROOMS = {
    "client's": FIRST_TEAM | {"client"},
    "neighbour's": FIRST_TEAM | {"neighbour"},
    "client2's": SECOND_TEAM | {"client2"},
    "absent": NO_ONE,
}
_PROJECTS = {
    "first": FIRST_TEAM | {"client", "neighbour"},
    "second": SECOND_TEAM | {"client2"},
    "absent": NO_ONE,
}
# Of each kind of thing, which there are, and who has it within reach. All others are told that it does not exist.
REACH: dict[str, dict[str, frozenset[str]]] = {
    "nothing": {"": SIGNED_IN},
    "project": _PROJECTS,
    "room": _ROOMS,
    "message": _ROOMS,
    "file": _ROOMS,
    "draft": {f"{client}'s": frozenset({client}) for client in sorted(CLIENTS)} | {"absent": NO_ONE},
    "issue": _ROOMS,
    "approval": _ROOMS,
    "task": _PROJECTS,
    "notification": {f"{person}'s": frozenset({person}) for person in sorted(SIGNED_IN - {"staff"})}
    | {"client's, of a project out of reach": NO_ONE, "absent": NO_ONE},
    "account": {"spare": ADMINS, "guest, who has none": NO_ONE, "absent": NO_ONE},
    "user without account": {"guest": ADMINS, "spare, who has one": NO_ONE, "absent": NO_ONE},
    "project of all": {"first": ADMINS, "second": ADMINS, "absent": NO_ONE},
    "place for a member": {
        "first, spare": ADMINS,
        "first, absent": NO_ONE,
        "absent, spare": NO_ONE,
        "absent, absent": NO_ONE,
    },
    "member": {
        "first, spare": ADMINS,
        "second, spare": NO_ONE,
        "first, absent": NO_ONE,
        "absent, spare": NO_ONE,
    },
    "e-mail": {"dead": ADMINS, "absent": NO_ONE},
}

Params = dict[str, str]


@dataclass(frozen=True)
class Rule:
    """The answer of one route: ``status`` for who ``may`` ask for it and has the thing ``of`` it within reach.

    Without a sign-in it is 401, unless the route ``is_open``; who may not gets 403; what is out of reach is
    ``missing``. Of those who have it within reach, only ``does`` may do this to it: the others get 403. ``body`` makes
    what is sent, ``query`` is what stands in the address; with ``sends_file`` a form with a file is sent.
    """

    status: int
    of: str = "nothing"
    may: frozenset[str] = SIGNED_IN
    does: frozenset[str] = SIGNED_IN
    missing: int = 404
    query: str = ""
    sends_file: bool = False
    body: Callable[[Params], Any] | None = None
    is_open: bool = False
    ends_session: bool = False
    later: int | None = None
    """The status for who may as well, but comes after somebody else has done it."""

    def expected(self, caller: str, target: str) -> int:
        if self.is_open:
            return self.status
        if caller not in SIGNED_IN:
            return 401
        if caller not in self.may:
            return 403
        if caller not in REACH[self.of][target]:
            return self.missing
        return self.status if caller in self.does else 403


def _issue(params: Params) -> Any:
    return params | {"issue_id": str(uuid4()), "message": "A leak"}


def _message(params: Params) -> Any:
    return params | {"message_id": str(uuid4()), "snippet": "Hello"}


def _account(params: Params) -> Any:
    return params | {"email": f"{uuid4()}@example.com", "display_name": "Gil Guest", "role": "developer"}


def _password(_: Params) -> Any:
    return {"current_password": PASSWORD, "new_password": PASSWORD}


def _wrong_sign_in(_: Params) -> Any:
    return {"email": f"{uuid4()}@example.com", "password": "wrong"}


def _browser(_: Params) -> Any:
    return {"endpoint": "https://push.example/1", "keys": KEYS_OF_NOBODY}


def _about_message(params: Params) -> Any:
    return {"source_kind": "message", "source_id": params["message_id"]}


def _issue_of_room(_: Params) -> Any:
    return {"kind": "issue", "title": "A draught"}


def _of_client(params: Params) -> Any:
    return {"client_id": params["client_id"], "note": "As agreed"}


RULES: dict[str, Rule] = {
    "GET /healthz": Rule(200, is_open=True),
    "HEAD /healthz": Rule(200, is_open=True),
    "GET /readyz": Rule(200, is_open=True),
    "HEAD /readyz": Rule(200, is_open=True),
    "GET /metrics": Rule(200, is_open=True),
    "GET /api/openapi.json": Rule(200, is_open=True),
    "HEAD /api/openapi.json": Rule(200, is_open=True),
    "POST /api/auth/login": Rule(401, is_open=True, body=_wrong_sign_in),
    "POST /api/auth/logout": Rule(204, ends_session=True),
    "GET /api/auth/me": Rule(200),
    "POST /api/auth/password": Rule(204, body=_password),
    "POST /api/auth/password_link": Rule(
        422, is_open=True, body=lambda _: {"token": "none of ours", "new_password": PASSWORD}
    ),
    "GET /api/notifications": Rule(200),
    "GET /api/notifications/unread_count": Rule(200),
    "POST /api/notifications/read_all": Rule(204),
    "POST /api/notifications/{notification_id}/read": Rule(204, of="notification"),
    "GET /api/notifications/settings": Rule(200),
    "PATCH /api/notifications/settings": Rule(200, body=lambda _: {"push_enabled": True}),
    "GET /api/notifications/preferences": Rule(200),
    "PATCH /api/notifications/preferences": Rule(200, body=lambda _: {"digest": "hourly"}),
    "PUT /api/notifications/muted_projects/{project_id}": Rule(204, of="project"),
    "DELETE /api/notifications/muted_projects/{project_id}": Rule(204, of="project"),
    "POST /api/notifications/visible": Rule(204),
    "DELETE /api/notifications/visible": Rule(204),
    "POST /unsubscribe": Rule(404, is_open=True, query="token=none.of.ours"),
    "GET /api/unsubscribe": Rule(404, is_open=True, query="token=none.of.ours"),
    "POST /api/unsubscribe": Rule(404, is_open=True, body=lambda _: {"token": "none.of.ours", "email_enabled": True}),
    "GET /api/notifications/push": Rule(200),
    # Push is not set up here: who may subscribe is told so.
    "POST /api/notifications/push/subscriptions": Rule(409, body=_browser),
    "DELETE /api/notifications/push/subscriptions": Rule(204, body=_browser),
    "GET /api/notifications/stream": Rule(200),
    "WS /api/notifications/ws": Rule(101),
    "POST /api/testnotify/issue": Rule(204, of="project", may=MANAGERS, body=_issue),
    "POST /api/testnotify/message": Rule(204, of="project", may=MANAGERS, body=_message),
    "GET /api/projects": Rule(200),
    "GET /api/projects/{project_id}": Rule(200, of="project"),
    "WS /api/projects/ws": Rule(101),
    "WS /api/projects/{project_id}/ws": Rule(101, of="project"),
    "GET /api/projects/{project_id}/rooms": Rule(200, of="project"),
    "GET /api/rooms": Rule(200),
    "GET /api/rooms/{room_id}": Rule(200, of="room"),
    "GET /api/rooms/{room_id}/messages": Rule(200, of="room"),
    "POST /api/rooms/{room_id}/messages": Rule(201, of="room", body=lambda _: {"body": "Hello"}),
    "POST /api/rooms/{room_id}/read": Rule(204, of="room", body=lambda _: {"up_to": 1}),
    "POST /api/rooms/{room_id}/opened": Rule(204, of="room"),
    "WS /api/rooms/{room_id}/ws": Rule(101, of="room"),
    "GET /api/messages/{message_id}": Rule(200, of="message"),
    "POST /api/notifications/read_about": Rule(204, of="message", missing=204, body=_about_message),
    "GET /api/rooms/{room_id}/files": Rule(200, of="room"),
    "POST /api/rooms/{room_id}/files": Rule(201, of="room", sends_file=True),
    "GET /api/projects/{project_id}/files": Rule(200, of="project"),
    "GET /api/files/{file_id}": Rule(200, of="file"),
    "HEAD /api/files/{file_id}": Rule(200, of="file"),
    "GET /api/files/{file_id}/thumbnail": Rule(200, of="file"),
    "GET /api/files/{file_id}/meta": Rule(200, of="file"),
    "DELETE /api/files/{file_id}": Rule(204, of="draft"),
    "GET /api/rooms/{room_id}/issues": Rule(200, of="room"),
    "POST /api/rooms/{room_id}/issues": Rule(201, of="room", may=CLIENTS | ADMINS, body=_issue_of_room),
    "GET /api/projects/{project_id}/issues": Rule(200, of="project"),
    "GET /api/issues/{issue_id}": Rule(200, of="issue"),
    "PATCH /api/issues/{issue_id}": Rule(200, of="issue", does=WORKERS, body=lambda _: {"status": "in_progress"}),
    "GET /api/projects/{project_id}/people": Rule(200, of="project", may=WORKERS),
    "GET /api/projects/{project_id}/tasks": Rule(200, of="project"),
    "POST /api/projects/{project_id}/tasks": Rule(201, of="project", may=WORKERS, body=lambda _: {"title": "Paint"}),
    "GET /api/tasks/{task_id}": Rule(200, of="task"),
    "PATCH /api/tasks/{task_id}": Rule(200, of="task", may=WORKERS, body=lambda _: {"status": "done"}),
    # The task has been asked about: who may delete it is told so.
    "DELETE /api/tasks/{task_id}": Rule(409, of="task", may=WORKERS),
    "GET /api/approvals/{approval_id}": Rule(200, of="approval"),
    "POST /api/approvals/{approval_id}/decision": Rule(
        200, of="approval", may=CLIENTS | ADMINS, body=lambda _: {"decision": "approved"}, later=409
    ),
    "POST /api/tasks/{task_id}/approvals": Rule(201, of="task", may=WORKERS, does=DEVELOPERS, body=_of_client),
    "GET /api/projects/{project_id}/search": Rule(200, of="project", query="q=hello"),
    "GET /api/admin/accounts": Rule(200, may=ADMINS),
    "POST /api/admin/accounts": Rule(201, of="user without account", may=ADMINS, missing=422, body=_account),
    "GET /api/admin/accounts/{user_id}": Rule(200, of="account", may=ADMINS),
    "PATCH /api/admin/accounts/{user_id}": Rule(
        200, of="account", may=ADMINS, body=lambda _: {"display_name": "Sam Changed"}
    ),
    "POST /api/admin/accounts/{user_id}/password_link": Rule(201, of="account", may=ADMINS),
    "GET /api/admin/audit": Rule(200, may=ADMINS),
    "GET /api/admin/users": Rule(200, may=ADMINS),
    "GET /api/admin/projects": Rule(200, may=ADMINS),
    "GET /api/admin/projects/{project_id}/members": Rule(200, of="project of all", may=ADMINS),
    "PUT /api/admin/projects/{project_id}/members/{user_id}": Rule(
        204, of="place for a member", may=ADMINS, body=lambda _: {"role": "developer"}
    ),
    "DELETE /api/admin/projects/{project_id}/members/{user_id}": Rule(204, of="member", may=ADMINS),
    "GET /api/admin/mail": Rule(200, may=ADMINS),
    "GET /api/admin/mail/delivery": Rule(200, may=ADMINS),
    "POST /api/admin/mail/{email_id}/retry": Rule(204, of="e-mail", may=ADMINS),
    "POST /api/admin/mail/retry_dead": Rule(200, may=ADMINS),
    "POST /api/admin/mail/{email_id}/drop": Rule(204, of="e-mail", may=ADMINS),
    # It has not been written.
    "GET /api/admin/mail/{email_id}/letter": Rule(404, of="e-mail", may=ADMINS),
    "GET /api/admin/mail/{email_id}/letter.html": Rule(404, of="e-mail", may=ADMINS),
    "GET /api/admin/mail/suppressions": Rule(200, may=ADMINS),
    "POST /api/admin/mail/suppressions": Rule(204, may=ADMINS, body=lambda _: {"address": "takes-none@example.com"}),
    "DELETE /api/admin/mail/suppressions": Rule(404, may=ADMINS, query="address=takes-mail@example.com"),
}


async def things(cast: Cast) -> dict[str, dict[str, Params]]:
    """The ids of what ``REACH`` names, by the names they have in paths and bodies."""
    users = {"spare": str(cast.ids["spare"]), "guest": str(cast.guest), "absent": str(ABSENT)}
    projects = {name: {"project_id": str(id_)} for name, id_ in PROJECTS.items()}
    notifications = {
        f"{person}'s": await _notify(cast, person, "second" if person.endswith("2") else "first")
        for person in sorted(SIGNED_IN - {"staff"})
    }
    return {
        "nothing": {"": {}},
        "project": projects,
        "project of all": projects,
        "room": {f"{name}'s": {"room_id": str(id_)} for name, id_ in cast.rooms.items()}
        | {"absent": {"room_id": str(ABSENT)}},
        "message": {f"{name}'s": {"message_id": str(ids[0])} for name, ids in cast.messages.items()}
        | {"absent": {"message_id": str(ABSENT)}},
        "file": _by_client("file_id", cast.files),
        "draft": _by_client("file_id", cast.drafts),
        "issue": _by_client("issue_id", cast.issues),
        "approval": _by_client("approval_id", cast.approvals),
        "task": {
            project: {"task_id": str(cast.tasks.get(project, ABSENT)), "client_id": str(cast.ids[client])}
            for project, client in (("first", "client"), ("second", "client2"), ("absent", "client"))
        },
        "notification": notifications
        | {
            "client's, of a project out of reach": await _notify(cast, "client", "second"),
            "absent": {"notification_id": str(ABSENT)},
        },
        "account": {name: {"user_id": users[name.partition(",")[0]]} for name in REACH["account"]},
        "user without account": {
            name: {"user_id": users[name.partition(",")[0]]} for name in REACH["user without account"]
        },
        **{
            kind: {
                name: projects[name.split(", ")[0]] | {"user_id": users[name.split(", ")[1]]} for name in REACH[kind]
            }
            for kind in ("place for a member", "member")
        },
        "e-mail": {"dead": await _dead_email(cast), "absent": {"email_id": str(ABSENT)}},
    }


def _by_client(name: str, ids: Mapping[str, UUID]) -> dict[str, Params]:
    return {f"{client}'s": {name: str(id_)} for client, id_ in ids.items()} | {"absent": {name: str(ABSENT)}}


async def _dead_email(cast: Cast) -> Params:
    id_ = await cast.world.value(
        "INSERT INTO client_portal.email_outbox (recipient_id, thread, state, due_at)"
        " VALUES ($1, gen_random_uuid(), 'dead', now()) RETURNING id",
        cast.ids["client"],
    )
    return {"email_id": str(id_)}


async def _notify(cast: Cast, person: str, project: str) -> Params:
    id_ = await cast.world.value(
        "INSERT INTO client_portal.notifications"
        " (id, project_id, recipient_user_id, type, source_kind, source_id, title)"
        " VALUES (gen_random_uuid(), $1, $2, 'issue_created', 'issue', gen_random_uuid(), 'A leak') RETURNING id",
        PROJECTS[project],
        cast.ids[person],
    )
    return {"notification_id": str(id_)}
