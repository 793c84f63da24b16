"""Alembic's own command does what the portal's does, with nothing but DATABASE_URL."""

import asyncio
import re

import pytest
from alembic.config import main

from app.core.migrations import is_current, upgrade
from app.settings import ROOT
from tests.migrations.conftest import MakeHost
from tests.migrations.host import Host


async def test_upgrade_and_downgrade(odd_host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", odd_host.url)
    before = await odd_host.public()
    await alembic("upgrade", "head")
    assert await is_current(odd_host.url)
    assert await odd_host.public() == before
    await alembic("upgrade", "head")
    await alembic("downgrade", "base")
    assert not await odd_host.schema_exists()


async def test_a_direct_address_is_preferred(make_host: MakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    behind_pooler, direct = await make_host(), await make_host()
    monkeypatch.setenv("DATABASE_URL", behind_pooler.url)
    monkeypatch.setenv("DATABASE_LISTEN_URL", direct.url)
    await alembic("upgrade", "head")
    assert await is_current(direct.url)
    assert not await behind_pooler.schema_exists()


async def test_asking_changes_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", host.url)
    before = await host.fingerprint()
    await alembic("current")
    assert await host.fingerprint() == before


async def test_a_failure_is_one_line(
    make_host: MakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SystemExit):
        await alembic("upgrade", "head")
    host = await make_host("CREATE TABLE public.users (id int PRIMARY KEY)")
    monkeypatch.setenv("DATABASE_URL", host.url)
    with pytest.raises(SystemExit):
        await alembic("upgrade", "head")
    unset, unfit = capsys.readouterr().out.strip().splitlines()
    assert "DATABASE_URL is not set" in unset
    assert "public.users.id is of type integer" in unfit


async def test_statements_can_be_printed_and_run_by_somebody_else(
    make_host: MakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = await make_host(), await make_host()
    await upgrade(ours.url)
    await alembic("upgrade", "head", "--sql")
    statements = re.sub("^--.*$", "", capsys.readouterr().out, flags=re.MULTILINE)
    async with theirs.session(theirs.url) as portal:
        await portal.execute(statements)
    assert await theirs.dump("-n", "client_portal") == await ours.dump("-n", "client_portal")
    assert await is_current(theirs.url)


async def alembic(*arguments: str) -> None:
    """In a thread, because it brings an event loop of its own."""
    await asyncio.to_thread(main, ["-c", str(ROOT / "alembic.ini"), *arguments], prog="alembic")
