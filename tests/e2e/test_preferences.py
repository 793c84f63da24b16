"""How a person wants to be told: on their account page, on a project's, and where the links of e-mails lead."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page, Request, Response, expect

from app.dev.demo import FIRST_PROJECT, PASSWORD
from app.letters.unsubscribe import UnsubscribeLinks
from app.push.vapid import new_private_key
from tests.e2e.accessibility import overflow, serious
from tests.e2e.browser_push import ENDPOINT, installed_worker, push_service
from tests.e2e.people import PHONE, Bell, Events, People, server_counts, unread_of
from tests.portal import Portal
from tests.running import until
from tests.world import PEOPLE, SECRET, World

PROJECT = f"/projects/{FIRST_PROJECT}"
SETTINGS = "settings"
PREFERENCES = "preferences"


@pytest.fixture(scope="module")
def portal(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """With push set up."""
    folder = tmp_path_factory.mktemp("portal")
    settings = {
        "DATABASE_URL": shared_world.url,
        "JWT_SECRET": SECRET,
        "FILES_URL": (folder / "files").as_uri(),
        "MAIL_WORKER": "false",
        "VAPID_PRIVATE_KEY": new_private_key(),
        "PUSH_TO_LOOPBACK": "true",
    }
    with Portal(folder, **settings, NOTIFY_TEST_ENDPOINTS="true") as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def as_it_was(shared_world: World) -> AsyncIterator[None]:
    """Everybody's settings are as before after every test."""
    yield
    await shared_world.restore()


async def test_what_is_chosen_is_there_after_a_reload(people: People) -> None:
    page = await people.page_of("client", "/account", timezone_id="Europe/Berlin")
    email = page.get_by_role("switch", name="E-mail")
    task_bell = page.get_by_role("checkbox", name="A task is done: bell")
    task_email = page.get_by_role("checkbox", name="A task is done: e-mail")
    hourly = page.get_by_role("radio", name=re.compile("^Every hour"))
    await expect(email).to_be_checked()
    await _saves(page, task_bell)
    await _saves(page, task_email)
    await _saves(page, hourly)
    await _saves(page, page.get_by_role("switch", name="Quiet hours"))
    async with _saved(page):
        await page.get_by_label("From").fill("21:30")
    async with _saved(page, holding="06:15"):
        await page.get_by_label("To", exact=True).fill("06:15")
    await _saves(page, email, SETTINGS)
    await page.reload()
    await expect(email).not_to_be_checked()
    await expect(task_bell).not_to_be_checked()
    await expect(task_email).not_to_be_checked()
    await expect(hourly).to_be_checked()
    await expect(page.get_by_label("From")).to_have_value("21:30")
    await expect(page.get_by_label("To", exact=True)).to_have_value("06:15")
    await expect(page.get_by_role("combobox", name="Time zone")).to_have_value("Europe/Berlin")


async def test_the_e_mail_column_is_kept_while_e_mail_is_off(people: People) -> None:
    page = await people.page_of("client", "/account")
    email = page.get_by_role("switch", name="E-mail")
    boxes = page.get_by_role("checkbox", name=re.compile(": e-mail$"))
    await _saves(page, boxes.first)
    await _saves(page, email, SETTINGS)
    await expect(boxes.first).to_be_disabled()
    await expect(boxes.first).not_to_be_checked()
    await expect(boxes.last).to_be_checked()
    await expect(page.get_by_text("What is chosen here counts when it is on.")).to_be_visible()
    await _saves(page, email, SETTINGS)
    await expect(boxes.first).to_be_enabled()
    await expect(boxes.first).not_to_be_checked()
    await expect(boxes.last).to_be_checked()


async def test_each_person_chooses_of_what_they_can_be_told(people: People) -> None:
    client = await people.page_of("client", "/account")
    rows = client.get_by_role("rowheader")
    await expect(rows.filter(has_text="The project team writes to you")).to_be_visible()
    await expect(rows.filter(has_text="reports an issue")).to_have_count(0)
    developer = await people.page_of("dev", "/account")
    rows = developer.get_by_role("rowheader")
    await expect(rows.filter(has_text="A client reports an issue")).to_be_visible()
    await expect(rows.filter(has_text="Your approval is wanted")).to_have_count(0)


