"""Issues and requirements: clients raise them, the team works on them, each at their own browser."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from playwright.async_api import FilePayload, Locator, Page, Route, expect

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, Bell, Events, People
from tests.world import PEOPLE, World

ISSUES = f"/projects/{FIRST_PROJECT}/issues"


@pytest_asyncio.fixture
async def room_id(shared_world: World) -> UUID:
    found: UUID = await shared_world.value(
        "SELECT id FROM client_portal.rooms WHERE client_id = $1 AND project_id = $2", PEOPLE["client"], FIRST_PROJECT
    )
    return found


async def was_raised(world: World, room: UUID, title: str, *, body: str = "", **columns: Any) -> UUID:
    """An issue that was there before; without signals."""
    values = {"kind": "issue", "status": "open", "author": "client"} | columns
    issue_id = uuid4()
    await world.execute(
        "INSERT INTO client_portal.issues (id, room_id, author_id, kind, title, body, status)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        issue_id,
        room,
        PEOPLE[values["author"]],
        values["kind"],
        title,
        body,
        values["status"],
    )
    return issue_id


def rows(page: Page) -> Locator:
    return page.locator("a.issue-row")


def status_of(page: Page) -> Locator:
    return page.locator(".issue-lead .status-badge").first


def heading(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", level=1, name=text)


async def test_a_client_raises_and_the_team_works_on_it_and_both_see_it_live(people: People) -> None:
    client, dev = await people.page_of("client", ISSUES), await people.page_of("dev", ISSUES)
    await expect(dev.get_by_text("No active issues or requirements")).to_be_visible()
    await Bell(dev).is_live()
    await client.get_by_role("link", name="New issue").click()
    await client.get_by_label("Title").fill("Water comes in")
    await client.get_by_label("Description").fill("See https://example.com/photos, since Sunday.")
    await client.get_by_role("button", name="Raise issue").click()
    await expect(heading(client, "Water comes in")).to_be_visible()
    await expect(status_of(client)).to_have_text("Open")
    await expect(client.get_by_role("link", name="https://example.com/photos")).to_have_attribute(
        "rel", re.compile("noopener")
    )
    # the list of the team follows without a reload, and so does the bell
    await expect(rows(dev)).to_contain_text(["Water comes in"])
    await Bell(dev).shows(1)
    await rows(dev).click()
    await expect(heading(dev, "Water comes in")).to_be_visible()
    # whoever looks at it needs no notification about it
    await Bell(dev).shows(0)
    await dev.get_by_role("button", name="Start work").click()
    await expect(status_of(dev)).to_have_text("In progress")
    await expect(status_of(client)).to_have_text("In progress")
    await expect(client.get_by_text("started work on it")).to_be_visible()
    # what is worked on says what it says
    await expect(client.get_by_role("button", name="Edit")).to_have_count(0)
    await expect(client.get_by_role("button", name="Mark as done")).to_have_count(0)
    await dev.get_by_role("button", name="Mark as done").click()
    await expect(status_of(client)).to_have_text("Done")
    await client.get_by_role("link", name="Issues").click()
    await expect(client.get_by_text("No active issues or requirements")).to_be_visible()
    await client.get_by_role("link", name="Done").click()
    await expect(rows(client)).to_contain_text(["Water comes in"])


async def test_the_bell_opens_the_thing_itself(people: People) -> None:
    client, pm = await people.page_of("client", f"{ISSUES}/new?kind=requirement"), await people.page_of("pm")
    await Bell(pm).is_live()
    await client.get_by_label("Title").fill("A second socket")
    await client.get_by_role("button", name="Raise requirement").click()
    await Bell(pm).shows(1)
    await Bell(pm).open()
    await Bell(pm).items.first.click()
    await expect(heading(pm, "A second socket")).to_be_visible()
    await expect(pm.get_by_role("main").get_by_text("raised a requirement")).to_be_visible()
    await Bell(pm).shows(0)


async def test_what_is_declined_says_why(people: People, shared_world: World, room_id: UUID) -> None:
    issue = await was_raised(shared_world, room_id, "Gold taps")
    pm, client = await people.page_of("pm", f"{ISSUES}/{issue}"), await people.page_of("client", f"{ISSUES}/{issue}")
    await pm.get_by_role("button", name="Decline…").click()
    dialog = pm.get_by_role("dialog", name="Decline this issue?")
    await expect(dialog.get_by_label("Reason")).to_be_focused()
    await pm.keyboard.type("Brass lasts longer.")
    question = pm.get_by_role("dialog", name="Discard what you wrote?")
    for _ in range(2):
        await pm.keyboard.press("Escape")
        await expect(question).to_be_visible()
        await question.get_by_role("button", name="Keep writing").click()
        await expect(dialog.get_by_label("Reason")).to_have_value("Brass lasts longer.")
        await expect(dialog.get_by_label("Reason")).to_be_focused()
    await pm.keyboard.press("Escape")
    await question.get_by_role("button", name="Discard").click()
    await expect(pm.get_by_role("dialog")).to_have_count(0)
    await expect(status_of(pm)).to_have_text("Open")
    await pm.get_by_role("button", name="Decline…").click()
    await dialog.get_by_label("Reason").fill("Brass lasts longer.")
    await dialog.get_by_role("button", name="Decline").click()
    await expect(status_of(pm)).to_have_text("Declined")
    await expect(client.get_by_text("Brass lasts longer.")).to_be_visible()
    await pm.get_by_role("button", name="Reopen").click()
    await expect(client.get_by_text("reopened it")).to_be_visible()


async def test_two_of_the_team_at_once_and_the_second_is_told(
    people: People, shared_world: World, room_id: UUID
) -> None:
    issue = await was_raised(shared_world, room_id, "Gold taps")
    pm, dev = await people.page_of("pm", f"{ISSUES}/{issue}"), await people.page_of("dev", f"{ISSUES}/{issue}")
    await expect(dev.get_by_role("button", name="Start work")).to_be_visible()
    # what the manager does does not reach the developer's page in time
    await dev.route(f"**/api/issues/{issue}", _only_changes)
    await pm.get_by_role("button", name="Mark as done").click()
    await expect(status_of(pm)).to_have_text("Done")
    await dev.get_by_role("button", name="Start work").click()
    await expect(dev.get_by_role("alert")).to_have_text(re.compile("was faster: it is “Done” now"))
    await expect(status_of(pm)).to_have_text("Done")


async def test_the_author_words_it_anew_and_nothing_typed_is_lost(
    people: People, shared_world: World, room_id: UUID
) -> None:
    issue = await was_raised(shared_world, room_id, "A leak", body="By the window")
    page = await people.page_of("client", f"{ISSUES}/{issue}")
    other = await page.context.new_page()
    await other.goto(f"{ISSUES}/{issue}")
    for each in (page, other):
        await each.get_by_role("button", name="Edit").click()
    await other.get_by_label("Title").fill("A leak in the kitchen")
    await other.get_by_label("Description").fill("By the door")
    await other.get_by_role("button", name="Save").click()
    await expect(heading(page, "A leak in the kitchen")).to_be_visible()
    # what is being written is not moved by what comes in
    await expect(page.get_by_label("Description")).to_have_value("By the window")
    await page.get_by_label("Description").fill("By the stairs")
    await page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert").filter(has_text="What you typed is kept below")
    await expect(alert).to_contain_text("By the door")
    await expect(page.get_by_label("Description")).to_have_value("By the stairs")
    await expect(page.get_by_label("Title")).to_have_value("A leak in the kitchen")
    await page.get_by_role("button", name="Save my text").click()
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()
    await expect(other.get_by_text("By the stairs")).to_be_visible()


async def test_a_form_that_could_not_be_sent_keeps_what_was_typed_and_makes_one_issue(
    people: People, shared_world: World
) -> None:
    page = await people.page_of("client", f"{ISSUES}/new")
    await page.get_by_label("Title").fill("The bell is silent")
    await page.get_by_label("Description").fill("Since noon")
    await page.route("**/api/rooms/*/issues", _lose_the_answer)
    await page.get_by_role("button", name="Raise issue").click()
    await expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Title")).to_have_value("The bell is silent")
    await page.unroute("**/api/rooms/*/issues")
    await page.get_by_label("Description").fill("Since this morning")
    await page.get_by_role("button", name="Raise issue").click()
    await expect(heading(page, "The bell is silent")).to_be_visible()
    await expect(page.get_by_text("Since this morning")).to_be_visible()
    assert await shared_world.value("SELECT count(*) FROM client_portal.issues") == 1
    await page.goto(f"{ISSUES}/new")
    await expect(page.get_by_label("Title")).to_have_value("")


async def test_an_issue_is_raised_with_its_files(people: People) -> None:
    client, dev = await people.page_of("client", f"{ISSUES}/new"), await people.page_of("dev", ISSUES)
    await client.get_by_label("Title").fill("The plan is wrong")
    async with client.expect_file_chooser() as choosing:
        await client.get_by_role("button", name="Attach files").click()
    chooser = await choosing.value
    await chooser.set_files(FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"Two doors"))
    await expect(client.get_by_role("button", name="Remove plan.txt")).to_be_visible()
    await client.get_by_role("button", name="Raise issue").click()
    await expect(rows(dev)).to_contain_text("1 file")
    await rows(dev).click()
    await expect(dev.get_by_role("link", name=re.compile("plan.txt"))).to_be_visible()


async def test_the_team_finds_by_status_kind_and_client(people: People, shared_world: World, room_id: UUID) -> None:
    await was_raised(shared_world, room_id, "A leak")
    await was_raised(shared_world, room_id, "A balcony", kind="requirement", status="in_progress")
    await was_raised(shared_world, room_id, "A lamp", status="done")
    page = await people.page_of("dev", ISSUES)
    await expect(rows(page)).to_contain_text(["A balcony", "A leak"])
    await expect(rows(page).first).to_contain_text("Clara Jensen")
    await page.get_by_label("Kind").select_option("Requirements")
    await expect(rows(page)).to_contain_text(["A balcony"])
    await page.get_by_role("link", name="All", exact=True).click()
    await expect(page).to_have_url(re.compile(r"kind=requirement&status=all$"))
    await page.reload()
    await expect(page.get_by_label("Kind")).to_have_value("requirement")
    await page.get_by_label("Kind").select_option("All kinds")
    await expect(rows(page)).to_have_count(3)
    await page.get_by_role("link", name="Declined").click()
    await expect(page.get_by_text("Nothing declined")).to_be_visible()
    await expect(page.get_by_role("link", name="New issue")).to_have_count(0)
    await page.goto(f"{ISSUES}/new")
    await expect(heading(page, "Nothing to raise here")).to_be_visible()


async def test_a_long_list_comes_page_by_page(people: People, shared_world: World, room_id: UUID) -> None:
    await shared_world.execute(
        "INSERT INTO client_portal.issues (id, room_id, author_id, kind, title)"
        " SELECT gen_random_uuid(), $1, $2, 'issue', 'Leak ' || number FROM generate_series(1, 60) AS number",
        room_id,
        PEOPLE["client"],
    )
    page = await people.page_of("client", ISSUES)
    await expect(rows(page)).to_have_count(50)
    await rows(page).last.scroll_into_view_if_needed()
    await expect(rows(page)).to_have_count(60)


async def test_the_chat_opens_with_a_reference_below_what_was_begun(
    people: People, shared_world: World, room_id: UUID
) -> None:
    issue = await was_raised(shared_world, room_id, "A leak")
    page = await people.page_of("client", f"/projects/{FIRST_PROJECT}/messages")
    field = page.get_by_role("textbox", name=re.compile("^Message to"))
    await field.fill("Good morning")
    await page.goto(f"{ISSUES}/{issue}")
    await page.get_by_role("link", name="Discuss in chat").click()
    await expect(field).to_have_value(re.compile(rf"^Good morning\n\n“A leak”\nhttp.*{ISSUES}/{issue}\n$"))
    await expect(field).to_be_focused()
    await field.press("Enter")
    await expect(page.get_by_role("log").get_by_role("link", name=re.compile(str(issue)))).to_be_visible()


async def test_what_is_known_from_a_notification_only_is_shown_as_that(people: People, events: Events) -> None:
    issue = await events.issue("New window leak reported")
    page = await people.page_of("pm", f"{ISSUES}/{issue}")
    await expect(heading(page, "New window leak reported")).to_be_visible()
    await expect(page.get_by_text("this is what you were told")).to_be_visible()


async def test_an_issue_out_of_reach_is_not_there(people: People, shared_world: World, room_id: UUID) -> None:
    issue = await was_raised(shared_world, room_id, "A leak")
    for person, project in (("client2", FIRST_PROJECT), ("dev2", FIRST_PROJECT), ("client", SECOND_PROJECT)):
        page = await people.page_of(person, f"/projects/{project}/issues/{issue}")
        await expect(heading(page, "This issue is not here")).to_be_visible()


async def test_no_page_of_issues_is_hard_to_use(people: People, shared_world: World, room_id: UUID, axe: str) -> None:
    issue = await was_raised(shared_world, room_id, "A leak " * 20, body="long" * 200)
    findings = {}
    for person, scheme in (("client", "light"), ("dev", "dark")):
        page = await people.page_of(person, ISSUES, viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")
        paths = [ISSUES, f"{ISSUES}/{issue}"] + ([f"{ISSUES}/new"] if person == "client" else [])
        for path in paths:
            await page.goto(path)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await expect(page.locator(".bones")).to_have_count(0)
            findings[f"{person} {path}"] = await serious(page, axe)
            assert await overflow(page) <= 0, f"{path} scrolls sideways"
    await page.get_by_role("button", name="Decline…").click()
    findings["dialog"] = await serious(page, axe)
    assert {name: found for name, found in findings.items() if found} == {}


async def test_with_the_keyboard_alone(people: People, shared_world: World, room_id: UUID) -> None:
    await was_raised(shared_world, room_id, "A leak")
    page = await people.page_of("dev", ISSUES)
    await rows(page).focus()
    await page.keyboard.press("Enter")
    await expect(heading(page, "A leak")).to_be_focused()
    start = page.get_by_role("button", name="Start work")
    for _ in range(20):
        if await start.evaluate("button => button === document.activeElement"):
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(status_of(page)).to_have_text("In progress")
    await expect(page.get_by_role("heading", name="Status")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Mark as done")).to_be_focused()


async def _only_changes(route: Route) -> None:
    """Reading fails for the moment, writing gets through."""
    if route.request.method == "GET":
        await route.abort()
    else:
        await route.continue_()


async def _lose_the_answer(route: Route) -> None:
    await route.fetch()
    await route.abort()
