"""Each estimator finds the truth it is made for, and knows how well."""

import json
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.lifepo4_bank.core.counter import CapacityRatio, ChargeCounter, CounterDrift
from custom_components.lifepo4_bank.core.diagnosis.fulls import FullCharges
from custom_components.lifepo4_bank.core.floor import DetectionFloor
from custom_components.lifepo4_bank.core.follow import Follow
from custom_components.lifepo4_bank.core.line import Line
from custom_components.lifepo4_bank.core.resistance import OwnResistance, path_excess
from custom_components.lifepo4_bank.core.resolution import Resolution
from custom_components.lifepo4_bank.core.share import Share


def fresh() -> Line:
    return Line(0.5, (0.5, 5.0), (0.01, 0.5))


@given(slope=st.floats(0.05, 0.95), intercept=st.floats(-4, 4), seed=st.integers(0, 1000))
def test_line_finds_slope_and_intercept(slope: float, intercept: float, seed: int) -> None:
    line, dice = fresh(), Random(seed)
    for step in range(60):
        x = dice.uniform(-60, 30)
        line.update(step * 60.0, x, slope * x + intercept + dice.gauss(0, 0.1), 0.01)
    assert line.slope == pytest.approx(slope, abs=5 * line.slope_sigma + 0.003)
    assert line.intercept == pytest.approx(intercept, abs=5 * line.intercept_sigma + 0.1)
    assert line.slope_sigma < 0.02


def test_line_shrugs_off_one_outlier_and_follows_a_change() -> None:
    line, dice = fresh(), Random(1)
    for step in range(100):
        x = dice.uniform(-60, -10)
        line.update(step * 60.0, x, 0.5 * x + (25 if step == 50 else 0), 0.01)
    assert line.slope == pytest.approx(0.5, abs=0.02)
    for step in range(100, 115):
        x = dice.uniform(-60, -10)
        line.update(step * 60.0, x, 0.3 * x, 0.01)
    assert line.slope == pytest.approx(0.3, abs=0.02)


def test_line_does_not_tell_slope_from_intercept_at_one_load() -> None:
    line = fresh()
    for step in range(50):
        line.update(step * 60.0, -20.0, -6.0, 0.01)
    assert line.at(-20.0)[0] == pytest.approx(-6.0, abs=0.1)
    assert line.at(-20.0)[1] < 0.2
    assert line.slope_sigma > 0.1


def test_line_trusts_old_evidence_less() -> None:
    line = fresh()
    for step in range(20):
        line.update(step * 60.0, -20.0 - step, -10.0 - step / 2, 0.01)
    before = line.slope_sigma
    line.update(30 * 86400.0, -30.0, -15.0, 1.0)
    assert line.slope_sigma > 2 * before


def test_line_continues_after_saving() -> None:
    one, two = fresh(), fresh()
    for step in range(10):
        one.update(step * 60.0, -step * 5.0, -step * 2.0, 0.01)
    two.restore(json.loads(json.dumps(one.save())))
    for line in (one, two):
        line.update(700.0, -33.0, -14.0, 0.01)
    assert one.save() == two.save()


def test_what_drifts_without_load_says_nothing_of_the_slope() -> None:
    line = fresh()
    for step in range(20):
        x = -10.0 - step
        line.update(step * 60.0, x, 0.3 * x, 0.01)
    slope, sigma = line.slope, line.slope_sigma
    for step in range(20, 40):
        line.update(step * 60.0, -0.2, 4.0, 0.01, idle=True)
    assert line.slope == pytest.approx(slope, abs=3 * sigma)
    assert line.slope_sigma < 2 * sigma
    assert line.intercept == pytest.approx(4.0, abs=0.2)


def test_unseen_current_teaches_little() -> None:
    share = Share(0.5, 100.0, 1.5)
    for step in range(10):
        share.observe(step * 60.0, 0.0, 0.0, 0.0)
    assert 0.1 < share.intercept_sigma < 1.5


@pytest.mark.parametrize(("noise", "tolerance"), [(0.0005, 0.02), (0.03, 0.25)])
def test_own_resistance_from_load_steps(noise: float, tolerance: float) -> None:
    resistance, dice = OwnResistance(), Random(3)
    for step in range(40):
        amperes = dice.choice((-1, 1)) * dice.uniform(10, 40)
        resistance.update(step * 60.0, 0.018 * amperes + dice.gauss(0, noise), amperes, noise)
    assert resistance.value == pytest.approx(0.018, rel=tolerance)
    assert abs(resistance.value - 0.018) < 4 * resistance.sigma


def test_own_resistance_shrugs_off_a_step_missed_by_the_voltage() -> None:
    resistance = OwnResistance()
    for step in range(30):
        resistance.update(step * 60.0, 0.0 if step == 15 else -0.36, -20.0, 0.001)
    assert resistance.value == pytest.approx(0.018, rel=0.05)


@pytest.mark.parametrize("now", [0.018, 0.1])
def test_own_resistance_is_learned_anew_of_another_battery(now: float) -> None:
    own = OwnResistance()
    for step in range(60):
        own.update(step * 60.0, 0.045 * 20.0, 20.0, 0.001)
    for step in range(60, 66):
        amperes = (-1) ** step * 20.0
        own.update(step * 60.0, now * amperes, amperes, 0.001)
    assert own.value == pytest.approx(now, rel=0.02)
    assert own.sigma < 0.1 * now