async def test_the_time_zone_is_that_of_the_first_browser(people: People, shared_world: World) -> None:
    async def is_kept() -> bool:
        kept = "SELECT time_zone FROM client_portal.notification_times WHERE user_id = $1"
        return bool(await shared_world.value(kept, PEOPLE["client"]) == "Asia/Kolkata")

    await people.page_of("client", PROJECT, timezone_id="Asia/Kolkata")
    await until(is_kept)
    page = await people.page_of("client", "/account", timezone_id="Europe/Berlin")
    zone = page.get_by_role("combobox", name="Time zone")
    await expect(zone).to_have_value("Asia/Kolkata")
    await expect(page.get_by_text("Times in e-mails are by this clock.")).to_be_visible()
    await page.reload()
    await expect(zone).to_have_value("Asia/Kolkata")


async def test_the_time_zone_is_found_by_typing(people: People) -> None:
    page = await people.page_of("client", "/account", timezone_id="Europe/Berlin")
    zone = page.get_by_role("combobox", name="Time zone")
    await expect(zone).to_have_value("Europe/Berlin")
    # Typing takes the place of what stands there.
    await zone.click()
    await page.keyboard.type("new york")
    await expect(page.get_by_role("option", name="America/New York")).to_be_visible()
    await zone.press("ArrowDown")
    async with _saved(page, holding="America/New_York"):
        await zone.press("Enter")
    await expect(zone).to_have_value("America/New York")
    await page.reload()
    await expect(zone).to_have_value("America/New York")
    # What is no time zone is not taken.
    await zone.fill("Atlantis")
    await expect(page.get_by_text("No time zone of that name")).to_be_visible()
    await zone.press("Tab")
    await expect(zone).to_have_value("America/New York")
    await expect(page.get_by_text("Not changed: no time zone is called “Atlantis”.")).to_be_visible()
    await zone.fill("europe")
    await zone.press("Enter")
    await expect(page.get_by_text(re.compile("Not changed: “europe” could be any of"))).to_be_visible()
    await expect(zone).to_have_value("America/New York")
    # The only one that is found is meant.
    for typed, key, text in (("berl", "Tab", "Europe/Berlin"), ("madri", "Enter", "Europe/Madrid")):
        await zone.fill(typed)
        async with _saved(page, holding=text):
            await zone.press(key)
        await expect(zone).to_have_value(text)
    await expect(page.get_by_text("Not changed")).to_have_count(0)


async def test_what_could_not_be_saved_is_put_back_and_can_be_tried_again(people: People) -> None:
    page = await people.page_of("client", "/account")
    box = page.get_by_role("checkbox", name="A task is done: bell")
    await expect(box).to_be_checked()
    await page.route("**/api/notifications/preferences", lambda route: route.abort())
    await box.click()
    types = page.get_by_role("region", name="What you are told of")
    await expect(types.get_by_role("alert")).to_contain_text("That could not be saved.")
    await expect(box).to_be_checked()
    await page.unroute("**/api/notifications/preferences")
    async with _saved(page):
        await types.get_by_role("button", name="Try again").click()
    await expect(box).not_to_be_checked()
    await expect(types.get_by_role("alert")).to_be_empty()
    await page.reload()
    await expect(box).not_to_be_checked()


async def test_all_that_could_not_be_saved_is_tried_again(people: People) -> None:
    page = await people.page_of("client", "/account")
    bell = page.get_by_role("checkbox", name="A task is done: bell")
    email = page.get_by_role("checkbox", name="A task is done: e-mail")
    hourly = page.get_by_role("radio", name=re.compile("^Every hour"))
    types = page.get_by_role("region", name="What you are told of")
    times = page.get_by_role("region", name="When")
    await expect(bell).to_be_checked()
    await page.route("**/api/notifications/preferences", lambda route: route.abort())
    await bell.click()
    await hourly.click()
    await email.click()
    await expect(types.get_by_role("alert")).to_contain_text("2 changes could not be saved.")
    await expect(times.get_by_role("alert")).to_contain_text("That could not be saved.")
    await page.unroute("**/api/notifications/preferences")
    async with _saved(page):
        await times.get_by_role("button", name="Try again").click()
    await expect(types.get_by_role("alert")).to_contain_text("2 changes could not be saved.")
    async with _saved(page, holding='"email"'):
        await types.get_by_role("button", name="Try again").click()
    await expect(types.get_by_role("alert")).to_be_empty()
    await page.reload()
    await expect(hourly).to_be_checked()
    await expect(bell).not_to_be_checked()
    await expect(email).not_to_be_checked()


