"""Binary sensors: of a battery, or of a bank."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import bank_binary_sensors
from .const import CONF_KIND, KIND_BANK
from .coordinator import BatteryCoordinator
from .core.battery import BatterySample, BatteryState
from .entity import BatteryEntity, add_when_reported

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BatteryBinarySensorDescription(BinarySensorEntityDescription):
    """Something about a battery that is so or not."""

    value: Callable[[BatterySample], bool | None]


def _problem(sample: BatterySample) -> bool | None:
    """Whether the battery reports a fault; None where it does not report faults at all."""
    return True if sample.protections else None if sample.problem_code is None else False


def _charging(sample: BatterySample) -> bool | None:
    """Whether the battery says that it is being charged."""
    if sample.state is None and sample.current is None:
        return None
    return sample.state is BatteryState.CHARGING if sample.state else (sample.current or 0) > 0


SENSORS: Final[tuple[BatteryBinarySensorDescription, ...]] = (
    BatteryBinarySensorDescription(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=_problem,
    ),
    BatteryBinarySensorDescription(
        key="charging",
        translation_key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        value=_charging,
    ),
    BatteryBinarySensorDescription(
        key="heater",
        translation_key="heater",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda sample: sample.heater,
    ),
    BatteryBinarySensorDescription(
        key="balancing",
        translation_key="balancing",
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=lambda sample: sample.balancing,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of a battery or of a bank."""
    if entry.data[CONF_KIND] == KIND_BANK:
        bank_binary_sensors.create(hass, entry, async_add_entities)
        return
    add_when_reported(entry, async_add_entities, sensors, BatteryBinarySensor)


def sensors(coordinator: BatteryCoordinator) -> Iterator[BatteryBinarySensorDescription]:
    """Those that the newest reading tells something about."""
    for description in SENSORS:
        if description.value(coordinator.data) is not None:
            yield description


class BatteryBinarySensor(BatteryEntity, BinarySensorEntity):
    """Something about a battery that is so or not."""

    entity_description: BatteryBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return it as last reported; a sleeping battery reports nothing."""
        if self.coordinator.asleep:
            return None
        return self.entity_description.value(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, list[str]] | None:
        """Name the protections behind a problem."""
        if self.entity_description.key != "problem":
            return None
        return {"protections": list(self.coordinator.data.protections)}
