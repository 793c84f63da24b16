"""The e-mail that each event makes: at whom it arrives, what it tells them, and what its link opens."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.async_api import Page, expect

from app.dev.demo import FIRST_PROJECT
from tests.e2e.people import NEIGHBOUR, Elsewhere, People, is_pointed_at, sign_in
from tests.e2e.post import Post, read_letter, sending_portal
from tests.portal import Portal
from tests.smtp import Received, SmtpServer
from tests.world import PEOPLE, World, email

PROJECT = f"/projects/{FIRST_PROJECT}"
NAME = "Harbour House renovation"
ADDRESSES = {NEIGHBOUR, *map(email, PEOPLE)}
CLIENT, DEVELOPER = email("client"), email("dev")


@pytest.fixture(scope="module")
def portal(shared_world: World, mail_server: SmtpServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Sends mail as soon as there is something to tell."""
    with sending_portal(shared_world, tmp_path_factory.mktemp("portal"), mail_server, quiet=0) as running:
        yield running


async def write(elsewhere: Elsewhere, by: str) -> str:
    path = f"/api/rooms/{elsewhere.rooms['client']}/messages"
    posted = await elsewhere.does(by, "POST", path, body="Could we see the tiles?")
    return f"{PROJECT}/messages?focus={posted['id']}"


async def upload(elsewhere: Elsewhere, by: str) -> str:
    sent = await elsewhere.uploads(by, "client", "plan.txt", b"Matt tiles: 1200\n")
    return f"{PROJECT}/files?focus={sent['id']}"


async def raise_issue(elsewhere: Elsewhere, by: str) -> str:
    return await _raised(elsewhere, by, "issue", "Water on the sill")


async def raise_requirement(elsewhere: Elsewhere, by: str) -> str:
    return await _raised(elsewhere, by, "requirement", "A second socket")


async def _raised(elsewhere: Elsewhere, by: str, kind: str, title: str) -> str:
    path = f"/api/rooms/{elsewhere.rooms['client']}/issues"
    raised = await elsewhere.does(by, "POST", path, kind=kind, title=title, body="In the kitchen.")
    return f"{PROJECT}/issues/{raised['id']}"


async def complete(elsewhere: Elsewhere, by: str) -> str:
    task_id = await elsewhere.plans("Lay the tiles")
    await elsewhere.does(by, "PATCH", f"/api/tasks/{task_id}", status="done")
    return f"{PROJECT}/tasks?focus={task_id}"


async def request_approval(elsewhere: Elsewhere, by: str) -> str:
    task_id, _ = await _asked(elsewhere, by)
    return f"{PROJECT}/tasks?focus={task_id}"


async def decide(elsewhere: Elsewhere, by: str) -> str:
    task_id, approval_id = await _asked(elsewhere, "dev")
    await elsewhere.does(by, "POST", f"/api/approvals/{approval_id}/decision", decision="approved")
    return f"{PROJECT}/tasks?focus={task_id}"


async def _asked(elsewhere: Elsewhere, by: str) -> tuple[str, str]:
    task_id = await elsewhere.plans("Choose the tiles")
    path = f"/api/tasks/{task_id}/approvals"
    approval = await elsewhere.does(by, "POST", path, client_id=str(PEOPLE["client"]))
    return task_id, str(approval["id"])


@dataclass(frozen=True)
class Case:
    """What a person does; who gets mail of it, which says so; and what shows it, with these words, on which page."""

    by: str
    does: Callable[[Elsewhere, str], Awaitable[str]]
    told: tuple[str, ...]
    says: str
    shown_by: str
    words: str


BOTH = (CLIENT, NEIGHBOUR)
CASES = {
    "client writes": Case("client", write, (DEVELOPER,), "wrote", "li.message", "Could we see the tiles?"),
    "client uploads": Case("client", upload, (DEVELOPER,), "uploaded a file", "li.file-row", "plan.txt"),
    "client raises issue": Case("client", raise_issue, (DEVELOPER,), "raised an issue", "h1", "Water on the sill"),
    "client raises requirement": Case(
        "client", raise_requirement, (DEVELOPER,), "raised a requirement", "h1", "A second socket"
    ),
    "developer replies": Case("dev", write, (CLIENT,), "wrote", "li.message", "Could we see the tiles?"),
    "developer uploads": Case("dev", upload, (CLIENT,), "uploaded a file", "li.file-row", "plan.txt"),
    "developer completes task": Case("dev", complete, BOTH, "completed a task", "li.task", "Lay the tiles"),
    "developer requests approval": Case(
        "dev", request_approval, (CLIENT,), "asks for your approval", "li.task", "Choose the tiles"
    ),
}
"""The events of the requirement, and none else of the people there gets mail of them."""
NAMES = {"client": "Clara Jensen", "dev": "Deniz Kaya"}


