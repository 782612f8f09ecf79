"""Batteries over Bluetooth are found, read once, and set up."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_BLUETOOTH, SOURCE_USER
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.errors import (
    AuthenticationRefused,
    GarbledReply,
    HeldByAnother,
    Reason,
    Unreachable,
)
from custom_components.lifepo4_bank.ble.family import FAMILIES
from custom_components.lifepo4_bank.const import CONF_SECRET, DOMAIN

from .conftest import (
    ADDRESS,
    ADDRESSES,
    NAME,
    NAMES,
    FakeReaders,
    advertise,
    battery_entry,
    service_info,
)


@pytest.fixture(autouse=True)
def set_ups() -> Iterator[AsyncMock]:
    """Make entries without setting them up."""
    path = "custom_components.lifepo4_bank.async_setup_entry"
    with patch(path, return_value=True) as mocked:
        yield mocked


async def discovered(hass: HomeAssistant, **changes: Any) -> Any:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_BLUETOOTH}, data=service_info(**changes)
    )


async def chosen(hass: HomeAssistant, step: str) -> Any:
    """Choose an item of the menu."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert menu["step_id"] == "user"
    assert menu["menu_options"] == ["battery", "entities", "bank"]
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": step})


async def sent(hass: HomeAssistant, form: Any, **user_input: Any) -> Any:
    return await hass.config_entries.flow.async_configure(form["flow_id"], user_input)


