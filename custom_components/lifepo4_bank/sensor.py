"""Sensors: of a battery, or of a bank."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import bank_sensors
from .battery_energy import EnergySensor, energies
from .battery_quantities import sensors
from .battery_sensors import BatterySensor
from .const import CONF_KIND, KIND_BANK
from .entity import add_when_reported

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of a battery or of a bank."""
    if entry.data[CONF_KIND] == KIND_BANK:
        bank_sensors.create(hass, entry, async_add_entities)
        return
    add_when_reported(entry, async_add_entities, sensors, BatterySensor)
    add_when_reported(entry, async_add_entities, energies, EnergySensor)
