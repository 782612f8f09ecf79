"""Why charges are apart, where a neighbour or a sensor spoils the evidence."""

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind
from custom_components.lifepo4_bank.core.layout import Arrangement
from tests.core.judging import diagnosis_of, feed, finding, silent
from tests.core.simple_bank import Simple, layout, run, steps

SPREAD = Kind.SOC_MISMATCH


def test_beside_one_that_is_cut_off_an_intercept_tells_no_charge() -> None:
    batteries = [Simple(name=name, soc=0.62) for name in "ABC"] + [Simple(name="D", soc=0.30)]
    bank = layout(batteries, Arrangement.PARALLEL_GROUPS, 2)
    diagnosis = diagnosis_of(batteries, bank)
    feed(diagnosis, run(batteries, steps(-20, -60), 13, bank=bank))
    batteries[2].connected = False
    state = feed(diagnosis, run(batteries, steps(-20, -60, 120), 6, bank=bank, start=780.0))
    assert finding(state, Kind.NOT_PARTICIPATING).batteries == ("C",)
    found = finding(state, SPREAD)
    assert (found.batteries, found.cause) == (("D",), "unknown")
    assert "circulating_A" not in found.evidence


def test_where_a_sensor_of_a_string_is_wrong_no_counter_is_blamed_even_at_rest() -> None:
    batteries = [Simple(name="A", counter=0.6), Simple(name="B", gain=-1.0, counter=0.4)]
    bank = layout(batteries, Arrangement.SERIES)
    diagnosis = diagnosis_of(batteries, bank)
    load = lambda time: -30.0 if time < 1800 else 0.0  # noqa: E731
    state = feed(diagnosis, run(batteries, load, 60, bank=bank))
    assert silent(state, Kind.ASYMMETRIC_CURRENT_SHARING) == {"unequal_string_current"}
    assert finding(state, SPREAD).cause == "unknown"
    # Mended, it is believed again as soon as a current shows it.
    batteries[1].gain = 1.0
    state = feed(diagnosis, run(batteries, -30.0, 10, bank=bank, start=3600.0))
    assert "unequal_string_current" not in silent(state, Kind.ASYMMETRIC_CURRENT_SHARING)


def test_one_that_fills_up_first_is_not_compared_with_what_was_before() -> None:
    batteries = [Simple(name="A", soc=0.88), Simple(name="B", soc=0.785, path=0.022)]
    diagnosis = diagnosis_of(batteries)
    feed(diagnosis, run(batteries, steps(15, 40), 20))
    batteries[0].counter = 1.0
    batteries[0].reported = {"cells": (3.5,) * 4, "voltage": 14.0}
    state = feed(diagnosis, run(batteries, steps(15, 40), 20, start=1200.0))
    found = finding(state, SPREAD)
    assert found.cause != "counter_drift"
    assert "circulating_A" not in found.evidence
