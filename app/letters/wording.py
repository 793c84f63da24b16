"""What e-mails say, in a few words for each type of event, and how texts of people are shown in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from app.core.types import is_blank
from app.notifications.events import snippet_of
from app.preferences.event_types import EventType


@dataclass(frozen=True, slots=True)
class Words:
    """Of one type: what it is called, what is said of one and of several, and what the button to it says."""

    label: str
    one: str
    many: str
    button: str


_WORDS: dict[str, Words] = {
    EventType.ISSUE_CREATED: Words("Issue", "New issue", "{} new issues", "Open the issue"),
    EventType.REQUIREMENT_CREATED: Words(
        "Requirement", "New requirement", "{} new requirements", "Open the requirement"
    ),
    EventType.MESSAGE_POSTED: Words("Message", "New message", "{} new messages", "Open the conversation"),
    EventType.FILE_UPLOADED: Words("File", "New file", "{} new files", "Open the file"),
    EventType.TASK_COMPLETED: Words("Task done", "A task is done", "{} tasks are done", "Open the task"),
    EventType.APPROVAL_REQUESTED: Words(
        "Approval wanted", "Your approval is asked for", "Your approval is asked for {} times", "Look at the task"
    ),
    EventType.APPROVAL_DECIDED: Words(
        "Approval decided", "An approval is decided", "{} approvals are decided", "Open the task"
    ),
}
_OTHER = Words("Notification", "News", "{} updates", "Open the project")
"""Of a type that a newer version wrote, and of several types together."""


def words_of(type_: str) -> Words:
    return _WORDS.get(type_, _OTHER)


def subject_of(types: Mapping[str, int], projects: Sequence[str]) -> str:
    """What happened where, and nothing of what it says: subjects are shown on locked screens.

    ``types`` says how many there are of each; ``projects`` are the names of the different projects.
    """
    words = words_of(next(iter(types))) if len(types) == 1 else _OTHER
    number = sum(types.values())
    what = words.one if number == 1 else words.many.format(number)
    where = in_one_line(projects[0], _SUBJECTS_NAME) if len(projects) == 1 else f"{len(projects)} projects"
    return f"{what} in {where}"


_SUBJECTS_NAME = 80
_SNIPPETS_LINES = 8

# Controls, and what turns the direction of all that follows; marks (U+200E, U+200F) turn nothing but themselves.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def in_one_line(text: str, most: int) -> str:
    """A name or title: its blanks as single spaces, and no more than so many characters."""
    line = " ".join(_UNPRINTABLE.sub("", text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def in_lines(text: str | None) -> list[str]:
    """The lines of a snippet, as many as are shown, without blank ones."""
    if text is None:
        return []
    written = _UNPRINTABLE.sub("", _BREAKS.sub("\n", text))
    lines = [line.rstrip() for line in snippet_of(written).split("\n") if not is_blank(line)]
    return lines if len(lines) <= _SNIPPETS_LINES else [*lines[:_SNIPPETS_LINES], "…"]


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def in_words(at: datetime, zone: tzinfo) -> str:
    """Day and time by the person's clock: ``21 Nov, 10:05 CET``."""
    local = at.astimezone(zone)
    name = local.tzname() or "UTC"
    name = f"UTC{name}" if name[0] in "+-" else name
    return f"{local.day} {_MONTHS[local.month - 1]}, {local.hour:02}:{local.minute:02} {name}"
