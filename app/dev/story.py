"""What has happened in the demo's projects before anybody looks."""

from app.core.database import Database
from app.dev import harbour_house, northgate
from app.dev.stage import Stage
from app.projects.preflight import host_columns
from app.realtime.broker import PostgresBroker
from app.storage.store import Storage


async def create_story(url: str, storage_url: str) -> None:
    """Lets the demo's people talk and work as they would have: the others are told, who answers has read."""
    database = Database(url, pool_size=2)
    database.carrier = PostgresBroker(url).carry
    try:
        async with database.reading() as connection:
            host = await host_columns(connection)
        await Stage(database, host, Storage(storage_url)).play([*harbour_house.acts(), *northgate.acts()])
    finally:
        await database.close()
