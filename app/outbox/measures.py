"""What becomes of the rows of outboxes, counted."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import inspect

from app.outbox.models import Queued, State


def rows_counter(registry: CollectorRegistry) -> Counter:
    """One for all outboxes of a process."""
    return Counter(
        "portal_outbox_rows", "Rows that were due, by what became of them", ["outbox", "state"], registry=registry
    )


@dataclass(frozen=True, slots=True)
class Measures:
    """Those of one outbox."""

    outbox: str
    rows: Counter

    @classmethod
    def of(cls, table: type[Queued], rows: Counter) -> "Measures":
        return cls(str(inspect(table).local_table.name), rows)

    def count(self, state: State, number: int = 1) -> None:
        if number:
            self.rows.labels(self.outbox, state.value).inc(number)
