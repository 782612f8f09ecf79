"""The computer's clock is set while the bank is watched, as on a boat that gets the time at last."""

from dataclasses import replace
from random import Random

import pytest

from custom_components.lifepo4_bank.core.counter import ChargeCounter
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Status
from custom_components.lifepo4_bank.core.layout import Arrangement
from custom_components.lifepo4_bank.core.line import Line
from tests.core.judging import diagnosis_of, feed, told
from tests.core.simple_bank import Simple, layout, run, steps

HOUR = 3600.0
JUMPS = pytest.mark.parametrize("hours", [-30, -3, 3, 30])


def batteries() -> list[Simple]:
    return [Simple(name="A"), Simple(name="B")]


@JUMPS
def test_a_healthy_bank_stays_healthy(hours: float) -> None:
    bank = batteries()
    diagnosis = diagnosis_of(bank)
    feed(diagnosis, run(bank, steps(-20, 20), 120))
    after = run(bank, steps(-20, 20), 120, start=(2 + hours) * HOUR)
    for sample in after:
        assert told(diagnosis.update(sample)) == set()
    assert diagnosis.update(sample).status is Status.IN_SYNC


@JUMPS
def test_a_fault_after_the_jump_is_found_as_soon_as_ever(hours: float) -> None:
    bank = batteries()
    diagnosis = diagnosis_of(bank)
    feed(diagnosis, run(bank, -20.0, 60))
    bank[1].connected = False
    state = feed(diagnosis, run(bank, -20.0, 12, start=(1 + hours) * HOUR))
    assert Kind.NOT_PARTICIPATING in {found.kind for found in state.findings}


@JUMPS
def test_a_jump_while_it_is_watched_begins_its_time_anew_at_the_latest(hours: float) -> None:
    bank = batteries()
    bank[1].connected = False
    diagnosis = diagnosis_of(bank)
    assert feed(diagnosis, run(bank, -20.0, 3)).status is Status.WATCHING
    state = feed(diagnosis, run(bank, -20.0, 12, start=180 + hours * HOUR))
    assert Kind.NOT_PARTICIPATING in {found.kind for found in state.findings}


@JUMPS
def test_a_jump_moves_no_charge(hours: float) -> None:
    counter = ChargeCounter()
    for second in range(0, 3600, 30):
        counter.update(second, -10.0)
    before = counter.charge
    counter.update(HOUR + hours * HOUR, -10.0)
    assert counter.charge == pytest.approx(before)


@JUMPS
def test_a_steady_load_teaches_as_much_as_ever(hours: float) -> None:
    bank = batteries()
    diagnosis = diagnosis_of(bank)
    (group,) = diagnosis.groups
    feed(diagnosis, run(bank, -20.0, 60))
    before = group.revision
    feed(diagnosis, run(bank, -20.0, 60, start=(1 + hours) * HOUR))
    assert group.revision - before >= 0.9 * before


@JUMPS
def test_batteries_in_series_teach_as_much_as_ever(hours: float) -> None:
    bank = batteries()
    series = layout(bank, Arrangement.SERIES)
    diagnosis = diagnosis_of(bank, series)
    (chain,) = diagnosis.picture.chains
    feed(diagnosis, run(bank, -20.0, 60, bank=series))
    before = chain.links[0].level.count
    feed(diagnosis, run(bank, -20.0, 60, bank=series, start=(1 + hours) * HOUR))
    assert chain.links[0].level.count - before >= 0.9 * before


@JUMPS
def test_a_shunt_teaches_as_much_as_ever(hours: float) -> None:
    bank = batteries()
    diagnosis = diagnosis_of(bank)
    (section,) = diagnosis.calibration._sections

    def watch(start: float) -> int:
        before = section.gains.count
        for sample in run(bank, steps(-20, -40, 3000), 60, start=start):
            told = sum(reading.current or 0.0 for reading in sample.batteries.values())
            diagnosis.update(replace(sample, shunt_current=told, shunt_time=sample.time))
        return section.gains.count - before

    before = watch(0.0)
    assert before > 50
    assert watch((1 + hours) * HOUR) >= 0.9 * before


@JUMPS
def test_a_line_follows_a_change_as_soon_as_ever(hours: float) -> None:
    line, dice = Line(0.5, (0.5, 5.0), (0.01, 0.5)), Random(1)
    time = 0.0

    def learn(slope: float, count: int) -> None:
        nonlocal time
        for _ in range(count):
            time += 60.0
            x = dice.uniform(-60, -10)
            line.update(time, x, slope * x, 0.01)

    learn(0.5, 100)
    learn(0.3, 2)
    time += hours * HOUR
    learn(0.3, 15)
    assert line.slope == pytest.approx(0.3, abs=0.05)
