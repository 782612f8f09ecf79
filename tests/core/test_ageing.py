"""What was learned before a gap counts for less after it: nobody knows what happened meanwhile."""

import pytest

from custom_components.lifepo4_bank.core.counter import LONGEST
from custom_components.lifepo4_bank.core.diagnosis.rules import LONGEST_GAP, REST, SILENCE
from tests.core.judging import diagnosis_of, feed
from tests.core.simple_bank import Simple, run, steps

HOUR = 3600.0


def pair(soc: float = 0.6) -> list[Simple]:
    return [Simple(name="A", soc=soc), Simple(name="B", soc=soc)]


@pytest.mark.parametrize(("gap", "known"), [(HOUR, True), (SILENCE + HOUR, False)])
def test_resistances_and_shares_are_learned_anew_after_a_day(gap: float, known: bool) -> None:
    batteries = pair()
    diagnosis = diagnosis_of(batteries)
    before = feed(diagnosis, run(batteries, steps(-20, -60), 40))
    assert before.own_resistance.keys() == {"A", "B"}
    state = feed(diagnosis, run(batteries, -20.0, 3, start=HOUR + gap))
    assert (state.own_resistance.keys() == {"A", "B"}) is known
    assert state.share["A"].latest == pytest.approx(HOUR + gap + 150, abs=90)
    assert (state.share["A"].since == before.share["A"].since) is known
    old, new = before.path_resistance_excess["B"], state.path_resistance_excess["B"]
    assert (new.since == old.since) is known


@pytest.mark.parametrize(("gap", "rested"), [(0.5 * LONGEST_GAP, True), (2 * LONGEST_GAP, False)])
def test_rest_that_nobody_has_watched_is_none(gap: float, rested: bool) -> None:
    batteries = pair()
    diagnosis = diagnosis_of(batteries)
    feed(diagnosis, run(batteries, 0.0, REST / 60 + 5))
    assert diagnosis.readiness().ready
    feed(diagnosis, run(batteries, 0.0, 2, start=REST + 270 + gap))
    waits = {wait.reason for wait in diagnosis.readiness().waits}
    assert waits == (set() if rested else {"not_rested"})


@pytest.mark.parametrize("minutes", [LONGEST / 60 - 1, 120.0])
def test_charge_that_nobody_has_counted_is_no_drift_of_the_counter(minutes: float) -> None:
    batteries = pair(0.9)
    diagnosis = diagnosis_of(batteries)
    feed(diagnosis, run(batteries, -30.0, 30))
    for _ in run(batteries, -30.0, minutes, start=1800.0):
        pass  # out of reach
    feed(diagnosis, run(batteries, -30.0, 15, start=1800.0 + 60 * minutes))
    for member in diagnosis.members.values():
        assert member.drift.value == pytest.approx(0.0, abs=0.012)


def test_a_capacity_is_not_told_from_charge_that_nobody_has_counted() -> None:
    batteries = pair(0.95)
    diagnosis = diagnosis_of(batteries)
    for number, sample in enumerate(run(batteries, -20.0, 150)):
        if number % 50 < 30:  # then ten minutes out of reach
            diagnosis.update(sample)
    for member in diagnosis.members.values():
        assert member.capacity_ratio.value in (None, pytest.approx(100.0, rel=0.06))


def test_a_clock_set_back_makes_no_rest_and_forgets_no_resistance() -> None:
    batteries = pair()
    diagnosis = diagnosis_of(batteries)
    late = 10 * SILENCE
    feed(diagnosis, run(batteries, steps(-20, -60), 40, start=late))
    feed(diagnosis, run(batteries, 0.0, REST / 60 + 5, start=late + 2400))
    assert diagnosis.readiness().ready
    state = feed(diagnosis, run(batteries, 0.0, 10))
    assert state.own_resistance.keys() == {"A", "B"}
    (wait,) = diagnosis.readiness().waits
    assert wait.reason == "not_rested"
    assert wait.seconds == pytest.approx(REST - 570, abs=60)
