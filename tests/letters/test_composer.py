"""What e-mails say, as text and as HTML: everything that happened, and nothing that breaks out of it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.letters.composer import SHOWN, Composer
from app.letters.queries import Contents, DueEmail, DueItem, Tally
from app.letters.unsubscribe import UnsubscribeLinks
from app.mail.letter import Letter
from app.notifications.events import SOURCES, route_path
from app.preferences.event_types import EventType

URL = "https://portal.example.com"
LINKS = UnsubscribeLinks(URL, "a secret of the tests that is longer than 32 bytes")
RECIPIENT = uuid4()
HOUSE, NORTHGATE = uuid4(), uuid4()
AT = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)


def due_email(**columns: Any) -> DueEmail:
    values: dict[str, Any] = {
        "id": uuid4(),
        "recipient_id": RECIPIENT,
        "thread": uuid4(),
        "created_at": AT,
        "address": "clara@mail.example",
        "name": "Clara Lindgren",
        "is_active": True,
        "is_to_client": True,
        "is_wanted": True,
        "is_suppressed": False,
        "digest": None,
        "time_zone": None,
        "quiet_from": None,
        "quiet_to": None,
        "visible_until": None,
        "client_name": None,
    }
    return DueEmail(**(values | columns))


def due_item(type_: str = "message_posted", **columns: Any) -> DueItem:
    values: dict[str, Any] = {
        "type": type_,
        "project_id": HOUSE,
        "source_kind": SOURCES[EventType(type_)].value if type_ in list(EventType) else "of_a_newer_version",
        "source_id": uuid4(),
        "title": "Ben Okafor wrote in Harbour House",
        "body": "Hello",
        "created_at": AT,
        "project_name": "Harbour House",
    }
    return DueItem(**(values | columns))


def contents_of(*items: DueItem) -> Contents:
    kinds = Counter((item.type, item.project_id, item.project_name) for item in items)
    tallies = [Tally(*kind, number) for kind, number in kinds.items()]
    return Contents(list(items[-SHOWN:]), tallies)


def composed(*items: DueItem, **columns: Any) -> Letter:
    return Composer(URL, LINKS).compose(due_email(**columns), contents_of(*items))


class Page(HTMLParser):
    """An e-mail as a client reads it: what it shows, where it leads, and what it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.links: dict[str, str] = {}
        self.texts: list[str] = []
        self._open: list[str] = []
        self._href: str | None = None
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        if tag not in {"meta", "br"}:
            self._open.append(tag)
        self._href = dict(attributes).get("href", self._href)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, text):
        if "style" in self._open or not text.strip():
            return
        self.texts.append(text.strip())
        if "a" in self._open and self._href is not None:
            self.links[text.strip()] = self._href

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def link_to(item: DueItem) -> str:
    return URL + route_path(item.project_id, item.source_kind, item.source_id)


@pytest.mark.parametrize(
    ("type_", "kind", "label", "button"),
    [
        ("issue_created", "issues/", "Issue", "Open the issue"),
        ("requirement_created", "issues/", "Requirement", "Open the requirement"),
        ("message_posted", "messages?focus=", "Message", "Open the conversation"),
        ("file_uploaded", "files?focus=", "File", "Open the file"),
        ("task_completed", "tasks?focus=", "Task done", "Open the task"),
        ("approval_requested", "tasks?focus=", "Approval wanted", "Look at the task"),
        ("approval_decided", "tasks?focus=", "Answer to a request", "Open the task"),
    ],
)
def test_an_email_says_what_happened_where_and_when_and_leads_there(type_: str, kind: str, label: str, button: str):
    item = due_item(type_, title="Ben Okafor did it in Harbour House", body="The second sample\nis darker")
    letter = composed(item, time_zone="Europe/Berlin")
    page = Page(letter.html)
    url = f"{URL}/projects/{HOUSE}/{kind}{item.source_id}"
    assert page.links[button] == page.links["Ben Okafor did it"] == url
    assert url in letter.text.splitlines()
    for said in ("Ben Okafor did it", "The second sample", "is darker", "21 Nov, 10:05 CET"):
        assert said in page.text
        assert said in letter.text
    assert label in page.texts


