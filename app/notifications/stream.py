"""The live stream of one person's notifications."""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

from starlette.responses import Response
from starlette.websockets import WebSocket

from app.accounts.auth import Authenticator
from app.accounts.endings import topics_of
from app.accounts.principal import Principal
from app.core.errors import Problem
from app.notifications.feed import user_topic
from app.notifications.service import NotificationService
from app.preferences.service import PreferenceService
from app.realtime.hub import Ends, Frame, Hub
from app.realtime.sse import FrameStream
from app.realtime.ws import FrameSocket


class RealtimeDisabled(Problem):
    """The person has switched live updates off; their bell polls."""

    status = HTTPStatus.FORBIDDEN
    slug = "realtime-disabled"


class NotificationStreams:
    """Opens streams. An open one holds no database connection."""

    def __init__(
        self,
        hub: Hub,
        notifications: NotificationService,
        preferences: PreferenceService,
        authenticator: Authenticator,
    ) -> None:
        self._hub = hub
        self._notifications = notifications
        self._preferences = preferences
        self._authenticator = authenticator

    async def open(self, caller: Principal) -> Response:
        """The caller's stream, ``ready`` first; raises ``RealtimeDisabled`` if they do not want one."""
        return FrameStream(self._hub, *await self._parts(caller), **self._ends(caller))

    async def serve(self, caller: Principal, socket: WebSocket) -> None:
        """The same frames over a WebSocket, until it ends."""
        await FrameSocket(self._hub, *await self._parts(caller), **self._ends(caller)).serve(socket)

    async def _parts(self, caller: Principal) -> tuple[set[str], Callable[[], Awaitable[Frame]]]:
        settings = await self._preferences.settings(caller.user_id)
        if not settings.realtime_enabled:
            raise RealtimeDisabled("Live updates are switched off in your settings.")

        async def ready() -> Frame:
            return Frame("ready", {"unread_count": await self._notifications.unread_count(caller.user_id)})

        return {user_topic(caller.user_id), *topics_of(caller)}, ready

    def _ends(self, caller: Principal) -> Ends:
        return {"expires_at": caller.expires_at, "may_go_on": partial(self._authenticator.still_holds, caller)}
