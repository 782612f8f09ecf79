"""Energy that went into a bank and came out of it."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfEnergy
from homeassistant.core import callback
from homeassistant.helpers.restore_state import RestoreEntity

from .bank_entity import BankEntity
from .core.energy import KilowattHours
from .energy_shown import async_last_shown

SHOWN_STEP: Final[KilowattHours] = 0.01
"""Smallest step of a shown total, and of what a page shows of it: finer ones fill the recorder."""


@dataclass(frozen=True, kw_only=True)
class BankEnergyDescription(SensorEntityDescription):
    """One of the bank's two energy counters."""

    charged: bool


ENERGIES: Final[tuple[BankEnergyDescription, ...]] = (
    BankEnergyDescription(
        key="energy_charged",
        translation_key="energy_charged",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        charged=True,
    ),
    BankEnergyDescription(
        key="energy_discharged",
        translation_key="energy_discharged",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        charged=False,
    ),
)


class BankEnergySensor(BankEntity, SensorEntity, RestoreEntity):
    """One energy counter; it never shows less than it showed before."""

    entity_description: BankEnergyDescription

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from the total that was shown, even should the bank have lost its memory."""
        await super().async_added_to_hass()
        if shown := await async_last_shown(self):
            meter = self.coordinator.tally.meter
            if self.entity_description.charged:
                meter.at_least(shown, 0.0)
            else:
                meter.at_least(0.0, shown)
            self._attr_native_value = shown
        self._show()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show the new count."""
        self._show()
        super()._handle_coordinator_update()

    def _show(self) -> None:
        totals = self.coordinator.data.totals
        if totals is None:
            return
        charged = self.entity_description.charged
        total = totals.energy_charged if charged else totals.energy_discharged
        shown = self._attr_native_value
        if total is not None and (not isinstance(shown, float) or total - shown >= SHOWN_STEP):
            self._attr_native_value = round(total, 3)
