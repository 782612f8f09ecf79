"""A battery with settable values, and the real API client of ESPHome to reach it with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aioesphomeapi.api_pb2 import BluetoothLERawAdvertisementsResponse  # type: ignore[attr-defined]
from aioesphomeapi.client import APIClient
from aioesphomeapi.model import BluetoothProxyFeature
from bluetooth_data_tools import parse_advertisement_data_bytes

from custom_components.lifepo4_bank.core.battery import BatteryState
from virtual_bank.bms import Reading
from virtual_bank.clock import Clock
from virtual_bank.families import FAMILIES
from virtual_bank.proxy import FEATURES, BluetoothProxy
from virtual_bank.wire import Wire

ADDRESSES = ("C8:47:80:15:D8:34", "C8:47:80:15:DE:04", "C8:47:80:12:D6:4E", "C8:47:80:10:B7:9A")

READING = Reading(
    battery="C8:47:80:15:D8:34",
    time=0.0,
    voltage=26.556,
    terminal_voltage=26.182,
    current=-14.35,
    soc=0.65,
    remaining=68.89,
    capacity=105.0,
    throughput=351.7,
    cells=(3.317, 3.319, 3.324, 3.323, 3.320, 3.314, 3.322, 3.317),
    temperature=23.0,
    mosfet_temperature=22.0,
    cycles=3,
    health=1.0,
    charge_enabled=True,
    discharge_enabled=True,
    charge_commanded=True,
    discharge_commanded=True,
    heater=False,
    balancing=(False,) * 8,
    state=BatteryState.DISCHARGING,
    full=False,
    protections=frozenset(),
    warnings=frozenset(),
)


class SettableBattery:
    """A battery whose reading a test sets."""

    def __init__(self, **values: Any) -> None:
        self.values = replace(READING, **values)
        self.commands: list[tuple[str, bool]] = []
        self.clock: Clock | None = None

    def reading(self) -> Reading:
        if self.clock is not None:
            self.values = replace(self.values, time=self.clock.time())
        return self.values

    def command(self, mosfet: str, on: bool) -> None:
        self.commands.append((mosfet, on))
        enabled: dict[str, Any] = {f"{mosfet}_enabled": on, f"{mosfet}_commanded": on}
        self.values = replace(self.values, **enabled)


def made(family: str, **values: Any) -> Wire:
    """Make a battery of a family on the wire, with settable values."""
    make = FAMILIES[family]
    name = make.name.format(volts=24, cells=8, capacity=100, number=123)
    return make.wire(f"{make.prefix}:15:D8:34", name, SettableBattery(**values))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so; a busy machine gets five seconds."""
    async with asyncio.timeout(5.0):
        while not condition():  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)


class Client:
    """What Home Assistant does with a proxy, step by step."""

    def __init__(self, api: APIClient) -> None:
        self.api = api
        self.heard: dict[int, tuple[Any, ...]] = {}
        self.slots: list[tuple[int, int, list[int]]] = []
        self.states: list[Any] = []
        self.links: dict[int, list[tuple[bool, int, int]]] = {}
        self.notifications: asyncio.Queue[bytes] = asyncio.Queue()
        self._handles: dict[int, dict[str, tuple[int, int | None]]] = {}

    def subscribe(self) -> None:
        self.api.subscribe_bluetooth_connections_free(
            lambda free, limit, allocated: self.slots.append((free, limit, allocated))
        )
        self.api.subscribe_bluetooth_scanner_state(self.states.append)
        self.api.subscribe_bluetooth_le_raw_advertisements(self._hear)

    def _hear(self, advertisements: BluetoothLERawAdvertisementsResponse) -> None:
        for advertisement in advertisements.advertisements:
            self.heard[advertisement.address] = (
                *parse_advertisement_data_bytes(advertisement.data),
                advertisement.rssi,
            )

    async def connect(self, address: int) -> bool:
        """Connect to a battery and find its handles; False when the proxy says no."""
        states = self.links.setdefault(address, [])
        before = len(states)
        await self.api.bluetooth_device_connect(
            address,
            lambda connected, mtu, error: states.append((connected, mtu, error)),
            feature_flags=FEATURES & ~BluetoothProxyFeature.CONNECTION_PARAMS_SETTING,
            address_type=0,
        )
        if not states[before][0]:
            return False
        services = await self.api.bluetooth_gatt_get_services(address)
        self._handles[address] = {
            characteristic.uuid[4:8]: (
                characteristic.handle,
                next((d.handle for d in characteristic.descriptors), None),
            )
            for service in services.services
            for characteristic in service.characteristics
        }
        return True

    async def ready(self, address: int) -> None:
        """Connect and have the battery notify."""
        assert await self.connect(address)
        await self.start_notify(address)

    def connected(self, address: int) -> bool:
        return self.links[address][-1][0]

    def handle(self, address: int, uuid: str) -> int:
        return self._handles[address][uuid][0]

    async def start_notify(self, address: int, uuid: str = "ffe1") -> None:
        handle, descriptor = self._handles[address][uuid]
        assert descriptor is not None
        await self.api.bluetooth_gatt_start_notify(
            address, handle, lambda _, payload: self.notifications.put_nowait(bytes(payload))
        )
        await self.api.bluetooth_gatt_write_descriptor(address, descriptor, b"\x01\x00")

    async def write(
        self, address: int, payload: bytes, uuid: str = "ffe2", *, response: bool = True
    ) -> None:
        await self.api.bluetooth_gatt_write(address, self.handle(address, uuid), payload, response)

    async def next(self) -> bytes:
        async with asyncio.timeout(5.0):
            return await self.notifications.get()

    async def silence(self, seconds: float = 0.3) -> bool:
        await asyncio.sleep(seconds)
        return self.notifications.empty()


@asynccontextmanager
async def client_of(proxy: BluetoothProxy) -> AsyncIterator[Client]:
    """Connect the real client to a proxy and subscribe as Home Assistant does."""
    api = APIClient("127.0.0.1", proxy.port, None)
    await api.connect(login=True)
    client = Client(api)
    client.subscribe()
    await until(lambda: bool(client.states))
    try:
        yield client
    finally:
        await api.disconnect(force=True)
