"""What batteries in series tell of each other's current sensors, and what they do not."""

import random

import pytest

from custom_components.lifepo4_bank.core.diagnosis.calibration import far
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.gain import Gains
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from tests.core.judging import diagnosis_of, feed
from tests.core.simple_bank import Simple, layout, run, steps
from tests.core.test_gain import bank_of, with_shunt
from virtual_bank.bms import JBD
from virtual_bank.draft import groups, strings


def test_a_current_lost_in_a_dead_band_is_no_sensor_error() -> None:
    batteries = [Simple(name=name, floor=1.5) for name in "ABCD"]
    batteries[3].own = 0.040
    bank = layout(batteries, Arrangement.PARALLEL_GROUPS, 2)
    diagnosis = diagnosis_of(batteries, bank)
    feed(diagnosis, run(batteries, steps(-6.5, -4.0, 300.0), 20, bank=bank))
    assert batteries[3].read(1200.0).current == 0.0
    state = feed(diagnosis, run(batteries, -100.0, 15, start=1200.0, bank=bank))
    assert all(abs(member.gain - 1) < 0.01 for member in diagnosis.members.values())
    assert all(abs(gain.value - 1) < 0.01 for gain in state.current_gain.values())


@pytest.mark.parametrize("load", [-5.0, -40.0])
def test_noise_at_a_steady_load_is_no_sensor_error(load: float) -> None:
    """What varies is noise of the witness as well, and flattens a line through the readings."""
    dice = random.Random(5)
    learning = Gains(1)
    before = load, [0.94 * load]
    for step in range(2000):
        now = load + dice.gauss(0, 0.2), [0.94 * load + dice.gauss(0, 0.2)]
        learning.observe(60.0 * step, before, now, 0.3)
        before = now
        for value, sigma, _ in learning.estimates(0.3, (0.01,)):
            assert abs(value - 0.94) < 4 * sigma
    ((value, sigma, _),) = learning.estimates(0.3, (0.01,))
    assert value == pytest.approx(0.94, abs=0.02)
    assert sigma < 0.01 or load > -10


@pytest.mark.parametrize("shunted", [True, False])
@pytest.mark.parametrize(
    "bank", [groups(3, 2), strings(3, 2), groups(2, 3), strings(2, 3)], ids=lambda one: one.notation
)
def test_no_healthy_sensor_is_ever_called_wrong(bank: Layout, shunted: bool) -> None:
    """From the first reading on, through a night of small loads and a day of sun."""
    case = bank_of(bank, {}, 12, bms=JBD, days=True)
    diagnosis = Diagnosis(bank, case.batteries)
    told = set()
    for sample in with_shunt(case) if shunted else case.samples():
        for name, gain in diagnosis.update(sample).current_gain.items():
            assert not far(gain), (sample.time, name, gain)
            told.add(name)
    assert told == set(bank.batteries)
