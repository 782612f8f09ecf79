"""Somebody gives up in the middle: no link, slot or battery is left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from bleak.backends.device import BLEDevice
from bleak.exc import BleakCharacteristicNotFoundError
import pytest

from custom_components.lifepo4_bank.ble.errors import BatteryError, Unreachable
from custom_components.lifepo4_bank.ble.family import FAMILIES, Mosfet
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from custom_components.lifepo4_bank.ble.slots import Slots
from tests.ble import litime_frames as litime
from tests.ble.client import ADDRESS, BATTERIES, FakeBattery, FakeClient
from tests.ble.simulated_time import run

type MakeReader = Callable[..., BatteryReader]

STATUS = bytes.fromhex("000004011355aa17")
DISCHARGE_OFF = bytes.fromhex("000004010d55aa11")
TICK = 0.05


async def given_up(action: Awaitable[Any], after: float) -> bool:
    """Begin, give up after a while; say whether it was over by then."""
    task = asyncio.ensure_future(action)
    await asyncio.sleep(after)
    task.cancel()
    with suppress(BatteryError, asyncio.CancelledError):
        await task
    return not task.cancelled()


def slow_reader(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeBattery, BatteryReader, Links]:
    """Return a battery for which everything takes its time, disconnecting as well."""

    async def disconnect(client: FakeClient) -> None:
        await asyncio.sleep(3 * TICK)
        client.drop()

    monkeypatch.setattr(FakeClient, "disconnect", disconnect)
    monkeypatch.setattr("aiobmsble.basebms.BaseBMS._RETRY_TIMEOUT", 10 * TICK)
    monkeypatch.setattr("custom_components.lifepo4_bank.ble.link.Link.SETTLE", TICK)
    BATTERIES.clear()
    battery = BATTERIES.setdefault(ADDRESS, FakeBattery({STATUS: [litime.B]}))
    battery.connect_time, battery.answer_time = 3 * TICK, 2 * TICK
    battery.on_write = lambda frame: (
        battery.answers.update({STATUS: [litime.B_OFF]}) if frame == DISCHARGE_OFF else None
    )
    links = Links(lambda: [Slots("proxy", 3, [ADDRESS] if battery.takes_slot else ())])
    device = BLEDevice(ADDRESS, "battery", {})
    return battery, BatteryReader(ADDRESS, FAMILIES["redodo"], lambda: device, links), links


@pytest.mark.parametrize("mode", ["auto", "release"])
@pytest.mark.parametrize("switching", [False, True])
def test_given_up_at_every_moment(
    mode: str, switching: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it is: what stands is known, the app can have the battery, the next reading comes."""
    ended = []

    async def main(moment: float) -> None:
        battery, reader, links = slow_reader(monkeypatch)
        reader._mode = mode  # type: ignore[assignment]
        action = reader.switch(Mosfet.DISCHARGE, False) if switching else reader.read()
        ended.append(await given_up(action, moment))
        assert battery.takes_slot is reader.connected
        assert not links._members[ADDRESS].busy
        await reader.release()
        assert not battery.takes_slot
        assert not links._members[ADDRESS].open
        reader.take_back()
        await reader.read()
        await reader.close()
        assert not battery.takes_slot

    moments = 0
    while not (ended and ended[-1]):
        run(main((moments + 0.5) * TICK / 2))
        moments += 1
    assert moments > 10


async def test_given_up_in_the_moment_when_its_turn_came() -> None:
    links = Links(lambda: [Slots("proxy", 2)])
    for name in ("first", "second"):
        links.join(name, lambda: asyncio.sleep(0), keep=False)

    async def wait() -> None:
        async with links.turn("second", 10.0):
            pytest.fail("it gave up before")

    async with links.turn("first", 10.0):
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
    links.closed("first")
    assert links._members["second"].open
    await asyncio.sleep(0)  # the news is under way
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not links._members["second"].open


async def test_an_old_link_that_ends_late_takes_no_slot_from_the_new_one(
    answering: FakeBattery, make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disconnecting got stuck, and the proxy says only later that the old link is gone."""
    links = Links(lambda: [Slots("proxy", 3)])
    reader = make_reader("redodo", links=links)
    await reader.read()
    old = answering.client
    assert old is not None

    async def stuck(_client: FakeClient) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(FakeClient, "disconnect", stuck)
        await reader._drop()
    ended: list[str] = []

    async def end(address: str) -> None:
        ended.append(address)

    monkeypatch.setattr("bleak_retry_connector.close_stale_connections_by_address", end)
    await reader.read()
    assert ended == [ADDRESS]
    old.drop()
    assert reader.connected
    assert links._members[ADDRESS].open


@pytest.mark.parametrize("way", ["start_notify", "write_gatt_char"])
async def test_characteristics_are_looked_for_anew_when_they_are_not_found(
    way: str, answering: FakeBattery, make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies and Home Assistant remember them, also those of a search that broke off."""
    proper = getattr(FakeClient, way)

    async def not_found(client: FakeClient, char: Any, *args: Any, **options: Any) -> None:
        if client.battery.looked_through:
            raise BleakCharacteristicNotFoundError(char)
        await proper(client, char, *args, **options)

    monkeypatch.setattr(FakeClient, way, not_found)
    reader = make_reader("redodo")
    with pytest.raises(Unreachable):
        await reader.read()
    assert (await reader.read()).soc == pytest.approx(0.99)


async def test_other_failures_forget_no_characteristics(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    with pytest.raises(Unreachable):
        await make_reader("redodo").read()
    assert battery.looked_through


async def test_a_link_that_breaks_while_details_are_asked_is_not_counted(
    answering: FakeBattery, make_reader: MakeReader
) -> None:
    links = Links(lambda: [Slots("proxy", 3)])
    answering.on_write = lambda frame: answering.cut() if frame != STATUS else None
    await make_reader("redodo", links=links).read()
    assert not links._members[ADDRESS].open
