"""A client follows the tasks that the team works on, and approves them, each at their own browser."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, Bell, People
from tests.portal import Portal
from tests.world import PEOPLE, bearer

TASKS = f"/projects/{FIRST_PROJECT}/tasks"


class Tasks:
    """The open tasks of a project, as a person finds them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.list = page.locator("ol.tasks")
        self.rows = self.list.locator("> li")
        self.titles = self.list.locator(".task-title")
        self.field = page.get_by_role("textbox", name="Add a task")
        self.dialog = page.get_by_role("dialog")
        self.status = page.locator("main [role=status].visually-hidden")

    def row(self, title: str) -> Locator:
        return self.rows.filter(has_text=title)

    async def add(self, *titles: str) -> None:
        for title in titles:
            await self.field.fill(title)
            await self.field.press("Enter")
        await expect(self.titles).to_contain_text(list(titles))
        await expect(self.list.locator(".on-its-way")).to_have_count(0)

    async def open(self, title: str) -> Locator:
        row = self.row(title)
        await row.get_by_role("button", name=title, exact=True).click()
        await expect(row.locator(".task-details")).to_be_visible()
        return row

    async def press(self, button: str, within: Locator | None = None) -> None:
        await (within or self.page).get_by_role("button", name=button, exact=True).click()

    async def progresses(self, figures: str) -> None:
        await expect(self.page.get_by_text(f"{figures} tasks done", exact=True)).to_be_visible()


class Work:
    """What the team and the client do elsewhere meanwhile, by HTTP."""

    def __init__(self, portal: Portal) -> None:
        self._url = portal.url

    async def does(self, person: str, method: str, path: str, **body: Any) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self._url, headers=bearer(person), timeout=30) as http:
            answer = await http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}

    async def task(self, title: str = "Paint the hall", **fields: Any) -> str:
        path = f"/api/projects/{FIRST_PROJECT}/tasks"
        return str((await self.does("dev", "POST", path, title=title, **fields))["id"])

    async def change(self, person: str, task: str, **fields: Any) -> None:
        await self.does(person, "PATCH", f"/api/tasks/{task}", **fields)

    async def ask(self, task: str, note: str = "") -> str:
        body = {"client_id": str(PEOPLE["client"]), "note": note}
        return str((await self.does("dev", "POST", f"/api/tasks/{task}/approvals", **body))["id"])


@pytest.fixture
def work(portal: Portal) -> Work:
    return Work(portal)


@pytest_asyncio.fixture
async def tasks_of(people: People):
    async def open_tasks(person: str, focus: str = "", **options: Any) -> Tasks:
        path = f"{TASKS}?focus={focus}" if focus else TASKS
        return Tasks(await people.page_of(person, path, **options))

    return open_tasks


async def test_what_the_developer_completes_moves_the_clients_progress_bar_and_rings(tasks_of, people: People, work):
    for title in ("Survey", "Plaster", "Paint"):
        await work.task(title)
    dev, client = await asyncio.gather(tasks_of("dev"), tasks_of("client"))
    overview, projects = await asyncio.gather(
        people.page_of("client", f"/projects/{FIRST_PROJECT}"), people.page_of("client", "/projects")
    )
    await client.progresses("0 of 3")
    await Bell(client.page).is_live()
    for page in (overview, projects):
        await expect(page.get_by_text("0 of 3 tasks done")).to_be_visible()
    await dev.page.get_by_role("checkbox", name="Done: Plaster").check()
    await dev.progresses("1 of 3")
    await client.progresses("1 of 3")
    await expect(client.page.get_by_role("progressbar")).to_have_attribute("value", "1")
    for page in (overview, projects):
        await expect(page.get_by_text("1 of 3 tasks done")).to_be_visible()
    await Bell(client.page).shows(1)
    await Bell(dev.page).shows(0)
    await expect(client.page.get_by_role("checkbox")).to_have_count(0)
    await expect(client.field).to_have_count(0)
    bell = Bell(client.page)
    await bell.open()
    await bell.items.first.click()
    await expect(client.page).to_have_url(re.compile(re.escape(TASKS) + r"\?focus="))
    await expect(client.row("Plaster")).to_have_class(re.compile("target"))
    await expect(client.row("Plaster").locator(".task-details")).to_contain_text("Done")
    await bell.shows(0)


