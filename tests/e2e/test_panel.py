"""What a person does in the panel."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, Route, expect

from app.dev.demo import FIRST_PROJECT
from tests.e2e.people import Bell, Events, People, server_counts, unread_of
from tests.world import World


async def test_past_99_the_badge_says_so_and_the_name_is_exact(people: People, shared_world: World) -> None:
    await shared_world.notify(count=120)
    bell = Bell(await people.page_of("pm"))
    await bell.shows(120)


async def test_all_as_read_empties_the_unread_tab_however_many_there_were(people: People, shared_world: World) -> None:
    await shared_world.notify("pm", count=60)
    page = await people.page_of("pm")
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/api/notifications/read_all", held.put_nowait)
    bell = Bell(page)
    await bell.open()
    await bell.tab("Unread").click()
    await expect(bell.items).to_have_count(20)
    await bell.mark_all.click()
    await expect(bell.panel).to_contain_text("caught up")
    assert await unread_of(page) == 60
    async with page.expect_response("**/api/notifications/read_all"):
        await (await held.get()).continue_()
    await bell.shows(0)
    await expect(bell.items).to_have_count(0)
    await expect(bell.panel).to_contain_text("caught up")
    assert await unread_of(page) == 0


async def test_a_count_that_changes_moves_nothing(people: People, events: Events, shared_world: World) -> None:
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.shows(0)
    await bell.is_live()
    before = await page.locator(".usermenu-button").bounding_box()
    await shared_world.notify(count=98)
    for unread in (99, 100):
        await events.issue()
        await bell.shows(unread)
        assert await page.locator(".usermenu-button").bounding_box() == before


async def test_nothing_yet_is_said_kindly(people: People) -> None:
    bell = Bell(await people.page_of("pm"))
    await bell.open()
    await expect(bell.panel).to_contain_text("Nothing here yet")
    await expect(bell.mark_all).to_be_hidden()
    await bell.tab("Unread").click()
    await expect(bell.panel).to_contain_text("You are all caught up")


async def test_each_item_says_what_when_and_whether_it_is_read(people: People, shared_world: World) -> None:
    then = datetime.now(UTC) - timedelta(hours=3, minutes=5)
    await shared_world.notify(title="A leak", body="By the kitchen window", created_at=then)
    await shared_world.notify(title="An old one", is_read=True, created_at=then - timedelta(days=2))
    bell = Bell(await people.page_of("pm"))
    await bell.open()
    first, second = bell.items.nth(0), bell.items.nth(1)
    await expect(first).to_have_accessible_name(re.compile("Unread: A leak By the kitchen window Issue · 3 h ago"))
    await expect(first.locator("time")).to_have_attribute("title", re.compile(r"\d{4} at \d"))
    await expect(second).to_have_accessible_name(re.compile("^An old one Issue · 2 d ago"))
    await expect(bell.unread_items).to_have_count(1)


async def test_times_go_on_by_themselves(people: People, shared_world: World) -> None:
    context = await people.browser_of("pm")
    page = await context.new_page()
    await page.clock.install()
    await shared_world.notify()
    await page.goto("/projects")
    bell = Bell(page)
    await bell.open()
    await expect(bell.items.first).to_contain_text("just now")
    await page.clock.fast_forward(125_000)
    await expect(bell.items.first).to_contain_text("2 min ago")


async def test_more_load_as_one_scrolls_down_to_the_last(people: People, shared_world: World) -> None:
    await shared_world.notify(count=55)
    bell = Bell(await people.page_of("pm"))
    await bell.open()
    await expect(bell.items).to_have_count(20)
    await bell.items.last.scroll_into_view_if_needed()
    await expect(bell.items).to_have_count(40)
    await bell.items.last.scroll_into_view_if_needed()
    await expect(bell.items).to_have_count(55)
    await bell.items.last.scroll_into_view_if_needed()
    await expect(bell.panel.get_by_text("That is everything.")).to_be_visible()


async def test_new_ones_do_not_move_what_one_is_about_to_click(
    people: People, events: Events, shared_world: World
) -> None:
    await shared_world.notify(count=3)
    bell = Bell(await people.page_of("pm", reduced_motion="reduce"))
    await bell.is_live()
    await bell.open()
    aimed_at = bell.items.nth(1)
    name = await aimed_at.get_attribute("data-id")
    before = await aimed_at.bounding_box()
    await events.issue("Came meanwhile")
    await bell.shows(4)
    await expect(bell.fresh).to_have_text("1 new")
    assert await aimed_at.bounding_box() == before
    assert await aimed_at.get_attribute("data-id") == name
    await bell.fresh.click()
    await expect(bell.items.first).to_contain_text("Came meanwhile")


async def test_mark_all_as_read_here_and_on_the_server(people: People, shared_world: World) -> None:
    await shared_world.notify(count=5)
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.shows(5)
    await bell.open()
    await expect(bell.unread_items).to_have_count(5)
    async with page.expect_response("**/api/notifications/read_all") as answer:
        await bell.mark_all.click()
    assert (await answer.value).status == 204
    await bell.shows(0)
    await expect(bell.unread_items).to_have_count(0)
    await expect(bell.items).to_have_count(5)
    assert await unread_of(page) == 0
    await page.reload()
    await bell.shows(0)


async def test_a_mark_shows_before_the_server_answers(people: People, shared_world: World) -> None:
    await shared_world.notify(count=2)
    page = await people.page_of("pm")
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/api/notifications/*/read", held.put_nowait)
    bell = Bell(page)
    await bell.open()
    await bell.items.first.click()
    await bell.shows(1)
    assert await unread_of(page) == 2
    async with page.expect_response("**/api/notifications/*/read"):
        await (await held.get()).continue_()
    await bell.shows(1)
    assert await unread_of(page) == 1


async def test_a_mark_that_fails_is_put_back_and_says_so(people: People, shared_world: World) -> None:
    await shared_world.notify(count=2, title="A leak")
    page = await people.page_of("pm")
    await page.route("**/api/notifications/*/read", _refuse)
    bell = Bell(page)
    await bell.shows(2)
    await bell.open()
    await bell.items.first.click()
    await expect(page).to_have_url(re.compile("/issues/"))
    await expect(page.get_by_text("“A leak” could not be marked as read.").first).to_be_visible()
    await expect(bell.status).to_have_text("“A leak” could not be marked as read.")
    await bell.shows(2)
    await page.unroute("**/api/notifications/*/read")
    await page.get_by_role("button", name="Try again").click()
    await bell.shows(1)
    await server_counts(page, 1)


async def test_a_mark_all_that_fails_is_put_back_and_says_so(people: People, shared_world: World) -> None:
    await shared_world.notify(count=3)
    page = await people.page_of("pm")
    await page.route("**/api/notifications/read_all", _refuse)
    bell = Bell(page)
    await bell.open()
    await bell.mark_all.click()
    await expect(bell.panel.get_by_text("could not be marked as read")).to_be_visible()
    await bell.shows(3)
    await expect(bell.unread_items).to_have_count(3)


async def test_a_failure_for_want_of_a_connection_is_forgotten_with_it(people: People, shared_world: World) -> None:
    await shared_world.notify(count=3)
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.is_live()
    await bell.open()
    await expect(bell.unread_items).to_have_count(3)
    await page.context.set_offline(True)
    await bell.has_mode("offline")
    await bell.mark_all.click()
    await expect(bell.panel.get_by_text("could not be marked as read")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("notification-bell .toast")).to_be_visible()
    await page.context.set_offline(False)
    await bell.is_live()
    await expect(page.get_by_text("could not be marked as read")).to_have_count(0)
    await bell.shows(3)


async def test_a_list_that_fails_offers_to_try_again(people: People, shared_world: World) -> None:
    await shared_world.notify(count=2)
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.is_live()
    await page.route(re.compile(r"/api/notifications\?"), _refuse)
    await bell.open()
    await expect(bell.panel.get_by_text("That did not load")).to_be_visible()
    await page.unroute(re.compile(r"/api/notifications\?"))
    await bell.panel.get_by_role("button", name="Try again").click()
    await expect(bell.items).to_have_count(2)


async def test_the_tab_is_kept_across_pages_and_visits(people: People, shared_world: World) -> None:
    await shared_world.notify(count=1, title="Read")
    context = await people.browser_of("pm")
    page = await context.new_page()
    await page.goto("/projects")
    bell = Bell(page)
    await bell.open()
    await bell.tab("Unread").click()
    await page.goto("/account")
    await bell.open()
    await expect(bell.tab("Unread")).to_have_attribute("aria-selected", "true")
    await page.close()
    later = await context.new_page()
    await later.goto("/projects")
    await Bell(later).open()
    await expect(Bell(later).tab("Unread")).to_have_attribute("aria-selected", "true")


async def test_outside_clicks_and_escape_close_it_and_give_the_focus_back(people: People) -> None:
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.open()
    await page.mouse.click(400, 600)
    await expect(bell.panel).to_have_count(0)
    await expect(bell.button).to_be_focused()
    await bell.open()
    await page.keyboard.press("Escape")
    await expect(bell.panel).to_have_count(0)
    await expect(bell.button).to_be_focused()


async def test_the_keyboard_alone_is_enough(people: People, shared_world: World) -> None:
    await shared_world.notify(title="Third")
    await shared_world.notify(title="Second")
    await shared_world.notify(title="First")
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.shows(3)
    await _press_until_focused(page, bell)
    for key in ("Enter", "Space"):
        await page.keyboard.press(key)
        await expect(bell.panel).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(bell.panel).to_have_count(0)
        await expect(bell.button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(bell.items).to_have_count(3)
    await page.keyboard.press("ArrowDown")
    await expect(bell.items.nth(0)).to_be_focused()
    await page.keyboard.press("End")
    await expect(bell.items.nth(2)).to_be_focused()
    await page.keyboard.press("Home")
    await expect(bell.items.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(bell.items.nth(1)).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(bell.items.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(bell.items.nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"/projects/{FIRST_PROJECT}/issues/"))
    await expect(page.get_by_role("heading", name="Second")).to_be_visible()
    await bell.shows(2)


async def test_the_tabs_by_arrow_keys(people: People, shared_world: World) -> None:
    await shared_world.notify(is_read=True)
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.open()
    await bell.tab("All").focus()
    await page.keyboard.press("ArrowRight")
    await expect(bell.tab("Unread")).to_be_focused()
    await expect(bell.items).to_have_count(0)
    await page.keyboard.press("ArrowLeft")
    await expect(bell.items).to_have_count(1)


async def test_leaving_by_tab_closes_it(people: People) -> None:
    page = await people.page_of("pm")
    bell = Bell(page)
    await bell.open()
    await page.locator(".usermenu-button").focus()
    await expect(bell.panel).to_have_count(0)
    await expect(page.locator(".usermenu-button")).to_be_focused()


async def test_what_arrives_is_announced(people: People, events: Events) -> None:
    bell = Bell(await people.page_of("pm"))
    await bell.is_live()
    await expect(bell.status).to_have_attribute("aria-live", "polite")
    await events.issue("New window leak reported")
    await expect(bell.status).to_have_text("New notification: New window leak reported. 1 unread.")


async def test_with_reduced_motion_nothing_moves(people: People, events: Events) -> None:
    page = await people.page_of("pm", reduced_motion="reduce")
    bell = Bell(page)
    await events.issue()
    await bell.shows(1)
    await bell.open()
    moving = await page.evaluate("document.getAnimations().length")
    assert moving == 0


async def _press_until_focused(page: Page, bell: Bell) -> None:
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await bell.button.evaluate("button => button.getRootNode().activeElement === button"):
            return
    raise AssertionError("the bell cannot be reached by the keyboard")


async def _refuse(route: Route) -> None:
    await route.fulfill(status=500, content_type="application/problem+json", body="{}")
