"""Files: a client and the team hand them to each other, on the page of files and in messages."""

import asyncio
import re
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import CDPSession, FilePayload, Locator, Page, Route, expect

from app.dev.demo import FIRST_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from tests.e2e.accessibility import overflow, serious
from tests.e2e.people import PHONE, Bell, People
from tests.world import PEOPLE, World

FILES = f"/projects/{FIRST_PROJECT}/files"
MESSAGES = f"/projects/{FIRST_PROJECT}/messages"

_HAND_OVER = """({kind, files}) => {
  const data = new DataTransfer();
  for (const {name, type, bytes} of files) data.items.add(new File([new Uint8Array(bytes)], name, {type}));
  const made = {bubbles: true, cancelable: true};
  if (kind === 'paste') {
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', {...made, clipboardData: data}));
  } else {
    const onto = (document.querySelector('.conversation') ?? document.body);
    for (const each of ['dragenter', 'dragover', kind].filter((name) => name !== 'hold'))
      onto.dispatchEvent(new DragEvent(each, {...made, dataTransfer: data}));
  }
}"""
"""Drops or pastes files, or holds them over the page: a browser lets no program do that with its own clipboard."""


def text(name: str, content: str = "Tiles, grout, two doors.\n") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content.encode()}


def noise(name: str, size: int) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": Random(size).randbytes(size // 2).hex().encode()}


def picture(name: str, size: tuple[int, int] = (800, 600), colour: str = "teal") -> FilePayload:
    written = BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": written.getvalue()}


async def hand_over(page: Page, kind: str, *files: FilePayload) -> None:
    given = [{"name": f["name"], "type": f["mimeType"], "bytes": list(f["buffer"])} for f in files]
    await page.evaluate(_HAND_OVER, {"kind": kind, "files": given})


