"""What an operator is told of e-mail when the portal starts."""

from pathlib import Path
from typing import Any

import pytest

from app.commands.console import say_where_mail_goes, warn_of_mail
from app.settings import Settings

SMTP = "smtp://127.0.0.1"
URL = "https://portal.example.com"
NOT_SENT = "SMTP_URL is not set: no e-mail is sent, and what is to be sent waits"
NO_LINKS = "PUBLIC_URL is not set: links in e-mails lead to http://127.0.0.1:3000"


def _no_sender(address: str) -> str:
    return f"MAIL_FROM is not set: e-mails are from {address}, which mail servers hardly take"


@pytest.mark.parametrize(
    ("settings", "warnings"),
    [
        ({}, []),
        ({"app_env": "production"}, [NOT_SENT]),
        ({"smtp_url": SMTP, "public_url": URL}, []),
        ({"smtp_url": SMTP}, [NO_LINKS, _no_sender("no-reply@[127.0.0.1]")]),
        (
            {"app_env": "production", "smtp_url": SMTP},
            ["PUBLIC_URL is not set: no e-mail is sent, and what is to be sent waits"],
        ),
        ({"smtp_url": SMTP, "mail_from": "a@firm.example"}, [NO_LINKS]),
        ({"smtp_url": SMTP, "public_url": "http://localhost:3000"}, [_no_sender("no-reply@localhost")]),
        ({"smtp_url": SMTP, "public_url": "http://portal:3000"}, [_no_sender("no-reply@portal")]),
    ],
    ids=[
        "demo",
        "production",
        "complete",
        "server alone",
        "production with a server alone",
        "sender",
        "localhost",
        "a name of one network",
    ],
)
def test_it_warns_of_what_keeps_e_mail_from_being_of_use(capsys: Any, settings: dict[str, Any], warnings: list[str]):
    warn_of_mail(Settings(**settings))
    assert capsys.readouterr().err.splitlines() == [f"portal: warning: {each}" for each in warnings]


def test_it_says_where_letters_are_that_are_not_sent(capsys: Any, tmp_path: Path):
    say_where_mail_goes(Settings(data_dir=tmp_path), "admin@example.com reads")
    assert capsys.readouterr().out == (
        f"E-mail is kept in {tmp_path}/mail; admin@example.com reads it under Admin, E-mail\n"
    )


@pytest.mark.parametrize("settings", [{"app_env": "production"}, {"smtp_url": SMTP}], ids=["production", "sent"])
def test_it_says_nothing_of_letters_that_are_not_kept(capsys: Any, settings: dict[str, Any]):
    say_where_mail_goes(Settings(**settings), "admins read")
    assert capsys.readouterr().out == ""


def test_it_says_who_sends_where_the_portal_itself_does_not(capsys: Any):
    say_where_mail_goes(Settings(smtp_url=SMTP, mail_worker=False), "admins read")
    assert capsys.readouterr().out == "E-mail and push wait for `portal worker`: MAIL_WORKER is false\n"
