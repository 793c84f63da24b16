"""Who calls: the dependencies by which a route asks for a principal."""

import re
from collections.abc import Awaitable, Callable, Collection
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection

from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.accounts.standing import Standings
from app.core.errors import Forbidden, Unauthenticated
from app.core.tokens import Tokens

COOKIE = "portal_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Authenticator:
    """Finds and checks the credential of a request: a bearer token, or the cookie of a browser."""

    def __init__(
        self, tokens: Tokens, standings: Standings, public_url: str | None, allowed_origins: Collection[str] = ()
    ) -> None:
        self._tokens = tokens
        self._standings = standings
        self._public_origin = _origin(public_url) if public_url else None
        self._allowed_origins = frozenset(origin.lower() for origin in allowed_origins)

    async def principal(self, request: HTTPConnection) -> Principal:
        """The caller; raises ``Unauthenticated``, or ``Forbidden`` for a cookie sent from another site.

        For a WebSocket too. Browsers let any page open one, so there the origin counts whatever the credential is.
        """
        is_socket = request.scope["type"] == "websocket"
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer":
                raise Unauthenticated("Send the token as: Authorization: Bearer TOKEN.")
            if is_socket:
                self._require_allowed_origin(request)
        else:
            token = request.cookies.get(COOKIE, "")
            if not token:
                raise Unauthenticated("Sign in first.")
            if is_socket or request.scope["method"] not in _SAFE_METHODS:
                self.require_same_origin(request)
        return await self._standings.principal(self._tokens.verify(token.strip()))

    async def still_holds(self, principal: Principal) -> bool:
        """Whether an open stream of this caller may go on."""
        return await self._standings.still_holds(principal)

    def require_same_origin(self, request: HTTPConnection) -> None:
        """Refuses what another site's page makes a browser send: it would carry the cookie along."""
        if not self._is_same_origin(request):
            raise Forbidden("Requests by cookie must come from the portal's own pages.")

    def refuse_cross_site(self, request: HTTPConnection) -> None:
        """As ``require_same_origin``, but lets through what says nothing of its origin, as no browser does."""
        headers = request.headers
        if ("sec-fetch-site" in headers or "origin" in headers) and not self._is_same_origin(request):
            raise Forbidden("Signing in must be done from the portal's own pages.")

    def _require_allowed_origin(self, socket: HTTPConnection) -> None:
        """Programs send no origin; a page that sends one must be ours or one that ALLOWED_ORIGINS names."""
        origin = socket.headers.get("origin")
        if origin is not None and origin.lower() not in {self._own_origin(socket), *self._allowed_origins}:
            raise Forbidden("This origin is not one that may open a socket here.")

    def _is_same_origin(self, request: HTTPConnection) -> bool:
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = request.headers.get("origin")
        return origin is not None and origin.lower() == self._own_origin(request)

    def _own_origin(self, request: HTTPConnection) -> str:
        own = self._public_origin or f"{request.url.scheme}://{request.headers.get('host', '')}"
        return _AS_HTTP.sub("http", own.lower(), count=1)


_AS_HTTP = re.compile("^ws")
"""A socket's address has a scheme of its own; the origin of the page that opens it has not."""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _current_principal(request: HTTPConnection) -> Principal:
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.principal(request)


Caller = Annotated[Principal, Depends(_current_principal)]
"""The signed-in caller of a route."""


def require(permission: Permission) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency: the caller, if their role has the permission; raises ``Forbidden`` otherwise."""

    async def permitted(caller: Caller) -> Principal:
        if not caller.may(permission):
            raise Forbidden("Your role does not allow this.")
        return caller

    return permitted


def require_scope(scope: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency: the caller, if their token has the scope; raises ``Forbidden`` otherwise."""

    async def scoped(caller: Caller) -> Principal:
        if scope not in caller.scopes:
            raise Forbidden(f"The token lacks the scope {scope}.")
        return caller

    return scoped
