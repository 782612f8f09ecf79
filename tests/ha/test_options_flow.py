"""Options of batteries and banks."""

from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESS, FakeReaders, bank_entry, battery_entry


async def opened(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    return await hass.config_entries.options.async_init(entry.entry_id)


def fields(form: Any) -> set[str]:
    return {str(marker) for marker in form["data_schema"].schema}


async def test_options_of_a_battery_take_effect_at_once(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders
) -> None:
    before = battery.runtime_data
    form = await opened(hass, battery)
    assert form["step_id"] == "battery"
    assert fields(form) == {"poll_interval", "link", "capacity", "detection_floor"}
    result = await hass.config_entries.options.async_configure(
        form["flow_id"],
        {"poll_interval": 60, "link": "keep", "capacity": 105, "detection_floor": 0.2},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert battery.options == {
        "poll_interval": 60,
        "link": "keep",
        "capacity": 105,
        "detection_floor": 0.2,
    }
    coordinator = battery.runtime_data
    assert coordinator is not before
    assert coordinator.update_interval.total_seconds() == 59
    assert coordinator.battery.capacity == 105
    assert coordinator.battery.detection_floor == 0.2
    assert readers[ADDRESS].reads == 2


async def test_a_capacity_can_be_taken_back(hass: HomeAssistant, readers: FakeReaders) -> None:
    entry = battery_entry(options={"capacity": 105})
    entry.add_to_hass(hass)
    form = await opened(hass, entry)
    await hass.config_entries.options.async_configure(
        form["flow_id"], {"poll_interval": 30, "link": "auto"}
    )
    assert "capacity" not in entry.options


@pytest.mark.parametrize("seconds", [9, 301])
async def test_a_poll_interval_out_of_bounds_is_refused(
    hass: HomeAssistant, battery: MockConfigEntry, seconds: int
) -> None:
    form = await opened(hass, battery)
    with pytest.raises(Exception, match="poll_interval"):
        await hass.config_entries.options.async_configure(
            form["flow_id"], {"poll_interval": seconds, "link": "auto"}
        )


async def test_a_secret_is_asked_where_the_family_has_one(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = battery_entry()
    entry = battery_entry(data={**entry.data, "family": "jbd"})
    entry.add_to_hass(hass)
    assert "secret" in fields(await opened(hass, entry))


async def test_a_battery_made_of_entities_has_no_link(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = battery_entry(data={"kind": "entities"})
    entry.add_to_hass(hass)
    form = await opened(hass, entry)
    assert fields(form) == {"poll_interval", "capacity", "detection_floor"}


async def test_options_of_a_bank(hass: HomeAssistant, readers: FakeReaders) -> None:
    bank = bank_entry([])
    bank.add_to_hass(hass)
    form = await opened(hass, bank)
    assert form["step_id"] == "bank"
    chosen = {
        "max_parallel": 6,
        "max_series": 2,
        "max_battery_current": 100,
        "powers_home_assistant": False,
        "current_sensor": "sensor.shunt",
    }
    with patch("custom_components.lifepo4_bank.async_setup_entry", return_value=True):
        result = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
        await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert bank.options == chosen
    assert isinstance(bank.options["max_parallel"], int)


async def test_a_bank_starts_with_the_makers_limits(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    bank = bank_entry([])
    bank.add_to_hass(hass)
    form = await opened(hass, bank)
    defaults = {
        str(marker): marker.default()
        for marker in form["data_schema"].schema
        if callable(marker.default)
    }
    assert defaults == {"max_parallel": 4, "max_series": 4, "powers_home_assistant": True}


async def test_our_own_sensors_are_not_offered_as_a_shunt(
    hass: HomeAssistant, bank: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    registry.async_get_or_create("sensor", "victron", "s", suggested_object_id="shunt")
    own = registry.async_get_entity_id("sensor", DOMAIN, f"{bank.entry_id}_current")
    battery = registry.async_get_entity_id("sensor", DOMAIN, f"{ADDRESS}_current")
    assert own
    assert battery
    hass.config_entries.async_update_entry(bank, options={"current_sensor": own})
    form = await opened(hass, bank)
    (field,) = (key for key in form["data_schema"].schema if key == "current_sensor")
    excluded = form["data_schema"].schema[field].config["exclude_entities"]
    assert {own, battery} <= set(excluded)
    assert "sensor.shunt" not in excluded
    assert not field.description, "one that is set already could not be sent again"
    chosen = {"max_parallel": 4, "max_series": 4, "powers_home_assistant": True}
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(
            form["flow_id"], chosen | {"current_sensor": own}
        )
    await hass.config_entries.options.async_configure(
        form["flow_id"], chosen | {"current_sensor": "sensor.shunt"}
    )
    assert bank.options["current_sensor"] == "sensor.shunt"
