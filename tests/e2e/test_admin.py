"""What admins do on their pages, and what it does to others."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from app.dev.demo import FIRST_PROJECT, PASSWORD, SECOND_PROJECT
from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, Bell, People
from tests.world import PEOPLE, World

PROJECT = f"/admin/projects/{FIRST_PROJECT}"
PAGES = {
    "accounts": "/admin/accounts",
    "nobody found": "/admin/accounts?q=nobody-is-called-this",
    "new account": "/admin/accounts/new",
    "account": f"/admin/accounts/{PEOPLE['dev']}",
    "own account": f"/admin/accounts/{PEOPLE['admin']}",
    "no such account": f"/admin/accounts/{uuid4()}",
    "projects": "/admin/projects",
    "project": PROJECT,
    "no such project": "/admin/projects/not-an-id",
    "rooms": "/admin/rooms",
    "audit": "/admin/audit",
    "audit of one": f"/admin/audit?user_id={PEOPLE['dev']}",
    "no such page": "/admin/no/such/page",
}
NEW_PASSWORD = "a password of her own"


@pytest_asyncio.fixture(autouse=True)
async def as_it_was(shared_world: World) -> AsyncIterator[None]:
    """Accounts and members are as before after every test."""
    yield
    await shared_world.restore()


@pytest_asyncio.fixture
async def newcomer(shared_world: World, as_it_was: None) -> UUID:
    """A user of the host without an account here."""
    user_id = uuid4()
    await shared_world.execute(
        "INSERT INTO public.users (id, full_name, email) VALUES ($1, 'Nadia Haddad', $2)",
        user_id,
        f"{user_id}@host.example",
    )
    return user_id


async def test_a_person_comes_by_link_and_is_thrown_out_by_deactivation(people: People, newcomer: UUID) -> None:
    # an admin gives somebody of the host an account
    admin = await people.page_of("admin")
    await admin.get_by_role("link", name="Admin").click()
    await admin.get_by_role("link", name="New account").click()
    await _choose_user(admin, newcomer)
    await admin.get_by_label("Name").fill("Nadia Haddad")
    await admin.get_by_label("Email").fill("nadia@example.com")
    await admin.get_by_role("radio", name=re.compile("^Client")).check()
    await admin.get_by_role("radio", name=re.compile("^One-time link")).check()
    await admin.get_by_role("button", name="Create account").click()
    await expect(admin.get_by_role("heading", name="Nadia Haddad has an account")).to_be_visible()
    await expect(admin.get_by_text("it will not be shown again")).to_be_visible()
    link = await admin.get_by_label("One-time link").input_value()
    # and a part in a project
    await admin.get_by_role("link", name="Put them into a project").click()
    await admin.get_by_role("link", name=re.compile("Harbour House")).click()
    await admin.get_by_label("Add a member").fill("nadia@")
    await admin.get_by_role("option", name=re.compile("Nadia Haddad")).click()
    await admin.get_by_role("button", name="Add", exact=True).click()
    await expect(admin.get_by_text("Nadia Haddad is in this project now, as client.")).to_be_visible()
    await expect(_row(admin, "nadia@example.com")).to_contain_text("Client")

    # she follows the link, sets a password and signs in with it
    nadia = await people.page_of(None, link)
    await expect(nadia).to_have_url(re.compile("/set-password$"))
    await _set_password(nadia, NEW_PASSWORD)
    await expect(nadia.get_by_text("Your password is set. Sign in with it.")).to_be_visible()
    await nadia.get_by_label("Email").fill("nadia@example.com")
    await nadia.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    await nadia.keyboard.press("Enter")
    await expect(nadia.get_by_role("link", name=re.compile("Harbour House"))).to_be_visible()
    await expect(nadia.get_by_role("link", name=re.compile("Northgate"))).to_have_count(0)
    await Bell(nadia).is_live()

    # the link is used up
    late = await people.page_of(None, link)
    await _set_password(late, "somebody else's password")
    await expect(late.get_by_role("heading", name="This link does not work")).to_be_visible()

    # she is deactivated, and thrown out without doing anything
    await _row(admin, "nadia@example.com").get_by_role("link", name="Nadia Haddad").click()
    await admin.get_by_role("button", name="Deactivate").click()
    dialog = admin.get_by_role("dialog", name="Deactivate Nadia Haddad?")
    await expect(dialog).to_contain_text("signed out everywhere at once")
    await dialog.get_by_role("button", name="Deactivate").click()
    await expect(admin.get_by_text("Nadia Haddad is deactivated and signed out everywhere.")).to_be_visible()
    await expect(nadia).to_have_url(re.compile("/login"))
    await expect(nadia.get_by_text("Your account has been switched off.")).to_be_visible()
    await nadia.get_by_label("Email").fill("nadia@example.com")
    await nadia.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    await nadia.keyboard.press("Enter")
    await expect(nadia.get_by_role("alert")).to_contain_text("do not match")

    # all of it is in the log
    await admin.goto(f"/admin/audit?user_id={newcomer}")
    for sentence in (
        "A sign-in as Nadia Haddad from 127.0.0.1 was refused: the account is deactivated",
        "Ada Okafor deactivated Nadia Haddad",
        "Nadia Haddad signed in from 127.0.0.1",
        "Nadia Haddad set their password by a one-time link from 127.0.0.1",
        "Ada Okafor added Nadia Haddad to Harbour House renovation as client",
        "Ada Okafor made a one-time password link for Nadia Haddad",
        "Ada Okafor gave Nadia Haddad an account as client",
    ):
        await expect(admin.get_by_role("listitem").filter(has_text=sentence)).to_have_count(1)


async def test_a_first_password_is_shown_once_and_works(people: People, newcomer: UUID) -> None:
    admin = await people.page_of("admin", "/admin/accounts/new")
    await _choose_user(admin, newcomer)
    await admin.get_by_label("Name").fill("Nadia Haddad")
    await admin.get_by_label("Email").fill("nadia@example.com")
    await admin.get_by_role("radio", name=re.compile("^Developer")).check()
    await admin.get_by_role("radio", name=re.compile("^Generated password")).check()
    await admin.get_by_role("button", name="Create account").click()
    password = await admin.get_by_label("First password").input_value()
    await admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await admin.get_by_role("button", name="Copy").click()
    await expect(admin.get_by_text("First password copied.")).to_be_attached()
    assert await admin.evaluate("navigator.clipboard.readText()") == password
    nadia = await people.page_of(None, "/login")
    await nadia.get_by_label("Email").fill("nadia@example.com")
    await nadia.get_by_label("Password", exact=True).fill(password)
    await nadia.keyboard.press("Enter")
    await expect(nadia.get_by_text("No projects yet")).to_be_visible()
    await admin.reload()
    await expect(admin.get_by_role("heading", name="New account")).to_be_visible()
    assert password not in await admin.content()


async def test_what_an_account_cannot_have_is_said_at_its_field(people: People, newcomer: UUID) -> None:
    admin = await people.page_of("admin", "/admin/accounts/new")
    user = admin.get_by_label("User of the project-management app")
    await user.fill(str(uuid4()))
    await expect(user).to_have_accessible_description(re.compile("has no user with this id"))
    await user.fill(str(PEOPLE["pm"]))
    await expect(user).to_have_accessible_description(re.compile("Paula Meyer has this id and an account already"))
    await user.fill(str(newcomer))
    await expect(user).to_have_accessible_description(re.compile("has no account yet"))
    await admin.get_by_label("Name").fill("Nadia Haddad")
    await admin.get_by_label("Email").fill("PM@example.com")
    await admin.get_by_role("button", name="Create account").click()
    email = admin.get_by_label("Email")
    await expect(email).to_have_accessible_description(re.compile("Another account has this e-mail address"))
    await expect(email).to_be_focused()
    await expect(admin.get_by_label("Name")).to_have_value("Nadia Haddad")


async def test_an_account_is_changed(people: People) -> None:
    admin = await people.page_of("admin", f"/admin/accounts/{PEOPLE['dev']}")
    dev = await people.page_of("dev")
    await Bell(dev).is_live()
    save = admin.get_by_role("button", name="Save changes")
    await expect(save).to_be_disabled()
    await admin.get_by_label("Email").fill("pm@example.com")
    await save.click()
    await expect(admin.get_by_label("Email")).to_have_accessible_description(re.compile("Another account"))
    await admin.get_by_label("Email").fill("deniz@example.com")
    await admin.get_by_label("Name").fill("Deniz K. Kaya")
    await save.click()
    await expect(admin.get_by_role("heading", name="Deniz K. Kaya", level=1)).to_be_visible()
    await expect(admin.get_by_text("Saved.")).to_be_visible()
    # A name changes nobody's sign-in; a role that does not go with the projects is refused.
    role = admin.get_by_label("Role")
    await role.select_option("client")
    await save.click()
    await expect(role).to_have_accessible_description(re.compile("take them out first"))
    await Bell(dev).is_live()


async def test_a_change_of_role_signs_out(people: People, shared_world: World) -> None:
    await shared_world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["dev"])
    dev = await people.page_of("dev")
    await Bell(dev).is_live()
    admin = await people.page_of("admin", f"/admin/accounts/{PEOPLE['dev']}")
    await admin.get_by_label("Role").select_option("staff")
    await expect(admin.get_by_text("will be signed out everywhere")).to_be_visible()
    await admin.get_by_role("button", name="Save changes").click()
    await expect(dev).to_have_url(re.compile("/login"))


async def test_an_admin_cannot_lock_themself_out(people: People) -> None:
    admin = await people.page_of("admin", f"/admin/accounts/{PEOPLE['admin']}")
    await expect(admin.get_by_text("This is your own account")).to_be_visible()
    await expect(admin.get_by_label("Role")).to_be_disabled()
    await expect(admin.get_by_role("button", name="Deactivate")).to_have_count(0)


async def test_members_have_the_parts_that_fit_and_leave_after_a_question(people: People, shared_world: World) -> None:
    await shared_world.execute(
        "INSERT INTO client_portal.project_members (project_id, user_id, role, source)"
        " VALUES ($1, $2, 'manager', 'host')",
        FIRST_PROJECT,
        PEOPLE["pm2"],
    )
    admin = await people.page_of("admin", PROJECT)
    # One part only: nothing to choose. The host's word is not ours to take back.
    await expect(_row(admin, "dev@example.com").get_by_role("combobox")).to_have_count(0)
    await expect(_row(admin, "pm2@example.com")).to_contain_text("From the host")
    await expect(_row(admin, "pm2@example.com").get_by_role("button")).to_have_count(0)
    part = admin.get_by_label("Part of Paula Meyer")
    await expect(part.get_by_role("option")).to_have_text(["Manager", "Developer"])
    await part.select_option("developer")
    await expect(admin.get_by_text("Paula Meyer is developer in this project now.")).to_be_visible()
    # By the keyboard alone, with the focus back where the question was asked.
    remove = admin.get_by_role("button", name="Remove Deniz Kaya")
    await remove.focus()
    await admin.keyboard.press("Enter")
    dialog = admin.get_by_role("dialog", name="Remove Deniz Kaya?")
    await expect(dialog).to_contain_text("stops seeing this project at once")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await admin.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(remove).to_be_focused()
    await admin.keyboard.press("Enter")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await admin.keyboard.press("Tab")
    await expect(dialog.get_by_role("button", name="Remove")).to_be_focused()
    await admin.keyboard.press("Enter")
    await expect(admin.get_by_text("Deniz Kaya is no longer in this project.")).to_be_visible()
    await expect(admin.get_by_role("heading", name="Members")).to_be_focused()
    await expect(_row(admin, "dev@example.com")).to_have_count(0)


async def test_only_who_fits_and_is_not_yet_a_member_can_be_added(people: People) -> None:
    admin = await people.page_of("admin", PROJECT)
    field = admin.get_by_label("Add a member")
    await field.fill("example.com")
    options = admin.get_by_role("listbox").get_by_role("option")
    await expect(options).to_have_count(4)
    await expect(options.filter(has_text="Paula Meyer")).to_have_count(0)
    await field.fill("dev2")
    await expect(options).to_have_count(1)
    await field.press("ArrowDown")
    await field.press("Enter")
    await expect(field).to_have_value("Dara Singh")
    await expect(admin.get_by_label("As", exact=True)).to_have_text("Developer")
    await field.press("Enter")
    await expect(admin.get_by_text("Dara Singh is in this project now, as developer.")).to_be_visible()
    await field.fill("pm2")
    await options.filter(has_text="Piotr Nowak").click()
    await expect(admin.get_by_label("As", exact=True).get_by_role("option")).to_have_text(["Manager", "Developer"])
    await field.fill("nobody at all")
    await expect(admin.get_by_text("Nobody who could be added has such a name.")).to_be_visible()
    await field.press("Enter")
    await expect(field).to_have_accessible_description(re.compile("Choose somebody from the suggestions"))


async def test_search_and_filters_live_in_the_address(people: People) -> None:
    admin = await people.page_of("admin", "/admin/accounts")
    rows = admin.locator("main li")
    await expect(rows).to_have_count(7)
    await admin.get_by_role("searchbox", name="Search accounts").fill("client")
    await expect(rows).to_have_count(2)
    await expect(admin).to_have_url(re.compile(r"/admin/accounts\?q=client$"))
    # What is chosen while a search waits for a pause in typing is kept with it.
    await admin.get_by_role("searchbox").fill("example")
    await admin.get_by_label("Role").select_option("developer")
    await expect(admin).to_have_url(re.compile(r"\?q=example&role=developer$"))
    await expect(rows).to_have_count(2)
    await admin.reload()
    await expect(admin.get_by_role("searchbox")).to_have_value("example")
    await expect(admin.get_by_label("Role")).to_have_value("developer")
    await expect(rows).to_have_count(2)
    await admin.get_by_label("State").select_option("false")
    await expect(admin.get_by_text("Nobody found")).to_be_visible()
    # Filters are no steps on the way back.
    await admin.goto("/admin/projects")
    await admin.get_by_role("searchbox").fill("north")
    await expect(rows).to_have_count(1)
    await rows.get_by_role("link").click()
    await expect(admin.get_by_role("heading", name="Northgate web shop")).to_be_visible()
    await admin.go_back()
    await expect(rows).to_have_count(1)
    await expect(admin.get_by_role("searchbox")).to_have_value("north")


async def test_a_long_list_goes_on_and_keeps_the_place(people: People, shared_world: World) -> None:
    await shared_world.execute(
        "WITH people AS (INSERT INTO public.users (id, full_name, email) SELECT gen_random_uuid(), 'Somebody',"
        " 'u' || n || '@host.example' FROM generate_series(1, 130) AS n RETURNING id, email)"
        " INSERT INTO client_portal.accounts (user_id, email, display_name, role, password_hash)"
        " SELECT id, email, 'Somebody ' || lpad(substring(email from '[0-9]+'), 3, '0'), 'client', '!' FROM people"
    )
    admin = await people.page_of("admin", "/admin/accounts?q=somebody")
    rows = admin.locator("main li")
    last = admin.get_by_role("link", name=re.compile("Somebody 130"))
    for shown in (50, 100):
        await expect(rows).to_have_count(shown)
        await rows.last.scroll_into_view_if_needed()
    await expect(rows).to_have_count(130)
    await last.click()
    await expect(admin.get_by_role("heading", name="Somebody 130")).to_be_visible()
    await admin.go_back()
    await expect(last).to_be_in_viewport()


async def test_a_list_says_when_it_cannot_be_read(people: People) -> None:
    admin = await people.page_of("admin", "/admin/projects")
    await expect(admin.get_by_role("link", name=re.compile("Northgate"))).to_be_visible()
    await admin.route("**/api/admin/**", lambda route: route.abort())
    await admin.get_by_role("link", name="Audit log").click()
    await expect(admin.get_by_role("alert")).to_contain_text("The portal cannot be reached")
    # What was there before stays, and is said to be old.
    await admin.get_by_role("link", name="Projects", exact=True).click()
    await expect(admin.get_by_text("What stands here may be old")).to_be_visible()
    await expect(admin.get_by_role("link", name=re.compile("Northgate"))).to_be_visible()
    await admin.unroute("**/api/admin/**")
    await admin.get_by_role("button", name="Try again").click()
    await expect(admin.get_by_text("What stands here may be old")).to_have_count(0)


async def test_rooms_lead_to_their_conversations(people: People, shared_world: World) -> None:
    room = await shared_world.value("SELECT id FROM client_portal.rooms WHERE project_id = $1", SECOND_PROJECT)
    admin = await people.page_of("admin", "/admin/rooms")
    await expect(admin.locator("main li")).to_have_count(2)
    await admin.get_by_role("searchbox", name="Search rooms").fill("chloé")
    await expect(admin.locator("main li")).to_have_count(1)
    await admin.get_by_role("link", name=re.compile("Chloé Martin")).click()
    await expect(admin).to_have_url(re.compile(rf"/projects/{SECOND_PROJECT}/messages\?room={room}$"))


async def test_the_log_is_filtered_by_what_happened_and_about_whom(people: People) -> None:
    admin = await people.page_of("admin", "/admin/audit")
    rows = admin.locator("main li")
    # The world may have been made just before midnight.
    await expect(admin.get_by_role("heading", name=re.compile("^(Today|Yesterday)$")).first).to_be_visible()
    await expect(rows.first.locator("time")).to_have_attribute("title", re.compile(r"\d{4}"))
    await admin.get_by_label("What happened").select_option("member_added")
    await expect(rows.filter(has_not_text=" added ")).to_have_count(0)
    who = admin.get_by_label("About whom")
    await who.fill("clara")
    await admin.get_by_role("option", name=re.compile("Clara Jensen")).click()
    await expect(rows.first).to_contain_text("console added Clara Jensen to Harbour House renovation as client")
    await expect(rows.filter(has_not_text="Clara Jensen")).to_have_count(0)
    await expect(admin).to_have_url(re.compile("action=member_added&user_id="))
    show_all = admin.get_by_role("button", name="About whom: show all")
    await expect(show_all).to_be_focused()
    await show_all.press("Enter")
    await expect(who).to_be_focused()
    await expect(rows.filter(has_text="Chloé Martin").first).to_be_visible()


@pytest.mark.parametrize("person", ["client", "dev", "pm"])
async def test_who_is_no_admin_finds_no_admin_pages(people: People, person: str) -> None:
    page = await people.page_of(person)
    await expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    await expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    for path in ("/admin", "/admin/accounts", f"/admin/accounts/{PEOPLE['dev']}", PROJECT, "/admin/audit"):
        await page.goto(path)
        await expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
        await expect(page.get_by_role("navigation", name="Admin")).to_have_count(0)


async def test_the_page_that_sets_a_password_says_what_is_wrong(people: People) -> None:
    page = await people.page_of(None, "/set-password#not-a-good-token")
    await expect(page).to_have_url(re.compile("/set-password$"))
    await expect(page.get_by_label("New password", exact=True)).to_have_attribute("minlength", "8")
    await expect(page.get_by_label("New password", exact=True)).to_have_attribute("maxlength", "256")
    await page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    await page.get_by_label("New password, again").fill("something else")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("not the same twice")
    await _set_password(page, NEW_PASSWORD)
    await expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("Ask your administrator for a new one")
    without = await people.page_of(None, "/set-password")
    await expect(without.get_by_role("heading", name="This link does not work")).to_be_visible()


async def test_a_link_followed_where_somebody_else_is_signed_in_leaves_them_signed_in(people: People) -> None:
    admin = await people.page_of("admin", f"/admin/accounts/{PEOPLE['dev2']}")
    await admin.get_by_role("button", name="Make a password link").click()
    link = await admin.get_by_label("One-time link").input_value()
    await admin.goto(link)
    await _set_password(admin, PASSWORD)
    await expect(admin.get_by_text("You are still signed in here as Ada Okafor")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_admin_page_is_hard_to_use(people: People, axe: str, scheme: str) -> None:
    """axe, the phone's width, the title, the heading and the way on from every page."""
    page = await people.page_of("admin", color_scheme=scheme, viewport=PHONE, reduced_motion="reduce")
    findings = {}
    for name, path in PAGES.items():
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        # Those below a long list stay until somebody comes near.
        await expect(page.locator(".bones:not(.more *)")).to_have_count(0)
        await expect(page).to_have_title(re.compile(".+ · Client Portal$"))
        await expect(page.get_by_role("navigation", name="Admin").get_by_role("link")).to_have_count(5)
        findings[name] = await serious(page, axe)
        assert await overflow(page) <= 0, f"{name} scrolls sideways"
    await page.goto("/admin/accounts/new")
    await page.get_by_label("User of the project-management app").fill("no such id")
    await expect(page.get_by_text("No user without an account has such an id.")).to_be_visible()
    findings["nothing to suggest"] = await serious(page, axe)
    await page.goto(PROJECT)
    await page.get_by_label("Add a member").fill("example")
    await expect(page.get_by_role("option").first).to_be_visible()
    findings["suggestions"] = await serious(page, axe)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Remove Deniz Kaya").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    findings["question"] = await serious(page, axe)
    assert await overflow(page) <= 0
    await page.goto(f"/admin/accounts/{PEOPLE['dev']}")
    await page.get_by_role("button", name="Make a password link").click()
    await expect(page.get_by_label("One-time link")).to_be_visible()
    findings["link"] = await serious(page, axe)
    assert await overflow(page) <= 0
    stranger = await people.page_of(None, "/set-password#a-token", color_scheme=scheme, viewport=PHONE)
    await expect(stranger.get_by_role("heading", level=1)).to_be_visible()
    findings["set password"] = await serious(stranger, axe)
    assert await overflow(stranger) <= 0
    assert {name: found for name, found in findings.items() if found} == {}


def _row(page: Page, email: str) -> Any:
    """The member with this address, and no other that ends like it."""
    return page.get_by_role("listitem").filter(has=page.get_by_text(email, exact=True))


async def _choose_user(page: Page, user_id: UUID) -> None:
    """By suggestion: the beginning of an id is enough."""
    field = page.get_by_label("User of the project-management app")
    await field.fill(str(user_id)[:8])
    await page.get_by_role("option", name=str(user_id)).click()
    await expect(field).to_have_value(str(user_id))


async def _set_password(page: Page, password: str) -> None:
    await page.get_by_label("New password", exact=True).fill(password)
    await page.get_by_label("New password, again").fill(password)
    await page.get_by_role("button", name="Set password").click()
