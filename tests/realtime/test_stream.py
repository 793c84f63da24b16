"""What a person's stream says, and when it ends."""

import asyncio
import json
import time
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.accounts.audit import COMMAND
from app.dev.demo import FIRST_PROJECT, PASSWORD, SECOND_PROJECT
from app.projects.roles import MemberRole
from app.projects.service import add_member, remove_member
from app.realtime import sse as serving
from app.realtime.hub import QUEUE_LIMIT, Frame, Hub
from tests.core.test_health import fail_commits
from tests.running import caller_of, running, until
from tests.sse import Event, open_stream
from tests.world import PEOPLE, World, bearer


async def _simulate(app: FastAPI, *, by: str = "pm", project: UUID = FIRST_PROJECT, title: str = "A leak") -> int:
    issue = {"project_id": str(project), "issue_id": str(uuid4()), "message": title}
    async with caller_of(app, headers=bearer(by)) as caller:
        return (await caller.post("/api/testnotify/issue", json=issue)).status_code


class TestFrames:
    async def test_ready_comes_first_with_the_count(self, app: FastAPI, world: World):
        await world.notify("pm", count=3)
        async with open_stream(app, bearer("pm")) as stream:
            assert stream.status == 200
            assert stream.headers["content-type"].split(";")[0] == "text/event-stream"
            assert "no-store" in stream.headers["cache-control"]
            assert stream.headers["x-accel-buffering"] == "no"
            assert await stream.next() == Event("ready", {"unread_count": 3})
            assert stream.retry is not None
            assert 1000 <= stream.retry <= 5000

    async def test_browsers_are_spread_over_time_when_they_come_back(self, app: FastAPI):
        waits = set()
        for _ in range(6):
            async with open_stream(app, bearer("pm")) as stream:
                await stream.next()
                waits.add(stream.retry)
        assert len(waits) > 1

    async def test_a_notification_brings_its_item_and_the_count(self, app: FastAPI, world: World):
        await world.notify("pm", count=2)
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            await _simulate(app, title="New window leak")
            frame = await stream.next()
        async with caller_of(app, headers=bearer("pm")) as pm:
            item = (await pm.get("/api/notifications")).json()["items"][0]
        assert item["title"] == "New window leak"
        assert frame == Event("notification", {"item": item, "unread_count": 3})

    async def test_text_of_all_kinds_arrives_whole(self, app: FastAPI):
        title = 'line\nbreak\r\n\n data: "x" \u2028 \x85 文件 🦊 </script>'
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            await _simulate(app, title=title)
            frame = await stream.until("notification")
        assert frame.data["item"]["title"] == title

    async def test_reading_one_is_told_to_every_stream_of_the_person(self, app: FastAPI, world: World):
        ids = await world.notify("pm", count=2)
        async with (
            open_stream(app, bearer("pm")) as one,
            open_stream(app, bearer("pm")) as another,
            caller_of(app, headers=bearer("pm")) as pm,
        ):
            for stream in (one, another):
                await stream.until("ready")
            await pm.post(f"/api/notifications/{ids[0]}/read")
            for stream in (one, another):
                assert await stream.next() == Event("read", {"ids": [str(ids[0])], "unread_count": 1})
            await pm.post("/api/notifications/read_all")
            for stream in (one, another):
                assert await stream.next() == Event("read", {"all": True, "unread_count": 0})

    async def test_reading_what_was_read_says_nothing(self, app: FastAPI, world: World):
        ids = await world.notify("pm", is_read=True)
        async with open_stream(app, bearer("pm")) as stream, caller_of(app, headers=bearer("pm")) as pm:
            await stream.until("ready")
            await pm.post(f"/api/notifications/{ids[0]}/read")
            await pm.post("/api/notifications/read_all")
            await _simulate(app)
            frame = await stream.next()
            assert frame is not None
            assert frame.name == "notification"

    async def test_nobody_hears_what_is_anothers(self, app: FastAPI):
        async with open_stream(app, bearer("pm2")) as pm2, open_stream(app, bearer("client")) as client:
            await pm2.until("ready")
            await client.until("ready")
            await _simulate(app)
            await _simulate(app, by="pm2", project=SECOND_PROJECT, title="Theirs")
            frame = await pm2.next()
            assert frame is not None
            assert frame.data["item"]["title"] == "Theirs"
            app.state.hub.close("shutdown")
            assert [event.name for event in await client.rest()] == ["bye"]

    async def test_an_event_told_twice_is_one_frame(self, app: FastAPI):
        issue = {"project_id": str(FIRST_PROJECT), "issue_id": str(uuid4()), "message": "A leak"}
        async with open_stream(app, bearer("pm")) as stream, caller_of(app, headers=bearer("pm")) as pm:
            await stream.until("ready")
            await asyncio.gather(*(pm.post("/api/testnotify/issue", json=issue) for _ in range(5)))
            await _simulate(app, title="The next one")
            titles = [(await stream.until("notification")).data["item"]["title"] for _ in range(2)]
        assert titles == ["A leak", "The next one"]

    async def test_after_50_at_once_the_last_count_is_the_tables(self, app: FastAPI, world: World):
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            statuses = await asyncio.gather(*(_simulate(app) for _ in range(50)))
            frames = [await stream.until("notification") for _ in range(50)]
        assert set(statuses) == {204}
        assert len({frame.data["item"]["id"] for frame in frames}) == 50
        unread = await world.value(
            "SELECT count(*) FROM client_portal.notifications WHERE NOT is_read AND recipient_user_id = $1",
            PEOPLE["pm"],
        )
        assert (frames[-1].data["unread_count"], unread) == (50, 50)

    async def test_a_commit_that_fails_makes_no_frame(self, app: FastAPI, world: World):
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            await fail_commits(world)
            assert await _simulate(app) == 500
            await world.execute("DROP TRIGGER refuse ON client_portal.notifications")
            await _simulate(app, title="The next one")
            frame = await stream.next()
        assert frame is not None
        assert frame.data["item"]["title"] == "The next one"
        assert frame.data["unread_count"] == 1

    async def test_silence_is_broken_by_comments(self, app: FastAPI, monkeypatch: pytest.MonkeyPatch):
        assert serving._HEARTBEAT_SECONDS <= 15
        monkeypatch.setattr(serving, "_HEARTBEAT_SECONDS", 0.05)
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            await stream.comment()
            await stream.comment()
            await _simulate(app)
            assert (await stream.until("notification")).data["unread_count"] == 1

    async def test_control_frames_carry_no_id(self, app: FastAPI):
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            app.state.hub.close("shutdown")
            await stream.rest()
        assert b"\nid:" not in b"\n" + stream.text

    async def test_a_database_that_fails_for_a_moment_means_read_anew(self, app: FastAPI, world: World):
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            await world.execute("ALTER TABLE client_portal.accounts RENAME TO accounts_elsewhere")
            try:
                payload = json.dumps([["read", {"user": str(PEOPLE["pm"]), "all": True}]])
                await world.execute("SELECT pg_notify('client_portal', $1)", payload)
                assert await stream.next() == Event("reset", {})
            finally:
                await world.execute("ALTER TABLE client_portal.accounts_elsewhere RENAME TO accounts")
            await _simulate(app)
            assert (await stream.until("notification")).data["unread_count"] == 1


