"""What is refused alike by all that is written into rooms and projects under ids that their senders make."""

from collections.abc import Sequence

from pydantic import BaseModel

from app.core.errors import Conflict


def room_closed() -> Conflict:
    """Nothing is added to the room of a client who has left."""
    return Conflict("This room is closed: its client is no longer in the project.", slug="room-closed")


def id_in_use(what: str) -> Conflict:
    """The id that was sent is that of another one of its kind, which is not told of."""
    return Conflict(f"The id belongs to another {what}: send this one with a new id.", slug="id-in-use")


def changed_meanwhile(current: BaseModel, changes: Sequence[BaseModel]) -> Conflict:
    """Somebody else has changed it since the caller read it: how it is, and what they made of it."""
    extra = {"current": current, "changes": changes}
    return Conflict("It has been changed since you read it.", slug="changed-meanwhile", extra=extra)
