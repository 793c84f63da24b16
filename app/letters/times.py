"""When a person may be told, by the clock of their time zone. Nothing here knows the database."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.preferences.models import Digest

_DIGEST_AT = time(8)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """The time zone of this name; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when until when nobody is to be disturbed; over midnight if they end before they begin."""

    begin: time
    end: time

    def end_after(self, at: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet hours end in which this moment lies, in UTC; None if it lies in none."""
        local = at.astimezone(zone)
        clock = local.time()
        has_begun, is_over = clock >= self.begin, clock >= self.end
        spans_midnight = self.begin > self.end
        is_quiet = has_begun or not is_over if spans_midnight else has_begun and not is_over
        if not is_quiet:
            return None
        day = local.date() + _DAY if is_over else local.date()
        # Where clocks are set back, the hour is there twice: it is the one that is still to come.
        ends = (datetime.combine(day, self.end, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        return next((end for end in ends if end > at), None)


@dataclass(frozen=True, slots=True)
class Times:
    """When e-mail may come to one person."""

    digest: str = Digest.AT_ONCE
    zone: tzinfo = UTC
    quiet: QuietHours | None = None

    def may_come(self, made_at: datetime, now: datetime) -> datetime:
        """When what was made then may come: ``now``, or the moment until which it waits."""
        at = max(now, self._collected_until(made_at))
        return (self.quiet and self.quiet.end_after(at, self.zone)) or at

    def _collected_until(self, made_at: datetime) -> datetime:
        """Until when a digest collects what was made then: the next full hour, or the next morning."""
        local = made_at.astimezone(self.zone)
        if self.digest == Digest.HOURLY:
            past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            return (made_at - past + _HOUR).astimezone(UTC)
        if self.digest == Digest.DAILY:
            day = local.date() if local.time() < _DIGEST_AT else local.date() + _DAY
            return datetime.combine(day, _DIGEST_AT, self.zone).astimezone(UTC)
        return made_at


def times_of(digest: str | None, zone: str | None, quiet_from: time | None, quiet_to: time | None) -> Times:
    """What is stored of one person; None where nothing is. Quiet hours without length are none."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        quiet = None
    else:
        quiet = QuietHours(quiet_from, quiet_to)
    return Times(digest or Digest.AT_ONCE, zone_of(zone or "UTC"), quiet)