def test_an_email_goes_to_its_recipient_with_all_that_its_sender_needs():
    email = due_email()
    letter = Composer(URL, LINKS).compose(email, contents_of(due_item()))
    unsubscribe_url = LINKS.url(RECIPIENT)
    assert (letter.id, letter.thread, letter.to, letter.to_name, letter.unsubscribe_url) == (
        email.id,
        email.thread,
        "clara@mail.example",
        "Clara Lindgren",
        unsubscribe_url,
    )


def test_a_preview_shows_who_did_what_and_nothing_that_was_written():
    """Programs show some hundred characters of the begin: what is not to be seen fills them."""
    letter = composed(due_item(body="The safe's code is 1234"))
    preview, _, _ = letter.html.partition("<table")[0].rpartition("</div>")
    shown = unescape(preview.rpartition(">")[2])
    assert shown.startswith("Ben Okafor wrote\u034f")
    assert shown.count("\u00a0") >= 100
    assert not shown.removeprefix("Ben Okafor wrote").strip("\u034f\u200c\u00a0")


def test_every_email_says_how_to_switch_it_off():
    letter = composed(due_item())
    page = Page(letter.html)
    assert page.links["Unsubscribe"] == letter.unsubscribe_url
    assert page.links["Choose when and about what"] == f"{URL}/account"
    assert f"Unsubscribe: {letter.unsubscribe_url}" in letter.text
    assert f"{URL}/account" in letter.text
    assert "clara@mail.example" in letter.text
    assert "clara@mail.example" in page.text


def test_several_messages_of_one_person_stand_under_one_title():
    items = [due_item(body=body) for body in ("Good morning", "Is it the darker one?", "We would like to see it")]
    letter = composed(*items)
    page = Page(letter.html)
    assert letter.subject == "3 new messages in Harbour House"
    assert page.links["Open the conversation"] == link_to(items[0])
    for text in (letter.text, page.text):
        places = [text.index(str(item.body)) for item in items]
        assert places == sorted(places)
    assert letter.text.count("Ben Okafor wrote\n") == 1
    for item in items:
        assert link_to(item) in letter.html
        assert link_to(item) in letter.text


def test_several_things_of_one_project_lead_to_the_project():
    items = [due_item(), due_item("file_uploaded", title="Ben Okafor uploaded a file", body="plan.pdf")]
    letter = composed(*items)
    assert letter.subject == "1 message and 1 file in Harbour House"
    assert Page(letter.html).links["Open the project"] == f"{URL}/projects/{HOUSE}"
    assert all(link_to(item) in letter.text for item in items)


def test_things_of_several_projects_stand_under_the_name_of_each():
    first, second, third = (
        due_item(body="First"),
        due_item(body="Second", project_id=NORTHGATE, project_name="Northgate", title="Ada wrote in Northgate"),
        due_item("file_uploaded", body="third.pdf"),
    )
    letter = composed(first, second, third)
    page = Page(letter.html)
    assert letter.subject == "2 messages and 1 file in 2 projects"
    assert page.links["Open your projects"] == f"{URL}/projects"
    for text in (letter.text, page.text):
        houses, northgates = text.rindex("Harbour House", 0, text.index("First")), text.index("Northgate")
        assert houses < text.index("First") < text.index("third.pdf") < northgates < text.index("Second")


def test_a_project_is_named_once_where_all_that_is_told_is_of_it():
    letter = composed(due_item(), due_item("file_uploaded", title="Ada uploaded a file in Harbour House"))
    for text in (letter.text, Page(letter.html).text):
        assert "Ada uploaded a file\n" in text
        assert text.count("Harbour House") == (1 if text == letter.text else 2)  # a page has its title


def test_what_is_shown_of_one_of_several_projects_stands_under_its_name():
    others = [due_item(project_id=NORTHGATE, project_name="Northgate") for _ in range(3)]
    letter = composed(*others, *(due_item() for _ in range(SHOWN)))
    assert "== Harbour House ==" in letter.text
    assert "Harbour House" in Page(letter.html).texts