class TestWhenAccessChanges:
    async def test_leaving_a_project_means_read_anew_and_no_more_of_it(self, app: FastAPI, world: World):
        await world.notify("pm2", project_id=SECOND_PROJECT, count=2)
        async with open_stream(app, bearer("pm2")) as stream:
            assert (await stream.until("ready")).data == {"unread_count": 2}
            async with app.state.database.transaction() as transaction:
                await remove_member(transaction, COMMAND, SECOND_PROJECT, PEOPLE["pm2"])
            assert await stream.next() == Event("reset", {})
            await _simulate(app, by="admin", project=SECOND_PROJECT)
            async with app.state.database.transaction() as transaction:
                await add_member(transaction, COMMAND, FIRST_PROJECT, PEOPLE["pm2"], MemberRole.MANAGER)
            assert await stream.next() == Event("reset", {})
            await _simulate(app, title="Of the project that is left")
            frame = await stream.next()
        assert frame is not None
        assert frame.data["item"]["title"] == "Of the project that is left"
        assert frame.data["unread_count"] == 1

    async def test_what_was_on_its_way_when_one_left_is_not_shown(self, app: FastAPI, world: World):
        notification = (await world.notify("pm2", project_id=SECOND_PROJECT))[0]
        async with open_stream(app, bearer("pm2")) as stream:
            await stream.until("ready")
            await world.execute("DELETE FROM client_portal.project_members WHERE user_id = $1", PEOPLE["pm2"])
            ring = ["notification", {"user": str(PEOPLE["pm2"]), "id": str(notification)}]
            read = ["read", {"user": str(PEOPLE["pm2"]), "all": True}]
            await world.execute("SELECT pg_notify('client_portal', $1)", json.dumps([ring, read]))
            assert await stream.next() == Event("read", {"all": True, "unread_count": 0})

    async def test_anothers_notification_is_not_shown_whatever_a_signal_says(self, app: FastAPI, world: World):
        anothers = (await world.notify("admin"))[0]
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            ring = ["notification", {"user": str(PEOPLE["pm"]), "id": str(anothers)}]
            read = ["read", {"user": str(PEOPLE["pm"]), "all": True}]
            await world.execute("SELECT pg_notify('client_portal', $1)", json.dumps([ring, read]))
            frame = await stream.next()
        assert frame is not None
        assert frame.name == "read"


