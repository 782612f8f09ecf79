"""The radio of Home Assistant as the readers see it."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock, patch

from habluetooth import HaBluetoothSlotAllocations
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
import pytest

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.ble.family import FAMILIES
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.radio import (
    async_links,
    async_load_families,
    async_reader,
    family_of,
)

from .conftest import ADDRESS, ADDRESSES, NAME, advertise, service_info


def kept(links: Links, batteries: int) -> bool:
    """Whether links to so many batteries may stay open."""
    for number in range(batteries):
        links.join(f"{number}", AsyncMock(), keep=False)
    may = links.may_keep("0")
    for number in range(batteries):
        links.leave(f"{number}")
    return may


async def test_connection_slots_are_those_of_all_adapters(hass: HomeAssistant) -> None:
    links = async_links(hass)
    assert async_links(hass) is links
    allocations = [
        HaBluetoothSlotAllocations("proxy 1", 3, 2, ["11:22:33:44:55:66"]),
        HaBluetoothSlotAllocations("proxy 2", 4, 4, []),
    ]
    with patch("custom_components.lifepo4_bank.radio.get_manager") as manager:
        manager.return_value.async_current_allocations.return_value = allocations
        assert kept(links, 3 + 4 - 1 - 1)
        assert not kept(links, 3 + 4 - 1)
        manager.return_value.async_current_allocations.return_value = None
        assert kept(links, 2)
        assert not kept(links, 3)


async def test_only_adapters_that_hear_a_battery_count(hass: HomeAssistant) -> None:
    links = async_links(hass)
    allocations = [HaBluetoothSlotAllocations(f"proxy {n}", 2, 2, []) for n in (1, 2)]
    heard = [SimpleNamespace(scanner=SimpleNamespace(source="proxy 2"))]
    asked = "homeassistant.components.bluetooth.async_scanner_devices_by_address"
    with (
        patch("custom_components.lifepo4_bank.radio.get_manager") as manager,
        patch(asked, return_value=heard) as devices,
    ):
        manager.return_value.async_current_allocations.return_value = allocations
        assert kept(links, 1)
        assert not kept(links, 2)
    assert devices.call_args.args == (hass, "1")
    assert devices.call_args.kwargs == {"connectable": True}


async def test_a_slot_that_comes_free_is_noticed_until_home_assistant_stops(
    hass: HomeAssistant,
) -> None:
    registered: list[Any] = []
    stop = Mock()

    def register(told: Any, source: str | None = None) -> Mock:
        registered.append(told)
        return stop

    manager = SimpleNamespace(
        async_register_allocation_callback=register, async_current_allocations=list
    )
    with patch("custom_components.lifepo4_bank.radio.get_manager", return_value=manager):
        links = async_links(hass)
        with patch.object(links, "changed") as changed:
            registered[0](HaBluetoothSlotAllocations("proxy", 3, 3, []))
        assert changed.call_count == 1
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert stop.call_count == 1


async def test_a_reader_gets_the_freshest_path(hass: HomeAssistant) -> None:
    await async_load_families(hass)
    reader = async_reader(hass, ADDRESS, FAMILIES["redodo"], secret="", link="release", name=NAME)
    with pytest.raises(Unreachable) as raised:
        await reader.read()
    assert raised.value.reason is Reason.OUT_OF_RANGE
    await reader.close()

    with patch("custom_components.lifepo4_bank.radio.BatteryReader") as made:
        async_reader(hass, ADDRESS, FAMILIES["redodo"], secret="1", link="keep", name=NAME)
    _, _, ble_device, links = made.call_args.args
    rssi = made.call_args.kwargs["rssi"]
    assert links is async_links(hass)
    assert ble_device() is None
    assert rssi(0.0) is None
    heard = service_info(rssi=-60)
    advertise(hass, heard)
    assert rssi(heard.time - 1) == -60
    assert rssi(heard.time) is None
    # remembered from an adapter that is no longer there
    assert ble_device() is None


async def test_a_family_is_known_by_its_advertisement(hass: HomeAssistant) -> None:
    await async_load_families(hass)
    assert family_of(service_info()) is FAMILIES["redodo"]
    other = service_info(ADDRESSES[1], "Thermometer", service_uuids=[], manufacturer_data={})
    assert family_of(other) is None
