"""What other features build on: a thing gets files of its own room, and drafts are shared by it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest

from app.accounts.principal import Principal
from app.accounts.roles import Role
from app.core.database import Database, Transaction
from app.core.errors import Invalid
from app.files.attachments import attach, attached
from app.files.models import AttachedTo
from app.files.schemas import FileItem
from tests.files.rows import put_file
from tests.world import PEOPLE, ROLES, World


@pytest.fixture
async def database(world: World) -> AsyncIterator[Database]:
    database = Database(world.url)
    yield database
    await database.close()


def principal(person: str) -> Principal:
    return Principal(PEOPLE[person], frozenset({Role(ROLES[person])}), frozenset(), 0.0, None)


async def give(
    database: Database, person: str, room: UUID, file_ids: Sequence[UUID], subject: UUID | None = None
) -> tuple[list[FileItem], Transaction]:
    async with database.transaction() as transaction:
        files = await attach(transaction, principal(person), room, AttachedTo.MESSAGE, subject or uuid4(), file_ids)
    return files, transaction


async def test_files_come_in_the_order_they_were_named(world: World, database: Database, room: UUID):
    ids = [await put_file(world, room, name=f"{n}.pdf") for n in range(5)]
    ids.reverse()
    subject = uuid4()
    files, _ = await give(database, "client", room, ids, subject)
    assert [file.id for file in files] == ids
    async with database.reading() as connection:
        found = await attached(connection, AttachedTo.MESSAGE, [subject, uuid4()])
        assert await attached(connection, AttachedTo.ISSUE, [subject]) == {}
    assert found == {subject: files}


async def test_a_draft_is_shared_by_what_it_is_attached_to_and_pages_hear_of_it(
    world: World, database: Database, room: UUID
):
    shared = await put_file(world, room)
    draft = await put_file(world, room, draft=True)
    files, transaction = await give(database, "client", room, [shared, draft])
    assert all(file.shared_at for file in files)
    assert [signal.content["id"] for signal in transaction.signals] == [str(draft)]


async def test_a_shared_file_can_be_part_of_several_things(world: World, database: Database, room: UUID):
    file = await put_file(world, room)
    await give(database, "dev", room, [file])
    files, _ = await give(database, "client", room, [file])
    assert [each.id for each in files] == [file]


async def test_drafts_of_others_and_files_of_other_rooms_cannot_be_used(world: World, database: Database, room: UUID):
    other_room = await world.value("SELECT id FROM client_portal.rooms WHERE id <> $1 LIMIT 1", room)
    own = await put_file(world, room, draft=True)
    for unusable in (
        uuid4(),
        await put_file(world, room, "dev", draft=True),
        await put_file(world, other_room, "client2"),
    ):
        with pytest.raises(Invalid, match=r"^file_ids\.1: "):
            await give(database, "client", room, [own, unusable])
    assert await world.value("SELECT count(*) FROM client_portal.attachments") == 0
    assert await world.value("SELECT shared_at FROM client_portal.files WHERE id = $1", own) is None


async def test_two_at_once_that_share_files_in_another_order_both_succeed(world: World, database: Database, room: UUID):
    ids = [await put_file(world, room, draft=True) for _ in range(6)]
    await asyncio.gather(*(give(database, "client", room, ids[:: (-1) ** n]) for n in range(12)))
    assert await world.value("SELECT count(*) FROM client_portal.attachments") == 72
