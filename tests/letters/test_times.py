"""When e-mail may come, by the clock of a person: digests and quiet hours, over midnight and as clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest

from app.letters.times import QuietHours, Times, times_of, zone_of

BERLIN = zone_of("Europe/Berlin")
"""Clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = QuietHours(time(22), time(7))
NOON = QuietHours(time(12), time(13, 30))
EARLY = QuietHours(time(1), time(2, 30))


@pytest.mark.parametrize(
    ("hours", "at", "end"),
    [
        pytest.param(NIGHT, "2026-11-21T20:59:59", None, id="before the night"),
        pytest.param(NIGHT, "2026-11-21T21:00", "2026-11-22T06:00", id="as the night begins"),
        pytest.param(NIGHT, "2026-11-21T22:59:59", "2026-11-22T06:00", id="before midnight"),
        pytest.param(NIGHT, "2026-11-21T23:00", "2026-11-22T06:00", id="at midnight"),
        pytest.param(NIGHT, "2026-12-31T22:30", "2027-01-01T06:00", id="at the end of the year"),
        pytest.param(NIGHT, "2026-11-22T05:59:59", "2026-11-22T06:00", id="at the end of the night"),
        pytest.param(NIGHT, "2026-11-22T06:00", None, id="as the night ends"),
        pytest.param(NOON, "2026-11-22T10:59", None, id="before noon"),
        pytest.param(NOON, "2026-11-22T11:00", "2026-11-22T12:30", id="at noon"),
        pytest.param(NOON, "2026-11-22T12:30", None, id="after noon"),
        pytest.param(NIGHT, "2026-03-28T22:00", "2026-03-29T05:00", id="the night that clocks go forward"),
        pytest.param(NIGHT, "2026-10-24T21:00", "2026-10-25T06:00", id="the night that clocks go back"),
        pytest.param(EARLY, "2026-03-29T00:30", "2026-03-29T01:30", id="an end that the clock never shows"),
        pytest.param(EARLY, "2026-10-24T23:30", "2026-10-25T00:30", id="an end that the clock shows twice"),
        pytest.param(EARLY, "2026-10-25T00:30", None, id="between the two"),
        pytest.param(EARLY, "2026-10-25T01:10", "2026-10-25T01:30", id="the hour that is there again"),
    ],
)
def test_quiet_hours_end_by_the_persons_clock(hours: QuietHours, at: str, end: str | None):
    assert hours.end_after(utc(at), BERLIN) == (None if end is None else utc(end))


@pytest.mark.parametrize("hours", [NIGHT, NOON, EARLY], ids=["night", "noon", "early"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_quiet_hours_end_once_they_have_begun(hours: QuietHours, zone: str):
    """At no moment of a year is anybody told to wait for a moment that is past, or for ever."""
    at = utc("2026-01-01T00:00")
    for _ in range(365 * 24 * 4):
        end = hours.end_after(at, zone_of(zone))
        assert end is None or at < end <= at + timedelta(hours=10.5)
        at += timedelta(minutes=15)


@pytest.mark.parametrize(
    ("digest", "zone", "made_at", "comes_at"),
    [
        pytest.param("at_once", "UTC", "2026-11-21T09:10", "2026-11-21T09:10", id="at once"),
        pytest.param("hourly", "UTC", "2026-11-21T09:10:01.5", "2026-11-21T10:00", id="hourly"),
        pytest.param("hourly", "UTC", "2026-11-21T09:00", "2026-11-21T10:00", id="made on the hour"),
        pytest.param("hourly", "UTC", "2026-11-21T23:59", "2026-11-22T00:00", id="before midnight"),
        pytest.param("hourly", "Asia/Kathmandu", "2026-11-21T09:00", "2026-11-21T09:15", id="a zone of odd minutes"),
        pytest.param("hourly", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T01:00", id="as clocks go back"),
        pytest.param("hourly", "Europe/Berlin", "2026-03-29T00:30", "2026-03-29T01:00", id="as clocks go forward"),
        pytest.param("daily", "Europe/Berlin", "2026-11-21T06:59:59", "2026-11-21T07:00", id="before the morning"),
        pytest.param("daily", "Europe/Berlin", "2026-11-21T07:00", "2026-11-22T07:00", id="in the morning"),
        pytest.param("daily", "Europe/Berlin", "2026-11-21T23:30", "2026-11-22T07:00", id="after midnight there"),
        pytest.param("daily", "America/New_York", "2026-11-21T23:30", "2026-11-22T13:00", id="before midnight there"),
        pytest.param("daily", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T06:00", id="a day of 23 hours"),
        pytest.param("daily", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T07:00", id="a day of 25 hours"),
    ],
)
def test_a_digest_comes_with_the_full_hour_or_the_morning(digest: str, zone: str, made_at: str, comes_at: str):
    times = Times(digest, zone_of(zone))
    made = utc(made_at)
    assert times.may_come(made, made) == utc(comes_at)
    assert times.may_come(made, utc(comes_at)) == utc(comes_at)


def test_what_was_late_comes_at_once_and_not_with_the_next_digest():
    now = utc("2026-11-21T09:10")
    assert Times("hourly").may_come(utc("2026-11-21T08:59"), now) == now
    assert Times("daily").may_come(utc("2026-11-19T12:00"), now) == now


def test_a_digest_waits_for_the_end_of_quiet_hours():
    times = Times("hourly", BERLIN, NIGHT)
    assert times.may_come(utc("2026-11-21T20:30"), utc("2026-11-21T20:32")) == utc("2026-11-22T06:00")
    assert times.may_come(utc("2026-11-21T20:30"), utc("2026-11-22T06:00")) == utc("2026-11-22T06:00")


@pytest.mark.parametrize("name", ["Nowhere/Atlantis", "America", "../../etc/passwd", "/etc/passwd", "x" * 300, "a\0b"])
def test_an_unknown_zone_is_utc(name: str):
    assert zone_of(name) is UTC


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to"),
    [(None, None), (time(7), time(7)), (time(0), time(0))],
    ids=["none", "equal", "midnight"],
)
def test_quiet_hours_without_length_are_none(quiet_from: time | None, quiet_to: time | None):
    assert times_of("daily", "Europe/Berlin", quiet_from, quiet_to) == Times("daily", BERLIN, None)


def test_who_has_said_nothing_hears_at_once_by_utc():
    assert times_of(None, None, None, None) == Times("at_once", zone_of("UTC"), None)
