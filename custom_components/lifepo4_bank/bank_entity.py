"""What the entities of a bank share: on its own device, or on that of one of its batteries."""

from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .bank import BankConfigEntry, BankCoordinator
from .bank_device import async_battery_device, bank_device_info


class BankEntity(CoordinatorEntity[BankCoordinator]):
    """An entity of the bank as a whole."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: BankCoordinator, description: EntityDescription) -> None:
        """Put the entity on the bank's device."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.config_entry.entry_id}_{description.key}"
        self._attr_device_info = bank_device_info(coordinator.config_entry)


class MemberEntity(CoordinatorEntity[BankCoordinator]):
    """What a bank says of one of its batteries; it sits on that battery's device."""

    _attr_has_entity_name = True

    def __init__(
        self,
        coordinator: BankCoordinator,
        description: EntityDescription,
        battery: str,
        device: DeviceEntry,
    ) -> None:
        """Put the entity on the battery's device, which belongs to another entry."""
        super().__init__(coordinator)
        self.entity_description = description
        self.battery = battery
        self.device_entry = device
        entry_id = coordinator.config_entry.entry_id
        self._attr_unique_id = f"{entry_id}_{battery}_{description.key}"


@callback
def async_drop_sensors(hass: HomeAssistant, entry: ConfigEntry[Any], kept: set[str]) -> None:
    """Remove sensors about batteries that are no longer in the bank, or of another arrangement."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        key = entity.unique_id.removeprefix(f"{entry.entry_id}_")
        if entity.domain == SENSOR_DOMAIN and key not in kept:
            registry.async_remove(entity.entity_id)


def add_for_members(
    hass: HomeAssistant,
    entry: BankConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities: Callable[[str, DeviceEntry], Iterable[Entity]],
) -> None:
    """Make the entities of each battery as soon as its device is there."""
    coordinator = entry.runtime_data
    placed: dict[str, str] = {}

    @callback
    def add_new() -> None:
        for battery, seat in coordinator.seats.items():
            device = async_battery_device(hass, seat)
            if device is not None and placed.get(battery) != device.id:
                placed[battery] = device.id
                async_add_entities(entities(battery, device))

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))
