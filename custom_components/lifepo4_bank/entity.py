"""What all entities of a battery share."""

from collections.abc import Callable, Iterable

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import BatteryConfigEntry, BatteryCoordinator


class BatteryEntity(CoordinatorEntity[BatteryCoordinator]):
    """An entity of one battery."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: BatteryCoordinator, description: EntityDescription) -> None:
        """Name the entity after its battery."""
        super().__init__(coordinator)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.battery.id}_{description.key}"
        self._attr_device_info = coordinator.source.device_info


def add_when_reported[DescriptionT: EntityDescription](
    entry: BatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Callable[[BatteryCoordinator], Iterable[DescriptionT]],
    entity: Callable[[BatteryCoordinator, DescriptionT], Entity],
) -> None:
    """Make each entity once the battery first reports its quantity.

    `descriptions` gives those of the quantities in the newest reading.
    """
    coordinator = entry.runtime_data
    known: set[str] = set()

    @callback
    def add_new() -> None:
        new = [found for found in descriptions(coordinator) if found.key not in known]
        if new:
            known.update(found.key for found in new)
            async_add_entities([entity(coordinator, found) for found in new])

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))
