"""Whether the process lives, whether it is fit to serve, and its measures."""

import os
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sqlalchemy.exc import SQLAlchemyError

from app.core import migrations

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={503: {"description": "Not fit; the checks say why"}})
async def readyz(request: Request) -> JSONResponse:
    """The database answers, its schema is the one this version needs, and signals are heard.

    ``mail`` is by which way e-mail leaves: ``smtp`` or ``files``, and by whom if not by this process, or ``off`` and
    why. It makes nobody unfit.
    """
    hears_signals: bool = request.app.state.broker.is_connected
    checks = {"database": False, "migrations": False, "listener": hears_signals}
    mail: list[str] = [request.app.state.outgoing.said]
    try:
        async with request.app.state.database.reading() as connection:
            checks["database"] = True
            checks["migrations"] = await migrations.is_current_on(connection)
            mail += await request.app.state.upkeep.said(connection)
    except (OSError, SQLAlchemyError):
        pass
    is_ready = all(checks.values())
    status = "ok" if is_ready else "unfit"
    return JSONResponse({"status": status, "checks": checks, "mail": "; ".join(mail)}, 200 if is_ready else 503)


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Measures in Prometheus' text format, of all worker processes together."""
    registry: Any = request.app.state.registry
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        _forget_dead_workers(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _forget_dead_workers(folder: Path) -> None:
    """What a worker had open is not open any more once the worker is gone."""
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
