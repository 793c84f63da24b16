"""Searching a project, each as far as they see it."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from app.dev.demo import FIRST_PROJECT
from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, People, refuse_until_clicked
from tests.portal import Portal
from tests.world import PEOPLE, World, bearer

PROJECT = f"/projects/{FIRST_PROJECT}"
SEARCH = f"{PROJECT}/search"


@pytest_asyncio.fixture
async def window(portal: Portal, shared_world: World) -> None:
    """What was written of windows: a message, an issue, a task and a file, in this order."""
    room: UUID = await shared_world.value(
        "SELECT id FROM client_portal.rooms WHERE client_id = $1 AND project_id = $2", PEOPLE["client"], FIRST_PROJECT
    )
    async with httpx.AsyncClient(base_url=f"{portal.url}/api", timeout=30) as http:

        async def post(person: str, path: str, **content: Any) -> None:
            answer = await http.post(path, headers=bearer(person), **content)
            assert answer.status_code == 201, answer.text

        await post("dev", f"/rooms/{room}/messages", json={"body": "Shall the window stay open?"})
        issue = {"kind": "issue", "title": "Water in the kitchen", "body": "It comes in under the window."}
        await post("client", f"/rooms/{room}/issues", json=issue)
        await post("dev", f"/projects/{FIRST_PROJECT}/tasks", json={"title": "Fit the window"})
        await post("dev", f"/rooms/{room}/files", files={"file": ("window plan.txt", b"Two panes", "text/plain")})


def field(page: Page) -> Locator:
    return page.get_by_role("searchbox")


def results(page: Page) -> Locator:
    return page.locator("a.result")


@pytest.mark.usefixtures("window")
async def test_from_any_page_of_the_project_to_the_thing_itself_and_back(people: People) -> None:
    page = await people.page_of("client", PROJECT)
    await expect(page.get_by_role("heading", level=1, name="Harbour House")).to_be_visible()
    await page.keyboard.press("/")
    await expect(field(page)).to_be_focused()
    await page.keyboard.type("window")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(rf"{SEARCH}\?q=window$"))
    await expect(results(page)).to_have_count(4)
    for result, kind in zip(await results(page).all(), ("File", "Task", "Issue", "Message"), strict=True):
        await expect(result).to_contain_text(kind)
        await expect(result.locator("mark").first).to_have_text(re.compile("window", re.IGNORECASE))
    await results(page).filter(has_text="Water in the kitchen").click()
    await expect(page.get_by_role("heading", level=1, name="Water in the kitchen")).to_be_visible()
    await page.go_back()
    await expect(field(page)).to_have_value("window")
    await expect(results(page)).to_have_count(4)
    await results(page).filter(has_text="stay open").click()
    await expect(page.get_by_role("log").get_by_text("Shall the window stay open?")).to_be_visible()


@pytest.mark.usefixtures("window")
async def test_results_come_as_one_types_and_by_kind(people: People) -> None:
    page = await people.page_of("dev", SEARCH)
    await expect(field(page)).to_be_focused()
    await expect(page.get_by_text("What are you looking for?")).to_be_visible()
    await page.keyboard.type("window")
    await expect(results(page)).to_have_count(4)
    await expect(results(page).filter(has_text="Water in the kitchen")).to_contain_text("Clara Jensen")
    await page.get_by_role("link", name="Tasks", exact=True).nth(1).click()
    await expect(results(page)).to_have_count(1)
    await expect(results(page)).to_contain_text("Fit the window")
    await page.reload()
    await expect(results(page)).to_have_count(1)
    await field(page).fill("no such word")
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    await expect(page.get_by_text("No tasks with “no such word”")).to_be_visible()


@pytest.mark.usefixtures("window")
async def test_with_the_keyboard_alone(people: People) -> None:
    page = await people.page_of("pm", f"{SEARCH}?q=window")
    await expect(results(page)).to_have_count(4)
    await page.keyboard.press("Control+k")
    await expect(field(page)).to_be_focused()
    for _ in range(3):
        await page.keyboard.press("ArrowDown")
    await expect(results(page).nth(2)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="Water in the kitchen")).to_be_visible()
    # a page without a field leads to the one that has it
    await page.keyboard.press("Control+k")
    await expect(field(page)).to_be_focused()
    await expect(page).to_have_url(re.compile(f"{SEARCH}$"))


@pytest.mark.usefixtures("window")
async def test_an_answer_that_comes_late_does_not_replace_what_was_asked_since(people: People) -> None:
    page = await people.page_of("dev", SEARCH)
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route(re.compile(r"/api/.*/search\?q=water"), hold)
    async with page.expect_request(re.compile(r"/api/.*/search\?q=water")):
        await field(page).fill("water")
    await field(page).fill("window")
    await expect(results(page)).to_have_count(4)
    for route in held:
        await route.continue_()
    await expect(results(page)).to_have_count(4)
    await expect(field(page)).to_have_value("window")


@pytest.mark.usefixtures("window")
async def test_nobody_finds_what_they_do_not_reach(people: People) -> None:
    page = await people.page_of("client2", f"{SEARCH}?q=window")
    await expect(page.get_by_role("heading", name="No such project")).to_be_visible()
    await expect(results(page)).to_have_count(0)


async def test_a_search_that_fails_says_so_and_can_be_tried_again(people: People) -> None:
    page = await people.page_of("client", SEARCH)
    await expect(field(page)).to_be_visible()
    await refuse_until_clicked(page, "**/search?q=*", lambda route: route.abort())
    await field(page).fill("window")
    await expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("Nothing found")).to_be_visible()


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_search_is_not_hard_to_use(people: People, axe: str, scheme: str) -> None:
    page = await people.page_of("dev", PROJECT, viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")
    await page.get_by_role("link", name="Search this project").click()
    await expect(field(page)).to_be_focused()
    findings = {"nothing asked": await serious(page, axe)}
    await field(page).fill("window")
    await expect(results(page)).to_have_count(4)
    findings["results"] = await serious(page, axe)
    assert await overflow(page) <= 0
    await field(page).fill("no such word")
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    findings["nothing found"] = await serious(page, axe)
    assert {name: found for name, found in findings.items() if found} == {}
