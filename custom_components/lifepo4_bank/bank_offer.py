"""Offers to make a bank of batteries that fit together and are in none."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow

from .const import CONF_BATTERIES, CONF_KIND, CONF_NOMINAL_VOLTAGE, DOMAIN, KIND_BANK
from .coordinator import BatteryCoordinator
from .core.battery import Volts

MIN_BATTERIES: Final = 2


def battery_entries(hass: HomeAssistant) -> list[ConfigEntry[Any]]:
    """All batteries that are set up, those that cannot be reached now included."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.data.get(CONF_KIND) != KIND_BANK
    ]


def bank_entries(hass: HomeAssistant) -> list[ConfigEntry[Any]]:
    """All banks; an ignored offer is an entry, too, but one without data."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if entry.data.get(CONF_KIND) == KIND_BANK
    ]


def banked(hass: HomeAssistant, apart_from: str | None = None) -> set[str]:
    """Entry ids of the batteries that are in a bank, not counting one bank's."""
    return {
        battery
        for entry in bank_entries(hass)
        if entry.entry_id != apart_from
        for battery in entry.data[CONF_BATTERIES]
    }


def name_of(entry: ConfigEntry[Any]) -> str:
    """Return what the owner calls a battery; while it is not loaded, what its entry does."""
    coordinator: BatteryCoordinator | None = getattr(entry, "runtime_data", None)
    return entry.title if coordinator is None else coordinator.battery.name


def voltage_of(entry: ConfigEntry[Any]) -> Volts | None:
    """Nominal voltage of a battery; None while nobody knows."""
    voltage: Volts | None = entry.data.get(CONF_NOMINAL_VOLTAGE)
    return voltage


def fitting(hass: HomeAssistant) -> Iterator[tuple[Volts, list[str]]]:
    """Batteries of one nominal voltage that are in no bank, two or more at a time."""
    taken = banked(hass)
    free = [
        (voltage, entry.entry_id)
        for entry in battery_entries(hass)
        if entry.entry_id not in taken and (voltage := voltage_of(entry)) is not None
    ]
    for voltage, group in groupby(sorted(free, key=lambda item: item[0]), lambda item: item[0]):
        batteries = [battery for _, battery in group]
        if len(batteries) >= MIN_BATTERIES:
            yield voltage, batteries


@callback
def async_offer_banks(hass: HomeAssistant) -> None:
    """Offer what fits, and take back offers that no longer do."""
    offers = {offer_id(voltage): voltage for voltage, _ in fitting(hass)}
    flows = hass.config_entries.flow
    for flow in flows.async_progress_by_handler(DOMAIN):
        context = flow["context"]
        if context["source"] != SOURCE_INTEGRATION_DISCOVERY:
            continue
        if context.get("unique_id") not in offers:
            flows.async_abort(flow["flow_id"])
    for voltage in offers.values():
        discovery_flow.async_create_flow(
            hass,
            DOMAIN,
            {"source": SOURCE_INTEGRATION_DISCOVERY},
            {CONF_NOMINAL_VOLTAGE: voltage},
        )


def offer_id(voltage: Volts) -> str:
    """Return what makes an offer unique: one at a time for each nominal voltage."""
    return f"bank_of_{voltage:g}_v"
