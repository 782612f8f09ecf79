"""A battery falls silent: missed once, asleep, lost, with the phone, and back again."""

from collections.abc import Awaitable, Callable, Mapping
import logging
from typing import Any
from unittest.mock import patch

from homeassistant.components import bluetooth
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.core.battery import BatteryState

from .conftest import ADDRESS, NAME, FakeReaders, advertise, service_info

type Passed = Callable[[float], Awaitable[None]]

VOLTAGE = "sensor.l_12100bnna70_a00001_voltage"
STATE = "sensor.l_12100bnna70_a00001_state"


def shown(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


def attributes(hass: HomeAssistant, entity_id: str) -> Mapping[str, Any]:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.attributes


def our_log(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log of Home Assistant shows of the integration."""
    return [
        record.message
        for record in caplog.records
        if "lifepo4_bank" in record.name and record.levelno >= logging.INFO
    ]


async def test_one_missed_reading_is_no_outage_but_has_its_age(
    hass: HomeAssistant,
    battery: MockConfigEntry,
    readers: FakeReaders,
    pass_time: Passed,
    caplog: pytest.LogCaptureFixture,
) -> None:
    coordinator = battery.runtime_data
    before = coordinator.data
    readers[ADDRESS].error = Unreachable(Reason.LINK_LOST)
    caplog.clear()
    await pass_time(40)
    assert readers[ADDRESS].reads > 1
    assert coordinator.data is before
    assert shown(hass, VOLTAGE) == "13.2"
    assert not our_log(caplog)
    with pytest.raises(UpdateFailed):
        await coordinator.async_read()


async def test_loss_and_return_are_logged_once(
    hass: HomeAssistant,
    battery: MockConfigEntry,
    readers: FakeReaders,
    pass_time: Passed,
    caplog: pytest.LogCaptureFixture,
) -> None:
    readers[ADDRESS].error = Unreachable(Reason.NO_CONNECTION)
    caplog.clear()
    for _ in range(10):
        await pass_time(31)
    assert shown(hass, VOLTAGE) == STATE_UNAVAILABLE
    assert len(our_log(caplog)) == 1
    assert NAME in caplog.text

    readers[ADDRESS].error = None
    caplog.clear()
    for _ in range(3):
        await pass_time(31)
    assert shown(hass, VOLTAGE) == "13.2"
    assert len(our_log(caplog)) == 1


async def test_an_idle_battery_that_falls_silent_is_asleep(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].shows(current=0.0, state=BatteryState.STANDBY)
    await pass_time(50)
    seen = battery.runtime_data.last_seen
    readers[ADDRESS].error = Unreachable(Reason.OUT_OF_RANGE)
    for _ in range(20):
        await pass_time(50)
    assert shown(hass, STATE) == "asleep"
    assert shown(hass, "sensor.l_12100bnna70_a00001_state_of_charge") == "80.0"
    assert shown(hass, VOLTAGE) == "unknown"
    assert shown(hass, "binary_sensor.l_12100bnna70_a00001_charging") == "unknown"
    assert battery.runtime_data.last_seen == seen
    for entity_id in (STATE, "sensor.l_12100bnna70_a00001_state_of_charge"):
        assert attributes(hass, entity_id)["last_seen"] == seen
    assert "last_seen" not in attributes(hass, VOLTAGE)

    readers[ADDRESS].error = None
    await pass_time(50)
    assert shown(hass, STATE) == "standby"
    assert shown(hass, VOLTAGE) == "13.2"
    assert "last_seen" not in attributes(hass, STATE)


async def test_a_loaded_battery_that_falls_silent_is_lost(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].error = Unreachable(Reason.OUT_OF_RANGE)
    for _ in range(5):
        await pass_time(50)
    assert shown(hass, STATE) == STATE_UNAVAILABLE


async def test_without_any_scanner_nobody_knows_whether_it_sleeps(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].shows(current=0.0, state=BatteryState.STANDBY)
    await pass_time(50)
    readers[ADDRESS].error = Unreachable(Reason.OUT_OF_RANGE)
    with patch.object(bluetooth, "async_scanner_count", return_value=0):
        for _ in range(5):
            await pass_time(50)
    assert shown(hass, STATE) == STATE_UNAVAILABLE


async def test_the_return_of_the_advertisement_is_answered_at_once(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    reader = readers[ADDRESS]
    reader.error = Unreachable(Reason.OUT_OF_RANGE, retry_after=300)
    for _ in range(5):
        await pass_time(50)
    assert shown(hass, VOLTAGE) == STATE_UNAVAILABLE
    reader.error = None
    reads = reader.reads
    advertise(hass, service_info())
    await pass_time(1)
    assert reader.taken_back
    assert reader.reads == reads + 1
    assert shown(hass, VOLTAGE) == "13.2"

    advertise(hass, service_info(rssi=-70))
    await pass_time(1)
    assert reader.reads == reads + 1


async def test_a_battery_that_was_released_is_not_snatched_from_the_phone_app(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    """A battery does not advertise while it is connected, so it seems to come back."""
    reader = readers[ADDRESS]
    advertise(hass, service_info())
    await pass_time(600)
    await battery.runtime_data.async_release()
    reader.error = Unreachable(Reason.RELEASED, retry_after=300)
    advertise(hass, service_info(rssi=-59))
    await pass_time(1)
    assert reader.released
    assert not reader.taken_back


async def test_a_released_battery_that_keeps_quiet_is_still_with_the_phone(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    """What is connected does not advertise: idle as it is, this battery is not asleep."""
    readers[ADDRESS].shows(current=0.0, state=BatteryState.STANDBY)
    await pass_time(50)
    await battery.runtime_data.async_release()
    readers[ADDRESS].error = Unreachable(Reason.OUT_OF_RANGE)
    for _ in range(10):
        await pass_time(50)
    assert shown(hass, STATE) == STATE_UNAVAILABLE
    error = battery.runtime_data.last_exception
    assert isinstance(error, UpdateFailed)
    assert error.translation_key == "unreachable_held_by_another"

    # once it was heard again, it is as any other
    advertise(hass, service_info())
    for _ in range(10):
        await pass_time(50)
    error = battery.runtime_data.last_exception
    assert isinstance(error, UpdateFailed)
    assert error.translation_key != "unreachable_held_by_another"


async def test_a_lost_link_to_an_idle_battery_is_not_sleep_at_once(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].shows(current=0.0, state=BatteryState.STANDBY)
    await pass_time(50)
    readers[ADDRESS].error = Unreachable(Reason.LINK_LOST)
    await pass_time(50)
    assert shown(hass, STATE) == "standby"


async def test_the_wait_that_the_battery_asks_for_is_kept(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].error = Unreachable(Reason.NO_CONNECTION, retry_after=200)
    for _ in range(5):
        await pass_time(31)
    reads = readers[ADDRESS].reads
    await pass_time(100)
    assert readers[ADDRESS].reads == reads
    await pass_time(110)
    assert readers[ADDRESS].reads == reads + 1
