"""What the entities of a battery show, when they appear, and how often they change."""

from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

from homeassistant.const import STATE_UNKNOWN, EntityCategory
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState

from .conftest import ADDRESS, FakeReaders, advertise, battery_entry, reading, service_info, set_up

type Passed = Callable[[float], Awaitable[None]]

SHOWN = {
    "voltage": ("13.2", "V"),
    "current": ("-10.0", "A"),
    "power": ("-132.0", "W"),
    "soc": ("80.0", "%"),
    "remaining_capacity": ("80.0", "Ah"),
    "capacity": ("100.0", "Ah"),
    "stored_energy": ("1.02", "kWh"),
    "temperature": ("21.0", "°C"),
    "cell_delta": ("2.0", "mV"),
    "cycles": ("12", None),
    "health": ("100.0", "%"),
    "state": ("discharging", None),
    "runtime": ("8.0", "h"),
    "energy_charged": ("0.0", "kWh"),
    "energy_discharged": ("0.0", "kWh"),
}
HIDDEN = {
    *("cell_min", "cell_max", "cell_1", "cell_2", "cell_3", "cell_4"),
    *("temperature_1", "temperature_2", "link_quality", "last_seen"),
}


def registered(hass: HomeAssistant, key: str, platform: str = "sensor") -> str | None:
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{ADDRESS}_{key}")


def entity(hass: HomeAssistant, key: str, platform: str = "sensor") -> State:
    entity_id = registered(hass, key, platform)
    assert entity_id is not None, key
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


def of_platform(hass: HomeAssistant, entry: MockConfigEntry, platform: str) -> dict[str, Any]:
    """Registry entries by key."""
    entries = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {
        found.unique_id.removeprefix(f"{ADDRESS}_"): found
        for found in entries
        if found.domain == platform
    }


async def test_sensors(hass: HomeAssistant, battery: MockConfigEntry) -> None:
    for key, (value, unit) in SHOWN.items():
        state = entity(hass, key)
        assert (state.state, state.attributes.get("unit_of_measurement")) == (value, unit), key
    sensors = of_platform(hass, battery, "sensor")
    assert sensors.keys() == SHOWN.keys() | HIDDEN
    for key, found in sensors.items():
        assert found.translation_key == key
        assert (found.disabled_by is not None) == (key in HIDDEN), key
    for key in HIDDEN:
        assert sensors[key].entity_category is EntityCategory.DIAGNOSTIC


async def test_sensors_that_are_off_by_default(
    hass: HomeAssistant, readers: FakeReaders, pass_time: Passed
) -> None:
    readers.of(ADDRESS).link_quality = 0.96
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True):
        await set_up(hass, battery_entry())
        advertise(hass, service_info(rssi=-61))
        await pass_time(31)
    values = {
        key: (entity(hass, key).state, entity(hass, key).attributes.get("unit_of_measurement"))
        for key in HIDDEN - {"last_seen"} | {"rssi"}
    }
    assert values == {
        "cell_1": ("3.301", "V"),
        "cell_2": ("3.3", "V"),
        "cell_3": ("3.302", "V"),
        "cell_4": ("3.3", "V"),
        "cell_min": ("3.3", "V"),
        "cell_max": ("3.302", "V"),
        "temperature_1": ("21.0", "°C"),
        "temperature_2": ("24.0", "°C"),
        "link_quality": ("96.0", "%"),
        "rssi": ("-61", "dBm"),
    }
    seen = dt_util.parse_datetime(entity(hass, "last_seen").state)
    assert seen is not None
    assert abs((dt_util.utcnow() - seen).total_seconds()) <= 1


