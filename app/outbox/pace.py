"""How long an outbox's worker waits for what."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds. ``lease`` must outlast ``fresh`` and ``delivery`` together."""

    poll: float = 2.0
    lease: float = 300.0
    fresh: float = 5.0
    """What was judged longer ago than this is judged anew before it is sent."""
    delivery: float = 75.0
    """What takes longer is cut off; lanes have shorter limits of their own."""
    database: float = 10.0
    """What takes longer to ask of the database has failed: the connection to it may be no more."""
    idle_lane: float = 10.0
    retired_lane: float = 300.0
    """How long a lane rests that was one more than is allowed."""
    tries: int = 80
    """So many take longer than what is sent is wanted for: a server may be ill for days."""
    first_retry: float = 30.0
    longest_retry: float = 3600.0
    blameless_tries: int = 8
    """More tries than these are not counted against a row when it was not to blame."""
    first_pause: float = 1.0
    longest_pause: float = 60.0
    longest_pause_of_strangers: float = 900.0
    """For whom a server does not know: who asks too often is locked out."""
    stop: float = 7.0
    """What is being delivered at the end may take so long, unless whoever ends the worker says otherwise."""
    last_words: float = 2.0
    """What became of it may take so long to be put down then: most give a process ten seconds in all to end."""

    def retry(self, attempts: int) -> timedelta:
        """From the failure of this attempt, the first being 1, to the next."""
        return timedelta(seconds=_growing(self.first_retry, self.longest_retry, attempts - 1))

    def pause(self, faults: int, *, is_stranger: bool = False) -> float:
        """How long to keep still after so many faults in a row that concern all rows."""
        longest = self.longest_pause_of_strangers if is_stranger else self.longest_pause
        return _growing(self.first_pause, longest, faults - 1)

    def next_return(self) -> float:
        return _jittered(self.retired_lane)

    def next_poll(self) -> float:
        return _jittered(self.poll)


def _growing(first: float, longest: float, doublings: int) -> float:
    # The exponent has a limit too: no float is large enough for thousands of faults.
    return min(longest, _jittered(first * 2.0 ** min(max(doublings, 0), 30)))


def _jittered(seconds: float) -> float:
    """About so long: what failed together is not tried again together."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 (jitter, not a secret)