def test_own_resistance_takes_outliers_on_both_sides_for_accidents() -> None:
    own = OwnResistance()
    for step in range(60):
        own.update(step * 60.0, 0.02 * 20.0, 20.0, 0.001)
    for step in range(60, 70):
        own.update(step * 60.0, (0.01, 0.01, 0.01, 0.03)[step % 4] * 20.0, 20.0, 0.001)
    assert own.count == 70


def test_own_resistance_is_not_spoiled_by_a_voltage_that_falls_back_from_full() -> None:
    resistance = OwnResistance()
    for second in range(5):  # the current comes down with the voltage: both move, no load does
        resistance.update(30.0 * second, -0.1, 4.0, 0.002)
    assert resistance.count == 0
    for step in (20.0, -25.0, 15.0):
        resistance.update(300.0, 0.02 * step, step, 0.002)
    assert resistance.value == pytest.approx(0.02)
    resistance.update(330.0, -0.004, 3.0, 0.002)  # noise may do that
    assert resistance.count == 4


def test_nothing_known_is_no_zero() -> None:
    assert OwnResistance().sigma == float("inf")
    assert OwnResistance().count == 0


def test_path_excess_from_drops() -> None:
    # Two batteries of 15 mOhm; paths 1.5 and 7.5 mOhm.
    one, two = 1 / 0.0165, 1 / 0.0225
    shares = one / (one + two), two / (one + two)
    drops = 0.0015 * shares[0], 0.0075 * shares[1]
    mean = sum(drops) / 2
    value, sigma = path_excess(
        (mean - drops[1], 0.0001), shares[1], (mean - drops[0], 0.0001), shares[0]
    )
    assert value == pytest.approx(0.006, rel=0.02)
    assert sigma < 0.001


def test_floor_is_the_smallest_reading_seen_often_enough() -> None:
    floor = DetectionFloor("Other")
    assert floor.value == 1.0
    for current in (0.0, 0.31, -0.42, 2.0) * 6:
        floor.update(current)
    assert floor.value == 0.31
    known = DetectionFloor("LiTime", 2.0)
    known.update(0.5)
    assert known.value == 2.0
    assert DetectionFloor("LiTime").value == 1.5


@pytest.mark.parametrize(
    ("readings", "step"),
    [((13.2, 13.3, 13.1), 0.1), ((13.2, 13.25), 0.01), ((13.2, 13.251, 13.3), 0.001)],
)
def test_resolution(readings: tuple[float, ...], step: float) -> None:
    resolution = Resolution()
    for reading in readings:
        resolution.update(reading)
    assert resolution.step == step


def test_charge_and_capacity() -> None:
    charge, ratio = ChargeCounter(), CapacityRatio()
    soc = 1.0
    for minute in range(600):
        charge.update(minute * 60.0, -10.0)
        soc = 0.95 - minute / 60 * 10 / 120
        ratio.update(max(round(soc, 2), 0.0), charge.charge)
    assert charge.charge == pytest.approx(-10 * 599 / 60, rel=0.001)
    assert ratio.value == pytest.approx(120, rel=0.06)
    assert abs((ratio.value or 0) - 120) < 3 * ratio.sigma


def test_charge_does_not_add_up_over_gaps() -> None:
    charge = ChargeCounter()
    charge.update(0.0, -10.0)
    charge.update(3600.0, -10.0)
    assert charge.charge == 0.0


def test_counter_drift() -> None:
    drift = CounterDrift()
    assert drift.doubt(0.0, 100.0) == 0.0
    drift.update(0.0, 0.80, 0.0, 100.0)
    drift.update(72_000.0, 0.60, -10.0, 100.0)
    assert drift.value == pytest.approx(-0.10)
    assert drift.moved(-10.0, 100.0) == pytest.approx(-0.10)
    assert drift.doubt(72_000.0, 100.0) == pytest.approx(0.01)
    assert drift.doubt(72_000.0, 200.0) == pytest.approx(0.005)
    drift.update(80_000.0, 1.0, 20.0, 100.0)
    assert drift.doubt(80_000.0, 100.0) == 0.0
    assert drift.value == 0.0
    assert drift.corrected == pytest.approx(0.10)


def test_follow() -> None:
    follow = Follow()
    assert follow.isolated is None
    follow.update(0.001, -0.3, 0.005)
    assert follow.isolated is True
    follow.forget()
    follow.update(-0.31, -0.3, 0.005)
    assert follow.isolated is False
    follow.forget()
    follow.update(0.0, -0.01, 0.06)
    assert follow.isolated is None


@given(
    steps=st.lists(
        st.tuples(st.floats(-2, 2), st.floats(3, 80), st.booleans()), min_size=1, max_size=30
    )
)
def test_own_resistance_bears_any_noise(steps: list[tuple[float, float, bool]]) -> None:
    resistance = OwnResistance()
    for index, (volts, amperes, down) in enumerate(steps):
        resistance.update(index * 60.0, volts, -amperes if down else amperes, 0.002)
    assert resistance.sigma >= 0


@pytest.mark.parametrize(
    ("odd", "told"),
    [((1, 1, 1), 0.20), ((1, 1), None), ((1, 2, 1), None), ((0, 1, 1, 1), 0.20)],
)
def test_near_full_only_the_same_cell_three_times_means_something(
    odd: tuple[int, ...], told: float | None
) -> None:
    fulls = FullCharges()
    for cell in odd:
        for height in (3.46, 3.65):
            cells = [3.45] * 4
            cells[cell] = height
            fulls.update(cells)
        fulls.update([3.33] * 4)
    again = FullCharges()
    again.restore(json.loads(json.dumps(fulls.save())))
    for one in (fulls, again):
        assert (one.repeated.delta if one.repeated else None) == pytest.approx(told)