class Shelf:
    """The page of a project's files, as a person finds it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.files = page.locator("li.file-row")
        self.uploads = page.locator("li.upload")

    def file(self, name: str) -> Locator:
        return self.files.filter(has_text=name)

    def upload(self, name: str) -> Locator:
        return self.uploads.filter(has_text=name)

    async def choose(self, *files: FilePayload) -> None:
        async with self.page.expect_file_chooser() as chooser:
            await self.page.get_by_role("button", name="Upload files").click()
        await (await chooser.value).set_files(list(files))

    async def has(self, *names: str) -> None:
        """Waits until these and no others are there, the newest first."""
        await expect(self.page.locator("li.file-row .file-name")).to_have_text(list(names))


@pytest_asyncio.fixture(autouse=True)
async def no_files(empty_inboxes: None, shared_world: World) -> AsyncIterator[None]:
    """Every test begins and ends without files."""
    gone = "DELETE FROM client_portal.attachments; DELETE FROM client_portal.files"
    await shared_world.clear(gone)
    yield
    await shared_world.clear(gone)


@pytest_asyncio.fixture
async def shelf(people: People):
    """Opens the files of a person."""

    async def open_shelf(person: str, path: str = FILES, **options: Any) -> Shelf:
        shelf = Shelf(await people.page_of(person, path, **options))
        await expect(shelf.page.get_by_role("button", name="Upload files")).to_be_visible()
        return shelf

    return open_shelf


@pytest_asyncio.fixture
async def room_id(shared_world: World) -> UUID:
    found: UUID = await shared_world.value(
        "SELECT id FROM client_portal.rooms WHERE client_id = $1 AND project_id = $2", PEOPLE["client"], FIRST_PROJECT
    )
    return found


class Network:
    """What lies between a page and the portal."""

    def __init__(self, debugger: CDPSession) -> None:
        self._debugger = debugger
        self._is: dict[str, object] = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}

    async def becomes(self, **change: object) -> None:
        self._is |= change
        await self._debugger.send("Network.emulateNetworkConditions", self._is)


async def network_of(page: Page) -> Network:
    debugger = await page.context.new_cdp_session(page)
    await debugger.send("Network.enable")
    return Network(debugger)


async def test_what_a_client_chooses_drops_and_pastes_the_developer_sees_live(shelf, tmp_path: Path) -> None:
    client, dev = await shelf("client"), await shelf("dev")
    await expect(dev.page.get_by_text("No files yet")).to_be_visible()
    await client.choose(text("tiles.txt"), text("doors.txt", "Two doors.\n"))
    await expect(client.files).to_have_count(2)
    await hand_over(client.page, "hold", text("held.txt"))
    await expect(client.page.get_by_text("Drop to upload")).to_be_visible()
    await hand_over(client.page, "drop", text("dropped.txt"))
    await expect(client.page.get_by_text("Drop to upload")).to_have_count(0)
    await expect(client.files).to_have_count(3)
    await hand_over(client.page, "paste", picture("image.png"))
    await expect(client.file("Pasted ")).to_contain_text("You")
    await expect(client.uploads).to_have_count(0)
    await expect(dev.files).to_have_count(4)
    await expect(dev.files.first).to_contain_text(re.compile(r"Pasted .*\.png"))
    await expect(dev.file("tiles.txt")).to_contain_text("Clara Jensen")
    async with dev.page.expect_download() as download:
        await dev.page.get_by_role("link", name="Download tiles.txt").click()
    got = await download.value
    assert got.suggested_filename == "tiles.txt"
    await got.save_as(tmp_path / "tiles.txt")
    assert (tmp_path / "tiles.txt").read_bytes() == text("")["buffer"]


async def test_uploads_show_how_far_they_are_can_be_cancelled_and_sent_again(shelf, shared_world: World) -> None:
    client, dev = await shelf("client"), await shelf("dev")
    network = await network_of(client.page)
    await network.becomes(uploadThroughput=150_000)
    await client.choose(*(noise(f"{name}.txt", 2**20) for name in ("one", "two", "three", "four")))
    await expect(client.upload("four.txt")).to_contain_text("Waiting")
    await expect(client.upload("one.txt")).to_contain_text(re.compile(r"[1-9]\d? % of 1 MB"))
    await expect(client.page.get_by_role("progressbar", name="Upload of one.txt")).to_be_visible()
    await client.page.get_by_role("button", name="Cancel two.txt").click()
    await client.page.get_by_role("button", name="Cancel three.txt").click()
    await expect(client.uploads).to_have_count(2)
    await expect(client.upload("four.txt")).to_contain_text(" %")
    # Elsewhere in the portal they go on.
    await client.page.get_by_role("link", name="Overview").click()
    await client.page.get_by_role("link", name="Files", exact=True).click()
    await expect(client.upload("one.txt")).to_contain_text("%")
    await network.becomes(uploadThroughput=-1)
    await expect(client.uploads).to_have_count(0)
    await network.becomes(offline=True)
    await client.choose(text("lost.txt"))
    await expect(client.upload("lost.txt")).to_contain_text("The connection was lost")
    await network.becomes(offline=False)
    await client.upload("lost.txt").get_by_role("button", name="Retry").click()
    await expect(client.uploads).to_have_count(0)
    await expect(dev.files).to_have_count(3)
    assert await shared_world.value("SELECT count(*) FROM client_portal.files") == 3
    assert await shared_world.value("SELECT max(size) FROM client_portal.files") == 2**20


async def test_what_is_refused_says_why(shelf) -> None:
    client = await shelf("client")
    program: FilePayload = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"\x7fELF" + bytes(400)}
    await client.choose(program, {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
    await expect(client.upload("plan.pdf")).to_contain_text("This kind of file is not taken")
    await expect(client.upload("empty.txt")).to_contain_text("This file is empty")
    await expect(client.page.get_by_role("button", name="Retry")).to_have_count(0)
    await client.page.get_by_role("button", name="Remove plan.pdf").click()
    await expect(client.uploads).to_have_count(1)


async def test_the_bell_leads_to_the_file_however_far_down_it_is(
    shelf, people: People, shared_world: World, room_id: UUID
) -> None:
    client = await shelf("client")
    elsewhere = await people.page_of("dev")
    await Bell(elsewhere).is_live()
    await client.choose(text("the-one.txt"))
    await expect(client.file("the-one.txt")).to_be_visible()
    await Bell(elsewhere).shows(1)
    await shared_world.execute(
        "INSERT INTO client_portal.files (id, room_id, uploader_id, name, media_type, size, sha256, key, shared_at)"
        " SELECT gen_random_uuid(), $1, $2, 'Report ' || n || '.txt', 'text/plain', 10, repeat('0', 64),"
        "        gen_random_uuid()::text, now() + n * interval '1 second' FROM generate_series(1, 120) AS n",
        room_id,
        PEOPLE["client"],
    )
    await Bell(elsewhere).open()
    await Bell(elsewhere).items.first.click()
    target = Shelf(elsewhere).file("the-one.txt")
    await expect(target).to_be_in_viewport()
    await expect(target).to_have_attribute("aria-current", "true")
    await expect(target).to_be_focused()
    await Bell(elsewhere).shows(0)
    await elsewhere.goto(f"{FILES}?focus={uuid4()}")
    await expect(elsewhere.get_by_role("heading", level=1)).to_have_text("This file is not here")


async def test_a_picture_is_looked_at_over_the_page(shelf) -> None:
    client = await shelf("client")
    await client.choose(picture("hall.png"))
    await expect(client.file("hall.png")).to_be_visible()
    await client.choose(picture("stairs.png", (300, 900), "orange"), text("list.txt"))
    await expect(client.files).to_have_count(3)
    await client.page.get_by_role("button", name="stairs.png").click()
    shown = client.page.get_by_role("dialog", name="stairs.png")
    await expect(shown.get_by_role("img", name="stairs.png")).to_have_js_property("naturalWidth", 300)
    await client.page.keyboard.press("ArrowRight")
    await expect(client.page.get_by_role("dialog", name="hall.png")).to_contain_text("2 of 2")
    await client.page.keyboard.press("Escape")
    await expect(client.page.get_by_role("dialog")).to_have_count(0)
    await expect(client.page.get_by_role("button", name="stairs.png")).to_be_focused()


async def test_the_team_is_asked_whose_files_they_are_when_there_are_several_clients(
    shelf, shared_world: World, room_id: UUID
) -> None:
    await shared_world.act(add_member, FIRST_PROJECT, PEOPLE["client2"], MemberRole.CLIENT)
    its_room = "SELECT id FROM client_portal.rooms WHERE project_id = $1 AND client_id = $2"
    try:
        dev = await shelf("dev")
        await dev.choose(text("offer.txt"))
        asked = dev.page.get_by_role("dialog", name="Share 1 file with")
        await asked.get_by_role("button", name="Clara Jensen").click()
        await expect(dev.file("offer.txt")).to_contain_text("for Clara Jensen")
        await dev.page.get_by_role("combobox", name="Client").select_option("Chloé Martin")
        await dev.has()
        await hand_over(dev.page, "drop", text("other.txt"))
        await dev.has("other.txt")
        await dev.page.get_by_role("combobox", name="Client").select_option("All clients")
        await dev.has("other.txt", "offer.txt")
        client = await shelf("client")
        await client.has("offer.txt")
    finally:
        await shared_world.act(remove_member, FIRST_PROJECT, PEOPLE["client2"])
        for table, key in (("files", "room_id"), ("room_reads", "room_id"), ("rooms", "id")):
            delete = f"DELETE FROM client_portal.{table} WHERE {key} IN ({its_room})"
            await shared_world.execute(delete, FIRST_PROJECT, PEOPLE["client2"])


class TestMessages:
    async def test_a_message_brings_its_files_live(self, people: People) -> None:
        client = await people.page_of("client", MESSAGES)
        dev = await people.page_of("dev", MESSAGES)
        field = client.get_by_role("textbox", name=re.compile("^Message to"))
        await expect(field).to_be_visible()
        await expect(dev.get_by_role("textbox", name=re.compile("^Message to"))).to_be_visible()
        await field.focus()
        await hand_over(client, "paste", picture("hall.png"))
        await hand_over(client, "drop", text("list.txt"))
        chips = client.locator(".composer li.upload.is-done")
        await expect(chips).to_have_count(2)
        # What is attached outlives the page.
        await client.reload()
        await expect(chips).to_have_count(2)
        await client.get_by_role("button", name="Remove list.txt").click()
        await expect(chips).to_have_count(1)
        async with client.expect_file_chooser() as chooser:
            await client.get_by_role("button", name="Attach files").click()
        await (await chooser.value).set_files([text("doors.txt")])
        await expect(chips).to_have_count(2)
        await client.get_by_role("button", name="Send").click()
        await expect(chips).to_have_count(0)
        message = dev.get_by_role("log").locator("li.message")
        thumbnail = message.get_by_role("img", name="hall.png")
        await expect(thumbnail).to_have_js_property("complete", True)
        assert await thumbnail.evaluate("image => image.naturalWidth") > 0
        box = await thumbnail.bounding_box()
        assert box is not None
        assert (round(box["width"]), round(box["height"])) == (280, 210)
        await expect(message.get_by_role("link", name="doors.txt")).to_contain_text("25 bytes")
        await message.get_by_role("button", name="Open hall.png").click()
        await expect(dev.get_by_role("dialog", name="hall.png")).to_be_visible()

    async def test_sending_waits_for_the_upload(self, people: People) -> None:
        client = await people.page_of("client", MESSAGES)
        field = client.get_by_role("textbox", name=re.compile("^Message to"))
        await field.fill("See the file")
        held: asyncio.Queue[Route] = asyncio.Queue()
        await client.route("**/api/rooms/*/files*", held.put_nowait)
        await hand_over(client, "drop", noise("plan.txt", 200_000))
        await expect(client.get_by_role("button", name="Uploading…")).to_be_disabled()
        await field.press("Enter")
        await expect(client.locator("li.message")).to_have_count(0)
        await (await held.get()).fallback()
        await expect(client.get_by_role("button", name="Send")).to_be_enabled()
        # The page shows the message before the server has it.
        async with client.expect_response("**/api/rooms/*/messages"):
            await field.press("Enter")
        await expect(client.locator("li.message")).to_contain_text("plan.txt")

    async def test_the_list_of_rooms_says_how_many_files_came(self, people: People) -> None:
        client = await people.page_of("client", MESSAGES)
        await expect(client.get_by_role("textbox", name=re.compile("^Message to"))).to_be_visible()
        await hand_over(client, "drop", text("one.txt"), text("two.txt"))
        await expect(client.locator(".composer li.upload.is-done")).to_have_count(2)
        await client.get_by_role("button", name="Send").click()
        await expect(client.locator("li.message")).to_contain_text("two.txt")
        admin = await people.page_of("admin", "/admin/rooms")
        await expect(admin.get_by_text("2 files")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_easy_to_use_on_a_phone(shelf, axe: str, scheme: str) -> None:
    client = await shelf("client", color_scheme=scheme, viewport=PHONE, reduced_motion="reduce")
    long_name = "a-very-long-name-without-any-space-" * 5 + ".png"
    await client.choose(picture(long_name), text("list.txt"), {"name": "none", "mimeType": "", "buffer": b""})
    await expect(client.files).to_have_count(2)
    assert await overflow(client.page) <= 0
    assert await serious(client.page, axe) == []
    await client.page.get_by_role("button", name=long_name).click()
    await expect(client.page.get_by_role("dialog")).to_be_visible()
    assert await serious(client.page, axe) == []
    await client.page.keyboard.press("Escape")
    await client.page.goto(MESSAGES)
    await expect(client.page.get_by_role("button", name="Attach files")).to_be_visible()
    await hand_over(client.page, "drop", picture(long_name), picture("other.png"), text("list.txt"))
    await expect(client.page.locator(".composer li.upload.is-done")).to_have_count(3)
    assert await serious(client.page, axe) == []
    await client.page.get_by_role("button", name="Send").click()
    await expect(client.page.locator("li.message img")).to_have_count(2)
    assert await overflow(client.page) <= 0
    assert await serious(client.page, axe) == []
