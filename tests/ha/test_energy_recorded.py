"""Totals of energy do not step back after a crash: the recorder knows more than what was saved."""

from collections.abc import Awaitable, Callable
import logging
from unittest.mock import patch

from homeassistant.components.recorder import history
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    mock_restore_cache_with_extra_data,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager
from sqlalchemy.exc import OperationalError

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESSES, FakeReaders, bank_entry, battery_entry, set_up
from .test_bank import value

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

KILOWATT_HOURS = {"unit_of_measurement": "kWh", "state_class": "total_increasing"}


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder before Home Assistant is there, without a word on every statement."""
    for name in ("sqlalchemy.engine", "homeassistant.components.recorder"):
        logging.getLogger(name).setLevel(logging.WARNING)


def entity_of(hass: HomeAssistant, entry: MockConfigEntry, owner: str, key: str) -> str:
    """Make the entity's entry before the integration is set up, as after a restart."""
    found = er.async_get(hass).async_get_or_create(
        "sensor", DOMAIN, f"{owner}_{key}", config_entry=entry
    )
    return found.entity_id


async def recorded(hass: HomeAssistant, entity_id: str, *states: str, unit: str = "kWh") -> None:
    """Let the recorder write what was shown before the crash."""
    for state in states:
        hass.states.async_set(entity_id, state, {**KILOWATT_HOURS, "unit_of_measurement": unit})
    await async_wait_recording_done(hass)
    hass.states.async_remove(entity_id)
    await hass.async_block_till_done()


@pytest.mark.usefixtures("recorder_mock")
async def test_totals_go_on_from_what_was_recorded_last(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    members = [battery_entry(0), battery_entry(1)]
    bank = bank_entry(members)
    for entry in (*members, bank):
        entry.add_to_hass(hass)
    of_bank = entity_of(hass, bank, bank.entry_id, "energy_discharged")
    of_battery = entity_of(hass, members[0], ADDRESSES[0], "energy_discharged")
    await recorded(hass, of_bank, "7.48", "7.5", "unavailable", "unknown")
    await recorded(hass, of_battery, "3750", "unavailable", unit="Wh")
    mock_restore_cache_with_extra_data(
        hass,
        [
            (State(of_bank, "7.1", KILOWATT_HOURS), {}),
            (
                State(of_battery, "3.6", KILOWATT_HOURS),
                {"charged": 0.0, "discharged": 3.6041, "last": [1.0, -100.0]},
            ),
        ],
    )
    await set_up(hass, *members, bank)
    assert value(hass, bank, "energy_discharged") == 7.5
    shown = hass.states.get(of_battery)
    assert shown is not None
    assert float(shown.state) == 3.75
    for _ in range(20):
        await pass_time(28)
    after = value(hass, bank, "energy_discharged")
    assert after is not None
    assert 7.5 < after < 7.56
    assert value(hass, bank, "energy_charged") == 0


@pytest.mark.usefixtures("recorder_mock")
async def test_what_was_saved_counts_where_it_is_more(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    battery = battery_entry()
    battery.add_to_hass(hass)
    entity_id = entity_of(hass, battery, ADDRESSES[0], "energy_charged")
    await recorded(hass, entity_id, "2.0")
    saved = {"charged": 2.5034, "discharged": 0.0, "last": None}
    mock_restore_cache_with_extra_data(hass, [(State(entity_id, "2.5", KILOWATT_HOURS), saved)])
    await set_up(hass, battery)
    shown = hass.states.get(entity_id)
    assert shown is not None
    assert float(shown.state) == 2.503


@pytest.mark.usefixtures("recorder_mock")
async def test_a_recorder_that_fails_takes_nothing_else_along(
    hass: HomeAssistant, readers: FakeReaders, caplog: pytest.LogCaptureFixture
) -> None:
    failure = OperationalError("select", {}, Exception("disk I/O error"))
    with patch.object(history, "get_last_state_changes", side_effect=failure):
        await set_up(hass, battery_entry())
    assert "The recorder does not tell what sensor." in caplog.text
    shown = hass.states.get("sensor.l_12100bnna70_a00001_energy_charged")
    assert shown is not None
    assert float(shown.state) == 0.0