class TestEnd:
    async def test_with_its_token(self, app: FastAPI):
        over = int(time.time()) + 5
        async with open_stream(app, bearer("pm", exp=over)) as stream:
            events = await stream.rest()
        assert [event.name for event in events] == ["ready", "bye"]
        assert events[-1].data == {"reason": "token_expired"}
        assert over - 0.1 <= time.time() < over + 10

    async def test_by_signing_out(self, app: FastAPI, world: World):
        session, other = await world.open_session("pm"), await world.open_session("pm")
        headers, others = {"Authorization": f"Bearer {session}"}, {"Authorization": f"Bearer {other}"}
        async with open_stream(app, headers) as stream, open_stream(app, others) as kept:
            await stream.until("ready")
            await kept.until("ready")
            async with caller_of(app, headers=headers) as pm:
                await pm.post("/api/auth/logout")
            assert await stream.rest() == [Event("bye", {"reason": "signed_out"})]
            await _simulate(app)
            assert (await kept.next()) is not None

    async def test_by_a_new_password_for_all_other_sessions(self, app: FastAPI, world: World):
        session, other = await world.open_session("pm"), await world.open_session("pm")
        headers, others = {"Authorization": f"Bearer {session}"}, {"Authorization": f"Bearer {other}"}
        async with open_stream(app, headers) as kept, open_stream(app, others) as stream:
            await kept.until("ready")
            await stream.until("ready")
            async with caller_of(app, headers=headers) as pm:
                change = {"current_password": PASSWORD, "new_password": "another password"}
                assert (await pm.post("/api/auth/password", json=change)).status_code == 204
            assert await stream.rest() == [Event("bye", {"reason": "signed_out"})]
            await _simulate(app)
            frame = await kept.next()
            assert frame is not None
            assert frame.name == "notification"

    async def test_by_the_reader_leaving_frees_its_place(self, app: FastAPI):
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            assert app.state.registry.get_sample_value("portal_streams_open") == 1
        assert app.state.registry.get_sample_value("portal_streams_open") == 0
        assert not app.state.hub.has(f"user:{PEOPLE['pm']}")

    async def test_at_shutdown_also_for_one_that_opens_then(self, app: FastAPI):
        async with open_stream(app, bearer("pm")) as stream:
            await stream.until("ready")
            app.state.hub.close("shutdown")
            assert await stream.rest() == [Event("bye", {"reason": "shutdown"})]
        async with open_stream(app, bearer("pm")) as late:
            assert [event.name for event in await late.rest()] == ["ready", "bye"]


