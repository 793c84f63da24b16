"""Puts e-mails together: what is told, grouped by project, as text and as HTML."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from app.core.types import HostId
from app.letters.queries import Contents, DueEmail, DueItem, Tally
from app.letters.times import zone_of
from app.letters.unsubscribe import UnsubscribeLinks
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
from app.mail.letter import Letter
from app.notifications.events import TITLE_MAX, route_path
from app.preferences.event_types import EventType
from app.preferences.models import Digest

SHOWN = 20
"""How many things one e-mail tells, the latest ones; the others it counts. Gmail shows the first 100 KiB only."""
_NAME_MAX = 120


@cache
def _templates() -> tuple[Template, Template]:
    """Of the text and of the HTML; compiled once."""
    environment = Environment(
        loader=PackageLoader("app.letters"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Each rendering copies them, and the templates use none of Jinja's own.
    environment.globals.clear()
    return environment.get_template("letter.txt"), environment.get_template("letter.html")


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing. What ``goes_on`` is headed as the one before it was, such as a person's next message."""

    label: str
    type: str
    kind: str
    title: str
    lines: list[str]
    at: str
    url: str
    goes_on: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """What is told of one project. ``earlier`` is how many things are not shown."""

    project: str
    url: str
    items: list[_Item]
    earlier: int


@dataclass(frozen=True, slots=True)
class _Button:
    text: str
    url: str


class Composer:
    """Knows the portal's address, and its templates."""

    def __init__(self, base_url: str, links: UnsubscribeLinks) -> None:
        self._base_url = base_url
        self._links = links
        self._text, self._html = _templates()

    def compose(self, email: DueEmail, contents: Contents) -> Letter:
        """The e-mail that tells this: one thing at least. Its recipient has an account."""
        assert email.address is not None
        if email.is_to_client:
            contents = _for_client(contents)
        types: Counter[str] = Counter()
        for tally in contents.tallies:
            types[tally.type] += tally.number
        projects = {tally.project_id: tally.project_name for tally in contents.tallies}
        subject = subject_of(types, list(projects.values()))
        groups = self._groups(email, contents)
        unsubscribe_url = self._links.url(email.recipient_id)
        content = {
            "subject": subject,
            "client": None if email.client_name is None else in_one_line(email.client_name, _NAME_MAX),
            "groups": groups,
            "elsewhere": types.total() - sum(len(group.items) + group.earlier for group in groups),
            "is_of_one": len(projects) == 1,
            "is_list": types.total() > 1,
            "button": self._button(types, groups),
            "answer_url": self._answer_url(list(projects)),
            "address": email.address,
            "digest": _digest_of(email),
            "portal_url": self._base_url,
            "unsubscribe_url": unsubscribe_url,
        }
        return Letter(
            id=email.id,
            to=email.address,
            to_name=in_one_line(email.name or "", _NAME_MAX),
            subject=subject,
            text=self._text.render(content),
            html=self._html.render(content),
            unsubscribe_url=unsubscribe_url,
            thread=email.thread,
        )

    def _groups(self, email: DueEmail, contents: Contents) -> list[_Group]:
        """What is shown, by project; what happened first comes first."""
        zone = zone_of(email.time_zone or "UTC")
        earlier = _not_shown(contents.latest, contents.tallies)
        groups: dict[HostId, _Group] = {}
        for item in contents.latest:
            group = groups.get(item.project_id)
            if group is None:
                name = in_one_line(item.project_name, _NAME_MAX)
                url = f"{self._base_url}/projects/{item.project_id}"
                group = groups[item.project_id] = _Group(name, url, [], earlier[item.project_id])
            group.items.append(self._item(item, zone, group.items[-1] if group.items else None))
        return list(groups.values())

    def _item(self, item: DueItem, zone: tzinfo, before: _Item | None) -> _Item:
        title = in_one_line(without_place(item.title, item.project_name), TITLE_MAX)
        kind = kind_of(item.type, item.title)
        return _Item(
            label=words_of(kind).label,
            type=item.type,
            kind=kind,
            title=title,
            lines=in_lines(item.body),
            at=in_words(item.created_at, zone),
            url=self._base_url + route_path(item.project_id, item.source_kind, item.source_id),
            goes_on=before is not None and (before.kind, before.title) == (kind, title),
        )

    def _answer_url(self, project_ids: Sequence[HostId]) -> str:
        """Where what one has to say to a letter can be said."""
        if len(project_ids) > 1:
            return f"{self._base_url}/projects"
        return f"{self._base_url}/projects/{project_ids[0]}/messages"

    def _button(self, types: Counter[str], groups: Sequence[_Group]) -> _Button:
        """Where most people will want to go: what waits for them, the only thing, a conversation, the project."""
        first = groups[0]
        for item in (item for group in groups for item in group.items):
            if item.type == EventType.APPROVAL_REQUESTED:
                return _Button(words_of(item.type).button, item.url)
        if len(groups) > 1:
            return _Button("Open your projects", f"{self._base_url}/projects")
        if types.total() == 1 or types.keys() == {EventType.MESSAGE_POSTED.value}:
            return _Button(words_of(first.items[0].type).button, first.items[0].url)
        return _Button("Open the project", first.url)


def _digest_of(email: DueEmail) -> str | None:
    """How often a digest comes, if this is one; what was begun before it was chosen tells of one room."""
    is_digest = email.thread == email.recipient_id and email.digest != Digest.AT_ONCE
    return email.digest if is_digest else None


def _for_client(contents: Contents) -> Contents:
    """The same without addresses, wherever people wrote them."""
    latest = [
        replace(
            item,
            title=without_addresses(item.title),
            body=None if item.body is None else without_addresses(item.body),
            project_name=without_addresses(item.project_name),
        )
        for item in contents.latest
    ]
    tallies = [replace(tally, project_name=without_addresses(tally.project_name)) for tally in contents.tallies]
    return replace(contents, latest=latest, tallies=tallies)


def _not_shown(shown: Sequence[DueItem], tallies: Sequence[Tally]) -> Counter[HostId]:
    """How many things of each project are told and not shown."""
    earlier: Counter[HostId] = Counter()
    for tally in tallies:
        earlier[tally.project_id] += tally.number
    earlier.subtract(item.project_id for item in shown)
    return earlier
