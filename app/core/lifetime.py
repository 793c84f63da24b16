"""When a process is to end: told by a signal, or left behind by its parent; and what it keeps as long as it lives."""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)

# Work makes little garbage in cycles: Python's own figures would look for it twenty times as often.
_GC_THRESHOLDS = (14_000, 10, 10)


def keep_what_exists() -> None:
    """What exists now lives as long as the process: keeps the garbage collector from walking it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


@contextmanager
def told_of_end(callback: Callable[[], None]) -> Iterator[None]:
    """Calls back in the running loop as soon as a signal asks this process to end, before the server reacts to it.

    A server waits for open responses before it tells the application: endless ones must hear of it first.
    """
    loop = asyncio.get_running_loop()
    earlier = {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        before = earlier[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, before in earlier.items():
            signal.signal(number, before)


@contextmanager
def ends_with_parent() -> Iterator[None]:
    """A worker process whose supervisor was killed would keep the port for ever: it ends itself."""
    parent = multiprocessing.parent_process()
    if parent is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def orphaned() -> None:
        loop.remove_reader(parent.sentinel)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent.sentinel, orphaned)
    try:
        yield
    finally:
        loop.remove_reader(parent.sentinel)
