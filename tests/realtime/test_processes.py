"""Streams of the real thing: two worker processes, their database, their readers, their end."""

import asyncio
import json
import resource
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from app.core.middleware import BODY_LIMIT
from app.dev.demo import FIRST_PROJECT, PASSWORD
from app.dev.embedded import EmbeddedPostgres
from tests.pair import measure
from tests.portal import Portal
from tests.running import until
from tests.sse import PATH, Event, Stream, open_stream
from tests.world import PEOPLE, SECRET, World, bearer

POOL = 2


@pytest.fixture(scope="module")
def portal(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Two worker processes with small pools."""
    environment = {
        "DATABASE_URL": shared_world.url,
        "JWT_SECRET": SECRET,
        "NOTIFY_TEST_ENDPOINTS": "true",
        "APP_ENV": "production",
        "WEB_CONCURRENCY": 2,
        "DATABASE_POOL_SIZE": POOL,
    }
    with Portal(tmp_path_factory.mktemp("portal"), **environment) as portal:
        yield portal


@pytest.fixture(autouse=True)
async def empty_inboxes(shared_world: World) -> None:
    await shared_world.execute("TRUNCATE client_portal.notifications")
    await shared_world.execute("UPDATE client_portal.notification_settings SET realtime_enabled = true")


@pytest.fixture
async def pm(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=portal.url, headers=bearer("pm"), timeout=30) as caller:
        yield caller


@pytest.fixture
async def streams() -> AsyncIterator[AsyncExitStack]:
    """Where the streams of a test stay open until it ends."""
    async with AsyncExitStack() as stack:
        yield stack


async def _simulate(caller: httpx.AsyncClient, title: str = "A leak") -> int:
    issue = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": title}
    return (await caller.post("/api/testnotify/issue", json=issue)).status_code


def _workers(portal: Portal) -> list[psutil.Process]:
    assert portal.process is not None
    found = []
    for child in psutil.Process(portal.process.pid).children(recursive=True):
        with suppress(psutil.Error):  # it may be ending
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def _ports_held_by(process: psutil.Process) -> set[int]:
    """The ports at the other ends of a process's connections."""
    with suppress(psutil.Error):
        return {each.raddr.port for each in process.net_connections("tcp") if each.raddr}
    return set()


def _worker_of(portal: Portal, stream: Stream) -> int | None:
    """The process at the other end of this stream."""
    for worker in _workers(portal):
        if stream.local_port in _ports_held_by(worker):
            return worker.pid
    return None


async def _one_in_each_worker(portal: Portal, stack: AsyncExitStack, headers: dict[str, str]) -> list[Stream]:
    """Streams of these headers, one that each of the two workers serves; all say ``ready``."""
    found: dict[int | None, Stream] = {}
    for _ in range(60):
        stream = await stack.enter_async_context(open_stream(portal.url, headers))
        await stream.until("ready")
        found.setdefault(_worker_of(portal, stream), stream)
        if len(found) == 2:
            assert None not in found
            return list(found.values())
    raise AssertionError(f"all streams were served by {list(found)}")


async def test_the_start_warns_of_simulated_events_and_of_e_mail_that_waits_in_production(portal: Portal):
    log = portal.log.read_text()
    assert log.count("portal: warning: ") == 2
    assert "NOTIFY_TEST_ENDPOINTS" in log
    assert "SMTP_URL is not set: no e-mail is sent" in log
    assert "Traceback" not in log


async def test_streams_of_both_workers_hear_everything(portal: Portal, streams: AsyncExitStack, pm: httpx.AsyncClient):
    both = await _one_in_each_worker(portal, streams, bearer("pm"))
    assert await _simulate(pm) == 204
    frames = [await stream.until("notification") for stream in both]
    assert frames[0] == frames[1]
    await pm.post("/api/notifications/read_all")
    for stream in both:
        assert await stream.until("read") == Event("read", {"all": True, "unread_count": 0})


async def test_after_50_at_once_every_last_count_is_the_tables(
    portal: Portal, streams: AsyncExitStack, pm: httpx.AsyncClient, shared_world: World
):
    both = await _one_in_each_worker(portal, streams, bearer("pm"))
    assert set(await asyncio.gather(*(_simulate(pm) for _ in range(50)))) == {204}
    for stream in both:
        frames = [await stream.until("notification") for _ in range(50)]
        assert frames[-1].data["unread_count"] == 50
    assert await shared_world.value("SELECT count(*) FROM client_portal.notifications WHERE NOT is_read") == 2 * 50


async def test_a_sign_out_ends_the_streams_of_the_session_in_every_worker(
    portal: Portal, streams: AsyncExitStack, shared_world: World
):
    headers = {"Authorization": f"Bearer {await shared_world.open_session('pm')}"}
    both = await _one_in_each_worker(portal, streams, headers)
    async with httpx.AsyncClient(base_url=portal.url, headers=headers, timeout=30) as pm:
        assert (await pm.post("/api/auth/logout")).status_code == 204
    for stream in both:
        assert await stream.rest() == [Event("bye", {"reason": "signed_out"})]


async def test_a_new_password_ends_the_streams_of_all_other_sessions(
    portal: Portal, streams: AsyncExitStack, shared_world: World
):
    own, other = [{"Authorization": f"Bearer {await shared_world.open_session('pm2')}"} for _ in range(2)]
    kept = await _one_in_each_worker(portal, streams, own)
    ended = await _one_in_each_worker(portal, streams, other)
    async with httpx.AsyncClient(base_url=portal.url, headers=own, timeout=30) as pm2:
        change = {"current_password": PASSWORD, "new_password": PASSWORD}
        assert (await pm2.post("/api/auth/password", json=change)).status_code == 204
        for stream in ended:
            assert await stream.rest() == [Event("bye", {"reason": "signed_out"})]
        await pm2.post("/api/notifications/read_all")
        await shared_world.notify("pm2", project_id=FIRST_PROJECT)
    payload = json.dumps([["read", {"user": str(PEOPLE["pm2"]), "all": True}]])
    await shared_world.execute("SELECT pg_notify('client_portal', $1)", payload)
    for stream in kept:
        assert (await stream.until("read")).data["unread_count"] == 0


async def test_more_streams_than_connections_leave_the_api_answering(
    portal: Portal, streams: AsyncExitStack, pm: httpx.AsyncClient, shared_world: World
):
    connections = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'client-portal'"
    )
    before = await shared_world.value(connections)
    opened = [await streams.enter_async_context(open_stream(portal.url, bearer("pm"))) for _ in range(50)]
    for stream in opened:
        await stream.until("ready")
    async with asyncio.timeout(20):
        assert (await pm.get("/api/notifications")).status_code == 200
        assert await _simulate(pm) == 204
    for stream in opened:
        await stream.until("notification")
    assert await shared_world.value(connections) <= before + 2 * POOL


