"""The way out into a folder, for development: e-mails are files there, and go nowhere."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from app.core.relay import Mailbox
from app.mail.letter import Letter
from app.mail.message import compose
from app.outbox.courier import Unreachable


async def forget(folder: Path, older_than: timedelta) -> None:
    """Deletes the letters there that were written longer ago than this, and what was left unfinished then."""
    await asyncio.to_thread(_forget, folder, time.time() - older_than.total_seconds())


def _forget(folder: Path, before: float) -> None:
    for ending in (".eml", ".part"):
        for file in folder.glob(f"*{ending}"):
            # Other processes tidy the same folder.
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < before:
                    file.unlink()


class FolderLane:
    """Writes ``{id}.eml``, whole or not at all."""

    may_have_arrived = True

    def __init__(self, folder: Path, sender: Mailbox) -> None:
        self._folder = folder
        self._sender = sender

    async def deliver(self, letter: Letter) -> None:
        message = compose(letter, self._sender)
        try:
            await asyncio.to_thread(self._write, letter.id, message.content)
        except OSError as error:
            raise Unreachable(f"the folder for mail: {error.strerror or error}") from None

    async def close(self) -> None:
        """There is nothing to close."""

    def _write(self, email_id: UUID, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._folder / f"{email_id}.part"
        unfinished.write_bytes(content)
        unfinished.replace(self._folder / f"{email_id}.eml")
