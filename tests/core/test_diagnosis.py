"""The diagnosis as a whole: statuses, events, memory, and refusal of what cannot be true."""

from dataclasses import replace
import json
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Kind, Severity, Status
from custom_components.lifepo4_bank.core.diagnosis.rules import LONGEST_GAP
from tests.core.judging import diagnosis_of, feed, finding, judge, silent, told
from tests.core.simple_bank import Simple, layout, run, steps


def healthy() -> list[Simple]:
    return [Simple(name="A"), Simple(name="B")]


def cut() -> list[Simple]:
    return [Simple(name="A"), Simple(name="B", connected=False)]


def test_statuses() -> None:
    assert judge(healthy(), steps(-20, -40)).status is Status.IN_SYNC
    assert judge(healthy(), -1.0).status is Status.NO_LOAD
    assert judge(cut(), -20.0, 3).status is Status.WATCHING
    assert judge(cut(), -20.0, 20).status is Status.OUT_OF_SYNC


def test_unknown_without_a_battery() -> None:
    samples = [
        replace(sample, batteries={"A": sample.batteries["A"]}, missing=frozenset({"B"}))
        for sample in run(healthy(), -20.0, 20)
    ]
    state = feed(diagnosis_of(healthy()), samples)
    assert state.status is Status.UNKNOWN
    assert silent(state, Kind.ASYMMETRIC_CURRENT_SHARING) == {"battery_missing"}
    assert state.circulating_current is None


def test_a_finding_is_raised_once_and_cleared_once() -> None:
    batteries = cut()
    diagnosis = diagnosis_of(batteries)
    raised: list[Finding] = []
    cleared: list[Finding] = []
    for sample in run(batteries, -20.0, 12):
        state = diagnosis.update(sample)
        raised += state.raised
    assert [(one.kind, one.cleared) for one in raised] == [(Kind.NOT_PARTICIPATING, None)]
    batteries[1].connected = True
    for sample in run(batteries, -20.0, 10, start=12 * 60):
        cleared += diagnosis.update(sample).cleared
    assert [one.kind for one in cleared] == [Kind.NOT_PARTICIPATING]
    assert cleared[0].cleared is not None
    assert cleared[0].cleared > cleared[0].first_seen


def test_severity_rises_within_one_finding() -> None:
    batteries = cut()
    diagnosis = diagnosis_of(batteries)
    severities = [
        one.severity
        for sample in run(batteries, -20.0, 45)
        for one in diagnosis.update(sample).raised
        if one.kind is Kind.NOT_PARTICIPATING
    ]
    assert severities == [Severity.WARNING, Severity.ERROR]


def test_a_silent_battery_keeps_its_finding() -> None:
    batteries = cut()
    diagnosis = diagnosis_of(batteries)
    before = feed(diagnosis, run(batteries, -20.0, 15))
    lost = [
        replace(sample, batteries={"A": sample.batteries["A"]}, missing=frozenset({"B"}))
        for sample in run(batteries, -20.0, 60, start=900)
    ]
    after = feed(diagnosis, lost)
    assert told(before) == {("not_participating", "isolated", ("B",))}
    assert told(after) == told(before) | {("weak_link", "lost_readings", ("B",))}
    assert after.status is Status.OUT_OF_SYNC


def test_no_load_clears_nothing() -> None:
    batteries = cut()
    diagnosis = diagnosis_of(batteries)
    feed(diagnosis, run(batteries, -20.0, 15))
    assert told(feed(diagnosis, run(batteries, 0.0, 60, start=900))) >= {
        ("not_participating", "isolated", ("B",))
    }


def test_a_gap_ends_what_is_pending() -> None:
    batteries = cut()
    diagnosis = diagnosis_of(batteries)
    feed(diagnosis, run(batteries, -20.0, 3.5))
    later = 3.5 * 60 + LONGEST_GAP + 60
    assert feed(diagnosis, run(batteries, -20.0, 3, start=later)).findings == ()


def test_between_judgements_nothing_is_told_twice() -> None:
    batteries = cut()
    diagnosis = diagnosis_of(batteries)
    events = [
        one
        for sample in run(batteries, -20.0, 20, step=5.0)
        for one in diagnosis.update(sample).raised
    ]
    assert len(events) == 1


def with_command(sample: BankSample) -> BankSample:
    told = replace(sample.batteries["C"], charge_commanded=True)
    return replace(sample, batteries={**sample.batteries, "C": told})


def test_saved_and_restored_it_goes_on_as_if_nothing_had_happened() -> None:
    one = [Simple(name="A"), Simple(name="B", path=0.020), Simple(name="C", counter=0.3)]
    samples = list(run(one, steps(-24, -60), 60))
    # A fact that changes is looked at at once, as everything is after a restart.
    samples[61:] = [with_command(sample) for sample in samples[61:]]
    whole, first, second = (diagnosis_of(one) for _ in range(3))
    feed(first, samples[:61])
    second.restore(json.loads(json.dumps(first.save())))
    feed(whole, samples[:61])
    for sample in samples[61:]:
        expected, found = whole.update(sample), second.update(sample)
        assert told(found) == told(expected)
        assert found.raised == expected.raised
    assert second.save() == whole.save()