async def test_what_another_page_changed_is_there_on_return(people: People) -> None:
    context = await people.browser_of("client")
    page, other = await context.new_page(), await context.new_page()
    await page.goto("/account")
    email = page.get_by_role("switch", name="E-mail")
    await expect(email).to_be_checked()
    await other.goto("/account")
    await _saves(other, other.get_by_role("switch", name="E-mail"), SETTINGS)
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await expect(email).not_to_be_checked()


async def test_an_admin_is_told_of_their_own_projects(people: People) -> None:
    page = await people.page_of("admin", "/account")
    await expect(page.get_by_text("the projects that you are a member of, not of all")).to_be_visible()


async def test_quiet_hours_are_saved_once_and_whole(people: People) -> None:
    page = await people.page_of("client", "/account")
    await _saves(page, page.get_by_role("switch", name="Quiet hours"))
    sent: list[Any] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            sent.append(request.post_data_json)

    page.on("request", note)
    begin = page.get_by_label("From")
    await begin.fill("20:00")
    await begin.fill("20:30")
    async with _saved(page, holding="20:30"):
        await begin.blur()
    # One that was emptied is as before once one is elsewhere.
    await begin.fill("")
    await begin.blur()
    await expect(begin).to_have_value("20:30")
    await _saves(page, page.get_by_role("checkbox").first)
    changes = [change for change in sent if list(change) != ["time_zone"]]
    assert [list(change) for change in changes] == [["quiet_hours"], ["channels"]]
    assert changes[0] == {"quiet_hours": {"from": "20:30", "to": "07:00"}}


async def test_quiet_hours_that_end_when_they_begin_are_not_saved(people: People) -> None:
    page = await people.page_of("client", "/account")
    await _saves(page, page.get_by_role("switch", name="Quiet hours"))
    await page.get_by_label("From").fill("07:00")
    await expect(page.get_by_text("They must not end when they begin.")).to_be_visible()
    async with _saved(page):
        await page.get_by_label("From").fill("08:00")
    await expect(page.get_by_text("They must not end when they begin.")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_label("From")).to_have_value("08:00")


async def test_a_type_that_is_switched_off_does_not_ring(people: People, events: Events) -> None:
    page = await people.page_of("dev", "/account")
    bell = Bell(page)
    await bell.is_live()
    await _saves(page, page.get_by_role("checkbox", name="A client writes: bell"))
    await events.message()
    await events.issue("This one rings")
    await bell.shows(1)
    await bell.open()
    await expect(bell.items).to_have_count(1)
    await expect(bell.items).to_contain_text("This one rings")


async def test_a_muted_project_does_not_ring_until_it_is_heard_again(people: People, events: Events) -> None:
    page = await people.page_of("dev", PROJECT)
    other = await people.page_of("pm", PROJECT)
    bell = Bell(page)
    await bell.is_live()
    async with page.expect_response("**/api/notifications/muted_projects/*"):
        await page.get_by_role("button", name="Mute this project").click()
    await expect(page.get_by_text("Muted: nothing new rings here.")).to_be_visible()
    await other.goto("/projects")
    await expect(other.get_by_role("link", name=re.compile("Harbour House"))).not_to_contain_text("Muted")
    await page.get_by_role("link", name="Projects", exact=True).click()
    await expect(page.get_by_role("link", name=re.compile("Harbour House"))).to_contain_text("Muted")
    await events.issue("Nobody hears this one")
    await server_counts(other, 1)
    assert await unread_of(page) == 0
    await page.goto("/account")
    muted = page.get_by_role("region", name="Muted projects")
    await expect(muted.get_by_role("link", name="Harbour House renovation")).to_have_attribute("href", PROJECT)
    async with page.expect_response("**/api/notifications/muted_projects/*"):
        await muted.get_by_role("button", name="Unmute Harbour House renovation").click()
    await expect(muted).to_contain_text("You can mute a project on its own page")
    await bell.is_live()
    await events.issue("This one rings")
    await bell.shows(1)
    await page.goto(PROJECT)
    await expect(page.get_by_role("button", name="Mute this project")).to_be_visible()


