"""Push services are where the internet is, and nowhere else."""

import asyncio
import socket
import threading
from ipaddress import ip_address

import pytest

from app.push.addresses import NotReachable, PushNetwork, is_public, is_public_or_own, place_of
from tests.push.conftest import Names

INTERNAL = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "100::1", "fc00::1",
    "fd12::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1", "2001::1", "4000::1", "5f00::1",
    "2002:7f00:1::1", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INTERNAL)
def test_what_is_not_of_the_internet_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "142.250.1.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8"])
def test_what_is_of_the_internet_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", [each for each in INTERNAL if not each.startswith(("127.", "::1", "::ffff:127."))])
def test_for_development_nothing_is_added_but_loopback(address):
    assert not is_public_or_own(ip_address(address))
    assert is_public_or_own(ip_address("127.0.0.1"))
    assert is_public_or_own(ip_address("::1"))


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/1",
        "ftp://push.example/1",
        "https:///1",
        "https:push.example",
        "//push.example/1",
        "push.example",
        "https://127.0.0.1/1",
        "https://8.8.8.8/1",
        "https://[::1]/1",
        "https://[2606:4700::1111]/1",
        "https://user@push.example/1",
        "https://user:password@push.example/1",
        "https://push.example/1#part",
        "https://push.example:99999/1",
        "https://push.example:port/1",
        "https://[push.example/1",
    ],
)
def test_an_endpoint_is_an_https_address_of_a_named_host(endpoint):
    with pytest.raises(ValueError):  # noqa: PT011 (some are the parser's own words)
        place_of(endpoint)


def test_host_and_port_of_an_endpoint():
    assert place_of("https://Push.Example/a?b=c") == ("push.example", 443)
    assert place_of("https://push.example:8443/a") == ("push.example", 8443)


class TestNames:
    """What a name stands for is judged when somebody subscribes, and whenever it is connected to."""

    @pytest.fixture
    async def outside(self, names: Names):
        network = PushNetwork(is_public, names)
        yield network
        await network.close()

    async def test_a_name_of_public_addresses_is_answered_with_all_of_them(self, names: Names, outside: PushNetwork):
        names.addresses["push.example"] = ["8.8.8.8", "2606:4700::1111"]
        found = await outside.resolve("push.example", 443)
        assert [(each["host"], each["port"], each["hostname"]) for each in found] == [
            ("8.8.8.8", 443, "push.example"),
            ("2606:4700::1111", 443, "push.example"),
        ]

    @pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::1"]])
    async def test_a_name_of_which_any_address_is_private_is_refused(self, names, outside: PushNetwork, addresses):
        names.addresses["push.example"] = addresses
        with pytest.raises(NotReachable):
            await outside.resolve("push.example", 443)

    async def test_a_name_of_nothing_is_refused(self, outside: PushNetwork):
        with pytest.raises(NotReachable):
            await outside.resolve("unknown.example", 443)

    @pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "017700000001"])
    async def test_other_ways_to_write_this_machine_are_refused(self, host):
        network = PushNetwork()
        with pytest.raises(NotReachable):
            await network.resolve(host, 443)
        await network.close()

    @pytest.mark.parametrize("host", ["x" * 64 + ".example", "a..example", ".", "xn--\u00e9.example"])
    async def test_names_that_cannot_be_are_refused(self, host):
        network = PushNetwork()
        with pytest.raises(NotReachable):
            await network.resolve(host, 443)
        await network.close()

    @pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
    def test_no_socket_is_made_for_a_private_address(self, outside: PushNetwork, address):
        (info,) = socket.getaddrinfo(address, 443, type=socket.SOCK_STREAM)
        with pytest.raises(NotReachable):
            outside.socket(info)

    async def test_names_that_take_long_keep_nobody_else_waiting(self):
        """They wait in threads of their own: the loop's are for other work."""
        release = threading.Event()

        def slow(host: str, port: int):
            release.wait(20)
            raise socket.gaierror

        network = PushNetwork(is_public, slow)
        waiting = [asyncio.create_task(network.resolve("slow.example", 443)) for _ in range(50)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 20) == "done"
        release.set()
        assert {type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)} == {NotReachable}
        await network.close()