async def test_measures_are_those_of_all_workers_together(portal: Portal, streams: AsyncExitStack):
    route = {"route": "/healthz", "status": "200"}
    before = await measure(portal, "portal_http_requests_total", **route)
    for _ in range(20):
        async with httpx.AsyncClient() as caller:  # a connection each, so that both workers get some
            assert (await caller.get(f"{portal.url}/healthz")).status_code == 200
    assert await measure(portal, "portal_http_requests_total", **route) == before + 20
    both = await _one_in_each_worker(portal, streams, bearer("pm"))
    assert await measure(portal, "portal_streams_open") >= len(both)


async def test_a_restart_of_postgres_is_survived_and_told_to_every_stream(
    portal: Portal, streams: AsyncExitStack, pm: httpx.AsyncClient, postgres: EmbeddedPostgres
):
    both = await _one_in_each_worker(portal, streams, bearer("pm"))
    await asyncio.to_thread(postgres.restart, "immediate")
    for stream in both:
        assert await stream.until("reset", 30) == Event("reset", {})

    async def is_ready() -> bool:
        return (await pm.get("/readyz")).status_code == 200

    await until(is_ready)
    assert await _simulate(pm) == 204
    for stream in both:
        await stream.until("notification")


@asynccontextmanager
async def _reader_that_stopped(portal: Portal, world: World) -> AsyncIterator[int]:
    """A stream that nobody reads and that has been dropped for it; answers the port at its reader's end."""
    before = await measure(portal, "portal_streams_dropped_total")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", portal.port))
        slow.sendall(_request(bearer("pm")))
        assert b"200" in slow.recv(15)
        ids = await world.notify("pm", count=100, title="x" * 200, body="y" * 2000)
        rings = [["notification", {"user": str(PEOPLE["pm"]), "id": str(id_)}] for id_ in ids]
        payloads = [json.dumps(rings[start : start + 50]) for start in (0, 50)]

        async def dropped() -> bool:
            for payload in payloads:
                await world.execute("SELECT pg_notify('client_portal', $1)", payload)
            return await measure(portal, "portal_streams_dropped_total") == before + 1

        await until(dropped, within=60)
        yield slow.getsockname()[1]


