"""Names and messages that would show something else than they hold."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.accounts.admin_schemas import DisplayName
from app.chat.schemas import NewMessage

NAME = TypeAdapter(DisplayName)


@pytest.mark.parametrize("name", ["Chloé Martin", "محمد علي", "山田 太郎", "Ann-Kathrin Müller", "नेहा"])
def test_names_of_all_scripts_are_taken(name: str) -> None:
    assert NAME.validate_python(name) == name


def test_blanks_within_a_name_become_one() -> None:
    assert NAME.validate_python("  Nora   Berg ") == "Nora Berg"


@pytest.mark.parametrize(
    "name", ["", "\u200b", "\u2060\ufeff", "Nora\nBerg", "Nora \u202egreB", "Nora\u2066x", "a\x07b", "a\u2028b"]
)
def test_names_that_are_nothing_or_turn_what_follows_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(name)


@pytest.mark.parametrize("body", ["Line\n\tindented\r\n", "👩‍👩‍👧‍👦", "\u200f\u05e9", "a\u200bb"])
def test_messages_are_taken_as_they_are(body: str) -> None:
    assert NewMessage(body=body).body == body


@pytest.mark.parametrize("body", ["\u200b", " \u2060 ", "\x07bell", "\x1b[31mred"])
def test_messages_that_show_nothing_or_control_a_terminal_are_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        NewMessage(body=body)
