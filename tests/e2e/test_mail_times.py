"""When mail comes: not of what was read meanwhile, once for several messages, later to who is looking."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from app.dev.demo import FIRST_PROJECT
from tests.e2e.people import Bell, Elsewhere, People, is_pointed_at
from tests.e2e.post import Post, read_letter, sending_portal
from tests.portal import Portal
from tests.running import until
from tests.smtp import SmtpServer
from tests.world import World, email

QUIET = 600
MESSAGES = f"/projects/{FIRST_PROJECT}/messages"


@pytest.fixture(scope="module")
def portal(shared_world: World, mail_server: SmtpServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Waits for ten minutes before it sends, which pass when a test says so."""
    with sending_portal(shared_world, tmp_path_factory.mktemp("portal"), mail_server, QUIET) as running:
        yield running


async def write(elsewhere: Elsewhere, *texts: str) -> list[str]:
    """The client writes; answers the ids of the messages."""
    path = f"/api/rooms/{elsewhere.rooms['client']}/messages"
    return [str((await elsewhere.does("client", "POST", path, body=text))["id"]) for text in texts]


async def test_what_was_read_in_the_browser_before_it_is_due_makes_no_mail(
    people: People, elsewhere: Elsewhere, post: Post
) -> None:
    page = await people.page_of("dev", "/account")
    await write(elsewhere, "The door is red.")
    await Bell(page).shows(1)
    await page.goto(f"{MESSAGES}?room={elsewhere.rooms['client']}")
    await expect(page.get_by_role("log")).to_contain_text("The door is red.")
    await Bell(page).shows(0)
    await post.time_passes(QUIET)
    await post.becomes("not_sent", "read")
    assert await post.arrived() == {}


async def test_several_messages_of_a_room_are_one_mail_and_each_has_its_link(
    people: People, elsewhere: Elsewhere, portal: Portal, post: Post
) -> None:
    texts = ("The door is red.", "The window is blue.", "The roof is green.")
    ids = await write(elsewhere, *texts)
    await post.time_passes(QUIET)
    letters = await post.arrived()
    assert list(letters) == [email("dev")]
    letter = letters[email("dev")]
    places = [letter.text.index(text) for text in texts]
    assert places == sorted(places)
    assert "3" in letter.message["Subject"]
    browser = await people.browser_of("dev")
    for id_, text in zip(ids, texts, strict=True):
        page = await read_letter(browser, letter)
        await page.locator(f'a[href="{portal.url}{MESSAGES}?focus={id_}"]').first.click()
        await is_pointed_at(page, "li.message", text)


async def test_who_looks_at_the_portal_gets_mail_later_and_only_of_what_they_still_have_not_read(
    people: People, elsewhere: Elsewhere, post: Post, shared_world: World
) -> None:
    page = await people.page_of("dev", "/account")
    await Bell(page).is_live()
    await _visible(shared_world, True)
    # However slow this machine is, the page says so again in time.
    await shared_world.execute("UPDATE client_portal.visibility SET visible_until = visible_until + interval '1 hour'")
    await write(elsewhere, "The door is red.")
    await Bell(page).shows(1)
    await post.time_passes(QUIET)
    waits = "SELECT due_at - created_at FROM client_portal.email_outbox WHERE state = 'waiting'"

    async def waits_longer() -> bool:
        waiting = await shared_world.value(waits)
        return waiting is not None and abs(waiting.total_seconds() - 2 * QUIET) < 1

    await until(waits_longer)
    # Even to who goes on looking, after twice the time
    await post.time_passes(QUIET)
    assert list(await post.arrived()) == [email("dev")]


async def test_who_has_just_gone_gets_mail_at_its_time(
    people: People, elsewhere: Elsewhere, post: Post, shared_world: World
) -> None:
    page = await people.page_of("dev", "/account")
    await Bell(page).is_live()
    await _visible(shared_world, True)
    await write(elsewhere, "The door is red.")
    await page.close()
    await _visible(shared_world, False)
    await post.time_passes(QUIET)
    assert list(await post.arrived()) == [email("dev")]


async def _visible(world: World, expected: bool) -> None:
    """Waits until the server takes the developer to look at the portal, or not to."""
    looks = "SELECT count(*) > 0 FROM client_portal.visibility WHERE visible_until > clock_timestamp()"

    async def is_so() -> bool:
        return bool(await world.value(looks) == expected)

    await until(is_so, within=90)
