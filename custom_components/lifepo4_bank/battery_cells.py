"""Sensors for the single cells and the single temperature sensors of a battery."""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfElectricPotential, UnitOfTemperature

from .battery_sensors import BatterySensorDescription
from .coordinator import BatteryCoordinator
from .core.battery import BatterySample

EXTREMES: Final = (
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
