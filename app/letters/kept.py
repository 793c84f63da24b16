"""Letters that are kept as files, in development, instead of being sent."""

import asyncio
from collections.abc import Iterable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from uuid import UUID

from app.letters.admin_schemas import Letter


class KeptLetters:
    """The folder of the letters' files, ``{id}.eml``; None where letters are sent and no copy is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def among(self, email_ids: Iterable[UUID]) -> set[UUID]:
        """Those of these e-mails whose letters are here."""
        folder = self._folder
        if folder is None:
            return set()
        return await asyncio.to_thread(lambda: {id_ for id_ in email_ids if _file(folder, id_).is_file()})

    async def read(self, email_id: UUID) -> Letter | None:
        """The letter, or None where it is not here."""
        if self._folder is None:
            return None
        return await asyncio.to_thread(_read, _file(self._folder, email_id))


def _file(folder: Path, email_id: UUID) -> Path:
    return folder / f"{email_id}.eml"


def _read(file: Path) -> Letter | None:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    message = BytesParser(policy=policy.default).parsebytes(content)
    date = message["date"]
    return Letter.model_validate(
        {
            "subject": str(message["subject"] or ""),
            "from": str(message["from"] or ""),
            "to": str(message["to"] or ""),
            "date": date.datetime if date else None,
            "text": _part(message, "plain"),
            "html": _part(message, "html"),
            "headers": {name: str(value) for name, value in message.items()},
        }
    )


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")
