"""Two clients of one project never learn of each other."""

import json
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.dev.demo import FIRST_PROJECT
from tests.running import until
from tests.security.stage import Stage, Witness, talk
from tests.security.works import Made, new_word, plan, work

CLIENTS = ("client", "neighbour")
PROJECT_SOCKETS = (f"/api/projects/{FIRST_PROJECT}/ws", "/api/projects/ws")


async def _view(client: Witness, room: str, task: UUID, word: str) -> dict[str, object]:
    """All that the pages of a client show."""
    paths = (
        "/api/auth/me",
        "/api/projects",
        f"/api/projects/{FIRST_PROJECT}",
        f"/api/projects/{FIRST_PROJECT}/rooms",
        "/api/rooms",
        "/api/rooms?q=a",
        f"/api/rooms/{room}",
        f"/api/rooms/{room}/messages",
        "/api/notifications",
        "/api/notifications/unread_count",
        f"/api/notifications?project_id={FIRST_PROJECT}",
        f"/api/projects/{FIRST_PROJECT}/files",
        f"/api/rooms/{room}/files",
        f"/api/projects/{FIRST_PROJECT}/issues",
        f"/api/rooms/{room}/issues",
        f"/api/projects/{FIRST_PROJECT}/tasks",
        f"/api/tasks/{task}",
        f"/api/projects/{FIRST_PROJECT}/search?q={word}",
    )
    return {path: (await client.http.get(path)).json() for path in paths}


@pytest.mark.parametrize(("watching", "acting"), [CLIENTS, CLIENTS[::-1]])
async def test_nothing_of_what_happens_in_the_other_room_is_seen(stage: Stage, watching: str, acting: str):
    cast = stage.cast
    own, other = str(cast.rooms[watching]), str(cast.rooms[acting])

    async def is_empty() -> bool:
        return not await cast.world.value("SELECT count(*) FROM client_portal.presence")

    await until(is_empty)  # of those who were there before
    async with AsyncExitStack() as stack:
        watcher = await stack.enter_async_context(stage.witness(watching))
        team = [await stack.enter_async_context(stage.witness(each, portal=1)) for each in ("dev", "pm", "admin")]
        actor = await stack.enter_async_context(stage.witness(acting, portal=1))
        word = new_word()
        task = await plan(team[0], FIRST_PROJECT, "What both know of")
        await watcher.open_stream()
        await watcher.open_socket("/api/notifications/ws")
        await watcher.open_socket(f"/api/rooms/{own}/ws")
        await watcher.sees("ready", f"/api/rooms/{own}/ws")
        for path in PROJECT_SOCKETS:
            await watcher.open_socket(path)
            await watcher.sees("ready", path)
        before = await _view(watcher, own, task, word)
        said = await talk(actor, team, other)
        made = await work(actor, team[0], cast, task, word)
        assert await _view(watcher, own, task, word) == before
        made.files.append(cast.files[acting])  # which has a thumbnail
        await _finds_nothing_of(made, watcher, f"/api/rooms/{own}")

        # What comes after all that is seen, and so all that would have come before it.
        marker = f"Marker {uuid4()}"
        assert (await team[0].http.post(f"/api/rooms/{own}/messages", json={"body": marker})).status_code == 201
        for place in ("SSE /api/notifications/stream", "WS /api/notifications/ws", f"WS /api/rooms/{own}/ws"):
            await watcher.sees(marker, place)
        assert watcher.text_of("SSE /api/notifications/stream").count("event: ") == 2, "ready, and the marker"
        assert [each["event"] for each in _frames(watcher, "/api/notifications/ws")] == ["ready", "notification"]
        ready, *others = _frames(watcher, f"/api/rooms/{own}/ws")
        assert ready["data"]["reads"].keys() == {str(cast.ids[each]) for each in (watching, "dev", "pm", "spare")}
        for frame in others:
            assert _is_own(frame, marker, cast.ids[watching], cast.ids["dev"]), frame
        last = await plan(team[0], FIRST_PROJECT, "What both know of, too")
        for path in PROJECT_SOCKETS:
            await watcher.sees(str(last), f"WS {path}")
            assert [each["data"].get("id") for each in _frames(watcher, path)] == [None, str(last)], path
        drafts = [text for draft in made.drafts.values() for text in (str(draft.id), draft.name, draft.content)]
        foreign_texts = (*said, *made.texts, *map(str, made.ids), *drafts)
        for foreign in (*foreign_texts, other, str(cast.ids[acting]), _NAMES[acting]):
            assert not watcher.has_seen(foreign), foreign


async def _finds_nothing_of(made: Made, watcher: Witness, own: str) -> None:
    """Whoever has guessed an id is told that there is no such thing, whatever they want of it."""
    files = [*made.files, *(draft.id for draft in made.drafts.values())]
    paths = [f"/api/files/{id_}{rest}" for id_ in files for rest in ("", "/thumbnail", "/meta")]
    paths += [f"/api/issues/{made.issue}", *(f"/api/approvals/{id_}" for id_ in made.approvals)]
    for path in paths:
        assert (await watcher.http.get(path)).status_code == 404, path
    for method, path, sent in (
        ("DELETE", f"/api/files/{files[-1]}", None),
        ("PATCH", f"/api/issues/{made.issue}", {"title": "Mine now"}),
        ("POST", f"/api/approvals/{made.approvals[1]}/decision", {"decision": "approved"}),
    ):
        assert (await watcher.http.request(method, path, json=sent)).status_code == 404, path
    for id_ in files:
        said = await watcher.http.post(f"{own}/messages", json={"body": "Mine now", "file_ids": [str(id_)]})
        raised = {"kind": "issue", "title": "Mine now", "file_ids": [str(id_)]}
        assert said.status_code == (await watcher.http.post(f"{own}/issues", json=raised)).status_code == 422


_NAMES = {"client": "Clara Jensen", "neighbour": "Nadia Haddad"}


def _frames(watcher: Witness, path: str) -> list[dict[str, Any]]:
    """The frames of a socket, without the headers of its handshake."""
    texts = [text for place, text in watcher.seen if place == f"WS {path}"]
    return [json.loads(text) for text in texts[1:]]


def _is_own(frame: dict[str, Any], marker: str, watcher: UUID, developer: UUID) -> bool:
    """Whether a frame is of the watcher's coming, or of the marker that the developer wrote."""
    match frame["event"]:
        case "presence":
            return set(frame["data"]["online"]) <= {str(watcher)}
        case "message":
            return bool(frame["data"]["message"]["body"] == marker)
        case "read":
            return bool(frame["data"]["user_id"] == str(developer))
    return False
