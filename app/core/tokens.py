"""Access tokens: HS256 JWTs, the portal's own and those the host issues with the shared secret."""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from jose import JOSEError, jwt

from app.core.errors import Unauthenticated

_ALGORITHM = "HS256"
_REQUIRED = {"require_exp": True, "require_aud": True, "require_iss": True, "require_sub": True}
_TOKEN_MAX_CHARACTERS = 8192


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says of its bearer. ``session_id`` is set on the portal's own tokens only."""

    user_id: UUID
    roles: frozenset[str]
    scopes: frozenset[str]
    expires_at: float
    session_id: UUID | None


class Tokens:
    """Issues and verifies tokens of one secret, issuer and audience."""

    def __init__(self, secret: str, issuer: str, audience: str) -> None:
        self._secret = secret
        self._issuer = issuer
        self._audience = audience
        # A signature stays good for as long as the token lives, so it is checked once, not on every request.
        self._decode = lru_cache(maxsize=8192)(self._decode_and_verify)

    def issue(self, claims: Claims) -> str:
        """A signed token that says exactly these claims."""
        content: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(claims.user_id),
            "roles": sorted(claims.roles),
            "scope": " ".join(sorted(claims.scopes)),
            "iat": int(time.time()),
            "exp": int(claims.expires_at),
        }
        if claims.session_id is not None:
            content["sid"] = str(claims.session_id)
        return jwt.encode(content, self._secret, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Claims:
        """The claims of a token that is well formed, ours and not over; raises ``Unauthenticated`` otherwise."""
        try:
            claims = self._decode(token)
        except (JOSEError, ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
            raise Unauthenticated("The access token is not valid.") from None
        if claims.expires_at <= time.time():
            raise Unauthenticated("The access token has expired.")
        return claims

    def _decode_and_verify(self, token: str) -> Claims:
        if len(token) > _TOKEN_MAX_CHARACTERS:
            raise ValueError("token too long")
        content = jwt.decode(
            token,
            self._secret,
            algorithms=[_ALGORITHM],
            audience=self._audience,
            issuer=self._issuer,
            options=_REQUIRED,
        )
        session = content.get("sid")
        return Claims(
            user_id=UUID(content["sub"]),
            roles=_words(content.get("roles")) | _words(content.get("role")),
            scopes=_words(content.get("scope")),
            expires_at=float(content["exp"]),
            session_id=UUID(session) if session is not None else None,
        )


def _words(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(word for word in value if isinstance(word, str)) if isinstance(value, list) else frozenset()