def test_a_restart_does_not_raise_again() -> None:
    batteries = cut()
    before = diagnosis_of(batteries)
    held = feed(before, run(batteries, -20.0, 12))
    after = diagnosis_of(batteries)
    after.restore(json.loads(json.dumps(before.save())))
    state = after.update(next(run(batteries, -20.0, 1, start=13 * 60)))
    assert told(state) == told(held)
    assert state.raised == ()
    assert state.findings[0].first_seen == held.findings[0].first_seen


@pytest.mark.parametrize(
    "broken", [{}, {"version": 0}, {"version": 2, "members": 3}, {"version": 2, "members": {}}]
)
def test_a_broken_save_is_refused_and_leaves_nothing(broken: dict[str, Any]) -> None:
    batteries = healthy()
    diagnosis = diagnosis_of(batteries)
    feed(diagnosis, run(batteries, -20.0, 10))
    with pytest.raises(ValueError, match="not a saved diagnosis"):
        diagnosis.restore(broken)
    assert diagnosis.save() == diagnosis_of(batteries).save()


def test_what_is_saved_of_another_bank_is_left_out() -> None:
    one, other = cut(), [Simple(name="A"), Simple(name="C")]
    before = diagnosis_of(one)
    feed(before, run(one, -20.0, 12))
    after = diagnosis_of(other)
    after.restore(before.save())
    assert feed(after, run(other, -20.0, 2)).findings == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"current": float("nan")},
        {"current": 9999.0},
        {"voltage": 0.0},
        {"voltage": 26.0 * 4},
        {"soc": -0.2},
        {"soc": 2.55},
        {"cells": (3.3, 3.3, 0.0, 3.3)},
        {"cells": (3.3, float("nan"), 3.3, 3.3)},
        {"temperatures": (-273.0,)},
    ],
)
def test_what_cannot_be_true_is_not_judged(wrong: dict[str, Any]) -> None:
    batteries = [Simple(name="A"), Simple(name="B", reported=wrong)]
    state = judge(batteries, steps(-20, -40))
    assert state.findings == ()
    assert "B" not in state.own_resistance
    refusals = {one.reason for one in state.not_judged if one.batteries == ("B",)}
    assert any(reason.endswith(("out_of_range", "unlike_nominal")) for reason in refusals)


def test_fleet_current_is_not_shared_out() -> None:
    batteries = [Simple(name="A"), Simple(name="B", path=0.02)]
    samples = []
    for sample in run(batteries, lambda time: -20.0 - time % 1700 / 40, 60):
        total = round(sum(one.current or 0.0 for one in sample.batteries.values()), 1)
        same = {name: replace(one, current=total) for name, one in sample.batteries.items()}
        samples.append(BankSample(time=sample.time, batteries=same))
    state = feed(diagnosis_of(batteries), samples)
    assert state.findings == ()
    assert silent(state, Kind.ASYMMETRIC_CURRENT_SHARING) == {"fleet_current"}


def test_resistances_are_told_with_their_uncertainty() -> None:
    batteries = [Simple(name="A"), Simple(name="B", path=0.010), Simple(name="C", own=0.020)]
    state = judge(batteries, steps(-20, -60), 60)
    own = {name: estimate.value for name, estimate in state.own_resistance.items()}
    assert own == pytest.approx({"A": 0.015, "B": 0.015, "C": 0.020}, rel=0.03)
    excess = state.path_resistance_excess["B"]
    assert excess.value == pytest.approx(0.008, abs=0.0008)
    assert 0 < excess.sigma < 0.002
    assert sum(one.value for one in state.share.values()) == pytest.approx(1.0, abs=0.02)
    assert state.fair_share == pytest.approx(dict.fromkeys("ABC", 1 / 3))


def test_evidence_is_in_numbers() -> None:
    state = judge([Simple(name="A"), Simple(name="B", path=0.020)], steps(-20, -40))
    evidence = finding(state, Kind.ASYMMETRIC_CURRENT_SHARING).evidence
    assert evidence["fair_share_percent"] == 50
    assert evidence["path_excess_mOhm"] == pytest.approx(18, rel=0.1)
    assert evidence["own_mOhm"] == pytest.approx(15, rel=0.05)


def test_one_garbled_voltage_makes_no_bank_of_unlike_batteries() -> None:
    batteries = [Simple(name="A"), Simple(name="B")]
    known = {one.name: replace(one.battery, nominal_voltage=None) for one in batteries}
    diagnosis = Diagnosis(layout(batteries), known)
    raised: set[Kind] = set()
    for sample in run(batteries, -5.0, 60):
        odd = replace(sample.batteries["B"], cells=())
        if 590 < sample.time < 1180:
            # For one look of those that come every ten minutes.
            odd = replace(odd, voltage=26.6)
        state = diagnosis.update(replace(sample, batteries={**sample.batteries, "B": odd}))
        raised |= {found.kind for found in state.raised}
    assert raised == set()
