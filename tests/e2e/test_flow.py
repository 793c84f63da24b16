"""The flow that the requirement asks for, step by step."""

import re

from playwright.async_api import expect

from app.dev.demo import FIRST_PROJECT, PASSWORD
from tests.e2e.people import Bell, Events, People, server_counts


async def test_a_notification_from_the_client_to_its_page(people: People, events: Events) -> None:
    # logs in as a PM test user
    page = await people.page_of(None, "/login")
    await page.get_by_label("Email").fill("pm@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    # opens any page and confirms the bell is visible
    await expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    bell = Bell(page)
    await expect(bell.button).to_be_visible()
    await bell.shows(0)
    # creates a notification via the test endpoint
    await events.message("An older one")
    await bell.shows(1)
    issue_id = await events.issue("New window leak reported")
    # waits for the bell count to increment
    await bell.shows(2)
    # opens the dropdown and clicks the first item
    await bell.open()
    first = bell.items.first
    await expect(first).to_contain_text("New window leak reported")
    await first.click()
    # asserts navigation reached the expected route
    await expect(page).to_have_url(re.compile(rf"/projects/{FIRST_PROJECT}/issues/{issue_id}$"))
    await expect(page.get_by_role("heading", name="New window leak reported")).to_be_visible()
    # and the click marked it read, here and on the server
    await bell.shows(1)
    await server_counts(page, 1)


async def test_the_bell_is_on_every_page(people: People, events: Events) -> None:
    issue_id = await events.issue()
    message_id = await events.message()
    page = await people.page_of("pm")
    project = f"/projects/{FIRST_PROJECT}"
    for path in (
        "/projects",
        project,
        f"{project}/issues",
        f"{project}/issues/{issue_id}",
        f"{project}/messages",
        f"{project}/messages?focus={message_id}",
        "/account",
        "/no/such/page",
    ):
        await page.goto(path)
        await Bell(page).shows(2)
