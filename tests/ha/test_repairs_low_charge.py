"""Low charge is led through by what is low: one battery, or the bank as a whole."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from .conftest import ADDRESSES, FakeReaders, RepairStep as Step
from .test_repairs import MakeBank, only_issue

pytestmark = pytest.mark.usefixtures("quick")


async def test_a_bank_that_is_low_as_a_whole_has_one_repair_and_is_not_taken_apart(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    browser: Step,
    pass_time: Any,
) -> None:
    bank = await make_bank(3)
    for address, soc in zip(ADDRESSES, (0.16, 0.14, 0.22), strict=False):
        readers[address].shows(soc=soc, remaining=100 * soc)
    for _ in range(14):
        await pass_time(30)
    issue = only_issue(hass, "low_charge")
    assert issue.issue_id == f"{bank.entry_id}_low_charge_bank"
    assert issue.translation_key == "low_charge_all_low"
    page = await browser(issue.issue_id)
    assert page["step_id"] == "charge_all"
    assert page["menu_options"] == ["again", "next"]
    page = await browser(next_step_id="next")
    assert (await browser())["errors"] == {"base": "not_fixed"}
    readers[ADDRESSES[0]].shows(soc=0.29, remaining=29.0)
    readers[ADDRESSES[1]].shows(soc=0.23, remaining=23.0)
    for _ in range(17):
        await pass_time(30)
    assert only_issue(hass, "low_charge").issue_id == issue.issue_id, "charged on, it stays one"
    readers[ADDRESSES[1]].shows(soc=0.27, remaining=27.0)
    for _ in range(18):
        await pass_time(30)
    assert (await browser())["type"] == "create_entry"


async def test_one_that_is_low_alone_is_charged_by_itself(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    browser: Step,
    pass_time: Any,
) -> None:
    bank = await make_bank(3)
    readers[ADDRESSES[1]].shows(soc=0.14, remaining=14.0)
    for _ in range(14):
        await pass_time(30)
    issue = only_issue(hass, "low_charge")
    assert issue.issue_id == f"{bank.entry_id}_low_charge_{ADDRESSES[1]}"
    assert (await browser(issue.issue_id))["step_id"] == "separate"
