"""Bytes under keys. Knows nothing of whose they are."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from app.core.errors import StartupError, Unavailable
from app.storage.folder import remove_partials, settle

log = structlog.get_logger(__name__)

_PIECE = 1024 * 1024
"""How much of what is stored is held at once for one reader, in bytes."""

_PART = 5 * 1024 * 1024  # the least that S3 takes
_PARTS_AT_ONCE = 2
_PATIENCE = timedelta(seconds=20)
_FAULTS = (BaseError, OSError)


_OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}(\.[a-z]+)?")
_PROBE = re.compile(r"probe-[0-9a-f]{32}")
SHARDS = tuple(f"{number:02x}" for number in range(256))
"""What keys begin with: a part of all that is stored is a shard."""


def new_key() -> str:
    """A key that nobody can guess, and that says nothing of what is under it."""
    name = uuid4().hex
    return f"{name[:2]}/{name}"


class Missing(Exception):
    """There is nothing under this key."""


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    size: int
    modified: datetime


class Storage:
    """Keeps bytes. A fault of what is behind it raises ``Unavailable``: asked again later, it may be over."""

    def __init__(self, url: str) -> None:
        """Takes ``file:///folder``, which is made if it is not there, or ``s3://bucket/prefix``.

        Credentials, region and endpoint of a bucket come from the AWS_* variables. Raises ``StartupError`` naming
        FILES_URL.
        """
        self.url = url
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        try:
            self._store = _folder_store(self._folder) if self._folder else _bucket_store(url)
        except (*_FAULTS, ValueError) as error:
            raise self._unusable(error) from None

    async def check(self) -> None:
        """Raises ``StartupError`` naming FILES_URL unless bytes can be written, read and removed."""
        key = f"probe-{uuid4().hex}"
        try:
            await obstore.put_async(self._store, key, b"probe")
            await obstore.get_range_async(self._store, key, start=0, end=5)
            await obstore.delete_async(self._store, key)
        except _FAULTS as error:
            raise self._unusable(error) from None

    async def put(self, key: str, content: AsyncIterator[bytes]) -> None:
        """Stores what comes, holding a few parts of it at most. When it breaks off, nothing is under the key.

        What the content itself raises is raised as it is. In a folder it outlives a loss of power from here on.
        """
        source = _Source(content)
        try:
            await obstore.put_async(self._store, key, source.pieces(), chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)
        except Exception as error:
            if source.fault is not None:
                raise source.fault from None
            if isinstance(error, _FAULTS):
                raise _unavailable(error) from error
            raise
        await self._settle(key)

    async def put_bytes(self, key: str, content: bytes) -> None:
        with _told():
            await obstore.put_async(self._store, key, content)
        await self._settle(key)

    async def read(self, key: str, start: int, end: int) -> bytes:
        """The bytes from one place to before another; raises ``Missing``."""
        with _told():
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end)) if start < end else b""

    async def stream(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The same piece by piece, each fetched when it is asked for: a slow reader holds no connection."""
        for place in range(start, end, _PIECE):
            yield await self.read(key, place, min(place + _PIECE, end))

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key; None if there is nothing."""
        try:
            with _told():
                return int((await obstore.head_async(self._store, key))["size"])
        except Missing:
            return None

    async def delete(self, key: str) -> None:
        """Removes what is under the key, if anything."""
        with suppress(Missing), _told():
            await obstore.delete_async(self._store, key)

    async def entries(self, shard: str | None = None) -> AsyncIterator[Entry]:
        """What is stored under keys of ours, of one shard or all, in no order. Anything else is not looked at."""
        listed = obstore.list(self._store, shard, chunk_size=1000)
        while True:
            with _told():
                batch = await anext(listed, None)
            if batch is None:
                return
            for each in batch:
                if _OURS.fullmatch(each["path"]):
                    yield Entry(each["path"], each["size"], each["last_modified"])

    async def _settle(self, key: str) -> None:
        """A bucket has settled what it has taken; a folder has it in memory only, and the name as well."""
        if self._folder is not None:
            with _told():
                await asyncio.to_thread(settle, self._folder, key)

    async def remove_leftovers(self, before: datetime) -> int:
        """Removes what writers and probes that died before have left behind; answers how much.

        What is half-written in a bucket is not seen here: a bucket has rules of its own for it.
        """
        with _told():
            top = await obstore.list_with_delimiter_async(self._store)
        probes = [each for each in top["objects"] if _PROBE.fullmatch(each["path"])]
        old = [each["path"] for each in probes if each["last_modified"] < before]
        for key in old:
            await self.delete(key)
        partials = await asyncio.to_thread(remove_partials, self._folder, before) if self._folder else 0
        return len(old) + partials

    def _unusable(self, error: Exception) -> StartupError:
        return StartupError(f"FILES_URL: {self.url} cannot be used ({_one_line(error)}): {self._advice()}")

    def _advice(self) -> str:
        if self._folder is not None:
            return "let the portal write to this folder, or name another"
        return "there must be such a bucket, and AWS_ACCESS_KEY_ID and the like must let the portal write to it"


def _folder_store(folder: Path) -> ObjectStore:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(folder)


def _bucket_store(url: str) -> ObjectStore:
    return S3Store.from_url(
        url,
        client_options={"allow_http": True, "connect_timeout": timedelta(seconds=5)},
        retry_config={"max_retries": 4, "retry_timeout": _PATIENCE},
    )


class _Source:
    """Hands on what comes, and remembers a fault of where it came from: on the way through it loses its type."""

    def __init__(self, content: AsyncIterator[bytes]) -> None:
        self._content = content
        self.fault: BaseException | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._content:
                yield piece
        # Not GeneratorExit: by that the store tells that it wants no more, for a fault of its own.
        except (Exception, asyncio.CancelledError) as error:
            self.fault = error
            raise


@contextmanager
def _told() -> Iterator[None]:
    """Turns faults of the store into ours."""
    try:
        yield
    except FileNotFoundError:
        raise Missing from None
    except _FAULTS as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> Unavailable:
    log.warning("storage_fault", error=_one_line(error))
    return Unavailable("The storage of files does not answer; try again.", headers={"Retry-After": "5"})


def _one_line(error: Exception) -> str:
    """What it says, without the tree of causes that follows."""
    return " ".join(str(error).split("\n\n")[0].split()) or type(error).__name__
