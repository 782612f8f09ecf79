"""Energy in and out of a battery: integrated, never invented, never forgotten."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant, State
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    mock_restore_cache_with_extra_data,
)

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable

from .conftest import ADDRESS, FakeReaders, battery_entry, set_up
from .test_battery_entities import entity

type Passed = Callable[[float], Awaitable[None]]


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
