"""What replies of mail servers mean, those of well-known ones too."""

import pytest

from app.mail.replies import Bounced, Step, fault_of
from app.outbox.courier import Fault, NotConnected, NotSignedIn, Refused, TryLater, Unreachable
from tests.mail.letters import a_letter


@pytest.mark.parametrize(
    ("step", "code", "text", "meaning"),
    [
        # The address is at fault, for good.
        (Step.RECIPIENT, 550, "5.1.1 The email account that you tried to reach does not exist", Bounced),
        (Step.RECIPIENT, 550, "5.1.1 <a@b.c>: Recipient address rejected: User unknown in local table", Bounced),
        (Step.RECIPIENT, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Bounced),
        (Step.RECIPIENT, 556, "5.1.10 the domain has a null MX", Bounced),
        (Step.RECIPIENT, 553, "5.1.3 bad address syntax", Bounced),
        (Step.RECIPIENT, 551, "5.1.6 moved", Bounced),
        (Step.RECIPIENT, 550, "<a@b.c>: no mailbox here by that name (#5.1.1)", Bounced),
        (Step.RECIPIENT, 550, "Requested action not taken\n[5.1.1] no mailbox", Bounced),
        (Step.RECIPIENT, 550, "10.5.1.1 says 5.1.1.", Bounced),
        # So it is where words alone say it.
        (Step.RECIPIENT, 550, "No such user here", Bounced),
        (Step.RECIPIENT, 550, "<a@b.c>... User unknown", Bounced),
        (Step.RECIPIENT, 550, "Unknown user", Bounced),
        (Step.RECIPIENT, 550, "<spam@b.c>: Recipient address rejected: User unknown in virtual table", Bounced),
        (Step.RECIPIENT, 550, "<a@b.c>: Recipient rejected: unknown", Bounced),
        (Step.RECIPIENT, 550, "Mailbox <a@b.c> does not exist", Bounced),
        (Step.RECIPIENT, 550, "Requested action not taken: mailbox not found", Bounced),
        (Step.RECIPIENT, 550, "The email account that you tried to reach doesn't exist", Bounced),
        (Step.RECIPIENT, 550, "Unrouteable address", Bounced),
        (Step.RECIPIENT, 550, "Invalid recipient a@b.c", Bounced),
        (Step.RECIPIENT, 553, "sorry, no mailbox here by that name", Bounced),
        (Step.RECIPIENT, 554, "delivery error: no such mailbox", Bounced),
        # Refused for good, but not for what the address is.
        (Step.RECIPIENT, 550, "5.7.1 blocked by policy", Refused),
        (Step.RECIPIENT, 554, "5.7.1 <a@b.c>: Relay access denied", Unreachable),
        (Step.RECIPIENT, 552, "5.2.2 mailbox full", Refused),
        (Step.RECIPIENT, 550, "5.2.1 mailbox disabled", Refused),
        (Step.RECIPIENT, 550, "5.1.0 sender denied", Unreachable),
        (Step.RECIPIENT, 554, "no", Refused),
        (Step.RECIPIENT, 550, "", Refused),
        (Step.RECIPIENT, 550, "relay not permitted", Unreachable),
        (Step.RECIPIENT, 551, "we do not relay", Unreachable),
        (Step.RECIPIENT, 551, "User not local", Refused),
        (Step.RECIPIENT, 550, "Authentication is required for relay", Unreachable),
        (Step.RECIPIENT, 550, "Unknown user, authentication required", Unreachable),
        (Step.RECIPIENT, 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", Unreachable),
        (Step.RECIPIENT, 550, "no such user (#5.7.1)", Refused),
        (Step.RECIPIENT, 550, "4.1.1 user unknown", Refused),
        (Step.RECIPIENT, 550, "your IP 5.1.1.1 is in an RBL", Refused),
        (Step.RECIPIENT, 550, "unknown user at 10.0.0.1, which is in an RBL", Refused),
        (Step.RECIPIENT, 550, "Sender verify failed", Unreachable),
        (Step.RECIPIENT, 550, "Sender verify failed: no such user <x@y.z>", Unreachable),
        (Step.RECIPIENT, 550, "quota exceeded", Refused),
        (Step.RECIPIENT, 550, "quota exceeded for <no such user@b.c>", Refused),
        (Step.RECIPIENT, 550, "Requested action not taken: mailbox unavailable", Refused),
        (Step.MESSAGE, 550, "5.1.1 too late", Refused),
        (Step.MESSAGE, 550, "spam", Refused),
        (Step.MESSAGE, 554, "5.6.0 message content rejected", Refused),
        (Step.MESSAGE, 552, "5.3.4 message too big", Refused),
        # After the message these words may be of what is in it.
        (Step.MESSAGE, 550, "5.7.1 sender and From do not agree: looks like spam", Refused),
        (Step.MESSAGE, 554, "5.7.1 a link to an open relay", Refused),
        (Step.MESSAGE, 550, "5.7.26 unauthenticated mail fails the authentication checks", Refused),
        (Step.MESSAGE, 550, "Recipient address is not verified", Refused),
        (Step.MESSAGE, 550, "5.1.1 <SendAsDenied@b.c> unknown", Refused),
        # Perhaps later.
        (Step.RECIPIENT, 450, "4.2.0 <a@b.c>: Recipient address rejected: Greylisted", TryLater),
        (Step.RECIPIENT, 451, "4.1.1 not known yet", TryLater),
        (Step.RECIPIENT, 452, "4.2.2 mailbox full", TryLater),
        (Step.MESSAGE, 451, "4.3.0 temporary failure", TryLater),
        (Step.RECIPIENT, 450, "5.1.1 of two minds", TryLater),
        # For every e-mail alike: no row is to blame.
        (Step.CONNECTION, 554, "5.7.1 no service for your address", NotConnected),
        (Step.CONNECTION, 535, "5.7.8 bad credentials", NotSignedIn),
        (Step.SENDER, 553, "5.7.1 sender address rejected: not owned by user", Unreachable),
        (Step.SENDER, 530, "5.7.0 Authentication required", Unreachable),
        (Step.SENDER, 452, "4.3.1 out of storage", Unreachable),
        (Step.RECIPIENT, 530, "5.7.0 Must issue a STARTTLS command first", Unreachable),
        (Step.RECIPIENT, 550, "5.1.8 <x@y.z>: Sender address rejected: Domain not found", Unreachable),
        (Step.RECIPIENT, 553, "5.1.7 bad sender's address", Unreachable),
        (Step.RECIPIENT, 421, "4.7.0 try again later, closing connection", Unreachable),
        (Step.MESSAGE, 421, "4.4.2 timeout", Unreachable),
        (Step.MESSAGE, 554, "5.2.252 SendAsDenied; x@y.z not allowed to send as p@y.z; STOREDRV.Sub", Unreachable),
        (Step.MESSAGE, 554, "5.2.252 denied", Unreachable),
        (Step.MESSAGE, 554, "5.2.0 Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied", Unreachable),
        (Step.MESSAGE, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", Unreachable),
        (Step.MESSAGE, 550, "5.7.60 denied", Unreachable),
        (Step.MESSAGE, 550, "Client does not have permissions to\nsend as this sender", Unreachable),
        (
            Step.MESSAGE,
            554,
            "Message rejected: Email address is not verified. The following identities failed the check in region"
            " EU-WEST-1: p@y.z",
            Unreachable,
        ),
        (Step.RECIPIENT, 550, "5.7.60 denied", Unreachable),
        (Step.MESSAGE, -1, "Malformed SMTP response line: hello", Unreachable),
    ],
    ids=lambda value: str(value) if isinstance(value, int | Step) else None,
)
def test_a_reply_means(step: Step, code: int, text: str, meaning: type[Fault]):
    fault = fault_of(step, code, text, a_letter())
    assert type(fault) is meaning
    assert str(fault).startswith(f"{step}: {code}")


def test_who_bounced_is_the_letter_s_address_as_the_account_has_it():
    fault = fault_of(Step.RECIPIENT, 550, "5.1.1 no", a_letter(to="Paula@Müller.example"))
    assert isinstance(fault, Bounced)
    assert fault.address == "Paula@Müller.example"


def test_what_a_server_says_is_one_line_of_sound_characters_and_not_too_long():
    fault = fault_of(Step.MESSAGE, 554, "5.6.0 one\n5.6.0 two \0\x1b[31m\udcff" + "x" * 5000, a_letter())
    assert "\n" not in str(fault)
    assert str(fault).isprintable()
    assert len(str(fault).encode()) <= 500
