"""What has happened in the demo's projects before anybody looks."""

from datetime import UTC, datetime

from app.core.database import Database
from app.dev import harbour_house, northgate
from app.dev.mailman import Mailman
from app.dev.stage import Stage
from app.projects.preflight import host_columns
from app.realtime.broker import PostgresBroker
from app.settings import Settings
from app.storage.store import Storage


async def create_story(settings: Settings, now: datetime | None = None) -> None:
    """Lets the demo's people talk and work as they would have: the others are told, who answers has read.

    ``now`` is when the story ends; no time is later than that.
    """
    url = settings.database_url
    assert url is not None
    now = now or datetime.now(UTC)
    database = Database(url, pool_size=2)
    database.carrier = PostgresBroker(url).carry
    try:
        async with database.reading() as connection:
            host = await host_columns(connection)
        stage = Stage(database, host, Storage(settings.storage_url), Mailman(database, host, settings, now))
        await stage.play([*harbour_house.acts(), *northgate.acts()], now)
    finally:
        await database.close()
