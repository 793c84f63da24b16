"""The e-mail of a running portal: what has come at the server, what became of the rest, and letters in a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from tests.portal import Portal
from tests.running import until
from tests.smtp import Received, SmtpServer
from tests.world import SECRET, World

INBOX = "http://inbox.example/"
"""A page that shows a letter, of another site than the portal."""

_OPEN = "SELECT count(*) FROM client_portal.email_outbox WHERE state IN ('waiting', 'sending', 'retrying')"


class Post:
    """Looks after the rows of the outbox and after what the server has taken."""

    def __init__(self, server: SmtpServer, world: World) -> None:
        self._server = server
        self._world = world

    async def arrived(self) -> dict[str, Received]:
        """All that has come since the last look, by address, once there is nothing left to be sent.

        Nobody has got more than one, and no letter went to more than one.
        """
        await self._is_done()
        received = list(self._server.received)
        self._server.received.clear()
        addresses = [address for each in received for address in each.recipients]
        assert len(set(addresses)) == len(addresses) == len(received)
        return dict(zip(addresses, received, strict=True))

    async def becomes(self, state: str, error: str) -> None:
        """Waits until the one e-mail there is has ended so, for a reason that says this."""
        await self._is_done()
        rows = await self._world.fetch("SELECT state, error FROM client_portal.email_outbox")
        assert [row["state"] for row in rows] == [state]
        assert error in rows[0]["error"]

    async def time_passes(self, seconds: float) -> None:
        """All that waits has been waiting for so much longer."""
        await self._world.execute(
            "UPDATE client_portal.email_outbox SET created_at = created_at - make_interval(secs => $1),"
            " due_at = due_at - make_interval(secs => $1) WHERE state = 'waiting'",
            seconds,
        )

    async def clear(self) -> None:
        """Nothing is on its way any more."""
        await self._world.execute("DELETE FROM client_portal.email_outbox WHERE state IN ('waiting', 'retrying')")
        await self._is_done()
        self._server.received.clear()

    async def _is_done(self) -> None:
        async def is_so() -> bool:
            return bool(await self._world.value(_OPEN) == 0)

        await until(is_so, within=60)


@contextmanager
def sending_portal(world: World, folder: Path, server: SmtpServer, quiet: int) -> Iterator[Portal]:
    """A portal that sends its mail to this server, so many seconds after the first thing there is to tell."""
    settings = {
        "DATABASE_URL": world.url,
        "JWT_SECRET": SECRET,
        "FILES_URL": (folder / "files").as_uri(),
        "SMTP_URL": server.url(),
        "MAIL_QUIET_SECONDS": quiet,
    }
    with Portal(folder, **settings) as running:
        yield running


async def read_letter(browser: BrowserContext, letter: Received) -> Page:
    """The letter as a mail service shows it, on a page of its own site."""
    page = await browser.new_page()
    await page.route(INBOX, lambda route: route.fulfill(body=letter.html, content_type="text/html; charset=utf-8"))
    await page.goto(INBOX)
    return page
