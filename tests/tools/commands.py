"""The project's commands as a person runs them, with an environment that the test gives."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from app.cli import main
from tests.tools.forked import ForkedPortal
from tests.world import SECRET, World

ROOT = Path(__file__).parents[2]
SEED_SCRIPT = ROOT / "scripts" / "seed_notifications.py"

Done = subprocess.CompletedProcess[str]


def portal(*arguments: str, stdin: str = "", **environment: str) -> Done:
    """The `portal` command within this process, which spares the second that a new one takes to start."""
    return _within(main, "portal", *arguments, stdin=stdin, environment=environment)


def seed(**environment: str) -> Done:
    """The seed script, in the same way."""
    script = str(SEED_SCRIPT)
    return _within(lambda: runpy.run_path(script, run_name="__main__"), script, environment=environment)


def forked(*arguments: str, **environment: str) -> Done:
    """The `portal` command as a process of its own: for what wants its main thread, or its signals."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = ForkedPortal(*arguments, environment=environment, out=out, err=err)
        process.start()
        return Done(arguments, process.wait(120), out.read_text(), err.read_text())


def run(*command: str | Path, **environment: str) -> Done:
    """Any command, as a process of its own."""
    return subprocess.run(
        [str(part) for part in command],
        env=_base() | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def on(world: World) -> dict[str, str]:
    """The environment of a portal on this world's database."""
    return {"DATABASE_URL": world.url, "FILES_URL": world.files.as_uri(), "JWT_SECRET": SECRET}


def succeeds(done: Done) -> str:
    """What it printed."""
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def refuses(done: Done, *, by: str = "portal") -> str:
    """The one line that says why."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"{by}: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix(f"{by}: ").rstrip("\n")


async def rows(world: World) -> dict[str, int]:
    """How many rows each table has: the portal's and the host's."""
    async with world.connection() as connection:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname IN ('public', 'client_portal')"
        )
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for (table,) in tables}


def _within(program: Callable[[], object], *arguments: str, stdin: str = "", environment: dict[str, str]) -> Done:
    """In a thread, because commands bring an event loop of their own."""
    with (
        patch.dict(os.environ, _base() | environment, clear=True),
        patch.object(sys, "argv", list(arguments)),
        patch.object(sys, "stdin", StringIO(stdin)),
        redirect_stdout(StringIO()) as printed,
        redirect_stderr(StringIO()) as complained,
        ThreadPoolExecutor(1) as thread,
    ):
        code = thread.submit(_exit_code, program).result()
    return Done(arguments, code, printed.getvalue(), complained.getvalue())


def _exit_code(program: Callable[[], object]) -> int:
    """As the interpreter gives it: text is a fault, and is printed."""
    try:
        program()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    return 0


def _base() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
