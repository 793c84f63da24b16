"""The process between the app and Postgres: it ends Postgres when the app ends, however the app ends.

Started by `app.dev.embedded` in a session of its own, so that Ctrl-C in a terminal reaches the app only. Standard input
is the app's hold on it: end of file there, for whatever reason, is the order to stop. On standard output it answers
each order with one line of JSON.
"""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.dev.cluster import Cluster, ClusterError, StopMode
from app.dev.lock import open_lock, try_lock
from app.dev.unprivileged import Unreachable

PREDECESSOR_SECONDS = 45.0
LOOK_SECONDS = 0.5


class OwnerGone(Exception):
    """The app that started this keeper has closed its end or has died."""


class Keeper:
    """Runs one cluster for one owner, the parent process."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self._owner = os.getppid()
        self._wanted = False

    def run(self) -> None:
        try:
            with self._only_one():
                try:
                    self._cluster.prepare()
                    self._up()
                    self._serve()
                finally:
                    _ignore_signals()
                    self._cluster.close()
        except (OwnerGone, BrokenPipeError):
            pass
        except (ClusterError, Unreachable) as error:
            _answer(error=str(error))
        except Exception as error:  # whatever it is, the owner has to hear of it
            _answer(error=f"Postgres cannot run in {self._folder}: {_plain(error)}; set DATA_DIR to another folder")

    def _serve(self) -> None:
        while True:
            order = self._next_order()
            if order == "up":
                self._up()
            else:
                self._down("immediate" if order == "immediate" else "fast")

    def _next_order(self) -> str:
        while not self._hears(LOOK_SECONDS):
            if os.getppid() != self._owner:  # the owner's end of the pipe may live on in a process it forked
                raise OwnerGone
            if self._wanted and not self._cluster.running:
                self._cluster.start(lambda: self._hears(0))
        order = os.read(sys.stdin.fileno(), 64).decode().strip()
        if not order:
            raise OwnerGone
        return order

    def _up(self) -> None:
        if not self._cluster.running:
            self._cluster.start(lambda: self._hears(0))
        self._wanted = True
        _answer(socket=str(self._cluster.socket_folder))

    def _down(self, mode: StopMode) -> None:
        self._wanted = False
        self._cluster.stop(mode)
        _answer(stopped=mode)

    def _hears(self, seconds: float) -> bool:
        return bool(select.select([sys.stdin], [], [], seconds)[0])

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Wait for the keeper of an owner who has just died: it is still stopping its server."""
        deadline = time.monotonic() + PREDECESSOR_SECONDS
        with open_lock(self._folder / "keeper.lock") as file:
            while not try_lock(file):
                if time.monotonic() > deadline:
                    raise ClusterError(f"the Postgres of {self._folder} is still stopping: try again in a minute")
                if self._hears(0.05):
                    raise OwnerGone
            yield


def main() -> None:
    """`python -m app.dev.keeper '{"folder": ..., "bin_dir": ..., "options": {...}}'`"""
    order = json.loads(sys.argv[1])
    folder = Path(order["folder"])
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    os.umask(0o077)
    Keeper(Cluster(folder, Path(order["bin_dir"]), order["options"]), folder).run()


def _answer(**answer: str) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _plain(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    return " ".join(str(error).split())


if __name__ == "__main__":
    main()