async def test_a_project_that_could_not_be_muted_is_not(people: People) -> None:
    page = await people.page_of("dev", PROJECT)
    await page.route("**/api/notifications/muted_projects/*", lambda route: route.abort())
    mute = page.get_by_role("button", name="Mute this project")
    await mute.click()
    await expect(page.get_by_role("alert").filter(has_text="could not be saved")).to_be_visible()
    await expect(mute).to_be_visible()


async def test_the_link_of_an_e_mail_ends_them_without_a_sign_in(people: People, shared_world: World) -> None:
    link = UnsubscribeLinks("", SECRET).url(PEOPLE["client"])
    page = await people.page_of(None, link)
    await expect(page.get_by_role("heading", name="No more e-mails?")).to_be_visible()
    await expect(page.get_by_text("sends Clara Jensen nothing by e-mail")).to_be_visible()
    # A machine that only looks ends nothing.
    assert await _wants_email(shared_world)
    await page.route("**/api/unsubscribe", lambda route: route.abort())
    await page.get_by_role("button", name="Switch off e-mail").click()
    await expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    await page.unroute("**/api/unsubscribe")
    await page.get_by_role("button", name="Switch off e-mail").click()
    await expect(page.get_by_role("heading", name="E-mail is off")).to_be_focused()
    assert not await _wants_email(shared_world)
    await page.reload()
    await page.get_by_role("button", name="Switch on again").click()
    await expect(page.get_by_role("heading", name="E-mail is on again")).to_be_focused()
    assert await _wants_email(shared_world)
    await page.get_by_role("link", name="Sign in").click()
    await expect(page).to_have_url(re.compile("/login\\?next=%2Faccount$"))


@pytest.mark.parametrize(("person", "is_theirs"), [("client", True), ("dev", False)])
async def test_the_link_of_an_e_mail_knows_whose_it_is(people: People, person: str, is_theirs: bool) -> None:
    page = await people.page_of(person, UnsubscribeLinks("", SECRET).url(PEOPLE["client"]))
    await expect(page.get_by_text("sends Clara Jensen nothing by e-mail")).to_be_visible()
    await expect(page.get_by_text("this is not about your e-mail")).to_have_count(0 if is_theirs else 1)
    await expect(page.get_by_role("link", name="Go to your account")).to_have_count(1 if is_theirs else 0)


@pytest.mark.parametrize("query", ["", "?token=", "?token=not-one-of-ours"])
async def test_a_link_that_was_cut_short_says_so(people: People, query: str) -> None:
    page = await people.page_of(None, f"/unsubscribe{query}")
    await expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()


async def test_the_server_knows_who_has_a_page_before_them(people: People, shared_world: World) -> None:
    async def is_seen() -> bool:
        seen = "SELECT count(*) FROM client_portal.visibility WHERE user_id = $1 AND visible_until > clock_timestamp()"
        return bool(await shared_world.value(seen, PEOPLE["dev2"]))

    async def is_unseen() -> bool:
        return not await is_seen()

    page = await people.page_of("dev2")
    await until(is_seen)
    await page.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    await until(is_unseen)
    await page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    await until(is_seen)
    await page.close()
    await until(is_unseen)


async def test_push_is_switched_on_in_this_browser_and_off_again(people: People, shared_world: World) -> None:
    page = await _pushing(await people.browser_of("client"))
    push = page.get_by_role("switch", name="Push notifications")
    await _switches_push_on(page)
    await expect(push).to_be_checked()
    [subscription] = await _subscriptions(shared_world)
    assert subscription["endpoint"].startswith(ENDPOINT)
    await page.reload()
    await expect(page.get_by_text("They come to this browser.")).to_be_visible()
    async with page.expect_response("**/push/subscriptions"):
        await page.get_by_role("button", name="Stop them here").click()
    await expect(page.get_by_text("They do not come to this browser yet.")).to_be_visible()
    assert await _subscriptions(shared_world) == []
    await _saves(page, push, SETTINGS)
    await page.reload()
    await expect(push).not_to_be_checked()


async def test_push_ends_with_the_sign_in_and_comes_back_with_the_person(people: People, shared_world: World) -> None:
    page = await _pushing(await people.browser_of("client"))
    await _switches_push_on(page)
    await page.get_by_role("button", name=re.compile("^Account of")).click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/login"))
    await _has_subscriptions(shared_world, 0)
    await _sign_in(page, "client")
    await _has_subscriptions(shared_world, 1)


