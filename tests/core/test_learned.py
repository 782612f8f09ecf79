"""What the readings of one battery teach, and what they do not."""

from collections.abc import Iterable

import pytest

from custom_components.lifepo4_bank.core.battery import Battery, BatterySample
from custom_components.lifepo4_bank.core.diagnosis.branch import Branch
from custom_components.lifepo4_bank.core.diagnosis.members import Member
from custom_components.lifepo4_bank.core.diagnosis.uneven import _reference

OWN = 0.020


def member_of(readings: Iterable[tuple[float, float]], soc: float | None = 0.6) -> Member:
    """Let a battery of four cells read these voltages and currents, one every 30 s."""
    member = Member(Battery(id="A", name="A", nominal_voltage=12.8, detection_floor=1.0))
    for index, (voltage, current) in enumerate(readings):
        member.update(
            BatterySample(
                battery="A", time=30.0 * index, voltage=round(voltage, 3), current=current, soc=soc
            )
        )
    return member


def test_a_load_that_comes_and_goes_shows_the_own_resistance() -> None:
    member = member_of((13.2 + OWN * current, current) for current in (-5.0, -40.0, -10.0, -38.0))
    assert member.resistance.count == 3
    assert member.resistance.value == pytest.approx(OWN, rel=0.02)


def test_a_current_between_batteries_that_fades_shows_none() -> None:
    currents = [-40.0 * 0.9**index for index in range(12)]
    # The open-circuit voltage falls as the current does: the slope is not that of a resistance.
    member = member_of((13.4 + 0.003 * current, current) for current in currents)
    assert member.resistance.count == 0


@pytest.mark.parametrize(("soc", "count"), [(0.6, 3), (0.1, 0), (0.95, 0), (None, 0)])
def test_a_weak_battery_shows_it_however_deep_its_voltage_drops(
    soc: float | None, count: int
) -> None:
    own = 0.080
    member = member_of(
        ((12.9 + own * current, current) for current in (-20.0, -60.0, -25.0, -55.0)), soc
    )
    assert member.resistance.count == count
    if count:
        assert member.resistance.value == pytest.approx(own, rel=0.02)


def test_the_others_count_as_far_as_their_resistance_is_known() -> None:
    sure, doubtful = member_of([]), member_of([])
    for step in (20.0, -30.0, 25.0, -20.0) * 5:
        sure.resistance.update(0.0, OWN * step, step, 0.002)
    doubtful.resistance.update(0.0, 0.0, 3.0, 0.050)
    value, sigma, _ = _reference([Branch([sure], 0.5), Branch([doubtful], 0.5)])
    assert value == pytest.approx(OWN, rel=0.05)
    assert sigma <= sure.resistance.sigma
