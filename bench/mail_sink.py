"""A mail server that takes everything: `python -m bench.mail_sink PORT`.

``VRFY anybody`` answers how many messages it took, how many different ones, and when the first came.
"""

import asyncio
import contextlib
import sys
import time
from typing import Any

import uvloop
from aiosmtpd.smtp import SMTP


class _Sink:
    def __init__(self) -> None:
        self._taken = 0
        self._different: set[bytes] = set()
        self._first = 0.0

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self._first = self._first or time.time()
        self._taken += 1
        _, _, rest = envelope.content.partition(b"Message-ID: ")
        self._different.add(rest.partition(b"\r\n")[0])
        return "250 OK"

    async def handle_VRFY(self, server: SMTP, session: Any, envelope: Any, address: str) -> str:  # noqa: N802
        answer = f"252 {self._taken} {len(self._different)} {self._first}"
        self._taken, self._different, self._first = 0, set(), 0.0
        return answer


async def _serve(port: int) -> None:
    sink = _Sink()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="sink.local", timeout=3600), "127.0.0.1", port
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(int(sys.argv[1])))
