"""Takes the README's pictures of today's product: `.venv/bin/python -m scripts.screenshot`."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from app.dev.demo import FIRST_PROJECT, PASSWORD
from tests.browser import chromium_launch_options
from tests.e2e.people import Bell
from tests.portal import Portal

FOLDER = Path(__file__).parents[1] / "docs" / "images"
WINDOW: ViewportSize = {"width": 1160, "height": 880}
PROJECT = f"/projects/{FIRST_PROJECT}"
MESSAGES = f"{PROJECT}/messages"
ISSUE = "Water comes in under the kitchen window"


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Portal(Path(folder), DATA_DIR=f"{folder}/data") as portal:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**chromium_launch_options())
            await _take_tasks(browser, portal.url)
            await _take_issue(browser, portal.url)
            await _take_bell(browser, portal.url)
            await _take_preferences(browser, portal.url)
            await _take_mail(browser, portal.url)
            await _take_conversation(browser, portal.url)
            await browser.close()


async def _take_tasks(browser: Browser, url: str) -> None:
    page = await _page_of(browser, url, "client", f"{PROJECT}/tasks")
    await expect(page.get_by_text("3 of 8 tasks done")).to_be_visible()
    await expect(page.get_by_role("button", name="Repair the kitchen window")).to_be_visible()
    await _take(page, "tasks.png")


async def _take_issue(browser: Browser, url: str) -> None:
    page = await _page_of(browser, url, "client", f"{PROJECT}/issues")
    await page.get_by_role("link", name=ISSUE).click()
    await expect(page.get_by_role("heading", name=ISSUE)).to_be_visible()
    await _take(page, "issue.png")


async def _take_bell(browser: Browser, url: str) -> None:
    page = await _page_of(browser, url, "pm", PROJECT)
    bell = Bell(page)
    await bell.open()
    await expect(bell.items.first).to_be_visible()
    await _take(page, "bell.png")


async def _take_preferences(browser: Browser, url: str) -> None:
    page = await _page_of(browser, url, "dev", "/account")
    await expect(page.get_by_role("heading", name="Password")).to_be_visible()
    await page.set_viewport_size({"width": 1160, "height": 1570})
    await _take(page, "preferences.png")


async def _take_mail(browser: Browser, url: str) -> None:
    page = await _page_of(browser, url, "admin", "/admin/mail")
    letter = page.get_by_role("link", name="asks for your approval in Harbour House renovation")
    await expect(letter.first).to_be_visible()
    await _take(page, "mail.png")
    await letter.first.click()
    await expect(page.frame_locator("iframe").get_by_role("link", name="Look at the task")).to_be_visible()
    await _take(page, "letter.png")


async def _take_conversation(browser: Browser, url: str) -> None:
    developer = await _page_of(browser, url, "dev", MESSAGES)
    client = await _page_of(browser, url, "client", MESSAGES)
    field = developer.get_by_role("textbox")
    await field.fill("Of course. I bring three of them tomorrow, at ten if that suits you.")
    await field.press("Enter")
    await expect(client.get_by_role("log").get_by_text("at ten if that suits you")).to_be_visible()
    await client.get_by_role("textbox").press_sequentially("That is")
    await expect(developer.get_by_text("Clara Jensen is typing…")).to_be_visible()
    await developer.bring_to_front()
    await Bell(developer).shows(0)
    await _take(developer, "conversation.png")


async def _page_of(browser: Browser, url: str, person: str, path: str = "/projects") -> Page:
    page = await browser.new_page(base_url=url, viewport=WINDOW)
    credentials = {"email": f"{person}@example.com", "password": PASSWORD}
    await page.request.post("/api/auth/login", data=credentials, headers={"Origin": url})
    await page.goto(path)
    return page


async def _take(page: Page, name: str) -> None:
    await page.evaluate("document.activeElement.blur()")
    await page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    FOLDER.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=FOLDER / name, animations="disabled")


if __name__ == "__main__":
    asyncio.run(main())
