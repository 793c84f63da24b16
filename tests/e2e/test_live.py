"""One stream for all tabs, and what happens when it is cut."""

import re
from collections.abc import Callable

from playwright.async_api import BrowserContext, Page, Request, expect

from tests.e2e.people import Bell, Events, People, unread_of
from tests.portal import Portal
from tests.world import World

STREAM = "**/api/notifications/stream"


async def test_two_tabs_and_two_browsers_stay_in_step(people: People, events: Events) -> None:
    laptop = await people.browser_of("pm")
    first, second = await _tab(laptop), await _tab(laptop)
    phone = Bell(await people.page_of("pm"))
    bells = (Bell(first), Bell(second), phone)
    for bell in bells:
        await bell.is_live()
    await events.issue()
    await events.message()
    for bell in bells:
        await bell.shows(2)
    await bells[0].open()
    await bells[0].items.first.click()
    for bell in bells:
        await bell.shows(1)
    await phone.open()
    await expect(phone.unread_items).to_have_count(1)
    await phone.mark_all.click()
    for bell in bells:
        await bell.shows(0)


async def test_a_mark_shows_in_the_other_tab_before_the_server_knows(people: People, shared_world: World) -> None:
    await shared_world.notify(count=2)
    context = await people.browser_of("pm")
    first, second = await _tab(context), await _tab(context)
    await Bell(second).shows(2)
    await first.route("**/api/notifications/*/read", lambda route: None)
    await Bell(first).open()
    await Bell(first).items.first.click()
    await Bell(second).shows(1)
    assert await unread_of(second) == 2


async def test_ten_tabs_are_one_connection(people: People, events: Events) -> None:
    context = await people.browser_of("pm")
    opened: list[Request] = []
    context.on("request", lambda request: opened.append(request) if request.url.endswith("/stream") else None)
    leader = await _tab(context)
    await Bell(leader).is_live()
    others = [await _tab(context) for _ in range(9)]
    for tab in others:
        await Bell(tab).is_live()
    await events.issue()
    for tab in (leader, *others):
        await Bell(tab).shows(1)
    assert len(opened) == 1
    async with context.expect_event("request", lambda request: request.url.endswith("/stream")):
        await leader.close()
    await events.issue()
    for tab in others:
        await Bell(tab).shows(2)
    assert len(opened) == 2


async def test_without_the_stream_it_polls_and_returns(people: People, events: Events) -> None:
    context = await people.browser_of("pm")
    await context.route(STREAM, lambda route: route.abort())
    page = await context.new_page()
    await page.clock.install()
    await page.goto("/projects")
    bell = Bell(page)
    await bell.has_mode("polling")
    await events.issue()
    await bell.shows(0)
    async with page.expect_response("**/api/notifications/unread_count"):
        await page.clock.fast_forward(15_000)
    await bell.shows(1)
    await bell.open()
    await expect(bell.panel).to_contain_text("every 15 seconds")
    await expect(bell.items).to_have_count(1)
    await context.unroute(STREAM)
    await page.clock.fast_forward(30_000)
    await bell.is_live()
    await events.issue()
    await bell.shows(2)
    await expect(bell.panel).not_to_contain_text("every 15 seconds")


async def test_offline_says_so_and_catches_up_when_back(people: People, events: Events) -> None:
    page = await people.page_of("pm")
    bell = Bell(page)
    await events.issue()
    await bell.shows(1)
    await bell.is_live()
    await bell.open()
    await expect(bell.items).to_have_count(1)
    await page.context.set_offline(True)
    await expect(bell.panel).to_contain_text("You are offline")
    await expect(bell.items).to_have_count(1)
    await events.issue("Missed")
    await page.context.set_offline(False)
    await bell.shows(2)
    await expect(bell.panel).not_to_contain_text("You are offline")
    await bell.fresh.click()
    await expect(bell.items.first).to_contain_text("Missed")


async def test_a_portal_that_restarts_is_found_again(
    people: People, run_portal: Callable[..., Portal], world: World
) -> None:
    portal = run_portal()
    context = await people.browser_of(None, base_url=portal.url)
    token = await world.open_session("pm")
    await context.add_cookies([{"name": "portal_session", "value": token, "url": portal.url}])
    page = await _tab(context)
    bell = Bell(page)
    await bell.is_live()
    portal.stop()
    await bell.has_mode("offline")
    await world.notify(count=2)
    portal.start()
    # It tries again every 30 seconds at the latest.
    await bell.has_mode("live", within=40)
    await bell.shows(2)
    await page.close()  # the portal ends before people's browsers do
    # A socket that was about to be opened when the portal went: browsers complain of that aloud.
    people.faults[:] = [fault for fault in people.faults if "ERR_CONNECTION_REFUSED" not in fault]


async def test_with_live_updates_switched_off_it_polls_and_does_not_ask_again(people: People, events: Events) -> None:
    page = await people.page_of("pm", "/account")
    bell = Bell(page)
    await bell.is_live()
    switch = page.get_by_role("switch", name="Live updates")
    await switch.uncheck()
    await bell.has_mode("polling")
    await switch.check()
    await bell.is_live()


async def test_signing_out_in_one_tab_signs_out_all(people: People) -> None:
    context = await people.browser_of("pm")
    first, second = await _tab(context), await _tab(context)
    await Bell(second).is_live()
    await first.bring_to_front()
    await first.get_by_role("button", name=re.compile("^Account of")).click()
    await first.get_by_role("button", name="Sign out").click()
    for tab in (first, second):
        await expect(tab).to_have_url(re.compile("/login"))


async def test_a_session_ended_elsewhere_leads_to_the_sign_in(people: People, shared_world: World) -> None:
    page = await people.page_of("pm", "/account")
    await Bell(page).is_live()
    answer = await page.request.post("/api/auth/logout", headers={"Origin": page.url.removesuffix("/account")})
    assert answer.status == 204
    await expect(page).to_have_url(re.compile(r"/login\?next=%2Faccount$"))


async def _tab(context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto("/projects")
    return page
