"""`python -m bench`: measures, and prints one table.

ROWS (1,000,000) is how many notifications there are; GROWTH (100,000 and ROWS) which two sizes are compared; MESSAGES
(5,000,000) how many messages.
"""

import argparse
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache

from app.core.errors import StartupError
from bench import figures
from bench.machine import Machine
from bench.mail import mails
from bench.peer.server import peer
from bench.people import ROWS_PER_USER, UNREAD_PER_USER
from bench.processes import ROOT, BenchError
from bench.rooms import MESSAGES_PER_ROOM, Rooms, furnish
from bench.table import Row, markdown
from bench.world import World, postgres_version, world

_GROUPS = ("reads", "creates", "growth", "memory", "delivery", "messages", "sockets", "chat", "search", "mail")
_DOCUMENT = ROOT / "docs" / "bench.md"
_OPEN_FILES = 12_000
_ISSUE_ROWS = 10_000_000
_FEW_ROWS = 10_000
_FEW_MESSAGES = 50_000
_SEARCHED_MESSAGES = 1_000_000
_SEARCHED_ROOMS = 300


def main() -> None:
    arguments = _parse()
    _allow_open_files()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    machine = Machine()
    try:
        rows = list(_measure(arguments, machine))
    except (BenchError, StartupError) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    report = _report(arguments, machine, rows)
    print(report)
    if arguments.write:
        _DOCUMENT.parent.mkdir(exist_ok=True)
        _DOCUMENT.write_text(f"# Measured\n\nBy `make bench`.\n\n{report}\n")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measures the portal beside its ceilings and its peer.")
    parser.add_argument("--rows", type=_number, default=os.environ.get("ROWS") or "1000000")
    parser.add_argument("--growth", type=_numbers, default=os.environ.get("GROWTH") or None, metavar="SMALL,BIG")
    parser.add_argument("--messages", type=_number_of_messages, default=os.environ.get("MESSAGES") or "5000000")
    parser.add_argument("--only", action="append", choices=_GROUPS, help="measure this group of figures only")
    parser.add_argument("--write", action="store_true", help=f"write {_DOCUMENT.relative_to(ROOT)} too")
    arguments = parser.parse_args()
    arguments.only = arguments.only or list(_GROUPS)
    arguments.growth = arguments.growth or [min(100_000, arguments.rows), arguments.rows]
    return arguments


def _number(text: str, least: int = 10 * ROWS_PER_USER) -> int:
    number = int(text.replace(",", "").replace("_", ""))
    if number < least:
        raise ValueError
    return number


def _number_of_messages(text: str) -> int:
    return _number(text, _FEW_MESSAGES)


def _numbers(text: str) -> list[int]:
    small, big = sorted(_number(each) for each in text.split(","))
    return [small, big]


def _allow_open_files() -> None:
    """As many as the streams need; the processes of the bench inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _measure(arguments: argparse.Namespace, machine: Machine) -> Iterator[Row]:
    """Every group on a fresh server process; reads first, because creates make the inboxes longer."""
    with ExitStack() as stack:
        _say(f"filling a database with {arguments.rows:,} notifications")
        main_world = stack.enter_context(world(arguments.rows))

        @cache
        def furnished() -> Rooms:
            # Not before the figures of notifications: they are of a database without rooms.
            _say(f"adding rooms with {arguments.messages:,} messages")
            return furnish(main_world, arguments.messages)

        groups: dict[str, Callable[[], Iterator[Row]]] = {
            "reads": lambda: _reads(main_world),
            "growth": lambda: _growth(main_world, arguments.growth),
            "creates": lambda: _with_portal(main_world, figures.creates),
            "memory": lambda: _with_portal(main_world, figures.memory),
            "delivery": lambda: _with_portal(main_world, figures.delivery),
            "messages": lambda: _messages(furnished(), _FEW_MESSAGES),
            "sockets": lambda: _with_rooms(furnished(), figures.sockets_memory),
            "chat": lambda: _with_rooms(furnished(), figures.talk),
            "search": lambda: _search(min(arguments.messages, _SEARCHED_MESSAGES)),
            "mail": lambda: mails(main_world),
        }
        for name, group in groups.items():
            if name in arguments.only:
                _say(f"measuring {name}")
                with machine.watched(name):
                    rows = list(group())
                yield from rows


def _reads(main_world: World) -> Iterator[Row]:
    environments = ROOT / ".data" / "bench-peer"
    with peer(main_world, environments, figures.SIGNED_IN) as other, main_world.portal() as portal:
        yield from figures.reads(main_world, portal, other)


def _growth(main_world: World, sizes: Sequence[int]) -> Iterator[Row]:
    with ExitStack() as stack:
        worlds = [main_world if rows == main_world.rows else stack.enter_context(world(rows)) for rows in sizes]
        yield from figures.growth(worlds[0], worlds[-1])


def _with_portal(main_world: World, figure: Callable[..., Iterator[Row]]) -> Iterator[Row]:
    with main_world.portal() as portal:
        yield from figure(main_world, portal)


def _messages(big: Rooms, few: int) -> Iterator[Row]:
    with world(_FEW_ROWS) as small_world:
        yield from figures.messages(furnish(small_world, few), big)


def _search(messages: int) -> Iterator[Row]:
    with world(_FEW_ROWS) as small_world:
        yield from _with_rooms(furnish(small_world, messages, are_talked=True), figures.search)
    # All rooms of the first project, and the longest, which is of another.
    messages = MESSAGES_PER_ROOM * _SEARCHED_ROOMS * 10 // 9 + 10
    with world(_FEW_ROWS) as small_world:
        rooms = furnish(small_world, messages, are_talked=True, per_project=_SEARCHED_ROOMS)
        yield from _with_rooms(rooms, figures.search_of_all)


def _with_rooms(rooms: Rooms, figure: Callable[..., Iterator[Row]]) -> Iterator[Row]:
    with rooms.world.portal() as portal:
        yield from figure(rooms, portal)


def _report(arguments: argparse.Namespace, machine: Machine, rows: Sequence[Row]) -> str:
    users = arguments.rows // ROWS_PER_USER
    lines = [
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine.description()}, embedded {postgres_version()}, "
        "default durability (fsync on).",
        f"- {arguments.rows:,} notifications of {users:,} users, {ROWS_PER_USER} each, the newest {UNREAD_PER_USER} "
        f"unread; one worker process; {figures.CONNECTIONS} connections; median of {figures.ROUNDS} rounds in turn.",
        f"- The load ran on the same machine and took at most {max(row.client_share for row in rows):.0%} of a core.",
        f"- Other work on the machine took, of all its CPU time: {machine.others}",
        "- Growth: rows per user stay the same, so what grows is the table, not one person's inbox; "
        "one request at a time.",
        f"- Messages: {MESSAGES_PER_ROOM} in each room whatever the table's size, and a tenth of all in the longest; "
        "two people's sockets a room; a message's time runs from when it was due to be posted.",
    ]
    if max(arguments.growth) < _ISSUE_ROWS:
        lines.append(f"- For the growth to {_ISSUE_ROWS:,} rows: `make bench ROWS={_ISSUE_ROWS}`.")
    return "\n".join([markdown(rows), "", *lines])


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")


if __name__ == "__main__":
    main()
