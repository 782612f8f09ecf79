"""What a battery's sensors show, and how finely."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.core import callback

from .coordinator import BatteryCoordinator
from .core.battery import BatterySample, BatteryState
from .core.totals import remaining_of, runtime
from .entity import BatteryEntity

AMPERE_HOURS: Final = "Ah"

type Value = float | int | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class BatterySensorDescription(SensorEntityDescription):
    """A quantity of a battery.

    A new value is shown when it differs from the shown one by `band`, or by `band_share`
    of it, whichever is more: noise below that is of no use to anybody and fills the recorder.
    """

    value: Callable[[BatteryCoordinator, BatterySample], Value]
    band: float = 0.0
    band_share: float = 0.0
    digits: int | None = None
    lasting: bool = False
    """Whether the last value still tells something while the battery is asleep."""
    reported: Callable[[BatterySample], bool] | None = None
    """Whether the battery reports the quantity, where an unknown value does not say so."""


def _stored_energy(coordinator: BatteryCoordinator, sample: BatterySample) -> float | None:
    """Energy left in kWh: charge times the nominal voltage."""
    nominal = coordinator.battery.nominal_voltage
    if sample.remaining is None or nominal is None:
        return None
    return sample.remaining * nominal / 1000


def _capacity(coordinator: BatteryCoordinator, sample: BatterySample) -> float | None:
    """Capacity in Ah as the owner entered it, else as the BMS works with it."""
    entered = coordinator.battery.capacity
    return sample.capacity if entered is None else entered


def _runtime(coordinator: BatteryCoordinator, sample: BatterySample) -> float | None:
    """Hours until empty at the mean load of the last minutes; unknown without a load."""
    seconds = runtime(remaining_of(coordinator.battery, sample), coordinator.mean_current)
    return None if seconds is None else seconds / 3600


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else fraction * 100


SENSORS: Final[tuple[BatterySensorDescription, ...]] = (
    BatterySensorDescription(
        key="voltage",
        translation_key="voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=2,
        digits=2,
        band=0.02,
        value=lambda _, sample: sample.voltage,
    ),
    BatterySensorDescription(
        key="current",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
        digits=2,
        band=0.05,
        band_share=0.005,
        value=lambda _, sample: sample.current,
    ),
    BatterySensorDescription(
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        digits=0,
        band=1,
        band_share=0.005,
        value=lambda _, sample: sample.power,
    ),
    BatterySensorDescription(
        key="soc",
        translation_key="soc",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        digits=1,
        band=0.2,
        lasting=True,
        value=lambda _, sample: _percent(sample.soc),
    ),
    BatterySensorDescription(
        key="remaining_capacity",
        translation_key="remaining_capacity",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=AMPERE_HOURS,
        suggested_display_precision=1,
        digits=1,
        band=0.2,
        band_share=0.002,
        lasting=True,
        value=lambda _, sample: sample.remaining,
    ),
    BatterySensorDescription(
        key="capacity",
        translation_key="capacity",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=AMPERE_HOURS,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        digits=1,
        lasting=True,
        value=_capacity,
    ),
    BatterySensorDescription(
        key="stored_energy",
        translation_key="stored_energy",
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        digits=2,
        band=0.01,
        band_share=0.004,
        lasting=True,
        value=_stored_energy,
    ),
    BatterySensorDescription(
        key="temperature",
        translation_key="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=0,
        digits=1,
        band=0.5,
        value=lambda _, sample: sample.temperature,
    ),
    BatterySensorDescription(
        key="cell_delta",
        translation_key="cell_delta",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_unit_of_measurement=UnitOfElectricPotential.MILLIVOLT,
        suggested_display_precision=0,
        digits=3,
        band=0.002,
        value=lambda _, sample: sample.cell_delta,
    ),
    BatterySensorDescription(
        key="cycles",
        translation_key="cycles",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        lasting=True,
        value=lambda _, sample: sample.cycles,
    ),
    BatterySensorDescription(
        key="health",
        translation_key="health",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=0,
        digits=1,
        lasting=True,
        value=lambda _, sample: _percent(sample.health),
    ),
    BatterySensorDescription(
        key="state",
        translation_key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in BatteryState],
        lasting=True,
        value=lambda _, sample: sample.state,
    ),
    BatterySensorDescription(
        key="runtime",
        translation_key="runtime",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=1,
        digits=1,
        band=0.1,
        band_share=0.05,
        reported=lambda sample: sample.current is not None and sample.soc is not None,
        value=_runtime,
    ),
    BatterySensorDescription(
        key="cell_min",
        translation_key="cell_min",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=3,
        digits=3,
        band=0.002,
        value=lambda _, sample: min(sample.cells, default=None),
    ),
    BatterySensorDescription(
        key="cell_max",
        translation_key="cell_max",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=3,
        digits=3,
        band=0.002,
        value=lambda _, sample: max(sample.cells, default=None),
    ),
    BatterySensorDescription(
        key="link_quality",
        translation_key="link_quality",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        digits=0,
        band=2,
        lasting=True,
        value=lambda coordinator, _: _percent(coordinator.source.link_quality),
    ),
    BatterySensorDescription(
        key="rssi",
        translation_key="rssi",
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        band=3,
        value=lambda coordinator, _: coordinator.source.rssi,
    ),
    BatterySensorDescription(
        key="last_seen",
        translation_key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        lasting=True,
        value=lambda coordinator, _: coordinator.last_seen,
    ),
)


def _cell(index: int) -> BatterySensorDescription:
    """Voltage of one cell, counted from 0."""

    def value(_: BatteryCoordinator, sample: BatterySample) -> float | None:
        return sample.cells[index] if index < len(sample.cells) else None

    return BatterySensorDescription(
        key=f"cell_{index + 1}",
        translation_key=f"cell_{index + 1}",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=3,
        digits=3,
        band=0.002,
        value=value,
    )


def _temperature(index: int) -> BatterySensorDescription:
    """One of the battery's temperature sensors, counted from 0."""

    def value(_: BatteryCoordinator, sample: BatterySample) -> float | None:
        return sample.temperatures[index] if index < len(sample.temperatures) else None

    return BatterySensorDescription(
        key=f"temperature_{index + 1}",
        translation_key=f"temperature_{index + 1}",
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=0,
        digits=1,
        band=0.5,
        value=value,
    )


