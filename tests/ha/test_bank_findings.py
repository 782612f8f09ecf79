"""What is found becomes events, problems and repair issues, and clears by itself."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.bank import BankCoordinator
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.diagnosis.finding import (
    BankState,
    Finding,
    Kind,
    NotJudged,
    Severity,
    Status,
    WhyNot,
)

from .conftest import ADDRESSES, NAMES, FakeReaders
from .test_bank import of

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

SHARING = Finding(
    kind=Kind.ASYMMETRIC_CURRENT_SHARING,
    cause="path_resistance",
    severity=Severity.WARNING,
    batteries=(ADDRESSES[1],),
    first_seen=1.0,
    last_seen=2.0,
    evidence={"share_percent": 30.0, "fair_share_percent": 50.0, "path_mOhm": 4.0},
)
NOTE = replace(SHARING, kind=Kind.STORAGE, cause="low", severity=Severity.NOTE, batteries=())


class Says:
    """Makes the diagnosis of a bank say what the test wants."""

    def __init__(self, bank: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> None:
        self.coordinator: BankCoordinator = bank.runtime_data
        self.findings: tuple[Finding, ...] = ()
        self.status = Status.IN_SYNC
        monkeypatch.setattr(self.coordinator.diagnosis, "update", self._update)

    def _update(self, sample: BankSample) -> BankState:
        before = self.coordinator.data.findings
        return BankState(
            time=sample.time,
            status=self.status,
            findings=self.findings,
            raised=tuple(found for found in self.findings if found not in before),
            cleared=tuple(
                replace(found, cleared=sample.time)
                for found in before
                if found.identity not in {other.identity for other in self.findings}
            ),
            not_judged=(NotJudged(Kind.SOC_MISMATCH, WhyNot.NOT_REPORTED),),
        )

    def now(self, *findings: Finding, status: Status = Status.OUT_OF_SYNC) -> None:
        self.findings, self.status = findings, status


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    return {
        name: issue
        for (domain, name), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


async def test_a_warning_makes_event_problem_and_issue_and_clears(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bank = await make_bank(2)
    says = Says(bank, monkeypatch)
    told: list[State] = []

    @callback
    def listen(event: Any) -> None:
        told.append(event.data["new_state"])

    async_track_state_change_event(hass, of(hass, bank, "diagnosis").entity_id, listen)
    says.now(SHARING)
    await pass_time(27)
    assert of(hass, bank, "status").state == "out_of_sync"
    assert len(of(hass, bank, "status").attributes["findings"]) == 1
    assert of(hass, bank, "status").attributes["worst"] == "warning"
    assert of(hass, bank, "status").attributes["not_judged"] == [
        {"kind": "soc_mismatch", "reason": "not_reported"}
    ]
    assert of(hass, bank, "out_of_sync").state == "on"
    assert of(hass, bank, "asymmetric_current_sharing").state == "on"
    assert of(hass, bank, "soc_mismatch").state == "off"
    assert [state.attributes["event_type"] for state in told] == ["asymmetric_current_sharing"]
    attributes = told[0].attributes
    assert attributes["kind"] == "asymmetric_current_sharing"
    assert attributes["cause"] == "path_resistance"
    assert attributes["severity"] == "warning"
    assert attributes["batteries"] == [NAMES[1]]
    assert attributes["evidence"] == SHARING.evidence
    assert NAMES[1] in attributes["message"]
    assert "30" in attributes["message"]
    assert of(hass, bank, "status").attributes["findings"] == [attributes["message"]]

    name = f"{bank.entry_id}_asymmetric_current_sharing_{ADDRESSES[1]}"
    issue = issues(hass)[name]
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.is_fixable
    assert issue.translation_key is not None
    assert issue.translation_key.startswith("asymmetric_current_sharing")
    assert issue.translation_placeholders == {
        "bank": "House bank",
        "battery": NAMES[1],
        "others": NAMES[0],
        "sentence": attributes["message"],
    }
    assert issue.data is not None
    assert issue.data["entry_id"] == bank.entry_id
    assert issue.data["batteries"] == ADDRESSES[1]

    says.now(replace(SHARING, severity=Severity.ERROR))
    await pass_time(27)
    assert issues(hass)[name].severity is ir.IssueSeverity.ERROR

    says.now(status=Status.IN_SYNC)
    await pass_time(27)
    assert issues(hass) == {}
    assert told[-1].attributes["event_type"] == "resolved"
    assert told[-1].attributes["kind"] == "asymmetric_current_sharing"
    assert of(hass, bank, "out_of_sync").state == "off"


async def test_a_note_makes_no_issue_and_no_problem(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    Says(bank, monkeypatch).now(NOTE, status=Status.IN_SYNC)
    await pass_time(27)
    assert issues(hass) == {}
    assert of(hass, bank, "out_of_sync").state == "off"
    assert len(of(hass, bank, "status").attributes["findings"]) == 1
    assert of(hass, bank, "diagnosis").attributes["event_type"] == "storage"


async def test_issues_of_the_whole_bank(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    says = Says(bank, monkeypatch)
    both = replace(SHARING, kind=Kind.SOC_MISMATCH, cause="unknown", batteries=ADDRESSES[:2])
    none = replace(SHARING, kind=Kind.LAYOUT_LIMIT, cause="parallel", batteries=())
    says.now(both, none)
    await pass_time(27)
    assert set(issues(hass)) == {
        f"{bank.entry_id}_soc_mismatch_bank",
        f"{bank.entry_id}_layout_limit_bank",
    }
    assert await hass.config_entries.async_remove(bank.entry_id)
    assert issues(hass) == {}


async def test_no_knowledge_is_no_all_clear(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    Says(bank, monkeypatch).now(status=Status.UNKNOWN)
    await pass_time(27)
    for key in ("out_of_sync", "asymmetric_current_sharing", "soc_mismatch", "ready_to_parallel"):
        assert of(hass, bank, key).state == "unknown"


async def test_a_suspicion_is_watched_faster_but_not_for_ever(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bank = await make_bank(2)
    Says(bank, monkeypatch).now(status=Status.WATCHING)
    await pass_time(27)
    before = readers[ADDRESSES[0]].reads
    for _ in range(6):
        await pass_time(10)
    assert readers[ADDRESSES[0]].reads - before == 6
    for _ in range(130):
        await pass_time(10)
    before = readers[ADDRESSES[0]].reads
    for _ in range(6):
        await pass_time(10)
    assert readers[ADDRESSES[0]].reads - before == 2


async def test_a_protection_is_told_in_plain_words(make_bank: MakeBank) -> None:
    bank = await make_bank(2)
    cold = replace(
        SHARING,
        kind=Kind.PROTECTION,
        cause="charge_undertemperature+unheard_of",
        evidence={"flags": "charge_undertemperature, unheard_of"},
    )
    said = bank.runtime_data.sentence(cold)
    assert said.startswith(
        f"The BMS of {NAMES[1]} reports a fault: Too cold to charge, unheard of."
    )
