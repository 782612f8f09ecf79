"""A battery is set up, read at its pace, and unloaded."""

from collections.abc import Awaitable, Callable
from unittest.mock import patch

from homeassistant.components import bluetooth
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.details import Details
from custom_components.lifepo4_bank.ble.errors import (
    AuthenticationRefused,
    GarbledReply,
    HeldByAnother,
    Reason,
    Unreachable,
)
from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESS, NAME, FakeReaders, battery_entry, set_up

type Passed = Callable[[float], Awaitable[None]]

VOLTAGE = "sensor.l_12100bnna70_a00001_voltage"
STATE = "sensor.l_12100bnna70_a00001_state"


async def test_loads_and_unloads(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders
) -> None:
    assert battery.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(battery.entry_id)
    assert readers[ADDRESS].closed
    assert await hass.config_entries.async_setup(battery.entry_id)
    assert battery.state is ConfigEntryState.LOADED
    assert not readers[ADDRESS].closed


async def test_the_device_shows_what_the_battery_tells(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, ADDRESS), battery.entry_id)
    assert device is not None
    assert device.connections == {(dr.CONNECTION_BLUETOOTH, ADDRESS)}
    assert (device.name, device.manufacturer, device.model) == (NAME, "LiTime", "12 V 100 Ah")
    assert (device.serial_number, device.sw_version) == ("A1", "1.4.0")

    readers[ADDRESS].details = Details(brand="LiTime", serial="A2", hardware="T12100-V1.2")
    await pass_time(60)
    device = registry.async_get_device_by_identifier((DOMAIN, ADDRESS), battery.entry_id)
    assert device is not None
    assert (device.serial_number, device.hw_version) == ("A2", "T12100-V1.2")


@pytest.mark.parametrize(
    ("error", "key"),
    [
        *((Unreachable(reason), f"unreachable_{reason.value}") for reason in Reason),
        (HeldByAnother(), "unreachable_held_by_another"),
        (GarbledReply("?"), "unreachable_garbled"),
    ],
)
async def test_a_battery_that_does_not_answer_is_tried_again_and_says_why(
    hass: HomeAssistant, readers: FakeReaders, error: Exception, key: str
) -> None:
    entry = battery_entry()
    readers.of(ADDRESS).error = error
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == key
    assert entry.reason is not None
    assert NAME in entry.reason
    assert "{" not in entry.reason
    assert readers[ADDRESS].closed


async def test_what_the_adapters_know_is_in_the_log_and_not_in_front_of_people(
    hass: HomeAssistant, readers: FakeReaders, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "custom_components.lifepo4_bank")
    entry = battery_entry()
    readers.of(ADDRESS).error = Unreachable(Reason.NO_SLOT)
    with patch.object(
        bluetooth, "async_address_reachability_diagnostics", return_value="connectable scanner(s)"
    ):
        await set_up(hass, entry)
    assert entry.reason == (
        f"All connection slots of the Bluetooth adapters are taken, so {NAME} cannot be read. "
        "Add a Bluetooth proxy"
    )
    assert "scanner" not in str(entry.error_reason_translation_placeholders)
    (line,) = (told for told in caplog.messages if "scanner(s)" in told)
    assert line == f"{ADDRESS} gives no reading (no_slot): connectable scanner(s)"


async def test_a_refused_secret_starts_the_reauthentication(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = battery_entry()
    readers.of(ADDRESS).error = AuthenticationRefused()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_confirm"


async def test_a_secret_refused_later_starts_it_too(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].error = AuthenticationRefused()
    await pass_time(60)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["step_id"] == "reauth_confirm"


async def test_a_removed_battery_can_be_discovered_again(
    hass: HomeAssistant, battery: MockConfigEntry
) -> None:
    with patch.object(bluetooth, "async_rediscover_address") as rediscover:
        await hass.config_entries.async_remove(battery.entry_id)
    assert rediscover.call_args.args == (hass, ADDRESS)


async def test_a_variant_that_cannot_be_switched_shows_once_it_is_read(
    hass: HomeAssistant, readers: FakeReaders, pass_time: Passed
) -> None:
    entry = battery_entry()
    reader = readers.of(ADDRESS)
    reader.switchable = frozenset()
    await set_up(hass, entry)
    reader.switchable = reader.family.switchable
    await pass_time(50)
    assert entry.runtime_data.switchable == frozenset()


async def test_it_reads_faster_while_something_is_going_on_and_slower_when_idle(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    coordinator = battery.runtime_data
    # a second early, as a reading takes a moment
    assert coordinator.update_interval.total_seconds() == 29
    coordinator.quicken(60)
    assert coordinator.update_interval.total_seconds() == 9
    await pass_time(70)
    assert coordinator.update_interval.total_seconds() == 29
    readers[ADDRESS].shows(current=0.0)
    await pass_time(31)
    assert coordinator.update_interval.total_seconds() == 44


async def test_a_nominal_voltage_that_was_unknown_comes_with_a_reading(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = battery_entry()
    entry = battery_entry(data={**entry.data, "nominal_voltage": None})
    readers.of(ADDRESS).shows(cells=(), voltage=26.6)
    await set_up(hass, entry)
    assert entry.runtime_data.battery.nominal_voltage == pytest.approx(25.6)
    assert entry.data["nominal_voltage"] == pytest.approx(25.6)


async def test_two_loaded_batteries_are_offered_as_a_bank(
    hass: HomeAssistant, batteries: list[MockConfigEntry]
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["step_id"] for flow in flows] == ["bank"]


async def test_an_unknown_family_is_an_error_that_says_so(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = battery_entry()
    entry = battery_entry(data={**entry.data, "family": "gone"})
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "unknown_family"


async def test_a_battery_that_is_unloaded_cannot_be_read(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders
) -> None:
    coordinator = battery.runtime_data
    await hass.config_entries.async_unload(battery.entry_id)
    reads = readers[ADDRESS].reads
    with pytest.raises(UpdateFailed) as raised:
        await coordinator.async_read()
    assert raised.value.translation_key == "not_loaded"
    assert readers[ADDRESS].reads == reads


async def test_a_refused_secret_is_told_to_who_asks_for_a_reading(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders
) -> None:
    readers[ADDRESS].error = AuthenticationRefused()
    with pytest.raises(ConfigEntryAuthFailed):
        await battery.runtime_data.async_read()
