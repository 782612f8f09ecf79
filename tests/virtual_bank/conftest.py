"""LiTime batteries on a virtual proxy, twenty times faster than real."""

from collections.abc import AsyncIterator

import pytest

from tests.virtual_bank.client import ADDRESSES, Client, SettableBattery, client_of
from virtual_bank.clock import Clock
from virtual_bank.litime import LiTime
from virtual_bank.proxy import BluetoothProxy
from virtual_bank.radio import Radio


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Let the client reach the proxy on this machine."""


@pytest.fixture
async def clock() -> Clock:
    return Clock(speed=20)


@pytest.fixture
async def radios(clock: Clock) -> dict[int, Radio]:
    made = [
        Radio(LiTime(address, f"L-24100BNNA70-A0012{place}", SettableBattery()), clock)
        for place, address in enumerate(ADDRESSES)
    ]
    return {radio.address: radio for radio in made}


@pytest.fixture
async def proxy(radios: dict[int, Radio], clock: Clock) -> AsyncIterator[BluetoothProxy]:
    proxy = BluetoothProxy("virtual-proxy", "C0:FF:EE:00:00:01", radios, clock)
    await proxy.start("127.0.0.1", 0)
    yield proxy
    await proxy.stop()


@pytest.fixture
async def client(proxy: BluetoothProxy) -> AsyncIterator[Client]:
    async with client_of(proxy) as client:
        yield client
