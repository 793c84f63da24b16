"""The routes that the application really has."""

from fastapi import FastAPI
from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from starlette.routing import Mount

_OPERATION = ("/api/", "/healthz", "/readyz", "/metrics")
_OF_PAGES = ("GET", "HEAD", "MOUNT")


def served(app: FastAPI) -> set[str]:
    """Every route, as ``METHOD /path``; a WebSocket's method is ``WS``, that of a mounted folder ``MOUNT``."""
    found = set()
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIWebSocketRoute):
            found.add(f"WS {route.path}")
        elif isinstance(route.original_route, Mount):
            found.add(f"MOUNT {route.path}")
        else:
            assert route.methods, f"{route.path} is of a kind that no test knows"
            found |= {f"{method} {route.path}" for method in route.methods}
    return found


def operations(app: FastAPI) -> set[str]:
    """The routes that answer with something of the portal's own, sockets included."""
    return {route for route in served(app) if is_operation(route)}


def pages(app: FastAPI) -> set[str]:
    """All the others: the shells of pages, and their files."""
    return served(app) - operations(app)


def is_operation(route: str) -> bool:
    method, _, path = route.partition(" ")
    return path.startswith(_OPERATION) or method not in _OF_PAGES