class TestRefusal:
    async def test_without_the_scope(self, app: FastAPI):
        for scope in (None, "", "notifications", "notifications.streams", "Notifications.Stream"):
            async with open_stream(app, bearer("pm", scope=scope)) as stream:
                assert stream.status == 403
                assert (await stream.body())["type"] == "/problems/forbidden"

    async def test_with_the_scope_among_others(self, app: FastAPI):
        async with open_stream(app, bearer("pm", scope="a notifications.stream b")) as stream:
            assert stream.status == 200

    async def test_of_who_switched_live_updates_off(self, app: FastAPI):
        async with caller_of(app, headers=bearer("pm")) as pm:
            await pm.patch("/api/notifications/settings", json={"realtime_enabled": False})
        async with open_stream(app, bearer("pm")) as stream:
            assert stream.status == 403
            assert stream.headers["content-type"] == "application/problem+json"
            assert (await stream.body())["type"] == "/problems/realtime-disabled"

    async def test_of_nobody(self, app: FastAPI):
        async with open_stream(app, {}) as stream:
            assert stream.status == 401
            assert (await stream.body())["type"] == "/problems/unauthenticated"

    async def test_by_a_token_in_the_address(self, app: FastAPI):
        token = bearer("pm")["Authorization"].removeprefix("Bearer ")
        async with caller_of(app) as nobody:
            answer = await nobody.get("/api/notifications/stream", params={"access_token": token, "token": token})
        assert answer.status_code == 401


class TestManyStreams:
    async def test_open_ones_hold_no_connection(self, world: World):
        async with running(world.settings(database_pool_size=2)) as app:
            streams = [open_stream(app, bearer("pm")) for _ in range(20)]
            opened = [await stream.__aenter__() for stream in streams]
            try:
                for stream in opened:
                    await stream.until("ready")
                async with asyncio.timeout(20):
                    assert await _simulate(app) == 204
                for stream in opened:
                    await stream.until("notification")
            finally:
                for stream_context in streams:
                    await stream_context.__aexit__(None, None, None)


class TestSlowReader:
    """A queue is bounded: who does not read loses the stream, and comes back to read the truth."""

    async def test_who_falls_behind_is_dropped_and_the_others_are_not(self, app: FastAPI):
        hub: Hub = app.state.hub
        slow, quick = hub.subscribe(["t"]), hub.subscribe(["t"])
        for number in range(QUEUE_LIMIT + 1):
            hub.publish("t", Frame("n", {"number": number}))
            await quick.next()
        assert slow.is_dropped
        assert not quick.is_ended

    async def test_one_that_stopped_reading_frees_its_place(self, app: FastAPI):
        hub: Hub = app.state.hub
        sent, never = asyncio.Event(), asyncio.Event()

        async def send(message) -> None:
            if message["type"] == "http.response.body":
                sent.set()
                await never.wait()

        async def receive():
            await never.wait()

        stream = serving.FrameStream(hub, ["t"], _first, expires_at=time.time() + 60, may_go_on=_always)
        task = asyncio.create_task(stream({"type": "http"}, receive, send))
        await sent.wait()
        for _ in range(QUEUE_LIMIT + 1):
            hub.publish("t", Frame("n", {}))
        await asyncio.wait_for(task, 20)
        assert not hub.has("t")
        assert app.state.registry.get_sample_value("portal_streams_dropped_total") == 1
        assert app.state.registry.get_sample_value("portal_streams_open") == 0

    async def test_frames_that_flood_a_stream_before_it_began_are_no_fault_of_the_server(self, app: FastAPI):
        hub: Hub = app.state.hub
        may_begin = asyncio.Event()
        messages = []

        async def send(message) -> None:
            messages.append(message)

        async def receive():
            await asyncio.Event().wait()

        async def first() -> Frame:
            await may_begin.wait()
            return await _first()

        stream = serving.FrameStream(hub, ["t"], first, expires_at=time.time() + 60, may_go_on=_always)
        task = asyncio.create_task(stream({"type": "http"}, receive, send))
        await until(lambda: hub.has("t"))
        for _ in range(QUEUE_LIMIT + 1):
            hub.publish("t", Frame("n", {}))
        may_begin.set()
        await asyncio.wait_for(task, 20)
        assert messages, "no answer at all becomes a bare 500"
        assert messages[0]["status"] in {200, 503}


async def _first() -> Frame:
    return Frame("ready", {"unread_count": 0})


async def _always() -> bool:
    return True