async def test_the_team_plans_by_keyboard(tasks_of, axe: str):
    dev = await tasks_of("dev")
    await expect(dev.page.get_by_text("No tasks yet")).to_be_visible()
    await dev.add("One", "Two", "Three")
    client = await tasks_of("client")
    await expect(client.titles).to_have_text(["One", "Two", "Three"])
    title = dev.row("Three").get_by_role("button", name="Three", exact=True)
    await title.focus()
    await dev.page.keyboard.press("Alt+ArrowUp")
    await expect(dev.titles).to_have_text(["One", "Three", "Two"])
    await expect(title).to_be_focused()
    await expect(dev.status).to_have_text("“Three” is number 2 of 3 now.")
    grip = dev.row("One").get_by_role("button", name=re.compile("^Move One"))
    await grip.focus()
    await dev.page.keyboard.press("ArrowDown")
    await dev.page.keyboard.press("ArrowDown")
    await expect(dev.titles).to_have_text(["Three", "Two", "One"])
    await expect(client.titles).to_have_text(["Three", "Two", "One"])
    row = await dev.open("Two")
    await dev.press("Move up", row)
    await expect(client.titles).to_have_text(["Two", "Three", "One"])
    assert await serious(dev.page, axe) == []
    await dev.press("Delete", row)
    await dev.press("Delete task", dev.dialog)
    await expect(client.titles).to_have_text(["Three", "One"])


async def test_a_task_is_dragged_to_its_place(tasks_of, work):
    for title in ("One", "Two", "Three"):
        await work.task(title)
    dev = await tasks_of("dev")
    grip = await dev.row("One").locator(".grip").bounding_box()
    below = await dev.row("Three").bounding_box()
    assert grip
    assert below
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    await dev.page.mouse.move(x, y)
    await dev.page.mouse.down()
    await dev.page.mouse.move(x, y + 20)
    await dev.page.mouse.move(x, below["y"] + below["height"], steps=4)
    await dev.page.mouse.up()
    await expect(dev.titles).to_have_text(["Two", "Three", "One"])
    await dev.page.reload()
    await expect(dev.titles).to_have_text(["Two", "Three", "One"])


async def test_two_people_edit_one_task_and_nothing_is_lost(tasks_of, work, axe: str):
    task = await work.task(description="White.", assignee_id=str(PEOPLE["dev"]))
    dev = await tasks_of("dev", task)
    await dev.press("Edit")
    await dev.dialog.get_by_label("Title").fill("Paint the hall green")
    await dev.dialog.get_by_label("Due date").fill("2031-05-04")
    await work.change("pm", task, title="Paint the hall blue", description="Blue, as the client wishes.")
    await dev.press("Save", dev.dialog)
    clashes = dev.dialog.get_by_role("region", name="Changed meanwhile")
    await expect(clashes).to_contain_text("Paula Meyer changed the same as you")
    await expect(clashes).to_contain_text("Before: Paint the hall")
    await expect(clashes).to_contain_text("Blue, as the client wishes.")
    await expect(dev.dialog.get_by_label("Title")).to_have_value("Paint the hall green")
    await expect(dev.dialog.get_by_label("Description")).to_have_value("Blue, as the client wishes.")
    assert await serious(dev.page, axe) == []
    await dev.press("Save", dev.dialog)
    await expect(dev.dialog).to_contain_text("Choose which version to keep")
    await dev.dialog.get_by_role("radio", name="Use theirs").check()
    await expect(dev.dialog.get_by_label("Title")).to_have_value("Paint the hall blue")
    await dev.dialog.get_by_role("radio", name="Keep mine").check()
    # A third hand in between: it is asked about as well.
    await work.change("pm", task, status="in_progress")
    await dev.press("Save", dev.dialog)
    await expect(clashes).to_contain_text("Paula Meyer changed something else")
    await dev.press("Save", dev.dialog)
    await expect(dev.dialog).to_have_count(0)
    row = dev.row("Paint the hall green")
    await expect(row).to_contain_text("Blue, as the client wishes.")
    await expect(row).to_contain_text("In progress")
    await expect(row).to_contain_text("Sunday, May 4, 2031")


