"""The audit log as tests look at it: what has been written since a moment."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.world import PEOPLE, World

_NAMES = {id_: name for name, id_ in PEOPLE.items()}


@dataclass(frozen=True)
class Audited:
    """Entries of one world, of a test's own time: they cannot be taken back between tests."""

    world: World
    since: datetime

    @classmethod
    async def on(cls, world: World) -> "Audited":
        return cls(world, await world.value("SELECT clock_timestamp()"))

    async def entries(self) -> list[dict[str, Any]]:
        """Oldest first; people by their names, what is empty left out."""
        rows = await self.world.fetch(
            "SELECT action, actor_id AS actor, user_id AS user, project_id AS project, address, details"
            " FROM client_portal.audit_log WHERE at > $1 ORDER BY at, id",
            self.since,
        )
        return [_readable(dict(row)) for row in rows]

    async def actions(self) -> list[str]:
        return [entry["action"] for entry in await self.entries()]


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    row["details"] = json.loads(row["details"])
    named = {name: _NAMES.get(value, value) if isinstance(value, UUID) else value for name, value in row.items()}
    return {name: value for name, value in named.items() if value not in (None, {})}
