"""What a bank's sensors show, and how finely."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .bank import BankCoordinator
from .bank_energy import ENERGIES, BankEnergySensor
from .bank_entity import BankEntity, add_for_members, async_drop_sensors
from .bank_member_sensors import MemberSensor, descriptions
from .core.diagnosis.finding import BankState, Status
from .core.totals import Totals

AMPERE_HOURS: Final = "Ah"

type Value = float | int | str | None
type Attributes = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class BankSensorDescription(SensorEntityDescription):
    """A quantity of a bank.

    A new value is shown when it differs from the shown one by `band`, or by `band_share`
    of it, whichever is more: noise below that fills the recorder.
    """

    value: Callable[[BankState], Value]
    attributes: Callable[[BankCoordinator], Attributes] | None = None
    band: float = 0.0
    band_share: float = 0.0
    digits: int | None = None


def _of(quantity: Callable[[Totals], Value]) -> Callable[[BankState], Value]:
    return lambda state: None if state.totals is None else quantity(state.totals)


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else fraction * 100


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def _counted(coordinator: BankCoordinator) -> Attributes:
    """Of how many batteries the state of charge is, and how many were heard for it."""
    totals = coordinator.data.totals
    return {} if totals is None else {"batteries": totals.batteries, "heard": totals.online}


def _present(coordinator: BankCoordinator) -> Attributes:
    """How many there should be, and who is missing."""
    sample = coordinator.data.sample
    missing = frozenset() if sample is None else sample.missing
    names = {battery: known.name for battery, known in coordinator.batteries.items()}
    return {
        "batteries": len(names),
        "missing": [name for battery, name in names.items() if battery in missing],
        "removed": [name for battery, name in names.items() if battery in coordinator.gone],
    }


def _current_source(coordinator: BankCoordinator) -> Attributes:
    """Say what the batteries do not report, and whether all report the same current."""
    totals = coordinator.data.totals
    if totals is None:
        return {}
    attributes: Attributes = {"fleet_current": True} if totals.fleet_current else {}
    if totals.beside is not None:
        attributes["beside_batteries"] = round(totals.beside, 1)
    return attributes


def _reasons(coordinator: BankCoordinator) -> Attributes:
    """Say what is wrong, in sentences, and what could not be judged."""
    state = coordinator.data
    return {
        "findings": [coordinator.sentence(finding) for finding in state.findings],
        "worst": state.findings[0].severity.name.lower() if state.findings else None,
        "not_judged": [
            {"kind": silent.kind.value, "reason": silent.reason} for silent in state.not_judged
        ],
    }


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
        attributes=_current_source,
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
        attributes=_counted,
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
        attributes=_present,
    ),
    BankSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in Status],
        value=lambda state: state.status.value,
        attributes=_reasons,
    ),
)


def create(
    hass: HomeAssistant, entry: ConfigEntry[Any], async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of a bank, and those that sit on its batteries."""
    coordinator: BankCoordinator = entry.runtime_data
    of_members = descriptions(coordinator.layout)
    async_drop_sensors(
        hass,
        entry,
        kept={sensor.key for sensor in (*SENSORS, *ENERGIES)}
        | {f"{battery}_{sensor.key}" for battery in coordinator.batteries for sensor in of_members},
    )
    async_add_entities(BankSensor(coordinator, description) for description in SENSORS)
    async_add_entities(BankEnergySensor(coordinator, description) for description in ENERGIES)

    def of_battery(battery: str, device: DeviceEntry) -> list[MemberSensor]:
        return [
            MemberSensor(coordinator, description, battery, device) for description in of_members
        ]

    add_for_members(hass, entry, async_add_entities, of_battery)


class BankSensor(BankEntity, SensorEntity):
    """One quantity of a bank."""

    _unrecorded_attributes = frozenset({"findings", "not_judged", "missing", "removed"})
    entity_description: BankSensorDescription

    def __init__(self, coordinator: BankCoordinator, description: BankSensorDescription) -> None:
        """Show what is known already."""
        super().__init__(coordinator, description)
        self._show()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show the new state of the bank."""
        self._show()
        super()._handle_coordinator_update()

    def _show(self) -> None:
        described = self.entity_description
        if described.attributes is not None:
            self._attr_extra_state_attributes = described.attributes(self.coordinator)
        value = described.value(self.coordinator.data)
        shown = self._attr_native_value
        if isinstance(value, int | float) and isinstance(shown, int | float):
            band = max(described.band, described.band_share * abs(shown))
            crossed = (value > 0) != (shown > 0) or (value < 0) != (shown < 0)
            if abs(value - shown) < band and not crossed:
                return
        if isinstance(value, float) and described.digits is not None:
            value = round(value, described.digits)
        self._attr_native_value = value
