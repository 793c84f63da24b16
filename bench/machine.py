"""The machine that measures: what it is, and what other work took of it meanwhile."""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_BUSY = 0.1


class Machine:
    """Keeps account of the CPU time that was not the bench's own."""

    def __init__(self) -> None:
        self._others: dict[str, float] = {}

    @contextmanager
    def watched(self, group: str) -> Iterator[None]:
        """Notes what others took of all cores during the block."""
        started, busy, own = time.monotonic(), _busy_seconds(), _own_seconds()
        yield
        seconds = (time.monotonic() - started) * (os.cpu_count() or 1)
        self._others[group] = max(0.0, (_busy_seconds() - busy - _own_seconds() + own) / seconds)

    @property
    def others(self) -> str:
        """What other work took, by group of figures."""
        shares = ", ".join(f"{group} {share:.0%}" for group, share in self._others.items())
        is_busy = any(share > _BUSY for share in self._others.values())
        return f"{shares}. **The machine was busy: measure again.**" if is_busy else f"{shares}."

    @staticmethod
    def description() -> str:
        """Cores, memory and system, in a line."""
        memory = psutil.virtual_memory().total / 2**30
        system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        return f"{os.cpu_count()} cores ({_cpu_model()}), {memory:.0f} GiB, {system}"


def private_kib(process_id: int) -> float:
    """Memory that this process alone holds, in KiB."""
    size: int = psutil.Process(process_id).memory_full_info().uss
    return size / 1024


def cpu_seconds(process_id: int) -> float:
    """CPU time that this process has taken."""
    times = psutil.Process(process_id).cpu_times()
    return float(times.user + times.system)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system)


def _own_seconds() -> float:
    """CPU time of the bench and all it has started, those that have ended included."""
    total = 0.0
    this = psutil.Process()
    for process in (this, *this.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])  # its own, and that of its children that have ended
    return total


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
