"""Who is sent e-mail of what, and where it leads: those of the product's table, by the real routes, and nobody else."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI

from app.mail.letter import Letter
from app.preferences.event_types import EventType
from tests.letters.judging import URL, letters
from tests.security.cast import PROJECTS, Cast
from tests.security.scene import CLIENTS, FIRST, Act, Scene, asks, completes, decides, raises, uploads, writes

DEVELOPERS = {"dev", "spare"}
SETTINGS = "/api/notifications/settings"

MAILS: tuple[tuple[str, str, Act, set[str]], ...] = (
    ("message_posted", "client", writes, DEVELOPERS),
    ("message_posted", "dev", writes, {"client"}),
    ("message_posted", "pm", writes, {"client"}),
    ("message_posted", "admin", writes, {"client"}),
    ("file_uploaded", "client", uploads, DEVELOPERS),
    ("file_uploaded", "dev", uploads, {"client"}),
    ("file_uploaded", "pm", uploads, {"client"}),
    ("file_uploaded", "admin", uploads, {"client"}),
    ("issue_created", "client", raises("issue"), DEVELOPERS),
    ("requirement_created", "client", raises("requirement"), DEVELOPERS),
    ("task_completed", "dev", completes, CLIENTS),
    ("task_completed", "pm", completes, CLIENTS),
    ("approval_requested", "dev", asks, {"client"}),
    ("approval_decided", "client", decides(decision="approved"), {"dev"}),
    ("approval_decided", "client", decides(decision="changes_requested", comment="Greener"), {"dev"}),
    ("approval_decided", "admin", decides(decision="approved"), {"client", "dev"}),
)
"""Those whose e-mail is on from the start: the team's managers and admins switch it on if they want it."""


@pytest.fixture
async def scene(app: FastAPI, cast: Cast):
    async with AsyncExitStack() as stack:
        yield Scene(app, cast, stack)


async def _mailed(scene: Scene, type_: str, page: str) -> dict[str, bool]:
    """Who would be sent e-mail that tells of things of this type now, and whether it leads to this page."""
    telling = await scene.cast.world.fetch(
        "SELECT DISTINCT email_id, recipient_id FROM client_portal.email_items"
        " JOIN client_portal.email_outbox AS mail ON mail.id = email_id WHERE type = $1",
        type_,
    )
    to = {row["email_id"]: scene.cast.name(row["recipient_id"]) for row in telling}
    found = await letters(scene.app, scene.cast.world)
    return {to[each.id]: _leads_to(each, page) for each in found if each.id in to}


def _leads_to(letter: Letter, page: str) -> bool:
    return f"{URL}{page}" in letter.text.splitlines() and f'href="{URL}{page}"' in letter.html


async def _addresses(scene: Scene) -> dict[str, str]:
    """Of everybody with an account."""
    rows = await scene.cast.world.fetch("SELECT user_id, email FROM client_portal.accounts")
    return {scene.cast.name(row["user_id"]): row["email"] for row in rows}


def test_each_type_of_event_is_in_the_table():
    assert {each[0] for each in MAILS} == set(EventType)


@pytest.mark.parametrize(
    ("type_", "person", "act", "mailed"),
    MAILS,
    ids=[f"{number} {each[0]} by {each[1]}" for number, each in enumerate(MAILS)],
)
async def test_those_of_the_table_are_mailed_and_nobody_else(scene: Scene, type_: str, person: str, act: Act, mailed):
    page = await act(scene, person)
    assert await _mailed(scene, type_, page) == dict.fromkeys(mailed, True)


async def test_each_mail_goes_to_the_address_of_its_person_and_holds_no_other(scene: Scene):
    for _, person, act, _ in MAILS:
        await act(scene, person)
    addresses = await _addresses(scene)
    of_the_host = {row["email"] for row in await scene.cast.world.fetch("SELECT email FROM public.users")}
    found = await letters(scene.app, scene.cast.world)
    assert {each.to for each in found} == {addresses[person] for person in DEVELOPERS | CLIENTS}
    for letter in found:
        said = f"{letter.subject} {letter.text} {letter.html} {letter.to_name} {letter.headers}"
        assert not any(address in said for address in {*addresses.values(), *of_the_host} - {letter.to})


async def test_no_client_is_mailed_anything_of_another(scene: Scene):
    rows = await scene.cast.world.fetch(
        "SELECT user_id, display_name FROM client_portal.accounts WHERE role = 'client'"
    )
    names = {scene.cast.name(each["user_id"]): each["display_name"] for each in rows}
    assert names.keys() == {"client", "neighbour", "client2"}
    for client in CLIENTS:
        for person in (client, "dev"):
            said = {"body": f"Between us and {client}"}
            await scene.does(person, "POST", f"/api/rooms/{scene.cast.rooms[client]}/messages", json=said)
    await completes(scene, "dev")
    addresses = await _addresses(scene)
    found = {each.to: each for each in await letters(scene.app, scene.cast.world) if each.to in _of(CLIENTS, addresses)}
    assert found.keys() == _of(CLIENTS, addresses)
    for client in CLIENTS:
        letter = found[addresses[client]]
        assert f"Between us and {client}" in letter.text
        for other in names.keys() - {client}:
            content = letter.subject + letter.text + letter.html
            assert f"and {other}" not in content
            assert names[other] not in content
            assert str(scene.cast.ids[other]) not in content


def _of(people: set[str], addresses: dict[str, str]) -> set[str]:
    return {addresses[person] for person in people}


