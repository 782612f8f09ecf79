"""When an uneven share is kept, and when it is taken back."""

from dataclasses import replace
import json

import pytest

from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Severity, Status
from tests.core.judging import diagnosis_of, feed, finding, silent, told
from tests.core.simple_bank import Load, Simple, layout, run, steps

UNEVEN = Kind.ASYMMETRIC_CURRENT_SHARING
QUARTER = 15.0


def bad_path() -> tuple[list[Simple], Diagnosis]:
    batteries = [Simple(name="A"), Simple(name="B", path=0.030)]
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, run(batteries, steps(-20, -60), 40))
    assert finding(state, UNEVEN).batteries == ("B",)
    return batteries, diagnosis


@pytest.mark.parametrize("load", [-30.0, steps(-20, -60), steps(-30, 30, 300.0)])
def test_a_mended_cable_is_taken_back_within_a_quarter_of_an_hour(load: Load) -> None:
    batteries, diagnosis = bad_path()
    batteries[1].path = batteries[0].path
    state = feed(diagnosis, run(batteries, load, QUARTER, start=2400.0))
    assert UNEVEN not in {found.kind for found in state.findings}


@pytest.mark.parametrize("load", [-30.0, steps(-20, -60)])
def test_a_fuse_that_is_replaced_is_taken_back_in_minutes(load: Load) -> None:
    batteries = [Simple(name="A"), Simple(name="B", connected=False)]
    diagnosis = diagnosis_of(batteries)
    assert feed(diagnosis, run(batteries, load, 15)).status is Status.OUT_OF_SYNC
    batteries[1].connected = True
    state = feed(diagnosis, run(batteries, load, 5, start=900.0))
    assert Kind.NOT_PARTICIPATING not in {found.kind for found in state.findings}


def test_a_charge_difference_that_makes_up_for_a_bad_path_does_not_hide_it() -> None:
    batteries, diagnosis = bad_path()
    # In four hours B, which gives less, gets as much fuller as evens the small loads out.
    feed(diagnosis, run(batteries, steps(-12, -40), 240, start=2400.0))
    state = feed(diagnosis, run(batteries, -12.0, 20, start=2400.0 + 14400.0))
    assert batteries[1].current == pytest.approx(batteries[0].current, rel=0.25)
    assert (UNEVEN.value, "path_resistance", ("B",)) in told(state)


@pytest.mark.parametrize("soc", [0.80, 0.88])
def test_a_bad_path_is_found_though_most_of_the_time_a_small_load_is_even(soc: float) -> None:
    batteries = [Simple(name="A"), Simple(name="B", path=0.030, soc=soc)]
    for battery in batteries:
        battery.capacity = 800.0
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, run(batteries, lambda now: -80.0 if now % 600 < 120 else -12.0, 40))
    assert batteries[1].current == pytest.approx(-5.0, abs=0.6)
    assert (UNEVEN.value, "path_resistance", ("B",)) in told(state)


def test_a_difference_of_voltage_fades_and_is_no_error_as_a_share() -> None:
    batteries = [Simple(name="A", soc=0.70), Simple(name="B", soc=0.40)]
    for battery in batteries:
        battery.capacity = 400.0
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, run(batteries, steps(-14, -60), 90))
    for found in state.findings:
        if found.kind is UNEVEN:
            assert (found.cause, found.severity) == ("voltage_offset", Severity.WARNING)


def test_a_full_battery_that_is_cut_off_differs_in_charge_for_sure() -> None:
    full = Simple(name="A", soc=0.99, connected=False, reported={"cells": (3.42,) * 4})
    low = Simple(name="B", soc=0.38, reported={"cells": (3.24,) * 4})
    state = feed(diagnosis_of([full, low]), run([full, low], steps(-20, -12), 20))
    assert told(state) >= {
        ("not_participating", "isolated", ("A",)),
        ("soc_mismatch", "charge_imbalance", ("B",)),
    }


def test_a_battery_cut_off_at_a_small_load_is_not_called_waiting() -> None:
    batteries = [Simple(name="A", floor=0.3), Simple(name="B", floor=0.3, connected=False)]
    state = feed(diagnosis_of(batteries), run(batteries, -2.8, 20))
    assert state.findings == ()
    assert silent(state, Kind.NOT_PARTICIPATING) == {"not_enough_load"}


def test_what_a_bms_that_has_tripped_carries_says_nothing_of_cables() -> None:
    # It takes no charge; while it is discharged its MOSFET closes again, its flag stays.
    cold = Simple(name="B", own=0.035)
    batteries = [Simple(name="A"), cold]
    diagnosis = diagnosis_of(batteries)
    for turn in range(6):
        charging = turn % 2 == 0
        cold.connected = not charging
        cold.reported = {
            "protections": ("charge_undertemperature",),
            "state": BatteryState.PROTECTION,
            "charge_enabled": not charging,
        }
        load = 24.0 if charging else -24.0
        state = feed(diagnosis, run(batteries, load, 20, start=turn * 1200.0))
        assert {found.kind for found in state.findings} <= {
            Kind.PROTECTION, Kind.NOT_PARTICIPATING, Kind.SOC_MISMATCH,
        }  # fmt: skip
        assert silent(state, UNEVEN) == {"protection"}
    cold.reported = {}
    cold.connected = True
    state = feed(diagnosis, run(batteries, steps(-24, -60), 30, start=7200.0))
    assert UNEVEN in {found.kind for found in state.findings}


def test_a_capacity_that_is_not_told_again_makes_no_share_unfair() -> None:
    batteries = [Simple(name="A"), Simple(name="B", capacity=50.0, own=0.030, path=0.004)]
    bank = layout(batteries)
    entered = {one.name: replace(one.battery, capacity=None) for one in batteries}
    diagnosis = Diagnosis(bank, entered)
    state = feed(diagnosis, run(batteries, steps(-20, -60), 20))
    assert state.fair_share["B"] == pytest.approx(1 / 3)
    restarted = Diagnosis(bank, entered)
    restarted.restore(json.loads(json.dumps(diagnosis.save())))
    batteries[1].reported = {"capacity": None}
    for later in (diagnosis, restarted):
        state = feed(later, run(batteries, steps(-20, -60), 20, start=1200.0))
        assert state.fair_share["B"] == pytest.approx(1 / 3)
        assert UNEVEN not in {found.kind for found in state.findings}
    alone = (
        replace(sample, batteries={"A": sample.batteries["A"]}, missing=frozenset("B"))
        for sample in run(batteries, -20.0, 20, start=2400.0)
    )
    assert feed(diagnosis, alone).fair_share["B"] == pytest.approx(1 / 3)
