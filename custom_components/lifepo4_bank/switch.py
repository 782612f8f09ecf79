"""Switches for the two MOSFETs of a battery."""

from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import BatteryConfigEntry
from .core.verdict import Mosfet
from .entity import BatteryEntity
from .switching import SWITCHGEAR

PARALLEL_UPDATES = 1

SWITCHES: Final = tuple(
    SwitchEntityDescription(
        key=mosfet,
        translation_key=mosfet,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
    )
    for mosfet in ("discharge", "charge")
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  given so
    entry: BatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches that the battery's family has."""
    coordinator = entry.runtime_data
    async_add_entities(
        MosfetSwitch(coordinator, description)
        for description in SWITCHES
        if description.key in coordinator.switchable
    )


class MosfetSwitch(BatteryEntity, SwitchEntity):
    """One MOSFET: shows what the battery reports, not what was asked of it."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the MOSFET conducts now."""
        reading = self.coordinator.data
        if self.entity_description.key == "discharge":
            return reading.discharge_enabled
        return reading.charge_enabled

    @property
    @override
    def extra_state_attributes(self) -> dict[str, bool | None]:
        """Tell what was asked apart: the BMS closes a MOSFET by itself while current flows."""
        reading = self.coordinator.data
        if self.entity_description.key == "discharge":
            return {"commanded": reading.discharge_commanded}
        return {"commanded": reading.charge_commanded}

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let current flow."""
        await self._async_switch(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stop current from flowing, if the interlock allows it."""
        await self._async_switch(on=False)

    async def _async_switch(self, *, on: bool) -> None:
        gear = self.hass.data[SWITCHGEAR]
        await gear.async_switch(self.coordinator, Mosfet(self.entity_description.key), on)
