"""The pages around the bell."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Page, Response, expect

from app.dev.demo import FIRST_PROJECT, PASSWORD, SECOND_PROJECT
from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, Bell, Events, People
from tests.world import World, token

GONE = UUID("99999999-9999-4999-8999-999999999999")
PROJECT = f"/projects/{FIRST_PROJECT}"
PAGES = {
    "projects": "/projects",
    "project": PROJECT,
    "issues": f"{PROJECT}/issues",
    "issue": f"{PROJECT}/issues/{{issue}}",
    "messages": f"{PROJECT}/messages",
    "message": f"{PROJECT}/messages?focus={{message}}",
    "gone message": f"{PROJECT}/messages?focus={GONE}",
    "gone issue": f"{PROJECT}/issues/{GONE}",
    "out of reach": f"/projects/{SECOND_PROJECT}",
    "account": "/account",
    "not found": "/no/such/page",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_is_hard_to_use(people: People, events: Events, axe: str, scheme: str) -> None:
    """axe, the phone's width, the title, the heading and the way back of every page."""
    ids = {"issue": await events.issue(), "message": await events.message()}
    page = await people.page_of("pm", color_scheme=scheme, viewport=PHONE, reduced_motion="reduce")
    findings = {}
    for name, path in PAGES.items():
        await page.goto(path.format(**ids))
        await _settle(page)
        findings[name] = await serious(page, axe)
        assert await overflow(page) <= 0, f"{name} scrolls sideways"
        await expect(page).to_have_title(re.compile(".+ · Client Portal$"))
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        if name != "projects":
            await expect(page.locator("main a[href^='/projects']").first).to_be_visible()
    await page.goto("/projects")
    bell = Bell(page)
    await bell.open()
    await expect(bell.items).to_have_count(2)
    findings["panel"] = await serious(page, axe)
    assert await overflow(page) <= 0
    box = await bell.panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    await bell.tab("Unread").click()
    await bell.mark_all.click()
    await expect(bell.panel).to_contain_text("You are all caught up")
    findings["empty panel"] = await serious(page, axe)
    await page.goto("/static/embed-example.html")
    await bell.open()
    findings["embed example"] = await serious(page, axe)
    stranger = await people.page_of(None, "/login", color_scheme=scheme, viewport=PHONE)
    await expect(stranger.get_by_role("heading", level=1)).to_be_visible()
    findings["login"] = await serious(stranger, axe)
    assert {name: found for name, found in findings.items() if found} == {}


async def test_signing_in_returns_to_where_one_was_going(people: People, events: Events) -> None:
    message_id = await events.message("Look at this")
    page = await people.page_of(None, f"{PROJECT}/messages?focus={message_id}")
    await expect(page).to_have_url(re.compile("/login"))
    await page.get_by_label("Email").fill("pm@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(rf"{PROJECT}/messages\?focus={message_id}$"))
    await expect(page.locator(f"#message-{message_id}")).to_contain_text("Look at this")


async def test_a_wrong_password_is_said_and_keeps_the_address(people: People) -> None:
    page = await people.page_of(None, "/login")
    await page.get_by_label("Email").fill("pm2@example.com")
    await page.get_by_label("Password", exact=True).fill("not this one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("do not match")
    await expect(page.get_by_label("Email")).to_have_value("pm2@example.com")


async def test_what_the_server_refuses_is_said_without_the_name_of_its_field(people: People) -> None:
    page = await people.page_of(None, "/login")
    await expect(page.get_by_label("Password", exact=True)).to_have_attribute("maxlength", "256")
    email = page.get_by_label("Email")
    await expect(email).to_have_attribute("maxlength", "254")
    body = {"detail": "body.email: It is too long", "errors": [{"loc": ["body", "email"], "msg": "It is too long"}]}
    await page.route("**/api/auth/login", lambda route: route.fulfill(status=422, json=body))
    await email.fill("pm2@example.com")
    await page.get_by_label("Password", exact=True).fill("not this one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("It is too long")


async def test_too_many_attempts_say_how_long_to_wait(people: People) -> None:
    page = await people.page_of(None, "/login")
    await page.route(
        "**/api/auth/login",
        lambda route: route.fulfill(
            status=429, headers={"Retry-After": "90"}, content_type="application/problem+json", body="{}"
        ),
    )
    await page.get_by_label("Email").fill("pm2@example.com")
    await page.get_by_label("Password", exact=True).fill("not this one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Try again in (90|8\d) seconds"))
    await expect(page.get_by_role("button", name="Sign in")).to_be_disabled()


async def test_the_sign_in_does_not_lead_to_other_sites(people: People) -> None:
    page = await people.page_of("pm", "/login?next=//elsewhere.example/")
    await expect(page).to_have_url(re.compile("/projects$"))


async def test_a_message_in_focus_is_in_view_and_pointed_at(people: People, events: Events) -> None:
    focus = await events.message("The one in question")
    for number in range(30):
        await events.message(f"Message {number}")
    page = await people.page_of("pm", f"{PROJECT}/messages?focus={focus}")
    target = page.locator(f"#message-{focus}")
    await expect(target).to_be_in_viewport()
    await expect(target).to_have_class(re.compile("target"))
    await expect(target).to_be_focused()
    await expect(page.locator(".message.target")).to_have_count(1)


async def test_an_old_message_in_focus_is_found_too(people: People, shared_world: World) -> None:
    await shared_world.notify(type="message_posted", source_kind="message", title="The oldest")
    [focus] = [
        row["source_id"] for row in await shared_world.fetch("SELECT source_id FROM client_portal.notifications")
    ]
    await shared_world.notify(count=120, type="message_posted", source_kind="message", title="Later")
    page = await people.page_of("pm", f"{PROJECT}/messages?focus={focus}")
    await expect(page.locator(f"#message-{focus}")).to_be_in_viewport()


async def test_an_issue_is_anchored_and_pointed_at(people: People, events: Events) -> None:
    issue_id = await events.issue("New window leak reported")
    page = await people.page_of("pm", f"{PROJECT}/issues/{issue_id}")
    target = page.locator(f"#issue-{issue_id}")
    await expect(target).to_be_in_viewport()
    await expect(target).to_be_focused()
    await expect(page).to_have_title("New window leak reported · Harbour House renovation · Client Portal")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (f"{PROJECT}/messages?focus={GONE}", "This message is not here"),
        (f"{PROJECT}/issues/{GONE}", "This issue is not here"),
        (f"{PROJECT}/issues/not-an-id", "This issue is not here"),
        (f"/projects/{SECOND_PROJECT}", "No such project"),
        ("/projects/not-an-id", "No such project"),
        ("/no/such/page", "Page not found"),
    ],
)
async def test_what_is_not_there_says_so_on_a_page_of_its_own(people: People, path: str, says: str) -> None:
    page = await people.page_of("pm", path)
    await expect(page.get_by_role("heading", name=says)).to_be_visible()


