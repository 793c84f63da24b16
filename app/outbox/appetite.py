"""How many rows a worker claims at once."""

_MOST = 50
_SHORT_SECONDS = 0.5
_LONG_SECONDS = 2.0


class Appetite:
    """Grows as long as what was claimed is gone soon, and shrinks when it stays.

    What waits with one worker is not there for others, is judged early, and waits for its lease when that one dies.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self.limit = least

    @property
    def low(self) -> int:
        """With so many left it is time to claim more."""
        return self.limit // 2

    def took(self, seconds: float) -> None:
        """So long it took from a full claim until there were few left of it."""
        if seconds < _SHORT_SECONDS:
            self.limit = min(self.limit * 2, _MOST)
        elif seconds > _LONG_SECONDS:
            self.limit = max(self.limit // 2, self._least)
