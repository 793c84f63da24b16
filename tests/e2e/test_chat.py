"""A client and the team talk, each at their own browser."""

import asyncio
import re
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Error, Locator, Page, Route, expect

from app.accounts.audit import Actor
from app.accounts.queries import end_other_sessions
from app.core.database import Signal, Transaction
from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, Bell, People, refuse_until_clicked
from tests.running import until
from tests.world import PEOPLE, World

MESSAGES = f"/projects/{FIRST_PROJECT}/messages"


class Room:
    """An open conversation, as a person finds it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.field = page.get_by_role("textbox", name=re.compile("^Message to"))
        self.log = page.get_by_role("log")
        self.messages = self.log.locator("li.message")

    def message(self, text: str) -> Locator:
        return self.messages.filter(has_text=text)

    async def rests(self) -> None:
        """Waits until the log no longer scrolls: a wheel moves it for a while."""
        await self.log.evaluate(
            "log => new Promise(done => { let last, same = 0; const look = () => {"
            " same = log.scrollTop === last ? same + 1 : 0; last = log.scrollTop;"
            " if (same > 10) done(); else requestAnimationFrame(look) }; look() })"
        )

    async def says(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")


@pytest_asyncio.fixture
async def talk(people: People):
    """Opens the messages of a person."""

    async def open_room(person: str, path: str = MESSAGES, **options: object) -> Room:
        room = Room(await people.page_of(person, path, **options))
        await expect(room.field).to_be_visible()
        return room

    return open_room


@pytest_asyncio.fixture
async def room_id(shared_world: World) -> UUID:
    found: UUID = await shared_world.value(
        "SELECT id FROM client_portal.rooms WHERE client_id = $1 AND project_id = $2", PEOPLE["client"], FIRST_PROJECT
    )
    return found


async def wrote(world: World, room: UUID, person: str, bodies: list[str]) -> list[UUID]:
    """Messages that were there before, an hour ago; without signals."""
    ids = [uuid4() for _ in bodies]
    await world.execute(
        "INSERT INTO client_portal.messages (id, room_id, number, author_id, body, created_at)"
        " SELECT id, $1, (SELECT last_number FROM client_portal.rooms WHERE id = $1) + place, $2, body,"
        "        now() - interval '1 hour' + place * interval '1 second'"
        "   FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS new (id, body, place)",
        room,
        PEOPLE[person],
        ids,
        bodies,
    )
    await world.execute(
        "UPDATE client_portal.rooms SET last_number = (SELECT max(number) FROM client_portal.messages"
        " WHERE room_id = id_) FROM (SELECT $1::uuid AS id_) AS it WHERE rooms.id = id_",
        room,
    )
    return ids


async def signed_out_everywhere(transaction: Transaction, _: Actor, user_id: UUID) -> None:
    await end_other_sessions(transaction.connection, user_id, None)
    transaction.signals.append(Signal("standing", {"user": str(user_id)}))
    transaction.signals.append(Signal("sessions_ended", {"user": str(user_id), "kept": ""}))


async def test_client_and_developer_talk_live_and_the_managers_bell_rings(talk, people: People) -> None:
    client, dev = await talk("client"), await talk("dev")
    manager = await people.page_of("pm")
    outsider = await people.page_of("dev2")
    await Bell(manager).is_live()
    await client.says("Could we see the tiles?")
    await expect(dev.message("Could we see the tiles?")).to_be_visible()
    await expect(dev.message("Could we see the tiles?")).to_contain_text("Clara Jensen")
    await Bell(manager).shows(1)
    await dev.says("Tomorrow at ten.")
    await expect(client.message("Tomorrow at ten.")).to_be_visible()
    await expect(client.messages).to_have_count(2)
    await expect(client.log).to_contain_text("Today")
    await Bell(manager).shows(2)
    await Bell(outsider).shows(0)
    await outsider.goto(MESSAGES)
    await expect(outsider.get_by_role("heading", level=1)).to_have_text("No such project")
    await expect(outsider.get_by_text("Could we see the tiles?")).to_have_count(0)


async def test_the_bell_opens_the_message_it_rang_for_and_all_tabs_know_that_it_is_read(talk, people: People) -> None:
    client = await talk("client")
    elsewhere = await people.page_of("pm")
    other_tab = await elsewhere.context.new_page()
    await other_tab.goto("/account")
    bell, other = Bell(elsewhere), Bell(other_tab)
    await bell.is_live()
    await client.says("When does the electrician come?")
    await bell.shows(1)
    await other.shows(1)
    await bell.open()
    await bell.items.first.click()
    await expect(elsewhere).to_have_url(re.compile(re.escape(MESSAGES) + r"\?focus="))
    await expect(Room(elsewhere).message("When does the electrician come?")).to_have_class(re.compile("target"))
    await bell.shows(0)
    await other.shows(0)


async def test_reading_the_room_reads_the_notifications_about_it(talk, people: People) -> None:
    dev = await talk("dev")
    elsewhere = await dev.page.context.new_page()
    await elsewhere.goto("/projects")
    client = await talk("client")
    await dev.page.bring_to_front()
    await client.says("Hello")
    await expect(dev.message("Hello")).to_be_visible()
    await expect(client.message("Hello")).to_contain_text("Seen by Deniz Kaya")
    await Bell(dev.page).shows(0)
    await Bell(elsewhere).shows(0)


async def test_opening_a_room_quiets_the_bell_however_much_is_unread(
    people: People, shared_world: World, room_id: UUID
) -> None:
    ids = await wrote(shared_world, room_id, "client", [f"Message number {n}." for n in range(1, 121)])
    (told,) = await shared_world.notify("dev", type="message_posted", source_kind="message")
    await shared_world.execute("UPDATE client_portal.notifications SET source_id = $1 WHERE id = $2", ids[-1], told)
    dev = Room(await people.page_of("dev", "/projects"))
    await Bell(dev.page).shows(1)
    await dev.page.goto(MESSAGES)
    await expect(dev.message("Message number 1.")).to_be_visible()
    await Bell(dev.page).shows(0)
    await expect(dev.message("Message number 120.")).to_have_count(0)
    own_mark = "SELECT number FROM client_portal.room_reads WHERE room_id = $1 AND user_id = $2"
    assert await shared_world.value(own_mark, room_id, PEOPLE["dev"]) == 0


async def test_an_open_conversation_stays_when_a_second_client_joins(talk, shared_world: World) -> None:
    dev = await talk("dev")
    await dev.field.fill("Half a sent")
    await Bell(dev.page).is_live()
    await shared_world.act(add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
    try:
        # At once, not with the next look at the list: the server says that something changed.
        rooms = dev.page.get_by_role("navigation", name="Conversations").get_by_role("link")
        await expect(rooms).to_have_count(2)
        await expect(dev.page).to_have_url(re.compile(r"\?room="))
        await expect(dev.field).to_have_value("Half a sent")
        await expect(dev.field).to_be_focused()
        await expect(rooms.filter(has_text="Clara Jensen")).to_have_attribute("aria-current", "true")
    finally:
        await shared_world.act(remove_member, FIRST_PROJECT, PEOPLE["client2"])
        its_room = "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2"
        for table, key in (("room_reads", "room_id"), ("rooms", "id")):
            delete = f"DELETE FROM client_portal.{table} WHERE {key} IN ({its_room})"
            await shared_world.execute(delete, FIRST_PROJECT, PEOPLE["client2"])


async def test_what_is_no_id_is_not_here(people: People) -> None:
    page = await people.page_of("dev", f"{MESSAGES}?room=nowhere")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This conversation is not here")
    await page.goto(f"{MESSAGES}?focus=nothing")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This message is not here")


async def test_who_is_there_and_who_types_is_seen(talk) -> None:
    client = await talk("client")
    dev = await talk("dev")
    await expect(client.page.get_by_role("button", name=re.compile("Deniz Kaya is online"))).to_be_visible()
    await dev.page.bring_to_front()
    typing = client.page.get_by_text("Deniz Kaya is typing…")

    async def is_seen() -> bool:
        # What is typed before the socket is there cannot be told.
        await dev.field.press("x")
        return bool(await typing.is_visible())

    await until(is_seen)
    await dev.page.close()
    await expect(client.page.get_by_role("button", name=re.compile("Deniz Kaya is online"))).to_have_count(0)
    await expect(typing).to_have_count(0)


async def test_a_link_deep_into_the_past_shows_the_message_and_the_way_back_to_now(
    talk, shared_world: World, room_id: UUID
) -> None:
    ids = await wrote(shared_world, room_id, "client", [f"Message number {n}." for n in range(1, 401)])
    dev = await talk("dev", f"{MESSAGES}?focus={ids[39]}")
    target = dev.message("Message number 40.")
    await expect(target).to_be_in_viewport()
    await expect(target).to_have_class(re.compile("target"))
    await expect(dev.message("Message number 400.")).to_have_count(0)
    await dev.page.get_by_role("button", name=re.compile("newest|new message")).click()
    await expect(dev.message("Message number 400.")).to_be_in_viewport()


async def test_scrolling_up_reaches_the_first_message_and_misses_none(talk, shared_world: World, room_id: UUID) -> None:
    await wrote(shared_world, room_id, "client", [f"Message number {n}." for n in range(1, 161)])
    await shared_world.execute("UPDATE client_portal.room_reads SET number = 160")
    client = await talk("client")
    await expect(client.message("Message number 160.")).to_be_in_viewport()
    first = client.message("Message number 1.")
    async with asyncio.timeout(60):
        while not await first.count():
            await client.log.hover()
            await client.page.mouse.wheel(0, -1500)
            await client.page.wait_for_function("new Promise(requestAnimationFrame)")
    await expect(client.messages).to_have_count(160)


async def test_what_comes_while_one_reads_above_moves_nothing_and_is_announced(
    talk, shared_world: World, room_id: UUID
) -> None:
    await wrote(shared_world, room_id, "client", [f"Message number {n}." for n in range(1, 61)])
    await shared_world.execute("UPDATE client_portal.room_reads SET number = 60")
    dev, client = await talk("dev"), await talk("client")
    await dev.page.bring_to_front()
    await expect(dev.message("Message number 60.")).to_be_in_viewport()
    await dev.log.hover()
    await dev.page.mouse.wheel(0, -800)
    await expect(dev.message("Message number 60.")).not_to_be_in_viewport()
    await dev.rests()
    # By its words: earlier ones may still come in above it.
    seen = dev.message("Message number 51.")
    before = await seen.bounding_box()
    await client.says("Something new")
    button = dev.page.get_by_role("button", name="1 new message")
    await expect(button).to_be_visible()
    after = await seen.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    await button.click()
    await expect(dev.message("Something new")).to_be_in_viewport()


async def test_new_messages_are_marked_off_when_one_comes_back(talk, shared_world: World, room_id: UUID) -> None:
    await wrote(shared_world, room_id, "client", ["Old", "New", "Newer"])
    await shared_world.execute("UPDATE client_portal.room_reads SET number = 1")
    dev = await talk("dev")
    await expect(dev.log.get_by_text("New messages")).to_be_visible()
    texts = await dev.log.locator("li").all_inner_texts()
    assert texts.index("New messages") == 1


class TestTrouble:
    async def test_without_a_connection_messages_wait_and_go_out_once(
        self, talk, shared_world: World, room_id: UUID
    ) -> None:
        client, dev = await talk("client"), await talk("dev")
        await client.says("Before")
        await expect(dev.message("Before")).to_be_visible()
        await client.page.context.set_offline(True)
        await expect(client.page.get_by_text("You are offline. What you send")).to_be_visible()
        await client.says("While away")
        await expect(client.message("While away")).to_contain_text("Waiting for the connection")
        await dev.says("Meanwhile")
        await client.page.context.set_offline(False)
        await expect(client.message("Meanwhile")).to_be_visible(timeout=20_000)
        await expect(dev.message("While away")).to_be_visible(timeout=20_000)
        await expect(client.message("While away")).not_to_contain_text("Waiting")
        for room in (client, dev):
            await expect(room.messages).to_have_count(3)
        assert await shared_world.value("SELECT count(*) FROM client_portal.messages") == 3

    async def test_an_answer_that_is_lost_does_not_double_the_message(self, talk, shared_world: World) -> None:
        client = await talk("client")
        lost: list[object] = []

        async def lose_the_first_answer(route: Route) -> None:
            if route.request.method == "POST" and not lost:
                lost.append(await route.fetch())
                await route.abort()
            else:
                await route.continue_()

        await client.page.route("**/api/rooms/*/messages", lose_the_first_answer)
        await client.says("Only once")
        retry = client.page.get_by_role("button", name="Retry")
        await until(lambda: bool(lost))
        # The socket may bring the message before anybody could ask for it once more.
        if await retry.count():
            with suppress(Error):
                await retry.click(timeout=3_000)
        await expect(client.messages).to_have_count(1)
        await expect(client.message("Only once")).not_to_contain_text(re.compile("Sending|Not sent|Waiting"))
        await expect(client.messages).to_have_count(1)
        assert await shared_world.value("SELECT count(*) FROM client_portal.messages") == 1

    async def test_what_is_refused_can_be_sent_again_or_thrown_away(self, talk) -> None:
        client = await talk("client")

        async def refuse(route: Route) -> None:
            problem = '{"type":"/problems/internal-error","title":"Error","status":500,"detail":"It broke."}'
            if route.request.method == "POST":
                await route.fulfill(status=500, content_type="application/problem+json", body=problem)
            else:
                await route.fallback()

        await refuse_until_clicked(client.page, "**/api/rooms/*/messages", refuse)
        await client.says("First try")
        await expect(client.message("First try")).to_contain_text("Not sent")
        await client.page.get_by_role("button", name="Retry").click()
        await expect(client.message("First try")).not_to_contain_text("Not sent")
        await expect(client.messages).to_have_count(1)

    async def test_a_draft_is_still_there_after_a_reload(self, talk) -> None:
        client = await talk("client")
        await client.field.fill("Not yet finished")
        await client.page.reload()
        await expect(client.field).to_have_value("Not yet finished")

    async def test_a_draft_follows_into_the_other_tab_and_leaves_it_when_it_is_sent(self, talk) -> None:
        client = await talk("client")
        other = Room(await client.page.context.new_page())
        await other.page.goto(MESSAGES)
        await expect(other.field).to_have_value("")
        await client.page.bring_to_front()
        await client.field.fill("Written here")
        await expect(other.field).to_have_value("Written here")
        await client.field.press("Enter")
        await expect(client.message("Written here")).to_be_visible()
        await expect(other.field).to_have_value("")

    async def test_who_is_signed_out_from_elsewhere_is_told_so(self, talk, shared_world: World) -> None:
        dev = await talk("dev")
        await dev.field.fill("Half a sentence")
        await shared_world.act(signed_out_everywhere, PEOPLE["dev"])
        await expect(dev.page).to_have_url(re.compile("/login"))
        told = dev.page.get_by_text("You have been signed out. Sign in again to go on.")
        await expect(told).to_be_visible()
        await dev.page.reload()
        await expect(dev.page.get_by_label("Email")).to_be_visible()
        await expect(told).to_have_count(0)

    async def test_who_is_taken_out_of_the_project_is_told_at_once(self, talk, shared_world: World) -> None:
        dev = await talk("dev")
        await shared_world.act(remove_member, FIRST_PROJECT, PEOPLE["dev"])
        try:
            await expect(dev.page.get_by_text("no longer have access")).to_be_visible()
            await expect(dev.field).to_have_count(0)
        finally:
            await shared_world.act(add_member, FIRST_PROJECT, PEOPLE["dev"], MemberRole.DEVELOPER)


async def test_what_somebody_writes_is_text_and_nothing_else(talk) -> None:
    client, dev = await talk("client"), await talk("dev")
    await client.says("<img src=x onerror=alert(1)> javascript:alert(1) https://example.com/a?b=c.")
    message = dev.message("onerror")
    await expect(message).to_contain_text("<img src=x onerror=alert(1)>")
    link = message.get_by_role("link")
    await expect(link).to_have_count(1)
    await expect(link).to_have_attribute("href", "https://example.com/a?b=c")
    await expect(link).to_have_attribute("rel", re.compile("noopener"))
    await expect(link).to_have_attribute("target", "_blank")


async def test_an_admin_finds_every_room(people: People, talk) -> None:
    client = await talk("client")
    await client.says("For everybody here")
    admin = await people.page_of("admin", "/admin/rooms")
    await expect(admin.get_by_text("Clara Jensen").first).to_be_visible()
    await expect(admin.get_by_text("Chloé Martin").first).to_be_visible()
    await admin.get_by_role("link", name=re.compile("Clara Jensen")).first.click()
    await expect(Room(admin).message("For everybody here")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_easy_to_use_on_a_phone(talk, people: People, axe: str, scheme: str) -> None:
    client = await talk("client", color_scheme=scheme, viewport=PHONE, reduced_motion="reduce")
    await client.says("A very long word: " + "x" * 300)
    await client.says("And an address: https://example.com/" + "a" * 200)
    await expect(client.messages).to_have_count(2)
    assert await overflow(client.page) <= 0
    assert await serious(client.page, axe) == []
    await expect(client.field).to_be_in_viewport()
    admin = await people.page_of("admin", MESSAGES, color_scheme=scheme, viewport=PHONE, reduced_motion="reduce")
    await expect(Room(admin).field).to_be_visible()
    assert await serious(admin, axe) == []
    assert await overflow(admin) <= 0


async def test_it_works_by_keyboard_alone(talk) -> None:
    client = await talk("client")
    await client.field.focus()
    await client.page.keyboard.type("First line")
    await client.page.keyboard.press("Shift+Enter")
    await client.page.keyboard.type("Second line")
    await client.page.keyboard.press("Enter")
    await expect(client.messages).to_have_count(1)
    await expect(client.field).to_be_focused()
    await expect(client.field).to_have_value("")


async def test_clients_of_other_projects_find_nothing(people: People) -> None:
    page = await people.page_of("client2", f"/projects/{SECOND_PROJECT}/messages")
    await expect(Room(page).field).to_be_visible()
    await page.goto(MESSAGES)
    await expect(Room(page).field).to_have_count(0)
