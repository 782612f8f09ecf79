"""What a page of a repair shows is present, and pages turn at once."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.repair_guided import PRESENT

from .conftest import ADDRESSES, NAMES, FakeReaders, RepairStep as Step
from .test_bank_findings import SHARING, Says
from .test_bank_partial import bank_of_two_sources
from .test_repairs import MakeBank, only_issue, trip

pytestmark = pytest.mark.usefixtures("quick")


async def test_values_are_read_again_when_asked_or_old(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    browser: Step,
    pass_time: Any,
    freezer: FrozenDateTimeFactory,
) -> None:
    issue = await trip(hass, readers, make_bank)
    second = readers[ADDRESSES[1]]
    second.shows(voltage=12.34)
    freezer.tick(PRESENT - 1)
    page = await browser(issue)
    assert "13.20 V" in page["description_placeholders"]["values"], "it opens at once"
    freezer.tick(2)
    page = await browser(next_step_id="next")
    assert page["step_id"] == "check_each"
    assert "12.34 V" in page["description_placeholders"]["values"]
    second.shows(voltage=12.56)
    page = await browser(next_step_id="next")
    assert page["step_id"] == "wake"
    assert "12.34 V" in page["description_placeholders"]["values"], "it turns at once"
    page = await browser(next_step_id="again")
    assert page["step_id"] == "wake"
    assert "12.56 V" in page["description_placeholders"]["values"]
    second.error = Unreachable(Reason.SILENT)
    page = await browser(next_step_id="again")
    assert f"**{NAMES[1]}**: does not answer" in page["description_placeholders"]["values"]
    await pass_time(PRESENT + 1)
    reads = second.reads
    page = await browser(next_step_id="next")
    assert f"**{NAMES[1]}**: does not answer" in page["description_placeholders"]["values"]
    assert second.reads == reads, "it has been asked in vain"


async def test_nobody_is_read_for_a_battery_of_entities(
    hass: HomeAssistant,
    readers: FakeReaders,
    browser: Step,
    pass_time: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it tells is as old as others like it to be."""
    _, bank = await bank_of_two_sources(hass)
    Says(bank, monkeypatch).now(SHARING)
    for _ in range(3):
        await pass_time(30)
    reads = readers[ADDRESSES[0]].reads
    page = await browser(only_issue(hass, SHARING.kind).issue_id)
    assert page["step_id"] == "connections"
    assert readers[ADDRESSES[0]].reads == reads


async def test_the_batteries_are_read_faster_while_pages_are_turned(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    browser: Step,
    pass_time: Any,
) -> None:
    """So that what a page shows is of now although it turns at once."""
    issue = await trip(hass, readers, make_bank)
    await browser(issue)
    await browser(next_step_id="again")
    for step in range(6):
        await pass_time(10)
        readers[ADDRESSES[1]].shows(voltage=12 + step / 10)
        await pass_time(10)
        reads = readers[ADDRESSES[1]].reads
        page = await browser(next_step_id="next")
        assert f"{12 + step / 10:.2f} V" in page["description_placeholders"]["values"]
        assert readers[ADDRESSES[1]].reads == reads
