"""What a client and a team do with each other, with everybody else there: whose bells ring, and whose do not."""

import asyncio
import re
from io import BytesIO
from uuid import uuid4

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import FilePayload, Locator, Page, expect

from app.dev.demo import FIRST_PROJECT
from tests.e2e.accessibility import overflow
from tests.e2e.people import NEIGHBOUR, PHONE, Bell, Elsewhere, People, is_pointed_at, sign_in

PROJECT = f"/projects/{FIRST_PROJECT}"
HERE, THERE = "Harbour House renovation", "Northgate web shop"

MARKERS = (
    ("pm", "client", f"Paula Meyer wrote in {HERE}", ("client",)),
    ("pm", "neighbour", f"Paula Meyer wrote in {HERE}", ("neighbour",)),
    ("pm2", "client2", f"Piotr Nowak wrote in {THERE}", ("client2",)),
    ("neighbour", "neighbour", f"Nadia Haddad wrote in {HERE}", ("dev", "pm")),
)
"""Who says something in whose room, what bells say of it, and whose: in this order nobody has read it by answering."""


class Somebody:
    """A person at their browser, and how many notifications they have not read by now."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.bell = Bell(page)
        self.unread = 0

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    async def press(self, button: str, within: Locator | None = None) -> None:
        await (within or self.page).get_by_role("button", name=button, exact=True).click()

    async def go(self, *links: str) -> None:
        for link in links:
            await self.page.get_by_role("main").get_by_role("link", name=re.compile(f"^{link}")).first.click()

    async def choose(self, button: str, *files: FilePayload) -> None:
        async with self.page.expect_file_chooser() as chooser:
            await self.press(button)
        await (await chooser.value).set_files(list(files))

    async def rings(self) -> None:
        """Waits until the bell has rung once more, on the page as it stands."""
        self.unread += 1
        await self.bell.shows(self.unread)

    async def follows(self, title: str, body: str) -> None:
        """Opens the newest notification, which says so; following it is reading it."""
        await self.bell.open()
        newest = self.bell.items.first
        await expect(newest).to_contain_text(title)
        await expect(newest).to_contain_text(body)
        await expect(newest).to_have_class(re.compile("unread"))
        await newest.click()
        await expect(self.bell.panel).to_have_count(0)
        await self.has_read()

    async def has_read(self) -> None:
        """Waits until one less is unread."""
        self.unread -= 1
        await self.bell.shows(self.unread)

    async def has_seen(self, title: str) -> None:
        """Of what is shown already the bell tells nothing that is unread."""
        await self.bell.open()
        newest = self.bell.items.first
        await expect(newest).to_contain_text(title)
        await expect(newest).not_to_have_class(re.compile("unread"))
        await self.page.keyboard.press("Escape")
        await self.bell.shows(self.unread)

    def row(self, title: str) -> Locator:
        return self.page.locator("ol.tasks > li").filter(has_text=title)

    async def is_pointed_at(self, selector: str, text: str) -> None:
        await is_pointed_at(self.page, selector, text)


class Everybody:
    """All who could hear of something: the first project's, and a client of another one."""

    def __init__(self, people: People, elsewhere: Elsewhere) -> None:
        self._people = people
        self.elsewhere = elsewhere
        self._there: dict[str, Somebody] = {}

    async def come(self) -> None:
        """The client holds a phone, the others sit at their desks."""
        pages = await asyncio.gather(
            self._people.page_of("client", viewport=PHONE),
            self._sign_in(NEIGHBOUR),
            *(self._people.page_of(name) for name in ("dev", "pm", "client2")),
        )
        names = ("client", "neighbour", "dev", "pm", "client2")
        self._there = {name: Somebody(page) for name, page in zip(names, pages, strict=True)}
        await asyncio.gather(*(each.bell.is_live() for each in self._there.values()))

    def __getitem__(self, name: str) -> Somebody:
        return self._there[name]

    async def ring(self, *names: str) -> None:
        """Waits until the bells of these have rung once more."""
        await asyncio.gather(*(self[name].rings() for name in names))

    async def nobody_else(self) -> None:
        """Nothing else has rung for anybody: what comes after it arrives, and is the only one more."""
        for author, client, title, told in MARKERS:
            path = f"/api/rooms/{self.elsewhere.rooms[client]}/messages"
            await self.elsewhere.does(author, "POST", path, id=str(uuid4()), body="A marker.")
            for name in told:
                person = self[name]
                person.unread += 1
                said = f"New notification: {title}. {person.unread} unread."
                await expect(person.bell.status).to_have_text(said)

    async def _sign_in(self, email: str) -> Page:
        page = await self._people.page_of(None, "/login")
        await sign_in(page, email)
        await expect(page.get_by_role("heading", name="Projects")).to_be_visible()
        return page


