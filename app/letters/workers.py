"""Workers of both outboxes, put together for the application and for the command of their own."""

from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from app.core.database import Database
from app.letters.courier import LetterCourier
from app.letters.judge import LetterJudge
from app.letters.pushes import PushCourier
from app.letters.unsubscribe import UnsubscribeLinks
from app.mail.outgoing import Outgoing
from app.outbox.measures import rows_counter
from app.outbox.worker import Worker
from app.projects.preflight import HostSchema
from app.push.addresses import PushNetwork
from app.push.sender import PushSender
from app.push.vapid import vapid_keys
from app.settings import Settings


def letter_courier(settings: Settings, host: HostSchema, outgoing: Outgoing) -> LetterCourier:
    """The courier of e-mail of these settings, which have a secret to sign links with."""
    assert settings.jwt_secret is not None
    links = UnsubscribeLinks(settings.base_url, settings.jwt_secret)
    quiet = timedelta(seconds=settings.mail_quiet_seconds)
    return LetterCourier(LetterJudge(host, settings.base_url, quiet, links), outgoing)


def outbox_workers(
    database: Database,
    settings: Settings,
    host: HostSchema,
    registry: CollectorRegistry,
    *,
    outgoing: Outgoing,
    network: PushNetwork,
) -> list[Worker[Any]]:
    """Workers, not started yet, of what can be delivered with these settings: e-mail, push, both, or none."""
    counter = rows_counter(registry)
    lanes = settings.mail_lanes
    workers: list[Worker[Any]] = []
    if outgoing.is_on:
        workers.append(Worker(database, letter_courier(settings, host, outgoing), counter, lanes=lanes))
    keys = vapid_keys(settings)
    if keys is not None:
        courier = PushCourier(PushSender(database, keys, network))
        workers.append(Worker(database, courier, counter, lanes=lanes))
    return workers
