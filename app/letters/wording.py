"""What e-mails say, in a few words for each type of event, and how texts of people are shown in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from app.core.types import is_blank
from app.notifications.events import APPROVED, CHANGES_ASKED_FOR, snippet_of
from app.preferences.event_types import EventType


@dataclass(frozen=True, slots=True)
class Words:
    """Of one type: what it is called, what is said of one and of several, and what the button to it says.

    ``noun`` and ``nouns`` count it beside others.
    """

    label: str
    one: str
    many: str
    noun: str
    nouns: str
    button: str


_APPROVED = "approved"
_CHANGES_ASKED_FOR = "changes_asked_for"
_DECIDED = Words(
    "Answer to a request",
    "A request for approval is answered",
    "{} requests for approval are answered",
    "{} answer to a request",
    "{} answers to requests",
    "Open the task",
)

# As they are counted in a subject: what somebody waits for comes first.
_WORDS: dict[str, Words] = {
    EventType.APPROVAL_REQUESTED: Words(
        "Approval wanted",
        "Your approval is asked for",
        "Your approval is asked for {} times",
        "{} approval wanted",
        "{} approvals wanted",
        "Look at the task",
    ),
    EventType.ISSUE_CREATED: Words("Issue", "New issue", "{} new issues", "{} issue", "{} issues", "Open the issue"),
    EventType.REQUIREMENT_CREATED: Words(
        "Requirement",
        "New requirement",
        "{} new requirements",
        "{} requirement",
        "{} requirements",
        "Open the requirement",
    ),
    EventType.MESSAGE_POSTED: Words(
        "Message", "New message", "{} new messages", "{} message", "{} messages", "Open the conversation"
    ),
    EventType.FILE_UPLOADED: Words("File", "New file", "{} new files", "{} file", "{} files", "Open the file"),
    EventType.TASK_COMPLETED: Words(
        "Task done", "A task is done", "{} tasks are done", "{} task done", "{} tasks done", "Open the task"
    ),
    EventType.APPROVAL_DECIDED: _DECIDED,
}
_OF_DECISIONS = {
    _APPROVED: replace(_DECIDED, label="Approved"),
    _CHANGES_ASKED_FOR: replace(_DECIDED, label="Changes asked for"),
}
_OTHER = Words("Notification", "News", "{} updates", "{} update", "{} updates", "Open the project")
"""Of a type that a newer version wrote."""


def kind_of(type_: str, title: str) -> str:
    """The type; of a decision, which one it is, if its title alone tells.

    The sentence of a title holds the words of its decision. If a name in it holds those of the other one, it is open.
    """
    if type_ == EventType.APPROVAL_DECIDED:
        is_approved, is_to_be_changed = APPROVED in title, CHANGES_ASKED_FOR in title
        if is_approved != is_to_be_changed:
            return _APPROVED if is_approved else _CHANGES_ASKED_FOR
    return type_


def words_of(kind: str) -> Words:
    return _WORDS.get(kind) or _OF_DECISIONS.get(kind, _OTHER)


def subject_of(types: Mapping[str, int], projects: Sequence[str]) -> str:
    """What happened where, and nothing of what it says: subjects are shown on locked screens.

    ``types`` says how many there are of each; ``projects`` are the names of the different projects.
    """
    where = in_one_line(projects[0], _SUBJECTS_NAME) if len(projects) == 1 else f"{len(projects)} projects"
    return f"{_counted(types)} in {where}"


def _counted(types: Mapping[str, int]) -> str:
    """``3 new messages``; of several types ``3 messages and 1 file``, and no more than three of them."""
    total = sum(types.values())
    if len(types) == 1:
        words = words_of(next(iter(types)))
        return words.one if total == 1 else words.many.format(total)
    order = list(_WORDS)
    known = sorted((type_ for type_ in types if type_ in _WORDS), key=order.index)
    shown = known if len(types) <= _SUBJECTS_TYPES and len(known) == len(types) else known[: _SUBJECTS_TYPES - 1]
    parts = [
        (words_of(type_).noun if types[type_] == 1 else words_of(type_).nouns).format(types[type_]) for type_ in shown
    ]
    if left := total - sum(types[type_] for type_ in shown):
        parts.append(f"{left} more" if parts else _OTHER.many.format(left))
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


_SUBJECTS_TYPES = 3
_SUBJECTS_NAME = 80
_SNIPPETS_LINES = 8

# Controls, and what turns the direction of all that follows; marks (U+200E, U+200F) turn nothing but themselves.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")


def in_one_line(text: str, most: int) -> str:
    """A name or title: its blanks as single spaces, and no more than so many characters."""
    line = " ".join(_UNPRINTABLE.sub("", text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def without_place(title: str, place: str) -> str:
    """A title that ends with where it happened, without that, for where it stands under the name of the place."""
    return title.removesuffix(f" in {place}") or title


def in_lines(text: str | None) -> list[str]:
    """The lines of a snippet, as many as are shown, without blank ones."""
    if text is None:
        return []
    written = _UNPRINTABLE.sub("", _BREAKS.sub("\n", text))
    lines = [line.rstrip() for line in snippet_of(written).split("\n") if not is_blank(line)]
    return lines if len(lines) <= _SNIPPETS_LINES else [*lines[:_SNIPPETS_LINES], "…"]


# What stands around an "@" without a blank, and what in quotes or brackets; up to where the text was cut. A handle, as
# in "/@name", is none.
_LIMITS = r"""\s"()<>\[\]{},;:/"""
_BEFORE = rf"""(?:"[^"\n]*"|(?!')[^{_LIMITS}@\uff20]+)"""
_AFTER = rf"""(?:\[[^\]\s]*\]|[^{_LIMITS}]*[\w…])"""
_ADDRESS = re.compile(rf"{_BEFORE}[@\uff20]{_AFTER}")
_AN_ADDRESS = "[an address, see the portal]"


def without_addresses(text: str) -> str:
    """What people wrote, for who is not to learn addresses by mail or push."""
    if "@" not in text and "\uff20" not in text:
        return text  # nothing to look for, as mostly
    # Looked at as it will be shown: what is not printed may stand within an address.
    shown, found = _ADDRESS.subn(_AN_ADDRESS, _UNPRINTABLE.sub("", text))
    return shown if found else text


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def in_words(at: datetime, zone: tzinfo) -> str:
    """Day and time by the person's clock: ``21 Nov, 10:05 CET``."""
    local = at.astimezone(zone)
    name = local.tzname() or "UTC"
    name = f"UTC{name}" if name[0] in "+-" else name
    return f"{local.day} {_MONTHS[local.month - 1]}, {local.hour:02}:{local.minute:02} {name}"
