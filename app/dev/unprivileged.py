"""Running Postgres as someone else than root, which it refuses to run as. Not root: everything here is a no-op."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAP_SETPCAP = 8

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_LINUX = sys.platform == "linux"
_NOBODY = 65534


class Unreachable(Exception):
    """The account cannot reach a path, and nothing can be done about it from here."""


@dataclass(frozen=True)
class Account:
    """A user and group, by number: it need not be in the password file."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give a file or folder to this account; a link is given itself, not what it points to."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def own_tree(self, top: Path) -> None:
        """Give all of a folder to this account; the folder itself last, so that it tells whether that was finished."""
        for folder, folders, files in os.walk(top):
            for name in folders + files:
                self.own(Path(folder, name))
        self.own(top)

    def reaches(self, path: Path) -> bool:
        """Whether this account, without any capability, can enter or run `path`."""
        groups, gid = os.getgroups(), os.getegid()
        os.setgroups([])
        os.setegid(self.gid)
        os.seteuid(self.uid)
        try:
            return os.access(path, os.R_OK | os.X_OK, effective_ids=True)
        finally:
            os.seteuid(0)
            os.setegid(gid)
            os.setgroups(groups)


def account_for(cluster: Path) -> Account | None:
    """Who the server runs as: the owner of the cluster, `nobody` for a new one; None is whoever runs this."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(_NOBODY, _NOBODY)
    return Account(nobody.pw_uid, nobody.pw_gid)


def become(account: Account | None, program: Path, folders: Iterable[Path]) -> Callable[[], None]:
    """What a forked child calls before it executes `program`: gives up root, and dies with its parent.

    Where the account cannot reach the program or a folder (a project under a closed /root, say), the child keeps the
    one capability to pass closed folders, so that no permission has to change.

    Raises:
        Unreachable: there is no such capability to keep.
    """
    capability = _capability_needed(account, program, folders) if account else None
    libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None

    def in_child() -> None:
        if account:
            if libc and capability is not None:
                # Capabilities outlast the change of user, and count for access(2), which initdb finds programs by.
                _prctl(libc, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            if libc and capability is not None:
                _keep_only(libc, capability)
        if libc:
            _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGINT)

    return in_child


def _capability_needed(account: Account, program: Path, folders: Iterable[Path]) -> int | None:
    closed = [path for path in (program, *folders) if not account.reaches(path)]
    if not closed:
        return None
    may_be_run = program.stat().st_mode & 0o001
    wanted = (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if may_be_run else (CAP_DAC_OVERRIDE,)
    permitted = _permitted()
    for capability in wanted:
        if {capability, CAP_SETPCAP} <= permitted:
            return capability
    raise Unreachable(
        f"Postgres does not run as root, and user {account.uid} cannot reach {closed[0]}: "
        "run this as another user than root, from a folder that user can enter"
    )


def _permitted() -> set[int]:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return set()
    bits = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapPrm:")), 0)
    return {capability for capability in range(bits.bit_length()) if bits >> capability & 1}


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc.capset(header, effective_permitted_inheritable) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(libc, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _prctl(libc: ctypes.CDLL, option: int, *arguments: int) -> None:
    unused = (0,) * (4 - len(arguments))
    if libc.prctl(option, *(ctypes.c_ulong(argument) for argument in (*arguments, *unused))) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
