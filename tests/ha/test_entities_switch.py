"""A battery of entities is switched by the switches that it already has."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import entities_source

from .conftest import set_up
from .test_entities_source import VALUES, show, source_entry

type Passed = Callable[[float], Awaitable[None]]


@pytest.fixture
def switch(hass: HomeAssistant) -> list[ServiceCall]:
    """A switch entity that obeys; its commands."""
    calls: list[ServiceCall] = []

    async def turn(call: ServiceCall) -> None:
        calls.append(call)
        entity_id = call.data["entity_id"]
        if entity_id != "switch.stuck":
            hass.states.async_set(entity_id, call.service.removeprefix("turn_"))

    for service in ("turn_on", "turn_off"):
        hass.services.async_register("homeassistant", service, turn)
    hass.states.async_set("switch.bms_discharge", "on")
    hass.states.async_set("switch.stuck", "on")
    return calls


async def switchable(hass: HomeAssistant, **changes: Any) -> MockConfigEntry:
    show(hass, **VALUES)
    entry = source_entry(**changes)
    await set_up(hass, entry)
    return entry


async def test_its_own_switch_is_used_and_its_state_confirms(
    hass: HomeAssistant, switch: list[ServiceCall]
) -> None:
    entry = await switchable(hass, discharge_switch="switch.bms_discharge")
    coordinator = entry.runtime_data
    assert coordinator.switchable == {"discharge"}
    assert coordinator.data.discharge_enabled is True
    sample = await coordinator.async_switch("discharge", False)
    assert sample.discharge_enabled is False
    assert coordinator.data is sample
    assert [call.service for call in switch] == ["turn_off"]
    sample = await coordinator.async_switch("discharge", True)
    assert sample.discharge_enabled is True


async def test_a_switch_that_does_not_follow_is_an_error(
    hass: HomeAssistant, switch: list[ServiceCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entities_source, "SWITCH_TIMEOUT", 0.02)
    monkeypatch.setattr(entities_source, "SWITCH_CHECK", 0.001)
    entry = await switchable(hass, discharge_switch="switch.stuck")
    with pytest.raises(HomeAssistantError) as raised:
        await entry.runtime_data.async_switch("discharge", False)
    assert raised.value.translation_key == "switch_not_confirmed"
    assert entry.runtime_data.data.discharge_enabled is True


async def test_a_switch_of_unknown_state_is_unknown(
    hass: HomeAssistant, switch: list[ServiceCall]
) -> None:
    hass.states.async_set("switch.bms_discharge", "unavailable")
    entry = await switchable(hass, discharge_switch="switch.bms_discharge")
    assert entry.runtime_data.data.discharge_enabled is None
