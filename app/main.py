"""The composition root: the only file that knows every module."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware

from app.accounts.admin import AccountAdministration
from app.accounts.admin_router import router as accounts_admin_router
from app.accounts.auth import Authenticator
from app.accounts.endings import end_streams
from app.accounts.links import PasswordLinks
from app.accounts.router import router as accounts_router
from app.accounts.service import AccountService
from app.accounts.standing import Standings
from app.chat.feed import RoomFeed
from app.chat.router import router as chat_router
from app.chat.service import ChatService
from app.chat.socket import RoomSockets
from app.core import health, pages, problems
from app.core.database import Database
from app.core.lifetime import ends_with_parent, keep_what_exists, told_of_end
from app.core.logs import configure_logs
from app.core.middleware import Harden, Observe
from app.core.passwords import Passwords
from app.core.tokens import Tokens
from app.dev.testnotify import router as testnotify_router
from app.files.downloads import Downloads
from app.files.pictures import Pictures
from app.files.router import LARGE_BODIES
from app.files.router import router as files_router
from app.files.service import FileService
from app.files.sweeper import Sweeper
from app.files.uploads import Uploads
from app.issues.router import router as issues_router
from app.issues.service import IssueService
from app.letters.admin import MailAdministration
from app.letters.admin_router import router as mail_admin_router
from app.letters.kept import KeptLetters
from app.letters.router import router as letters_router
from app.letters.unsubscribe import UnsubscribeLinks
from app.letters.upkeep import Upkeep
from app.letters.workers import outbox_workers
from app.mail.outgoing import Outgoing
from app.notifications.events import types_told
from app.notifications.feed import NotificationFeed
from app.notifications.router import router as notifications_router
from app.notifications.service import NotificationService, take_role, welcome
from app.notifications.stream import NotificationStreams
from app.preferences.push_router import router as push_router
from app.preferences.router import router as preferences_router
from app.preferences.service import PreferenceService
from app.preferences.subscriptions import SubscriptionService
from app.presence.board import PresenceBoard
from app.projects.admin import ProjectAdministration
from app.projects.admin_router import router as projects_admin_router
from app.projects.feed import ProjectFeed
from app.projects.host_managers import HostManagers
from app.projects.preflight import host_columns
from app.projects.router import router as projects_router
from app.projects.service import ProjectService
from app.projects.socket import ProjectSockets
from app.push.addresses import push_network, subscribing_network
from app.push.vapid import vapid_keys
from app.realtime.broker import PostgresBroker
from app.realtime.hub import Hub
from app.realtime.ws import LongSockets
from app.search.router import router as search_router
from app.search.service import SearchService
from app.settings import Settings, load_settings
from app.storage.store import Storage
from app.tasks.approvals import ApprovalService
from app.tasks.router import router as tasks_router
from app.tasks.service import TaskService, progress_by_project


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application for these settings (the environment's when None). Needs DATABASE_URL and JWT_SECRET."""
    settings = (settings or load_settings()).for_serving()
    configure_logs(settings.app_env)
    app = FastAPI(
        title="Client Portal",
        version="0.1.0",
        description="Notifications and a client portal beside a project-management app.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan,
        responses=problems.documented(422, 503),
    )
    _build(app, settings)
    problems.install(app)
    test_routers = [testnotify_router] if settings.notify_test_endpoints else []
    # Tried in this order for each request: the ones that are asked most come first.
    routers = (
        notifications_router,
        preferences_router,
        push_router,
        chat_router,
        *test_routers,
        projects_router,
        files_router,
        issues_router,
        tasks_router,
        search_router,
        accounts_router,
        accounts_admin_router,
        projects_admin_router,
        letters_router,
        mail_admin_router,
        health.router,
    )
    for router in routers:
        app.include_router(router)
    pages.install(app)
    _surround(app, settings)
    return app


