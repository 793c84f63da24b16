"""The one statement that sends signals."""

from collections.abc import Sequence

from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import fetch

_payload = func.unnest(bindparam("payloads", type_=ARRAY(Text))).column_valued("payload")
_NOTIFY = select(func.pg_notify(bindparam("channel", type_=Text), _payload))


async def notify(connection: AsyncConnection, channel: str, payloads: Sequence[str]) -> None:
    """Sends the payloads in the connection's transaction, in one statement: each NOTIFY takes a lock at commit."""
    await fetch(connection, _NOTIFY, {"channel": channel, "payloads": payloads})
