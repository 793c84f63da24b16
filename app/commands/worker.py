"""`portal worker`: sends e-mail and push, and serves nothing."""

import asyncio
import signal
from typing import Annotated

import asyncpg
import typer
import uvloop
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from sqlalchemy.exc import SQLAlchemyError

from app.commands.console import direct_url, say, warn_of_mail
from app.core import connect, migrations
from app.core.database import Database
from app.core.errors import StartupError
from app.core.lifetime import keep_what_exists
from app.core.logs import configure_logs
from app.dev import demo
from app.letters.workers import outbox_workers
from app.mail.outgoing import Outgoing
from app.projects.preflight import host_columns
from app.push.addresses import push_network
from app.server import unwind_on_signals
from app.settings import Settings, load_settings

_STOP_SECONDS = 30.0
"""What is being delivered may take so long to end: cut off, it might come twice."""


def worker(
    lanes: Annotated[int | None, typer.Option(min=1, max=20, help="Instead of MAIL_LANES")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve /metrics there, on HOST: what became of the rows")
    ] = None,
) -> None:
    """Send what is due, e-mail and push, until it is told to end. Any number of them may run.

    The portal itself does so too, unless MAIL_WORKER is false.
    """
    unwind_on_signals()
    settings = _with_database(load_settings()).for_serving()
    if lanes is not None:
        settings = settings.model_copy(update={"mail_lanes": lanes})
    configure_logs(settings.app_env)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, metrics_port))


def _with_database(settings: Settings) -> Settings:
    """These settings; without DATABASE_URL those of the demo, while it runs."""
    if not settings.is_embedded:
        return settings
    url = demo.running_url(settings)
    if url is None:
        return settings.model_copy(update={"database_url": direct_url(settings)})
    secrets = {name.lower(): value for name, value in demo.kept_secrets(settings).items()}
    return settings.model_copy(update={"database_url": url} | secrets)


async def _work(settings: Settings, metrics_port: int | None) -> None:
    url = direct_url(settings)
    if not await migrations.is_current(url):
        raise StartupError("The schema client_portal is not up to date: run `portal migrate` first")
    database = Database(url, pool_size=4)
    network = push_network(settings)
    registry = CollectorRegistry()
    try:
        async with database.reading() as connection:
            host = await host_columns(connection)
        workers = outbox_workers(
            database,
            settings,
            host,
            registry,
            outgoing=Outgoing(settings),
            network=network,
        )
        if not workers:
            raise StartupError(
                f"{settings.lacking_for_mail}: must be set for e-mail with APP_ENV=production,"
                " or VAPID_PRIVATE_KEY for push"
            )
        if metrics_port is not None:
            _serve_metrics(settings.host, metrics_port, registry)
        warn_of_mail(settings)
        keep_what_exists()
        for each in workers:
            each.start()
        say(f"Sending what is due: {', '.join(each.outbox for each in workers)}.  (Ctrl-C ends it)")
        await _told_to_end()
        await asyncio.gather(*(each.stop(_STOP_SECONDS) for each in workers))
    except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
        raise StartupError(f"DATABASE_URL: {connect.one_line(getattr(error, 'orig', None) or error)}") from None
    finally:
        await network.close()
        await database.close()


def _serve_metrics(host: str, port: int, registry: CollectorRegistry) -> None:
    """In a thread, which ends with the process."""
    ProcessCollector(registry=registry)
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        raise StartupError(f"--metrics-port: nothing can listen on {host}:{port}: {error.strerror}") from None


async def _told_to_end() -> None:
    """Returns when a signal asks for an end; a second one is not waited for."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
    unwind_on_signals()
