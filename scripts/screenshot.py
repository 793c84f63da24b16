"""Takes the README's picture of today's product: `.venv/bin/python -m scripts.screenshot`."""

import asyncio
import tempfile
from pathlib import Path
from uuid import uuid4

import httpx
from playwright.async_api import async_playwright, expect

from app.dev.demo import FIRST_PROJECT, PASSWORD
from tests.browser import chromium_launch_options
from tests.e2e.people import Bell
from tests.portal import Portal

TARGET = Path(__file__).parents[1] / "docs" / "images" / "bell.png"
CREDENTIALS = {"email": "pm@example.com", "password": PASSWORD}
EVENTS = (
    ("issue", {"issue_id": "", "message": "The invoice names the old address"}),
    ("message", {"message_id": "", "snippet": "Could we see the tiles before they are ordered?"}),
    ("issue", {"issue_id": "", "message": "The stair lamp flickers"}),
    ("message", {"message_id": "", "snippet": "Thank you, the doors look great. When will the kitchen be done?"}),
    ("issue", {"issue_id": "", "message": "Water comes in under the kitchen window"}),
)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Portal(Path(folder), DATA_DIR=f"{folder}/data") as portal:
        await _seed(portal.url)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**chromium_launch_options())
            page = await browser.new_page(base_url=portal.url, viewport={"width": 1160, "height": 700})
            await page.request.post("/api/auth/login", data=CREDENTIALS, headers={"Origin": portal.url})
            await page.goto(f"/projects/{FIRST_PROJECT}")
            bell = Bell(page)
            await bell.shows(3)
            await bell.open()
            await expect(bell.items).to_have_count(len(EVENTS))
            await page.evaluate("document.activeElement.blur()")
            TARGET.parent.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=TARGET, animations="disabled")
            await browser.close()


async def _seed(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        token = (await http.post("/api/auth/login", json=CREDENTIALS)).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        for number, (kind, content) in enumerate(EVENTS):
            body = {key: value or str(uuid4()) for key, value in content.items()}
            await http.post(f"/api/testnotify/{kind}", json=body | {"project_id": str(FIRST_PROJECT)})
            if number == 1:
                await http.post("/api/notifications/read_all")


if __name__ == "__main__":
    asyncio.run(main())
