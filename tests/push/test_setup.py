"""What web push needs to be set up: keys, and whom to write to."""

import json
from pathlib import Path
from stat import S_IMODE

import httpx
import pytest
from fastapi import FastAPI

from app.core.errors import StartupError
from app.dev.demo import PASSWORD, kept_secrets
from app.push.vapid import VapidKeys, new_private_key, vapid_keys
from app.settings import Settings, load_settings
from tests.portal import Portal
from tests.push.conftest import SUBJECT
from tests.push.service import padded, unpadded
from tests.running import caller_of, running
from tests.tools.commands import portal, succeeds
from tests.world import World, bearer, email


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_command_prints_what_the_environment_takes(monkeypatch: pytest.MonkeyPatch):
    printed = succeeds(portal("push-keys"))
    said = dict(line.split("=", 1) for line in printed.splitlines() if not line.startswith("#"))
    assert said.keys() == {"VAPID_PRIVATE_KEY", "VAPID_SUBJECT"}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    keys = vapid_keys(load_settings())
    assert keys is not None
    assert len(unpadded(keys.public_key)) == 65
    assert unpadded(keys.public_key)[0] == 4


def test_each_key_is_another():
    keys = {new_private_key() for _ in range(50)}
    assert len(keys) == 50
    assert {len(key) for key in keys} == {43}


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def number(value: int) -> str:
    return padded(value.to_bytes(32, "big")).rstrip("=")


@pytest.mark.parametrize("value", [1, ORDER - 1])
def test_every_number_below_the_order_of_the_curve_is_a_key(value):
    assert VapidKeys(number(value), "mailto:a@example.com").public_key


@pytest.mark.parametrize(
    "value",
    [
        "secret",
        number(0),
        number(ORDER),
        number(2**256 - 1),
        number(5) + "=",
        number(5)[:-1],
        "+" * 43,
        "-----BEGIN PRIVATE KEY-----",
        "é" * 43,
    ],
)
def test_what_is_no_key_stops_the_start_and_is_not_shown(monkeypatch: pytest.MonkeyPatch, value):
    monkeypatch.setenv("VAPID_PRIVATE_KEY", value)
    with pytest.raises(StartupError) as refused:
        load_settings()
    assert str(refused.value) == "VAPID_PRIVATE_KEY: must be a private key as `portal push-keys` prints it"


@pytest.mark.parametrize(
    "value", ["keeper@example.com", "mailto:", "mailto:keeper", "http://example.com", "https://", "https://a@b", "x"]
)
def test_whom_nobody_can_write_to_stops_the_start(monkeypatch: pytest.MonkeyPatch, value):
    monkeypatch.setenv("VAPID_SUBJECT", value)
    with pytest.raises(StartupError, match=r"^VAPID_SUBJECT: must be where push services can write to: [^\n]+$"):
        load_settings()


@pytest.mark.parametrize(
    ("environment", "subject"),
    [
        ({"VAPID_SUBJECT": "mailto:keeper@example.com"}, "mailto:keeper@example.com"),
        ({"VAPID_SUBJECT": "https://example.com/contact?a=b"}, "https://example.com/contact?a=b"),
        ({"PUBLIC_URL": "https://portal.example/"}, "https://portal.example"),
        ({"PUBLIC_URL": "http://portal.example"}, "mailto:no-reply@portal.example"),
        ({}, "mailto:no-reply@127.0.0.1"),
    ],
)
def test_whom_push_services_write_to(monkeypatch: pytest.MonkeyPatch, environment, subject):
    for name, value in {"VAPID_PRIVATE_KEY": new_private_key(), **environment}.items():
        monkeypatch.setenv(name, value)
    keys = vapid_keys(load_settings())
    assert keys is not None
    token = keys.authorization("https://push.example/1").partition("t=")[2]
    claims = json.loads(unpadded(token.split(".")[1]))
    assert (claims["sub"], claims["aud"]) == (subject, "https://push.example")


def test_push_to_this_machine_is_not_for_production(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PUSH_TO_LOOPBACK", "true")
    assert load_settings().push_to_loopback
    monkeypatch.setenv("APP_ENV", "production")
    with pytest.raises(StartupError, match=r"^PUSH_TO_LOOPBACK: is for development, not for APP_ENV=production$"):
        load_settings()


async def test_the_application_takes_the_key_of_its_settings(recycled_world: World):
    key = new_private_key()
    async with running(recycled_world.settings(vapid_private_key=key)) as app:
        assert await public_key(app) == VapidKeys(key, "mailto:a@example.com").public_key


async def public_key(app: FastAPI) -> str:
    async with caller_of(app, headers=bearer("client")) as caller:
        return str((await caller.get("/api/notifications/push")).json()["public_key"])


def test_the_demo_has_a_key_and_keeps_it(tmp_path: Path):
    with Portal(tmp_path, MAIL_WORKER="false") as demo, httpx.Client(base_url=demo.url) as caller:
        address = {"email": email("client"), "password": PASSWORD}
        caller.post("/api/auth/login", json=address).raise_for_status()
        found = caller.get("/api/notifications/push").json()["public_key"]
    assert len(unpadded(found)) == 65
    assert S_IMODE((tmp_path / "data" / "vapid-private-key").stat().st_mode) == 0o600
    # What the next start takes.
    kept = kept_secrets(Settings(data_dir=tmp_path / "data"))["VAPID_PRIVATE_KEY"]
    assert VapidKeys(kept, SUBJECT).public_key == found
