"""A bank that is unloaded or disabled while something goes on leaves nothing behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import start_check
from custom_components.lifepo4_bank.bank import BankCoordinator
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.coordinator import BatteryCoordinator

from .conftest import ADDRESSES, FakeReaders, RepairStep as Step, bank_entry, battery_entry, set_up
from .test_repairs import only_issue, trip
from .test_services import call

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]

pytestmark = pytest.mark.usefixtures("quick")


async def two_batteries(hass: HomeAssistant) -> list[MockConfigEntry]:
    """Two batteries that are in no bank yet, on a clock that goes on by itself."""
    batteries = [battery_entry(number) for number in range(2)]
    await set_up(hass, *batteries)
    return batteries


def listeners(entry: MockConfigEntry) -> int:
    """How many follow the readings of a battery."""
    coordinator: BatteryCoordinator = entry.runtime_data
    return len(coordinator._listeners)


@pytest.mark.parametrize("come_back", [True, False])
async def test_a_load_test_ends_with_its_bank(
    hass: HomeAssistant,
    readers: FakeReaders,
    monkeypatch: pytest.MonkeyPatch,
    come_back: bool,
) -> None:
    monkeypatch.setattr(start_check, "WAIT_FOR_LOAD", 60)
    batteries = await two_batteries(hass)
    for address in ADDRESSES[:2]:
        readers[address].shows(current=-1.0)
    before = [listeners(battery) for battery in batteries]
    bank = bank_entry(batteries)
    bank.add_to_hass(hass)
    await hass.config_entries.async_setup(bank.entry_id)
    await hass.async_block_till_done()
    running = asyncio.create_task(call(hass, bank, "start_check", check="load_test"))
    await asyncio.sleep(0.1)
    with_bank = [listeners(battery) for battery in batteries]
    if come_back:
        await hass.config_entries.async_reload(bank.entry_id)
    else:
        await hass.config_entries.async_remove(bank.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        async with asyncio.timeout(5):
            await running
    assert error.value.translation_key == "not_loaded"
    wanted = with_bank if come_back else before
    assert [listeners(battery) for battery in batteries] == wanted


async def test_a_common_reading_that_is_under_way_ends_with_its_bank(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    batteries = await two_batteries(hass)
    before = [listeners(battery) for battery in batteries]
    bank = bank_entry(batteries)
    bank.add_to_hass(hass)
    await hass.config_entries.async_setup(bank.entry_id)
    coordinator: BankCoordinator = bank.runtime_data
    silent = asyncio.Event()

    async def never(*_: object) -> None:
        await silent.wait()

    readers[ADDRESSES[1]].read = never  # type: ignore[method-assign,assignment]
    reading = asyncio.create_task(coordinator.async_refresh())
    await asyncio.sleep(0.05)
    await hass.config_entries.async_unload(bank.entry_id)
    silent.set()
    await reading
    assert [listeners(battery) for battery in batteries] == before


async def test_members_change_with_a_reload_and_not_before(
    hass: HomeAssistant, bank: MockConfigEntry
) -> None:
    coordinator: BankCoordinator = bank.runtime_data
    fewer = {**bank.data, "batteries": bank.data["batteries"][:1]}
    hass.config_entries.async_update_entry(bank, data=fewer)
    await coordinator.async_read_together()
    assert tuple(coordinator.batteries) == coordinator.layout.batteries == ADDRESSES[:2]


async def test_a_bank_that_is_disabled_takes_its_issues_along(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    issue = await trip(hass, readers, make_bank)
    bank = next(e for e in hass.config_entries.async_entries(DOMAIN) if e.data["kind"] == "bank")
    await hass.config_entries.async_set_disabled_by(bank.entry_id, ConfigEntryDisabler.USER)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None
    await hass.config_entries.async_set_disabled_by(bank.entry_id, None)
    await hass.async_block_till_done()
    assert only_issue(hass, "protection").issue_id == issue


async def test_a_repair_ends_when_its_bank_is_unloaded_while_it_reads(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, browser: Step
) -> None:
    issue = await trip(hass, readers, make_bank)
    bank = next(e for e in hass.config_entries.async_entries(DOMAIN) if e.data["kind"] == "bank")
    await browser(issue)
    silent = asyncio.Event()

    async def never(*_: object) -> None:
        await silent.wait()

    async def look() -> dict[str, Any]:
        return await browser(next_step_id="again")

    readers[ADDRESSES[1]].read = never  # type: ignore[method-assign,assignment]
    looking = hass.async_create_task(look())
    await asyncio.sleep(0.1)
    await hass.config_entries.async_unload(bank.entry_id)
    silent.set()
    assert (await looking)["reason"] == "bank_not_loaded"
