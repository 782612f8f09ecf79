"""What tests of automations share: automations that write down what they are told."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.lifepo4_bank.const import DOMAIN

ABOUT = (
    "id", "bank", "device_id", "kind", "cause", "severity", "batteries", "evidence", "message"
)  # fmt: skip
TELL = {
    "action": "test.told",
    "data": {name: f"{{{{ trigger.{name} | default(none) }}}}" for name in ABOUT},
}


def entity_id(hass: HomeAssistant, bank: MockConfigEntry, key: str) -> str:
    """Entity id of one of the bank's entities."""
    for platform in ("binary_sensor", "event"):
        found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{bank.entry_id}_{key}")
        if found:
            return found
    raise AssertionError(key)


def device_id(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """The device of a battery or a bank."""
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return device.id


def on(trigger: str, target: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """A trigger of the integration as YAML has it."""
    return {"trigger": f"{DOMAIN}.{trigger}", "target": dict(target), "options": options}


async def automate(hass: HomeAssistant, **parts: Any) -> list[ServiceCall]:
    """Make an automation that tells what it is told; return what it will tell."""
    calls = async_mock_service(hass, "test", "told")
    await load(hass, {"alias": "Told", "mode": "queued", "actions": [TELL], **parts})
    return calls


async def load(hass: HomeAssistant, *automations: dict[str, Any]) -> None:
    """Load automations; each must be valid."""
    assert await async_setup_component(hass, "automation", {"automation": list(automations)})
    await hass.async_block_till_done()
    states = {state.name: state.state for state in hass.states.async_all("automation")}
    assert states == {automation["alias"]: "on" for automation in automations}
