"""Off for a moment and on again: what the action does, what ends it early, what it refuses."""

# ruff: noqa: ASYNC110 - what a fake battery does is told to nobody; so it is looked at

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import journal
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.coordinator import BatteryCoordinator
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.cycle import async_cycle
from custom_components.lifepo4_bank.guarantee import GUARANTEE
from custom_components.lifepo4_bank.switching import SWITCHGEAR

from .conftest import ADDRESSES, NAMES, FakeReaders
from .test_set_discharge import call, refused

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]

ISSUE = (DOMAIN, f"left_off_{ADDRESSES[0]}")

pytestmark = pytest.mark.usefixtures("quick")


def first(hass: HomeAssistant) -> BatteryCoordinator:
    """The battery that the tests switch."""
    coordinator: BatteryCoordinator = next(
        entry.runtime_data
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.unique_id == ADDRESSES[0]
    )
    return coordinator


async def begin(hass: HomeAssistant, readers: FakeReaders, seconds: float) -> asyncio.Task[Any]:
    """Begin a cycle; returns when the battery is off."""
    running = asyncio.create_task(async_cycle(hass, first(hass), seconds))
    while readers[ADDRESSES[0]].sample.discharge_enabled:
        await asyncio.sleep(0)
    return running


async def until_on(hass: HomeAssistant, readers: FakeReaders) -> None:
    """Wait until the battery is on and nothing says otherwise."""
    async with asyncio.timeout(5):
        while not readers[ADDRESSES[0]].sample.discharge_enabled or hass.data[GUARANTEE].opened:
            await asyncio.sleep(0.01)
    assert ir.async_get(hass).async_get_issue(*ISSUE) is None


async def test_off_and_on_again(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    done = await async_cycle(hass, first(hass), 0.05)
    assert readers[ADDRESSES[0]].commands == [("discharge", False), ("discharge", True)]
    assert done.off.discharge_enabled is False
    assert done.on.discharge_enabled is True
    assert done.stopped_by == ()
    assert 0.05 <= done.seconds < 2
    assert readers[ADDRESSES[1]].reads > 1, "the other is watched meanwhile"


async def test_the_action_tells_what_happened(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    answer = await call(hass, "cycle_discharge", off_seconds=2)
    assert answer["battery"] == NAMES[0]
    assert answer["while_off"]["discharge_enabled"] is False
    assert answer["after"]["discharge_enabled"] is True
    assert 2 <= answer["off_seconds"] < 4
    assert answer["stopped_early_because"] == []


async def test_it_ends_early_when_the_others_are_in_trouble(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    running = await begin(hass, readers, 30)
    readers[ADDRESSES[1]].shows(protections=("discharge_overcurrent",))
    done = await running
    assert done.seconds < 5
    assert [check.key for check in done.stopped_by] == ["no_protection"]
    assert done.on.discharge_enabled is True


async def test_what_was_overridden_does_not_end_it(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[1]).shows(soc=0.1)
    await make_bank(2)
    done = await async_cycle(hass, first(hass), 0.05, force=True)
    assert done.stopped_by == ()
    assert done.seconds >= 0.05


async def test_a_battery_that_is_off_already_is_not_cycled(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[0]).shows(discharge_enabled=False, current=0.0, state=BatteryState.STANDBY)
    await make_bank(2)
    assert "is off already" in await refused(hass, "cycle_discharge", force=True)
    assert readers[ADDRESSES[0]].commands == []


async def test_nothing_is_sent_when_the_record_cannot_be_written(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    with (
        patch.object(journal, "write_utf8_file_atomic", side_effect=WriteError("full")),
        pytest.raises(HomeAssistantError) as error,
    ):
        await async_cycle(hass, first(hass), 0.05)
    assert error.value.translation_key == "journal_not_written"
    assert readers[ADDRESSES[0]].commands == []
    assert not hass.data[SWITCHGEAR].pending
    assert (await call(hass, "set_discharge", enabled=False))["discharge_enabled"] is False


async def test_two_cycles_at_once_are_refused(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry
) -> None:
    running = asyncio.create_task(async_cycle(hass, first(hass), 0.3))
    await asyncio.sleep(0.05)
    for number in (0, 1):
        with pytest.raises(ServiceValidationError):
            await call(hass, "cycle_discharge", number, force=True)
    await running
    await until_on(hass, readers)
