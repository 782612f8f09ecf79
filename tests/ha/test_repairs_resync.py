"""The guided repair shares the load out anew when its owner asks for it, and tells how it went."""

# ruff: noqa: ASYNC110 - what a fake battery does is told to nobody; so it is looked at

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind
from custom_components.lifepo4_bank.guarantee import GUARANTEE

from .conftest import ADDRESSES, NAMES, FakeReaders, RepairStep as Step
from .test_bank_findings import SHARING, Says
from .test_repairs import only_issue, to_page

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]


pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
async def uneven(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A bank whose second battery shows no current though it is on; the issue's id."""
    readers.of(ADDRESSES[0]).shows(current=-28.0)
    readers.of(ADDRESSES[1]).shows(current=0.0, state=BatteryState.STANDBY)
    bank = await make_bank(2, options={"powers_home_assistant": False})
    says = Says(bank, monkeypatch)
    says.now(replace(SHARING, kind=Kind.NOT_PARTICIPATING, cause="unknown"))
    await bank.runtime_data.async_read_together()
    return only_issue(hass, "not_participating").issue_id


async def test_the_load_is_shared_out_anew_for_the_owner(
    hass: HomeAssistant,
    readers: FakeReaders,
    uneven: str,
    browser: Step,
) -> None:
    page = await to_page(browser, uneven, "resync")
    assert page["menu_options"] == ["run_resync", "again", "next"]
    assert page["description_placeholders"]["result"] == ""
    page = await browser(next_step_id="run_resync")
    assert page["step_id"] == "resync", "its owner sees on the same page how it went"
    shares = f"{NAMES[0]} 100 % and {NAMES[1]} 0 %"
    assert page["description_placeholders"]["result"] == (
        f"{NAMES[0]} was switched off for a moment and is on again. Share of the current before: "
        f"{shares}. After: {shares}."
    )
    assert readers[ADDRESSES[0]].commands == [("discharge", False), ("discharge", True)]
    page = await browser(next_step_id="again")
    assert page["description_placeholders"]["result"] == ""


async def test_a_refused_resync_is_told_with_its_reasons(
    hass: HomeAssistant,
    readers: FakeReaders,
    uneven: str,
    browser: Step,
) -> None:
    await to_page(browser, uneven, "resync")
    readers[ADDRESSES[1]].shows(soc=0.1)
    page = await browser(next_step_id="run_resync")
    assert page["step_id"] == "resync"
    assert page["description_placeholders"]["result"] == (
        f"{NAMES[0]} was not switched off. Charge or voltage is so low that the battery may "
        f"switch off by itself: {NAMES[1]}."
    )
    for address in ADDRESSES[:2]:
        readers[address].shows(current=0.0)
    page = await browser(next_step_id="run_resync")
    assert "carries a load now" in page["description_placeholders"]["result"]
    assert readers[ADDRESSES[0]].commands == []


async def test_a_resync_that_ends_early_says_why(
    hass: HomeAssistant,
    readers: FakeReaders,
    uneven: str,
    browser: Step,
) -> None:
    await to_page(browser, uneven, "resync")
    leader = readers[ADDRESSES[0]]
    switch = leader.switch

    async def then_trip(*args: Any) -> Any:
        readers[ADDRESSES[1]].shows(protections=("discharge_overcurrent",))
        return await switch(*args)

    with patch.object(leader, "switch", then_trip):
        page = await browser(next_step_id="run_resync")
    result = page["description_placeholders"]["result"]
    assert result.startswith("Ended early for safety")
    assert f"The battery's own protection is active: {NAMES[1]}" in result
    assert leader.sample.discharge_enabled is True


async def test_a_battery_that_does_not_come_back_is_told_on_the_page(
    hass: HomeAssistant,
    readers: FakeReaders,
    uneven: str,
    browser: Step,
) -> None:
    await to_page(browser, uneven, "resync")
    leader = readers[ADDRESSES[0]]
    switch = leader.switch

    async def then_vanish(*args: Any) -> Any:
        if args[1]:
            raise Unreachable(Reason.SILENT)
        return await switch(*args)

    with patch.object(leader, "switch", then_vanish):
        page = await browser(next_step_id="run_resync")
        assert page["description_placeholders"]["result"] == (
            f"{NAMES[0]} could not be switched on again yet. Home Assistant goes on trying and "
            "says so under Repairs until it is on."
        )
        left_off = ir.async_get(hass).async_get_issue(DOMAIN, f"left_off_{ADDRESSES[0]}")
        assert left_off is not None
        assert left_off.severity is ir.IssueSeverity.ERROR
    async with asyncio.timeout(5):
        while hass.data[GUARANTEE].opened:
            await asyncio.sleep(0.01)
    assert leader.sample.discharge_enabled is True


async def test_a_bank_without_switches_is_not_offered_what_cannot_be_done(
    hass: HomeAssistant,
    readers: FakeReaders,
    uneven: str,
    browser: Step,
) -> None:
    for address in ADDRESSES[:2]:
        readers[address].switchable = frozenset()
    await to_page(browser, uneven, "resync")
    page = await browser(next_step_id="again")
    assert page["menu_options"] == ["again", "next"]
