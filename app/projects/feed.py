"""Turns signals into the frames of project pages: hints that carry ids only, for pages to read the thing anew."""

from typing import Any

from app.projects.changes import (
    ALL_PROJECTS,
    SIGNAL,
    client_topic,
    own_reach_topic,
    project_topic,
    reach_topic,
    team_topic,
)
from app.realtime.broker import Broker
from app.realtime.hub import Frame, Hub


class ProjectFeed:
    """Hears what has changed in projects, and whose part in one has."""

    def __init__(self, broker: Broker, hub: Hub) -> None:
        self._hub = hub
        broker.on(SIGNAL, self._publish)
        broker.on("reach", self._recheck)

    def _publish(self, content: dict[str, Any]) -> None:
        project = content["project"]
        frame = Frame("changed", {"project_id": project, "kind": content["kind"], "id": content["id"]})
        for topic in _topics(project, content.get("client")):
            self._hub.publish(topic, frame)

    def _recheck(self, content: dict[str, Any]) -> None:
        """Their sockets of this project look whether they may go on; those that follow several begin anew."""
        user = content["user"]
        self._hub.publish(reach_topic(user, content["project"]), Frame.reset(is_recheck=True))
        self._hub.publish(own_reach_topic(user), Frame.bye("access_changed"))


def _topics(project: str, client: str | None) -> tuple[str, ...]:
    if client is None:
        return project_topic(project), ALL_PROJECTS
    return team_topic(project), client_topic(project, client)
