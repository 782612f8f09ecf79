"""The computer's clock is set while the bank is watched, as on a boat that gets the time at last."""

import pytest

from custom_components.lifepo4_bank.core.counter import ChargeCounter
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Status
from tests.core.judging import diagnosis_of, feed, told
from tests.core.simple_bank import Simple, run, steps

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