@pytest_asyncio.fixture
async def all_of_them(people: People, elsewhere: Elsewhere) -> Everybody:
    """Everybody, each on the page of their projects."""
    everybody = Everybody(people, elsewhere)
    await everybody.come()
    return everybody


@pytest.fixture
def plan() -> FilePayload:
    written = BytesIO()
    Image.new("RGB", (1200, 800), "teal").save(written, "PNG")
    return {"name": "floor plan.png", "mimeType": "image/png", "buffer": written.getvalue()}


def text(name: str, content: str = "Matt tiles: 1200\n") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content.encode()}


async def test_what_a_client_uploads_the_team_hears_of_and_nobody_else(
    all_of_them: Everybody, plan: FilePayload
) -> None:
    client, neighbour, dev, pm = (all_of_them[name] for name in ("client", "neighbour", "dev", "pm"))
    await client.go(HERE, "Files")
    await client.choose("Upload files", plan)
    await expect(client.page.locator("li.file-row")).to_contain_text(["floor plan.png"])
    await expect(client.page.locator("li.file-row")).to_contain_text("You")
    assert await overflow(client.page) <= 0
    await all_of_them.ring("dev", "pm")
    await dev.follows(f"Clara Jensen uploaded a file in {HERE}", "floor plan.png")
    await expect(dev.page).to_have_url(re.compile(rf"{PROJECT}/files\?focus="))
    await dev.is_pointed_at("li.file-row", "floor plan.png")
    # what the manager sees without the bell is read too, once it is looked at
    await pm.page.goto(dev.page.url)
    await pm.is_pointed_at("li.file-row", "floor plan.png")
    await pm.has_read()
    await neighbour.go(HERE, "Files")
    await expect(neighbour.page.get_by_text("No files yet")).to_be_visible()
    await neighbour.page.goto(dev.page.url)
    await expect(neighbour.page.get_by_role("heading", level=1)).to_have_text("This file is not here")
    await all_of_them.nobody_else()


async def test_what_a_client_requires_the_team_hears_of_and_the_client_follows(all_of_them: Everybody) -> None:
    client, neighbour, dev, pm = (all_of_them[name] for name in ("client", "neighbour", "dev", "pm"))
    await client.go(HERE, "Issues", "New issue")
    await client.page.get_by_label("Requirement").check()
    await client.page.get_by_label("Title").fill("A second socket")
    await client.page.get_by_label("Description").fill("Beside the window, for the lamp.")
    await client.choose("Attach files", text("where.txt"))
    await expect(client.page.get_by_role("button", name="Remove where.txt")).to_be_visible()
    await client.press("Raise requirement")
    await expect(client.page.get_by_role("heading", level=1)).to_have_text("A second socket")
    # a file that comes with it is no event of its own
    await all_of_them.ring("dev", "pm")
    await dev.follows(f"Clara Jensen raised a requirement in {HERE}", "A second socket")
    await expect(dev.page).to_have_url(re.compile(rf"{PROJECT}/issues/[0-9a-f-]+$"))
    await expect(dev.page.get_by_role("heading", level=1)).to_have_text("A second socket")
    await expect(dev.page.get_by_role("main")).to_contain_text("Beside the window, for the lamp.")
    await expect(dev.page.get_by_role("link", name=re.compile("where.txt"))).to_be_visible()
    # how it stands is seen live, and rings for nobody
    await dev.press("Start work")
    await expect(status_of(client)).to_have_text("In progress")
    await expect(client.page.get_by_text("started work on it")).to_be_visible()
    await pm.follows(f"Clara Jensen raised a requirement in {HERE}", "A second socket")
    await pm.press("Mark as done")
    for each in (client, dev):
        await expect(status_of(each)).to_have_text("Done")
    await neighbour.page.goto(dev.page.url)
    await expect(neighbour.page.get_by_role("heading", level=1)).to_have_text("This issue is not here")
    await all_of_them.nobody_else()


