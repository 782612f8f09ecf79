"""The guided load test waits for a load and says who took no part."""

import pytest

from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.layout import Arrangement
from custom_components.lifepo4_bank.core.loadtest import LoadTest, Phase
from tests.core.simple_bank import Load, Simple, layout, run


def load_test(batteries: list[Simple], load: Load, minutes: float = 10.0) -> LoadTest:
    bank = layout(batteries)
    diagnosis = Diagnosis(bank, {battery.name: battery.battery for battery in batteries})
    test = LoadTest(layout=bank, started=0.0)
    for sample in run(batteries, load, minutes, step=10.0):
        test.update(sample, diagnosis.update(sample))
    return test


def kettle(amperes: float) -> Load:
    return lambda time: -amperes if time >= 120 else -1.0


def test_waits_for_a_load() -> None:
    test = load_test([Simple(name="A"), Simple(name="B")], -6.0)
    assert test.phase is Phase.WAITING
    assert test.result is None


def test_gives_up_at_last() -> None:
    test = load_test([Simple(name="A"), Simple(name="B")], -6.0, minutes=31)
    assert test.phase is Phase.TIMED_OUT


def test_both_carry() -> None:
    test = load_test([Simple(name="A"), Simple(name="B")], kettle(30))
    assert test.phase is Phase.DONE
    assert test.result is not None
    assert test.result.silent == ()
    assert not test.result.strong
    assert test.result.load == pytest.approx(-30, abs=0.1)
    carried = test.result.batteries["A"]
    assert carried.share == pytest.approx(0.5, abs=0.01)
    assert carried.before == 0.0
    assert carried.sag == pytest.approx(15 * 0.015, abs=0.02)


def test_names_who_takes_no_part_and_notices_a_strong_load() -> None:
    test = load_test([Simple(name="A"), Simple(name="B", connected=False)], kettle(60))
    assert test.result is not None
    assert test.result.silent == ("B",)
    assert test.result.strong
    assert test.result.batteries["A"].share == 1.0
    assert str(test.result.batteries["B"].share) == "0.0"


def test_a_short_load_starts_the_measurement_anew() -> None:
    test = load_test(
        [Simple(name="A"), Simple(name="B")], lambda time: -40.0 if time % 60 < 40 else -1.0
    )
    assert test.phase in (Phase.WAITING, Phase.MEASURING)
    assert test.result is None


def test_in_series_every_battery_carries_all() -> None:
    batteries = [Simple(name="A"), Simple(name="B")]
    bank = layout(batteries, Arrangement.SERIES)
    diagnosis = Diagnosis(bank, {battery.name: battery.battery for battery in batteries})
    test = LoadTest(layout=bank, started=0.0)
    for sample in run(batteries, -20.0, 5, bank=bank):
        test.update(sample, diagnosis.update(sample))
    assert test.result is not None
    assert test.result.batteries["B"].share == pytest.approx(1.0)
