"""An entry that is reloaded, or whose set-up fails, loses no battery that is off."""

import asyncio
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntries, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import guarantee, switching_on
from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.coordinator import BatteryCoordinator
from custom_components.lifepo4_bank.cycle import async_cycle
from custom_components.lifepo4_bank.guarantee import GUARANTEE
from custom_components.lifepo4_bank.journal import Journal

from .conftest import ADDRESSES, FakeReaders
from .test_cycle_discharge import ISSUE, begin, first, until_on

pytestmark = pytest.mark.usefixtures("quick")


async def test_a_reload_before_it_is_off_leaves_it_on(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    """The interlock has asked the old coordinator, which may not talk to the battery any more."""
    old, reader = first(hass), readers[ADDRESSES[0]]
    switch = BatteryCoordinator.async_switch
    write = Journal.async_write

    async def reload_first(*args: object) -> None:
        await write(*args)  # type: ignore[arg-type]
        await hass.config_entries.async_reload(old.config_entry.entry_id)

    async def only_by_new(self: BatteryCoordinator, mosfet: str, enabled: bool) -> object:
        assert self is not old, "its link is closed for good"
        return await switch(self, mosfet, enabled)

    with (
        patch.object(Journal, "async_write", reload_first),
        patch.object(BatteryCoordinator, "async_switch", only_by_new),
        patch.object(guarantee, "HASTE", 0.05),
        pytest.raises(HomeAssistantError) as error,
    ):
        await async_cycle(hass, old, 0.05)
    assert error.value.translation_key == "unloaded"
    assert ("discharge", False) not in reader.commands
    await until_on(hass, readers)


async def left_off(hass: HomeAssistant, readers: FakeReaders) -> None:
    """The first battery is off and does not answer any more."""
    running = await begin(hass, readers, 0.05)
    readers[ADDRESSES[0]].switch_error = Unreachable(Reason.LINK_LOST)
    with pytest.raises(HomeAssistantError):
        await running
    assert ir.async_get(hass).async_get_issue(*ISSUE)


async def test_a_set_up_that_fails_is_followed_by_one_that_tries_again(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    entry = first(hass).config_entry
    await left_off(hass, readers)
    await hass.config_entries.async_unload(entry.entry_id)
    with patch.object(switching_on, "RETRY", (60,)):
        with patch.object(
            ConfigEntries, "async_forward_entry_setups", side_effect=RuntimeError("platform")
        ):
            await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_ERROR
        readers[ADDRESSES[0]].switch_error = None
        await hass.config_entries.async_reload(entry.entry_id)
        await until_on(hass, readers)


async def test_an_attempt_that_fails_after_the_owner_has_decided_says_nothing(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    await left_off(hass, readers)
    trying, fail = asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> None:
        trying.set()
        await fail.wait()
        raise Unreachable(Reason.LINK_LOST)

    with patch.object(readers[ADDRESSES[0]], "switch", slow):
        async with asyncio.timeout(5):
            await trying.wait()
        await hass.data[GUARANTEE].async_settle(ADDRESSES[0])
        assert ir.async_get(hass).async_get_issue(*ISSUE) is None
        fail.set()
        await asyncio.sleep(0.05)
    assert ir.async_get(hass).async_get_issue(*ISSUE) is None