async def test_a_project_shows_what_is_new_without_a_reload(people: People, events: Events) -> None:
    page = await people.page_of("pm", PROJECT)
    await expect(page.get_by_text("Quiet so far")).to_be_visible()
    await Bell(page).is_live()
    await events.issue("New window leak reported")
    await expect(page.get_by_role("link", name=re.compile("New window leak reported"))).to_be_visible()
    await page.get_by_role("link", name="Projects", exact=True).click()
    await expect(page.get_by_role("link", name=re.compile("Harbour House"))).to_contain_text("1 unread")


async def test_the_settings_are_kept_and_put_back_when_they_cannot_be(people: People) -> None:
    page = await people.page_of("pm", "/account")
    live = page.get_by_role("switch", name="Live updates")
    await expect(live).to_be_checked()
    async with page.expect_response(_is_saved):
        await live.uncheck()
    await page.reload()
    await expect(live).not_to_be_checked()
    await page.route("**/api/notifications/settings", lambda route: route.abort())
    await live.click()
    await expect(page.get_by_text("could not be saved")).to_be_visible()
    await expect(live).not_to_be_checked()
    await page.unroute("**/api/notifications/settings")
    async with page.expect_response(_is_saved):
        await live.check()
    await page.reload()
    await expect(live).to_be_checked()


async def test_changing_the_password(people: People) -> None:
    page = await people.page_of("dev2", "/account")
    await _change_password(page, "not my password", "a better password")
    await expect(page.get_by_role("alert").filter(has_text="not right")).to_be_visible()
    await _change_password(page, PASSWORD, "a better password")
    await expect(page.get_by_text("Your password is changed")).to_be_visible()
    await _change_password(page, "a better password", PASSWORD)
    await expect(page.get_by_label("Current password")).to_have_value("")


async def test_the_bell_in_somebody_elses_page(people: People, events: Events) -> None:
    page = await people.page_of("pm", "/static/embed-example.html")
    bell = Bell(page)
    await bell.is_live()
    message_id = await events.message()
    await bell.shows(1)
    await bell.open()
    await bell.items.first.click()
    await expect(page).to_have_url(re.compile(rf"{PROJECT}/messages\?focus={message_id}$"))
    await bell.shows(0)


async def test_a_page_may_route_by_itself(people: People, events: Events) -> None:
    page = await people.page_of("pm", "/static/embed-example.html")
    await events.issue("Route me")
    await page.evaluate(
        "addEventListener('notification-open',"
        " event => { event.preventDefault(); document.title = event.detail.title })"
    )
    bell = Bell(page)
    await bell.open()
    await bell.items.first.click()
    await expect(page).to_have_title("Route me")
    await expect(page).to_have_url(re.compile("embed-example"))
    await bell.shows(0)


async def test_links_take_the_prefix_that_the_page_gives(people: People, events: Events) -> None:
    issue_id = await events.issue()
    page = await people.page_of("pm", "/static/embed-example.html")
    await page.evaluate("document.querySelector('notification-bell').setAttribute('href-base', '/app/')")
    bell = Bell(page)
    await bell.open()
    await expect(bell.items.first).to_have_attribute("href", f"/app{PROJECT}/issues/{issue_id}")


async def test_a_page_may_supply_a_token_and_renew_it(people: People, events: Events) -> None:
    page = await people.page_of(None, "/static/embed-example.html")
    bell = Bell(page)
    await bell.open()
    await expect(bell.panel).to_contain_text("You are signed out")
    await page.evaluate("token => document.querySelector('notification-bell').token = token", token("pm"))
    await bell.is_live()
    await events.issue()
    await bell.shows(1)


def _is_saved(response: Response) -> bool:
    """The page may read the settings anew at any moment too."""
    return response.request.method == "PATCH" and response.url.endswith("/api/notifications/settings")


async def _settle(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator(".bones")).to_have_count(0)
    await Bell(page).shows(2)


async def _change_password(page: Page, current: str, wanted: str) -> None:
    await page.get_by_label("Current password").fill(current)
    await page.get_by_label("New password", exact=True).fill(wanted)
    await page.get_by_label("New password, again").fill(wanted)
    await page.get_by_role("button", name="Change password").click()
