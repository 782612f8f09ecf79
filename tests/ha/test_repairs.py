"""Guided repairs: they show live values, act when asked, and end only when the data say so."""

from collections.abc import Awaitable, Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, flush_store

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.guarantee import GUARANTEE
from custom_components.lifepo4_bank.journal import Opened
from custom_components.lifepo4_bank.repair_guided import PRESENT

from .conftest import ADDRESSES, NAMES, FakeReaders, RepairStep as Step

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]


pytestmark = pytest.mark.usefixtures("quick")


def only_issue(hass: HomeAssistant, kind: str) -> ir.IssueEntry:
    """The one issue of a kind."""
    found = [
        issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and f"_{kind}_" in issue.issue_id and issue.active
    ]
    assert len(found) == 1
    return found[0]


async def trip(hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank) -> str:
    """A bank whose second battery has tripped; the issue's id."""
    readers.of(ADDRESSES[1]).shows(
        protections=("cell_undervoltage",),
        state=BatteryState.PROTECTION,
        current=0.0,
        discharge_enabled=False,
    )
    await make_bank(2)
    return only_issue(hass, "protection").issue_id


def recover(readers: FakeReaders) -> None:
    """The second battery is well again."""
    readers[ADDRESSES[1]].shows(
        protections=(), state=BatteryState.DISCHARGING, current=-10.0, discharge_enabled=True
    )


async def test_protection_is_led_through_all_of_section_4_1(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    browser: Step,
    pass_time: Any,
) -> None:
    issue = await trip(hass, readers, make_bank)
    page = await browser(issue)
    seen = []
    while page["step_id"] != "verify":
        seen.append(page["step_id"])
        values = page["description_placeholders"]["values"]
        line = f"**{NAMES[1]}**: 13.20 V, no current, 80 % charged, discharge off, charge on"
        assert f"{line}, its BMS reports: Cell voltage too low" in values
        page = await browser(next_step_id="next")
    assert seen == [
        "separate",
        "check_each",
        "wake",
        "enable",
        "charge_rest",
        "align",
        "rebuild",
        "load",
    ]
    page = await browser()
    assert page["errors"] == {"base": "not_fixed"}
    recover(readers)
    for _ in range(25):
        await pass_time(30)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None
    readers[ADDRESSES[1]].shows(current=0.0)
    page = await browser()
    assert page["errors"] == {"base": "not_carrying"}
    told = page["description_placeholders"]
    assert told["idle"] == told["battery"] == NAMES[1]
    assert told["sentence"] == "The readings do not show the problem any more."
    readers[ADDRESSES[1]].shows(current=-10.0)
    page = await browser()
    assert page["type"] == "create_entry"


async def test_a_battery_that_was_removed_is_not_said_to_be_silent(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, browser: Step
) -> None:
    issue = await trip(hass, readers, make_bank)
    (entry,) = (e for e in hass.config_entries.async_entries(DOMAIN) if e.title == NAMES[1])
    await hass.config_entries.async_remove(entry.entry_id)
    page = await browser(issue)
    line = f"**{NAMES[1]}**: no longer set up: add it again, or reconfigure the bank without it"
    assert line in page["description_placeholders"]["values"]


async def to_page(browser: Step, issue: str, wanted: str) -> dict[str, Any]:
    """Turn pages until this one."""
    page = await browser(issue)
    while page["step_id"] != wanted:
        page = await browser(next_step_id="next")
    return page


async def off_battery(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, pass_time: Any
) -> str:
    """A bank whose second battery is switched off; the issue's id."""
    readers.of(ADDRESSES[1]).shows(discharge_enabled=False, current=0.0, state=BatteryState.STANDBY)
    await make_bank(2)
    for _ in range(25):
        await pass_time(30)
    return only_issue(hass, "not_participating").issue_id


async def test_discharge_is_switched_on_for_the_owner(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    browser: Step,
    pass_time: Any,
) -> None:
    issue = await off_battery(hass, readers, make_bank, pass_time)
    assert only_issue(hass, "not_participating").translation_key == (
        "not_participating_discharge_off"
    )
    page = await to_page(browser, issue, "enable")
    assert page["menu_options"][:1] == ["enable_discharge"]
    readers[ADDRESSES[0]].shows(current=-5.0)
    page = await browser(next_step_id="enable_discharge")
    assert "gives 5.0 A" in page["description_placeholders"]["values"], "what was changed is read"
    assert readers[ADDRESSES[1]].commands == [("discharge", True)]
    assert page["description_placeholders"]["result"] == (
        "Done: the battery confirms that it is on."
    )
    assert "discharge on" in page["description_placeholders"]["values"]
    readers[ADDRESSES[1]].shows(current=-10.0, state=BatteryState.DISCHARGING)
    for _ in range(25):
        await pass_time(30)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None


