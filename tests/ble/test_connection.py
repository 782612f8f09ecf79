"""Links come about, break off and are made anew; and the reasons why they are not."""

import asyncio
from collections.abc import Callable
from time import monotonic

from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak_retry_connector import BleakOutOfConnectionSlotsError
import pytest

from custom_components.lifepo4_bank.ble.errors import HeldByAnother, Reason, Unreachable
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from custom_components.lifepo4_bank.ble.slots import Slots
from tests.ble import litime_frames as litime
from tests.ble.client import ADDRESS, FakeBattery

type MakeReader = Callable[..., BatteryReader]

STATUS = bytes.fromhex("000004011355aa17")


async def reason_of(reader: BatteryReader) -> Unreachable:
    """Return why a reading fails."""
    with pytest.raises(Unreachable) as caught:
        await reader.read()
    return caught.value


async def test_fresh_device_for_every_connection(
    answering: FakeBattery, make_reader: MakeReader
) -> None:
    """A battery that moves from one proxy to another is a new device each time."""
    given: list[BLEDevice] = []

    def device() -> BLEDevice:
        given.append(BLEDevice(ADDRESS, "battery", {"source": f"proxy {len(given)}"}))
        return given[-1]

    reader = make_reader("redodo", ble_device=device)
    await reader.read()
    first = reader._connection.link
    answering.cut()
    await reader.read()
    second = reader._connection.link
    assert first is not None
    assert second is not None
    assert first._ble_device is not second._ble_device


@pytest.mark.parametrize(
    ("error", "rssi", "reason"),
    [
        (BleakError("failed"), None, Reason.OUT_OF_RANGE),
        (BleakError("failed"), -95, Reason.NO_CONNECTION),
        (BleakError("failed"), -60, Reason.HELD_BY_ANOTHER),
        (TimeoutError(), -60, Reason.HELD_BY_ANOTHER),
        (OSError("adapter gone"), -95, Reason.NO_CONNECTION),
        (BleakOutOfConnectionSlotsError("no slot"), -60, Reason.NO_SLOT),
    ],
)
async def test_reason_of_a_failed_connection(
    error: Exception,
    rssi: int | None,
    reason: Reason,
    battery: FakeBattery,
    make_reader: MakeReader,
) -> None:
    battery.refuse = error
    caught = await reason_of(make_reader("redodo", rssi=lambda _: rssi))
    assert caught.reason is reason
    assert isinstance(caught, HeldByAnother) is (reason is Reason.HELD_BY_ANOTHER)


async def test_only_who_still_calls_is_taken_by_another(
    answering: FakeBattery, make_reader: MakeReader
) -> None:
    """A battery that fell asleep was heard well, too, before it was connected."""
    heard_at = monotonic()
    reader = make_reader("redodo", rssi=lambda since: -60 if heard_at > since else None)
    await reader.read()
    answering.cut()
    answering.refuse = BleakError("failed")
    assert (await reason_of(reader)).reason is Reason.OUT_OF_RANGE
    heard_at = monotonic()
    assert (await reason_of(reader)).reason is Reason.HELD_BY_ANOTHER


async def test_who_called_minutes_ago_is_not_taken_by_another(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    """Home Assistant still has its last call, and nobody has tried before."""
    battery.refuse = BleakError("failed")
    for ago, why in ((90, Reason.OUT_OF_RANGE), (20, Reason.HELD_BY_ANOTHER)):
        heard_at = monotonic() - ago
        reader = make_reader("redodo", rssi=lambda since, at=heard_at: -60 if at > since else None)
        assert (await reason_of(reader)).reason is why


async def test_a_link_from_before_a_restart_is_ended_first(
    answering: FakeBattery, make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BlueZ keeps links when Home Assistant dies; a battery that has one takes no other."""
    ended: list[str] = []

    async def end(address: str) -> None:
        ended.append(address)
        answering.refuse = None

    monkeypatch.setattr("bleak_retry_connector.close_stale_connections_by_address", end)
    answering.refuse = BleakError("failed")
    reader = make_reader("redodo", link="release")
    for _ in range(3):
        await reader.read()
    assert answering.connects == 3
    assert ended == [ADDRESS]

    answering.refuse = TimeoutError()
    await reason_of(reader)
    assert ended == [ADDRESS]
    await reader.read()
    assert ended == [ADDRESS, ADDRESS]


async def test_silence_after_connecting(battery: FakeBattery, make_reader: MakeReader) -> None:
    reader = make_reader("redodo")
    assert (await reason_of(reader)).reason is Reason.SILENT
    assert not reader.connected
    assert reader.link_quality == 0


async def test_link_lost_in_the_middle_of_a_frame(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers[STATUS] = [litime.B[:40]]

    def cut_soon(_frame: bytes) -> None:
        asyncio.get_running_loop().call_later(0.001, battery.cut)

    battery.on_write = cut_soon
    assert (await reason_of(make_reader("redodo"))).reason is Reason.LINK_LOST


async def test_kept_link_that_died_is_made_anew_at_once(
    answering: FakeBattery, make_reader: MakeReader
) -> None:
    reader = make_reader("redodo")
    await reader.read()
    answering.answers.clear()
    answering.on_write = lambda _: (
        answering.answers.update({STATUS: [litime.B]}) if answering.connects == 2 else None
    )
    assert (await reader.read()).soc == pytest.approx(0.99)
    assert answering.connects == 2


async def test_lost_link_frees_its_slot(answering: FakeBattery, make_reader: MakeReader) -> None:
    links = Links(lambda: [Slots("proxy", 3)])
    reader = make_reader("redodo", links=links)
    await reader.read()
    assert links._members[ADDRESS].open
    answering.cut()
    assert not links._members[ADDRESS].open
    await reader.read()
    assert answering.connects == 2
