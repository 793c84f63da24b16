"""One Postgres cluster on disk and the server that runs on it: created, started, stopped. Used by the keeper."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from app.dev.socket_folder import PORT, SocketFolder
from app.dev.unprivileged import Account, account_for, become

MAJOR_VERSION = "18"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}
LOG_BYTES = 4 * 1024 * 1024
START_SECONDS = 120.0  # a crash recovery may take a while
LEFTOVER_SECONDS = 15.0
POLL_SECONDS = 0.01

StopMode = Literal["fast", "immediate"]
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class ClusterError(Exception):
    """One line: what is wrong, and what to do about it."""


class Cluster:
    """`folder` holds `cluster/` (the data), `password`, `server.log` and `socket`, a link to the socket's folder."""

    def __init__(self, folder: Path, bin_dir: Path, options: Mapping[str, str]) -> None:
        self.data = folder / "cluster"
        self.log = folder / "server.log"
        self._folder = folder
        self._bin_dir = bin_dir
        self._settings = {**SETTINGS, **options}
        self._socket = SocketFolder(folder / "socket")
        self._account: Account | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket_folder(self) -> Path:
        return self._socket.path

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def prepare(self) -> None:
        """Everything up to the server's start: stop what an earlier run left behind, create what is missing."""
        self._account = account_for(self.data)
        self._stop_leftover()
        for half_made in self._folder.glob("cluster.new-*"):
            shutil.rmtree(half_made, ignore_errors=True)
        if self.data.exists():
            self._adopt()
        else:
            self._create()
        self._socket.make(self._account)

    def start(self, abandoned: Callable[[], bool]) -> None:
        """Start the server and return when it accepts connections, or when `abandoned` says nobody waits any more."""
        leftovers_until = time.monotonic() + LEFTOVER_SECONDS
        while True:
            self._stop_leftover()
            log_start = self._open_log_and_launch()
            if self._wait_until_ready(abandoned):
                return
            reason = _reason(_read_from(self.log, log_start))
            # A killed server's last connections may live a moment longer than it.
            if "is still in use" not in reason or time.monotonic() > leftovers_until:
                raise ClusterError(f"Postgres did not start in {self._folder}: {reason}; its log is {self.log}")
            time.sleep(10 * POLL_SECONDS)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server; a fast stop that takes too long becomes an immediate one, which loses nothing either."""
        if self._process is not None:
            process, self._process = self._process, None
            _stop(process.pid, lambda: process.poll() is not None, mode)

    def close(self) -> None:
        """Stop the server and leave nothing outside the folder."""
        self.stop()
        self._socket.remove()

    def _adopt(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise ClusterError(
                f"{self.data} is of Postgres {version}, this is Postgres {MAJOR_VERSION}: "
                "set DATA_DIR to another folder, or move this one away"
            )
        if not (self._folder / "password").exists():
            raise ClusterError(f"{self._folder / 'password'} is missing: put it back, or move {self._folder} away")
        if self._account and self.data.stat().st_uid == 0:  # a copy that root made
            self._account.own_tree(self.data)
        self.data.chmod(0o700)

    def _create(self) -> None:
        """Into a folder of another name first: a half-made cluster is never taken for a whole one."""
        new = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=self._folder))
        password = self._make_password()
        if self._account:
            self._account.own(new)
            self._account.own(password)
        self._initdb(new, password)
        new.rename(self.data)
        _sync(self._folder)

    def _make_password(self) -> Path:
        path = self._folder / "password"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
            file.flush()
            os.fsync(file.fileno())
        return path

    def _initdb(self, data: Path, password: Path) -> None:
        # The builtin locale needs nothing of the machine and sorts the same on every one.
        command = [
            *(str(self._bin_dir / "initdb"), f"--pgdata={data}", "--username=postgres", f"--pwfile={password}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        ]
        if self._settings.get("fsync") == "off":
            command.append("--no-sync")
        process = self._spawn(command, data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = process.communicate()[0].decode(errors="replace")
        if process.returncode != 0:
            shutil.rmtree(data, ignore_errors=True)
            reason = _reason(output)
            raise ClusterError(f"Postgres could not fill {self._folder}: {reason}; set DATA_DIR to another folder")

    def _open_log_and_launch(self) -> int:
        """Returns where in the log this start begins."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        settings = {**self._settings, "unix_socket_directories": f'"{self.socket_folder}"'}
        command = [str(self._bin_dir / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(self.log, flags, 0o600), "ab") as log:
            if self._account:
                os.fchown(log.fileno(), self._account.uid, self._account.gid)
            log_start = log.seek(0, os.SEEK_END)
            self._process = self._spawn(command, self.data, stdout=log, stderr=log)
        return log_start

    def _spawn(self, command: list[str], data: Path, **streams: object) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=self._environment(),
            preexec_fn=become(self._account, Path(command[0]), [data]),  # noqa: PLW1509 - the keeper has one thread
            **streams,
        )

    def _environment(self) -> dict[str, str]:
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        stale = self._recorded_pid()
        if stale is not None:
            # A process that got the number of a dead server: Postgres takes this one's lock file for a stale one,
            # and still checks that nobody uses the dead server's memory.
            environment["PG_GRANDPARENT_PID"] = str(stale)
        return environment

    def _wait_until_ready(self, abandoned: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.running:
            if self._reports_ready() or abandoned():
                return True
            if time.monotonic() > deadline:
                self.stop("immediate")
                raise ClusterError(f"Postgres was not ready after {START_SECONDS:.0f} s; its log is {self.log}")
            time.sleep(POLL_SECONDS)
        return False

    def _reports_ready(self) -> bool:
        lines = self._pid_file_lines()
        return bool(lines) and self._recorded_pid() == (self._process and self._process.pid) and lines[-1] == "ready"

    def _stop_leftover(self) -> None:
        """A server of this cluster that lost its keeper: stop it."""
        pid = self._recorded_pid()
        if pid is not None and self._is_our_server(pid):
            _stop(pid, lambda: not self._is_our_server(pid), "fast")

    def _recorded_pid(self) -> int | None:
        lines = self._pid_file_lines()
        return int(lines[0]) if lines and lines[0].isdecimal() else None

    def _pid_file_lines(self) -> list[str]:
        try:
            text = (self.data / "postmaster.pid").read_text(errors="replace")
        except FileNotFoundError:
            return []
        return [line.strip() for line in text.strip().splitlines()]

    def _is_our_server(self, pid: int) -> bool:
        """By its command line, which is empty for a zombie: the number alone may be another process's by now."""
        return os.fsencode(self.data) in _command_line(pid)


def _stop(pid: int, ended: Callable[[], bool], mode: StopMode) -> None:
    for number, seconds in ((_SIGNALS[mode], 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        if ended():  # its number may be another process's by now
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if ended():
                return
            time.sleep(POLL_SECONDS)
    raise ClusterError(f"process {pid}, a Postgres of this folder, does not end: stop it")


def _command_line(pid: int) -> list[bytes]:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return []
    ps = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    answer = subprocess.run(ps, stdout=subprocess.PIPE, check=False)  # noqa: S603
    # One string, arguments with spaces not quoted: what stands between `-D ` and ` -c` is the folder.
    return re.findall(rb" -D (.*?) -c ", answer.stdout)


def _reason(output: str) -> str:
    """The line of Postgres' output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\b(FATAL|PANIC|error|could not)\b", line)]
    line = (telling or lines or ["it ended without a word"])[0]
    return re.sub(r"^.*?\b(FATAL|PANIC|ERROR|error):\s*", "", line)


def _read_from(path: Path, offset: int) -> str:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
