"""Where push services may be: at public addresses only.

Endpoints are the word of whoever subscribes. Were any address good, people could make the portal call what only the
portal can reach: databases, cloud metadata, the machine itself (SSRF).
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from app.settings import Settings

Address = IPv4Address | IPv6Address
AddressPolicy = Callable[[Address], bool]
"""Whether a connection to this address may be made."""

Lookup = Callable[[str, int], Sequence[tuple[Any, ...]]]
"""What a name stands for at this moment, as ``socket.getaddrinfo`` answers it. May block."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether the address is one of the internet's: not private, shared, loopback, link-local, reserved or multicast.

    An IPv6 address that stands for an IPv4 one is judged as that: translated by NAT64 (RFC 6052) or in 6to4. One that
    is mapped is never public: who means an IPv4 address can say so.
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.sixtofour is not None and not is_public(address.sixtofour):
            return False
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_public_or_own(address: Address) -> bool:
    """As ``is_public``; this machine's own loopback too, for development."""
    return is_public(address) or address.is_loopback


class NotReachable(OSError):
    """The push service has no address, or one where it must not be."""


class PushNetwork(AbstractResolver):
    """The network as push may use it: every address is judged, first by its name and again when it is connected to."""

    def __init__(self, allows: AddressPolicy = is_public, lookup: Lookup | None = None, *, threads: int = 4) -> None:
        self._allows = allows
        self._lookup = lookup or _look_up
        # Of its own: names of whoever's choosing may take long, and others need the loop's threads.
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="push-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, for aiohttp. Raises ``NotReachable`` if it has none, or any that is not allowed."""
        loop = asyncio.get_running_loop()
        try:
            # Whoever stops waiting leaves a thread behind, until the name is answered.
            found = await loop.run_in_executor(self._threads, self._lookup, host, port)
        except (OSError, UnicodeError):
            raise NotReachable("its name has no address") from None
        for *_, place in found:
            self._require_allowed(place[0])
        return [
            ResolveResult(
                hostname=host, host=_with_scope(place), port=place[1], family=family_, proto=proto, flags=_AS_NUMBERS
            )
            for family_, _, proto, _, place in found
        ]

    def socket(self, addr_info: Any) -> socket.socket:
        """A socket to connect to this address and no other, for aiohttp; raises ``NotReachable`` where it must not."""
        family, type_, proto, _, place = addr_info
        self._require_allowed(place[0])
        return socket.socket(family, type_, proto)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _require_allowed(self, address: str) -> None:
        if not self._allows(ip_address(address)):
            raise NotReachable("its address is not public")


def push_network(settings: Settings) -> PushNetwork:
    """The network for sending."""
    return PushNetwork(_policy(settings))


def subscribing_network(settings: Settings) -> PushNetwork:
    """The network for judging new endpoints: names that hang use up its threads, not those of sending."""
    return PushNetwork(_policy(settings), threads=2)


def _policy(settings: Settings) -> AddressPolicy:
    return is_public_or_own if settings.push_to_loopback else is_public


def _look_up(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


_AS_NUMBERS = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


def _with_scope(place: tuple[Any, ...]) -> str:
    """The address of a socket address, with its scope where it has one."""
    is_scoped = len(place) == 4 and place[3] and "%" not in place[0]
    return f"{place[0]}%{place[3]}" if is_scoped else str(place[0])


def place_of(endpoint: str) -> tuple[str, int]:
    """Host and port of an endpoint; raises ``ValueError`` for what is not an https address of a named host."""
    parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("must be an https address")
    if _is_literal(parts.hostname):
        raise ValueError("must name its host, not give its number")
    return parts.hostname, parts.port or HTTPS


HTTPS = 443


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
