"""The figures: what is measured, beside what."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from statistics import median
from typing import Any

from bench import load, sockets, streams
from bench.load import Load
from bench.machine import cpu_seconds, private_kib
from bench.peer import server as peer_server
from bench.peer.server import Peer
from bench.people import deal
from bench.pgbench import creates_per_second
from bench.processes import ask, client
from bench.rooms import MESSAGES_PER_ROOM, VOCABULARY, Rooms, word
from bench.table import Row
from bench.world import Portal, World

CONNECTIONS = 16
ROUNDS = 3
SIGNED_IN = 1600
COUNT = "/api/notifications/unread_count"
LIST = "/api/notifications?limit=20"
EMPTY = "/healthz"

_IDLE_STREAMS = 5000
_BUSY_STREAMS = 2000
_TRIAL_STREAMS = 200
_SETTLE_SECONDS = 16.0  # every stream or socket has had its first heartbeat by then
_CREATES_PER_SECOND = 300
_DELIVERY_SECONDS = 10
_ASKED_ROOMS = 90
_IDLE_ROOMS = 2500
_BUSY_ROOMS = 500
_TRIAL_ROOMS = 100
_MESSAGES_PER_SECOND = 200
_TALK_SECONDS = 20
_TALK_WARM_UP_SECONDS = 2
_WORDS = 20
_SEARCHED_ROOMS = 20


def reads(world: World, portal: Portal, peer: Peer) -> Iterator[Row]:
    """Count and list beside the empty route and beside the peer's."""
    measured = _in_turn(
        {
            "empty": lambda: _read(world, portal, EMPTY),
            "count": lambda: _read(world, portal, COUNT),
            "list": lambda: _read(world, portal, LIST),
            "peer's count": lambda: _read_peer(peer, peer_server.COUNT),
            "peer's list": lambda: _read_peer(peer, peer_server.LIST),
        }
    )
    empty = measured["empty"]
    share = max(each.client_share for each in measured.values())
    for figure, route, times_empty, theirs, times_peer in (
        ("count", "`GET unread_count`", 0.35, "`unread_count`", 4),
        ("list", "`GET notifications?limit=20`", 0.2, "`all_list?max=20`", 10),
    ):
        own, other = measured[figure], measured[f"peer's {figure}"]
        beside = f"{peer_server.NAME} {theirs} {_shown(other)}"
        of_empty, of_other = own.per_second / empty.per_second, own.per_second / other.per_second
        yield Row(route, _shown(own), f"empty route {_shown(empty)}", of_empty, times_empty, client_share=share)
        yield Row("", "", beside, of_other, times_peer)


def creates(world: World, portal: Portal) -> Iterator[Row]:
    """Creates by HTTP beside pgbench doing what they do in the database."""
    requests = deal((world.people.create(manager) for manager in world.people.managers(SIGNED_IN)), CONNECTIONS)
    plan = load.Plan(portal.port, requests, status=204)
    by_http: list[Load] = []
    by_pgbench: list[float] = []
    for _ in range(ROUNDS):
        by_http.append(_load(plan))
        by_pgbench.append(creates_per_second(world, CONNECTIONS, seconds=4))
    own, ceiling = _median(by_http), median(by_pgbench)
    yield Row(
        "create (test-notify, one recipient)",
        _shown(own),
        f"pgbench, same insert and notify {ceiling:,.0f}/s",
        own.per_second / ceiling,
        0.4,
        client_share=own.client_share,
    )


def growth(small: World, big: World) -> Iterator[Row]:
    """Latency of list and count in a small and in a big table, one request at a time."""
    with small.portal() as small_portal, big.portal() as big_portal:
        for figure, path in (("count", COUNT), ("list", LIST)):
            measured = _in_turn(
                {
                    "small": lambda path=path: _read(small, small_portal, path, connections=1),  # type: ignore[misc]
                    "big": lambda path=path: _read(big, big_portal, path, connections=1),  # type: ignore[misc]
                },
                by=lambda each: each.p50,
            )
            own, base = measured["big"].p50, measured["small"].p50
            yield Row(
                f"p50 of {figure}, {big.rows:,} rows",
                f"{own:.2f} ms",
                f"{small.rows:,} rows {base:.2f} ms",
                own / base,
                1.3,
                is_most=True,
            )


