"""A battery is read from other integrations' entities, and switched by their switches."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatterySample, BatteryState

from .conftest import set_up
from .test_entities_flow import on_one_device

type Passed = Callable[[float], Awaitable[None]]

UNITS = {"voltage": "mV", "current": "mA", "soc": "%", "temperature": "°F", "capacity": "mAh"}
VALUES = {
    "voltage": "13200",
    "current": "-10000",
    "soc": "80",
    "temperature": "68",
    "capacity": "100000",
}


def show(hass: HomeAssistant, **values: str) -> None:
    """Let the source entities report."""
    for key, value in values.items():
        attributes = {"unit_of_measurement": UNITS[key]}
        hass.states.async_set(f"sensor.bms_{key}", value, attributes)


def source_entry(title: str = "Port side", **changes: Any) -> MockConfigEntry:
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        data={
            "kind": "entities",
            "nominal_voltage": 12.8,
            **{key: f"sensor.bms_{key}" for key in VALUES},
            "invert_current": False,
            **changes,
        },
    )


async def read(hass: HomeAssistant, **changes: Any) -> BatterySample:
    show(hass, **VALUES)
    entry = source_entry(**changes)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    sample: BatterySample = entry.runtime_data.data
    assert sample.battery == entry.entry_id == entry.runtime_data.battery.id
    return sample


async def test_units_are_converted(hass: HomeAssistant) -> None:
    sample = await read(hass)
    assert sample.voltage == pytest.approx(13.2)
    assert sample.current == pytest.approx(-10)
    assert sample.soc == pytest.approx(0.8)
    assert sample.temperature == pytest.approx(20)
    assert sample.capacity == pytest.approx(100)
    assert sample.remaining == pytest.approx(80)
    assert sample.state is BatteryState.DISCHARGING
    assert sample.discharge_enabled is None


async def test_the_current_can_be_turned_round(hass: HomeAssistant) -> None:
    sample = await read(hass, invert_current=True)
    assert sample.current == pytest.approx(10)
    assert sample.state is BatteryState.CHARGING


async def test_what_is_not_there_is_unknown(hass: HomeAssistant) -> None:
    sample = await read(hass, temperature=None, capacity="sensor.gone", soc="sensor.gone")
    assert sample.temperature is None
    assert sample.capacity is None
    assert sample.soc is None
    assert sample.remaining is None


@pytest.mark.parametrize("percent", ["-1", "101"])
async def test_an_impossible_soc_is_unknown(hass: HomeAssistant, percent: str) -> None:
    hass.states.async_set("sensor.odd", percent, {"unit_of_measurement": "%"})
    assert (await read(hass, soc="sensor.odd")).soc is None


async def test_it_is_a_device_with_sensors_and_without_a_link(hass: HomeAssistant) -> None:
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert device is not None
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.connections == set()
    assert hass.states.get("sensor.port_side_voltage") is not None
    assert hass.states.async_all("button") == []
    assert hass.states.async_all("switch") == []
    await entry.runtime_data.async_release()
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("gone", ["voltage", "current"])
async def test_without_voltage_or_current_there_is_no_reading(
    hass: HomeAssistant, gone: str
) -> None:
    show(hass, **VALUES | {gone: "unavailable"})
    entry = source_entry()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "source_unavailable"
    assert entry.reason is not None
    assert f"sensor.bms_{gone}" in entry.reason


async def test_a_silent_source_grows_old_and_is_lost(
    hass: HomeAssistant, pass_time: Passed
) -> None:
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    reported = entry.runtime_data.data.time
    for _ in range(4):
        await pass_time(60)
    assert entry.runtime_data.data.time == reported
    state = hass.states.get("sensor.port_side_voltage")
    assert state is not None
    assert state.state == "13.2"
    for _ in range(4):
        await pass_time(60)
    state = hass.states.get("sensor.port_side_voltage")
    assert state is not None
    assert state.state == STATE_UNAVAILABLE

    show(hass, **VALUES)
    await pass_time(60)
    state = hass.states.get("sensor.port_side_voltage")
    assert state is not None
    assert state.state == "13.2"


async def test_a_value_stands_for_a_while_as_long_as_its_neighbours_report(
    hass: HomeAssistant, pass_time: Passed
) -> None:
    """A source may report changes only; but a current that is stuck is not believed for ever."""
    show(hass, **VALUES)
    entry = source_entry()
    await set_up(hass, entry)
    started = entry.runtime_data.data.time
    for _ in range(14):
        await pass_time(60)
        show(hass, voltage="13190")
    await pass_time(31)
    assert entry.runtime_data.data.time > started + 13 * 60
    for _ in range(10):
        await pass_time(60)
        show(hass, voltage="13190")
    await pass_time(31)
    assert entry.runtime_data.last_update_success is False


async def test_a_wrong_sign_that_shows_later_is_reported(
    hass: HomeAssistant, pass_time: Passed
) -> None:
    on_one_device(hass, charging=("binary_sensor.bms_charging", "battery_charging", "off"))
    show(hass, **VALUES | {"current": "100"})
    entry = source_entry()
    await set_up(hass, entry)
    issues = ir.async_get(hass).issues
    issue = (DOMAIN, f"{entry.entry_id}_wrong_sign")

    async def go_on(minutes: int, **values: str) -> None:
        for _ in range(minutes):
            show(hass, **VALUES | values)
            await pass_time(60)

    await go_on(15, current="-9000")
    assert issue not in issues
    await go_on(5, current="9000")
    assert issue not in issues
    await go_on(10, current="9000")
    assert issue in issues
    await go_on(2, current="-9000")
    assert issue not in issues
    await go_on(15, current="9000")
    assert issue in issues
    await hass.config_entries.async_unload(entry.entry_id)
    assert issue not in issues


async def test_without_a_report_of_faults_nobody_says_that_there_are_none(
    hass: HomeAssistant,
) -> None:
    await read(hass)
    assert hass.states.get("binary_sensor.port_side_charging")
    assert hass.states.get("binary_sensor.port_side_problem") is None
