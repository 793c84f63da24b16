"""The bell in a page of another origin, as an app puts it there that lives elsewhere than the portal."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from app.dev.demo import FIRST_PROJECT
from tests.e2e.people import Bell, Events
from tests.portal import Portal
from tests.running import until
from tests.world import PEOPLE, SECRET, World, token


class Host:
    """Somebody else's app: one page with the one script tag and an element that is given a token."""

    def __init__(self) -> None:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(host.page.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.page = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def shows_bell_of(self, portal: Portal) -> None:
        self.page = (
            '<!doctype html><html lang="en"><title>Host</title>'
            f'<script defer src="{portal.url}/static/bell.js"></script>'
            f'<notification-bell api="{portal.url}" token="{token("pm")}"></notification-bell></html>'
        )


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.server.shutdown()
    host.server.server_close()


async def _open(browser: Browser, host: Host) -> Page:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(host.origin)
    return page


async def test_an_allowed_origin_shows_the_bell_live(
    browser: Browser, host: Host, shared_world: World, events: Events, tmp_path: Path
) -> None:
    with Portal(tmp_path, DATABASE_URL=shared_world.url, JWT_SECRET=SECRET, ALLOWED_ORIGINS=host.origin) as portal:
        host.shows_bell_of(portal)
        page = await _open(browser, host)
        bell = Bell(page)
        await bell.is_live()
        issue_id = await events.issue("New window leak reported")
        await bell.shows(1)
        await bell.open()
        await bell.mark_all.click()
        await bell.shows(0)
        await expect(bell.items.first).to_have_attribute("href", f"/projects/{FIRST_PROJECT}/issues/{issue_id}")
        unread = "SELECT count(*) FROM client_portal.notifications WHERE NOT is_read AND recipient_user_id = $1"

        async def is_read_on_the_server() -> bool:
            return not await shared_world.value(unread, PEOPLE["pm"])

        await until(is_read_on_the_server)
        await page.context.close()


async def test_an_origin_that_is_not_allowed_gets_nothing(
    browser: Browser, host: Host, portal: Portal, events: Events
) -> None:
    await events.issue()
    host.shows_bell_of(portal)
    page = await _open(browser, host)
    async with page.expect_event("requestfailed", lambda request: "/api/notifications" in request.url):
        await page.reload()
    await Bell(page).shows(0)
    await page.context.close()
