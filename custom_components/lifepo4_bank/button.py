"""The button that lets the phone app have the battery for a while."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import BatteryConfigEntry
from .entity import BatteryEntity

PARALLEL_UPDATES = 1

RELEASE: Final = ButtonEntityDescription(
    key="release", translation_key="release", entity_category=EntityCategory.CONFIG
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  given so
    entry: BatteryConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the button of a battery that is read over Bluetooth."""
    async_add_entities([ReleaseButton(entry.runtime_data, RELEASE)])


class ReleaseButton(BatteryEntity, ButtonEntity):
    """Lets go of the link for five minutes."""

    @property
    @override
    def available(self) -> bool:
        """Letting go is possible whatever the battery does."""
        return True

    @override
    async def async_press(self) -> None:
        """Let the phone app connect."""
        await self.coordinator.async_release()