def test_titles_of_several_things_look_like_the_links_that_they_are():
    def style_of_title(letter: Letter) -> str:
        return letter.html.partition(">Ben Okafor wrote</a>")[0].rpartition('style="')[2]

    assert "text-decoration:underline" in style_of_title(composed(due_item(), due_item("file_uploaded")))
    assert "text-decoration:none" in style_of_title(composed(due_item()))  # it has the button


def test_an_approval_that_is_waited_for_has_the_button_whatever_else_is_told():
    asked = due_item("approval_requested", title="Ben Okafor asks for your approval in Harbour House")
    for others in ([], [due_item()], [due_item(project_id=NORTHGATE, project_name="Northgate")]):
        page = Page(composed(*others, asked, *others).html)
        assert page.links["Look at the task"] == link_to(asked)


@pytest.mark.parametrize(
    ("title", "label", "tint"),
    [
        ("Clara approved a task in Harbour House", "Approved", "#1a6b3c"),
        ("Clara asked for changes to a task in Harbour House", "Changes asked for", "#a0400e"),
        ("It is decided about a task", "Answer to a request", "#55514a"),
    ],
)
def test_an_answer_to_a_request_is_not_green_unless_it_is_an_approval(title: str, label: str, tint: str):
    html = composed(due_item("approval_decided", title=title)).html
    assert html.partition(f">{label}</span>")[0].endswith(f'color:{tint};"')


def test_every_email_says_that_answers_to_it_are_not_read_and_where_to_answer():
    letter = composed(due_item())
    says = "Answers to this e-mail are not read: open the conversation"
    assert f"{says}, {URL}/projects/{HOUSE}/messages\n" in letter.text
    page = Page(letter.html)
    assert says in page.text.replace("\n", " ")
    assert page.links["open the conversation"] == f"{URL}/projects/{HOUSE}/messages"
    of_two = composed(due_item(), due_item(project_id=NORTHGATE))
    assert Page(of_two.html).links["open the conversation"] == f"{URL}/projects"


def test_two_projects_of_one_name_are_two():
    letter = composed(due_item(), due_item(project_id=NORTHGATE))
    assert letter.subject == "2 new messages in 2 projects"


def test_the_latest_are_shown_and_the_others_counted():
    earlier = [due_item(body=f"Message {number:03}") for number in range(30)]
    of_another = [due_item(project_id=NORTHGATE, project_name="Northgate", body="Far away") for _ in range(7)]
    letter = composed(*of_another, *earlier)
    page = Page(letter.html)
    assert letter.subject == "37 new messages in 2 projects"
    for text in (letter.text, page.text):
        assert "Message 009" not in text
        assert all(f"Message {number:03}" in text for number in range(10, 30))
        assert "10 earlier" in text
        assert "7 more in other projects" in text
    assert page.links["10 earlier"] == f"{URL}/projects/{HOUSE}"
    assert len(composed(*(due_item(body="x" * 280, title="Y" * 200) for _ in range(500))).html) < 80_000


def test_an_email_to_the_team_says_whose_room_it_is_about():
    letter = composed(due_item(), client_name="Clara\r\nLindgren")
    assert "In the room of Clara Lindgren" in letter.text
    assert "In the room of Clara Lindgren" in Page(letter.html).text
    assert "In the room" not in composed(due_item()).text


