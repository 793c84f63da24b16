"""Every environment variable the portal reads, typed, in one place."""

import re
import ssl
from base64 import urlsafe_b64decode
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core.errors import StartupError
from app.core.relay import Mailbox, Relay, domain_of

ROOT = Path(__file__).resolve().parent.parent
JWT_SECRET_MIN_BYTES = 32
QUIET = timedelta(minutes=2)
"""How long e-mail about a room waits for more to tell, unless MAIL_QUIET_SECONDS says otherwise."""

_BASE64_OF_32 = re.compile(r"[A-Za-z0-9_-]{43}")
_ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-4, D.1.2.3
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-f:.]+")
_NOT_IN_ADDRESS = re.compile(r"[\s\\?#@\x00-\x1f\x7f]")
_ALL_ADDRESSES = ("0.0.0.0", "::")  # noqa: S104 (to show another one in their place)


class Settings(BaseSettings):
    """The environment as it was at start. Empty variables count as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=1, le=65535)
    web_concurrency: int = Field(default=1, ge=1, le=64)
    app_env: Literal["development", "production"] = "development"
    public_url: str | None = None
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()

    data_dir: Path = ROOT / ".data"
    database_url: str | None = None
    database_listen_url: str | None = None
    database_pool_size: int = Field(default=10, ge=1, le=500)

    jwt_secret: str | None = None
    jwt_issuer: str = "client-portal"
    jwt_audience: str = "client-portal"
    session_hours: int = Field(default=12, ge=1, le=24 * 90)
    password_link_hours: int = Field(default=72, ge=1, le=24 * 30)

    host_managers_query: str | None = None
    host_sync_seconds: float = Field(default=10, ge=1, le=3600)

    files_url: str | None = None
    max_file_mb: int = Field(default=100, ge=1, le=5 * 1024)
    max_room_mb: int = Field(default=5 * 1024, ge=1, le=1024 * 1024)

    smtp_url: str | None = None
    smtp_ca_file: Path | None = None
    mail_from: str | None = None
    mail_quiet_seconds: float = Field(default=QUIET.total_seconds(), ge=0, le=24 * 3600)
    mail_worker: bool = True
    mail_lanes: int = Field(default=2, ge=1, le=20)

    vapid_private_key: str | None = None
    vapid_subject: str | None = None
    push_to_loopback: bool = False

    notify_test_endpoints: bool = False
    demo_seed: bool = False
    demo_project_id: UUID | None = None

    @field_validator("database_url", "database_listen_url")
    @classmethod
    def _is_postgres_url(cls, value: str | None) -> str | None:
        scheme, separator, _ = (value or "postgres://").partition("://")
        if not scheme.startswith("postgres") or not separator:
            raise ValueError("must be a Postgres URL, such as postgresql://user:password@host:5432/database")
        return value

    @field_validator("jwt_secret")
    @classmethod
    def _is_long_enough(cls, value: str | None) -> str | None:
        if value is not None and len(value.encode()) < JWT_SECRET_MIN_BYTES:
            raise ValueError(
                f"must be at least {JWT_SECRET_MIN_BYTES} bytes, such as the output of: openssl rand -hex 32"
            )
        return value

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"https?://[^/\s*?#@]+", origin):
                raise ValueError(f"{origin!r} is not an origin, such as https://app.example.com")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        return None if value is None else _address_of_portal(value)

    @field_validator("files_url")
    @classmethod
    def _is_of_a_storage(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "s3://bucket")
        is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
        if not is_folder and not (parts.scheme == "s3" and parts.netloc):
            raise ValueError("must be a folder, file:///path, or s3://bucket/prefix")
        return value

    @field_validator("vapid_private_key")
    @classmethod
    def _is_key_of_p256(cls, value: str | None) -> str | None:
        number = int.from_bytes(urlsafe_b64decode(f"{value}=="), "big") if _BASE64_OF_32.fullmatch(value or "") else 0
        if value is not None and not 0 < number < _ORDER_OF_P256:
            raise ValueError("must be a private key as `portal push-keys` prints it")
        return value

    @field_validator("vapid_subject")
    @classmethod
    def _is_contact(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"mailto:[^\s@<>]+@[^\s@<>]+|https://[^\s/@?#]+(/\S*)?", value):
            raise ValueError("must be where push services can write to: mailto:NAME@DOMAIN or https://...")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_of_a_relay(cls, value: str | None) -> str | None:
        if value is not None:
            Relay.of(value)
        return value

    @field_validator("smtp_ca_file")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.create_default_context(cafile=value)
            except OSError:
                raise ValueError("must be a file that can be read and holds certificates (PEM)") from None
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_mailbox(cls, value: str | None) -> str | None:
        if value is not None:
            Mailbox.of(value)
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _keeps_push_outside(self) -> Self:
        if self.push_to_loopback and self.app_env == "production":
            raise ValueError("PUSH_TO_LOOPBACK: is for development, not for APP_ENV=production")
        return self

    def for_serving(self) -> Self:
        """These settings, if they suffice to serve: whoever signs and checks tokens needs a key."""
        if self.is_embedded and self.app_env == "production":
            raise StartupError(
                "DATABASE_URL: must be set with APP_ENV=production, for everybody knows the demo world's passwords"
            )
        if not self.is_embedded and self.jwt_secret is None:
            raise StartupError(
                "JWT_SECRET: must be set together with DATABASE_URL, such as to the output of: openssl rand -hex 32"
            )
        assert self.sender
        return self

    @property
    def is_embedded(self) -> bool:
        """Whether the portal brings its own Postgres and demo world."""
        return self.database_url is None

    @property
    def storage_url(self) -> str:
        """Where the bytes of files live."""
        return self.files_url or (self.data_dir / "files").as_uri()

    @property
    def kept_mail(self) -> Path | None:
        """The folder to which mails go, as files, in development without a mail server; None where they are sent."""
        is_kept = self.smtp_url is None and self.app_env == "development"
        return self.data_dir / "mail" if is_kept else None

    @property
    def lacking_for_mail(self) -> str | None:
        """The variable that is to be set before e-mail leaves; None where it does, or is kept."""
        if self.app_env == "production":
            for name, value in (("SMTP_URL", self.smtp_url), ("PUBLIC_URL", self.public_url)):
                if value is None:
                    return name
        return None

    @property
    def relay(self) -> Relay | None:
        """The mail server that takes our mail."""
        return None if self.smtp_url is None else Relay.of(self.smtp_url)

    @property
    def sender(self) -> Mailbox:
        """Whom e-mail is from; raises ``StartupError`` where that cannot be told from PUBLIC_URL."""
        try:
            host = urlsplit(self.base_url).hostname or "localhost"
            return Mailbox.of(self.mail_from or f"Client Portal <no-reply@{domain_of(host)}>")
        except ValueError:
            raise StartupError("MAIL_FROM: must be set, for the host of PUBLIC_URL makes no address") from None

    @property
    def base_url(self) -> str:
        """Where people reach the portal, without a trailing slash."""
        host = "localhost" if self.host in _ALL_ADDRESSES else self.host
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def _address_of_portal(text: str) -> str:
    """``text`` without a trailing slash, the host as name servers know it; raises ``ValueError``."""
    fault = "must be where people reach the portal, such as https://portal.example.com, and nothing after it"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode()
        is_sound = parts.port != 0 and parts.path.isascii() and _HOST.fullmatch(host) is not None
    except ValueError:
        raise ValueError(fault) from None
    if parts.scheme not in ("http", "https") or not is_sound or _NOT_IN_ADDRESS.search(text):
        raise ValueError(fault)
    netloc = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{netloc}{port}{parts.path}".rstrip("/")


def load_settings() -> Settings:
    """The settings of this environment; raises ``StartupError`` naming the first bad variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        name = ".".join(str(part) for part in first["loc"]).upper()
        raise StartupError(f"{name}: {message}" if name else message) from None
