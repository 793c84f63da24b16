"""One connection of one's own, and what it means when there is none."""

import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import asyncpg

from app.core.database import Connector, as_libpq
from app.core.errors import StartupError

# By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_REFUSALS = {
    "28P01": "refuses the password: check the user and the password",
    "28000": "does not let this user in: check the user, and pg_hba.conf of the server",
    "3D000": "has no such database: check its name; the portal never creates one",
    "42501": "does not let this user into the database: GRANT CONNECT ON DATABASE to it",
    "53300": "has no connection left: raise max_connections, or close some",
    "57P03": "is starting up or shutting down: try again in a moment",
    "08003": "closed the connection at once: check that Postgres runs there",
}


@asynccontextmanager
async def connection(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection for this block. Raises ``StartupError`` if the server does not give one."""
    opened = await open_connection(url)
    try:
        yield opened
    finally:
        await close(opened)


async def open_connection(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection that the caller closes. Raises ``StartupError`` if the server does not give one."""
    try:
        return await Connector(url, behind_pooler=True)()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise StartupError(_why_unreachable(url, error)) from None


async def close(opened: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Ends a connection, also one that the server has ended already."""
    try:
        await opened.close(timeout=2)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        opened.terminate()


def one_line(error: BaseException) -> str:
    """What a driver says, without its line breaks; of a server's error also the detail and the hint."""
    parts = [
        str(getattr(error, "message", None) or error),
        getattr(error, "detail", None),
        getattr(error, "hint", None),
    ]
    return " ".join(" ".join(part.split()) for part in parts if part) or type(error).__name__


def _why_unreachable(url: str, error: Exception) -> str:
    if "@" in url and "@" not in re.split("[/?#]", url.partition("://")[2])[0]:
        # Not a word more: what looks like the host here is a part of the password.
        return "DATABASE_URL: percent-encode the special characters of the password, such as / as %2F and # as %23"
    if isinstance(error, asyncpg.PostgresError):
        if "no encryption" in str(error):
            return f"DATABASE_URL: the server at {_place(url)} wants TLS: add sslmode=require ({one_line(error)})"
        refusal = _REFUSALS.get(error.sqlstate or "", "refuses the connection")
        return f"DATABASE_URL: the server at {_place(url)} {refusal} ({one_line(error)})"
    return f"DATABASE_URL: {_network_fault(_place(url), error)} ({one_line(error)})"


def _network_fault(place: str, error: Exception) -> str:
    refused = isinstance(error, ConnectionError)
    meanings = (
        (isinstance(error, socket.gaierror), f"the host name of {place} is not known: check it"),
        (isinstance(error, ssl.SSLError), f"no TLS with the server at {place}: check sslmode and sslrootcert"),
        (refused and "SSL" in str(error), f"the server at {place} has no TLS: set it up there, or change sslmode"),
        (refused and "connection_lost" in str(error), f"the server at {place} {_REFUSALS['08003']}"),
        (
            isinstance(error, TimeoutError),
            f"no answer from {place}: check the host, the port and the firewalls between",
        ),
        (isinstance(error, OSError), f"nothing to connect to at {place}: check host and port, and that Postgres runs"),
    )
    unusable = "this is not an address that can be used, such as postgresql://user:password@host:5432/database"
    return next((meaning for applies, meaning in meanings if applies), unusable)


def _place(url: str) -> str:
    try:
        parts = urlsplit(as_libpq(url))
    except ValueError:
        return "this address"
    host = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", [])) or "localhost"
    return f"{host}{parts.path}"
