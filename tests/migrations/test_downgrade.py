"""Downgrade: only what is ours goes, all of it, and an upgrade works again afterwards."""

import pytest

from app.core.errors import StartupError
from app.core.migrations import current, downgrade, upgrade
from tests.migrations.conftest import MINIMAL_RIGHTS, MakeHost
from tests.migrations.host import PLAIN_HOST, Host


async def test_base_leaves_an_odd_host_as_it_was_byte_for_byte(odd_host: Host) -> None:
    before = await odd_host.public()
    triggers = "SELECT count(*) FROM pg_trigger"
    triggers_before = await odd_host.value(triggers)
    taken = await upgrade(odd_host.url)
    assert await downgrade(odd_host.url, "base") == taken[::-1]
    assert await odd_host.public() == before
    assert await odd_host.value(triggers) == triggers_before
    assert not await odd_host.schema_exists()


async def test_up_and_down_and_up_again_ends_the_same(host: Host) -> None:
    await upgrade(host.url)
    first = await host.dump("-n", "client_portal")
    await downgrade(host.url, "base")
    assert await current(host.url) is None
    await upgrade(host.url)
    assert await host.dump("-n", "client_portal") == first


async def test_every_step_down_can_be_taken_up_again(host: Host) -> None:
    await upgrade(host.url)
    whole = await host.dump("-n", "client_portal")
    while revision := await current(host.url):
        assert await downgrade(host.url, "-1") == [revision]
    await upgrade(host.url)
    assert await host.dump("-n", "client_portal") == whole


async def test_nothing_to_undo_is_no_error(host: Host) -> None:
    before = await host.fingerprint()
    assert await downgrade(host.url, "base") == []
    assert await host.fingerprint() == before


async def test_a_schema_that_the_role_could_not_make_again_stays(make_host: MakeHost) -> None:
    host = await make_host(
        PLAIN_HOST + MINIMAL_RIGHTS + "CREATE SCHEMA client_portal AUTHORIZATION tenant;", may_create=False
    )
    await upgrade(host.url)
    await downgrade(host.url, "base")
    assert await host.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'client_portal'::regnamespace") == 0
    assert await upgrade(host.url)


@pytest.mark.parametrize(
    "belongings",
    [
        "CREATE TABLE client_portal.mine (id int)",
        "CREATE TYPE client_portal.mine AS ENUM ('a')",
        "CREATE FUNCTION client_portal.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
async def test_what_somebody_else_put_into_the_schema_stays(host: Host, belongings: str) -> None:
    await upgrade(host.url)
    await host.execute(belongings)
    await downgrade(host.url, "base")
    assert await host.schema_exists()
    assert await upgrade(host.url)


async def test_what_somebody_built_on_a_table_of_ours_stops_it(host: Host) -> None:
    await upgrade(host.url)
    await host.execute("CREATE VIEW public.report AS SELECT count(*) FROM client_portal.notifications")
    before = await host.fingerprint()
    with pytest.raises(StartupError, match=r"nothing was changed: drop first .* view public.report depends on"):
        await downgrade(host.url, "base")
    assert await host.fingerprint() == before
