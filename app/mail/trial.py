"""An e-mail by hand, which shows whether e-mail leaves with these settings."""

from html import escape
from uuid import uuid4

from app.core.errors import StartupError
from app.mail.letter import Letter
from app.mail.outgoing import Outgoing
from app.outbox.courier import Fault
from app.settings import Settings

_NEEDED = {
    "SMTP_URL": "it says by which server e-mail leaves",
    "PUBLIC_URL": "it says where the links in e-mails lead",
}
_SUBJECT = "A test of e-mail from Client Portal"


async def send_test(settings: Settings, address: str) -> str:
    """Sends a short e-mail there at once, past the outbox; answers in one line what became of it.

    Raises ``StartupError`` that says why it did not leave.
    """
    outgoing = Outgoing(settings)
    if outgoing.lacking is not None:
        raise StartupError(f"{outgoing.lacking}: must be set, for {_NEEDED[outgoing.lacking]}")
    letter = _letter(settings, address)
    lane = outgoing.lane()
    try:
        await lane.deliver(letter)
    except Fault as fault:
        raise StartupError(f"Not sent: {_server(settings)}: {fault}") from None
    finally:
        await lane.close()
    if settings.kept_mail is not None:
        return f"Kept as {settings.kept_mail / str(letter.id)}.eml, and not sent: SMTP_URL is not set."
    return f"{_server(settings)} took it for {address}, from {settings.sender.address}."


def _server(settings: Settings) -> str:
    relay = settings.relay
    return str(settings.kept_mail) if relay is None else f"{relay.host}:{relay.port}"


def _letter(settings: Settings, address: str) -> Letter:
    said = f"E-mail of the portal at {settings.base_url} arrives. Somebody who runs it has sent this to try that."
    return Letter(
        id=uuid4(),
        to=address,
        to_name="",
        subject=_SUBJECT,
        text=f"{said}\n",
        html=f'<!doctype html><html lang="en"><title>{_SUBJECT}</title><p>{escape(said)}</p></html>\n',
        unsubscribe_url=None,
        thread=uuid4(),
    )
