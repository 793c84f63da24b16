"""Sockets: the notification stream's frames over a WebSocket, and peers that are dead or slow."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from app import server
from app.dev.demo import FIRST_PROJECT
from tests.pair import Pair
from tests.portal import free_port
from tests.running import until
from tests.sockets import open_socket, refusal
from tests.world import PEOPLE, World, bearer, sign_in

PATH = "/api/notifications/ws"


async def test_it_carries_the_frames_of_the_stream(pair: Pair):
    portal = pair.one
    async with open_socket(f"{portal.url}{PATH}", bearer("pm")) as socket:
        assert await socket.until("ready") == {"unread_count": 0}
        async with httpx.AsyncClient(base_url=portal.url, headers=bearer("pm"), timeout=30) as pm:
            issue = {"project_id": str(FIRST_PROJECT), "issue_id": str(PEOPLE["pm"]), "message": "A leak"}
            await pm.post("/api/testnotify/issue", json=issue)
            news = await socket.until("notification")
            assert (news["unread_count"], news["item"]["title"]) == (1, "A leak")
            await pm.post(f"/api/notifications/{news['item']['id']}/read")
            assert await socket.until("read") == {"ids": [news["item"]["id"]], "unread_count": 0}


async def test_it_wants_the_scope_of_the_stream(pair: Pair):
    assert (await refusal(f"{pair.one.url}{PATH}", bearer("pm", scope="other")))[0] == 403


async def test_a_browser_opens_it_with_its_cookie_from_our_own_pages_only(pair: Pair):
    portal = pair.one
    async with httpx.AsyncClient(base_url=portal.url, timeout=30) as browser:
        await sign_in(browser, "pm")
        cookie = {"Cookie": f"portal_session={browser.cookies['portal_session']}"}
    address = f"{portal.url}{PATH}"
    assert (await refusal(address, cookie | {"Origin": portal.url}))[0] == 101
    assert (await refusal(address, cookie | {"Origin": "https://evil.example"}))[0] == 403
    assert (await refusal(address, cookie | {"Origin": "null"}))[0] == 403
    assert (await refusal(address, cookie))[0] == 403


async def test_it_ends_with_the_sign_in(pair: Pair):
    portal = pair.one
    async with httpx.AsyncClient(base_url=portal.url, timeout=30) as http:
        own = {"Authorization": f"Bearer {await sign_in(http, 'pm')}"}
        other = {"Authorization": f"Bearer {await sign_in(http, 'pm')}"}
        async with open_socket(f"{portal.url}{PATH}", own) as ended, open_socket(f"{portal.url}{PATH}", other) as kept:
            await ended.until("ready")
            await kept.until("ready")
            http.cookies.clear()
            assert (await http.post("/api/auth/logout", headers=own)).status_code == 204
            assert await ended.until("bye") == {"reason": "signed_out"}
            await ended.closed()
            change = {"current_password": "demo-password", "new_password": "another password"}
            third = {"Authorization": f"Bearer {await sign_in(http, 'pm')}"}
            http.cookies.clear()
            assert (await http.post("/api/auth/password", json=change, headers=third)).status_code == 204
            assert await kept.until("bye") == {"reason": "signed_out"}


async def test_it_ends_with_its_token(pair: Pair):
    portal = pair.one
    async with open_socket(f"{portal.url}{PATH}", bearer("pm", exp=int(time.time()) + 5)) as socket:
        assert await socket.until("bye") == {"reason": "token_expired"}


async def test_a_peer_that_no_longer_answers_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch):
    """Its place in the room goes with it."""
    monkeypatch.setattr(server, "_PING_SECONDS", 0.3)
    room = await world.value("SELECT id FROM client_portal.rooms WHERE project_id = $1", FIRST_PROJECT)

    async def present() -> bool:
        return bool(await world.value("SELECT count(*) FROM client_portal.presence"))

    async def absent() -> bool:
        return not await present()

    async with _serving(world, monkeypatch) as port:
        address = f"http://127.0.0.1:{port}/api/rooms/{room}/ws"
        async with open_socket(address, bearer("client"), ping_interval=None) as socket:
            await until(present)
            socket.connection.transport.pause_reading()  # from now on no ping is answered
            await until(absent)
            socket.connection.transport.abort()


@asynccontextmanager
async def _serving(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The real server in this process, so that its clocks can be set."""
    settings = world.settings(port=free_port())
    monkeypatch.setenv("DATABASE_URL", world.url)
    monkeypatch.setenv("JWT_SECRET", settings.jwt_secret or "")
    config = server.configuration(settings)
    config.port = settings.port
    serving = uvicorn.Server(config)
    with monkeypatch.context() as patch:
        patch.setattr(serving, "install_signal_handlers", lambda: None, raising=False)
        task = asyncio.create_task(serving.serve())
        await until(lambda: serving.started)
        yield settings.port
        serving.should_exit = True
        await task
