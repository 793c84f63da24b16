"""The notification service: who is told, what is written, and what leaves with the commit."""

import asyncio
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.accounts.principal import Principal
from app.accounts.roles import Role
from app.core.errors import Invalid, NotFound
from app.core.pagination import Page
from app.dev.demo import FIRST_PROJECT, SECOND_PROJECT
from app.notifications.events import SOURCES, TOLD, Event, route_path
from app.notifications.service import NotificationService
from app.preferences.event_types import EventType
from app.projects.queries import put_member
from app.projects.roles import MemberRole
from tests.world import PEOPLE, World


@pytest.fixture
def service(app: FastAPI) -> NotificationService:
    found: NotificationService = app.state.notifications
    return found


def _event(**changes) -> Event:
    return Event.model_validate(
        {
            "type": EventType.ISSUE_CREATED,
            "project_id": FIRST_PROJECT,
            "source_id": uuid4(),
            "title": "A leak",
            "body": "In the kitchen",
        }
        | changes
    )


def _as(person: str, role: Role = Role.STAFF) -> Principal:
    return Principal(PEOPLE[person], frozenset({role}), frozenset(), float("inf"), None)


async def _notify(app: FastAPI, event: Event) -> list[UUID]:
    async with app.state.database.transaction() as transaction:
        told: list[UUID] = await app.state.notifications.notify(transaction, event)
        return told


async def _notify_and_fail(app: FastAPI) -> None:
    with suppress(ZeroDivisionError):
        async with app.state.database.transaction() as transaction:
            assert await app.state.notifications.notify(transaction, _event())
            raise ZeroDivisionError


async def _add(app: FastAPI, person: str, role: MemberRole, project: UUID = FIRST_PROJECT) -> None:
    """Into the table itself, as a part that their account's role would not allow here may have come from before."""
    async with app.state.database.transaction() as transaction:
        await put_member(transaction.connection, project, PEOPLE[person], role)


