"""Web push on the wire, as browsers give it (W3C Push API)."""

import re
from base64 import urlsafe_b64decode
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, BaseModel, StringConstraints

from app.core.types import STORABLE
from app.push.addresses import place_of


class PushSetup(BaseModel):
    """``public_key`` is what browsers subscribe with; null where push is not set up."""

    public_key: str | None


def _is_of_push_service(endpoint: str) -> str:
    if re.fullmatch(r"[!-\[\]-~]+", endpoint) is None:
        raise ValueError("must be an https address")
    place_of(endpoint)
    return endpoint


def _is_point(text: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(text, 65))
    except ValueError:
        raise ValueError("must be an uncompressed point of P-256 in base64url") from None
    return text.rstrip("=")


def _is_secret(text: str) -> str:
    _decoded(text, 16)
    return text.rstrip("=")


def _decoded(text: str, size: int) -> bytes:
    content = urlsafe_b64decode(f"{text}==") if re.fullmatch(r"[A-Za-z0-9_-]+={0,2}", text) else b""
    if len(content) != size:
        raise ValueError(f"must be {size} bytes in base64url")
    return content


# A unique index takes so much of an endpoint and not much more.
Endpoint = Annotated[str, StringConstraints(max_length=2000), STORABLE, AfterValidator(_is_of_push_service)]


class SubscriptionKeys(BaseModel):
    """By which what is sent is encrypted for the browser (RFC 8291)."""

    p256dh: Annotated[str, StringConstraints(max_length=200), STORABLE, AfterValidator(_is_point)]
    auth: Annotated[str, StringConstraints(max_length=200), STORABLE, AfterValidator(_is_secret)]


class NewSubscription(BaseModel):
    """What a browser answers when it has subscribed."""

    endpoint: Endpoint
    keys: SubscriptionKeys


class SubscriptionAt(BaseModel):
    """One browser's subscription."""

    endpoint: Annotated[str, StringConstraints(max_length=2000), STORABLE]
