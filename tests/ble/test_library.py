"""What the library can do by itself leaves through our guard, or not at all."""

from contextlib import suppress
import inspect
from typing import Any

import aiobmsble
from aiobmsble import basebms
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
import pytest

from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.connection import GARBLED_ERRORS, RADIO_ERRORS
from custom_components.lifepo4_bank.ble.family import FAMILIES
from tests.ble.client import ADDRESS, FakeBattery, establish
from tests.ble.test_guard import BYTES


@pytest.mark.parametrize("key", FAMILIES)
async def test_the_library_does_not_connect_past_the_guard(
    key: str, battery: FakeBattery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own ways of asking make a connection of their own, whose writes nobody checks."""
    monkeypatch.setattr("aiobmsble.basebms.establish_connection", establish_unguarded)
    device = BLEDevice(ADDRESS, "battery", {})
    link = link_class(key)(device, FAMILIES[key])
    for ask in (link.async_update, link.device_info, link.__aenter__):
        with pytest.raises(BleakError):
            await ask()
    assert (battery.connects, battery.written) == (0, [])


async def establish_unguarded(client_class: Any, device: BLEDevice, **_options: Any) -> Any:
    return await establish(client_class, device, "", None)


@pytest.mark.parametrize("key", BYTES)
async def test_the_library_s_own_ways_over_an_open_link(key: str, battery: FakeBattery) -> None:
    device = BLEDevice(ADDRESS, "battery", {})
    link = link_class(key)(device, FAMILIES[key])
    with suppress(TimeoutError, ConnectionError):
        await link.open(lambda: device)
    assert link.is_connected
    for ask in (link.async_update, link.device_info, link.__aenter__):
        with suppress(*RADIO_ERRORS, *GARBLED_ERRORS):
            await ask()
    assert battery.connects == 1
    assert set(battery.written) <= BYTES[key]


def test_the_library_writes_in_one_place() -> None:
    """What the guard and the links rely on in the pinned version of the library."""
    assert aiobmsble.__version__ == "0.31.0"
    source = inspect.getsource(basebms)
    assert source.count(".write_gatt_char(") == 1
    for key in BYTES:
        module = inspect.getmodule(link_class(key).__mro__[2])
        assert module is not None
        assert "write_gatt_char" not in inspect.getsource(module)
    used = (
        "_await_msg", "_async_update", "_init_connection", "_fetch_device_info", "_raw_values",
        "_add_missing_values", "_start_alive_task",
    )  # fmt: skip
    assert all(callable(getattr(basebms.BaseBMS, name)) for name in used)
    assert all(f"self.{name}" in source for name in ("_op_lock", "_connect_lock", "_client"))