async def test_what_a_developer_answers_the_client_and_the_manager_hear_of(
    all_of_them: Everybody, plan: FilePayload
) -> None:
    client, dev, pm = (all_of_them[name] for name in ("client", "dev", "pm"))
    await dev.go(HERE, "Messages")
    await dev.page.get_by_role("navigation", name="Conversations").get_by_role("link", name="Clara Jensen").click()
    field = dev.page.get_by_role("textbox", name=re.compile("^Message to"))
    await field.fill("The socket is in. Here is the plan.")
    await dev.choose("Attach files", text("plan.txt"))
    await expect(dev.page.get_by_role("button", name="Remove plan.txt")).to_be_visible()
    await expect(dev.page.get_by_role("main").get_by_role("progressbar")).to_have_count(0)
    await field.press("Enter")
    await all_of_them.ring("client", "pm")
    await client.follows(f"Deniz Kaya wrote in {HERE}", "The socket is in.")
    await expect(client.page).to_have_url(re.compile(rf"{PROJECT}/messages\?focus="))
    await client.is_pointed_at("li.message", "The socket is in.")
    await expect(client.page.get_by_role("log").get_by_role("link", name=re.compile("plan.txt"))).to_be_visible()
    await pm.follows(f"Deniz Kaya wrote in {HERE}", "The socket is in.")
    await pm.is_pointed_at("li.message", "The socket is in.")
    await dev.go("Files")
    await dev.choose("Upload files", plan)
    await dev.press("Clara Jensen", dev.dialog)
    await all_of_them.ring("client", "pm")
    await client.follows(f"Deniz Kaya uploaded a file in {HERE}", "floor plan.png")
    await client.is_pointed_at("li.file-row", "floor plan.png")
    await pm.follows(f"Deniz Kaya uploaded a file in {HERE}", "floor plan.png")
    await pm.is_pointed_at("li.file-row", "floor plan.png")
    await all_of_them.nobody_else()


async def test_all_clients_of_the_project_watch_the_progress_and_hear_of_what_is_completed(
    all_of_them: Everybody,
) -> None:
    client, neighbour, dev = (all_of_them[name] for name in ("client", "neighbour", "dev"))
    await dev.go(HERE, "Tasks")
    for number, title in enumerate(("Survey", "Plaster", "Paint"), start=1):
        await dev.page.get_by_role("textbox", name="Add a task").fill(title)
        await dev.page.keyboard.press("Enter")
        await expect(dev.page.get_by_text(f"0 of {number} tasks done", exact=True)).to_be_visible()
    # one looks at the project, the other one at the list of projects: neither does anything
    await client.go(HERE)
    for each in (client, neighbour):
        await expect(each.page.get_by_role("progressbar", name="0 of 3 tasks done")).to_be_visible()
    await dev.page.get_by_role("checkbox", name="Done: Plaster").check()
    for each in (client, neighbour):
        bar = each.page.get_by_role("progressbar", name="1 of 3 tasks done")
        await expect(bar).to_have_attribute("value", "1")
        await expect(each.page.get_by_text("33 %")).to_be_visible()
    await all_of_them.ring("client", "neighbour")
    for each in (client, neighbour):
        await each.follows(f"Deniz Kaya completed a task in {HERE}", "Plaster")
        await expect(each.page).to_have_url(re.compile(rf"{PROJECT}/tasks\?focus="))
        await each.is_pointed_at("li.task", "Plaster")
        await expect(each.row("Plaster").locator(".task-details")).to_contain_text("Done")
        await expect(each.page.get_by_role("checkbox")).to_have_count(0)
    # what is opened again moves back silently; completed once more, it is news
    await dev.page.get_by_role("checkbox", name="Done: Plaster").uncheck()
    await expect(client.page.get_by_text("0 of 3 tasks done", exact=True)).to_be_visible()
    await dev.page.get_by_role("checkbox", name="Done: Plaster").check()
    await expect(client.page.get_by_text("1 of 3 tasks done", exact=True)).to_be_visible()
    await all_of_them.ring("client", "neighbour")
    await all_of_them.nobody_else()