class TestNotify:
    @pytest.mark.parametrize("type_", sorted(type_ for type_, by in TOLD if by == MemberRole.CLIENT))
    async def test_of_a_client_tells_the_projects_managers_and_developers_and_nobody_else(
        self, app: FastAPI, world: World, type_
    ):
        await _add(app, "pm2", MemberRole.MANAGER)
        told = await _notify(app, _event(type=type_, client_id=PEOPLE["client"], actor_id=PEOPLE["client"]))
        assert set(told) == {PEOPLE["pm"], PEOPLE["pm2"], PEOPLE["dev"]}
        rows = await world.fetch("SELECT recipient_user_id FROM client_portal.notifications")
        assert {row["recipient_user_id"] for row in rows} == set(told)

    async def test_a_client_whom_somebody_made_a_manager_is_not_told_what_the_team_is(self, app: FastAPI):
        await _add(app, "client2", MemberRole.MANAGER)
        assert PEOPLE["client2"] not in await _notify(app, _event())

    async def test_a_manager_without_an_account_here_is_told(self, app: FastAPI, world: World):
        await world.execute(
            "DELETE FROM client_portal.notification_settings WHERE recipient_user_id = $1", PEOPLE["pm2"]
        )
        await world.execute("DELETE FROM client_portal.accounts WHERE user_id = $1", PEOPLE["pm2"])
        await _add(app, "pm2", MemberRole.MANAGER)
        assert PEOPLE["pm2"] in await _notify(app, _event())

    async def test_writes_what_happened(self, app: FastAPI, world: World):
        event = _event(type=EventType.MESSAGE_POSTED)
        await _notify(app, event)
        row = (await world.fetch("SELECT * FROM client_portal.notifications"))[0]
        assert (row["type"], row["source_kind"]) == ("message_posted", "message")
        assert (row["project_id"], row["source_id"]) == (event.project_id, event.source_id)
        assert (row["title"], row["body"], row["is_read"]) == ("A leak", "In the kitchen", False)

    async def test_does_not_tell_who_did_it(self, app: FastAPI):
        await _add(app, "pm2", MemberRole.MANAGER)
        assert set(await _notify(app, _event(actor_id=PEOPLE["pm"]))) == {PEOPLE["pm2"], PEOPLE["dev"]}

    @pytest.mark.parametrize(
        ("by", "told"),
        [
            (MemberRole.CLIENT, {"pm", "dev"}),
            (MemberRole.DEVELOPER, {"pm", "client"}),
            (MemberRole.MANAGER, {"client"}),
        ],
    )
    async def test_of_a_message_tells_the_other_side_and_of_its_clients_only_the_rooms(self, app: FastAPI, by, told):
        await _add(app, "client2", MemberRole.CLIENT)
        actor = {MemberRole.CLIENT: "client", MemberRole.DEVELOPER: "dev", MemberRole.MANAGER: "pm"}[by]
        event = _event(type=EventType.MESSAGE_POSTED, by=by, actor_id=PEOPLE[actor], client_id=PEOPLE["client"])
        assert set(await _notify(app, event)) == {PEOPLE[each] for each in told}

    @pytest.mark.parametrize("type_", [EventType.TASK_COMPLETED, EventType.APPROVAL_REQUESTED])
    @pytest.mark.parametrize(("client", "told"), [(None, {"client", "client2"}), ("client2", {"client2"})])
    async def test_of_work_tells_all_clients_or_the_one_it_concerns(self, app: FastAPI, type_, client, told):
        await _add(app, "client2", MemberRole.CLIENT)
        event = _event(
            type=type_, by=MemberRole.DEVELOPER, actor_id=PEOPLE["dev"], client_id=PEOPLE[client] if client else None
        )
        assert set(await _notify(app, event)) == {PEOPLE[each] for each in told}

    async def test_of_developers_tells_only_the_one_it_concerns(self, app: FastAPI):
        await _add(app, "dev2", MemberRole.DEVELOPER)
        event = _event(type=EventType.APPROVAL_DECIDED, actor_id=PEOPLE["client"], developer_id=PEOPLE["dev2"])
        assert set(await _notify(app, event)) == {PEOPLE["pm"], PEOPLE["dev2"]}

    async def test_tells_again_of_what_happens_to_it_again(self, app: FastAPI):
        source = uuid4()
        first, second = (
            _event(type=EventType.TASK_COMPLETED, by=MemberRole.MANAGER, source_id=source, occurrence=occurrence)
            for occurrence in ("2", "4")
        )
        assert [len(await _notify(app, event)) for event in (first, second, first)] == [1, 1, 0]

    async def test_tells_once_however_often_the_event_is_reported(self, app: FastAPI, world: World):
        event = _event()
        assert set(await _notify(app, event)) == {PEOPLE["pm"], PEOPLE["dev"]}
        assert await _notify(app, event) == []
        assert await world.value("SELECT count(*) FROM client_portal.notifications") == 2

    async def test_tells_once_of_an_event_reported_many_times_at_once(self, app: FastAPI, world: World):
        for person in ("pm2", "dev2", "admin"):
            await _add(app, person, MemberRole.MANAGER)
        event = _event()
        told = await asyncio.gather(*(_notify(app, event) for _ in range(12)))
        assert sum(len(each) for each in told) == 5
        assert await world.value("SELECT count(*) FROM client_portal.notifications") == 5

    async def test_keeps_an_issue_and_a_message_of_the_same_id_apart(self, app: FastAPI):
        id_ = uuid4()
        assert await _notify(app, _event(source_id=id_))
        assert await _notify(app, _event(source_id=id_, type=EventType.MESSAGE_POSTED))

    async def test_a_read_one_is_not_made_again(self, app: FastAPI, world: World):
        event = _event()
        await _notify(app, event)
        await world.execute("UPDATE client_portal.notifications SET is_read = true")
        assert await _notify(app, event) == []

    async def test_of_a_project_without_a_team_tells_nobody(self, app: FastAPI, world: World):
        await world.execute("DELETE FROM client_portal.project_members WHERE role <> 'client'")
        assert await _notify(app, _event()) == []

    async def test_is_undone_with_the_callers_transaction(self, app: FastAPI, world: World):
        await _notify_and_fail(app)
        assert await world.value("SELECT count(*) FROM client_portal.notifications") == 0

    async def test_signals_leave_with_the_commit_and_not_before_or_without(self, app: FastAPI, world: World):
        heard: list[str] = []
        async with world.connection() as listener:
            await listener.add_listener("client_portal", lambda *arguments: heard.append(arguments[-1]))
            await _notify_and_fail(app)
            await listener.fetchval("SELECT 1")
            assert heard == []
            await _notify(app, _event())
            await listener.fetchval("SELECT 1")
            assert len(heard) == 1
            assert "A leak" not in heard[0], "a signal carries ids only"

    async def test_tells_hundreds_in_few_signals(self, app: FastAPI, world: World):
        await world.execute("INSERT INTO public.users (id, full_name, email) SELECT id, 'n', id::text FROM "
                            "(SELECT gen_random_uuid() AS id FROM generate_series(1, 300)) AS many")  # fmt: skip
        await world.execute(
            "INSERT INTO client_portal.project_members (project_id, user_id, role)"
            " SELECT $1, id, 'manager' FROM public.users ON CONFLICT DO NOTHING",
            FIRST_PROJECT,
        )
        heard: list[str] = []
        async with world.connection() as listener:
            await listener.add_listener("client_portal", lambda *arguments: heard.append(arguments[-1]))
            told = await _notify(app, _event())
            await listener.fetchval("SELECT 1")
        assert len(told) > 300
        assert 1 < len(heard) < 20
        assert all(len(payload) < 8000 for payload in heard)