def memory(world: World, portal: Portal) -> Iterator[Row]:
    """What one idle stream keeps in the server, of all that came with many of them."""
    _hold(world, portal, world.people.some(_TRIAL_STREAMS))
    before = private_kib(portal.process_id)
    users = world.people.some(_IDLE_STREAMS)
    grown = _hold(world, portal, users) - before
    each = grown / len(users)
    yield Row(
        f"memory per idle stream at {len(users):,} streams",
        f"{each:.1f} KiB",
        f"private memory {before / 1024:.0f} MiB, then {(before + grown) / 1024:.0f} MiB",
        each,
        40,
        is_most=True,
        unit=" KiB",
    )


def delivery(world: World, portal: Portal) -> Iterator[Row]:
    """From sending a create to the frame in its recipient's stream."""
    managers = world.people.managers(_BUSY_STREAMS)
    plan = streams.Plan(
        portal.port,
        _stream_requests(world, managers),
        [world.people.create(manager) for manager in managers],
        _CREATES_PER_SECOND,
        _DELIVERY_SECONDS,
    )
    with client("bench.streams", asdict(plan)) as answers:
        next(answers)
        measured = streams.Delivery(**next(answers))
    yield Row(
        f"create to frame, {_CREATES_PER_SECOND} creates/s, {len(managers):,} open streams",
        f"p99 {measured.p99:.1f} ms, p50 {measured.p50:.1f} ms",
        f"{measured.received:,} of {measured.created:,} received",
        measured.p99,
        30,
        is_most=True,
        unit=" ms",
        client_share=measured.client_share,
    )


def messages(small: Rooms, big: Rooms) -> Iterator[Row]:
    """Latency of a room's newest page in a small and in a big table, one request at a time; other pages beside it."""
    with small.world.portal() as small_portal, big.world.portal() as big_portal:
        asked = range(_ASKED_ROOMS)
        newest = _in_turn(
            {
                "small": lambda: _one_by_one(small_portal, small.pages(asked)),
                "big": lambda: _one_by_one(big_portal, big.pages(asked)),
            },
            by=lambda each: each.p50,
        )
        own, base = newest["big"].p50, newest["small"].p50
        yield Row(
            f"p50 of newest page of a room, {big.messages:,} messages",
            f"{own:.2f} ms",
            f"{small.messages:,} messages {base:.2f} ms",
            own / base,
            1.3,
            is_most=True,
        )
        deep = _one_by_one(big_portal, big.deep_pages(_ASKED_ROOMS))
        yield Row(f"p50 of pages all over a room of {big.longest:,}", f"{deep.p50:.2f} ms")
        for whose, request in big.lists().items():
            rooms_list = _one_by_one(big_portal, [request])
            yield Row(f"p50 of 50 rooms of {whose}", f"{rooms_list.p50:.2f} ms")


