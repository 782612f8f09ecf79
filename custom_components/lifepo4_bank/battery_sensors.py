"""Sensors of a battery, and how finely they show what it reports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.core import callback

from .coordinator import BatteryCoordinator
from .core.battery import BatterySample
from .deadband import Deadband
from .entity import BatteryEntity

type Value = float | int | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class BatterySensorDescription(SensorEntityDescription):
    """A quantity of a battery.

    `band`, in its unit, or `band_share` of it, if wider, is the noise that is not shown.
    """

    value: Callable[[BatteryCoordinator, BatterySample], Value]
    band: float = 0.0
    band_share: float = 0.0
    digits: int | None = None
    lasting: bool = False
    """Whether the last value still tells something while the battery is asleep."""
    reported: Callable[[BatterySample], bool] | None = None
    """Whether the battery reports the quantity, where an unknown value does not say so."""


class BatterySensor(BatteryEntity, SensorEntity):
    """One quantity of a battery."""

    entity_description: BatterySensorDescription

    def __init__(
        self, coordinator: BatteryCoordinator, description: BatterySensorDescription
    ) -> None:
        """Show the value that is known already."""
        super().__init__(coordinator, description)
        self._deadband = Deadband(description.band, description.band_share, description.digits)
        self._show()

    @property
    @override
    def extra_state_attributes(self) -> dict[str, datetime | None] | None:
        """Tell of when the last values of a sleeping battery are."""
        if not (self.coordinator.asleep and self.entity_description.lasting):
            return None
        return {"last_seen": self.coordinator.last_seen}

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show the new reading."""
        self._show()
        super()._handle_coordinator_update()

    def _show(self) -> None:
        """Take over the newest value unless it is within the noise of the shown one."""
        described = self.entity_description
        value: Value = None
        if described.lasting or not self.coordinator.asleep:
            value = described.value(self.coordinator, self.coordinator.data)
        if value is None or isinstance(value, int | float):
            value = self._deadband.show(value)
        self._attr_native_value = value
