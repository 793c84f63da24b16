"""People at their browsers, what they see of the bell, and what clients do meanwhile."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect

from app.accounts.auth import COOKIE
from app.dev.demo import FIRST_PROJECT, PASSWORD
from tests.running import until
from tests.world import PEOPLE, World, token

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 820}

NEIGHBOUR = "nadia@mail.example"
"""The address of another client of the first project."""


class People:
    """Opens browsers, signed in or not, and watches their consoles."""

    def __init__(self, browser: Browser, base_url: str, world: World) -> None:
        self._browser = browser
        self._base_url = base_url
        self._world = world
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    async def browser_of(self, person: str | None, **options: Any) -> BrowserContext:
        """A browser of its own (cookies, storage), signed in as this person; with None nobody is signed in."""
        options = {"base_url": self._base_url, "viewport": DESKTOP} | options
        context = await self._browser.new_context(**options)
        context.set_default_timeout(30_000)
        context.on("console", self._listen)
        context.on("weberror", lambda fault: self.faults.append(str(fault.error)))
        if person:
            token = await self._world.open_session(person)
            await context.add_cookies([{"name": COOKIE, "value": token, "url": self._base_url, "httpOnly": True}])
        self._contexts.append(context)
        return context

    async def page_of(self, person: str | None, path: str = "/projects", **options: Any) -> Page:
        context = await self.browser_of(person, **options)
        page = await context.new_page()
        await page.goto(path)
        return page

    async def leave(self) -> None:
        for context in self._contexts:
            await context.close()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)


class Elsewhere:
    """What people do at other machines; the neighbour is another client of the first project."""

    def __init__(self, url: str, neighbour: UUID, rooms: Mapping[str, UUID]) -> None:
        self._url = url
        self._neighbour = neighbour
        self.rooms = rooms
        """Each client's room."""

    async def does(self, name: str, method: str, path: str, **body: Any) -> dict[str, Any]:
        return await self._ask(name, method, path, json=body)

    async def uploads(self, name: str, room: str, file_name: str, content: bytes) -> dict[str, Any]:
        path = f"/api/rooms/{self.rooms[room]}/files"
        return await self._ask(name, "POST", path, files={"file": (file_name, content)})

    async def plans(self, title: str, description: str = "") -> str:
        path = f"/api/projects/{FIRST_PROJECT}/tasks"
        return str((await self.does("dev", "POST", path, title=title, description=description))["id"])

    async def _ask(self, name: str, method: str, path: str, **sent: Any) -> dict[str, Any]:
        bearer = token(name) if name in PEOPLE else token(self._neighbour, role="client")
        headers = {"Authorization": f"Bearer {bearer}"}
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=30) as http:
            answer = await http.request(method, path, **sent)
        assert answer.is_success, answer.text
        return dict(answer.json())


class Events:
    """What clients do in the first project, as the test-notify endpoints simulate it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def issue(self, message: str = "New window leak reported") -> UUID:
        issue_id = uuid4()
        await self._tell("issue", issue_id=str(issue_id), message=message)
        return issue_id

    async def message(self, snippet: str = "When does the electrician come?") -> UUID:
        message_id = uuid4()
        await self._tell("message", message_id=str(message_id), snippet=snippet)
        return message_id

    async def _tell(self, kind: str, **fields: str) -> None:
        body = {"project_id": str(FIRST_PROJECT)} | fields
        answer = await self._http.post(f"/api/testnotify/{kind}", json=body)
        assert answer.status_code == 204, answer.text


class Bell:
    """The bell of a page, as a person finds it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.button = page.get_by_role("button", name=re.compile("^Notifications"))
        self.badge = page.locator("notification-bell .badge")
        self.panel = page.get_by_role("dialog", name="Notifications")
        self.items = self.panel.locator("a[data-id]")
        self.unread_items = self.panel.locator("a.unread")
        self.mark_all = self.panel.get_by_role("button", name="Mark all as read")
        self.fresh = self.panel.get_by_role("button", name=re.compile(r"^\d+ new$"))
        self.status = page.locator("notification-bell [role=status]")

    def tab(self, name: str) -> Locator:
        return self.panel.get_by_role("tab", name=name)

    async def open(self) -> None:
        # Only the tab in front paints at full pace.
        await self.page.bring_to_front()
        await self.button.click()
        await expect(self.panel).to_be_visible()

    async def shows(self, unread: int) -> None:
        """Waits until name and badge say so."""
        if unread == 0:
            await expect(self.button).to_have_accessible_name("Notifications")
            await expect(self.badge).to_have_count(0)
        else:
            await expect(self.button).to_have_accessible_name(f"Notifications, {unread} unread")
            await expect(self.badge).to_have_text(str(unread) if unread < 100 else "99+")

    async def is_live(self) -> None:
        await self.has_mode("live")

    async def has_mode(self, mode: str, *, within: float = 30) -> None:
        """Waits until news come in this way, so many seconds at most."""
        await self.page.wait_for_function(
            "mode => document.querySelector('notification-bell')?.mode === mode",
            arg=mode,
            timeout=within * 1000,
            # A tab in the background paints too rarely to wait for its frames.
            polling=50,
        )


async def refuse_until_clicked(page: Page, url: str, refuse: Callable[[Route], Awaitable[None]]) -> None:
    """What goes there is refused until somebody clicks: the page tries again by itself too, and may come before."""
    await page.evaluate("addEventListener('click', () => { window.wasClicked = true }, { capture: true })")

    async def answer(route: Route) -> None:
        if await page.evaluate("window.wasClicked === true"):
            await route.fallback()
        else:
            await refuse(route)

    await page.route(url, answer)


async def sign_in(page: Page, address: str) -> None:
    """Fills in the page that asks for it."""
    await page.get_by_label("Email").fill(address)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def is_pointed_at(page: Page, selector: str, text: str) -> None:
    """What the address names is in view, has been given the focus and stands out."""
    target = page.locator(f"{selector}.target").filter(has_text=text)
    await expect(target).to_have_attribute("aria-current", "true")
    await expect(target).to_be_focused()
    await expect(target).to_be_in_viewport()


async def unread_of(page: Page) -> int:
    """What the server says to the person of this page."""
    answer = await page.request.get("/api/notifications/unread_count")
    return int((await answer.json())["count"])


async def server_counts(page: Page, unread: int) -> None:
    """Waits until the server says so to the person of this page: a page shows a mark before it is sent."""

    async def is_so() -> bool:
        return await unread_of(page) == unread

    await until(is_so)
