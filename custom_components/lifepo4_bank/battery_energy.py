"""Energy that went into a battery and came out of it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfEnergy
from homeassistant.core import callback
from homeassistant.helpers.restore_state import ExtraStoredData, RestoreEntity

from .coordinator import BatteryCoordinator
from .core.energy import EnergyMeter, KilowattHours
from .energy_shown import async_last_shown
from .entity import BatteryEntity

SHOWN_STEP: Final[KilowattHours] = 0.01
"""Smallest step of a shown total, and of what a page shows of it: finer ones fill the recorder."""


@dataclass(frozen=True, kw_only=True)
class EnergyDescription(SensorEntityDescription):
    """One of the two counters of the energy meter."""

    charged: bool


ENERGIES: Final = tuple(
    EnergyDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        charged=charged,
    )
    for key, charged in (("energy_charged", True), ("energy_discharged", False))
)


def energies(coordinator: BatteryCoordinator) -> Iterator[EnergyDescription]:
    """Both counters, once the battery reports what they are made of."""
    if coordinator.data.power is not None:
        yield from ENERGIES


@dataclass(frozen=True)
class SavedMeter(ExtraStoredData):
    """The exact counters, as the shown one is rounded."""

    meter: dict[str, Any]

    @override
    def as_dict(self) -> dict[str, Any]:
        """Return what is to be stored."""
        return self.meter


class EnergySensor(BatteryEntity, SensorEntity, RestoreEntity):
    """Energy in or out, integrated from the readings."""

    entity_description: EnergyDescription

    def __init__(self, coordinator: BatteryCoordinator, description: EnergyDescription) -> None:
        """Begin at nothing; the stored counter follows when the entity is added."""
        super().__init__(coordinator, description)
        self._meter = EnergyMeter()

    @property
    @override
    def extra_restore_state_data(self) -> SavedMeter:
        """Return the meter as it stands."""
        return SavedMeter(self._meter.save())

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from the stored counters, and never below the total that was shown."""
        await super().async_added_to_hass()
        if stored := await self.async_get_last_extra_data():
            with suppress(ValueError):
                self._meter.restore(stored.as_dict())
        shown = await async_last_shown(self)
        if self.entity_description.charged:
            self._meter.at_least(shown, 0.0)
        else:
            self._meter.at_least(0.0, shown)
        self._count()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Count up to the newest reading."""
        self._count()
        super()._handle_coordinator_update()

    def _count(self) -> None:
        """Add what flowed since the reading before."""
        self._meter.update(self.coordinator.data.time, self.coordinator.data.power)
        charged = self.entity_description.charged
        total = self._meter.charged if charged else self._meter.discharged
        shown = self._attr_native_value
        if not isinstance(shown, float) or total - shown >= SHOWN_STEP:
            self._attr_native_value = round(total, 3)
