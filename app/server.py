"""Runs the application under uvicorn, in one process or several."""

import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack

import uvicorn
from uvicorn.supervisors import Multiprocess

from app.core.errors import StartupError
from app.settings import Settings

_GRACE_SECONDS = 3
_WORKER_SECONDS = 60  # on a busy machine a worker takes that long to start: one that is killed for it never does
_STALLED_READER_SECONDS = 15
_WEBSOCKET_FRAME_LIMIT = 64 * 1024
_PING_SECONDS = 15


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM. The workers read their settings from the environment, so it must hold them."""
    config = configuration(settings)
    if settings.web_concurrency == 1:
        uvicorn.Server(config).run(sockets=[listener])
        return
    with ExitStack() as stack:
        measures = tempfile.mkdtemp(prefix="portal-metrics-")
        stack.callback(shutil.rmtree, measures, ignore_errors=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = measures
        Multiprocess(config, sockets=[listener]).run()


def configuration(settings: Settings) -> uvicorn.Config:
    """How uvicorn serves, with its limits on what may wait, stall or grow."""
    return uvicorn.Config(
        "app.main:create_app",
        factory=True,
        workers=settings.web_concurrency,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=65,
        timeout_worker_healthcheck=_WORKER_SECONDS,
        ws="websockets-sansio",
        ws_max_size=_WEBSOCKET_FRAME_LIMIT,
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_PING_SECONDS,
        # Frames are small, and a compressor takes more memory than all the rest of an idle socket.
        ws_per_message_deflate=False,
    )


def listen(settings: Settings) -> socket.socket:
    """The bound socket; raises ``StartupError`` when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Inherited by every connection: one whose other side takes nothing any more is closed by the kernel. A close
        # of ours would wait for ever to flush what was sent.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_READER_SECONDS * 1000)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise StartupError(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror or error}): "
            "set HOST and PORT to an address that is free"
        ) from None
    return listener


def unwind_on_sigterm() -> None:
    """Lets SIGTERM end what runs before and after the server in order, as Ctrl-C does; with 0, for it was asked to."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))


def unwind_on_signals() -> None:
    """The same for SIGTERM and Ctrl-C."""
    unwind_on_sigterm()
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGTERM))
