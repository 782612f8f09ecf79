"""Where a battery's share is not judged, because its voltage runs away by itself."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.battery import BatterySample
from custom_components.lifepo4_bank.core.diagnosis.knee import (
    in_knee,
    is_falling,
    is_full,
    without_current,
)

READING = BatterySample(battery="A", time=0.0, voltage=13.4, current=5.0, soc=0.97)


@pytest.mark.parametrize(
    ("resting", "soc", "current", "knee"),
    [
        ((3.30, 3.31), 0.60, 5.0, False),
        ((3.30, 3.36), 0.60, 5.0, True),
        ((3.05, 3.30), 0.60, 5.0, True),
        ((3.34, 3.345), 0.97, 5.0, True),
        ((3.34, 3.345), 0.97, -5.0, False),
        ((3.34, 3.345), 0.80, 5.0, False),
        ((3.30, 3.31), 0.97, 5.0, False),
        ((3.34, 3.345), None, 5.0, False),
    ],
)
def test_a_slow_charge_near_full_is_in_the_knee_by_voltage_and_counter_together(
    resting: tuple[float, float], soc: float | None, current: float, knee: bool
) -> None:
    assert in_knee(replace(READING, soc=soc, current=current), resting) is knee


def test_a_full_cell_is_in_the_knee_whatever_its_drop() -> None:
    cells = (3.46, 3.40, 3.40, 3.40)
    assert in_knee(replace(READING, cells=cells), (3.30, 3.33))


def test_the_drop_of_the_current_is_left_out() -> None:
    lowest, highest = without_current(replace(READING, voltage=13.4, current=40.0), 4, 0.010)
    assert lowest == pytest.approx(3.25)
    assert highest == pytest.approx(3.35 - 1.3 * 0.1)
    lowest, highest = without_current(replace(READING, voltage=12.8, current=-40.0), 4, 0.010)
    assert lowest == pytest.approx(3.2 + 1.3 * 0.1)
    assert highest == pytest.approx(3.3)


@pytest.mark.parametrize(
    ("fields", "full"),
    [
        ({"soc": 0.97, "charge_enabled": True}, True),
        ({"soc": 0.955, "charge_enabled": False}, True),
        ({"soc": 0.955, "charge_enabled": False, "cells": (3.38, 3.35, 3.35, 3.35)}, True),
        ({"soc": 0.955, "charge_enabled": True}, False),
        ({"soc": 0.955, "charge_enabled": None}, False),
        ({"soc": 0.955, "charge_enabled": False, "voltage": 13.2}, False),
        ({"soc": 0.955, "charge_enabled": False, "voltage": None}, False),
        ({"soc": 0.90, "charge_enabled": False}, False),
        ({"soc": None, "charge_enabled": False}, False),
    ],
)
def test_a_bms_that_charges_no_further_near_full_is_full_whatever_its_counter(
    fields: dict[str, Any], full: bool
) -> None:
    assert is_full(replace(READING, **fields)) is full


@pytest.mark.parametrize(
    ("soc", "lowest", "falling"),
    [(0.15, 3.20, True), (0.15, 3.30, False), (0.50, 3.20, False)],
)
def test_nearly_empty_is_what_counter_and_voltage_agree_on(
    soc: float, lowest: float, falling: bool
) -> None:
    assert is_falling(soc, (lowest, 3.31)) is falling
