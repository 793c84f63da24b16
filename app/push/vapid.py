"""The portal's own key, by which push services know who sends (VAPID, RFC 8292)."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from app.push.addresses import HTTPS, place_of
from app.settings import Settings

_TOKEN_SECONDS = 12 * 3600  # at most a day (RFC 8292, 2); clocks of push services may be off


class VapidKeys:
    """Signs for push services. ``public_key`` is what browsers subscribe with; ``subject`` whom to write to."""

    def __init__(self, private_key: str, subject: str) -> None:
        # The subject has been looked at already: py_vapid knows fewer forms of it than there are.
        self._vapid = Vapid02(_private_key(private_key), conf={"no-strict": True})
        self._subject = subject
        self.public_key = _unpadded(self._vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def authorization(self, endpoint: str) -> str:
        """The ``Authorization`` of a request to this endpoint; good for its push service alone."""
        host, port = place_of(endpoint)
        claims = {
            "aud": f"https://{host}" if port == HTTPS else f"https://{host}:{port}",
            "exp": int(time.time()) + _TOKEN_SECONDS,
            "sub": self._subject,
        }
        header: str = self._vapid.sign(claims)["Authorization"]
        return header


def vapid_keys(settings: Settings) -> VapidKeys | None:
    """The keys of these settings; None where push is not set up."""
    if settings.vapid_private_key is None:
        return None
    return VapidKeys(settings.vapid_private_key, settings.vapid_subject or _own_subject(settings.base_url))


def new_private_key() -> str:
    """A key as ``VAPID_PRIVATE_KEY`` takes it."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _unpadded(number.to_bytes(32, "big"))


def _own_subject(base_url: str) -> str:
    return base_url if base_url.startswith("https://") else f"mailto:no-reply@{urlsplit(base_url).hostname}"


def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(urlsafe_b64decode(f"{text}=="), "big"), ec.SECP256R1())


def _unpadded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