CELLS: Final = tuple(map(_cell, range(32)))
TEMPERATURES: Final = tuple(map(_temperature, range(8)))


def sensors(coordinator: BatteryCoordinator) -> Iterator[BatterySensorDescription]:
    """Those quantities that the newest reading holds."""
    sample = coordinator.data
    for description in SENSORS:
        if description.reported is not None:
            reported = description.reported(sample)
        else:
            reported = description.value(coordinator, sample) is not None
        if reported:
            yield description
    yield from CELLS[: len(sample.cells)]
    if len(sample.temperatures) > 1:
        yield from TEMPERATURES[: len(sample.temperatures)]


class BatterySensor(BatteryEntity, SensorEntity):
    """One quantity of a battery."""

    entity_description: BatterySensorDescription

    def __init__(
        self, coordinator: BatteryCoordinator, description: BatterySensorDescription
    ) -> None:
        """Show the value that is known already."""
        super().__init__(coordinator, description)
        self._show()

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
        shown = self._attr_native_value
        if isinstance(value, int | float) and isinstance(shown, int | float):
            band = max(described.band, described.band_share * abs(shown))
            crossed = (value > 0) != (shown > 0) or (value < 0) != (shown < 0)
            if abs(value - shown) < band and not crossed:
                return
        if isinstance(value, float) and described.digits is not None:
            value = round(value, described.digits)
        self._attr_native_value = value