@pytest.mark.parametrize("case", [pytest.param(case, id=name.replace(" ", "-")) for name, case in CASES.items()])
async def test_mail_comes_to_those_whom_it_concerns_and_opens_what_it_tells_of(
    case: Case, people: People, elsewhere: Elsewhere, portal: Portal, post: Post
) -> None:
    path = await case.does(elsewhere, case.by)
    letters = await post.arrived()
    assert sorted(letters) == sorted(case.told)
    for address, letter in letters.items():
        _is_legible(letter, address, f"{portal.url}{path}", f"{NAMES[case.by]} {case.says}", case.words)
    # one reads it in the browser where they are signed in, another one where they are not
    address = case.told[0]
    page = await read_letter(await people.browser_of(address.partition("@")[0]), letters[address])
    await _follow(page, f"{portal.url}{path}")
    await _shows(page, case)
    for address in case.told:
        page = await read_letter(await people.browser_of(None), letters[address])
        await _follow(page, f"{portal.url}{path}")
        await sign_in(page, address)
        await _shows(page, case)
        await expect(page).to_have_url(f"{portal.url}{path}")


async def test_who_asked_for_approval_gets_mail_of_the_answer_and_nobody_else(
    people: People, elsewhere: Elsewhere, portal: Portal, post: Post
) -> None:
    task_id, approval_id = await _asked(elsewhere, "dev")
    assert list(await post.arrived()) == [CLIENT]
    path = f"/api/approvals/{approval_id}/decision"
    await elsewhere.does("client", "POST", path, decision="changes_requested", comment="Green ones, please.")
    letters = await post.arrived()
    assert list(letters) == [DEVELOPER]
    url = f"{portal.url}{PROJECT}/tasks?focus={task_id}"
    _is_legible(letters[DEVELOPER], DEVELOPER, url, "Clara Jensen asked for changes", "Green ones, please.")
    page = await read_letter(await people.browser_of("dev"), letters[DEVELOPER])
    await _follow(page, url)
    await is_pointed_at(page, "li.task", "Choose the tiles")
    await expect(page.locator("li.task.target")).to_contain_text("Green ones, please.")


async def test_a_mail_service_switches_mail_off_by_one_click_for_this_person_only(
    people: People, elsewhere: Elsewhere, portal: Portal, post: Post
) -> None:
    await complete(elsewhere, "dev")
    letters = await post.arrived()
    assert sorted(letters) == sorted(BOTH)
    letter = letters[CLIENT].message
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = str(letter["List-Unsubscribe"]).strip("<>")
    assert url.startswith(f"{portal.url}/unsubscribe?")
    async with httpx.AsyncClient(timeout=30) as service:
        for _ in range(2):
            answer = await service.post(url, data={"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, answer.json()) == (200, {"email_enabled": False})
    await complete(elsewhere, "dev")
    assert list(await post.arrived()) == [NEIGHBOUR]
    settings = await elsewhere.does("client", "GET", "/api/notifications/settings")
    assert settings["email_enabled"] is False
    # and it rings as before
    assert (await elsewhere.does("client", "GET", "/api/notifications/unread_count"))["count"] == 2


async def test_who_follows_the_link_at_the_end_of_a_letter_switches_mail_off_without_signing_in(
    people: People, elsewhere: Elsewhere, post: Post
) -> None:
    await write(elsewhere, "dev")
    letters = await post.arrived()
    page = await read_letter(await people.browser_of(None), letters[CLIENT])
    await page.get_by_role("link", name="Unsubscribe").click()
    # Who only looks, as machines do, ends nothing.
    await expect(page.get_by_role("heading", level=1)).to_have_text("No more e-mails?")
    assert (await elsewhere.does("client", "GET", "/api/notifications/settings"))["email_enabled"] is True
    await page.get_by_role("button", name="Switch off e-mail").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("E-mail is off")
    assert (await elsewhere.does("client", "GET", "/api/notifications/settings"))["email_enabled"] is False
    await write(elsewhere, "dev")
    assert await post.arrived() == {}


def _is_legible(letter: Received, address: str, url: str, title: str, words: str) -> None:
    """It is to this person, says who did what where, and names nobody else's address."""
    message = letter.message
    assert message["To"].addresses[0].addr_spec == address
    assert message["Auto-Submitted"] == "auto-generated"
    assert NAME in message["Subject"]
    assert words not in message["Subject"]
    for part in (letter.text, letter.html):
        for expected in (title, NAME, words):
            assert expected in part
    assert url in letter.text
    everything = "\n".join([*map(str, message.values()), letter.text, letter.html])
    assert {each for each in ADDRESSES if each in everything} == {address}


async def _follow(page: Page, url: str) -> None:
    await page.locator(f'a[href="{url}"]').first.click()


async def _shows(page: Page, case: Case) -> None:
    if case.shown_by == "h1":
        await expect(page.get_by_role("heading", level=1)).to_have_text(case.words)
    else:
        await is_pointed_at(page, case.shown_by, case.words)
    await expect(page).to_have_url(re.compile(PROJECT))
