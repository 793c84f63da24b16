"""The built front end: its files, and one page shell for every address that is a page."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.core.problems import refused

_FOLDER = Path(__file__).resolve().parents[2] / "frontend" / "dist"
_SHELL = _FOLDER / "index.html"
_SERVICE_WORKER = _FOLDER / "sw.js"
_PAGES = (
    "/login",
    "/set-password",
    "/unsubscribe",
    "/projects",
    "/projects/{rest:path}",
    "/account",
    "/admin",
    "/admin/{rest:path}",
)
_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_PAGE_HEADERS: Mapping[str, str] = {"content-security-policy": _POLICY, "cache-control": "no-cache"}


class _Files(StaticFiles):
    """Files whose name holds their hash never change; others are asked for anew. Any site may load the bell."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        is_hashed = path.startswith("assets/")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        response.headers["access-control-allow-origin"] = "*"
        if response.headers.get("content-type", "").startswith("text/html"):
            response.headers["content-security-policy"] = _POLICY
        return response


def are_built() -> bool:
    """Whether the front end has been built."""
    return _SHELL.is_file() and _SERVICE_WORKER.is_file()


def install(app: FastAPI) -> None:
    """Serves the front end; without a build the API works alone."""
    if not are_built():
        return
    app.mount("/static", GZipMiddleware(_Files(directory=_FOLDER), minimum_size=1024))

    async def page() -> Response:
        return FileResponse(_SHELL, headers=_PAGE_HEADERS)

    async def service_worker() -> Response:
        # At the root, for a service worker is in charge of no address above its own.
        return FileResponse(_SERVICE_WORKER, headers=_PAGE_HEADERS, media_type="text/javascript")

    async def home() -> Response:
        return RedirectResponse("/projects", 307)

    async def missing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.url.path
        if request.method not in ("GET", "HEAD") or path.startswith(("/api/", "/static/")):
            return await refused(request, error)
        return FileResponse(_SHELL, 404, headers=_PAGE_HEADERS)

    app.add_api_route("/", home, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/sw.js", service_worker, methods=["GET", "HEAD"], include_in_schema=False)
    for path in _PAGES:
        app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_exception_handler(404, missing)
