"""The server of the tests itself, as the standard library's client sees it."""

import smtplib
import ssl
from pathlib import Path

import pytest

from tests.smtp import Act, Authority, SmtpServer, Step

MAIL = "Subject: Hello\r\n\r\nThere.\r\n.dots\r\n"


def test_it_takes_mail_and_remembers_by_which_connection():
    with SmtpServer() as server:
        for number in range(2):
            with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
                client.sendmail("a@example.com", f"b{number}@example.com", MAIL)
                client.sendmail("a@example.com", f"c{number}@example.com", MAIL)
        assert [(each.recipients, each.connection) for each in server.received] == [
            (["b0@example.com"], 1),
            (["c0@example.com"], 1),
            (["b1@example.com"], 2),
            (["c1@example.com"], 2),
        ]
        assert server.received[0].message["Subject"] == "Hello"
        assert server.received[0].content.endswith(b"There.\r\n.dots\r\n")


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.BODY, Step.END], ids=str)
def test_it_drops_and_answers_where_it_is_told_to_and_then_behaves_again(step: Step):
    with SmtpServer() as server:
        server.once(step, Act.DROP, "451 4.3.0 later")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            _send(server)
        with pytest.raises((smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)):
            _send(server)
        _send(server)
        assert len(server.received) == (2 if step is Step.END else 1)


def test_it_hangs_until_its_caller_gives_up():
    with SmtpServer() as server:
        server.once(Step.GREETING, Act.HANG)
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            smtplib.SMTP("127.0.0.1", server.port, timeout=0.2)


def test_it_is_down_and_up_again_on_the_same_port():
    with SmtpServer() as server:
        client = smtplib.SMTP("127.0.0.1", server.port, timeout=20)
        server.down()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()
        with pytest.raises(ConnectionRefusedError):
            _send(server)
        server.up()
        _send(server)
        assert len(server.received) == 1


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_it_speaks_tls_and_lets_in_whom_it_knows(encryption: str, tmp_path: Path):
    authority = Authority()
    trusting = ssl.create_default_context(cafile=authority.write(tmp_path))
    with SmtpServer(encryption=encryption, tls=authority.context(), users={"me": "se:cret"}) as server:  # type: ignore[arg-type]
        for password in ("wrong", "se:cret"):
            if encryption == "tls":
                client: smtplib.SMTP = smtplib.SMTP_SSL("127.0.0.1", server.port, timeout=20, context=trusting)
            else:
                client = smtplib.SMTP("127.0.0.1", server.port, timeout=20)
                client.starttls(context=trusting)
            with client:
                if password == "wrong":
                    with pytest.raises(smtplib.SMTPAuthenticationError):
                        client.login("me", password)
                    with pytest.raises(smtplib.SMTPSenderRefused):
                        client.sendmail("a@example.com", "b@example.com", MAIL)
                else:
                    client.login("me", password)
                    client.sendmail("a@example.com", "b@example.com", MAIL)
        assert [(each.is_encrypted, each.login) for each in server.received] == [(True, "me")]


def _send(server: SmtpServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
        client.sendmail("a@example.com", "b@example.com", MAIL)
