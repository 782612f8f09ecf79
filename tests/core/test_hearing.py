"""Lost readings are told from a slow pace."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import BatterySample
from custom_components.lifepo4_bank.core.diagnosis.hearing import Hearing

from .judging import diagnosis_of, feed, told
from .simple_bank import Simple, run


def reading(time: float) -> BatterySample:
    return BatterySample(battery="A", time=time)


def heard(times: Iterable[float]) -> Hearing:
    hearing = Hearing()
    for time in times:
        hearing.update(reading(time))
    return hearing


@pytest.mark.parametrize("pace", [10.0, 60.0, 300.0])
def test_a_slow_poll_loses_nothing(pace: float) -> None:
    dice = Random(1)
    assert heard(pace * n + dice.uniform(0, 3) for n in range(30)).lost < 0.3


@pytest.mark.parametrize("part", [0.5, 0.65])
def test_lost_polls_are_counted(part: float) -> None:
    dice = Random(2)
    hearing, lost = Hearing(), []
    for n in range(400):
        if dice.random() > part:
            hearing.update(reading(30.0 * n + dice.uniform(0, 2)))
            lost.append(hearing.lost)
    assert sum(lost[8:]) / len(lost[8:]) == pytest.approx(part, abs=0.1)


def test_another_pace_is_known_after_four_readings() -> None:
    times = [60.0 * n for n in range(30)]
    times += [times[-1] + 300.0 * n for n in (1, 2, 3, 4)]
    assert heard(times[:-1]).lost < 0.5
    assert heard(times).lost == 0


def test_who_reports_when_it_likes_has_no_pace() -> None:
    dice, time = Random(3), 0.0
    hearing, lost = Hearing(), []
    for _ in range(300):
        time += dice.uniform(10, 100)
        hearing.update(reading(time))
        lost.append(hearing.lost)
    assert sum(lost) / len(lost) < 0.15


def test_a_reading_that_comes_again_or_late_is_none() -> None:
    assert heard([0.0, 30.0, 30.0, 20.0, 60.0, 90.0, 120.0, 150.0, 180.0, 210.0]).lost == 0
    back = heard([*(1000.0 + 30 * n for n in range(20)), *(30.0 * n for n in range(4))])
    assert back.lost == 0


def slow(samples: Iterable[BankSample], every: int) -> Iterable[BankSample]:
    """B is read at each `every`th poll of A; between, its newest reading counts."""
    newest = None
    for number, sample in enumerate(samples):
        if number % every == 0 or newest is None:
            newest = sample.batteries["B"]
        yield replace(sample, batteries={"A": sample.batteries["A"], "B": newest})


@pytest.mark.parametrize("every", [3, 10])
def test_a_battery_that_is_polled_more_slowly_has_no_weak_link(every: int) -> None:
    batteries = [Simple(name="A"), Simple(name="B")]
    diagnosis = diagnosis_of(batteries)
    state = feed(diagnosis, slow(run(batteries, -5.0, 120), every))
    assert told(state) == set()
