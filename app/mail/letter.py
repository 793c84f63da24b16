"""An e-mail, ready to be sent."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail to one person. ``id`` is that of its row, ``thread`` what e-mails of one place share.

    ``unsubscribe_url`` switches e-mail off by a POST, without a sign-in; None where there is nothing to switch off.
    """

    id: UUID
    to: str
    """The address alone."""
    to_name: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str | None
    thread: UUID
    headers: dict[str, str] = field(default_factory=dict)