async def test_subjects_hold_nothing_of_what_was_said(scene: Scene):
    for _, person, act, _ in MAILS:
        await act(scene, person)
    subjects = " ".join(letter.subject for letter in await letters(scene.app, scene.cast.world))
    texts = " ".join(letter.text for letter in await letters(scene.app, scene.cast.world))
    for said in ("Hello", "plan.txt", "A draught", "Paint the door", "Greener"):
        assert said in texts
        assert said not in subjects


@pytest.mark.parametrize(
    ("person", "type_", "actor", "act"),
    [
        ("pm", "message_posted", "client", writes),
        ("pm", "file_uploaded", "dev", uploads),
        ("pm", "issue_created", "client", raises("issue")),
        ("pm", "approval_decided", "client", decides(decision="approved")),
    ],
    ids=["message", "file", "issue", "decision"],
)
async def test_a_manager_who_wants_e_mail_gets_what_rings(scene: Scene, person: str, type_: str, actor: str, act: Act):
    await scene.does(person, "PATCH", SETTINGS, json={"email_enabled": True})
    assert (await _mailed(scene, type_, await act(scene, actor)))[person]


async def test_an_admin_who_asked_for_approval_is_mailed_the_answer_without_a_part_in_the_project(scene: Scene):
    await scene.does("admin", "PATCH", SETTINGS, json={"email_enabled": True})
    task = await scene.task()
    asked = {"client_id": str(scene.cast.ids["client"]), "note": "As agreed"}
    approval = await scene.does("admin", "POST", f"/api/tasks/{task}/approvals", json=asked)
    decision = {"decision": "approved"}
    await scene.does("client", "POST", f"/api/approvals/{approval['id']}/decision", json=decision)
    page = f"/projects/{FIRST}/tasks?focus={task}"
    assert await _mailed(scene, "approval_decided", page) == {"admin": True}


async def _leaves(scene: Scene, person: str) -> None:
    await scene.does("admin", "DELETE", f"/api/admin/projects/{FIRST}/members/{scene.cast.ids[person]}")


async def _is_switched_off(scene: Scene, person: str) -> None:
    await scene.does("admin", "PATCH", f"/api/admin/accounts/{scene.cast.ids[person]}", json={"is_active": False})


async def _unsubscribes(scene: Scene, person: str) -> None:
    await scene.does(person, "PATCH", SETTINGS, json={"email_enabled": False})


async def _moves_to_another_project(scene: Scene, person: str) -> None:
    await _leaves(scene, person)
    part = {"role": "client" if person in CLIENTS else "developer"}
    path = f"/api/admin/projects/{PROJECTS['second']}/members/{scene.cast.ids[person]}"
    await scene.does("admin", "PUT", path, json=part)


@pytest.mark.parametrize("end", [_leaves, _is_switched_off, _unsubscribes, _moves_to_another_project])
@pytest.mark.parametrize(
    ("person", "type_", "actor", "act", "others"),
    [
        ("dev", "message_posted", "client", writes, {"spare"}),
        ("client", "file_uploaded", "dev", uploads, set()),
        ("client", "task_completed", "dev", completes, {"neighbour"}),
    ],
    ids=["dev", "client", "one of two clients"],
)
async def test_whose_access_ends_before_it_is_sent_is_not_mailed(
    scene: Scene,
    person: str,
    type_: str,
    actor: str,
    act: Act,
    others: set[str],
    end: Callable[[Scene, str], Awaitable[None]],
):
    page = await act(scene, actor)
    assert await _mailed(scene, type_, page) == dict.fromkeys({person} | others, True)
    await end(scene, person)
    assert await _mailed(scene, type_, page) == dict.fromkeys(others, True)


async def test_who_is_switched_off_when_something_happens_has_no_mail_made(scene: Scene):
    await writes(scene, "client")
    mailed = await scene.cast.world.fetch("SELECT recipient_id FROM client_portal.email_outbox")
    assert {scene.cast.name(row["recipient_id"]) for row in mailed} == DEVELOPERS


async def _changes_a_status(scene: Scene) -> None:
    issue = await scene.does("client", "POST", f"{scene.room}/issues", json={"kind": "issue", "title": "A draught"})
    await scene.does("dev", "PATCH", f"/api/issues/{issue['id']}", json={"status": "in_progress"})


async def _plans(scene: Scene) -> None:
    task = await scene.task("Hang the door")
    await scene.does("dev", "PATCH", f"/api/tasks/{task}", json={"title": "Hang it", "status": "in_progress"})


async def _drafts(scene: Scene) -> None:
    await scene.does("client", "POST", f"{scene.room}/files?draft=true", files={"file": ("plan.txt", b"A plan")})


@pytest.mark.parametrize(
    ("act", "mailed"),
    [
        pytest.param(_changes_a_status, {"dev", "spare"}, id="a status"),
        pytest.param(_plans, set(), id="plans"),
        pytest.param(_drafts, set(), id="drafts"),
    ],
)
async def test_nothing_else_is_mailed(scene: Scene, act: Callable[[Scene], Awaitable[None]], mailed: set[str]):
    await act(scene)
    types = await scene.cast.world.fetch("SELECT type FROM client_portal.email_items")
    assert {row["type"] for row in types} == ({"issue_created"} if mailed else set())
    assert {each.to for each in await letters(scene.app, scene.cast.world)} == _of(mailed, await _addresses(scene))


async def test_a_file_of_a_message_is_mailed_with_it_and_not_by_itself(scene: Scene):
    sent = {"file": ("plan.txt", b"A plan")}
    file = await scene.does("client", "POST", f"{scene.room}/files?draft=true", files=sent)
    content = {"body": "The plan", "file_ids": [file["id"]]}
    await scene.does("client", "POST", f"{scene.room}/messages", json=content)
    subjects = {each.subject.partition(" in ")[0] for each in await letters(scene.app, scene.cast.world)}
    assert subjects == {"New message"}
