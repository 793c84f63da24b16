"""Letters to send in tests, and who they are from."""

from typing import Any
from uuid import UUID, uuid4

from app.core.relay import Mailbox
from app.mail.letter import Letter

SENDER = Mailbox("Client Portal", "no-reply@portal.example.com")
ROOM = UUID("cccccccc-0000-4000-8000-000000000001")


def a_letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "id": uuid4(),
        "to": "dev@example.com",
        "to_name": "Dana Dev",
        "subject": "2 new messages in Harbour House",
        "text": "Clara wrote:\n\nThe window leaks.\n",
        "html": "<p>Clara wrote:</p><p>The window leaks.</p>",
        "unsubscribe_url": "https://portal.example.com/unsubscribe?token=abc",
        "thread": ROOM,
    }
    return Letter(**(values | changes))
