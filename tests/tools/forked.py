"""The `portal` command as processes of their own that need not load it: each is forked from one that has."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path

from app.cli import portal
from tests.portal import PORTAL

_context = get_context("forkserver")
_context.set_forkserver_preload([__name__])


class ForkedPortal:
    """Runs from ``start`` on; its environment is given, nothing of the test's own leaks in.

    ``typed``: loaded anew, as a shell does it, which takes two seconds of a processor.
    """

    def __init__(
        self, *arguments: str, environment: Mapping[str, str], out: Path, err: Path | None = None, typed: bool = False
    ) -> None:
        base = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = (arguments, base | dict(environment), str(out), str(err or out), typed)
        self._process = _context.Process(target=_run, args=own, daemon=True)

    def start(self) -> None:
        self._process.start()

    @property
    def runs(self) -> bool:
        return self._process.is_alive()

    def signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        assert self.runs, "it has ended"
        os.kill(self._process.pid, number)

    def wait(self, timeout: float) -> int:
        """Its exit code, below 0 if a signal ended it."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise subprocess.TimeoutExpired("portal", timeout)
        return self._process.exitcode


def _run(arguments: tuple[str, ...], environment: dict[str, str], out: str, err: str, typed: bool) -> None:
    """In the new process."""
    for path, number in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    if typed:
        os.execve(PORTAL, [str(PORTAL), *arguments], environment)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [str(PORTAL), *arguments]
    portal()
