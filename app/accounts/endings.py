"""What ends the open streams and sockets of a person: their account, one sign-in of it, or all but one."""

from typing import Any
from uuid import UUID

from app.accounts.principal import Principal
from app.core.types import HostId
from app.realtime.broker import Broker
from app.realtime.hub import Frame, Hub


def topics_of(caller: Principal) -> set[str]:
    """What every stream of this caller follows, beside what it is for."""
    topics = {_account_topic(caller.user_id)}
    if caller.session_id is not None:
        topics.add(_session_topic(caller.session_id))
    return topics


def end_streams(broker: Broker, hub: Hub) -> None:
    """Ends streams when a signal says that their reader is signed out or switched off.

    A signal may have been missed, so after a gap each stream looks for itself whether it may go on.
    """

    def end_others(content: dict[str, Any]) -> None:
        kept = _session_topic(content["kept"]) if content["kept"] else None
        hub.publish(_account_topic(content["user"]), Frame.bye("signed_out"), except_topic=kept)

    broker.on("session_ended", lambda content: hub.publish(_session_topic(content["session"]), Frame.bye("signed_out")))
    broker.on("sessions_ended", end_others)
    broker.on("account_ended", lambda content: hub.publish(_account_topic(content["user"]), Frame.bye("account_ended")))
    broker.on_gap(lambda: hub.publish_all(Frame.reset(is_recheck=True)))


def _account_topic(user_id: HostId | str) -> str:
    return f"account:{user_id}"


def _session_topic(session_id: UUID | str) -> str:
    return f"session:{session_id}"
