"""Delivers one notification to all browsers of its recipient, by their push services (RFC 8030, 8291 and 8292)."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any
from uuid import UUID

import structlog
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from app.core.database import Database
from app.outbox.courier import Refused, TryLater
from app.push import queries
from app.push.addresses import NotReachable, PushNetwork, place_of
from app.push.queries import Subscription
from app.push.vapid import VapidKeys

log = structlog.get_logger(__name__)

_SECONDS = 10
"""For one push to all browsers of a person, the push services' names and connections included."""
_SLOW_SECONDS = 2
"""Who takes longer to fail is left alone as who does not answer: meanwhile the pushes of others wait."""
_SLUGGISH_SECONDS = 5
"""The same, of who takes it in the end."""
_NAME_SECONDS = 60
"""What a name stands for is remembered so long: a lookup that hangs holds up well-known names less."""
_MOST_PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PushMessage:
    """What one push says, and until when it is worth showing. ``id`` is that of its row."""

    id: UUID
    payload: bytes
    ends_at: datetime


class PushSender:
    """What lanes share: the keys, the network, and trust in the certificates of push services."""

    def __init__(
        self, database: Database, keys: VapidKeys, network: PushNetwork, trust: ssl.SSLContext | None = None
    ) -> None:
        # Not at the top: it brings a second library of HTTP, which a process without push does without.
        from pywebpush import WebPusher  # noqa: PLC0415

        self._pusher = WebPusher
        self._database = database
        self._keys = keys
        self._network = network
        self._trust = trust or ssl.create_default_context()

    def lane(self) -> "PushLane":
        return PushLane(self._database, self._keys, self._network, self._trust, self._pusher)


class _Fate(Enum):
    DELIVERED = "delivered"
    SLUGGISH = "delivered, but slowly"
    GONE = "gone"
    REFUSED = "refused"
    LATER = "later"
    SILENT = "silent"
    RESTING = "resting"


