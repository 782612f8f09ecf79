"""The cases of LiTime's guide to parallel batteries, section by section."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis, Options
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Kind, Severity
from custom_components.lifepo4_bank.core.diagnosis.prepare import Light
from custom_components.lifepo4_bank.core.layout import Arrangement
from tests.core.judging import diagnosis_of, feed, finding, judge, silent, told
from tests.core.simple_bank import Simple, layout, run, steps

SHARING = "asymmetric_current_sharing"


def test_3_1_only_one_battery_does_the_work() -> None:
    state = judge([Simple(name="A"), Simple(name="B", path=0.045)], steps(-20, -60))
    assert told(state) >= {(SHARING, "path_resistance", ("B",))}
    assert finding(state, Kind.ASYMMETRIC_CURRENT_SHARING).severity is Severity.ERROR


def test_3_1_a_weak_battery_is_no_wiring_fault() -> None:
    state = judge([Simple(name="A"), Simple(name="B", own=0.045)], steps(-20, -60))
    assert told(state) >= {(SHARING, "internal_resistance", ("B",))}


def test_3_2_cross_charging() -> None:
    batteries = [Simple(name="A", soc=0.95), Simple(name="B", soc=0.20)]
    state = judge(batteries, -0.5, 30)
    found = finding(state, Kind.CIRCULATING_CURRENT)
    assert found.batteries == ("B",)
    assert found.evidence["giver"] == "A"
    assert state.circulating_current == pytest.approx(abs(batteries[1].current), abs=0.1)
    assert ("soc_mismatch", "charge_imbalance", ("B",)) in told(state)


def test_3_2_protection_flapping_is_one_finding() -> None:
    batteries = [Simple(name="A"), Simple(name="B")]
    diagnosis = diagnosis_of(batteries)
    raised: list[Finding] = []
    for sample in run(batteries, -5.0, 30):
        flapping = int(sample.time / 60) % 2
        batteries[1].reported = {"protections": ("short_circuit",)} if flapping else {}
        raised += diagnosis.update(sample).raised
    assert [(one.kind, one.cause, one.severity) for one in raised] == [
        (Kind.PROTECTION, "short_circuit", Severity.ERROR)
    ]


def test_3_3_below_the_detection_floor_nothing_is_wrong() -> None:
    batteries = [Simple(name="A", floor=1.5, own=0.013), Simple(name="B", floor=1.5)]
    state = judge(batteries, -2.9, 60)
    assert all(one.severity is Severity.NOTE for one in state.findings)
    assert told(state) <= {("not_participating", "below_detection", ("B",))}
    assert silent(state, Kind.ASYMMETRIC_CURRENT_SHARING) == {"not_enough_load"}


def test_3_3_what_two_sensors_do_not_see_together_is_told_of_the_blind_one() -> None:
    batteries = [Simple(name="A", floor=1.5, own=0.010), Simple(name="B", floor=1.5)]
    state = judge(batteries, -2.8, 60)
    assert batteries[0].read(0.0).current == pytest.approx(-1.6, abs=0.1)
    assert told(state) == {("not_participating", "below_detection", ("B",))}


def test_3_3_a_battery_that_is_cut_off_comes_before_what_follows_from_it() -> None:
    batteries = [Simple(name="A", soc=0.4), Simple(name="B", soc=0.98, connected=False)]
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, run(batteries, steps(-20, -60), 30))
    apart = finding(state, Kind.SOC_MISMATCH)
    assert state.findings[0].kind is Kind.NOT_PARTICIPATING
    assert apart.severity is Severity.NOTE
    batteries[1].connected = True
    state = feed(diagnosis, run(batteries, steps(-20, -60), 40, start=1800.0))
    assert finding(state, Kind.SOC_MISMATCH).severity is Severity.ERROR


def test_3_3_the_higher_voltage_goes_first() -> None:
    # 0.16 V apart: B joins in above 10 A; its SoC counter is not to blame.
    batteries = [
        Simple(name="A", soc=0.80, floor=1.5),
        Simple(name="B", soc=0.40, floor=1.5, capacity=1000.0),
    ]
    batteries[0].capacity = 1000.0
    state = judge(batteries, -13.0, 20)
    causes = {one.cause for one in state.findings if one.kind is Kind.NOT_PARTICIPATING}
    assert causes <= {"waiting_for_voltage", "below_detection"}


def test_3_3_standby_that_is_a_real_fault() -> None:
    full = Simple(name="A", soc=0.98, connected=False)
    full.reported = {"state": BatteryState.FULL}
    state = judge([full, Simple(name="B", soc=0.4)], -20.0, 12)
    found = finding(state, Kind.NOT_PARTICIPATING)
    assert (found.cause, found.batteries) == ("isolated", ("A",))
    assert found.severity >= Severity.WARNING


def test_3_3_full_batteries_take_turns_and_that_is_no_fault() -> None:
    # Each in turn is full and out until the bus is a diode drop lower, then both carry.
    batteries = [Simple(name="A", soc=0.98), Simple(name="B", soc=0.98)]
    diagnosis = diagnosis_of(batteries)
    raised: list[Finding] = []
    cleared: list[Finding] = []
    for turn in range(6):
        out = batteries[turn // 2 % 2]
        waits = turn % 2 == 0
        out.connected = not waits
        out.reported = {"state": BatteryState.FULL, "charge_enabled": False} if waits else {}
        for battery in batteries:
            battery.soc = 0.98 if battery is out and waits else 0.90
        for sample in run(batteries, -20.0, 15, start=turn * 900.0):
            state = diagnosis.update(sample)
            raised += state.raised
            cleared += state.cleared
    expected = [(Kind.NOT_PARTICIPATING, "waiting_for_voltage", (name,)) for name in "ABA"]
    assert [(one.kind, one.cause, one.batteries) for one in raised] == expected
    assert [(one.kind, one.cause, one.batteries) for one in cleared] == expected


def test_3_3_a_full_battery_that_does_not_come_back_is_a_fault() -> None:
    full = Simple(name="A", soc=0.98, connected=False)
    full.reported = {
        "state": BatteryState.FULL, "charge_enabled": False, "voltage": 13.9, "cells": (3.475,) * 4,
    }  # fmt: skip
    state = judge([full, Simple(name="B", soc=0.4)], -20.0, 12)
    found = finding(state, Kind.NOT_PARTICIPATING)
    assert (found.cause, found.batteries, found.severity) == ("isolated", ("A",), Severity.WARNING)


def test_3_3_a_fault_is_said_within_five_minutes_though_the_first_readings_are_lost() -> None:
    batteries = [Simple(name="A"), Simple(name="B", connected=False)]
    diagnosis = diagnosis_of(batteries)
    raised: list[float] = []
    samples = list(run(batteries, -20.0, 6, step=15.0))
    early = {"A": samples[0].batteries["A"]}
    samples[0] = replace(samples[0], batteries=early)
    samples[1] = replace(samples[1], batteries={**samples[1].batteries, **early})
    for sample in samples:
        raised += [sample.time for _ in diagnosis.update(sample).raised]
    assert raised
    assert raised[0] <= 300


@pytest.mark.parametrize(
    ("reported", "load", "cause"),
    [
        ({"discharge_enabled": False}, -20.0, "discharge_off"),
        ({"charge_enabled": False}, 20.0, "charge_off"),
        ({"protections": ("cell_undervoltage",)}, -20.0, "protection"),
    ],
)
def test_4_1_a_battery_that_is_off_says_why(
    reported: dict[str, object], load: float, cause: str
) -> None:
    off = Simple(name="A", connected=False, reported=reported)
    state = judge([off, Simple(name="B")], load, 10)
    assert ("not_participating", cause, ("A",)) in told(state)


def test_1_low_charge() -> None:
    state = judge([Simple(name="A", soc=0.15), Simple(name="B", soc=0.16)], 0.0, 10)
    assert {one.batteries for one in state.findings if one.kind is Kind.LOW_CHARGE} == {
        ("A",), ("B",)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("others", "cause"),
    [
        ({"soc": 0.21}, "all_low"),
        ({"soc": 0.24}, "all_low"),
        ({"soc": 0.26}, "low"),
        ({"soc": 0.80}, "low"),
        ({"reported": {"soc": None}}, "low"),
    ],
)
def test_1_one_that_is_low_alone_is_told_from_a_bank_that_is_low(
    others: dict[str, Any], cause: str
) -> None:
    batteries = [Simple(name="A", soc=0.15), Simple(name="B", soc=0.21), Simple(name="C", **others)]
    state = judge(batteries, 0.0, 10)
    assert ("low_charge", cause, ("A",)) in told(state)


def test_3_4_mixed_capacity_brand_and_voltage() -> None:
    state = judge([Simple(name="A"), Simple(name="B", capacity=50.0, own=0.03)], -20.0, 5)
    assert ("mixed_batteries", "capacity", ("B",)) in told(state)
    state = judge([Simple(name="A"), Simple(name="B", brand="Other")], -20.0, 5)
    assert ("mixed_batteries", "brand", ()) in told(state)


def test_3_4_a_smaller_battery_shows_by_the_charge_it_takes_if_no_capacity_is_told() -> None:
    # Its resistance is double, so it takes half of what the others do, which is its fair part.
    batteries = [
        Simple(name="A", soc=0.95),
        Simple(name="B", soc=0.95, capacity=50.0, own=0.030, path=0.004),
        Simple(name="C", soc=0.95),
    ]
    for battery in batteries:
        battery.reported = {"capacity": None}
    known = {one.name: replace(one.battery, capacity=None) for one in batteries}
    state = feed(Diagnosis(layout(batteries), known), run(batteries, steps(-24, -60, 1800), 180))
    assert told(state) == {("mixed_batteries", "capacity", ("B",))}
    found = finding(state, Kind.MIXED_BATTERIES)
    assert found.evidence["capacity_Ah"] == pytest.approx(50, rel=0.1)
    assert state.fair_share["B"] == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("count", "arrangement", "cause"),
    [(5, Arrangement.PARALLEL, "parallel"), (5, Arrangement.SERIES, "series")],
)
def test_2_2_not_more_than_4s4p(count: int, arrangement: Arrangement, cause: str) -> None:
    batteries = [Simple(name=f"B{number}") for number in range(count)]
    bank = layout(batteries, arrangement)
    state = judge(batteries, -20.0, 2, bank=bank)
    assert told(state) == {("layout_limit", cause, ())}
    raised = Options(max_parallel=5, max_series=5)
    assert judge(batteries, -20.0, 2, bank=bank, options=raised).findings == ()


@pytest.mark.parametrize(("soc", "cause"), [(0.95, "too_full"), (0.30, "too_empty"), (0.5, None)])
def test_q5_storage(soc: float, cause: str | None) -> None:
    batteries = [Simple(name="A", soc=soc), Simple(name="B", soc=soc)]
    state = judge(batteries, 0.0, 8 * 1440, step=300.0)
    assert told(state) == ({("storage", cause, ())} if cause else set())
    assert judge(batteries, 0.0, 6 * 1440, step=300.0).findings == ()


def test_q5_a_lone_reading_just_above_the_floor_is_no_use_of_the_bank() -> None:
    batteries = [Simple(name="A", soc=0.95), Simple(name="B", soc=0.95)]
    diagnosis = diagnosis_of(batteries)
    for sample in run(batteries, 0.0, 8 * 1440, step=300.0):
        if sample.time % 86400 == 43200:
            batteries[0].reported = {"current": -1.1}
        else:
            batteries[0].reported = {}
        state = diagnosis.update(sample)
    assert told(state) == {("storage", "too_full", ())}


def apart(millivolts: float) -> list[Simple]:
    return [
        Simple(name="A", connected=False, soc=0.5),
        Simple(name="B", connected=False, soc=0.5 + millivolts / 400),
    ]


@pytest.mark.parametrize(
    ("millivolts", "light", "ready"),
    [(30, Light.GREEN, True), (80, Light.AMBER, True), (140, Light.RED, False)],
)
def test_q3_ready_to_parallel(millivolts: float, light: Light, ready: bool) -> None:
    batteries = apart(millivolts)
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, run(batteries, 0.0, 60))
    readiness = diagnosis.readiness()
    assert readiness.light is light
    assert readiness.ready is ready is state.ready_to_parallel
    assert readiness.difference == pytest.approx(millivolts / 1000, abs=0.003)
    mismatch = any(one.kind is Kind.VOLTAGE_MISMATCH for one in state.findings)
    assert mismatch is not ready


@pytest.mark.parametrize(("digits", "light"), [(1, Light.AMBER), (2, Light.GREEN)])
def test_q3_a_coarse_voltage_proves_little(digits: int, light: Light) -> None:
    batteries = apart(0)
    for battery in batteries:
        battery.reported = {"cells": (), "voltage": round(13.21, digits)}
    diagnosis = diagnosis_of(batteries)
    assert feed(diagnosis, run(batteries, 0.0, 60)).ready_to_parallel
    assert diagnosis.readiness().light is light


def test_q3_cells_tell_more_than_a_coarse_voltage() -> None:
    batteries = apart(140)
    for battery in batteries:
        battery.reported = {"voltage": 13.2}
    diagnosis = diagnosis_of(batteries)
    assert feed(diagnosis, run(batteries, 0.0, 60)).ready_to_parallel is False
    assert diagnosis.readiness().difference == pytest.approx(0.14, abs=0.003)


def test_4_1_what_to_wait_for() -> None:
    batteries = apart(10)
    diagnosis = diagnosis_of(batteries)
    assert diagnosis.readiness().ready is None
    batteries[1].reported = {"discharge_enabled": False}
    feed(diagnosis, run(batteries, 0.0, 10))
    waits = {wait.reason: wait for wait in diagnosis.readiness().waits}
    assert waits.keys() == {"discharge_off", "not_rested"}
    assert waits["not_rested"].seconds == pytest.approx(20 * 60, abs=90)
    assert waits["discharge_off"].batteries == ("B",)
