"""A server to send to."""

from collections.abc import Iterator

import pytest

from tests.smtp import SmtpServer


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """Speaks no TLS and takes all."""
    with SmtpServer() as running:
        yield running
