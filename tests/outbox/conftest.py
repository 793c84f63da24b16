"""An outbox to work at, and a server that takes what leaves it."""

from collections.abc import Iterator

import pytest

from tests.outbox.post_office import PostOffice
from tests.smtp import SmtpServer
from tests.world import World


@pytest.fixture
def office(world: World) -> PostOffice:
    return PostOffice(world)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running