async def test_discovery_reads_the_battery_before_its_entry_is_made(
    hass: HomeAssistant, readers: FakeReaders, set_ups: AsyncMock
) -> None:
    form = await discovered(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "bluetooth_confirm"
    assert form["description_placeholders"]["name"] == NAME
    assert not readers

    result = await sent(hass, form)
    assert readers[ADDRESS].reads == 1
    assert readers[ADDRESS].closed
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == NAME
    assert result["result"].unique_id == ADDRESS
    assert result["data"] == {
        "kind": "battery",
        "address": ADDRESS,
        "family": "redodo",
        "nominal_voltage": pytest.approx(12.8),
    }
    assert result["options"] == {}
    assert set_ups.call_count == 1


async def test_an_advertisement_starts_the_discovery(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    advertise(hass, service_info())
    await hass.async_block_till_done(wait_background_tasks=True)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["title_placeholders"]["name"] for flow in flows] == [NAME]


@pytest.mark.parametrize(
    ("error", "key"),
    [
        *((Unreachable(reason), reason.value) for reason in Reason),
        (HeldByAnother(), "held_by_another"),
        (GarbledReply(), "garbled"),
        (AuthenticationRefused(), None),
        (RuntimeError(), "unknown"),
    ],
)
async def test_a_battery_that_cannot_be_read_says_why_and_can_be_tried_again(
    hass: HomeAssistant, readers: FakeReaders, error: Exception, key: str | None
) -> None:
    form = await discovered(hass)
    readers.of(ADDRESS).error = error
    again = await sent(hass, form)
    assert again["type"] is FlowResultType.FORM
    if key is None:
        assert again["step_id"] == "secret"
        return
    assert again["step_id"] == "bluetooth_confirm"
    assert again["errors"] == {"base": key}
    assert again["description_placeholders"].keys() == {"name", "brand"}
    assert readers[ADDRESS].closed
    readers[ADDRESS].error = None
    assert (await sent(hass, again))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_secret_is_asked_for_when_the_battery_wants_one(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    form = await discovered(hass)
    readers.of(ADDRESS).error = AuthenticationRefused()
    form = await sent(hass, form)
    assert form["step_id"] == "secret"
    assert form["errors"] == {}
    form = await sent(hass, form, secret="0000")
    assert form["step_id"] == "secret"
    assert form["errors"] == {"base": "secret_refused"}

    readers[ADDRESS].error = None
    result = await sent(hass, form, secret="1234")
    assert readers[ADDRESS].secret == "1234"
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == {CONF_SECRET: "1234"}
    assert CONF_SECRET not in result["data"]


async def test_a_battery_that_is_silent_without_its_secret_is_asked_for_it(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    jbd = {"service_uuids": ["0000ff00-0000-1000-8000-00805f9b34fb"], "manufacturer_data": {}}
    form = await discovered(hass, name="JBD-SP04S034", **jbd)
    readers.of(ADDRESS).error = Unreachable(Reason.SILENT)
    form = await sent(hass, form)
    assert form["step_id"] == "secret"
    form = await sent(hass, form, secret="1234")
    assert form["errors"] == {"base": "silent"}, "a battery without a secret may be silent, too"

    readers[ADDRESS].error = None
    result = await sent(hass, form, secret="123456")
    assert result["options"] == {CONF_SECRET: "123456"}


async def test_the_same_battery_is_not_set_up_twice(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    battery_entry().add_to_hass(hass)
    result = await discovered(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_other_things_are_left_alone(hass: HomeAssistant, readers: FakeReaders) -> None:
    result = await discovered(hass, name="Thermometer", service_uuids=[], manufacturer_data={})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_supported"


async def test_a_battery_without_a_name_goes_by_its_address(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    family = FAMILIES["jbd"]
    with patch("custom_components.lifepo4_bank.battery_flow.family_of", return_value=family):
        form = await discovered(hass, name=None)
        result = await sent(hass, form)
    assert result["title"] == ADDRESS


async def test_batteries_in_range_are_listed_the_nearest_first(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    battery_entry(2).add_to_hass(hass)
    for number, rssi in enumerate((-80, -50, -40)):
        advertise(hass, service_info(ADDRESSES[number], NAMES[number], rssi=rssi))
    advertise(
        hass,
        service_info("11:22:33:44:55:66", "Thermometer", service_uuids=[], manufacturer_data={}),
    )
    with patch("homeassistant.components.bluetooth.async_request_active_scan", AsyncMock()) as scan:
        form = await chosen(hass, "battery")
    assert scan.call_count == 1
    assert form["step_id"] == "battery"
    options = form["data_schema"].schema[CONF_ADDRESS].config["options"]
    assert [option["value"] for option in options] == [ADDRESSES[1], ADDRESSES[0]]
    assert options[0]["label"] == f"{NAMES[1]} (-50 dBm)"

    readers.of(ADDRESSES[1]).error = Unreachable(Reason.NO_SLOT)
    form = await sent(hass, form, address=ADDRESSES[1])
    assert form["step_id"] == "battery"
    assert form["errors"] == {"base": "no_slot"}
    readers[ADDRESSES[1]].error = None
    result = await sent(hass, form, address=ADDRESSES[1])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == ADDRESSES[1]


async def test_without_a_battery_in_range_nothing_can_be_picked(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    with patch("homeassistant.components.bluetooth.async_request_active_scan", AsyncMock()):
        result = await chosen(hass, "battery")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_batteries_found"


async def test_a_picked_battery_that_was_set_up_meanwhile_is_refused(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    advertise(hass, service_info())
    with patch("homeassistant.components.bluetooth.async_request_active_scan", AsyncMock()):
        form = await chosen(hass, "battery")
    battery_entry().add_to_hass(hass)
    result = await sent(hass, form, address=ADDRESS)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_refused_secret_is_asked_for_again(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = battery_entry(options={CONF_SECRET: "old", "poll_interval": 60})
    entry.add_to_hass(hass)
    form = await entry.start_reauth_flow(hass)
    assert form["step_id"] == "reauth_confirm"
    assert form["description_placeholders"]
    assert form["description_placeholders"]["name"] == NAME

    readers.of(ADDRESS).error = AuthenticationRefused()
    form = await sent(hass, form, secret="wrong")
    assert form["errors"] == {"base": "secret_refused"}
    readers[ADDRESS].error = None
    result = await sent(hass, form, secret="new")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.options == {CONF_SECRET: "new", "poll_interval": 60}


async def test_a_bluetooth_battery_has_nothing_to_reconfigure(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry: MockConfigEntry = battery_entry()
    entry.add_to_hass(hass)
    result = await entry.start_reconfigure_flow(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "nothing_to_reconfigure"


async def test_an_unknown_family_cannot_be_read(hass: HomeAssistant, readers: FakeReaders) -> None:
    advertise(hass, service_info())
    with patch("homeassistant.components.bluetooth.async_request_active_scan", AsyncMock()):
        form = await chosen(hass, "battery")
    with patch("custom_components.lifepo4_bank.battery_flow.family_of", return_value=None):
        form = await sent(hass, form, address=ADDRESS)
    assert form["errors"] == {"base": "not_supported"}
