"""Which tokens are taken: HS256 by our secret, for us, not over, and complete."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from jose import jwt

from app.core.errors import Unauthenticated
from app.core.tokens import Claims, Tokens
from tests.running import caller_of, is_problem
from tests.world import PEOPLE, SECRET, token

USER = PEOPLE["pm"]


def test_a_token_says_what_it_was_issued_for():
    tokens = Tokens(SECRET, "issuer", "audience")
    claims = Claims(uuid4(), frozenset({"staff"}), frozenset({"a", "b"}), float(int(time.time()) + 60), uuid4())
    assert tokens.verify(tokens.issue(claims)) == claims


def test_a_token_that_was_good_is_refused_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch):
    tokens = Tokens(SECRET, "client-portal", "client-portal")
    good = token("pm", exp=int(time.time()) + 60)
    tokens.verify(good)
    later = time.time() + 61
    monkeypatch.setattr("app.core.tokens.time.time", lambda: later)
    with pytest.raises(Unauthenticated):
        tokens.verify(good)


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"role": "staff"}, {"staff"}),
        ({"role": None, "roles": ["staff", "admin"]}, {"staff", "admin"}),
        ({"role": None, "roles": "staff admin"}, {"staff", "admin"}),
        ({"role": None}, set()),
        ({"role": 5, "roles": {"admin": True}}, set()),
        ({"role": None, "roles": [5, None, "client", ["admin"]]}, {"client"}),
    ],
)
def test_roles_come_as_a_word_or_a_list(claims, roles):
    assert Tokens(SECRET, "client-portal", "client-portal").verify(token("pm", **claims)).roles == roles


def _part(content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _claims(**changes: Any) -> dict[str, Any]:
    return {
        "iss": "client-portal",
        "aud": "client-portal",
        "sub": str(USER),
        "role": "staff",
        "exp": int(time.time()) + 3600,
    } | changes


def _signed(header: Any, content: Any, secret: bytes = SECRET.encode()) -> str:
    text = f"{_part(header)}.{_part(content)}"
    return f"{text}.{_part(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


_HS256 = {"alg": "HS256", "typ": "JWT"}
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PEM = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
_DER = _KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

FORGED: dict[str, str] = {
    "no algorithm": f"{_part({'alg': 'none'})}.{_part(_claims())}.",
    "no algorithm, in capitals": f"{_part({'alg': 'NONE'})}.{_part(_claims())}.",
    "no algorithm named": _signed({"typ": "JWT"}, _claims()),
    "an algorithm that is no text": _signed({"alg": ["HS256"]}, _claims()),
    "a secret of another": _signed(_HS256, _claims(), b"another secret that is long enough, too"),
    "no secret": _signed(_HS256, _claims(), b""),
    "a public key as the secret": _signed(_HS256, _claims(), _DER),
    "another HMAC": jwt.encode(_claims(), SECRET, algorithm="HS512"),
    "a signature of RSA": jwt.encode(_claims(), _PEM, algorithm="RS256"),
    "RSA named over our HMAC": _signed({"alg": "RS256"}, _claims()),
    "a key brought along": _signed({**_HS256, "jwk": {"kty": "oct", "k": "AAAA"}}, _claims(), b"\0\0\0"),
    "a signature cut short": token("pm")[:-4],
    "no signature": token("pm").rpartition(".")[0] + ".",
    "content changed after signing": f"{_part(_HS256)}.{_part(_claims(role='admin'))}.{token('pm').split('.')[2]}",
    "over": token("pm", exp=int(time.time()) - 1),
    "over since ever": token("pm", exp=0),
    "not yet": token("pm", nbf=int(time.time()) + 24 * 3600),
    "no end": token("pm", exp=None),
    "no audience": token("pm", aud=None),
    "no issuer": token("pm", iss=None),
    "no subject": token("pm", sub=None),
    "another audience": token("pm", aud="elsewhere"),
    "a part of the audience": token("pm", aud="client"),
    "another issuer": token("pm", iss="elsewhere"),
    "a part of the issuer": token("pm", iss="client"),
    "a subject that is no uuid": token("pm", sub="pm@example.com"),
    "an empty subject": token("pm", sub=""),
    "a session that is no uuid": token("pm", sid="yes"),
    "a session that was never opened": token("pm", sid=str(UUID(int=1))),
    "garbage": "garbage",
    "dots": "..",
    "many dots": "." * 5000,
    "not base64": "ä.ö.ü",
    "no JSON": _signed(b"{", b"{"),
    "JSON that is no object": _signed(_HS256, [1]),
    "a header that is no object": _signed([1], _claims()),
    "content that is no UTF-8": _signed(_HS256, b"\xff\xfe"),
    "content nested deep": _signed(_HS256, b'{"sub":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    "huge": token("pm", note="x" * 100_000),
}
for _name in ("exp", "aud", "iss", "sub", "sid", "nbf"):
    for _value in (5.5, -1, True, "", "x", [], [5], {}, {"a": 1}, "a\ud800b", "\0", 10**400):
        if (_name, _value) in (("exp", 10**400), ("sub", "")) or (_name == "nbf" and _value in (5.5, -1, True)):
            continue
        FORGED[f"{_name}={str(_value)[:8]!r}"] = _signed(_HS256, _claims(**{_name: _value}))
FORGED["exp is infinite"] = _signed(_HS256, json.dumps(_claims(exp=float("inf"))).encode())
FORGED["exp is no number"] = _signed(_HS256, json.dumps(_claims(exp=float("nan"))).encode())
FORGED["exp beyond all floats"] = _signed(_HS256, _claims(exp=10**400))


@pytest.mark.parametrize("forged", FORGED.values(), ids=[repr(name)[1:-1] for name in FORGED])
async def test_is_refused(shared_app: FastAPI, forged: str):
    headers = {b"authorization": b"Bearer " + forged.encode("utf-8", "replace")}
    async with caller_of(shared_app) as bearer:
        answer = await bearer.get("/api/auth/me", headers=headers)
    assert answer.status_code == 401
    assert is_problem(answer)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_same_token_in_good_form_is_taken(shared_app: FastAPI):
    async with caller_of(shared_app, headers={"Authorization": f"bearer {_signed(_HS256, _claims())}"}) as bearer:
        assert (await bearer.get("/api/auth/me")).status_code == 200


async def test_strange_roles_and_scopes_give_no_rights(shared_app: FastAPI):
    for strange in (5, {"admin": 1}, [["admin"]], "Admin ADMIN adm\u0131n", None, "a\ud800b", 10**400):
        forged = _signed(_HS256, _claims(role=strange, scope=strange))
        async with caller_of(shared_app, headers={"Authorization": f"Bearer {forged}"}) as bearer:
            assert (await bearer.get("/api/notifications/stream")).status_code == 403
            assert (await bearer.post("/api/testnotify/issue", json={})).status_code in {403, 422}
            assert [each["role"] for each in (await bearer.get("/api/projects")).json()["items"]] == ["manager"]
