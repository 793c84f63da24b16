"""Child processes of the bench: servers that end with it, and clients that answer with one line of JSON."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


class BenchError(Exception):
    """One line: what went wrong."""


@contextmanager
def server(command: Sequence[str | Path], port: int, environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """Runs a server until the end of the block; yields its process id once it accepts connections."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait_for(port, process, log)
        yield process.pid
    finally:
        _end(process)


@contextmanager
def client(module: str, plan: Mapping[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
    """Runs a client of the bench until the end of the block; yields its answers as they come."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(plan) + "\n")
        process.stdin.flush()
        yield _answers(module, process)
    finally:
        process.stdin.close()  # which tells it that it may go
        _end(process)


def ask(module: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The one answer of a client of the bench."""
    with client(module, plan) as answers:
        return next(answers)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(module: str, process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    while line := process.stdout.readline():
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BenchError(f"{module}: {answer['error']}")
        yield answer
    raise BenchError(f"{module} ended without an answer")


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BenchError(f"{process.args!r} did not start: {' '.join(log.read_text().split()[-60:])}")


def _end(process: "subprocess.Popen[Any]") -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