async def test_a_client_approves_what_was_asked_after_all_and_how_it_came_to_that_stays(
    all_of_them: Everybody,
) -> None:
    client, neighbour, dev, pm = (all_of_them[name] for name in ("client", "neighbour", "dev", "pm"))
    task = await all_of_them.elsewhere.plans("Choose the tiles", "Matt, 60 by 60.")
    asked, decided = f"Deniz Kaya asks for your approval in {HERE}", f"Clara Jensen {{}} in {HERE}"

    await dev.page.goto(f"{PROJECT}/tasks?focus={task}")
    await asks(dev, "Ask for approval", text("offer.txt"))
    await all_of_them.ring("client")
    await client.follows(asked, "Choose the tiles")
    await expect(client.page).to_have_url(re.compile(rf"{PROJECT}/tasks\?focus={task}"))
    await client.is_pointed_at("li.task", "Choose the tiles")
    await expect(snapshot_of(client)).to_contain_text("Matt, 60 by 60.")
    await expect(snapshot_of(client).get_by_role("link", name=re.compile("offer.txt"))).to_be_visible()
    chip = await box_of(snapshot_of(client).locator(".file-chip"))
    around = await box_of(snapshot_of(client))
    assert around[0] <= chip[0]
    assert chip[1] <= around[1]
    assert await overflow(client.page) <= 0

    # another text is not what was asked about; nobody needs to be told but who looks at it
    await rewords(dev, "Glazed, 30 by 30.")
    for each in (client, dev):
        await expect(each.row("Choose the tiles").locator(".past-head")).to_contain_text("Changed since the request")
    await expect(client.page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    await asks(dev, "Ask again for approval", text("glazed.txt"))
    await expect(snapshot_of(client)).to_contain_text("Glazed, 30 by 30.")
    await expect(snapshot_of(client)).to_contain_text("glazed.txt")
    await client.has_seen(asked)
    await client.press("Ask for changes")
    await client.dialog.get_by_role("textbox").fill("Green ones, please.")
    await client.press("Send", client.dialog)
    await all_of_them.ring("pm")
    await expect(dev.row("Choose the tiles")).to_contain_text("Green ones, please.")
    await dev.has_seen(decided.format("asked for changes to a task"))
    await pm.follows(decided.format("asked for changes to a task"), "Green ones, please.")
    await pm.is_pointed_at("li.task", "Choose the tiles")
    await expect(pm.row("Choose the tiles")).to_contain_text("Green ones, please.")

    await rewords(dev, "Glazed, 30 by 30, green.")
    await asks(dev, "Ask again for approval", text("green.txt"))
    await expect(snapshot_of(client)).to_contain_text("Glazed, 30 by 30, green.")
    await client.has_seen(asked)
    await client.press("Approve")
    await client.press("Approve", client.dialog)
    await expect(client.row("Choose the tiles")).to_contain_text("you approved")
    for each in (dev, pm):
        await each.has_seen(decided.format("approved a task"))
    for each, who in ((client, "you"), (dev, "Clara Jensen"), (pm, "Clara Jensen")):
        requests = each.row("Choose the tiles").locator(".approval-list > li")
        await expect(requests).to_contain_text([f"{who} approved", "Green ones, please.", "Changed since the request"])
        await expect(each.page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    # the other client follows the task, and knows nothing of what was asked about it
    await neighbour.page.goto(f"{PROJECT}/tasks?focus={task}")
    await expect(neighbour.row("Choose the tiles").locator(".task-details")).to_contain_text("Glazed, 30 by 30, green.")
    await expect(neighbour.page.get_by_text("Green ones, please.")).to_have_count(0)
    await expect(neighbour.page.locator(".approvals")).to_have_count(0)
    await all_of_them.nobody_else()


async def rewords(person: Somebody, description: str) -> None:
    await person.press("Edit")
    await person.dialog.get_by_label("Description").fill(description)
    await person.press("Save", person.dialog)


async def asks(person: Somebody, button: str, file: FilePayload) -> None:
    """Asks the client, with a file that belongs to it."""
    await person.press(button)
    await person.dialog.get_by_label("Client").select_option("Clara Jensen")
    await person.dialog.locator("input[type=file]").set_input_files(file)
    await expect(person.dialog.get_by_role("button", name=f"Remove {file['name']}")).to_be_visible()
    await person.press("Ask for approval", person.dialog)
    await expect(person.dialog).to_have_count(0)


def snapshot_of(person: Somebody) -> Locator:
    """What the person is asked about."""
    return person.page.locator(".wanted .snapshot")


async def box_of(what: Locator) -> tuple[float, float]:
    """Where it begins and ends, from left to right."""
    box = await what.bounding_box()
    assert box is not None
    return box["x"], box["x"] + box["width"]


def status_of(person: Somebody) -> Locator:
    """How the issue stands that is open."""
    return person.page.locator(".issue-lead .status-badge").first