def search(rooms: Rooms, portal: Portal) -> Iterator[Row]:
    """Latency of searches for rare and common words and their beginnings, in rooms like most and in the longest."""
    step = max(rooms.count // _SEARCHED_ROOMS, 1)
    places = {f"{MESSAGES_PER_ROOM} messages": range(0, rooms.count, step), f"{rooms.longest:,}": [rooms.count]}
    for room, numbers in places.items():
        for what, words in _wanted().items():
            requests = rooms.searches(words, numbers)
            yield _searched(portal, requests, f"search for {what}, rooms of {room}, of {rooms.messages:,}")


def search_of_all(rooms: Rooms, portal: Portal) -> Iterator[Row]:
    """The same for whoever reaches all rooms of a project that has many."""
    for what, words in _wanted().items():
        requests = rooms.searches_of_all(words)
        yield _searched(
            portal, requests, f"search for {what}, all {rooms.per_project} rooms of {MESSAGES_PER_ROOM} messages"
        )


def _wanted() -> dict[str, list[str]]:
    return {
        "a rare word": [word(rank) for rank in range(VOCABULARY - _WORDS, VOCABULARY)],
        "a word": [word(rank) for rank in range(1000, 1000 + _WORDS)],
        "a common word": [word(rank) for rank in range(1, 1 + _WORDS)],
        "two common words": [f"{word(rank)} {word(rank + 1)}" for rank in range(1, 1 + _WORDS)],
        "a beginning of two letters": [word(rank)[:2] for rank in range(100, 100 + _WORDS)],
    }


def _searched(portal: Portal, requests: Iterable[str], figure: str) -> Row:
    measured = _load(load.Plan(portal.port, deal(requests, 1), seconds=2.0, warm_up_seconds=0.5))
    return Row(
        figure,
        f"p99 {measured.p99:.1f} ms, p50 {measured.p50:.1f} ms",
        "",
        measured.p99,
        50,
        is_most=True,
        unit=" ms",
        client_share=measured.client_share,
    )


def sockets_memory(rooms: Rooms, portal: Portal) -> Iterator[Row]:
    """What one idle socket of a room keeps in the server, of all that came with many of them."""
    _hold_sockets(rooms, portal, range(_TRIAL_ROOMS), seconds=0)
    before = private_kib(portal.process_id)
    idle = range(min(_IDLE_ROOMS, rooms.count))
    grown = _hold_sockets(rooms, portal, idle) - before
    each = grown / (2 * len(idle))
    yield Row(
        f"memory per idle socket at {2 * len(idle):,} sockets, two a room",
        f"{each:.1f} KiB",
        f"private memory {before / 1024:.0f} MiB, then {(before + grown) / 1024:.0f} MiB",
        each,
        40,
        is_most=True,
        unit=" KiB",
    )


def talk(rooms: Rooms, portal: Portal) -> Iterator[Row]:
    """From when a message was due to be posted to its frame in the other person's socket."""
    busy = range(min(_BUSY_ROOMS, rooms.count))
    plan = sockets.Plan(
        portal.port,
        rooms.sockets(busy),
        rooms.posts(busy),
        _MESSAGES_PER_SECOND,
        _TALK_SECONDS,
        _TALK_WARM_UP_SECONDS,
    )
    with client("bench.sockets", asdict(plan)) as answers:
        next(answers)
        cpu = cpu_seconds(portal.process_id)
        measured = sockets.Talk(**next(answers))
        cpu = cpu_seconds(portal.process_id) - cpu
    yield Row(
        f"message to frame, {_MESSAGES_PER_SECOND}/s in {len(busy):,} rooms, {len(plan.sockets):,} open sockets",
        f"p99 {measured.p99:.1f} ms, p50 {measured.p50:.1f} ms",
        f"{1000 * cpu / measured.posted:.1f} ms of the server's CPU each",
        measured.p99,
        30,
        is_most=True,
        unit=" ms",
        client_share=measured.client_share,
    )
    yield Row(
        "frames lost, doubled or astray",
        f"{measured.wrong:,}",
        f"{measured.posted:,} messages, to both people of their room",
        measured.wrong,
        0,
        is_most=True,
        unit=" frames",
    )


def _in_turn(
    figures: Mapping[str, Callable[[], Load]], by: Callable[[Load], float] = lambda each: each.per_second
) -> dict[str, Load]:
    """The median of some rounds of each; in turn, so that a busy moment of the machine falls on all of them."""
    rounds = [{name: measure() for name, measure in figures.items()} for _ in range(ROUNDS)]
    return {name: _median([each[name] for each in rounds], by) for name in figures}


def _median(loads: list[Load], by: Callable[[Load], float] = lambda each: each.per_second) -> Load:
    return sorted(loads, key=by)[len(loads) // 2]


def _read(world: World, portal: Portal, path: str, connections: int = CONNECTIONS) -> Load:
    requests = (world.people.get(path, user) for user in world.people.some(SIGNED_IN))
    return _load(load.Plan(portal.port, deal(requests, connections)))


def _one_by_one(portal: Portal, requests: Iterable[str]) -> Load:
    return _load(load.Plan(portal.port, deal(requests, 1)))


def _read_peer(peer: Peer, path: str) -> Load:
    return _load(load.Plan(peer.port, deal(peer.get(path), CONNECTIONS), keep_alive=False))


def _load(plan: load.Plan) -> Load:
    return Load(**ask("bench.load", asdict(plan)))


def _hold(world: World, portal: Portal, users: list[int]) -> float:
    """Opens a stream for each of these users; the server's private memory in KiB while they are idle."""
    return _held("bench.streams", asdict(streams.Plan(portal.port, _stream_requests(world, users))), portal)


def _hold_sockets(rooms: Rooms, portal: Portal, held: range, seconds: float = _SETTLE_SECONDS) -> float:
    """As ``_hold``, with the sockets of both people of these rooms."""
    return _held("bench.sockets", asdict(sockets.Plan(portal.port, rooms.sockets(held))), portal, seconds)


def _held(module: str, plan: Mapping[str, Any], portal: Portal, seconds: float = _SETTLE_SECONDS) -> float:
    with client(module, plan) as answers:
        next(answers)
        time.sleep(seconds)
        return private_kib(portal.process_id)


def _stream_requests(world: World, users: list[int]) -> list[str]:
    return [world.people.get("/api/notifications/stream", user) for user in users]


def _shown(measured: Load) -> str:
    return f"{measured.per_second:,.0f}/s, p50 {measured.p50:.1f} ms, p99 {measured.p99:.1f} ms"
