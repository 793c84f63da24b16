"""Who calls: the dependencies by which a route asks for a principal."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
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

    def __init__(self, tokens: Tokens, standings: Standings, public_url: str | None) -> None:
        self._tokens = tokens
        self._standings = standings
        self._public_origin = _origin(public_url) if public_url else None

    async def principal(self, request: Request) -> Principal:
        """The caller; raises ``Unauthenticated``, or ``Forbidden`` for a cookie sent from another site."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer":
                raise Unauthenticated("Send the token as: Authorization: Bearer TOKEN.")
        else:
            token = request.cookies.get(COOKIE, "")
            if not token:
                raise Unauthenticated("Sign in first.")
            if request.method not in _SAFE_METHODS:
                self.require_same_origin(request)
        return await self._standings.principal(self._tokens.verify(token.strip()))

    def require_same_origin(self, request: HTTPConnection) -> None:
        """Refuses what another site's page makes a browser send: it would carry the cookie along."""
        if not self._is_same_origin(request):
            raise Forbidden("Requests by cookie must come from the portal's own pages.")

    def refuse_cross_site(self, request: HTTPConnection) -> None:
        """As ``require_same_origin``, but lets through what says nothing of its origin, as no browser does."""
        headers = request.headers
        if ("sec-fetch-site" in headers or "origin" in headers) and not self._is_same_origin(request):
            raise Forbidden("Signing in must be done from the portal's own pages.")

    def _is_same_origin(self, request: HTTPConnection) -> bool:
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = request.headers.get("origin")
        if origin is None:
            return False
        own = self._public_origin or f"{request.url.scheme}://{request.headers.get('host', '')}"
        return origin.lower() == own.lower()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _current_principal(request: Request) -> Principal:
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
