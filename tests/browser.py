"""The Chromium that end-to-end tests drive.

A test launches it with `playwright.chromium.launch(**chromium_launch_options())`. `make test` runs
`python -m tests.browser` before: it finds a Chromium that starts on this machine, fetches one if there is none, and
records which it is. `PORTAL_CHROMIUM` names one.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Playwright, sync_playwright

OWN = "Playwright's own Chromium"

_FOUND = Path(sys.prefix) / ".browser"
_DOWNLOAD_REFUSED = Path(sys.prefix) / ".browser-download-refused"
_STALL_SECONDS = 60.0
_APT_SECONDS = 600.0
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_APPLICATION = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_ARGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


class NoBrowser(Exception):
    """One line: why there is no browser, and what to do about it."""


def chromium_launch_options() -> dict[str, Any]:
    """What to give to `chromium.launch`: the path, unless it is Playwright's own, and arguments.

    Raises:
        NoBrowser: there is none, and none could be fetched.
    """
    return _options(os.environ.get("PORTAL_CHROMIUM") or _recorded())


def find_or_fetch() -> str:
    """A Chromium that starts, fetched if need be: its path, or `OWN`. Records it for the tests."""
    with sync_playwright() as playwright:
        found = _named(playwright) or _find_or_fetch(playwright)
    _FOUND.write_text(found)
    return found


def _recorded() -> str:
    """Found by another process: tests may be in an event loop, where Playwright's synchronous side does not work."""
    if not _FOUND.exists() or not (_FOUND.read_text() == OWN or Path(_FOUND.read_text()).exists()):
        search = [sys.executable, "-m", "tests.browser"]
        done = subprocess.run(search, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1], check=False)
        if done.returncode != 0:
            raise NoBrowser(done.stderr.strip().rpartition("\n")[2])
    return _FOUND.read_text()


def _options(browser: str) -> dict[str, Any]:
    args = [*_ARGS, "--no-sandbox"] if os.geteuid() == 0 else _ARGS
    return {"args": args} | ({} if browser == OWN else {"executable_path": browser})


def _named(playwright: Playwright) -> str | None:
    named = os.environ.get("PORTAL_CHROMIUM")
    if named and (fault := _fault(playwright, named)):
        raise NoBrowser(f"PORTAL_CHROMIUM: {named} does not start ({fault})")
    return named


def _find_or_fetch(playwright: Playwright) -> str:
    """Playwright's own comes first: it is of the version that Playwright is made for."""
    if _own_starts(playwright):
        return OWN
    if not _DOWNLOAD_REFUSED.exists():
        if _download() and _own_starts(playwright):
            return OWN
        _DOWNLOAD_REFUSED.touch()
    faults: list[str] = []
    if found := _of_the_system(playwright, faults):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install_by_apt()
        if found := _of_the_system(playwright, faults):
            return found
    reasons = f" ({'; '.join(dict.fromkeys(faults))})" if faults else ""
    raise NoBrowser(f"The end-to-end tests need a Chromium: install one, or set PORTAL_CHROMIUM to its path{reasons}")


def _own_starts(playwright: Playwright) -> bool:
    return Path(playwright.chromium.executable_path).exists() and _fault(playwright, OWN) is None


def _of_the_system(playwright: Playwright, faults: list[str]) -> str | None:
    for path in _candidates():
        fault = _fault(playwright, path)
        if fault is None:
            return path
        faults.append(f"{path}: {fault}")
    return None


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, _NAMES))
    if Path(_APPLICATION).exists():
        yield _APPLICATION


def _fault(playwright: Playwright, browser: str) -> str | None:
    """Why it does not start, in one line: a browser may be there and lack libraries."""
    try:
        playwright.chromium.launch(**_options(browser)).close()
    except Error as error:
        lines = [line.strip(" ║╔╗╚╝═-") for line in error.message.splitlines()]
        telling = [line for line in lines if "error while loading" in line]
        return (telling or [line for line in lines if line] or ["it ends at once"])[0]
    return None


def _download() -> bool:
    """Whether Playwright could fetch its own. Given up when nothing arrives for a while, not when it takes long."""
    _say("Fetching Playwright's Chromium")
    process = subprocess.Popen(
        [sys.executable, "-m", "playwright", "install", "chromium"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    progress = threading.Event()
    threading.Thread(target=_end_when_stalled, args=(process, progress), daemon=True).start()
    for line in process.stdout:
        if "%" in line:
            progress.set()
    is_done = process.wait() == 0
    progress.set()
    if not is_done:
        _say("  not to be had: looking for another")
    return is_done


def _end_when_stalled(process: "subprocess.Popen[str]", progress: threading.Event) -> None:
    while progress.wait(_STALL_SECONDS):
        progress.clear()
        if process.poll() is not None:
            return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _install_by_apt() -> None:
    _say("Installing Chromium by apt-get")
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["apt-get", "--quiet=2", *arguments],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_APT_SECONDS,
                check=False,
            )


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        _say(f"End-to-end tests use {find_or_fetch()}")
    except NoBrowser as error:
        sys.exit(str(error))