class TestCreateNotification:
    async def test_tells_one_person_once(self, app: FastAPI, service: NotificationService):
        event = _event()
        for is_news in (True, False):
            async with app.state.database.transaction() as transaction:
                assert await service.create_notification(transaction, event, PEOPLE["dev"]) is is_news
        assert await service.unread_count(PEOPLE["dev"]) == 1

    @pytest.mark.parametrize("change", [{"project_id": UUID(int=1)}, {}])
    async def test_refuses_an_unknown_person_or_project(self, app: FastAPI, service: NotificationService, change):
        recipient = PEOPLE["pm"] if change else UUID(int=1)
        with pytest.raises(Invalid):
            async with app.state.database.transaction() as transaction:
                await service.create_notification(transaction, _event(**change), recipient)


class TestInbox:
    async def test_newest_first(self, world: World, service: NotificationService):
        ids = await world.notify("pm", count=3)
        rows, cursor = await service.list_notifications(_as("pm"), Page(None, 10))
        assert ([row.id for row in rows], cursor) == (ids[::-1], None)

    async def test_one_is_read_and_stays_read(self, app: FastAPI, world: World, service: NotificationService):
        ids = await world.notify("pm", count=2)
        for _ in range(2):
            async with app.state.database.transaction() as transaction:
                await service.mark_read(transaction, _as("pm"), ids[0])
            assert await service.unread_count(PEOPLE["pm"]) == 1

    async def test_anothers_is_not_found(self, app: FastAPI, world: World, service: NotificationService):
        theirs = (await world.notify("dev"))[0]
        with pytest.raises(NotFound):
            async with app.state.database.transaction() as transaction:
                await service.mark_read(transaction, _as("pm"), theirs)

    async def test_all_are_read_in_more_than_one_batch(
        self, world: World, service: NotificationService, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.notifications.service._READ_ALL_BATCH", 4)
        await world.notify("pm", count=10)
        await world.notify("dev")
        assert await service.mark_all_read(_as("pm")) == 10
        assert await service.mark_all_read(_as("pm")) == 0
        assert await service.unread_count(PEOPLE["pm"]) == 0
        assert await service.unread_count(PEOPLE["dev"]) == 1

    async def test_counts_by_project(self, world: World, app: FastAPI, service: NotificationService):
        await _add(app, "pm", MemberRole.DEVELOPER, SECOND_PROJECT)
        await world.notify("pm", count=2)
        await world.notify("pm", project_id=SECOND_PROJECT)
        found = await service.unread_by_project(_as("pm"), [FIRST_PROJECT, SECOND_PROJECT])
        assert found == {FIRST_PROJECT: 2, SECOND_PROJECT: 1}


def test_every_event_has_a_rule_and_a_page():
    assert {type_ for type_, _ in TOLD} == set(SOURCES) == set(EventType)
    for type_ in EventType:
        assert route_path(FIRST_PROJECT, SOURCES[type_], UUID(int=1)).startswith(f"/projects/{FIRST_PROJECT}/")


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("issue", "/projects/{project}/issues/{source}"),
        ("message", "/projects/{project}/messages?focus={source}"),
    ],
)
def test_deep_links(kind, path):
    source = uuid4()
    assert route_path(FIRST_PROJECT, kind, source) == path.format(project=FIRST_PROJECT, source=source)
