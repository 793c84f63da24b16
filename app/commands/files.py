"""`portal sweep`: bytes and rows of files brought together again."""

from datetime import timedelta
from typing import Annotated

import typer

from app.commands.console import database_url, run, say
from app.core.database import Database
from app.files.sweep import Swept
from app.files.sweep import sweep as sweep_files
from app.settings import Settings, load_settings
from app.storage.store import Storage


def sweep(
    older_than: Annotated[float, typer.Option(min=0, help="Hours for which bytes without a row are left alone")] = 1,
) -> None:
    """Remove old drafts, bytes that no file has, and what broken uploads left; tell which files have lost theirs."""
    settings = load_settings()
    swept = run(_sweep(settings, timedelta(hours=older_than)))
    removed = (
        _counted(swept.drafts, "draft"),
        _counted(swept.orphans, "piece", " without a file"),
        _counted(swept.partials, "broken upload"),
    )
    say(f"Removed: {', '.join(removed)}.")
    for file_id in swept.missing:
        say(f"The bytes of file {file_id} are missing.")


def _counted(number: int, thing: str, more: str = "") -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}{more}"


async def _sweep(settings: Settings, older_than: timedelta) -> Swept:
    storage = Storage(settings.storage_url)
    database = Database(database_url(settings), pool_size=1)
    try:
        await storage.check()
        return await sweep_files(database, storage, older_than)
    finally:
        await database.close()
