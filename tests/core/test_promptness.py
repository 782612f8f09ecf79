"""How soon a gross fault is told, however the bank is read and loaded."""

from dataclasses import replace

import pytest

from custom_components.lifepo4_bank.core.battery import BatterySample
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Finding, Kind, Severity
from custom_components.lifepo4_bank.core.floor import DetectionFloor
from tests.core.judging import diagnosis_of, feed
from tests.core.simple_bank import Load, Simple, run, steps

UNEVEN = Kind.ASYMMETRIC_CURRENT_SHARING


def errors(batteries: list[Simple], load: Load, fails_at: float, step: float) -> list[Finding]:
    """Errors of sharing that are told within five minutes of a lug's failure."""
    diagnosis = diagnosis_of(batteries)
    if fails_at:
        state = feed(diagnosis, run(batteries, load, fails_at / 60, step=step))
        assert state.findings == ()
    batteries[1].path = 0.040
    state = feed(diagnosis, run(batteries, load, 5.0 + step / 60, start=fails_at, step=step))
    return [f for f in state.findings if f.kind is UNEVEN and f.severity is Severity.ERROR]


@pytest.mark.parametrize("step", [10.0, 15.0, 30.0, 60.0])
@pytest.mark.parametrize("fails_at", [0.0, 1800.0])
def test_a_lug_that_fails_is_told_within_five_minutes(step: float, fails_at: float) -> None:
    batteries = [Simple(name=name) for name in "ABC"]
    for found in errors(batteries, -60.0, fails_at, step):
        assert (found.cause, found.batteries) == ("path_resistance", ("B",))
        break
    else:
        pytest.fail("not told")


@pytest.mark.parametrize("step", [29.9, 59.9])
def test_a_blown_fuse_is_told_within_five_minutes_of_its_first_poll(step: float) -> None:
    batteries = [Simple(name=name) for name in "ABC"]
    diagnosis = diagnosis_of(batteries)
    assert feed(diagnosis, run(batteries, -45.0, 30, step=step)).findings == ()
    batteries[1].connected = False
    state = feed(diagnosis, run(batteries, -45.0, 4.1, start=31 * 60.0, step=step))
    assert [(f.kind, f.batteries) for f in state.findings if f.severity > Severity.NOTE] == [
        (Kind.NOT_PARTICIPATING, ("B",))
    ]


@pytest.mark.parametrize("load", [-45.0, lambda time: -20.0 - 25.0 * (time % 150 < 75)])
def test_batteries_that_are_read_by_turns_are_compared_all_the_same(load: Load) -> None:
    batteries = [Simple(name="A"), Simple(name="B")]
    diagnosis, read = diagnosis_of(batteries), dict[str, BatterySample]()

    def by_turns(minutes: float, start: float) -> BankState:
        samples = run(batteries, load, minutes, start=start, step=15.0)
        for index, sample in enumerate(samples):
            turn = "AB"[index % 2]
            read[turn] = sample.batteries[turn]
            state = diagnosis.update(replace(sample, batteries=dict(read)))
        return state

    by_turns(30.0, 0.0)
    batteries[1].connected = False
    state = by_turns(15.0, 1800.0)
    assert {(f.kind, f.batteries) for f in state.findings} >= {(Kind.NOT_PARTICIPATING, ("B",))}


def test_another_load_on_the_way_does_not_begin_the_judgement_anew() -> None:
    batteries = [Simple(name=name) for name in "ABCD"]
    assert errors(batteries, lambda time: -24.0 if time < 170 else 100.0, 0.0, 30.0)


def test_one_round_that_cannot_be_judged_stops_no_clock() -> None:
    batteries = [Simple(name="A"), Simple(name="B", connected=False)]
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, run(batteries, lambda time: -2.0 if time == 120 else -20.0, 5))
    assert Kind.NOT_PARTICIPATING in {f.kind for f in state.findings}
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, run(batteries, lambda time: -2.0 if time == 120 else -20.0, 4))
    assert state.findings == ()


def test_a_mended_lug_is_taken_back_within_ten_minutes() -> None:
    batteries = [Simple(name=name) for name in "ABC"]
    diagnosis = diagnosis_of(batteries)
    batteries[1].path = 0.040
    feed(diagnosis, run(batteries, steps(-30, -60), 40))
    batteries[1].path = batteries[0].path
    state = feed(diagnosis, run(batteries, steps(-30, -60), 10, start=2400.0))
    assert state.findings == ()


def test_a_current_that_is_never_small_says_nothing_of_the_dead_band() -> None:
    floor = DetectionFloor("Other")
    for _ in range(100):
        floor.update(-2.5)
    assert floor.value == 1.0