async def test_who_signs_in_next_is_pushed_nothing_of_the_one_before(people: People, shared_world: World) -> None:
    context = await people.browser_of("client")
    page = await _pushing(context)
    await _switches_push_on(page)
    # Gone without a word: the session ended while no page was open.
    await context.clear_cookies()
    await page.goto("/login")
    await _sign_in(page, "dev")
    await page.goto("/account")
    await expect(page.get_by_role("switch", name="Push notifications")).not_to_be_checked()
    await page.wait_for_function("localStorage.getItem('push service') === null")


async def test_push_stays_where_the_password_was_changed(people: People, shared_world: World) -> None:
    page = await _pushing(await people.browser_of("client"))
    await _switches_push_on(page)
    async with page.expect_response("**/push/subscriptions"):
        await page.get_by_label("Current password").fill(PASSWORD)
        await page.get_by_label("New password", exact=True).fill("a better password")
        await page.get_by_label("New password, again").fill("a better password")
        await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Your password is changed")).to_be_visible()
    await _has_subscriptions(shared_world, 1)


async def test_a_browser_that_refuses_is_said(people: People, shared_world: World) -> None:
    page = await _pushing(await people.browser_of("client"), "denied")
    push = page.get_by_role("switch", name="Push notifications")
    await push.click()
    await expect(page.get_by_text("This browser blocks notifications")).to_be_visible()
    await expect(push).not_to_be_checked()
    await expect(push).to_be_disabled()
    assert await _subscriptions(shared_world) == []


async def test_where_push_is_not_set_up_it_is_not_shown(people: People) -> None:
    page = await _pushing(await people.browser_of("client"), opens=None)
    await page.route("**/api/notifications/push", lambda route: route.fulfill(json={"public_key": None}))
    async with page.expect_response("**/api/notifications/push"):
        await page.goto("/account")
    await expect(page.get_by_role("switch", name="E-mail")).to_be_visible()
    await expect(page.get_by_role("switch", name="Push notifications")).to_have_count(0)


async def test_a_push_is_shown_and_a_click_on_it_opens_its_page(people: People, portal: Portal) -> None:
    context = await people.browser_of("client", permissions=["notifications"])
    page = await context.new_page()
    await page.goto("/projects")
    worker = await installed_worker(page, portal.url)
    path = f"{PROJECT}/messages?focus=3f0e5fb2-90ad-4c09-9b0c-52c5d8a0e5a1"
    said = {"title": "Deniz Kaya wrote to you", "body": "The tiles have come.", "url": path, "id": "first"}
    await worker.is_pushed(json.dumps(said))
    [shown] = await _shown(page, 1)
    assert shown == {"title": said["title"], "body": said["body"], "tag": "first"}
    # Told again, it takes the place of the first; what is no message is still shown as something.
    await worker.is_pushed(json.dumps(said))
    await worker.is_pushed("not what the portal sends")
    assert {each["title"] for each in await _shown(page, 2)} == {said["title"], "Client Portal"}
    assert await _opened_by_click(context, "first") == portal.url + path


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_are_easy_to_use_on_a_phone(people: People, axe: str, scheme: str) -> None:
    context = await people.browser_of("client", color_scheme=scheme, viewport=PHONE, reduced_motion="reduce")
    page = await _pushing(context)
    await _switches_push_on(page)
    await _saves(page, page.get_by_role("switch", name="Quiet hours"))
    await _saves(page, page.get_by_role("switch", name="E-mail"), SETTINGS)
    findings = {"account": await serious(page, axe)}
    assert await overflow(page) <= 0
    await page.get_by_role("combobox", name="Time zone").fill("america")
    await expect(page.get_by_role("option").first).to_be_visible()
    findings["time zones"] = await serious(page, axe)
    assert await overflow(page) <= 0
    await page.goto(PROJECT)
    async with page.expect_response("**/api/notifications/muted_projects/*"):
        await page.get_by_role("button", name="Mute this project").click()
    await expect(page.get_by_text("Muted: nothing new rings here.")).to_be_visible()
    findings["muted"] = await serious(page, axe)
    assert await overflow(page) <= 0
    await page.goto("/projects")
    await expect(page.get_by_role("link", name=re.compile("Harbour House"))).to_contain_text("Muted")
    findings["projects"] = await serious(page, axe)
    assert await overflow(page) <= 0
    await page.goto(UnsubscribeLinks("", SECRET).url(PEOPLE["client"]))
    await expect(page.get_by_role("heading", name="E-mail is off")).to_be_visible()
    findings["unsubscribe"] = await serious(page, axe)
    assert await overflow(page) <= 0
    assert {name: found for name, found in findings.items() if found} == {}