_ARRIVED = frozenset({_Fate.DELIVERED, _Fate.SLUGGISH})
_FAILED = frozenset({_Fate.REFUSED, _Fate.LATER, _Fate.SILENT, _Fate.SLUGGISH})
_TO_BE_TRIED = frozenset({_Fate.LATER, _Fate.SILENT, _Fate.RESTING})


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How it went for one browser; ``text`` names the fault, ``after`` how long the push service wants to be left."""

    subscription: Subscription
    fate: _Fate
    text: str = ""
    after: timedelta | None = None


class PushLane:
    """One push at a time, to all browsers of a person at once; connections to push services are used again."""

    may_have_arrived = True

    def __init__(
        self, database: Database, keys: VapidKeys, network: PushNetwork, trust: ssl.SSLContext, pusher: Any
    ) -> None:
        self._database = database
        self._keys = keys
        self._network = network
        self._trust = trust
        self._pusher = pusher
        self._session: ClientSession | None = None

    async def deliver(self, parcel: PushMessage) -> None:
        """Raises ``TryLater`` while a browser may still be reached by another try, which is then for that one only.

        Never ``Unreachable``: push services are many, named by whoever subscribes, and the silence of one says
        nothing of the others. The browsers are those of this moment: who has signed out since gets nothing.
        """
        async with self._database.reading() as connection:
            subscriptions = await queries.still_to_reach(connection, parcel.id)
        ends_at = asyncio.get_running_loop().time() + _SECONDS
        outcomes = await asyncio.gather(*(self._try(parcel, each, ends_at) for each in subscriptions))
        await self._put_down(parcel.id, outcomes)
        if any(each.fate in _TO_BE_TRIED for each in outcomes):
            raise _try_later(outcomes)
        if not any(each.fate in _ARRIVED for each in outcomes):
            refused = [each.text for each in outcomes if each.fate is _Fate.REFUSED]
            raise Refused(refused[0] if refused else "No browser is left that asked for it.")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _try(self, message: PushMessage, subscription: Subscription, ends_at: float) -> _Outcome:
        if subscription.rest is not None:
            return _Outcome(subscription, _Fate.RESTING, "The push service is left alone for a while: it was silent.")
        began_at = time.monotonic()
        try:
            async with asyncio.timeout_at(ends_at):
                outcome = await self._post(message, subscription)
        except TimeoutError:
            return _Outcome(subscription, _Fate.SILENT, f"The push service did not answer within {_SECONDS} s.")
        except (ClientError, OSError) as error:
            outcome = _Outcome(subscription, _Fate.LATER, f"The push service cannot be reached: {_cause(error)}.")
        except ValueError as error:
            # What is stored has been looked at before: other rules held then.
            return _Outcome(subscription, _Fate.REFUSED, f"The subscription is not good: {error}.")
        took = time.monotonic() - began_at
        if outcome.fate is _Fate.LATER and took > _SLOW_SECONDS:
            return replace(outcome, fate=_Fate.SILENT)
        if outcome.fate is _Fate.DELIVERED and took > _SLUGGISH_SECONDS:
            return replace(outcome, fate=_Fate.SLUGGISH)
        return outcome

    async def _post(self, message: PushMessage, subscription: Subscription) -> _Outcome:
        place_of(subscription.endpoint)
        keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
        body = self._pusher({"endpoint": subscription.endpoint, "keys": keys}).encode(message.payload)["body"]
        headers = {
            "Authorization": self._keys.authorization(subscription.endpoint),
            "User-Agent": "client-portal",
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(max(0, int((message.ends_at - datetime.now(UTC)).total_seconds()))),
            "Urgency": "normal",
            # A second try replaces what the first has left with the push service.
            "Topic": message.id.hex,
        }
        session = self._opened()
        # Nothing of the answer's body is read: it can be of any length.
        async with session.post(subscription.endpoint, data=body, headers=headers, allow_redirects=False) as answer:
            return _outcome(subscription, answer)

    def _opened(self) -> ClientSession:
        if self._session is None:
            connector = TCPConnector(
                resolver=self._network,
                socket_factory=self._network.socket,  # judges each address again, a remembered one too
                ssl=self._trust,
                ttl_dns_cache=_NAME_SECONDS,
            )
            self._session = ClientSession(
                connector=connector,
                timeout=ClientTimeout(total=None),  # each push has its own, which holds to the part of a second
                cookie_jar=DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def _put_down(self, push_id: UUID, outcomes: Sequence[_Outcome]) -> None:
        """What the next try has to know; if it cannot be kept, the worst of it is that a browser is told twice."""
        of = {fate: [each.subscription.id for each in outcomes if each.fate is fate] for fate in _Fate}
        is_tried_again = any(of[fate] for fate in _TO_BE_TRIED)
        done = of[_Fate.DELIVERED] + of[_Fate.SLUGGISH] + of[_Fate.REFUSED] if is_tried_again else []
        failed = [each.subscription.id for each in outcomes if each.fate in _FAILED]
        well_again = [
            each.subscription.id for each in outcomes if each.fate is _Fate.DELIVERED and each.subscription.has_failed
        ]
        if of[_Fate.REFUSED]:
            faults = sorted({each.text for each in outcomes if each.fate is _Fate.REFUSED})
            log.warning("push_refused", push=str(push_id), faults=faults)
        if not (done or failed or well_again or of[_Fate.GONE]):
            return
        try:
            async with self._database.transaction() as transaction:
                if of[_Fate.GONE]:
                    await queries.delete_subscriptions(transaction.connection, of[_Fate.GONE])
                if failed:
                    given_up = await queries.put_down_failures(
                        transaction.connection, failed, of[_Fate.SILENT] + of[_Fate.SLUGGISH]
                    )
                    if given_up:
                        log.warning("push_subscriptions_given_up", push=str(push_id), count=given_up)
                if well_again:
                    await queries.put_down_successes(transaction.connection, well_again)
                if done:
                    await queries.add_done(transaction.connection, push_id, done)
        except Exception as error:
            log.warning("push_not_put_down", push=str(push_id), error=repr(error))


def _try_later(outcomes: Sequence[_Outcome]) -> TryLater:
    """When to try those again that may be reached yet; for who rests nobody else waits."""
    answered = [each for each in outcomes if each.fate in {_Fate.LATER, _Fate.SILENT}]
    if answered:
        waits = [each.after for each in answered if each.after is not None]
        return TryLater(answered[0].text, max(waits, default=None))
    resting = [each for each in outcomes if each.fate is _Fate.RESTING]
    return TryLater(resting[0].text, min(each.subscription.rest for each in resting if each.subscription.rest))


_GONE = frozenset({404, 410})
_PASSING = frozenset({408, 425, 429})


def _outcome(subscription: Subscription, answer: ClientResponse) -> _Outcome:
    """What the push service's answer means (RFC 8030, 5 and 7.3)."""
    status = answer.status
    if 200 <= status < 300:
        return _Outcome(subscription, _Fate.DELIVERED)
    if status in _GONE:
        return _Outcome(subscription, _Fate.GONE)
    text = f"The push service answered {status}."
    if status in _PASSING or status >= 500:
        return _Outcome(subscription, _Fate.LATER, text, _retry_after(answer.headers.get("Retry-After", "")))
    return _Outcome(subscription, _Fate.REFUSED, text)


def _retry_after(value: str) -> timedelta | None:
    """How long to wait, from a number of seconds or a date (RFC 9110, 10.2.3); at most an hour."""
    if value.isascii() and value.isdigit() and len(value) < 10:
        return min(timedelta(seconds=int(value)), _MOST_PATIENCE)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(wait, timedelta(0)), _MOST_PATIENCE)


def _cause(error: BaseException) -> str:
    """The fault without the endpoint, which is a secret of the browser's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, NotReachable):
            return str(cause)
        if isinstance(cause, ssl.SSLError):
            return "its certificate is not good" if isinstance(cause, ssl.SSLCertVerificationError) else "TLS failed"
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    return "no connection"
