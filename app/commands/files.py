"""`portal sweep`: bytes and rows of files brought together again."""

from typing import Annotated

import typer

from app.commands.console import database_url, run, say
from app.core.database import Database
from app.files.sweep import Swept
from app.files.sweep import sweep as sweep_files
from app.settings import Settings, load_settings
from app.storage.store import Storage


def sweep(
    force: Annotated[
        bool, typer.Option("--force", help="Remove what has no file even if it is most of what is stored")
    ] = False,
) -> None:
    """Remove old drafts, bytes that no file has, and what broken uploads left; tell which files have lost theirs."""
    swept = run(_sweep(load_settings(), is_forced=force))
    removed = (
        _counted(swept.drafts, "draft"),
        _counted(swept.orphans, "piece", " without a file"),
        _counted(swept.uploads + swept.partials, "broken upload"),
    )
    say(f"Removed: {', '.join(removed)}.")
    for file_id in swept.missing:
        say(f"The bytes of file {file_id} are missing.")


def _counted(number: int, thing: str, more: str = "") -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}{more}"


async def _sweep(settings: Settings, *, is_forced: bool) -> Swept:
    storage = Storage(settings.storage_url)
    database = Database(database_url(settings), pool_size=1)
    try:
        await storage.check()
        return await sweep_files(database, storage, is_forced=is_forced)
    finally:
        await database.close()
