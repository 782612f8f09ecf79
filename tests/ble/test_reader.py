"""The reader: pauses, letting go, and what it tells about itself."""

import asyncio
from collections.abc import Callable

from bleak.exc import BleakError
import pytest

from custom_components.lifepo4_bank.ble.errors import GarbledReply, Reason, Unreachable
from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.ble.pause import BACK_OFF, LET_GO_FOR
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from custom_components.lifepo4_bank.ble.slots import Slots
from tests.ble import litime_frames as litime
from tests.ble.client import FakeBattery
from tests.ble.test_connection import reason_of

type MakeReader = Callable[..., BatteryReader]

STATUS = bytes.fromhex("000004011355aa17")
DISCHARGE_OFF = bytes.fromhex("000004010d55aa11")


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of pauses."""
    clock = Clock()
    monkeypatch.setattr("custom_components.lifepo4_bank.ble.reader.monotonic", clock)
    return clock


async def test_link_is_kept(answering: FakeBattery, make_reader: MakeReader) -> None:
    reader = make_reader("redodo")
    for _ in range(3):
        await reader.read()
    assert answering.connects == 1
    assert reader.connected
    assert reader.link_quality == 1


async def test_link_mode_release(answering: FakeBattery, make_reader: MakeReader) -> None:
    reader = make_reader("redodo", link="release")
    for _ in range(3):
        await reader.read()
        assert not reader.connected
    assert answering.connects == 3


async def test_out_of_range_asks_for_no_slot(make_reader: MakeReader) -> None:
    reader = make_reader("redodo", ble_device=lambda: None)
    for _ in range(5):
        error = await reason_of(reader)
        assert (error.reason, error.retry_after) == (Reason.OUT_OF_RANGE, 0)


async def test_back_off_grows_and_heals(
    clock: Clock, battery: FakeBattery, make_reader: MakeReader
) -> None:
    reader = make_reader("redodo", rssi=lambda _: -90)
    battery.refuse = BleakError("failed")
    pauses = []
    for _ in range(8):
        pauses.append((await reason_of(reader)).retry_after)
        clock.now += pauses[-1] + 0.1
    assert pauses == [*BACK_OFF[1:], BACK_OFF[-1], BACK_OFF[-1]]
    assert pauses == sorted(pauses)

    # within the pause nothing is tried, and the reason stays
    attempts = battery.connects
    await reason_of(reader)
    error = await reason_of(reader)
    assert error.reason is Reason.NO_CONNECTION
    assert 0 < error.retry_after <= BACK_OFF[-1]
    assert battery.connects == attempts + 1

    battery.refuse = None
    battery.answers[STATUS] = [litime.B]
    clock.now += BACK_OFF[-1]
    for _ in range(4):
        await reader.read()
    await reader.release()
    reader.take_back()
    battery.refuse = BleakError("failed")
    assert (await reason_of(reader)).retry_after == 0


async def test_a_command_does_not_wait_for_the_back_off(
    clock: Clock, answering: FakeBattery, make_reader: MakeReader
) -> None:
    reader = make_reader("redodo")
    answering.refuse = BleakError("failed")
    for _ in range(4):
        clock.now += 400
        await reason_of(reader)
    answering.refuse = None
    answering.answers[STATUS] = [litime.B_OFF]
    sample = await reader.switch(Mosfet.DISCHARGE, False)
    assert sample.discharge_enabled is False


async def test_release_and_taking_back(
    clock: Clock, answering: FakeBattery, make_reader: MakeReader
) -> None:
    reader = make_reader("redodo")
    await reader.read()
    await reader.release()
    assert not reader.connected
    error = await reason_of(reader)
    assert error.reason is Reason.RELEASED
    assert error.retry_after == pytest.approx(LET_GO_FOR)
    with pytest.raises(Unreachable):
        await reader.switch(Mosfet.DISCHARGE, False)
    assert DISCHARGE_OFF not in answering.written
    clock.now += LET_GO_FOR
    await reader.read()
    assert answering.connects == 2
    await reader.release()
    reader.take_back()
    await reader.read()


async def test_garbage_is_named(battery: FakeBattery, make_reader: MakeReader) -> None:
    """The library's decoders raise all sorts of things on frames that are too short."""
    battery.answers[bytes.fromhex("7EA1010000BE1855AA55")] = [bytes.fromhex("7EA1110000005B4CAA55")]
    with pytest.raises((GarbledReply, Unreachable)):
        await make_reader("ant").read()


async def test_close_does_not_wait_for_a_slot(
    answering: FakeBattery, make_reader: MakeReader
) -> None:
    links = Links(lambda: [Slots("proxy", 2, ("AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02"))])
    links.join("first", lambda: asyncio.sleep(0), keep=True)
    async with links.turn("first", 1.0):
        reader = make_reader("redodo", links=links)
        reading = asyncio.ensure_future(reader.read())
        await asyncio.sleep(0.01)
        assert not reading.done()
        await asyncio.wait_for(reader.close(), 0.5)
        with pytest.raises(Unreachable) as caught:
            await reading
    assert caught.value.reason is Reason.RELEASED


async def test_one_thing_at_a_time(answering: FakeBattery, make_reader: MakeReader) -> None:
    reader = make_reader("redodo")
    samples = await asyncio.gather(*(reader.read() for _ in range(5)))
    assert len(samples) == 5
    assert answering.connects == 1


async def test_silent_details_are_no_fault(answering: FakeBattery, make_reader: MakeReader) -> None:
    reader = make_reader("redodo", name="L-12100BNNA70-A09683")
    await reader.read()
    assert reader.details.serial == "A09683"
    assert reader.details.software is None
