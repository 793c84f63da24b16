"""The temporary folder of the server's socket: closed to others, and short, for a socket's path has about 100 bytes."""

import os
import secrets
import tempfile
from hashlib import sha256
from pathlib import Path

from app.dev.unprivileged import Account

PORT = 5432  # only a part of the socket's file name: nothing listens on TCP
_PARENTS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - only to make a closed folder in
_PARENT_BYTES = 60
_SPECIAL = {",", '"'}  # separate and quote folders, in Postgres' settings and in addresses
_FILES = (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock")


class SocketFolder:
    """`link` points to the folder and outlives a killed keeper: the next one knows what to remove."""

    def __init__(self, link: Path) -> None:
        self._link = link
        # By the place of the data: a copy of it, link included, must not remove the socket of the original.
        self._prefix = f"portal-{sha256(os.fsencode(link.parent)).hexdigest()[:8]}-"

    @property
    def path(self) -> Path:
        return self._link.readlink()

    def make(self, account: Account | None) -> None:
        self.remove()
        path = _parent(account) / f"{self._prefix}{secrets.token_hex(4)}"
        self._link.symlink_to(path)  # first, so that there is no moment without a trace
        path.mkdir(0o700)
        if account:
            account.own(path)

    def remove(self) -> None:
        if not self._link.is_symlink():
            return
        path = self.path
        if path.name.startswith(self._prefix) and path.is_dir():
            for name in _FILES:
                (path / name).unlink(missing_ok=True)
            path.rmdir()
        self._link.unlink()


def _parent(account: Account | None) -> Path:
    for parent in (Path(tempfile.gettempdir()), *_PARENTS):
        usable = len(os.fsencode(parent)) <= _PARENT_BYTES and not set(str(parent)) & _SPECIAL
        if usable and os.access(parent, os.W_OK | os.X_OK) and (account is None or account.reaches(parent)):
            return parent
    raise FileNotFoundError(0, "no temporary folder with a short path for Postgres' socket, see TMPDIR")