async def test_a_reader_that_stops_reading_is_dropped_and_others_go_on(
    portal: Portal, shared_world: World, pm: httpx.AsyncClient, streams: AsyncExitStack
):
    async with _reader_that_stopped(portal, shared_world):
        both = await _one_in_each_worker(portal, streams, bearer("pm"))
        assert await _simulate(pm, "After it was dropped") == 204
        for stream in both:
            # A worker may still be telling of what the slow one was flooded with.
            titles = []
            while "After it was dropped" not in titles:
                titles.append((await stream.until("notification")).data["item"]["title"])


async def test_the_socket_of_a_dropped_reader_is_given_back(portal: Portal, shared_world: World):
    async with _reader_that_stopped(portal, shared_world) as port:
        await until(lambda: not any(port in _ports_held_by(worker) for worker in _workers(portal)), within=20)


async def test_a_worker_that_died_leaves_no_streams_in_the_measures(portal: Portal, pm: httpx.AsyncClient):
    async with AsyncExitStack() as stack:
        both = await _one_in_each_worker(portal, stack, bearer("pm"))
        worker = _worker_of(portal, both[0])
        assert worker is not None
        psutil.Process(worker).kill()

        def is_replaced() -> bool:
            pids = {each.pid for each in _workers(portal)}
            return len(pids) == 2 and worker not in pids

        # Killed while the supervisor asks how it is, it is waited for as long as one that starts slowly.
        await until(is_replaced, within=150)

    async def all_gone() -> bool:
        return await measure(portal, "portal_streams_open") == 0

    await until(all_gone)


class TestBodiesOverSockets:
    """Where a body's length is said wrongly or not at all, the limit holds."""

    def test_a_length_over_the_limit_is_refused_before_the_body_comes(self, portal: Portal):
        answer = _answer_to(portal, [f"Content-Length: {BODY_LIMIT + 1}"], b"")
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"application/problem+json" in answer

    def test_chunks_over_the_limit_are_refused(self, portal: Portal):
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        answer = _answer_to(portal, ["Transfer-Encoding: chunked"], chunk * 17)
        assert answer.startswith(b"HTTP/1.1 413")

    @pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "5, 6", "99999999999999999999999999"])
    def test_a_length_that_is_none_is_refused(self, portal: Portal, length):
        assert _answer_to(portal, [f"Content-Length: {length}"], b"").split(b" ")[1] in {b"400", b"413"}

    def test_two_lengths_are_refused(self, portal: Portal):
        answer = _answer_to(portal, ["Content-Length: 5", "Transfer-Encoding: chunked"], b"0\r\n\r\n")
        assert answer.split(b" ")[1] == b"400"