async def test_what_is_refused_goes_back_with_a_word(tasks_of, work):
    await work.task("Paint")
    dev = await tasks_of("dev")
    await expect(dev.titles).to_have_text(["Paint"])
    await dev.page.route("**/api/tasks/*", lambda route: route.abort())
    await dev.page.get_by_role("checkbox", name="Done: Paint").click()
    await expect(dev.page.get_by_role("alert")).to_contain_text("“Paint” was not changed.")
    await expect(dev.page.get_by_role("checkbox", name="Done: Paint")).not_to_be_checked()
    await dev.page.unroute("**/api/tasks/*")
    await dev.page.get_by_role("checkbox", name="Done: Paint").click()
    await dev.progresses("1 of 1")


async def test_a_page_that_could_not_be_read_is_there_when_the_connection_is(tasks_of, work):
    await work.task("Paint")
    client = await tasks_of("client")
    page, context = client.page, client.page.context
    await expect(client.titles).to_have_text(["Paint"])
    await context.set_offline(True)
    await page.get_by_role("link", name="Files", exact=True).click()
    await expect(page.get_by_text("The portal cannot be reached", exact=True)).to_be_visible()
    await expect(page.get_by_text("You are offline: what you see may be old.")).to_be_visible(timeout=10_000)
    await context.set_offline(False)
    await expect(page.get_by_text("The portal cannot be reached", exact=True)).to_have_count(0)
    await expect(page.get_by_text("what you see may be old")).to_have_count(0)


async def test_a_title_that_is_too_long_is_not_cut(tasks_of, work):
    dev = await tasks_of("dev")
    await dev.field.fill("m" * 203)
    await expect(dev.page.get_by_text("3 characters too many")).to_be_visible()
    await dev.field.press("Enter")
    await expect(dev.field).to_have_value("m" * 203)
    await dev.field.fill("m" * 200)
    await dev.field.press("Enter")
    await expect(dev.titles).to_have_count(1)
    lines = "title => title.offsetHeight / parseFloat(getComputedStyle(title).lineHeight)"
    assert await dev.titles.first.evaluate(lines) < 3.5
    assert await overflow(dev.page) <= 0


