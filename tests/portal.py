"""The real thing: `portal run` as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

PORTAL = Path(sys.executable).with_name("portal")


_held: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody else is given as long as this process lives.

    The socket that found it stays bound. It does not listen, so a server that reuses addresses may listen there.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    _held.append(probe)
    return int(probe.getsockname()[1])


class Portal:
    """A running portal; its environment is given, nothing of the test's own leaks in."""

    def __init__(self, folder: Path, **environment: Any) -> None:
        self.port = int(environment.setdefault("PORT", free_port()))
        environment.setdefault("DATA_DIR", folder / "data")
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"portal-{self.port}.log"
        base = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = base | {name: str(value) for name, value in environment.items()}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, timeout: float = 120) -> "Portal":
        """Returns when it is ready to serve."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([PORTAL, "run"], env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + timeout
        # One for all: each makes a TLS context, which takes longer than the pause.
        with httpx.Client(base_url=self.url, timeout=10) as http:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    raise AssertionError(f"portal ended with {self.process.returncode}:\n{self.log.read_text()}")
                with suppress(httpx.TransportError):
                    if http.get("/readyz").status_code == 200:
                        return self
                time.sleep(0.05)
        raise AssertionError(f"portal was not ready in {timeout} s:\n{self.log.read_text()}")

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, timeout: float = 60) -> int:
        assert self.process is not None
        return self.process.wait(timeout)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.signal()
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise

    def __enter__(self) -> "Portal":
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