async def test_what_the_interlock_refuses_is_told_on_the_page(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    browser: Step,
    pass_time: Any,
    freezer: FrozenDateTimeFactory,
) -> None:
    issue = await off_battery(hass, readers, make_bank, pass_time)
    readers[ADDRESSES[1]].shows(voltage=12.0)
    freezer.tick(PRESENT / 2)
    page = await to_page(browser, issue, "enable")
    assert "12.00 V" not in page["description_placeholders"]["values"], "what switches reads anew"
    page = await browser(next_step_id="enable_discharge")
    assert "was not switched on. Its voltage differs" in page["description_placeholders"]["result"]
    assert readers[ADDRESSES[1]].commands == []


async def test_the_voltages_are_checked_for_the_owner(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, browser: Step
) -> None:
    issue = await trip(hass, readers, make_bank)
    await to_page(browser, issue, "align")
    reads = readers[ADDRESSES[0]].reads
    page = await browser(next_step_id="check_voltages")
    assert "V apart" in page["description_placeholders"]["result"]
    assert readers[ADDRESSES[0]].reads == reads + 1


async def test_a_repair_of_a_bank_that_is_unloaded_ends(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, browser: Step
) -> None:
    issue = await trip(hass, readers, make_bank)
    await browser(issue)
    bank = next(e for e in hass.config_entries.async_entries(DOMAIN) if e.data["kind"] == "bank")
    await hass.config_entries.async_unload(bank.entry_id)
    page = await browser(next_step_id="next")
    assert page["reason"] == "bank_not_loaded"


async def restart(hass: HomeAssistant) -> None:
    """Let another start find nothing of the issues but what is on the disk."""
    entries = hass.config_entries.async_entries(DOMAIN)
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)
    issues = ir.async_get(hass)
    await flush_store(issues._store)
    await issues.async_load()
    assert not any(issue.active for issue in issues.issues.values())
    for entry in entries:
        await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def test_an_ignored_issue_stays_ignored_until_it_is_mended(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    readers: FakeReaders,
    make_bank: MakeBank,
    pass_time: Any,
) -> None:
    issue = await trip(hass, readers, make_bank)
    ir.async_ignore_issue(hass, DOMAIN, issue, True)
    for _ in range(3):
        await pass_time(30)
    assert only_issue(hass, "protection").dismissed_version is not None
    await restart(hass)
    assert only_issue(hass, "protection").dismissed_version is not None
    recover(readers)
    for _ in range(25):
        await pass_time(30)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None
    readers[ADDRESSES[1]].shows(protections=("short_circuit",), state=BatteryState.PROTECTION)
    await pass_time(60)
    assert only_issue(hass, "protection").dismissed_version is None, "that is news"


@pytest.mark.parametrize("answers", [True, False])
async def test_a_battery_left_off_is_switched_on_from_its_repair(
    hass: HomeAssistant,
    readers: FakeReaders,
    battery: MockConfigEntry,
    browser: Step,
    answers: bool,
) -> None:
    guarantee = hass.data[GUARANTEE]
    readers[ADDRESSES[0]].shows(discharge_enabled=False)
    await guarantee._journal.async_write(
        Opened(
            battery=ADDRESSES[0],
            name=NAMES[0],
            entry_id=battery.entry_id,
            mosfet="discharge",
            since=1.0,
            certain=False,
        )
    )
    await battery.runtime_data.async_read()
    await guarantee._async_look(battery.runtime_data)
    page = await browser(f"left_off_{ADDRESSES[0]}")
    assert page["step_id"] == "offer"
    if not answers:
        readers[ADDRESSES[0]].switch_error = RuntimeError("gone")
        page = await browser(next_step_id="again")
        assert page["step_id"] == "failed"
        page = await browser(next_step_id="settled")
        assert page["type"] == "create_entry"
        assert readers[ADDRESSES[0]].sample.discharge_enabled is False
    else:
        page = await browser(next_step_id="again")
        assert page["type"] == "create_entry"
        assert readers[ADDRESSES[0]].sample.discharge_enabled is True
    assert guarantee.opened == {}
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"left_off_{ADDRESSES[0]}") is None