async def test_a_client_is_asked_and_approves_exactly_what_was_shown(tasks_of, work, axe: str):
    task = await work.task("Choose the tiles", description="Matt, 60 by 60.")
    dev, client, manager = await asyncio.gather(tasks_of("dev", task), tasks_of("client"), tasks_of("pm", task))
    await Bell(client.page).is_live()
    await dev.press("Ask for approval")
    await expect(dev.dialog).to_contain_text("Clara Jensen")
    await dev.dialog.get_by_label("Note (optional)").fill("Please look at the size.")
    chooser = dev.dialog.locator("input[type=file]")
    await chooser.set_input_files({"name": "offer.txt", "mimeType": "text/plain", "buffer": b"Matt tiles: 1200"})
    await expect(dev.dialog.get_by_text("offer.txt")).to_be_visible()
    assert await serious(dev.page, axe) == []
    await expect(dev.dialog.get_by_role("button", name="Remove offer.txt")).to_be_visible()
    await dev.press("Ask for approval", dev.dialog)
    await expect(dev.dialog).to_have_count(0)
    await expect(dev.row("Choose the tiles")).to_contain_text("Waiting for approval")
    await Bell(client.page).shows(1)
    await Bell(manager.page).shows(0)
    await client.page.get_by_role("link", name="Choose the tiles").click()
    card = client.page.get_by_role("region", name="Your approval is wanted").filter(has_text="Matt, 60 by 60.")
    await expect(card).to_contain_text("Please look at the size.")
    await expect(card).to_contain_text("offer.txt")
    await Bell(client.page).shows(0)
    assert await serious(client.page, axe) == []
    await client.press("Approve", card)
    await client.dialog.get_by_label("Comment (optional)").fill("Lovely.")
    await client.press("Approve", client.dialog)
    await expect(client.row("Choose the tiles")).to_contain_text("you approved")
    await expect(client.page.get_by_text("Your approval is wanted")).to_have_count(0)
    await expect(dev.row("Choose the tiles")).to_contain_text("Clara Jensen approved")
    await expect(dev.row("Choose the tiles")).to_contain_text("Lovely.")
    # They are told, and as they are looking at it, it is read.
    for person in (dev, manager):
        await expect(person.page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    await expect(manager.row("Choose the tiles")).to_contain_text("Clara Jensen approved")
    await expect(manager.page.get_by_role("button", name=re.compile("approval"))).to_have_count(0)
    await work.change("pm", task, description="Glazed, 30 by 30.")
    for person in (dev, client):
        await expect(person.row("Choose the tiles")).to_contain_text("Changed since approval")
        await expect(person.row("Choose the tiles")).to_contain_text("The task has changed since")


async def test_an_admin_decides_for_a_client_who_is_told(tasks_of, work):
    task = await work.task("Choose the tiles", description="Matt, 60 by 60.")
    await work.ask(task)
    admin, client = await asyncio.gather(tasks_of("admin", task), tasks_of("client", task))
    await expect(admin.page.get_by_role("button", name="Ask again for approval")).to_be_visible()
    card = admin.page.get_by_role("region", name="An approval is wanted")
    await expect(card).to_contain_text("You decide for Clara Jensen.")
    await admin.press("Approve", card)
    await expect(admin.dialog).to_contain_text("for Clara Jensen")
    await admin.press("Approve", admin.dialog)
    await expect(admin.row("Choose the tiles")).to_contain_text("you approved for Clara Jensen")
    await expect(client.row("Choose the tiles")).to_contain_text("Ada Okafor approved for you")
    await expect(client.page.get_by_text("Your approval is wanted")).to_have_count(0)


async def test_a_client_asks_for_changes_and_a_changed_task_is_asked_about_anew(tasks_of, work):
    task = await work.task("Hang the door", description="Oak.")
    await work.ask(task)
    dev, client = await asyncio.gather(tasks_of("dev", task), tasks_of("client", task))
    await client.press("Ask for changes")
    await client.press("Send", client.dialog)
    await expect(client.dialog).to_contain_text("Say what should be different")
    await client.dialog.get_by_role("textbox").fill("Green, please.")
    await client.press("Send", client.dialog)
    await expect(client.row("Hang the door")).to_contain_text("Green, please.")
    await expect(dev.row("Hang the door")).to_contain_text("Green, please.")
    await expect(dev.row("Hang the door")).to_contain_text("Changes asked")
    await work.change("pm", task, description="Oak, green.")
    await dev.press("Ask again for approval")
    await dev.press("Ask for approval", dev.dialog)
    await expect(client.page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    await expect(client.row("Hang the door").locator(".wanted .snapshot")).to_contain_text("Oak, green.")
    await expect(client.row("Hang the door")).to_contain_text("Earlier requests")


async def test_a_request_that_changes_while_it_is_answered_can_be_answered_no_more(tasks_of, work):
    task = await work.task("Hang the door", description="Oak.")
    await work.ask(task)
    client = await tasks_of("client", task)
    await client.press("Ask for changes")
    await client.dialog.get_by_role("textbox").fill("Green, please.")
    await work.change("pm", task, description="Pine.")
    await expect(client.dialog).to_contain_text("The request has changed meanwhile")
    await expect(client.dialog.get_by_role("textbox")).to_have_value("Green, please.")
    await expect(client.dialog.get_by_role("button", name="Send")).to_be_disabled()


async def test_an_answer_that_comes_too_late_is_not_recorded(tasks_of, work):
    client = await _who_answers_too_late(tasks_of, work)
    await client.press("Approve")
    await client.press("Approve", client.dialog)
    await expect(client.row("Hang the door")).to_contain_text("nothing was recorded")
    await expect(client.row("Hang the door")).to_contain_text("Changed since the request")
    await expect(client.page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)


async def _who_answers_too_late(tasks_of: Callable[..., Awaitable[Tasks]], work: Work) -> Tasks:
    """The client, whose answer comes when the task has just been changed."""
    task = await work.task("Hang the door", description="Oak.")
    await work.ask(task)
    client = await tasks_of("client", task)

    async def change_before(route: Route) -> None:
        await work.change("pm", task, description="Pine.")
        await route.continue_()

    await client.page.route("**/api/approvals/*/decision", change_before)
    return client


async def test_what_was_written_to_an_answer_that_comes_too_late_can_be_copied(tasks_of, work):
    client = await _who_answers_too_late(tasks_of, work)
    await client.press("Ask for changes")
    await client.dialog.get_by_role("textbox").fill("Green, please.")
    await client.press("Send", client.dialog)
    await expect(client.dialog).to_contain_text("The request has changed meanwhile")
    await expect(client.dialog.get_by_role("textbox")).to_have_value("Green, please.")
    await expect(client.dialog.get_by_role("button", name="Send")).to_be_disabled()


async def test_what_is_being_written_stays_when_the_task_is_deleted(tasks_of, work):
    task = await work.task("Hang the door")
    dev = await tasks_of("dev", task)
    await dev.press("Edit")
    await dev.dialog.get_by_label("Description").fill("Two hinges, oiled.")
    await work.does("pm", "DELETE", f"/api/tasks/{task}")
    await expect(dev.rows).to_have_count(0)
    await dev.press("Save", dev.dialog)
    await expect(dev.dialog).to_contain_text("deleted meanwhile")
    await expect(dev.dialog.get_by_label("Description")).to_have_value("Two hinges, oiled.")


async def test_a_task_that_is_gone_or_out_of_reach_says_so(tasks_of, people: People, work):
    path = f"/api/projects/{SECOND_PROJECT}/tasks"
    foreign = await work.does("dev2", "POST", path, title="Northgate checkout")
    for focus in (str(uuid4()), "no-id", foreign["id"]):
        client = await tasks_of("client", focus)
        await expect(client.page.get_by_role("heading", level=1)).to_have_text("This task is not here")
        await expect(client.page.get_by_text("Northgate checkout")).to_have_count(0)
    outsider = await people.page_of("client2", TASKS)
    await expect(outsider.get_by_role("heading", level=1)).to_have_text("No such project")


async def test_tasks_on_a_phone_in_the_dark(tasks_of, people: People, work, axe: str):
    task = await work.task("Ask " + "W" * 120, description="x" * 300, due_on="2024-01-02", status="in_progress")
    await work.ask(task, "y" * 200)
    options: dict[str, Any] = {"viewport": PHONE, "color_scheme": "dark"}
    for person in ("client", "dev"):
        tasks = await tasks_of(person, task, **options)
        await expect(tasks.rows.first).to_contain_text("Overdue by")
        await expect(tasks.rows.first.locator(".snapshot").first).to_be_attached()
        assert await overflow(tasks.page) == 0
        assert await serious(tasks.page, axe) == []
    overview = await people.page_of("client", f"/projects/{FIRST_PROJECT}", **options)
    await expect(overview.get_by_role("heading", name="Your approval is wanted")).to_be_visible()
    assert await overflow(overview) == 0
    assert await serious(overview, axe) == []
