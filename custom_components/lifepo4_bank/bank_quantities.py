"""The quantities of a bank, and how finely they are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTime,
)

from .bank import BankCoordinator
from .bank_attributes import Attributes, counted, current_source, present, reasons
from .core.diagnosis.finding import BankState, Status
from .core.totals import Totals

AMPERE_HOURS: Final = "Ah"

type Value = float | int | str | None


@dataclass(frozen=True, kw_only=True)
class BankSensorDescription(SensorEntityDescription):
    """A quantity of a bank.

    `band`, in its unit, or `band_share` of it, if wider, is the noise that is not shown.
    """

    value: Callable[[BankState], Value]
    attributes: Callable[[BankCoordinator], Attributes] | None = None
    band: float = 0.0
    band_share: float = 0.0
    digits: int | None = None
    shunt: bool = False
    """Whether it exists only where a shunt is in the main cable."""


def _of(quantity: Callable[[Totals], Value]) -> Callable[[BankState], Value]:
    return lambda state: None if state.totals is None else quantity(state.totals)


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else fraction * 100


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


SENSORS: Final[tuple[BankSensorDescription, ...]] = (
    BankSensorDescription(
        key="voltage",
        translation_key="voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=2,
        digits=2,
        band=0.02,
        value=_of(lambda totals: totals.voltage),
    ),
    BankSensorDescription(
        key="current",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
        digits=2,
        band=0.05,
        band_share=0.005,
        value=_of(lambda totals: totals.current),
        attributes=current_source,
    ),
    BankSensorDescription(
        key="beside_batteries",
        translation_key="beside_batteries",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        digits=2,
        band=0.1,
        value=_of(lambda totals: totals.beside),
        shunt=True,
    ),
    BankSensorDescription(
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        digits=0,
        band=1,
        band_share=0.005,
        value=_of(lambda totals: totals.power),
    ),
    BankSensorDescription(
        key="soc",
        translation_key="soc",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        digits=1,
        band=0.2,
        value=_of(lambda totals: _percent(totals.soc)),
        attributes=counted,
    ),
    BankSensorDescription(
        key="usable_capacity",
        translation_key="usable_capacity",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=AMPERE_HOURS,
        suggested_display_precision=0,
        digits=1,
        value=_of(lambda totals: totals.usable_capacity),
    ),
    BankSensorDescription(
        key="remaining_capacity",
        translation_key="remaining_capacity",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=AMPERE_HOURS,
        suggested_display_precision=1,
        digits=1,
        band=0.2,
        band_share=0.005,
        value=_of(lambda totals: totals.remaining),
    ),
    BankSensorDescription(
        key="capacity",
        translation_key="capacity",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=AMPERE_HOURS,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        digits=1,
        value=_of(lambda totals: totals.capacity),
    ),
    BankSensorDescription(
        key="stored_energy",
        translation_key="stored_energy",
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        digits=2,
        band=0.01,
        band_share=0.004,
        value=_of(lambda totals: totals.stored_energy),
    ),
    BankSensorDescription(
        key="runtime",
        translation_key="runtime",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=1,
        digits=2,
        band=0.02,
        band_share=0.03,
        value=_of(lambda totals: _hours(totals.runtime)),
    ),
    BankSensorDescription(
        key="soc_spread",
        translation_key="soc_spread",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        digits=1,
        band=0.2,
        value=_of(lambda totals: _percent(totals.soc_spread)),
    ),
    BankSensorDescription(
        key="voltage_spread",
        translation_key="voltage_spread",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_unit_of_measurement=UnitOfElectricPotential.MILLIVOLT,
        suggested_display_precision=0,
        digits=3,
        band=0.003,
        value=_of(lambda totals: totals.voltage_spread),
    ),
    BankSensorDescription(
        key="sharing_imbalance",
        translation_key="sharing_imbalance",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        digits=1,
        band=0.5,
        value=_of(lambda totals: _percent(totals.sharing_imbalance)),
    ),
    BankSensorDescription(
        key="circulating_current",
        translation_key="circulating_current",
        device_class=SensorDeviceClass.CURRENT,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
        digits=2,
        band=0.1,
        value=lambda state: state.circulating_current,
    ),
    BankSensorDescription(
        key="batteries_online",
        translation_key="batteries_online",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_of(lambda totals: totals.online),
        attributes=present,
    ),
    BankSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in Status],
        value=lambda state: state.status.value,
        attributes=reasons,
    ),
)
