"""How many rows a worker has in hand at once."""

_MOST = 200
_SHORT_SECONDS = 0.25
_LONG_SECONDS = 1.0


class Appetite:
    """Grows as long as what is in hand is gone soon, and shrinks when it stays.

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
        """So long it took from when there were as many as the limit until there were few left."""
        if seconds < _SHORT_SECONDS:
            self.limit = min(self.limit * 2, _MOST)
        elif seconds > _LONG_SECONDS:
            self.limit = max(self.limit // 2, self._least)

    def spoiled(self) -> None:
        """Some stayed for so long that it has to be judged anew."""
        self.limit = self._least
