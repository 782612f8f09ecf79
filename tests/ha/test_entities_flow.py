"""A battery is made from existing entities; units and signs are looked at."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN

from .test_config_flow import chosen, sent

PICKED = {
    "name": "Port side",
    "voltage": "sensor.bms_voltage",
    "current": "sensor.bms_current",
    "soc": "sensor.bms_soc",
    "invert_current": False,
}


@pytest.fixture(autouse=True)
def set_ups() -> Iterator[AsyncMock]:
    """Make entries without setting them up."""
    path = "custom_components.lifepo4_bank.async_setup_entry"
    with patch(path, return_value=True) as mocked:
        yield mocked


@pytest.fixture(autouse=True)
def states(hass: HomeAssistant) -> None:
    """Entities of a battery at -10 A."""
    hass.states.async_set("sensor.bms_voltage", "26.4", {"unit_of_measurement": "V"})
    hass.states.async_set("sensor.bms_current", "-10", {"unit_of_measurement": "A"})
    hass.states.async_set("sensor.bms_soc", "80", {"unit_of_measurement": "%"})


def on_one_device(hass: HomeAssistant, **entities: tuple[str, str, str]) -> None:
    """Register the current and `name=(entity_id, device_class, state)` on one device."""
    owner = MockConfigEntry(domain="other")
    owner.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=owner.entry_id, identifiers={("other", "bms")}
    )
    everything = {"current": ("sensor.bms_current", "current", "-10"), **entities}
    for name, (entity_id, device_class, state) in everything.items():
        platform, _, object_id = entity_id.partition(".")
        hass.states.async_remove(entity_id)  # or the registry would add a number
        er.async_get(hass).async_get_or_create(
            platform,
            "other",
            name,
            suggested_object_id=object_id,
            device_id=device.id,
            config_entry=owner,
            original_device_class=device_class,
        )
        hass.states.async_set(entity_id, state)


async def test_a_battery_from_entities(hass: HomeAssistant) -> None:
    form = await chosen(hass, "entities")
    assert form["step_id"] == "entities"
    result = await sent(hass, form, **PICKED)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Port side"
    assert result["data"] == {
        "kind": "entities",
        "nominal_voltage": pytest.approx(25.6),
        "voltage": "sensor.bms_voltage",
        "current": "sensor.bms_current",
        "soc": "sensor.bms_soc",
        "invert_current": False,
    }


@pytest.mark.parametrize(
    ("key", "state", "unit", "error"),
    [
        ("voltage", "unknown", "V", "no_number"),
        ("voltage", "unavailable", None, "no_number"),
        ("voltage", "on", None, "no_number"),
        ("current", "nan", "A", "no_number"),
        ("current", "5", "W", "wrong_unit"),
        ("soc", "80", "Ah", "wrong_unit"),
        ("temperature", "20", "V", "wrong_unit"),
        ("capacity", "100", "Wh", "wrong_unit"),
        ("voltage", "0", "V", "impossible"),
        ("voltage", "3", "mV", "impossible"),
        ("voltage", "3.31", "V", "not_of_a_battery"),
        ("voltage", "3310", "mV", "not_of_a_battery"),
        ("voltage", "9.5", "V", "not_of_a_battery"),
        ("voltage", "61", "V", "not_of_a_battery"),
        ("soc", "105", "%", "impossible"),
        ("capacity", "0", "Ah", "impossible"),
    ],
)
async def test_entities_that_do_not_fit_are_named(
    hass: HomeAssistant, key: str, state: str, unit: str | None, error: str
) -> None:
    attributes = {} if unit is None else {"unit_of_measurement": unit}
    hass.states.async_set("sensor.wrong", state, attributes)
    form = await chosen(hass, "entities")
    form = await sent(hass, form, **PICKED | {key: "sensor.wrong"})
    assert form["errors"] == {key: error}
    result = await sent(hass, form, **PICKED)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("key", "entity_id"),
    [
        ("voltage", "sensor.l_voltage"),
        ("temperature", "sensor.l_temperature"),
        ("discharge_switch", "switch.l_discharge"),
    ],
)
async def test_a_battery_is_not_made_of_our_own_entities(
    hass: HomeAssistant, key: str, entity_id: str
) -> None:
    """It would be a second one that always agrees with the first."""
    platform, _, object_id = entity_id.partition(".")
    registry = er.async_get(hass)
    registry.async_get_or_create(platform, DOMAIN, "l", suggested_object_id=object_id)
    hass.states.async_set(entity_id, "26.4")
    form = await sent(hass, await chosen(hass, "entities"), **PICKED | {key: entity_id})
    assert form["errors"] == {key: "own_entity"}


async def test_a_battery_has_a_name(hass: HomeAssistant) -> None:
    form = await sent(hass, await chosen(hass, "entities"), **PICKED | {"name": "  "})
    assert form["errors"] == {"name": "empty_name"}
    result = await sent(hass, form, **PICKED | {"name": " Port side "})
    assert result["title"] == "Port side"


@pytest.mark.parametrize("volts", ["9.7", "14.9", "25.6", "40.2", "59.9"])
async def test_the_voltage_of_any_battery_is_taken(hass: HomeAssistant, volts: str) -> None:
    hass.states.async_set("sensor.bms_voltage", volts, {"unit_of_measurement": "V"})
    result = await sent(hass, await chosen(hass, "entities"), **PICKED)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["nominal_voltage"] is not None


@pytest.mark.parametrize("unit", ["mV", "V", None])
async def test_fitting_units_are_taken(hass: HomeAssistant, unit: str | None) -> None:
    attributes = {} if unit is None else {"unit_of_measurement": unit}
    hass.states.async_set("sensor.bms_voltage", "13200" if unit == "mV" else "13.2", attributes)
    form = await chosen(hass, "entities")
    result = await sent(hass, form, **PICKED)
    assert result["data"]["nominal_voltage"] == pytest.approx(12.8)


@pytest.mark.parametrize(
    ("companion", "contradicts"),
    [
        (("binary_sensor.bms_charging", "battery_charging", "on"), True),
        (("binary_sensor.bms_charging", "battery_charging", "off"), False),
        (("binary_sensor.bms_charging", "battery_charging", "unknown"), False),
        (("sensor.bms_power", "power", "264"), True),
        (("sensor.bms_power", "power", "-264"), False),
        (("sensor.bms_power", "power", "0.1"), False),
    ],
)
async def test_a_wrong_sign_is_noticed(
    hass: HomeAssistant, companion: tuple[str, str, str], contradicts: bool
) -> None:
    on_one_device(hass, companion=companion)
    form = await chosen(hass, "entities")
    result: Any = await sent(hass, form, **PICKED)
    if not contradicts:
        assert result["type"] is FlowResultType.CREATE_ENTRY
        return
    assert result["errors"] == {"invert_current": "sign_contradicts"}
    suggested = {
        str(marker): marker.description["suggested_value"]
        for marker in result["data_schema"].schema
        if marker.description
    }
    assert suggested["invert_current"] is True
    result = await sent(hass, result, **PICKED | {"invert_current": True})
    assert result["data"]["invert_current"] is True


async def test_the_owner_has_the_last_word_on_the_sign(hass: HomeAssistant) -> None:
    on_one_device(hass, charging=("binary_sensor.bms_charging", "battery_charging", "on"))
    form = await chosen(hass, "entities")
    form = await sent(hass, form, **PICKED)
    result = await sent(hass, form, **PICKED)
    assert result["data"]["invert_current"] is False


async def test_a_small_current_has_no_sign_to_judge(hass: HomeAssistant) -> None:
    on_one_device(hass, charging=("binary_sensor.bms_charging", "battery_charging", "on"))
    hass.states.async_set("sensor.bms_current", "-0.2", {"unit_of_measurement": "A"})
    form = await chosen(hass, "entities")
    result = await sent(hass, form, **PICKED)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_two_batteries_do_not_share_their_entities(hass: HomeAssistant) -> None:
    MockConfigEntry(domain=DOMAIN, data={"kind": "entities", **PICKED}).add_to_hass(hass)
    form = await chosen(hass, "entities")
    result = await sent(hass, form, **PICKED)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_entities_can_be_exchanged(hass: HomeAssistant) -> None:
    picked = {key: value for key, value in PICKED.items() if key != "name"}
    entry = MockConfigEntry(
        domain=DOMAIN, title="Port side", data={"kind": "entities", **picked}, options={"a": 1}
    )
    entry.add_to_hass(hass)
    hass.states.async_set("sensor.other_soc", "70")
    hass.states.async_set("sensor.broken", "unavailable")
    form = await entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_entities"
    form = await sent(hass, form, **PICKED | {"soc": "sensor.broken"})
    assert form["errors"] == {"soc": "no_number"}
    result = await sent(hass, form, **PICKED | {"soc": "sensor.other_soc"})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["soc"] == "sensor.other_soc"
    assert entry.data["kind"] == "entities"
    assert entry.options == {"a": 1}


async def test_entities_of_another_battery_are_not_taken_in_exchange(hass: HomeAssistant) -> None:
    MockConfigEntry(domain=DOMAIN, data={"kind": "entities", **PICKED}).add_to_hass(hass)
    own = {**PICKED, "voltage": "sensor.own_voltage", "current": "sensor.own_current"}
    entry = MockConfigEntry(domain=DOMAIN, title="Port side", data={"kind": "entities", **own})
    entry.add_to_hass(hass)
    form = await entry.start_reconfigure_flow(hass)
    result = await sent(hass, form, **PICKED)
    assert result["reason"] == "already_configured"
    assert entry.data["current"] == "sensor.own_current"
