"""A battery is set up, polled, lost, found again and unloaded."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .conftest import ADDRESS, FakeReaders


async def test_loads_and_unloads(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders
) -> None:
    assert battery.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(battery.entry_id)
    assert readers[ADDRESS].closed
