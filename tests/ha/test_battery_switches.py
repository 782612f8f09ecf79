"""The switches and the button of a battery."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.errors import (
    CommandRefused,
    NotConfirmed,
    NotSwitchable,
    Reason,
    Unreachable,
)
from custom_components.lifepo4_bank.ble.family import FAMILIES

from .conftest import ADDRESS, FakeReaders, bank_entry, battery_entry, reading, set_up
from .test_battery_entities import entity, of_platform, registered
from .test_set_discharge import call

type Passed = Callable[[float], Awaitable[None]]


async def test_the_button_lets_go_even_of_a_battery_that_is_lost(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].error = Unreachable(Reason.NO_CONNECTION)
    for _ in range(6):
        await pass_time(50)
    await hass.services.async_call(
        "button", "press", {"entity_id": registered(hass, "release", "button")}, blocking=True
    )
    assert readers[ADDRESS].released


async def with_switches(hass: HomeAssistant, family: str = "redodo") -> MockConfigEntry:
    """Set up a battery whose switches the owner has enabled."""
    entry = battery_entry()
    entry = battery_entry(data={**entry.data, "family": family})
    await set_up(hass, entry)
    for found in of_platform(hass, entry, "switch").values():
        assert found.disabled
        er.async_get(hass).async_update_entity(found.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def turn(hass: HomeAssistant, key: str, action: str) -> None:
    await hass.services.async_call(
        "switch", f"turn_{action}", {"entity_id": registered(hass, key, "switch")}, blocking=True
    )


async def test_switches_show_what_the_battery_reports(
    hass: HomeAssistant, readers: FakeReaders, pass_time: Passed
) -> None:
    readers.of(ADDRESS).shows(charge_enabled=False)
    await with_switches(hass)
    assert entity(hass, "discharge", "switch").state == "on"
    assert entity(hass, "charge", "switch").state == "off"
    assert entity(hass, "charge", "switch").attributes["commanded"] is None
    await turn(hass, "charge", "on")
    assert readers[ADDRESS].commands == [("charge", True)]
    assert entity(hass, "charge", "switch").state == "on"
    readers[ADDRESS].shows(discharge_enabled=True, discharge_commanded=False)
    await pass_time(60)
    assert entity(hass, "discharge", "switch").state == "on"
    assert entity(hass, "discharge", "switch").attributes["commanded"] is False


async def test_a_battery_of_a_bank_can_be_switched_off(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    battery = await with_switches(hass)
    other = battery_entry(1)
    bank = bank_entry([battery, other], options={"powers_home_assistant": False})
    await set_up(hass, other, bank)
    await turn(hass, "discharge", "off")
    assert readers[ADDRESS].commands == [("discharge", False)]
    assert entity(hass, "discharge", "switch").state == "off"


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (NotSwitchable(), "switch_impossible"),
        (CommandRefused(6), "switch_refused"),
        (NotConfirmed(reading()), "switch_not_confirmed"),
        (Unreachable(Reason.LINK_LOST), "switch_unreachable"),
    ],
)
async def test_a_switching_that_fails_says_why_and_changes_nothing(
    hass: HomeAssistant, readers: FakeReaders, error: Exception, key: str
) -> None:
    readers.of(ADDRESS).shows(charge_enabled=False)
    await with_switches(hass)
    readers[ADDRESS].switch_error = error
    with pytest.raises(HomeAssistantError) as raised:
        await turn(hass, "charge", "on")
    assert raised.value.translation_key == key
    assert entity(hass, "charge", "switch").state == "off"


READ_ONLY = [key for key, family in FAMILIES.items() if not family.switchable]


@pytest.mark.parametrize("family", READ_ONLY)
async def test_a_family_that_cannot_be_switched_says_so_and_has_no_switches(
    hass: HomeAssistant, readers: FakeReaders, family: str
) -> None:
    readers.of(ADDRESS, FAMILIES[family])
    entry = await with_switches(hass, family=family)
    assert of_platform(hass, entry, "switch") == {}
    for force in (False, True):
        with pytest.raises(ServiceValidationError, match="no safe command that switches"):
            await call(hass, "set_discharge", enabled=False, force=force)
    assert readers[ADDRESS].commands == []