async def test_classes_that_statistics_and_the_energy_dashboard_need(
    hass: HomeAssistant, battery: MockConfigEntry
) -> None:
    classes = {
        key: (
            entity(hass, key).attributes.get("device_class"),
            entity(hass, key).attributes.get("state_class"),
        )
        for key in SHOWN
    }
    assert classes == {
        "voltage": ("voltage", "measurement"),
        "current": ("current", "measurement"),
        "power": ("power", "measurement"),
        "soc": ("battery", "measurement"),
        "remaining_capacity": (None, "measurement"),
        "capacity": (None, "measurement"),
        "stored_energy": ("energy_storage", "measurement"),
        "temperature": ("temperature", "measurement"),
        "cell_delta": ("voltage", "measurement"),
        "cycles": (None, "total_increasing"),
        "health": (None, "measurement"),
        "state": ("enum", None),
        "runtime": ("duration", "measurement"),
        "energy_charged": ("energy", "total_increasing"),
        "energy_discharged": ("energy", "total_increasing"),
    }


async def test_what_is_not_reported_has_no_entity_until_it_is(
    hass: HomeAssistant, readers: FakeReaders, pass_time: Passed
) -> None:
    entry = battery_entry()
    readers.of(ADDRESS).sample = reading(
        cells=(),
        temperatures=(),
        cycles=None,
        health=None,
        remaining=None,
        capacity=None,
        heater=None,
        balancing=None,
        current=None,
        soc=None,
        state=None,
    )
    await set_up(hass, entry)
    sensors = of_platform(hass, entry, "sensor")
    assert sensors.keys() == {"voltage", "link_quality", "last_seen"}
    assert of_platform(hass, entry, "binary_sensor").keys() == {"problem"}

    readers[ADDRESS].sample = reading()
    await pass_time(50)
    assert of_platform(hass, entry, "sensor").keys() == SHOWN.keys() | HIDDEN
    assert len(of_platform(hass, entry, "binary_sensor")) == 4
    assert entity(hass, "soc").state == "80.0"


async def test_signal_strength_comes_with_an_advertisement(
    hass: HomeAssistant, battery: MockConfigEntry, pass_time: Passed
) -> None:
    assert registered(hass, "rssi") is None
    advertise(hass, service_info(rssi=-61))
    await pass_time(31)
    assert registered(hass, "rssi") is not None


async def test_unknown_is_unknown_and_never_zero(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].shows(current=None, soc=None, remaining=None, temperatures=(), cells=())
    await pass_time(31)
    for key in ("current", "power", "soc", "remaining_capacity", "temperature", "cell_delta"):
        assert entity(hass, key).state == STATE_UNKNOWN, key


async def test_the_owners_capacity_counts(hass: HomeAssistant, readers: FakeReaders) -> None:
    await set_up(hass, battery_entry(options={"capacity": 105.0}))
    assert entity(hass, "capacity").state == "105.0"


async def test_runtime_follows_the_mean_load_and_is_unknown_without_one(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].shows(current=-20.0)
    for _ in range(2):
        await pass_time(31)
    assert 6.0 < float(entity(hass, "runtime").state) < 8.0
    for _ in range(60):
        await pass_time(31)
    assert float(entity(hass, "runtime").state) == pytest.approx(4.0, abs=0.3)
    readers[ADDRESS].shows(current=5.0, state=BatteryState.CHARGING)
    await pass_time(31)
    assert entity(hass, "runtime").state == STATE_UNKNOWN


async def test_binary_sensors(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    assert entity(hass, "problem", "binary_sensor").state == "off"
    assert entity(hass, "charging", "binary_sensor").state == "off"
    found = of_platform(hass, battery, "binary_sensor")
    assert {key for key, entry in found.items() if entry.disabled} == {"heater", "balancing"}
    readers[ADDRESS].shows(
        current=5.0,
        state=BatteryState.PROTECTION,
        protections=("cell_undervoltage",),
    )
    await pass_time(31)
    problem = entity(hass, "problem", "binary_sensor")
    assert problem.state == "on"
    assert problem.attributes["protections"] == ["cell_undervoltage"]
    readers[ADDRESS].shows(state=BatteryState.CHARGING, protections=())
    await pass_time(31)
    assert entity(hass, "charging", "binary_sensor").state == "on"
    readers[ADDRESS].shows(state=None)
    await pass_time(31)
    assert entity(hass, "charging", "binary_sensor").state == "on"
