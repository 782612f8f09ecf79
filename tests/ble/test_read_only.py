"""Families that can only be read: nothing leaves but what aiobmsble itself sends to read them."""

from collections.abc import Callable
from contextlib import suppress
import inspect
from random import Random
import re
from typing import Any

from aiobmsble import BMSConfig, BMSSample
from bleak.backends.device import BLEDevice
import pytest

from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.connection import GARBLED_ERRORS, RADIO_ERRORS
from custom_components.lifepo4_bank.ble.errors import BatteryError, NotSwitchable
from custom_components.lifepo4_bank.ble.family import FAMILIES, Mosfet, library_class
from custom_components.lifepo4_bank.ble.link import Link
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.ble.client import ADDRESS, Characteristic, FakeBattery, Services, establish
from tests.ble.test_guard import HOSTILE_SWITCHES

type MakeReader = Callable[..., BatteryReader]

READ_ONLY = [key for key, family in FAMILIES.items() if not family.switchable]
SEEDS = range(2)


class AnyServices(Services):
    """Every characteristic that is asked for."""

    def get_characteristic(self, char: int | str) -> Characteristic:
        return super().get_characteristic(char) or Characteristic(
            str(char), 99, ["notify", "write"]
        )


@pytest.fixture(autouse=True)
def _universal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the battery be of any family, for the library itself as well."""
    monkeypatch.setattr("tests.ble.client.SERVICES", AnyServices([]))
    monkeypatch.setattr("aiobmsble.basebms.establish_connection", direct)


async def direct(client_class: Any, device: BLEDevice, **options: Any) -> Any:
    return await establish(client_class, device, "", options.get("disconnected_callback"))


def answer_noise(battery: FakeBattery, seed: int) -> None:
    """Let the battery answer every frame by noise that begins as the frame does, or not at all."""
    random = Random(seed)

    def noise(frame: bytes) -> None:
        for _ in range(random.randrange(3) if seed else 0):
            head = frame[: random.randrange(5)]
            battery.notify(head + random.randbytes(random.randrange(120)))

    battery.on_write = noise


async def library_sends(key: str, battery: FakeBattery) -> set[bytes]:
    """All that aiobmsble sends to read such a battery."""
    for seed in SEEDS:
        answer_noise(battery, seed)
        device = BLEDevice(ADDRESS, "battery", {})
        bms = library_class(key)(device, BMSConfig(keep_alive=True))
        for ask in (bms.async_update, bms.device_info):
            with suppress(*RADIO_ERRORS, *GARBLED_ERRORS):
                await ask()
        await bms.disconnect()
    sent = set(battery.written)
    battery.written.clear()
    return sent


@pytest.mark.parametrize("key", READ_ONLY)
async def test_reading(key: str, battery: FakeBattery, make_reader: MakeReader) -> None:
    allowed = await library_sends(key, battery)
    for seed in SEEDS:
        answer_noise(battery, seed)
        reader = make_reader(key)
        with suppress(BatteryError):
            await reader.read()
        await reader.release()
        await reader.close()
    assert set(battery.written) <= allowed


@pytest.mark.parametrize("key", READ_ONLY)
async def test_what_the_library_understands_is_read(
    key: str, battery: FakeBattery, make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connected, asked and let go through our own link, whatever the family's class is like."""

    async def nothing(*_: Any) -> None:
        pass

    async def understood(_: Any) -> BMSSample:
        return {"voltage": 13.2, "current": -4.0, "battery_level": 80, "cell_voltages": [3.3] * 4}

    monkeypatch.setattr(library_class(key), "_init_connection", nothing)
    monkeypatch.setattr(library_class(key), "_async_update", understood)
    reader = make_reader(key)
    sample = await reader.read()
    assert (sample.battery, sample.voltage, sample.current, sample.soc) == (
        ADDRESS,
        13.2,
        -4.0,
        0.8,
    )
    assert sample.state is BatteryState.DISCHARGING
    assert (sample.temperatures, sample.remaining, sample.cycles) == ((), None, None)
    assert reader.connected
    await reader.close()
    assert not reader.connected


@pytest.mark.parametrize("key", READ_ONLY)
def test_nothing_of_ours_writes(key: str) -> None:
    """What joins our part to the library's class adds no way of its own to send anything."""
    own, common, library = link_class(key).__mro__[:3]
    assert (common, library) == (Link, library_class(key))
    assert not {name for name in vars(own) if not name.startswith("__")} - {"_abc_impl"}
    source = inspect.getsource(inspect.getmodule(Link))  # type: ignore[arg-type]
    assert not re.search(r"_await_msg|_send_msg|write_gatt|_wr_", source)


@pytest.mark.parametrize("key", READ_ONLY)
async def test_switching(key: str, battery: FakeBattery, make_reader: MakeReader) -> None:
    reader = make_reader(key)
    wishes = [(mosfet, on) for mosfet in Mosfet for on in (True, False)]
    for wish in (*wishes, *HOSTILE_SWITCHES):
        with pytest.raises(NotSwitchable):
            await reader.switch(*wish)
    assert battery.connects == 0
    assert battery.written == []
