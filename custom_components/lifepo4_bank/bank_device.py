"""The bank in the device registry, and the batteries that hang on it."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType, DeviceInfo

from .bank_seats import Member
from .const import DOMAIN
from .core.layout import Layout


def bank_device_info(entry: ConfigEntry[Any]) -> DeviceInfo:
    """Return what finds the bank's device."""
    return DeviceInfo(identifiers={(DOMAIN, entry.entry_id)})


@callback
def async_register_bank(hass: HomeAssistant, entry: ConfigEntry[Any], layout: Layout) -> None:
    """Make or update the bank's device; its identity is the entry's, whatever its batteries."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        model=layout.notation,
        entry_type=DeviceEntryType.SERVICE,
    )


@callback
def async_battery_device(hass: HomeAssistant, member: Member) -> DeviceEntry | None:
    """Return the device of a battery; None when it has none (yet, or any more)."""
    return dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, member.battery.id), member.entry_id
    )


@callback
def async_link_batteries(
    hass: HomeAssistant, entry: ConfigEntry[Any], members: Mapping[str, Member]
) -> None:
    """Show the batteries as reached through the bank, and those no longer in it as free."""
    registry = dr.async_get(hass)
    bank = registry.async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    if bank is None:
        return
    mine = {
        device.id for member in members.values() if (device := async_battery_device(hass, member))
    }
    for device_id in mine:
        registry.async_update_device(device_id, via_device_id=bank.id)
    for battery in hass.config_entries.async_entries(DOMAIN):
        for device in dr.async_entries_for_config_entry(registry, battery.entry_id):
            if device.via_device_id == bank.id and device.id not in mine:
                registry.async_update_device(device.id, via_device_id=None)
