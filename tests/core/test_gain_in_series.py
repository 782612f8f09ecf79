"""What groups in series do not tell of each other's current sensors."""

from custom_components.lifepo4_bank.core.layout import Arrangement
from tests.core.judging import diagnosis_of, feed
from tests.core.simple_bank import Simple, layout, run, steps


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
