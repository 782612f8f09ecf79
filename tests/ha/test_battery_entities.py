"""What the entities of a battery show, when they appear, and how often they change."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.const import STATE_UNKNOWN, EntityCategory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    mock_restore_cache_with_extra_data,
)

from custom_components.lifepo4_bank.ble.errors import (
    CommandRefused,
    NotConfirmed,
    NotSwitchable,
    Reason,
    Unreachable,
)
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState

from .conftest import (
    ADDRESS,
    FakeReaders,
    advertise,
    bank_entry,
    battery_entry,
    reading,
    service_info,
    set_up,
)

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


async def test_noise_writes_nothing_and_a_real_change_is_exact(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    changes: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        assert old
        assert new
        if old.state != new.state:
            changes.append(new.entity_id)

    watched = [entity(hass, key).entity_id for key in SHOWN if not key.startswith("energy")]
    async_track_state_change_event(hass, watched, note)
    for number in range(10):
        wobble = (-1) ** number * 0.004
        readers[ADDRESS].shows(
            voltage=13.2 + wobble,
            current=-10.0 + wobble * 8,
            temperatures=(21.0 + wobble, 24.0),
            cells=(3.301 + wobble / 5, 3.3, 3.302, 3.3),
        )
        await pass_time(31)
    assert changes == []

    readers[ADDRESS].shows(current=-11.23, voltage=13.11)
    await pass_time(31)
    assert entity(hass, "current").state == "-11.23"
    assert entity(hass, "voltage").state == "13.11"


async def test_a_current_that_ends_is_shown_however_small_it_was(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].shows(current=-0.04)
    await pass_time(31)
    assert entity(hass, "current").state == "-0.04"
    readers[ADDRESS].shows(current=0.0)
    await pass_time(50)
    assert entity(hass, "current").state == "0.0"
    readers[ADDRESS].shows(current=0.03)
    await pass_time(50)
    assert entity(hass, "current").state == "0.03"


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


async def test_energy_is_integrated_and_split_by_direction(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    for _ in range(60):
        await pass_time(60)
    assert float(entity(hass, "energy_discharged").state) == pytest.approx(0.132, abs=0.005)
    assert float(entity(hass, "energy_charged").state) == 0.0
    readers[ADDRESS].shows(current=20.0)
    for _ in range(60):
        await pass_time(60)
    assert float(entity(hass, "energy_charged").state) == pytest.approx(0.264, abs=0.007)
    assert float(entity(hass, "energy_discharged").state) == pytest.approx(0.132, abs=0.005)


async def test_no_energy_is_invented_across_a_gap(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].error = Unreachable(Reason.OUT_OF_RANGE)
    for _ in range(120):
        await pass_time(31)
    readers[ADDRESS].error = None
    await pass_time(50)
    assert float(entity(hass, "energy_discharged").state) <= 0.005


async def test_energy_survives_a_restart_and_never_steps_back(
    hass: HomeAssistant, readers: FakeReaders, pass_time: Passed
) -> None:
    energy = "sensor.l_12100bnna70_a00001_energy_"
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(f"{energy}charged", "5.0"),
                {"charged": 5.0041, "discharged": 7.0, "last": None},
            ),
            (State(f"{energy}discharged", "7.25"), {"charged": "broken"}),
        ],
    )
    await set_up(hass, battery_entry())
    assert entity(hass, "energy_charged").state == "5.004"
    assert entity(hass, "energy_discharged").state == "7.25"
    for _ in range(30):
        await pass_time(60)
    assert float(entity(hass, "energy_discharged").state) == pytest.approx(7.316, abs=0.006)
    assert entity(hass, "energy_charged").state == "5.004"


async def test_a_worthless_store_starts_at_nothing(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    energy = "sensor.l_12100bnna70_a00001_energy_"
    mock_restore_cache_with_extra_data(
        hass,
        [
            (State(f"{energy}charged", "unknown"), {"last": 3}),
            (State(f"{energy}discharged", "inf"), {"last": 3}),
        ],
    )
    await set_up(hass, battery_entry())
    assert entity(hass, "energy_charged").state == "0.0"
    assert entity(hass, "energy_discharged").state == "0.0"


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


async def test_a_family_that_cannot_be_switched_has_no_switches(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = await with_switches(hass, family="seplos")
    assert of_platform(hass, entry, "switch") == {}


async def test_signal_strength_comes_with_an_advertisement(
    hass: HomeAssistant, battery: MockConfigEntry, pass_time: Passed
) -> None:
    assert registered(hass, "rssi") is None
    advertise(hass, service_info(rssi=-61))
    await pass_time(31)
    assert registered(hass, "rssi") is not None
