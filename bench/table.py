"""The table of figures."""

from collections.abc import Iterable
from dataclasses import dataclass

_HEAD = ("figure", "measured", "beside it", "ratio", "reach", "ok?")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its ceiling or peer.

    ``value`` is what the reach is about, at least or at most: a ratio, or a number of ``unit``; without a reach the
    figure is there to be known. ``client_share`` is what the load itself took of a core.
    """

    figure: str
    measured: str
    beside: str = ""
    value: float | None = None
    reach: float | None = None
    is_most: bool = False
    unit: str = ""
    client_share: float = 0

    @property
    def holds(self) -> bool:
        if self.value is None or self.reach is None:
            return True
        return self.value <= self.reach if self.is_most else self.value >= self.reach

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.unit or self.value is None else f"{self.value:.2f}"
        if self.reach is None:
            return self.figure, self.measured, self.beside, ratio, "", ""
        reach = f"at {'most' if self.is_most else 'least'} {self.reach:g}{self.unit or ' times'}"
        return self.figure, self.measured, self.beside, ratio, reach, "yes" if self.holds else "**NO**"


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a table, aligned to be read as it is."""
    cells = [_HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)
