"""Home Assistant's radio for the batteries: paths, families, shared connection slots."""

from collections.abc import Collection, Sequence
from typing import Final

from bleak.backends.device import BLEDevice
from habluetooth import get_manager
from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .ble.family import Family, identify, load_families
from .ble.links import Links
from .ble.reader import BatteryReader, LinkMode
from .ble.slots import Slots
from .const import DOMAIN

LINKS: Final[HassKey[Links]] = HassKey(f"{DOMAIN}_links")
FAMILIES_LOADED: Final[HassKey[bool]] = HassKey(f"{DOMAIN}_families_loaded")


async def async_load_families(hass: HomeAssistant) -> None:
    """Import the protocols once, away from the event loop."""
    if FAMILIES_LOADED not in hass.data:
        await hass.async_add_executor_job(load_families)
        hass.data[FAMILIES_LOADED] = True


def family_of(service_info: BluetoothServiceInfoBleak) -> Family | None:
    """Return the family that an advertisement belongs to; None if it is no battery's."""
    return identify(
        service_info.name,
        service_info.service_uuids,
        service_info.manufacturer_data,
        service_info.service_data,
        service_info.address,
    )


@callback
def async_links(hass: HomeAssistant) -> Links:
    """Return what shares the connection slots among all batteries."""
    if LINKS not in hass.data:

        def heard_by(address: str) -> Collection[str]:
            found = bluetooth.async_scanner_devices_by_address(hass, address, connectable=True)
            return [device.scanner.source for device in found]

        links = hass.data[LINKS] = Links(_slots, heard_by)
        stop = get_manager().async_register_allocation_callback(lambda _: links.changed())

        @callback
        def unregister(_: Event) -> None:
            stop()

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, unregister)
    return hass.data[LINKS]


def _slots() -> Sequence[Slots]:
    """Tell the connection slots of all adapters and proxies as they are now."""
    return [
        Slots(allocation.source, allocation.slots, tuple(allocation.allocated))
        for allocation in get_manager().async_current_allocations() or ()
    ]


def async_reader(
    hass: HomeAssistant, address: str, family: Family, *, secret: str, link: LinkMode, name: str
) -> BatteryReader:
    """Return a reader that always gets the freshest path to its battery."""

    def ble_device() -> BLEDevice | None:
        return bluetooth.async_ble_device_from_address(hass, address, connectable=True)

    def rssi() -> int | None:
        seen = bluetooth.async_last_service_info(hass, address, connectable=True)
        return None if seen is None else seen.rssi

    return BatteryReader(
        address,
        family,
        ble_device,
        async_links(hass),
        secret=secret,
        link=link,
        name=name,
        rssi=rssi,
    )
