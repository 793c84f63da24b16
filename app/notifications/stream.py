"""The live stream of one person's notifications."""

from http import HTTPStatus

from starlette.responses import Response

from app.accounts.principal import Principal
from app.core.errors import Problem
from app.notifications.feed import session_topic, user_topic
from app.notifications.service import NotificationService
from app.realtime.hub import Frame, Hub
from app.realtime.sse import FrameStream


class RealtimeDisabled(Problem):
    """The person has switched live updates off; their bell polls."""

    status = HTTPStatus.FORBIDDEN
    slug = "realtime-disabled"


class NotificationStreams:
    """Opens streams. An open one holds no database connection."""

    def __init__(self, hub: Hub, notifications: NotificationService) -> None:
        self._hub = hub
        self._notifications = notifications

    async def open(self, caller: Principal) -> Response:
        """The caller's stream, ``ready`` first; raises ``RealtimeDisabled`` if they do not want one."""
        settings = await self._notifications.settings(caller.user_id)
        if not settings.realtime_enabled:
            raise RealtimeDisabled("Live updates are switched off in your settings.")
        topics = {user_topic(caller.user_id)}
        if caller.session_id is not None:
            topics.add(session_topic(caller.session_id))

        async def ready() -> Frame:
            return Frame("ready", {"unread_count": await self._notifications.unread_count(caller.user_id)})

        return FrameStream(self._hub, topics, ready, expires_at=caller.expires_at)
