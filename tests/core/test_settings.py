"""What the environment says, and one clear line about what is wrong with it."""

import pytest

from app.core.errors import StartupError
from app.settings import Settings, load_settings
from tests.world import SECRET


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "http"),
        ("WEB_CONCURRENCY", "0"),
        ("APP_ENV", "staging"),
        ("DATABASE_URL", "mysql://host/database"),
        ("DATABASE_LISTEN_URL", "localhost:5432"),
        ("DATABASE_POOL_SIZE", "0"),
        ("JWT_SECRET", "short"),
        ("JWT_SECRET", "x" * 31),
        ("SESSION_HOURS", "-1"),
        ("NOTIFY_TEST_ENDPOINTS", "perhaps"),
        ("DEMO_PROJECT_ID", "1"),
        ("PUBLIC_URL", "portal.example"),
        ("DATABASE_URL", "postgres"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://app.example,foo"),
        ("ALLOWED_ORIGINS", "https://app.example/path"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(monkeypatch: pytest.MonkeyPatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(StartupError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{name}: ")
    assert "\n" not in str(refused.value)


def test_a_database_needs_a_secret_of_its_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/app")
    with pytest.raises(StartupError, match="JWT_SECRET"):
        load_settings().for_serving()


def test_a_secret_is_not_shown_by_what_refuses_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JWT_SECRET", "too-short-secret")
    with pytest.raises(StartupError) as refused:
        load_settings()
    assert "too-short-secret" not in str(refused.value)


def test_empty_variables_count_as_unset(monkeypatch: pytest.MonkeyPatch):
    for name in ("DATABASE_URL", "JWT_SECRET", "NOTIFY_TEST_ENDPOINTS", "PORT"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert settings.is_embedded
    assert (settings.port, settings.notify_test_endpoints) == (3000, False)


def test_where_people_reach_it(monkeypatch: pytest.MonkeyPatch):
    assert load_settings().base_url == "http://127.0.0.1:3000"
    monkeypatch.setenv("PUBLIC_URL", "https://portal.example/")
    assert load_settings().base_url == "https://portal.example"


def test_a_secret_of_32_bytes_is_enough():
    assert Settings(database_url="postgresql://localhost/app", jwt_secret=SECRET[:32]).jwt_secret == SECRET[:32]


def test_the_demo_world_with_its_known_passwords_is_not_for_production(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("APP_ENV", "production")
    with pytest.raises(StartupError, match="DATABASE_URL: must be set"):
        load_settings().for_serving()


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://localhost:3000"), ("::1", "http://[::1]:3000")])
def test_the_address_that_is_shown_can_be_opened(monkeypatch: pytest.MonkeyPatch, host, url):
    monkeypatch.setenv("HOST", host)
    assert load_settings().base_url == url
