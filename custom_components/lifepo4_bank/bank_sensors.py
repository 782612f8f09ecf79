"""The sensors of a bank, and those that it has on its batteries."""

from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .bank import BankCoordinator
from .bank_energy import ENERGIES, BankEnergySensor
from .bank_entity import BankEntity, add_for_members, async_drop_sensors
from .bank_member_sensors import MemberSensor, descriptions
from .bank_quantities import SENSORS, BankSensorDescription
from .const import CONF_CURRENT_SENSOR
from .deadband import Deadband


def create(
    hass: HomeAssistant, entry: ConfigEntry[Any], async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of a bank, and those that sit on its batteries."""
    coordinator: BankCoordinator = entry.runtime_data
    of_members = descriptions(coordinator.layout)
    of_bank = [
        sensor for sensor in SENSORS if not sensor.shunt or entry.options.get(CONF_CURRENT_SENSOR)
    ]
    async_drop_sensors(
        hass,
        entry,
        kept={sensor.key for sensor in (*of_bank, *ENERGIES)}
        | {f"{battery}_{sensor.key}" for battery in coordinator.batteries for sensor in of_members},
    )
    async_add_entities(BankSensor(coordinator, description) for description in of_bank)
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
        self._deadband = Deadband(description.band, description.band_share, description.digits)
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
        if value is None or isinstance(value, int | float):
            value = self._deadband.show(value)
        self._attr_native_value = value
