"""What is committed works on any machine: lock files are whole, and nothing names the place where it was made."""

import json
import os
import re
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.tools.commands import ROOT, run, succeeds

PYTHON_LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
FRONT_END_LOCK = ROOT / "frontend" / "package-lock.json"
REGISTRIES = re.compile(
    r"https?://(?:[\w.-]*\.)?(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|npmmirror\.com|yarnpkg\.com)"
    r"|(?:--|PIP_|\b)(?:extra[-_])?index[-_]url\s*[=:]|--find-links|^registry=",
    re.IGNORECASE | re.MULTILINE,
)
PLACES = re.compile(r"(?<![\w.~$/-])/(?:root|home|Users|work|workspace)/\w")


def committed() -> list[Path]:
    """By .gitignore, not by git, which need not be on the machine."""
    ignored = [line.strip("/ ").rpartition("/")[2] for line in (ROOT / ".gitignore").read_text().splitlines()]
    ignored = [".git", *filter(None, ignored)]

    def is_kept(name: str) -> bool:
        return not any(fnmatch(name, pattern) for pattern in ignored)

    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = filter(is_kept, folders)
        found += [Path(folder, name) for name in filter(is_kept, files)]
    return found


def test_no_file_names_a_registry_or_a_folder_of_the_machine_it_was_made_on() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in committed()
        if path.name != Path(__file__).name
        for pattern in (REGISTRIES, PLACES)
        for found in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not named


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_a_python_lock_has_exact_versions_with_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    requirements = text.replace("\\\n", " ").splitlines()
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.-]+==[\w.!+]+( ;[^#]+?)?( +--hash=sha256:[0-9a-f]{64})+$", requirement), requirement


def test_what_serves_is_of_the_same_versions_as_what_is_tested() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["build"],
        *project["dependency-groups"]["dev"],
    ]
    locked = (ROOT / "requirements-dev.lock").read_text()
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)
        assert name
        assert re.search(rf"^{re.escape(name.group())}==", locked, re.MULTILINE), requirement


def test_the_front_end_lock_is_whole_and_has_no_address() -> None:
    packages: dict[str, dict[str, Any]] = json.loads(FRONT_END_LOCK.read_text())["packages"]
    manifest = json.loads((ROOT / "frontend" / "package.json").read_text())
    root = packages.pop("")
    assert {kind: root.get(kind) for kind in ("dependencies", "devDependencies")} == {
        kind: manifest.get(kind) for kind in ("dependencies", "devDependencies")
    }
    names = {path.rpartition("node_modules/")[2] for path in packages}
    for path, package in packages.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+\S*", package["version"]), path
        assert "resolved" not in package, path
        # `npm ci` refuses a lock that lacks the packages of other platforms.
        missing = {*package.get("dependencies", {}), *package.get("optionalDependencies", {})} - names
        assert not missing, path


def test_the_document_of_the_api_is_current(tmp_path: Path) -> None:
    succeeds(run(sys.executable, ROOT / "scripts" / "openapi.py", tmp_path / "openapi.json"))
    current = (tmp_path / "openapi.json").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == current, "run `make openapi`"


def test_shell_scripts_can_be_run() -> None:
    for path in committed():
        if path.read_bytes()[:2] == b"#!":
            assert path.stat().st_mode & 0o111, path
