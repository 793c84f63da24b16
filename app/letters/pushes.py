"""Push: whether a notification still is to be shown in the browsers of its recipient, and what it says there."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.letters.push_queries import DuePush, due_pushes
from app.letters.times import times_of
from app.letters.wording import without_addresses
from app.notifications.events import route_path, snippet_of
from app.outbox.courier import Never, Refused, Send, Verdict
from app.outbox.models import Queued
from app.push.models import Push
from app.push.sender import PushLane, PushMessage, PushSender

LIFE = timedelta(hours=1)
"""How long a push is news: no longer is it tried, nor kept by a push service for a browser that is away."""

PAYLOAD_MOST = 3072
"""Bytes. A push service takes at least 4,096 after encryption (RFC 8030, 7.2)."""


class PushCourier:
    """Judges and delivers pushes."""

    table: type[Queued] = Push

    def __init__(self, sender: PushSender) -> None:
        self._sender = sender

    async def judge(
        self, connection: AsyncConnection, ids: Sequence[UUID], now: datetime
    ) -> Mapping[UUID, Verdict[PushMessage]]:
        found = {push.id: push for push in await due_pushes(connection, ids)}
        return {id_: _verdict(found[id_], now) if id_ in found else _GONE for id_ in ids}

    def lane(self) -> PushLane:
        return self._sender.lane()

    async def refused(self, connection: AsyncConnection, refusals: Sequence[tuple[PushMessage, Refused]]) -> None:
        """Nothing more: what follows for single browsers, the lane has put down."""


_GONE = Never("The notification is gone.")


def _verdict(push: DuePush, now: datetime) -> Verdict[PushMessage]:
    reason = _why_not(push, now)
    return Never(reason) if reason else Send(PushMessage(push.id, _payload(push), push.created_at + LIFE))


def _why_not(push: DuePush, now: datetime) -> str | None:
    """The first reason why it is not shown any more."""
    times = times_of(None, push.time_zone, push.quiet_from, push.quiet_to)
    reasons = {
        "The account is switched off.": push.is_active is False,
        "Push is switched off.": not push.push_enabled,
        "No browser is left that asked for it.": not push.has_browser,
        "It has been read already.": push.is_read,
        "The project is out of reach.": not push.is_in_reach,
        "The project is muted.": push.has_muted,
        "It is older than an hour.": now - push.created_at > LIFE,
        "These are quiet hours.": times.quiet is not None and times.quiet.end_after(now, times.zone) is not None,
        "The person is looking at the portal.": push.visible_until is not None and push.visible_until > now,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _payload(push: DuePush) -> bytes:
    """What the service worker is given. ``url`` is a path of the portal; ``id`` tells one notification from another."""
    shown = without_addresses if push.is_to_client else str
    said = {
        "title": shown(push.title),
        "body": shown(snippet_of(push.body or "")),
        "url": route_path(push.project_id, push.source_kind, push.source_id),
        "id": str(push.id),
    }
    content = _json(said)
    while len(content) > PAYLOAD_MOST and said["body"]:
        # Characters that JSON escapes take so much, and no others.
        said["body"] = said["body"][: len(said["body"]) // 2]
        content = _json(said)
    return content


def _json(said: Mapping[str, str]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
