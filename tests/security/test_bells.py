"""Whose bells ring for what: those of the product's table, by the real routes, and nobody else's."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI

from app.projects.roles import MemberRole
from app.projects.service import add_member
from tests.security.cast import Cast
from tests.security.scene import (
    CLIENTS,
    FIRST,
    TEAM,
    Act,
    Scene,
    asks,
    completes,
    decides,
    raises,
    uploads,
    writes,
)

NOBODY: set[str] = set()

RINGS: tuple[tuple[str, str, Act, set[str]], ...] = (
    ("message_posted", "client", writes, TEAM),
    ("message_posted", "dev", writes, {"client", "pm"}),
    ("message_posted", "pm", writes, {"client"}),
    ("message_posted", "admin", writes, {"client"}),
    ("file_uploaded", "client", uploads, TEAM),
    ("file_uploaded", "dev", uploads, {"client", "pm"}),
    ("file_uploaded", "pm", uploads, {"client"}),
    ("file_uploaded", "admin", uploads, {"client", "pm"}),
    ("issue_created", "client", raises("issue"), TEAM),
    ("requirement_created", "client", raises("requirement"), TEAM),
    ("task_completed", "dev", completes, CLIENTS),
    ("task_completed", "pm", completes, CLIENTS),
    ("approval_requested", "dev", asks, {"client"}),
    ("approval_decided", "client", decides(decision="approved"), {"dev", "pm"}),
    ("approval_decided", "client", decides(decision="changes_requested", comment="Greener"), {"dev", "pm"}),
    ("approval_decided", "admin", decides(decision="approved"), {"client", "dev", "pm"}),
)


@pytest.fixture
async def scene(app: FastAPI, cast: Cast):
    async with AsyncExitStack() as stack:
        yield Scene(app, cast, stack)


@pytest.mark.parametrize(("type_", "person", "act", "told"), RINGS, ids=[" by ".join(each[:2]) for each in RINGS])
async def test_those_of_the_table_are_told_and_nobody_else(scene: Scene, type_: str, person: str, act: Act, told):
    before = await scene.told()
    page = await act(scene, person)
    after = await scene.told()
    assert {each for each in after if (type_, page) in after[each] - before[each]} == told


async def test_a_managers_file_rings_for_the_other_managers(scene: Scene):
    await scene.cast.world.act(add_member, FIRST, scene.cast.ids["pm2"], MemberRole.MANAGER)
    before = await scene.told()
    page = await uploads(scene, "pm")
    after = await scene.told()
    assert {each for each in after if ("file_uploaded", page) in after[each] - before[each]} == {"client", "pm2"}


async def _changes_a_status(scene: Scene) -> None:
    issue = await scene.does("client", "POST", f"{scene.room}/issues", json={"kind": "issue", "title": "A draught"})
    await scene.does("dev", "PATCH", f"/api/issues/{issue['id']}", json={"status": "in_progress"})


async def _plans(scene: Scene) -> None:
    first, second = await scene.task(), await scene.task("Hang the door")
    await scene.does("dev", "PATCH", f"/api/tasks/{second}", json={"title": "Hang it", "status": "in_progress"})
    await scene.does("dev", "PATCH", f"/api/tasks/{second}", json={"after_id": None})
    await scene.does("dev", "DELETE", f"/api/tasks/{first}")


async def _drafts(scene: Scene) -> None:
    sent = {"file": ("plan.txt", b"A plan")}
    file = await scene.does("client", "POST", f"{scene.room}/files?draft=true", files=sent)
    await scene.does("client", "DELETE", f"/api/files/{file['id']}")


@pytest.mark.parametrize(
    ("act", "rings"),
    [
        pytest.param(_changes_a_status, {"issue_created"}, id="a status"),
        pytest.param(_plans, NOBODY, id="plans"),
        pytest.param(_drafts, NOBODY, id="drafts"),
    ],
)
async def test_nothing_else_rings(scene: Scene, act: Callable[[Scene], Awaitable[None]], rings: set[str]):
    before = await scene.told()
    await act(scene)
    after = await scene.told()
    assert {type_ for each in after for type_, _ in after[each] - before[each]} == rings


async def test_a_file_of_a_message_rings_with_it_and_not_by_itself(scene: Scene):
    sent = {"file": ("plan.txt", b"A plan")}
    file = await scene.does("client", "POST", f"{scene.room}/files?draft=true", files=sent)
    before = await scene.told()
    content = {"body": "The plan", "file_ids": [file["id"]]}
    await scene.does("client", "POST", f"{scene.room}/messages", json=content)
    after = await scene.told()
    assert {each: {type_ for type_, _ in after[each] - before[each]} for each in ("dev", "pm", "client")} == {
        "dev": {"message_posted"},
        "pm": {"message_posted"},
        "client": set(),
    }
