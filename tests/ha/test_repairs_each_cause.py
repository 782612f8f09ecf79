"""Every repair, whatever its kind and cause: all its pages, in order, until the data end it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.unit_system import METRIC_SYSTEM, US_CUSTOMARY_SYSTEM, UnitSystem
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Severity
from custom_components.lifepo4_bank.core.remedy import HELP, TROUBLESHOOTING, VERIFY, Step, steps

from .conftest import ADDRESSES, NAMES, FakeReaders, RepairStep
from .test_bank_findings import SHARING, Says
from .test_repairs import only_issue
from .test_structure import PLACEHOLDER, texts

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]

REPAIRS = [
    (kind, cause)
    for kind in Kind
    for key in texts()["issues"]
    if (cause := re.sub(f"^{kind}_?", "", key)) != key
]
"""Each kind with each cause that has words of its own; "" stands for any other cause."""


class Pages:
    """Turns the pages of a repair, and gives the second battery another voltage each time.

    A page that is turned shows what was read just before; what checks or concludes reads anew.
    """

    def __init__(self, browser: RepairStep, readers: FakeReaders, issue: ir.IssueEntry) -> None:
        self.browser = browser
        self.battery = readers[ADDRESSES[1]]
        self.issue = issue
        self.words = texts()["issues"][issue.translation_key]["fix_flow"]
        self.volts = 13.00
        self.shown = self.battery.sample.voltage

    async def turn(self, *issue: str, **answer: Any) -> dict[str, Any]:
        """Go on; whatever page comes has all its words and values."""
        self.volts += 0.01
        self.battery.shows(voltage=self.volts)
        reads = self.battery.reads
        page = await self.browser(*issue, **answer)
        if turned := bool(issue) or answer == {"next_step_id": "next"}:
            assert self.battery.reads == reads, "a page turns at once"
        else:
            assert self.battery.reads == reads + 1
        self.shown = self.shown if turned else self.volts
        if page["type"] != "create_entry":
            self.is_whole(page)
        return page

    def is_whole(self, page: dict[str, Any]) -> None:
        told = page["description_placeholders"]
        words = self.words["step"][page["step_id"]]
        assert set(PLACEHOLDER.findall(words["title"] + words["description"])) <= told.keys()
        assert f"**{NAMES[1]}**: {self.shown:.2f} V" in told["values"]
        for error in (page.get("errors") or {}).values():
            assert set(PLACEHOLDER.findall(self.words["error"][error])) <= told.keys()


@pytest.mark.parametrize(("kind", "cause"), REPAIRS)
async def test_all_pages_of_a_repair(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    browser: RepairStep,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    cause: str,
) -> None:
    says = Says(bank, monkeypatch)
    says.now(replace(SHARING, kind=kind, cause=cause or "?", severity=Severity.ERROR))
    await bank.runtime_data.async_read_together()
    issue = only_issue(hass, kind)
    assert issue.translation_key == (f"{kind}_{cause}" if cause else kind)
    pages = Pages(browser, readers, issue)

    page = await pages.turn(issue.issue_id)
    for step in steps(kind, cause):
        assert page["step_id"] == step
        offered = () if step == Step.ENABLE else HELP.get(Step(step), ())  # all is on already
        assert page["menu_options"] == [*offered, "again", "next"]
        again = await pages.turn(next_step_id="again")
        assert again["step_id"] == step
        page = await pages.turn(next_step_id="next")
    assert page["step_id"] == VERIFY
    assert (await pages.turn())["errors"] == {"base": "not_fixed"}

    pages.battery.shows(current=0.0, state=BatteryState.STANDBY)
    says.now()
    page = await pages.turn()
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue.issue_id) is None
    if steps(kind, cause) == TROUBLESHOOTING:
        assert page["errors"] == {"base": "not_carrying"}
        assert page["description_placeholders"]["idle"] == NAMES[1]
        pages.battery.shows(current=-8.0, state=BatteryState.DISCHARGING)
        page = await pages.turn()
    assert page["type"] == "create_entry"


@pytest.mark.parametrize(
    ("arrangement", "says", "never"),
    [
        ("parallel", "Positive to positive and negative to negative.", "series"),
        ("series", "the positive of one to the negative of the next", "busbars"),
        ("parallel_groups", "the group's own pair of busbars", "strings"),
        ("series_strings", "the free ends of each string", "group"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "cause", "step"),
    [
        (Kind.SOC_MISMATCH, "charge_imbalance", Step.REBUILD),
        (Kind.ASYMMETRIC_CURRENT_SHARING, "path_resistance", Step.BUSBARS),
    ],
)
async def test_batteries_are_joined_as_their_bank_is(
    hass: HomeAssistant,
    make_bank: MakeBank,
    browser: RepairStep,
    monkeypatch: pytest.MonkeyPatch,
    arrangement: str,
    says: str,
    never: str,
    kind: Kind,
    cause: str,
    step: Step,
) -> None:
    """Whoever joined a series bank "positive to positive" would ruin it, and the charger."""
    bank = await make_bank(4, arrangement, data={"group_size": 2})
    Says(bank, monkeypatch).now(replace(SHARING, kind=kind, cause=cause, severity=Severity.ERROR))
    await bank.runtime_data.async_read_together()
    page = await browser(only_issue(hass, kind).issue_id)
    while page["step_id"] != step:
        page = await browser(next_step_id="next")
    words = texts()["issues"][f"{kind}_{cause}"]["fix_flow"]["step"][step]["description"]
    assert "{joining}" in words
    joining = page["description_placeholders"]["joining"]
    assert says in joining
    assert never not in joining


@pytest.mark.parametrize(
    ("kind", "cause", "flags", "units", "warmth"),
    [
        (Kind.ASYMMETRIC_CURRENT_SHARING, "internal_resistance", (), METRIC_SYSTEM, "21 °C"),
        (Kind.ASYMMETRIC_CURRENT_SHARING, "internal_resistance", (), US_CUSTOMARY_SYSTEM, "70 °F"),
        (Kind.PROTECTION, "", ("charge_undertemperature",), METRIC_SYSTEM, "21 °C"),
        (Kind.PROTECTION, "", ("cell_undervoltage",), METRIC_SYSTEM, ""),
        (Kind.ASYMMETRIC_CURRENT_SHARING, "path_resistance", (), METRIC_SYSTEM, ""),
    ],
)
async def test_temperatures_are_told_where_they_can_be_the_cause(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    browser: RepairStep,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    cause: str,
    flags: tuple[str, ...],
    units: UnitSystem,
    warmth: str,
) -> None:
    hass.config.units = units
    readers[ADDRESSES[1]].shows(protections=flags)
    says = Says(bank, monkeypatch)
    says.now(replace(SHARING, kind=kind, cause=cause or "?", severity=Severity.ERROR))
    await bank.runtime_data.async_read_together()
    page = await browser(only_issue(hass, kind).issue_id)
    line = page["description_placeholders"]["values"].splitlines()[1]
    assert "°" in line if warmth else "°" not in line
    assert line.endswith(warmth)


@pytest.mark.parametrize("mosfet", ["discharge", "charge"])
async def test_each_switch_is_switched_on_for_the_owner(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    browser: RepairStep,
    monkeypatch: pytest.MonkeyPatch,
    mosfet: str,
) -> None:
    readers[ADDRESSES[1]].shows(**{f"{mosfet}_enabled": False}, current=0.0)
    Says(bank, monkeypatch).now(
        replace(SHARING, kind=Kind.NOT_PARTICIPATING, cause=f"{mosfet}_off")
    )
    await bank.runtime_data.async_read_together()
    page = await browser(only_issue(hass, "not_participating").issue_id)
    assert f"{mosfet} off" in page["description_placeholders"]["values"]
    assert page["menu_options"] == [f"enable_{mosfet}", "again", "next"]
    page = await browser(next_step_id=f"enable_{mosfet}")
    assert page["menu_options"] == ["again", "next"], "it is on"
    assert readers[ADDRESSES[1]].commands == [(mosfet, True)]
    assert readers[ADDRESSES[0]].commands == []
    assert page["step_id"] == "enable"
    assert page["description_placeholders"]["result"] == texts()["common"]["repair_switched_on"]
    assert f"{mosfet} off" not in page["description_placeholders"]["values"]


async def test_a_string_is_named_as_one(
    hass: HomeAssistant,
    make_bank: MakeBank,
    browser: RepairStep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that titles and pages, written for one battery, are right for several."""
    bank = await make_bank(4, "series_strings", data={"group_size": 2})
    Says(bank, monkeypatch).now(replace(SHARING, batteries=tuple(ADDRESSES[:2])))
    await bank.runtime_data.async_read_together()
    issue = only_issue(hass, Kind.ASYMMETRIC_CURRENT_SHARING)
    named = {
        "battery": f"String {NAMES[0]} + {NAMES[1]}",
        "others": f"String {NAMES[2]} + {NAMES[3]}",
    }
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders.items() >= named.items()
    assert issue.translation_placeholders["sentence"].startswith(f"{named['battery']} carries 30 %")
    page = await browser(issue.issue_id)
    assert page["description_placeholders"].items() >= named.items()


@pytest.mark.parametrize(
    ("shown", "error", "offered"),
    [
        ({}, None, []),
        ({"discharge_enabled": None}, None, ["enable_discharge"]),
        ({"discharge_commanded": False, "current": 5.0}, None, ["enable_discharge"]),
        ({"charge_commanded": True}, None, []),
        ({}, Unreachable(Reason.SILENT), ["enable_discharge", "enable_charge"]),
    ],
)
async def test_what_is_reported_on_is_not_offered_to_be_switched_on(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    browser: RepairStep,
    monkeypatch: pytest.MonkeyPatch,
    shown: dict[str, Any],
    error: Exception | None,
    offered: list[str],
) -> None:
    readers[ADDRESSES[1]].shows(**shown)
    readers[ADDRESSES[1]].error = error
    Says(bank, monkeypatch).now(replace(SHARING, kind=Kind.NOT_PARTICIPATING, cause="isolated"))
    await bank.runtime_data.async_read_together()
    page = await browser(only_issue(hass, "not_participating").issue_id)
    assert page["step_id"] == "enable"
    assert page["menu_options"] == [*offered, "again", "next"]
