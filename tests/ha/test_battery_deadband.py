"""What is shown follows the readings closely, but not their noise."""

import random

from hypothesis import given, strategies as st
import pytest

from custom_components.lifepo4_bank.deadband import STEP, Deadband


def test_noise_is_seldom_shown_and_the_mean_is_right() -> None:
    noise = random.Random(1)
    band = Deadband(0.05, 0.005, digits=2)
    rows, shown = 0, None
    for _ in range(1000):
        before, shown = shown, band.show(23.0 + noise.gauss(0, 0.1))
        rows += shown != before
        assert shown == pytest.approx(23.0, abs=0.4)
    assert rows < 100


def test_a_slow_drift_is_followed() -> None:
    band = Deadband(0.2, digits=1)
    for number in range(1000):
        shown = band.show(50 + number / 100)
    assert shown == pytest.approx(59.99, abs=0.25)


def test_without_a_band_every_change_is_shown() -> None:
    band = Deadband()
    assert [band.show(value) for value in (1, 1, 2, 2.001)] == [1, 1, 2, 2.001]


def test_unknown_and_known_again() -> None:
    band = Deadband(5, digits=0)
    assert [band.show(value) for value in (10, None, 11, 12)] == [10, None, 11, 11]


@pytest.mark.parametrize("pair", [(0.04, 0.0), (0.0, -0.01), (-0.02, 0.02)])
def test_the_beginning_and_end_of_a_current_is_shown(pair: tuple[float, float]) -> None:
    band = Deadband(0.05, digits=2)
    assert tuple(band.show(value) for value in pair) == pair


@given(
    st.lists(st.one_of(st.none(), st.floats(-500, 500)), min_size=1),
    st.floats(0, 5),
    st.floats(0, 0.1),
)
def test_the_shown_is_never_far_away(
    readings: list[float | None], width: float, share: float
) -> None:
    band = Deadband(width, share)
    for reading in readings:
        shown = band.show(reading)
        if reading is None or shown is None:
            assert shown is reading
        else:
            allowed = STEP * max(width, share * abs(shown))
            assert abs(shown - reading) <= allowed * 1.5 + 1e-9