def _answer_to(portal: Portal, headers: list[str], body: bytes) -> bytes:
    lines = [
        "POST /api/auth/login HTTP/1.1",
        f"Host: 127.0.0.1:{portal.port}",
        "Content-Type: application/json",
        *headers,
    ]
    with socket.create_connection(("127.0.0.1", portal.port), timeout=20) as caller:
        caller.sendall("\r\n".join([*lines, "", ""]).encode())
        with suppress(OSError):  # it may be refused before it was all sent
            caller.sendall(body)
        return caller.recv(4096)


def _request(headers: dict[str, str]) -> bytes:
    lines = [f"GET {PATH} HTTP/1.1", "Host: portal", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Lets this process, and those that it starts, hold a few thousand sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096) if hard == resource.RLIM_INFINITY else hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
async def test_sigterm_ends_a_thousand_streams_with_a_word_and_the_process_in_time(shared_world: World, tmp_path: Path):
    environment = {"DATABASE_URL": shared_world.url, "JWT_SECRET": SECRET}
    with Portal(tmp_path, **environment) as portal:
        place = await asyncio.get_running_loop().getaddrinfo("127.0.0.1", portal.port)
        readers = []
        for _ in range(20):
            opening = [asyncio.open_connection(*place[0][4]) for _ in range(50)]
            for reader, writer in await asyncio.gather(*opening):
                writer.write(_request(bearer("pm")))
                readers.append((reader, writer))
        for reader, _ in readers:
            async with asyncio.timeout(60):
                assert b"event: ready" in await reader.readuntil(b"\n\n")
        started = time.monotonic()
        portal.signal(signal.SIGTERM)
        await asyncio.to_thread(portal.wait, 20)
        took = time.monotonic() - started
        ends = [await asyncio.wait_for(reader.read(), 5) for reader, _ in readers]
        for _, writer in readers:
            writer.close()
        assert took < 15
        assert portal.wait() == 0
        assert all(b'event: bye\ndata: {"reason":"shutdown"}' in end for end in ends)
        assert all(end.endswith(b"0\r\n\r\n") for end in ends), "a stream that was cut off"
        assert "Traceback" not in portal.log.read_text()


async def test_sigterm_is_not_held_up_by_readers_that_stopped(shared_world: World, tmp_path: Path):
    environment = {"DATABASE_URL": shared_world.url, "JWT_SECRET": SECRET}
    with Portal(tmp_path, **environment) as portal:
        async with _reader_that_stopped(portal, shared_world):
            started = time.monotonic()
            portal.signal(signal.SIGTERM)
            await asyncio.to_thread(portal.wait, 20)
            assert time.monotonic() - started < 10  # the kernel closes such a connection after 15


async def test_ctrl_c_is_an_orderly_end_too(shared_world: World, tmp_path: Path):
    with Portal(tmp_path, DATABASE_URL=shared_world.url, JWT_SECRET=SECRET) as portal:
        portal.signal(signal.SIGINT)
        assert await asyncio.to_thread(portal.wait, 20) == 130
        assert "Traceback" not in portal.log.read_text()


def test_workers_that_take_long_to_start_are_waited_for(shared_world: World, tmp_path: Path):
    """As on a busy machine: a supervisor that gives up on them too soon starts them again and again.

    Longer than the five seconds after which uvicorn gives up, unless it is told to wait.
    """
    started = tmp_path / "started"
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, time\n"
        "if any('spawn_main' in each for each in sys.orig_argv):\n"
        f"    print('worker', file=open({str(started)!r}, 'a'))\n"
        "    time.sleep(5.5)\n"
    )
    environment = {"DATABASE_URL": shared_world.url, "JWT_SECRET": SECRET, "WEB_CONCURRENCY": 2}
    portal = Portal(tmp_path, PYTHONPATH=tmp_path, **environment)
    try:
        portal.start()
    finally:
        portal.stop()
    assert started.read_text() == "worker\n" * 2