async def test_the_keyboard_alone_will_do(people: People) -> None:
    page = await people.page_of("client", "/account")
    live = page.get_by_role("switch", name="Live updates")
    # What comes later would be left out.
    box = page.get_by_role("checkbox").first
    for each in (page.get_by_role("switch", name="Push notifications"), box):
        await expect(each).to_be_visible()
    await live.focus()
    for name in ("E-mail", "Push notifications"):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("switch", name=name)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(box).to_be_focused()
    async with _saved(page):
        await page.keyboard.press("Space")
    await expect(box).not_to_be_checked()
    await expect(box).to_be_focused()


@asynccontextmanager
async def _saved(page: Page, where: str = PREFERENCES, holding: str = "") -> AsyncIterator[None]:
    """Ends when the server has what is changed within, or that which holds this.

    What counts is not the zone of a browser, which a page may save at any moment.
    """

    def is_save(response: Response) -> bool:
        request = response.request
        if request.method != "PATCH" or not response.url.endswith(f"/api/notifications/{where}"):
            return False
        return holding in (request.post_data or "") if holding else list(request.post_data_json or ()) != ["time_zone"]

    async with page.expect_response(is_save) as answer:
        yield
    assert (await answer.value).ok


async def _saves(page: Page, control: Locator, where: str = PREFERENCES) -> None:
    """Switches it, and waits until the server has it."""
    async with _saved(page, where):
        await control.click()


async def _switches_push_on(page: Page) -> None:
    await _saves(page, page.get_by_role("switch", name="Push notifications"), SETTINGS)
    await expect(page.get_by_text("They come to this browser.")).to_be_visible()


async def _pushing(context: BrowserContext, answer: str = "granted", opens: str | None = "/account") -> Page:
    """A page of a browser that has a push service."""
    await context.add_init_script(push_service(answer))
    page = await context.new_page()
    if opens:
        await page.goto(opens)
    return page


async def _sign_in(page: Page, person: str) -> None:
    await page.get_by_label("Email").fill(f"{person}@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).not_to_have_url(re.compile("/login"))


async def _wants_email(world: World) -> bool:
    wants = "SELECT email_enabled FROM client_portal.notification_settings WHERE recipient_user_id = $1"
    return bool(await world.value(wants, PEOPLE["client"]))


async def _subscriptions(world: World) -> list[dict[str, str]]:
    rows = await world.fetch("SELECT endpoint FROM client_portal.push_subscriptions")
    return [dict(row) for row in rows]


async def _has_subscriptions(world: World, count: int) -> None:
    """Waits until so many browsers are to be told."""

    async def are_so_many() -> bool:
        return len(await _subscriptions(world)) == count

    await until(are_so_many)


async def _shown(page: Page, count: int) -> list[dict[str, str]]:
    """What the browser shows once it shows so many."""
    shown: list[dict[str, str]] = []

    async def are_shown() -> bool:
        shown[:] = await page.evaluate(
            "navigator.serviceWorker.ready.then((registration) => registration.getNotifications()).then((all) =>"
            " all.map(({ title, body, tag }) => ({ title, body, tag })))"
        )
        return len(shown) == count

    await until(are_shown)
    return shown


async def _opened_by_click(context: BrowserContext, tag: str) -> str:
    """The page that the worker asks for when the notification is clicked.

    A browser without a screen has nothing to click on: the worker gets the event, and is let open no window.
    """
    [worker] = context.service_workers
    return str(
        await worker.evaluate(
            """async (tag) => {
              const opened = new Promise((resolve) => { self.clients.openWindow = async (url) => resolve(url) });
              const [notification] = await self.registration.getNotifications({ tag });
              const click = new NotificationEvent('notificationclick', { notification });
              click.waitUntil = () => undefined;
              self.dispatchEvent(click);
              return opened;
            }""",
            tag,
        )
    )
