"""The quantities of a battery that have a sensor."""

from collections.abc import Iterator
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
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

from .battery_cells import CELLS, EXTREMES, TEMPERATURES
from .battery_sensors import BatterySensorDescription
from .coordinator import BatteryCoordinator
from .core.battery import BatterySample, BatteryState
from .core.totals import remaining_of, runtime

AMPERE_HOURS: Final = "Ah"


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
        band_share=0.005,
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
        band_share=0.03,
        reported=lambda sample: sample.current is not None and sample.soc is not None,
        value=_runtime,
    ),
    *EXTREMES,
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
