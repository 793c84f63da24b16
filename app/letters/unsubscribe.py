"""Links that switch e-mail off without a sign-in, for whoever has received one."""

import hashlib

from itsdangerous import BadData, URLSafeSerializer

from app.core.errors import NotFound
from app.core.types import HostId

_SALT = "client-portal: switch e-mail off"
"""Part of the key: what is signed for this is good for nothing else, nor anything else for this."""


class UnsubscribeLinks:
    """Makes such links and reads their tokens. They last: old e-mail must be able to end new e-mail."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._page = f"{base_url}/unsubscribe"
        self._signed = URLSafeSerializer(secret, _SALT, signer_kwargs={"digest_method": hashlib.sha256})

    def url(self, user_id: HostId) -> str:
        """Asks this person by GET, and switches their e-mail off by POST (RFC 8058)."""
        return f"{self._page}?token={self._signed.dumps(str(user_id))}"

    def user_id(self, token: str) -> HostId:
        """Whose e-mail a link's token speaks of; raises ``NotFound`` if it was not made here."""
        try:
            return HostId(self._signed.loads(token))
        except (BadData, ValueError, TypeError, AttributeError):
            raise NotFound("This link is not one that was sent from here, or not all of it.") from None
