"""What subjects say, and how texts of people are shown."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from app.letters.times import zone_of
from app.letters.wording import (
    in_lines,
    in_one_line,
    in_words,
    kind_of,
    subject_of,
    without_addresses,
    without_place,
    words_of,
)
from app.preferences.event_types import EventType


@pytest.mark.parametrize(
    ("types", "projects", "subject"),
    [
        (["message_posted"], ["Harbour House"], "New message in Harbour House"),
        (["message_posted"] * 3, ["Harbour House"], "3 new messages in Harbour House"),
        (["file_uploaded"], ["Harbour House"], "New file in Harbour House"),
        (["issue_created"] * 2, ["Harbour House"], "2 new issues in Harbour House"),
        (["requirement_created"], ["Harbour House"], "New requirement in Harbour House"),
        (["task_completed"] * 2, ["Harbour House"], "2 tasks are done in Harbour House"),
        (["approval_requested"], ["Harbour House"], "Your approval is asked for in Harbour House"),
        (["approval_requested"] * 2, ["Harbour House"], "Your approval is asked for 2 times in Harbour House"),
        (["approval_decided"], ["Harbour House"], "A request for approval is answered in Harbour House"),
        (["approval_decided"] * 2, ["Harbour House"], "2 requests for approval are answered in Harbour House"),
        (["file_uploaded", *["message_posted"] * 3], ["Harbour House"], "3 messages and 1 file in Harbour House"),
        (
            ["message_posted", "approval_requested", "task_completed", "task_completed"],
            ["Harbour House"],
            "1 approval wanted, 1 message and 2 tasks done in Harbour House",
        ),
        (
            ["message_posted", "issue_created", "requirement_created", *["file_uploaded"] * 4],
            ["Harbour House"],
            "1 issue, 1 requirement and 5 more in Harbour House",
        ),
        (["message_posted", "of_a_newer_version"], ["Harbour House"], "1 message and 1 more in Harbour House"),
        (["of_a_newer_version", "of_the_newest"], ["Harbour House"], "2 updates in Harbour House"),
        (
            ["approval_decided", "issue_created"],
            ["Harbour House"],
            "1 issue and 1 answer to a request in Harbour House",
        ),
        (["message_posted"] * 5, ["Harbour House", "Northgate"], "5 new messages in 2 projects"),
        (["message_posted", "file_uploaded"], ["Harbour House", "Northgate"], "1 message and 1 file in 2 projects"),
        (["of_a_newer_version"], ["Harbour House"], "News in Harbour House"),
    ],
)
def test_a_subject_says_what_happened_how_often_and_where(types: list[str], projects: list[str], subject: str):
    assert subject_of(Counter(types), projects) == subject


@pytest.mark.parametrize("type_", EventType)
def test_every_type_has_words_of_its_own(type_: EventType):
    assert words_of(type_).label != words_of("of_a_newer_version").label


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Clara Jensen approved a task in Harbour House", "Approved"),
        ("Clara Jensen asked for changes to a task in Harbour House", "Changes asked for"),
        ("Ada asked for changes to a task for Clara Jensen in Harbour House", "Changes asked for"),
        ("It is decided about a task", "Answer to a request"),
        ("Who approved a task asked for changes to a task in Harbour House", "Answer to a request"),
    ],
)
def test_a_decision_is_called_what_it_is_where_its_title_tells(title: str, label: str):
    assert words_of(kind_of("approval_decided", title)).label == label


def test_only_decisions_are_told_by_their_titles():
    assert kind_of("message_posted", "Clara Jensen approved a task in Harbour House") == "message_posted"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Clara wrote in Harbour House", "Clara wrote"),
        ("Clara wrote in Harbour House II", "Clara wrote in Harbour House II"),
        ("Clara in Harbour House wrote", "Clara in Harbour House wrote"),
        ("Clara wrote in harbour house", "Clara wrote in harbour house"),
        ("New message", "New message"),
        (" in Harbour House", " in Harbour House"),
    ],
)
def test_a_title_does_not_say_again_where_it_happened(title: str, shown: str):
    assert without_place(title, "Harbour House") == shown


def test_a_projects_name_cannot_add_a_line_to_a_subject_nor_fill_it():
    subject = subject_of({"file_uploaded": 1}, ["Harbour\r\nBcc: all@example.com"])
    assert subject == "New file in Harbour Bcc: all@example.com"
    assert len(subject_of({"file_uploaded": 1}, ["House " * 500])) < 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A  title\n of\ttwo\u2028lines", "A title of two lines"),
        ("gpj.\u202eexe\u202c", "gpj.exe"),
        ("\u2066a\u2069 \u200fאב\x07\x1b[2J", "a \u200fאב[2J"),
        ("x" * 50, "x" * 19 + "…"),
        ("a word " * 9, "a word a word a wor…"),
    ],
)
def test_a_title_is_one_line_that_turns_nothing_around_it(text: str, line: str):
    assert in_one_line(text, 20) == line


def test_the_lines_of_a_snippet_are_kept_and_blank_ones_are_not():
    assert in_lines("One\r\ntwo\n\n \u200b\nthree \x85four\u2029five\r") == ["One", "two", "three", "four", "five"]
    assert in_lines(None) == []


def test_a_snippet_is_cut_where_it_is_too_long_or_has_too_many_lines():
    assert in_lines("x" * 281) == ["x" * 279 + "…"]
    assert in_lines("\n".join("abcdefghij")) == [*"abcdefgh", "…"]


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "1 Jan, 00:05 CET"),
        ("UTC", "31 Dec, 23:05 UTC"),
        ("Asia/Kathmandu", "1 Jan, 04:50 UTC+0545"),
        ("America/Sao_Paulo", "31 Dec, 20:05 UTC-03"),
    ],
)
def test_a_time_is_that_of_the_persons_clock(zone: str, words: str):
    assert in_words(datetime(2026, 12, 31, 23, 5, 30, tzinfo=UTC), zone_of(zone)) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to dev@example.com.", "Write to {}."),
        ("from john@example.com & co.txt", "from {} & co.txt"),
        ("Deniz <dev@example.com>, 'o'brien@example.com'!", "Deniz <{}>, '{}'!"),
        ("mailto:dev@example.com?subject=Hello", "mailto:{}"),
        ("https://example.com/dev+portal@example.com/inbox", "https://example.com/{}/inbox"),
        ('"John Doe"@example.com', "{}"),
        ("dev@[192.0.2.1]", "{}"),
        ("dev@example@com", "{}"),
        ("δοκιμή@παράδειγμα.δοκιμή", "{}"),
        ("dev\uff20example.com", "{}"),
        ("cut: dev@exam…", "cut: {}"),
        ("cut: dev@…", "cut: {}"),
        ("dev@\x1c\u202eexample.com and dev\x00@example.com", "{} and {}"),
        ("one@example.com\ntwo@example.com", "{}\n{}"),
    ],
)
def test_addresses_are_not_shown(text: str, shown: str):
    assert without_addresses(text) == shown.replace("{}", "[an address, see the portal]")


@pytest.mark.parametrize("text", ["at 10 @ the site", "ask @deniz", "https://example.com/@deniz/post", "3 @", "@"])
def test_what_is_no_address_is_shown(text: str):
    assert without_addresses(text) == text
