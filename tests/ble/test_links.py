"""Shared slots: many batteries on few slots, with simulated time and the real reader."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak_retry_connector import BleakOutOfConnectionSlotsError
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.lifepo4_bank.ble.errors import BatteryError
from custom_components.lifepo4_bank.ble.family import FAMILIES, Mosfet
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.ble.reader import BatteryReader, LinkMode
from custom_components.lifepo4_bank.ble.slots import ASSUMED_SLOTS, SPARE, Slots, room
from tests.ble import litime_frames as litime
from tests.ble.client import BATTERIES, FakeBattery
from tests.ble.simulated_time import run

STATUS = bytes.fromhex("000004011355aa17")
DISCHARGE_OFF = bytes.fromhex("000004010d55aa11")
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


@pytest.fixture(autouse=True)
def simulated_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the readers' pauses follow the loop's clock."""
    monkeypatch.setattr(
        "custom_components.lifepo4_bank.ble.reader.monotonic",
        lambda: asyncio.get_running_loop().time(),
    )
    monkeypatch.setattr("aiobmsble.basebms.BaseBMS._RETRY_TIMEOUT", 0.7)
    monkeypatch.setattr("custom_components.lifepo4_bank.ble.reader.DETAILS_TRIES", 0)


def test_with_slots_to_spare_every_link_is_kept() -> None:
    """8 batteries, 9 slots: connected once, and read at every poll."""
    scene = played(Scene(slots=9, count=8), 600)
    for number in range(8):
        assert BATTERIES[scene.address(number)].connects == 1
        assert max(scene.ages(number, 600)) < POLL + 2
    assert scene.most_open == 8


def test_sixteen_batteries_on_three_slots() -> None:
    scene = played(Scene(slots=3, count=16), 3600)
    ages = [age for number in range(16) for age in scene.ages(number, 3600)[1:]]
    assert sorted(ages)[int(0.95 * len(ages))] < 60
    assert scene.most_open == 3 - SPARE


def test_batteries_of_one_bank_are_read_together() -> None:
    """Kept links are read at once, not one after the other."""
    scene = played(Scene(slots=9, count=4), 300)
    for times in list(zip(*scene.readings.values(), strict=False))[1:]:
        assert max(times) - min(times) <= 2


def test_links_to_be_kept_leave_one_going_round() -> None:
    scene = played(Scene(slots=4, count=6, mode="keep"), 1800)
    kept = sum(BATTERIES[scene.address(number)].connects == 1 for number in range(6))
    assert kept == 2
    assert all(max(scene.ages(number, 1800)) < 2 * POLL for number in range(6))


def test_weak_battery_does_not_starve_the_rest() -> None:
    scene = played(Scene(slots=3, count=6, weak=frozenset({0, 3})), 3600)
    for number in (1, 2, 4, 5):
        assert max(scene.ages(number, 3600)[1:]) < 90
    assert not scene.readings[0]
    assert BATTERIES[scene.address(0)].connects >= 3600 / (300 + POLL + WEAK_TIME) - 2


def test_slots_of_others_count() -> None:
    scene = played(Scene(slots=5, count=4, others=2), 900)
    assert scene.most_open == 5 - 2 - SPARE
    assert all(max(scene.ages(number, 900)) < 60 for number in range(4))


def test_slots_of_a_proxy_out_of_reach_are_of_no_use() -> None:
    """Four batteries in the shed, whose proxy has three slots; two more proxies in the house."""
    scene = played(Scene(slots=3, count=4, reach={"house": (), "attic": (), "shed": range(4)}), 900)
    assert all(max(scene.ages(number, 900)) < 60 for number in range(4))
    assert scene.most_open == 3 - SPARE


def test_a_proxy_with_few_batteries_keeps_their_links() -> None:
    """What is too much for the one proxy does not trouble the batteries of the other."""
    scene = played(Scene(slots=3, count=6, reach={"bow": range(4), "stern": (4, 5)}), 900)
    assert all(max(scene.ages(number, 900)) < 60 for number in range(4))
    assert all(BATTERIES[scene.address(number)].connects == 1 for number in (4, 5))


def test_one_that_can_go_another_way_makes_room() -> None:
    """Two batteries take the only proxy that hears the third; the other proxy could have them."""
    scene = played(Scene(slots=2, count=3, reach={"near": range(3), "far": (0, 1)}), 900)
    for number in range(3):
        assert max(scene.ages(number, 900)) < 60
        assert BATTERIES[scene.address(number)].connects <= 3


@settings(max_examples=20, deadline=None)
@given(
    slots=st.integers(2, 6),
    first=st.frozensets(st.integers(0, 7)),
    second=st.frozensets(st.integers(0, 7)),
    others=st.integers(0, 1),
)
def test_fair_whatever_each_proxy_hears(
    slots: int, first: frozenset[int], second: frozenset[int], others: int
) -> None:
    reach = {"one": first, "two": second}
    scene = played(Scene(slots=slots, count=8, others=others, reach=reach), 900)
    for number in first | second:
        assert len(scene.readings[number]) >= 10


@settings(max_examples=10, deadline=None)
@given(
    slots=st.integers(1, 9),
    count=st.integers(1, 12),
    others=st.integers(0, 3),
    weak=st.frozensets(st.integers(0, 11), max_size=3),
)
def test_fair_whatever_the_scene(slots: int, count: int, others: int, weak: frozenset[int]) -> None:
    scene = played(Scene(slots=slots + others, count=count, others=others, weak=weak), 900)
    assert scene.most_open <= max(1, slots - SPARE)
    strong = [number for number in range(count) if number not in weak]
    counts = [len(scene.readings[number]) for number in strong]
    if strong:
        assert min(counts) >= 3
        assert max(counts) <= 1.5 * min(counts) + 3


def test_unknown_number_of_slots() -> None:
    assert room([Slots("proxy", 0)], ()) == {"": ASSUMED_SLOTS}
    assert room([Slots("proxy", 0), Slots("other", 5)], ()) == {"other": 5}


def test_our_own_slot_that_the_proxy_still_counts_is_ours() -> None:
    told = [Slots("proxy", 5, ("c8:47:80:00:00:01", "AA:00:00:00:00:01"))]
    assert room(told, ()) == {"proxy": 3}
    assert room(told, ["C8:47:80:00:00:01"]) == {"proxy": 4}


async def _command_among_many(scene: Scene) -> float:
    """Return how long a command takes while everybody waits for a turn."""
    scene.build()
    tasks = [asyncio.ensure_future(scene.poll(number)) for number in range(scene.count)]
    await asyncio.sleep(100)
    last = scene.count - 1
    battery = BATTERIES[scene.address(last)]
    battery.on_write = lambda frame: (
        battery.answers.update({STATUS: [litime.B_OFF]}) if frame == DISCHARGE_OFF else None
    )
    started = asyncio.get_running_loop().time()
    await scene.readers[last].switch(Mosfet.DISCHARGE, False)
    took = asyncio.get_running_loop().time() - started
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return took


def test_a_command_comes_before_all_readings() -> None:
    took: list[float] = []

    async def main() -> None:
        took.append(await _command_among_many(Scene(slots=3, count=16)))

    run(main())
    # its own connection, answer and settling, and at most one connection under way before it
    assert took[0] < 3 * CONNECT_TIME + 2
