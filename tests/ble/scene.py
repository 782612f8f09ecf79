"""Batteries within reach of proxies with few slots, polled by the real reader in simulated time."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak_retry_connector import BleakOutOfConnectionSlotsError

from custom_components.lifepo4_bank.ble.errors import BatteryError
from custom_components.lifepo4_bank.ble.family import FAMILIES
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.ble.reader import BatteryReader, LinkMode
from custom_components.lifepo4_bank.ble.slots import Slots
from tests.ble import litime_frames as litime
from tests.ble.client import BATTERIES, FakeBattery
from tests.ble.simulated_time import run

STATUS = bytes.fromhex("000004011355aa17")
POLL = 30.0
CONNECT_TIME = 1.5
ANSWER_TIME = 0.3
WEAK_TIME = 25.0


class HeardBattery(FakeBattery):
    """Connects through the first proxy that hears it and has a free slot, as Home Assistant does."""

    def __init__(self, scene: Scene, number: int) -> None:
        self.scene = scene
        self.number = number
        self.through: str | None = None
        super().__init__({STATUS: [litime.B]})

    @property
    def takes_slot(self) -> bool:
        return self.through is not None

    @takes_slot.setter
    def takes_slot(self, takes: bool) -> None:
        if takes != self.takes_slot:
            self.through = self.scene.free_proxy(self.number) if takes else None


@dataclass
class Scene:
    """Batteries within reach of proxies, which all have the same number of slots."""

    slots: int
    count: int
    weak: frozenset[int] = frozenset()
    mode: LinkMode = "auto"
    others: int = 0
    """Slots that others have on the first proxy."""
    reach: Mapping[str, Collection[int]] = field(default_factory=dict)
    """Which proxy hears which batteries; one that hears all where nothing is said."""
    readings: dict[int, list[float]] = field(default_factory=dict)
    most_open: int = 0
    readers: list[BatteryReader] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reach = self.reach or {"proxy": range(self.count)}

    def address(self, number: int) -> str:
        return f"C8:47:80:00:00:{number:02X}"

    def connected(self, proxy: str | None = None) -> set[str]:
        return {
            address
            for address, battery in BATTERIES.items()
            if battery.takes_slot and proxy in (None, getattr(battery, "through", None))
        }

    def allocations(self) -> list[Slots]:
        first = next(iter(self.reach))
        others = {f"AA:00:00:00:00:{n:02X}" for n in range(self.others)}
        return [
            Slots(proxy, self.slots, self.connected(proxy) | (others if proxy == first else set()))
            for proxy in self.reach
        ]

    def heard_by(self, address: str) -> list[str]:
        """Return the proxies that hear a battery; a connected one keeps quiet."""
        if address in self.connected():
            return []
        number = int(address[-2:], 16)
        return [proxy for proxy, heard in self.reach.items() if number in heard]

    def free_proxy(self, number: int) -> str:
        for told in self.allocations():
            if number in self.reach[told.source] and len(told.allocated) < told.total:
                return told.source
        raise BleakOutOfConnectionSlotsError("no slot")

    def build(self) -> None:
        """Make batteries and readers."""
        BATTERIES.clear()
        links = Links(self.allocations, self.heard_by)
        for number in range(self.count):
            battery = BATTERIES[self.address(number)] = HeardBattery(self, number)
            battery.connect_time, battery.answer_time = CONNECT_TIME, ANSWER_TIME
            if number in self.weak:
                battery.connect_time, battery.refuse = WEAK_TIME, BleakError("too weak")
            self.readers.append(self.reader(BLEDevice(self.address(number), "", {}), links))
            self.readings[number] = []

    def reader(self, device: BLEDevice, links: Links) -> BatteryReader:
        """Return the reader of one battery."""
        return BatteryReader(
            device.address, FAMILIES["redodo"], lambda: device, links, link=self.mode
        )

    async def poll(self, number: int) -> None:
        """Read one battery for ever, as its coordinator does."""
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            with suppress(BatteryError):
                await self.readers[number].read()
                self.readings[number].append(loop.time())
            await asyncio.sleep(max(1.0, started + POLL - loop.time()))

    async def watch(self) -> None:
        """Note how many links are open at most."""
        while True:
            self.most_open = max(self.most_open, len(self.connected()))
            await asyncio.sleep(0.05)

    async def play(self, seconds: float) -> None:
        """Poll all batteries for a while."""
        self.build()
        tasks = [asyncio.ensure_future(self.poll(number)) for number in range(self.count)]
        tasks.append(asyncio.ensure_future(self.watch()))
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError)

    def ages(self, number: int, until: float) -> list[float]:
        """Return how old the reading of a battery became before each next one."""
        times = [0.0, *self.readings[number], until]
        return [later - earlier for earlier, later in pairwise(times)]


def played(scene: Scene, seconds: float) -> Scene:
    """Play a scene."""
    run(scene.play(seconds))
    return scene
