"""The live sockets of project pages: that of one project, and that of the list of projects."""

from starlette.websockets import WebSocket

from app.accounts.auth import Authenticator
from app.accounts.endings import topics_of
from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.database import Database
from app.core.errors import NotFound
from app.core.types import HostId
from app.projects import queries
from app.projects.changes import ALL_PROJECTS, own_reach_topic, project_topic, topics_of_project
from app.realtime.hub import Frame, Hub
from app.realtime.ws import FrameSocket

_CHANGED = "access_changed"


class ProjectSockets:
    """Opens sockets of project pages. An open one holds no database connection."""

    def __init__(self, database: Database, hub: Hub, authenticator: Authenticator) -> None:
        self._database = database
        self._hub = hub
        self._authenticator = authenticator

    async def serve(self, caller: Principal, project_id: HostId, socket: WebSocket) -> None:
        """What changes in one project, as far as the caller sees it; raises ``NotFound`` out of reach."""

        async def ready() -> Frame:
            # Looked at after subscribing: access may have ended before the socket followed the signals that say so.
            if not await self._reaches(caller, project_id):
                raise NotFound
            return Frame("ready", {"project_id": str(project_id)})

        async def may_go_on() -> bool:
            return await self._authenticator.still_holds(caller) and await self._reaches(caller, project_id)

        topics = topics_of_project(caller, project_id) | topics_of(caller)
        frames = FrameSocket(self._hub, topics, ready, expires_at=caller.expires_at, may_go_on=may_go_on)
        await frames.serve(socket)

    async def serve_all(self, caller: Principal, socket: WebSocket) -> None:
        """What changes in any project of the caller's that all of its people may see: its tasks.

        Ends with ``access_changed`` when they get a part in a project or lose one: which are followed is decided at
        the start, and looked at again wherever word of a change may have been missed.
        """
        followed = await self._topics_of_all(caller)

        async def ready() -> Frame:
            # Looked at after subscribing: a part may have changed before the socket followed the signals that say so.
            is_same = await self._topics_of_all(caller) == followed
            return Frame("ready", {}) if is_same else Frame.bye(_CHANGED)

        async def may_go_on() -> bool:
            return await self._authenticator.still_holds(caller) and await self._topics_of_all(caller) == followed

        topics = followed | topics_of(caller) | {own_reach_topic(caller.user_id)}
        frames = FrameSocket(self._hub, topics, ready, expires_at=caller.expires_at, may_go_on=may_go_on, gone=_CHANGED)
        await frames.serve(socket)

    async def _topics_of_all(self, caller: Principal) -> set[str]:
        if caller.may(Permission.REACH_ALL_PROJECTS):
            return {ALL_PROJECTS}
        async with self._database.reading() as connection:
            return {project_topic(each) for each in await queries.own_projects(connection, caller)}

    async def _reaches(self, caller: Principal, project_id: HostId) -> bool:
        async with self._database.reading() as connection:
            return await queries.is_reachable(connection, caller, project_id)
