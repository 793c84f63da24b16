"""What an admin sees of e-mail, and does when it did not arrive."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, People
from tests.letters.queued import queued, state_of
from tests.portal import Portal
from tests.running import until
from tests.world import PEOPLE, World, email

MAIL = "/admin/mail"
SUPPRESSIONS = "/admin/mail/suppressions"
FAULT = "554 5.7.1 Message refused by policy"


@pytest_asyncio.fixture(autouse=True)
async def as_it_was(shared_world: World) -> AsyncIterator[None]:
    """Addresses are suppressed as before after every test."""
    yield
    await shared_world.restore()


@pytest.fixture
def letters(portal: Portal) -> Path:
    """The folder of the letters that the portal keeps instead of sending them."""
    folder = Path(portal.environment["DATA_DIR"]) / "mail"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(folder: Path, email_id: UUID, body: str = "") -> None:
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = "1 new issue in Harbour House"
    letter["From"] = "Client Portal <no-reply@portal.example>"
    letter["To"] = "Deniz Kaya <dev@example.com>"
    letter["Date"] = datetime(2026, 11, 20, 12, tzinfo=UTC)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("Clara Jensen reported a leak.\n")
    html = (
        '<!doctype html><html lang="en"><head><title>Letter</title></head><body style="color: rgb(1, 2, 3)">'
        f"<h1>A leak</h1>{body}</body></html>"
    )
    letter.add_alternative(html, subtype="html")
    (folder / f"{email_id}.eml").write_bytes(letter.as_bytes())


def _row(page: Page, text: str) -> Locator:
    return page.locator("main li").filter(has_text=text)


async def test_a_dead_letter_is_tried_again_and_another_is_dropped(people: People, shared_world: World) -> None:
    kept = await queued(shared_world, "dev", "A leak", "A draught", state="dead", error=FAULT, attempts=12)
    given_up = await queued(shared_world, "client", "A new plan", state="dead", error="550 no", attempts=1)
    await queued(shared_world, "client", "A message", state="sent", address=email("client"))
    admin = await people.page_of("admin")
    await admin.get_by_role("link", name="Admin").click()
    await admin.get_by_role("navigation", name="Admin").get_by_role("link", name="E-mail").click()
    await expect(admin.locator("main li")).to_have_count(3)
    await admin.get_by_label("State").select_option("dead")
    await expect(admin.locator("main li")).to_have_count(2)
    leak = _row(admin, "A leak”and 1 more")
    await expect(leak).to_contain_text("Deniz Kaya")
    await expect(leak).to_contain_text(FAULT)
    await expect(leak).to_contain_text("after 12 tries")

    await leak.get_by_role("button", name="Retry “A leak” and 1 more").click()
    dialog = admin.get_by_role("dialog", name="Retry this e-mail?")
    await dialog.get_by_role("button", name="Cancel").click()
    assert await state_of(shared_world, kept) == "dead"
    await leak.get_by_role("button", name="Retry “A leak” and 1 more").click()
    await dialog.get_by_role("button", name="Retry").click()
    said = admin.get_by_text("“A leak” and 1 more to Deniz Kaya is retried now.", exact=True)
    await expect(said).to_be_visible()
    await expect(said).to_be_focused()
    await expect(leak).to_have_count(0)
    assert await state_of(shared_world, kept) == "retrying"

    await _row(admin, "A new plan").get_by_role("button", name="Drop").click()
    question = admin.get_by_role("dialog", name="Drop this e-mail?")
    await expect(question).to_contain_text("In their bell it stays")
    await question.get_by_role("button", name="Drop").click()
    await expect(admin.get_by_text("Nothing found")).to_be_visible()
    assert await state_of(shared_world, given_up) == "dropped"

    await admin.goto("/admin/audit")
    for sentence in (
        "Ada Okafor had an e-mail to Deniz Kaya tried again",
        "Ada Okafor dropped an e-mail to Clara Jensen",
    ):
        await expect(admin.get_by_role("listitem").filter(has_text=sentence)).to_have_count(1)


async def test_all_that_failed_are_retried(people: People, shared_world: World) -> None:
    given_up = [await queued(shared_world, person, state="dead", error=FAULT) for person in ("dev", "client")]
    dropped = await queued(shared_world, "pm", state="dropped")
    admin = await people.page_of("admin", MAIL)
    await admin.get_by_role("button", name="Retry all failed").click()
    dialog = admin.get_by_role("dialog", name="Retry all failed e-mails?")
    await dialog.get_by_role("button", name="Cancel").click()
    assert [await state_of(shared_world, id_) for id_ in given_up] == ["dead", "dead"]
    await admin.get_by_role("button", name="Retry all failed").click()
    await dialog.get_by_role("button", name="Retry all").click()
    await expect(admin.get_by_text("2 failed e-mails are retried now.", exact=True)).to_be_visible()
    await expect(admin.get_by_role("button", name="Retry all failed")).to_have_count(0)
    assert [await state_of(shared_world, id_) for id_ in given_up] == ["retrying", "retrying"]
    assert await state_of(shared_world, dropped) == "dropped"


async def test_one_that_is_being_retried_is_tried_now(people: People, shared_world: World) -> None:
    id_ = await queued(shared_world, "dev", "A leak", state="retrying", attempts=3)
    await shared_world.execute("UPDATE client_portal.email_outbox SET due_at = now() + interval '1 hour'")
    admin = await people.page_of("admin", MAIL)
    await admin.get_by_role("button", name="Retry now “A leak”").click()
    await admin.get_by_role("dialog", name="Retry this e-mail now?").get_by_role("button", name="Retry now").click()
    await expect(admin.get_by_text("“A leak” to Deniz Kaya is retried now.", exact=True)).to_be_visible()
    is_due = "SELECT due_at <= clock_timestamp() FROM client_portal.email_outbox WHERE id = $1"
    assert await shared_world.value(is_due, id_)


async def test_what_keeps_e_mail_from_leaving_is_said(people: People) -> None:
    context = await people.browser_of("admin")
    page = await context.new_page()
    state = {"way": "off: SMTP_URL is not set", "email_due_since": None, "push_due_since": "2026-11-20T12:00:00Z"}
    await page.route("**/api/admin/mail/delivery", lambda route: route.fulfill(json=state))
    await page.goto(MAIL)
    await expect(page.get_by_text("E-mail is not sent: SMTP_URL is not set. What is to be sent waits.")).to_be_visible()
    await expect(page.get_by_text("Push has been due since")).to_be_visible()
    await page.unroute("**/api/admin/mail/delivery")
    await page.reload()
    await expect(page.get_by_text("No e-mail yet")).to_be_visible()
    await expect(page.get_by_text("E-mail is not sent")).to_have_count(0)
    await expect(page.get_by_text("E-mail is kept as files in DATA_DIR/mail; no e-mail leaves")).to_be_visible()


async def test_what_a_worker_took_meanwhile_is_said_where_it_was_asked(people: People, shared_world: World) -> None:
    id_ = await queued(shared_world, "dev", "A leak", state="retrying")
    admin = await people.page_of("admin", MAIL)
    await admin.get_by_role("button", name="Drop “A leak”").click()
    await shared_world.execute(
        "UPDATE client_portal.email_outbox SET state = 'sending', due_at = now() + interval '5 minutes'"
    )
    dialog = admin.get_by_role("dialog")
    await dialog.get_by_role("button", name="Drop").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("being sent at this moment")
    await admin.keyboard.press("Escape")
    # It has been sent by now: the list says so by itself.
    await expect(_row(admin, "A leak")).to_contain_text("Being sent")
    await shared_world.execute("UPDATE client_portal.email_outbox SET state = 'sent', ended_at = now()")
    await expect(_row(admin, "A leak").locator(".badge")).to_have_text("Sent")
    assert await state_of(shared_world, id_) == "sent"


async def test_the_list_is_filtered_by_person(people: People, shared_world: World) -> None:
    await queued(shared_world, "dev", "A leak")
    await queued(shared_world, "client", "A plan")
    admin = await people.page_of("admin", MAIL)
    await admin.get_by_label("Recipient").fill("clara")
    await admin.get_by_role("option", name=re.compile("Clara Jensen")).click()
    await expect(admin.locator("main li")).to_have_count(1)
    await expect(_row(admin, "A plan")).to_be_visible()
    await expect(admin).to_have_url(re.compile(rf"\?user_id={PEOPLE['client']}$"))
    await admin.get_by_role("button", name="Recipient: show all").click()
    await expect(admin.locator("main li")).to_have_count(2)


async def test_a_letter_is_read_and_its_link_opens_a_page(
    people: People, shared_world: World, letters: Path, portal: Portal
) -> None:
    id_ = await queued(shared_world, "dev", "A leak", state="sent")
    await queued(shared_world, "dev", "Not written yet")
    _write(letters, id_, f'<a href="{portal.url}/projects">Open the issue</a>')
    admin = await people.page_of("admin", MAIL)
    await expect(_row(admin, "Not written yet").get_by_role("link", name="Read")).to_have_count(0)
    await expect(_row(admin, "A leak").locator(".badge")).to_have_text("Kept as a file")
    await _row(admin, "A leak").get_by_role("link", name="Read").click()
    await expect(admin.get_by_role("heading", name="1 new issue in Harbour House")).to_be_visible()
    await expect(admin.get_by_text("Deniz Kaya <dev@example.com>")).to_be_visible()
    await expect(admin.get_by_text(re.compile("Its links are the recipient.s own"))).to_be_visible()
    async with admin.context.expect_page() as whole:
        await admin.get_by_role("link", name="Open in full").click()
    await expect((await whole.value).get_by_role("heading", name="A leak")).to_be_visible()
    letter = admin.frame_locator("iframe")
    await expect(letter.get_by_role("heading", name="A leak")).to_have_css("color", "rgb(1, 2, 3)")
    async with admin.context.expect_page() as opened:
        await letter.get_by_role("link", name="Open the issue").click()
    await expect((await opened.value).get_by_role("heading", name="Projects")).to_be_visible()
    await admin.get_by_role("link", name="Text", exact=True).click()
    await expect(admin.get_by_text("Clara Jensen reported a leak.")).to_be_visible()
    await admin.get_by_role("link", name="Headers").click()
    await expect(admin.get_by_text("auto-generated")).to_be_visible()
    await admin.go_back()
    await expect(admin.get_by_role("heading", name="E-mail")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_letter_is_shown_to_its_end(people: People, shared_world: World, letters: Path, width: int) -> None:
    id_ = await queued(shared_world, "dev", "A leak", state="sent")
    _write(letters, id_, f"<p>{'It drips. ' * 800}</p><footer>The end of the letter</footer>")
    admin = await people.page_of("admin", f"{MAIL}/{id_}", viewport={"width": width, "height": 800})
    frame = admin.locator("iframe")
    end = admin.frame_locator("iframe").get_by_text("The end of the letter")

    async def is_whole() -> bool:
        whole, last = await frame.bounding_box(), await end.bounding_box()
        return whole is not None and last is not None and last["y"] + last["height"] <= whole["y"] + whole["height"]

    await until(is_whole)
    rest = await frame.evaluate("it => it.contentDocument.documentElement.scrollHeight - it.clientHeight")
    assert rest == 0


async def test_nothing_in_a_letter_runs_or_is_loaded(people: People, shared_world: World, letters: Path) -> None:
    id_ = await queued(shared_world, "dev", "A leak", state="sent")
    _write(
        letters,
        id_,
        "<script>document.body.textContent = 'taken over'</script>"
        '<img src="/static/favicon.svg" alt="a picture from elsewhere">',
    )
    admin = await people.page_of("admin", f"{MAIL}/{id_}")
    await expect(admin.frame_locator("iframe").get_by_role("heading", name="A leak")).to_be_visible()

    def is_refused(what: str) -> bool:
        return any(what in fault for fault in people.faults)

    await until(lambda: is_refused("allow-scripts") and is_refused("Content Security Policy"))
    assert len(people.faults) == 2
    people.faults.clear()
    await expect(admin.frame_locator("iframe").get_by_role("heading", name="A leak")).to_be_visible()


async def test_a_suppressed_address_is_written_to_again(people: People, shared_world: World) -> None:
    await shared_world.execute(
        "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, '550 5.1.1 no such user'),"
        " ('gone@example.com', '550 5.1.1 gone')",
        email("dev"),
    )
    admin = await people.page_of("admin", MAIL)
    await admin.get_by_role("link", name="Suppressed addresses").click()
    await expect(_row(admin, "gone@example.com")).to_contain_text("No account has this address")
    await expect(_row(admin, email("dev"))).to_contain_text("Deniz Kaya")
    await expect(_row(admin, email("dev"))).to_contain_text("550 5.1.1 no such user")
    await admin.get_by_role("button", name=f"Allow again: {email('dev')}").click()
    await admin.get_by_role("dialog").get_by_role("button", name="Allow").click()
    await expect(admin.get_by_text(f"E-mail goes to {email('dev')} again.", exact=True)).to_be_visible()
    await expect(admin.locator("main li")).to_have_count(1)
    left = await shared_world.fetch("SELECT address FROM client_portal.email_suppressions")
    assert [row["address"] for row in left] == ["gone@example.com"]


async def test_whose_address_is_suppressed_reads_so_and_an_admin_lets_e_mail_go_again(
    people: People, shared_world: World
) -> None:
    await shared_world.execute(
        "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, '550 5.1.1 no such user')",
        email("client"),
    )
    client = await people.page_of("client", "/account")
    came_back = client.get_by_text("E-mail to this address came back")
    await expect(came_back).to_be_visible()
    admin = await people.page_of("admin", f"/admin/accounts/{PEOPLE['client']}")
    await expect(admin.get_by_text("No e-mail is sent to this address")).to_be_visible()
    await admin.get_by_role("button", name="Let e-mail go again").click()
    await expect(admin.get_by_text("E-mail goes to this address again.", exact=True)).to_be_visible()
    await expect(admin.get_by_label("Email", exact=True)).to_be_focused()
    await expect(admin.get_by_role("button", name="Let e-mail go again")).to_have_count(0)
    assert await shared_world.value("SELECT count(*) FROM client_portal.email_suppressions") == 0
    await client.reload()
    await expect(client.get_by_role("switch", name="E-mail")).to_be_visible()
    await expect(came_back).to_have_count(0)


async def test_an_address_that_bounced_later_is_suppressed(people: People, shared_world: World) -> None:
    admin = await people.page_of("admin", SUPPRESSIONS)
    form = admin.get_by_role("form", name="Suppress an address")
    address = form.get_by_label("Address")
    await address.fill("nobody@a b")
    await address.evaluate("field => field.type = 'text'")  # the browser's own check lets it pass so
    await form.get_by_role("button", name="Suppress").click()
    await expect(address).to_be_focused()
    await expect(address).to_have_attribute("aria-invalid", "true")
    await address.fill(email("dev").upper())
    await form.get_by_label("Reason").fill("It came back: 5.1.1")
    await form.get_by_role("button", name="Suppress").click()
    await expect(_row(admin, email("dev"))).to_contain_text("It came back: 5.1.1")
    await expect(_row(admin, email("dev"))).to_contain_text("Deniz Kaya")
    await expect(admin.get_by_text(f"No e-mail goes to {email('dev').upper()}.", exact=True)).to_be_visible()
    await expect(address).to_have_value("")
    await admin.goto("/admin/audit")
    told = f"Ada Okafor ended e-mail to {email('dev')}, the address of Deniz Kaya"
    await expect(admin.get_by_role("listitem").filter(has_text=told)).to_have_count(1)


@pytest.mark.parametrize("person", ["client", "dev", "pm"])
async def test_who_is_no_admin_does_not_reach_these_pages(people: People, person: str, shared_world: World) -> None:
    id_ = await queued(shared_world, person)
    page = await people.page_of(person)
    for path in (MAIL, SUPPRESSIONS, f"{MAIL}/{id_}"):
        await page.goto(path)
        await expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
        await expect(page.get_by_role("navigation", name="Admin")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_none_of_these_pages_is_hard_to_use(
    people: People, axe: str, scheme: str, shared_world: World, letters: Path
) -> None:
    """axe and the phone's width, with e-mails in every state and names that do not end."""
    for state in ("waiting", "sending", "retrying", "sent", "not_sent", "dead", "dropped"):
        fault = "550 5.1.1 <a-very-long-address-that-does-not-fit@a-very-long-domain.example>: " + "x" * 90
        last = await queued(
            shared_world, "dev", "Leak" * 40, state=state, error=fault, attempts=3, address=email("dev")
        )
    _write(letters, last)
    await shared_world.execute(
        "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, $2)",
        f"{'a' * 60}@{'b' * 60}.example",
        fault,
    )
    await shared_world.execute(
        "INSERT INTO client_portal.email_suppressions (address, reason) VALUES ($1, $2)", email("dev"), fault
    )
    page = await people.page_of("admin", color_scheme=scheme, viewport=PHONE, reduced_motion="reduce")
    findings = {}
    for name, path in {
        "mail": MAIL,
        "nothing found": f"{MAIL}?user_id={uuid4()}",
        "suppressions": SUPPRESSIONS,
        "letter": f"{MAIL}/{last}",
        "account": f"/admin/accounts/{PEOPLE['dev']}",
        "headers": f"{MAIL}/{last}?view=headers",
        "no such letter": f"{MAIL}/{uuid4()}",
    }.items():
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        await expect(page.locator(".bones:not(.more *)")).to_have_count(0)
        await expect(page).to_have_title(re.compile(".+ · Client Portal$"))
        findings[name] = await serious(page, axe)
        assert await overflow(page) <= 0, f"{name} scrolls sideways"
    await page.goto(MAIL)
    await page.get_by_role("button", name="Drop").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    findings["question"] = await serious(page, axe)
    assert await overflow(page) <= 0
    assert {name: found for name, found in findings.items() if found} == {}
