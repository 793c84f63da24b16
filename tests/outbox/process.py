"""`portal worker` as a process of its own, which may be killed."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.portal import PORTAL
from tests.tools.commands import on
from tests.world import World

PUBLIC_URL = "https://portal.example.com"


class WorkerProcess:
    """Runs until the end of the block at the latest."""

    def __init__(self, world: World, folder: Path, smtp_url: str, *, lanes: int = 1, **environment: Any) -> None:
        base = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = on(world) | {"SMTP_URL": smtp_url, "DATA_DIR": str(folder), "PUBLIC_URL": PUBLIC_URL}
        self._environment = base | own | {name: str(value) for name, value in environment.items()}
        self._lanes = lanes
        self._log = folder / f"worker-{time.monotonic_ns()}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "WorkerProcess":
        with self._log.open("ab") as log:
            command = [str(PORTAL), "worker", "--lanes", str(self._lanes)]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @property
    def is_at_work(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        return "Sending what is due" in self._log.read_text()

    def kill(self) -> None:
        """As the kernel does it when memory runs out: nothing of the process runs any more."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(20)

    def freeze(self) -> None:
        """Nothing of it runs, and nobody is told: as on a host that is lost."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def tell(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code, and all that it said."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(30), self._log.read_text()