def _build(app: FastAPI, settings: Settings) -> None:
    """Makes the long-lived parts, by hand and in order."""
    assert settings.database_url is not None
    assert settings.jwt_secret is not None
    state = app.state
    state.settings = settings
    state.is_https = settings.base_url.startswith("https://")
    state.registry = CollectorRegistry()
    state.database = Database(
        settings.database_url,
        pool_size=settings.database_pool_size,
        behind_pooler=settings.database_listen_url is not None,
    )
    state.broker = PostgresBroker(settings.database_listen_url or settings.database_url)
    state.database.carrier = state.broker.carry
    state.hub = Hub(state.registry)
    tokens = Tokens(settings.jwt_secret, settings.jwt_issuer, settings.jwt_audience)
    state.passwords = Passwords()
    state.standings = standings = Standings(state.database, state.broker)
    state.authenticator = Authenticator(tokens, standings, settings.public_url, settings.allowed_origins)
    end_streams(state.broker, state.hub)
    state.accounts = AccountService(
        state.database, state.passwords, tokens, standings, timedelta(hours=settings.session_hours)
    )
    state.host_managers = HostManagers(state.database, settings.host_managers_query, settings.host_sync_seconds)
    quiet = timedelta(seconds=settings.mail_quiet_seconds)
    state.preferences = PreferenceService(state.database, types_told, quiet)
    state.push_network = push_network(settings)
    state.subscribing_network = subscribing_network(settings)
    state.subscriptions = SubscriptionService(state.database, vapid_keys(settings), state.subscribing_network)
    state.unsubscribe_links = UnsubscribeLinks(settings.base_url, settings.jwt_secret)
    state.notifications = NotificationService(
        state.database,
        state.registry,
        state.host_managers.refresh,
        quiet,
    )
    state.outgoing = Outgoing(settings)
    state.upkeep = Upkeep(state.database, state.registry, settings.kept_mail)
    state.mail_administration = MailAdministration(
        state.database, KeptLetters(settings.kept_mail), state.upkeep, state.outgoing.said
    )
    state.notification_feed = NotificationFeed(state.database, state.broker, state.hub)
    state.project_feed = ProjectFeed(state.broker, state.hub)
    state.project_sockets = ProjectSockets(state.database, state.hub, state.authenticator)
    state.presence = PresenceBoard(state.database)
    state.room_feed = RoomFeed(state.database, state.broker, state.hub, state.presence)
    state.room_sockets = RoomSockets(state.database, state.hub, state.presence, state.authenticator)
    state.notification_streams = NotificationStreams(
        state.hub, state.notifications, state.preferences, state.authenticator
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    async with state.database.reading() as connection:
        host = await host_columns(connection)
    state.projects = ProjectService(
        state.database, host, state.notifications.unread_by_project, partial(progress_by_project, state.database)
    )
    storage = Storage(state.settings.storage_url)
    state.files = FileService(state.database, state.projects, storage)
    state.uploads = Uploads(
        state.database,
        host,
        state.notifications,
        storage,
        Pictures(),
        room_limit=state.settings.max_room_mb * 2**20,
        still_holds=state.authenticator.still_holds,
    )
    state.downloads = Downloads(storage)
    state.sweeper = Sweeper(state.database, storage)
    state.chat = ChatService(state.database, host, state.projects, state.notifications, state.presence)
    state.issues = IssueService(state.database, host, state.projects, state.notifications)
    state.tasks = TaskService(state.database, state.projects, state.notifications)
    state.search = SearchService(state.database, state.projects)
    state.approvals = ApprovalService(state.database, state.projects, state.notifications)
    state.project_administration = ProjectAdministration(state.database, host)
    links = PasswordLinks(state.settings.base_url, timedelta(hours=state.settings.password_link_hours))
    state.account_administration = AccountAdministration(
        state.database,
        state.passwords,
        state.standings,
        links,
        state.project_administration,
        welcome=welcome,
        take_role=take_role,
    )
    state.outbox_workers = outbox_workers(
        state.database,
        state.settings,
        host,
        state.registry,
        outgoing=state.outgoing,
        network=state.push_network,
    )
    state.broker.on_gap(state.database.renew)
    state.notification_feed.start()
    state.room_feed.start()
    await state.broker.start()
    await state.host_managers.start()
    state.presence.start()
    state.sweeper.start()
    state.upkeep.start()
    if state.settings.mail_worker:
        for worker in state.outbox_workers:
            worker.start()
    keep_what_exists()
    with told_of_end(lambda: state.hub.close("shutdown")), ends_with_parent():
        yield
    await asyncio.gather(*(worker.stop() for worker in state.outbox_workers))
    await state.upkeep.stop()
    await state.sweeper.stop()
    await state.host_managers.stop()
    await state.presence.stop()
    state.room_feed.stop()
    state.notification_feed.stop()
    await state.broker.stop()
    await state.push_network.close()
    await state.subscribing_network.close()
    await state.database.close()


def _surround(app: FastAPI, settings: Settings) -> None:
    """Middleware, the outermost last."""
    if settings.allowed_origins:
        # Bearer tokens only: without allow_credentials no browser lends its cookie to another origin's page.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "Last-Event-ID"],
            expose_headers=["Content-Disposition", "Content-Range", "ETag", "Retry-After"],
            max_age=600,
        )
    app.add_middleware(Harden, large_bodies=LARGE_BODIES)
    app.add_middleware(Observe, registry=app.state.registry)
    app.add_middleware(LongSockets)
