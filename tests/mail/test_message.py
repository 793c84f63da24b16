"""What goes over the wire is one mail to one person, whatever names, titles and texts hold."""

import random
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

import pytest

from app.core.relay import Mailbox
from app.mail.message import compose
from app.outbox.courier import Refused
from tests.mail.letters import ROOM, SENDER, a_letter

HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Content-Type",
    "MIME-Version",
}


def test_it_says_who_it_is_from_and_to_and_that_no_person_sent_it():
    letter = a_letter()
    message = compose(letter, SENDER)
    assert (message.sender, message.recipient) == ("no-reply@portal.example.com", "dev@example.com")
    read = _read(message.content)
    assert read["From"] == "Client Portal <no-reply@portal.example.com>"
    assert read["To"] == "Dana Dev <dev@example.com>"
    assert read["Subject"] == "2 new messages in Harbour House"
    assert read["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(str(read["Date"])).utcoffset() is not None
    assert set(read.keys()) == HEADERS


def test_programs_can_unsubscribe_by_one_click():
    read = _read(compose(a_letter(), SENDER).content)
    assert read["List-Unsubscribe"] == "<https://portal.example.com/unsubscribe?token=abc>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_its_message_id_is_that_of_its_row_and_stays():
    letter = a_letter()
    first, again = (_read(compose(letter, SENDER).content) for _ in range(2))
    assert first["Message-ID"] == again["Message-ID"] == f"<{letter.id}@portal.example.com>"


def test_all_of_one_room_are_one_thread():
    for letter in (a_letter(), a_letter()):
        read = _read(compose(letter, SENDER).content)
        assert read["References"] == read["In-Reply-To"] == f"<{ROOM}@portal.example.com>"


def test_it_is_text_and_html_of_which_programs_show_the_last_that_they_can():
    read = _read(compose(a_letter(), SENDER).content)
    assert read.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert _body(read, "plain") == "Clara wrote:\n\nThe window leaks.\n"
    assert _body(read, "html").rstrip() == "<p>Clara wrote:</p><p>The window leaks.</p>"


def test_lines_stay_short_enough_for_every_server_and_characters_7_bit():
    long = "x" * 5000 + " " + "ü" * 5000 + "\n.\n..\nFrom here\n \t \n"
    letter = a_letter(text=long, html=f"<p>{long}</p>", subject="ü" * 3000, to_name="Ü " * 500)
    content = compose(letter, SENDER).content
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    read = _read(content)
    assert _body(read, "plain") == long
    assert _body(read, "html").rstrip() == f"<p>{long}</p>"


@pytest.mark.parametrize(
    "name",
    [
        "Meyer, Paula",
        'Paula "the boss"',
        "Paula Müller-Lüdenscheidt",
        "山田太郎",
        "victim@example.org",
        "=?utf-8?q?x?=",
    ],
    ids=["comma", "quotes", "umlauts", "japanese", "address", "encoded"],
)
def test_names_arrive_as_they_are(name: str):
    content = compose(a_letter(to_name=name), Mailbox(name, "a@example.com")).content
    assert _shown(content, "To") == [(name, "dev@example.com")]
    assert _shown(content, "From") == [(name, "a@example.com")]


def test_without_a_name_there_is_the_address_alone():
    assert _read(compose(a_letter(to_name=" \n"), SENDER).content)["To"] == "dev@example.com"


def test_spaces_between_characters_of_several_scripts_stay():
    subject = "3 new files 日本語のプロジェクト Nordstraße 12 Neue Nachricht “quoted” Müller équipe"
    assert _read(compose(a_letter(subject=subject), SENDER).content)["Subject"] == subject


def test_no_name_subject_or_text_makes_a_header_a_recipient_or_a_part():
    chance = random.Random(5)  # the same ones each time
    pieces = [*'abc DEF "\\,;:<>()[]@.=?_-\r\n\0\v\x85\u2028\ud800é日🎉\u200d\xa0\xad']
    pieces += ["=?utf-8?q?=0d=0aBcc=3a_x?=", "\r\nBcc: e@example.org\r\n\r\n", "\n--", "\r\n.\r\n"]
    for length in (1, 3, 10, 40, 80, 200) * 30:
        name, subject, text = ("".join(chance.choices(pieces, k=length)) for _ in range(3))
        letter = a_letter(to_name=name, subject=subject, text=text, html=text, headers={"X-Project": subject})
        content = compose(letter, SENDER).content
        read = _read(content)
        assert set(read.keys()) == HEADERS | {"X-Project"}
        assert [address.addr_spec for address in read["To"].addresses] == ["dev@example.com"]
        assert [address for _, address in _shown(content, "To")] == ["dev@example.com"]
        assert len(list(read.iter_parts())) == 2
        assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
        assert _body(read, "plain").rstrip("\n") == _lines(text).rstrip("\n")


@pytest.mark.parametrize("name", ["X-One: two\r\nBcc", "X One", "X-One:", ""])
def test_what_would_be_another_header_is_refused_with_asserts_or_without(name: str):
    """An ``AssertionError`` would not do: ``python -O`` has none."""
    with pytest.raises(Refused, match="header"):
        compose(a_letter(headers={name: "mallory@example.com"}), SENDER)


def test_a_domain_beyond_ascii_is_written_as_servers_want_it():
    message = compose(a_letter(to="paula@müller.example"), SENDER)
    assert message.recipient == "paula@xn--mller-kva.example"
    assert not message.needs_utf8
    assert _shown(message.content, "To") == [("Dana Dev", "paula@xn--mller-kva.example")]


def test_an_address_beyond_ascii_needs_a_server_that_takes_it():
    message = compose(a_letter(to="jürgen@example.com", to_name='Jürgen "J" M'), SENDER)
    assert message.needs_utf8
    assert " <jürgen@example.com>\r\n".encode() in message.content


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@b@example.com",
        "a@example.com\r\nRCPT TO:<b@example.com>",
        "a@example.com,b@example.com",
        "A <a@example.com>",
        "a@example.com> SIZE=1",
        "a@\0example.com",
        "a@" + "ü" * 64 + ".example",
        "a@ü..example",
    ],
    ids=str.__repr__,
)
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(Refused):
        compose(a_letter(to=address), SENDER)


def _read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def _body(message: EmailMessage, kind: Any) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def _shown(content: bytes, header: str) -> list[tuple[str, str]]:
    """Names and addresses as older programs read them."""
    value = message_from_bytes(content, policy=policy.compat32)[header].replace("\r\n", "")
    if "=?" not in value or '"=?' in value:
        return getaddresses([value])
    return [(str(make_header(decode_header(name))), address) for name, address in getaddresses([value])]


def _lines(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\r\n", "\n").replace("\r", "\n")
