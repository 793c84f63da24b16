"""A real portal, a real browser, and the people of the demo world in front of it."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from app.accounts.audit import COMMAND
from app.accounts.roles import Role
from app.accounts.service import create_account
from app.core.passwords import Passwords
from app.dev.demo import FIRST_PROJECT, PASSWORD
from app.notifications.service import welcome
from app.projects.roles import MemberRole
from app.projects.service import add_member
from app.realtime.once import one_transaction
from tests.browser import chromium_launch_options
from tests.e2e.people import NEIGHBOUR, Elsewhere, Events, People
from tests.e2e.post import Post
from tests.portal import Portal
from tests.smtp import SmtpServer
from tests.world import PEOPLE, SECRET, World, bearer

FRONTEND = Path(__file__).parents[2] / "frontend"
CONTENT = (
    "email_outbox",
    "push_outbox",
    "push_subscriptions",
    "notification_choices",
    "notification_times",
    "muted_projects",
    "notifications",
    "attachments",
    "messages",
    "issue_changes",
    "issues",
    "approvals",
    "task_changes",
    "tasks",
    "files",
)
"""What people made, in the order in which it can be taken away."""

# A slow machine may take its time, but less than the 15 seconds after which a page without live updates looks itself.
expect.set_options(timeout=12_000)


@pytest.fixture(scope="session")
def portal(shared_world: World, tmp_path_factory: pytest.TempPathFactory):
    """A running portal on the demo world, shared by all tests that leave it running."""
    assert (FRONTEND / "dist" / "index.html").is_file(), "the front end is not built: run make build"
    folder = tmp_path_factory.mktemp("portal")
    settings = {
        "DATABASE_URL": shared_world.url,
        "JWT_SECRET": SECRET,
        "FILES_URL": (folder / "files").as_uri(),
        "MAIL_WORKER": "false",
    }
    with Portal(folder, **settings, NOTIFY_TEST_ENDPOINTS="true") as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def empty_inboxes(shared_world: World) -> None:
    """Every test begins with nothing in any inbox, room or project, and the settings as they were made."""
    await shared_world.clear(
        "".join(f"DELETE FROM client_portal.{table};" for table in CONTENT)
        + "UPDATE client_portal.rooms SET last_number = 0; UPDATE client_portal.room_reads SET number = 0;"
        "UPDATE client_portal.notification_settings SET realtime_enabled = true"
    )


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(**chromium_launch_options())
        yield running
        await running.close()


@pytest_asyncio.fixture
async def people(browser: Browser, portal: Portal, shared_world: World) -> AsyncIterator[People]:
    """People at their browsers. No page may fail in its console or break its own policy."""
    people = People(browser, portal.url, shared_world)
    yield people
    await people.leave()
    assert people.faults == []


@pytest_asyncio.fixture
async def neighbour(shared_world: World) -> AsyncIterator[UUID]:
    """Another client of the first project. Rows of the world are brought back after the test."""
    user_id = uuid4()
    await shared_world.execute(
        "INSERT INTO public.users (id, full_name, email) VALUES ($1, 'Nadia Haddad', 'nadia@host.example')", user_id
    )
    async with one_transaction(shared_world.url) as transaction:
        await create_account(
            transaction,
            Passwords(),
            user_id=user_id,
            email=NEIGHBOUR,
            name="Nadia Haddad",
            role=Role.CLIENT,
            password=PASSWORD,
        )
        await welcome(transaction, user_id, Role.CLIENT)
        await add_member(transaction, COMMAND, FIRST_PROJECT, user_id, MemberRole.CLIENT)
    yield user_id
    await shared_world.restore()


@pytest_asyncio.fixture
async def elsewhere(neighbour: UUID, portal: Portal, shared_world: World, empty_inboxes: None) -> Elsewhere:
    """What people do at other machines, with a neighbour in the first project."""
    names = {id_: name for name, id_ in PEOPLE.items()} | {neighbour: "neighbour"}
    rooms = await shared_world.fetch("SELECT id, client_id FROM client_portal.rooms")
    return Elsewhere(portal.url, neighbour, {names[room["client_id"]]: room["id"] for room in rooms})


@pytest.fixture(scope="module")
def mail_server() -> Iterator[SmtpServer]:
    """Takes the mail of a portal that a file of tests starts to send to it."""
    with SmtpServer() as running:
        yield running


@pytest_asyncio.fixture
async def post(elsewhere: Elsewhere, mail_server: SmtpServer, shared_world: World) -> AsyncIterator[Post]:
    """The e-mail of what people do; nothing is on its way before and after."""
    post = Post(mail_server, shared_world)
    await post.clear()
    yield post
    await post.clear()


@pytest_asyncio.fixture
async def events(portal: Portal) -> AsyncIterator[Events]:
    """What clients do, by the test-notify endpoints."""
    async with httpx.AsyncClient(base_url=portal.url, headers=bearer("admin"), timeout=30) as http:
        yield Events(http)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    return (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def url_of(portal: Portal) -> Callable[[str], str]:
    return lambda path: portal.url + path
