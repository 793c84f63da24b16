"""What the environment says, and one clear line about what is wrong with it."""

import pytest

from app.core.errors import StartupError
from app.core.relay import Encryption, Mailbox, Relay
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
        ("PUBLIC_URL", "ftp://portal.example"),
        ("PUBLIC_URL", "http://"),
        ("PUBLIC_URL", "https:///path"),
        ("PUBLIC_URL", "https://portal.example/sub path"),
        ("PUBLIC_URL", "https://portal.example/pörtal"),
        ("PUBLIC_URL", "https://portal.example/?x"),
        ("PUBLIC_URL", "https://portal.example#x"),
        ("PUBLIC_URL", "https://me@portal.example"),
        ("PUBLIC_URL", "https://portal.example:0"),
        ("PUBLIC_URL", "https://portal.example:port"),
        ("PUBLIC_URL", "https://portal..example"),
        ("PUBLIC_URL", "https://portal.example,https://other.example"),
        ("PUBLIC_URL", "https://portal.example\nhttps://other.example"),
        ("PUBLIC_URL", "http://::1"),
        ("DATABASE_URL", "postgres"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://app.example,foo"),
        ("ALLOWED_ORIGINS", "https://app.example/path"),
        ("SMTP_URL", "mail.example.com:587"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp+tls://mail.example.com"),
        ("SMTP_URL", "smtp://mail.example.com:port"),
        ("SMTP_URL", "smtp://mail.example.com:0"),
        ("SMTP_URL", "smtp://mail.example.com:99999"),
        ("SMTP_URL", "smtp://mail.example.com/path"),
        ("SMTP_URL", "smtps://me@mail.example.com"),
        ("SMTP_URL", "smtps://:password@mail.example.com"),
        ("SMTP_URL", "smtps://me:100%@mail.example.com"),
        ("SMTP_URL", "smtps://me:pass word@mail.example.com"),
        ("SMTP_URL", "smtps://me:pass%00word@mail.example.com"),
        ("SMTP_CA_FILE", "/nowhere/ca.pem"),
        ("SMTP_CA_FILE", __file__),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "Firm, Inc <a@firm.example>"),
        ("MAIL_FROM", "büro@firm.example"),
        ("MAIL_FROM", "a@.müller.example"),
        ("MAIL_FROM", "a@firm.example, b@firm.example"),
        ("MAIL_FROM", "A <a@firm.example>\nBcc: b@firm.example"),
        ("MAIL_QUIET_SECONDS", "-1"),
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


@pytest.mark.parametrize(
    ("public_url", "base_url"),
    [
        ("", "http://127.0.0.1:3000"),
        ("https://portal.example/", "https://portal.example"),
        ("http://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
        ("https://portal.example/clients/", "https://portal.example/clients"),
        ("HTTPS://Bücher.example:8443", "https://xn--bcher-kva.example:8443"),
    ],
)
def test_where_people_reach_it(monkeypatch: pytest.MonkeyPatch, public_url, base_url):
    monkeypatch.setenv("PUBLIC_URL", public_url)
    assert load_settings().base_url == base_url


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


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://localhost", Relay("localhost", 25, Encryption.NONE)),
        ("smtp://mail.example.com:2525", Relay("mail.example.com", 2525, Encryption.NONE)),
        ("smtp://me:secret@127.0.0.1", Relay("127.0.0.1", 25, Encryption.NONE, "me", "secret")),
        ("smtp+starttls://[::1]", Relay("::1", 587, Encryption.STARTTLS)),
        ("smtps://me%40x:p%2F%3A%40%25%C3%BC@h/", Relay("h", 465, Encryption.TLS, "me@x", "p/:@%ü")),
        ("smtps://me@x:secret@h:4650", Relay("h", 4650, Encryption.TLS, "me@x", "secret")),
    ],
)
def test_the_mail_server(monkeypatch: pytest.MonkeyPatch, url, relay):
    monkeypatch.setenv("SMTP_URL", url)
    assert load_settings().relay == relay


@pytest.mark.parametrize("url", ["smtp://me:s3cret@mail.example.com", "smtp://me:s3cret@192.0.2.1:587"])
def test_a_password_is_not_sent_in_clear_over_a_network(monkeypatch: pytest.MonkeyPatch, url):
    monkeypatch.setenv("SMTP_URL", url)
    with pytest.raises(StartupError, match=r"SMTP_URL: would send the password in clear"):
        load_settings()


@pytest.mark.parametrize(
    "url", ["smtps://me:s3cret/x@h", "smtps://me:s3cret#x@h", "smtps://me:s3cret%@h", "s3cret://h"]
)
def test_a_password_for_mail_is_not_shown_by_what_refuses_it(monkeypatch: pytest.MonkeyPatch, url):
    monkeypatch.setenv("SMTP_URL", url)
    with pytest.raises(StartupError) as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in repr(Relay.of("smtps://me:s3cret@h"))


@pytest.mark.parametrize(
    ("public_url", "address"),
    [
        ("https://portal.example.com:8443/base", "no-reply@portal.example.com"),
        ("https://portal.müller.example", "no-reply@portal.xn--mller-kva.example"),
        ("http://[::1]:3000", "no-reply@[IPv6:::1]"),
    ],
)
def test_mail_is_from_the_host_that_people_reach(monkeypatch: pytest.MonkeyPatch, public_url, address):
    monkeypatch.setenv("PUBLIC_URL", public_url)
    assert load_settings().sender == Mailbox("Client Portal", address)


def test_mail_is_from_whom_the_operator_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAIL_FROM", '"Firm, Inc" <portal@firm.example>')
    assert load_settings().sender == Mailbox("Firm, Inc", "portal@firm.example")


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_out_of_range_is_said_to_be_so(port: str):
    with pytest.raises(ValueError, match=r"the port must be 1 to 65535"):
        Relay.of(f"smtps://me:s3cret@h:{port}")


@pytest.mark.parametrize("port", ["port", "s3cret/x@h:25", "-1"])
def test_what_is_no_port_is_said_to_be_none(port: str):
    with pytest.raises(ValueError, match=r"the port is no number"):
        Relay.of(f"smtps://h:{port}")


def test_a_senders_domain_beyond_ascii_is_put_as_name_servers_know_it():
    assert Mailbox.of("Büro <a@münchen.example>") == Mailbox("Büro", "a@xn--mnchen-3ya.example")


@pytest.mark.parametrize(
    ("address", "is_of_the_internet"),
    [("a@firm.example", True), ("a@localhost", False), ("a@[127.0.0.1]", False), ("a@[IPv6:::1]", False)],
)
def test_who_can_be_looked_up_from_elsewhere(address: str, is_of_the_internet: bool):
    assert Mailbox("", address).is_of_the_internet is is_of_the_internet


def test_a_host_that_makes_no_address_needs_a_sender(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PUBLIC_URL", "https://portal.example.")
    with pytest.raises(StartupError, match="MAIL_FROM: must be set"):
        load_settings().for_serving()