HOSTILE = (
    "<script>alert(1)</script>",
    "</title></style><img src=https://evil.example/x.png onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp;",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_is_shown_as_they_wrote_it(text: str):
    plain = Page(composed(due_item(), client_name="C").html)
    letter = composed(
        due_item(title=text, body=text, project_name=text),
        due_item("file_uploaded", title=text, project_id=NORTHGATE, project_name=text),
        client_name=text,
        name=text,
    )
    page = Page(letter.html)
    assert page.tags == plain.tags | {"h2"}
    assert {name for name, _ in page.attributes} == {name for name, _ in plain.attributes}
    assert all((value or "").startswith(URL) for name, value in page.attributes if name == "href")
    assert text in page.texts
    assert text in letter.text


def test_what_turns_or_breaks_lines_stays_within_its_own():
    letter = composed(due_item(title="One\r\ntwo\u202e", body="\u202eThree\u2028\u2066four", project_name="Five\nsix"))
    assert letter.subject == "New message in Five six"
    for text in (letter.text, letter.html, letter.subject):
        assert not any(mark in text for mark in "\r\u2028\u202e\u2066")
    assert "One two\n" in letter.text
    assert "> Three\n> four\n" in letter.text


def test_right_to_left_text_is_laid_out_as_such():
    page = Page(composed(due_item(title="אבג", body="דהו")).html)
    assert {"אבג", "דהו"} <= set(page.texts)
    assert ("dir", "auto") in page.attributes


def test_what_is_very_long_is_cut_and_does_not_widen_the_page():
    letter = composed(due_item(title="T" * 200, body="B" * 2000, project_name="P" * 5000), client_name="C" * 5000)
    assert len(letter.subject) < 120
    assert len(letter.html) < 10_000
    assert "B" * 279 + "…" in letter.text
    assert "overflow-wrap:anywhere" in letter.html


def test_an_email_loads_nothing_from_elsewhere():
    page = Page(composed(due_item(), due_item("file_uploaded")).html)
    assert page.tags.isdisjoint({"img", "link", "script", "iframe", "form", "object"})
    assert {name for name, _ in page.attributes}.isdisjoint({"src", "background", "srcset"})
    assert "url(" not in composed(due_item()).html


def test_a_type_of_a_newer_version_is_told_plainly():
    item = due_item("of_a_newer_version")
    letter = composed(item)
    assert letter.subject == "News in Harbour House"
    assert Page(letter.html).links["Open the project"] == f"{URL}/projects/{HOUSE}"


def test_what_says_nothing_more_has_no_snippet():
    letter = composed(due_item(body=None))
    assert ">" not in letter.text
    assert 'class="said"' not in letter.html


def test_nothing_of_what_is_said_is_in_the_subject():
    letter = composed(due_item("issue_created", title="Clara raised an issue", body="The safe's code is 1234"))
    assert letter.subject == "New issue in Harbour House"


def test_times_of_a_digest_are_of_each_thing():
    letter = composed(due_item(), due_item("file_uploaded", created_at=AT + timedelta(hours=3)))
    assert "21 Nov, 09:05 UTC" in letter.text
    assert "21 Nov, 12:05 UTC" in letter.text


def test_the_links_of_different_people_differ():
    urls = {composed(due_item(), recipient_id=UUID(int=number)).unsubscribe_url for number in range(3)}
    assert len(urls) == 3
    assert all(str(url).startswith(f"{URL}/unsubscribe?token=") for url in urls)


def test_a_client_is_shown_no_address_of_others():
    item = due_item(
        title="dev@example.com wrote in house@example.com",
        body="Or owner@example.com",
        project_name="house@example.com",
    )
    for_client, for_team = composed(item), composed(item, is_to_client=False)
    assert for_client.subject == "New message in [an address, see the portal]"
    assert "@example.com" not in for_client.subject + for_client.text + for_client.html
    assert "[an address, see the portal] wrote\n" in for_client.text, "the place is not named twice"
    assert "> Or owner@example.com" in for_team.text


@pytest.mark.parametrize(
    ("columns", "footer"),
    [
        ({"digest": "daily", "thread": RECIPIENT}, "Your daily digest from Client Portal, sent to"),
        ({"digest": "hourly", "thread": RECIPIENT}, "Your hourly digest from Client Portal, sent to"),
        ({"digest": "daily"}, "Client Portal sent this to"),
        ({"digest": "at_once", "thread": RECIPIENT}, "Client Portal sent this to"),
        ({"thread": RECIPIENT}, "Client Portal sent this to"),
    ],
)
def test_the_end_says_whether_it_is_a_digest(columns: dict[str, Any], footer: str):
    letter = composed(due_item(), **columns)
    assert f"{footer} clara@mail.example because e-mail is switched on in your account." in letter.text
    assert ("digest from Client Portal" in Page(letter.html).text) == ("digest" in footer)
