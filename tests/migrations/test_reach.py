"""A server that cannot be reached, or does not let us in: one line with the address and what to do, no password."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from app.core.errors import StartupError
from app.core.migrations import current, is_current, upgrade
from app.projects.preflight import check_host
from tests.migrations.conftest import MakeHost
from tests.migrations.host import PASSWORD, Host

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def test_every_entry_says_the_same() -> None:
    url = f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/app"
    for entry in (check_host, current, is_current, upgrade):
        message = await refusal(entry, url)
        assert "nothing to connect to at 127.0.0.1:" in message
        assert "hidden" not in message


async def test_no_socket() -> None:
    assert "nothing to connect to at /nowhere/app" in await refusal(check_host, "postgresql:///app?host=/nowhere")


async def test_an_unknown_host_name() -> None:
    message = await refusal(check_host, "postgresql://somebody@no-such-host.invalid/app")
    assert "the host name of no-such-host.invalid/app is not known" in message


async def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = asyncpg.connect
    monkeypatch.setattr(asyncpg, "connect", lambda *args, **options: connect(*args, **(options | {"timeout": 0.05})))

    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(silence) as url:
        assert "no answer from 127.0.0.1:" in await refusal(check_host, url)


async def test_a_server_that_is_not_postgres() -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(8)

    async with server(hang_up) as url:
        assert "the server at 127.0.0.1:" in await refusal(check_host, url)


async def test_a_server_without_tls() -> None:
    async def decline(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"N")
        await reader.read()

    async with server(decline) as url:
        assert "has no TLS: set it up there, or change sslmode" in await refusal(check_host, f"{url}?sslmode=require")


async def test_a_server_that_wants_tls() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        fields = (b"SFATAL", b"C28000", b'Mno pg_hba.conf entry for host "10.0.0.1", user "u", no encryption', b"")
        body = b"\0".join(fields) + b"\0"
        writer.write(b"E" + (len(body) + 4).to_bytes(4, "big") + body)
        await writer.drain()

    async with server(refuse) as url:
        assert "wants TLS: add sslmode=require" in await refusal(check_host, f"{url}?sslmode=disable")


async def test_a_wrong_password(host: Host) -> None:
    message = await refusal(check_host, host.url.replace(PASSWORD, "guessed"))
    assert "check the user and the password" in message
    assert "guessed" not in message


async def test_an_unknown_database(host: Host) -> None:
    assert "has no such database: check its name" in await refusal(check_host, host.url.replace(host.name, "nothing"))


async def test_a_database_that_the_role_may_not_enter(host: Host) -> None:
    await host.execute(f"REVOKE CONNECT ON DATABASE {host.name} FROM PUBLIC")
    assert "GRANT CONNECT ON DATABASE" in await refusal(check_host, host.url)
    await host.execute(f"GRANT CONNECT ON DATABASE {host.name} TO PUBLIC")


async def test_no_connection_left(make_host: MakeHost) -> None:
    host = await make_host(role="runner")
    await host.execute("ALTER ROLE runner CONNECTION LIMIT 0")
    assert "has no connection left" in await refusal(check_host, host.url)
    await host.execute("ALTER ROLE runner CONNECTION LIMIT -1")


@pytest.mark.parametrize(
    "url", ["postgresql://a:b@host:port/app", "postgresql://a@[::1/app", "postgresql://a@h/app?sslmode=perhaps"]
)
async def test_an_address_that_is_none(url: str) -> None:
    assert "not an address that can be used" in await refusal(check_host, url)


@pytest.mark.parametrize("sign", ["/", "#", "?"])
async def test_a_password_that_takes_the_address_apart(sign: str) -> None:
    message = await refusal(check_host, f"postgresql://somebody:5432{sign}half@host/app")
    assert message.startswith("DATABASE_URL: percent-encode the special characters of the password")
    assert "5432" not in message
    assert "half" not in message


@asynccontextmanager
async def server(conversation: Conversation) -> AsyncIterator[str]:
    """Something that is not quite a Postgres server; yields an address of it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await conversation(reader, writer)
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1")
    async with listening:
        yield f"postgresql://somebody:hidden@127.0.0.1:{listening.sockets[0].getsockname()[1]}/app"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def refusal(entry: Callable[[str], Awaitable[object]], url: str) -> str:
    with pytest.raises(StartupError) as refused:
        await entry(url)
    message = str(refused.value)
    assert message.startswith("DATABASE_URL: ")
    assert "\n" not in message
    assert "hidden" not in message
    return message
