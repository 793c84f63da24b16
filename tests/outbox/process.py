"""`portal worker` as a process of its own, which may be killed."""

import signal
import time
from pathlib import Path
from typing import Any

from tests.tools.commands import on
from tests.tools.forked import ForkedPortal
from tests.world import World

PUBLIC_URL = "https://portal.example.com"


class WorkerProcess:
    """Runs until the end of the block at the latest."""

    def __init__(
        self,
        world: World,
        folder: Path,
        smtp_url: str,
        *options: str,
        lanes: int = 1,
        typed: bool = False,
        **environment: Any,
    ) -> None:
        own = on(world) | {"SMTP_URL": smtp_url, "DATA_DIR": str(folder), "PUBLIC_URL": PUBLIC_URL}
        own |= {name: str(value) for name, value in environment.items()}
        self._log = folder / f"worker-{time.monotonic_ns()}.log"
        self._process = ForkedPortal(
            "worker", f"--lanes={lanes}", *options, environment=own, out=self._log, typed=typed
        )

    def __enter__(self) -> "WorkerProcess":
        self._log.touch()
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.runs:
            self.kill()

    @property
    def is_at_work(self) -> bool:
        assert self._process.runs, self._log.read_text()
        return "Sending what is due" in self._log.read_text()

    def kill(self) -> None:
        """As the kernel does it when memory runs out: nothing of the process runs any more."""
        self._process.signal(signal.SIGKILL)
        self._process.wait(20)

    def freeze(self) -> None:
        """Nothing of it runs, and nobody is told: as on a host that is lost."""
        self._process.signal(signal.SIGSTOP)

    def tell(self, number: signal.Signals) -> None:
        self._process.signal(number)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code, and all that it said."""
        self._process.signal(number)
        return self._process.wait(60), self._log.read_text()
