"""A battery of a family that this version, or the installed library, does not know any more."""

from collections.abc import Awaitable, Callable, Iterator
import importlib
from types import ModuleType
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble import commands, family
from custom_components.lifepo4_bank.const import CONF_FAMILY, CONF_SECRET
from custom_components.lifepo4_bank.diagnostics import async_get_config_entry_diagnostics
from custom_components.lifepo4_bank.view import bank_view

from .conftest import ADDRESSES, NAMES, FakeReaders, advertise, battery_entry, service_info, set_up
from .test_options_flow import fields, opened
from .test_set_discharge import call

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

NO_MODULE = "jbd"


@pytest.fixture
def _older_library() -> Iterator[None]:
    """Let aiobmsble have no module for one of our families."""
    cached = (family.is_known, family.library_class, commands.link_class)
    found = importlib.import_module

    def without(name: str, package: str | None = None) -> ModuleType:
        if NO_MODULE in name:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return found(name, package)

    for function in cached:
        function.cache_clear()
    with patch.object(importlib, "import_module", without):
        yield
    for function in cached:
        function.cache_clear()


async def forget(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Start anew with a version that does not know the battery's family."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_FAMILY: "gone"})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


def without_family() -> MockConfigEntry:
    """The entry of a battery of which the family has got lost."""
    data = {key: value for key, value in battery_entry().data.items() if key != CONF_FAMILY}
    return battery_entry(data=data)


@pytest.mark.parametrize("key", ["gone", ""])
async def test_setup_says_so_at_every_reload(
    hass: HomeAssistant, battery: MockConfigEntry, key: str
) -> None:
    hass.config_entries.async_update_entry(battery, data={**battery.data, CONF_FAMILY: key})
    for _ in range(2):
        await hass.config_entries.async_reload(battery.entry_id)
        assert battery.state is ConfigEntryState.SETUP_ERROR
        assert battery.error_reason_translation_key == "unknown_family"
        assert battery.reason is not None
        assert NAMES[0] in battery.reason
    assert await hass.config_entries.async_remove(battery.entry_id)


async def test_an_entry_without_a_family_is_no_other_matter(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    entry = without_family()
    await set_up(hass, entry)
    assert entry.error_reason_translation_key == "unknown_family"


@pytest.mark.parametrize("known_before", [True, False])
async def test_options_keep_what_was_set(
    hass: HomeAssistant, readers: FakeReaders, known_before: bool
) -> None:
    entry = battery_entry(options={CONF_SECRET: "1234"}) if known_before else without_family()
    await set_up(hass, entry)
    if known_before:
        await forget(hass, entry)
    form = await opened(hass, entry)
    assert fields(form) == {"poll_interval", "link", "capacity", "detection_floor", CONF_SECRET}
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"poll_interval": 60, "link": "auto", CONF_SECRET: "1234"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options[CONF_SECRET] == "1234"
    assert entry.error_reason_translation_key == "unknown_family"


@pytest.mark.parametrize("key", ["gone", None])
async def test_a_new_secret_is_not_asked_for(
    hass: HomeAssistant, readers: FakeReaders, key: str | None
) -> None:
    entry = battery_entry() if key else without_family()
    await set_up(hass, entry)
    if key:
        await forget(hass, entry)
    result = await entry.start_reauth_flow(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "unknown_family"
    assert result["description_placeholders"] == {"battery": NAMES[0]}


async def test_the_bank_goes_on_without_it(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    entry = hass.config_entries.async_get_entry(bank.data["batteries"][1])
    assert isinstance(entry, MockConfigEntry)
    await forget(hass, entry)
    await pass_time(200)
    await hass.config_entries.async_reload(bank.entry_id)
    assert bank.state is ConfigEntryState.LOADED
    assert bank.runtime_data.data.totals.online == 1
    assert bank.runtime_data.members[ADDRESSES[1]] is None
    assert bank_view(hass, bank.runtime_data)
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, "cycle_discharge", 1)
    assert refused.value.translation_key


async def test_downloads_tell_of_it(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(2)
    entry = hass.config_entries.async_get_entry(bank.data["batteries"][1])
    assert isinstance(entry, MockConfigEntry)
    await forget(hass, entry)
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["entry"]["state"] == "setup_error"
    assert told["entry"]["reason"].startswith("battery_1 is of a kind")
    assert told["entry"]["data"][CONF_FAMILY] == "gone"
    told = await async_get_config_entry_diagnostics(hass, bank)
    assert told["links"]["battery_2"] is None


@pytest.mark.usefixtures("_older_library")
async def test_a_module_that_the_library_lacks_harms_no_other_family(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    lacking = battery_entry(1)
    lacking = battery_entry(1, data={**lacking.data, CONF_FAMILY: NO_MODULE})
    await set_up(hass, battery_entry(0), lacking)
    first, second = hass.config_entries.async_entries("lifepo4_bank")
    assert first.state is ConfigEntryState.LOADED
    assert second.error_reason_translation_key == "unknown_family"
    advertise(hass, service_info(ADDRESSES[2], NAMES[2]))
    await hass.async_block_till_done()
    found = hass.config_entries.flow.async_progress_by_handler("lifepo4_bank")
    assert [flow["context"]["unique_id"] for flow in found] == [ADDRESSES[2]]
    assert second.data[CONF_ADDRESS] == ADDRESSES[1]
