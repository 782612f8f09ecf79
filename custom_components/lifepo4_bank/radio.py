"""Home Assistant's radio for the batteries: paths, families, shared connection slots."""

from collections.abc import Collection, Sequence
import logging
from math import inf
from typing import Final

from bleak.backends.device import BLEDevice
from habluetooth import get_manager
from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothReachabilityIntent,
    BluetoothServiceInfoBleak,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .ble.errors import BatteryError, Reason, Unreachable
from .ble.family import Family, identify, load_families
from .ble.links import Links
from .ble.reader import BatteryReader, LinkMode
from .ble.slots import Slots
from .const import DOMAIN
from .core.battery import Seconds

_LOGGER = logging.getLogger(__name__)

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


@callback
def async_in_reach(hass: HomeAssistant, address: str) -> bool:
    """Whether an adapter or proxy that can connect hears the battery.

    Home Assistant remembers a battery for some minutes after the adapter that heard it is gone.
    """
    return bool(bluetooth.async_scanner_devices_by_address(hass, address, connectable=True))


@callback
def async_rssi(
    hass: HomeAssistant, address: str, since: Seconds = -inf, *, connectable: bool = True
) -> int | None:
    """Return the signal in dBm of the newest advertisement since a moment of the monotonic clock.

    None if there was none.
    """
    seen = bluetooth.async_last_service_info(hass, address, connectable)
    return None if seen is None or seen.time <= since else seen.rssi


@callback
def async_reason(hass: HomeAssistant, address: str, error: BatteryError) -> str:
    """Name why a battery gives no reading; the keys that translations use.

    What each adapter and proxy knows of it is for the log: it takes an expert to read.
    """
    if not isinstance(error, Unreachable):
        return "garbled"
    if _LOGGER.isEnabledFor(logging.DEBUG):
        known = bluetooth.async_address_reachability_diagnostics(
            hass, address, BluetoothReachabilityIntent.CONNECTION
        )
        _LOGGER.debug("%s gives no reading (%s): %s", address, error.reason.value, known)
    heard = bluetooth.async_scanner_devices_by_address(hass, address, connectable=False)
    if error.reason is Reason.OUT_OF_RANGE and heard and not async_in_reach(hass, address):
        return "not_connectable"
    return error.reason.value


def async_reader(
    hass: HomeAssistant, address: str, family: Family, *, secret: str, link: LinkMode, name: str
) -> BatteryReader:
    """Return a reader that always gets the freshest path to its battery."""

    def ble_device() -> BLEDevice | None:
        if not async_in_reach(hass, address):
            return None
        return bluetooth.async_ble_device_from_address(hass, address, connectable=True)

    def rssi(since: Seconds) -> int | None:
        return async_rssi(hass, address, since)

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
