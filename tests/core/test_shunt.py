"""A shunt that cannot be the bank's is left out, and the reason told."""

from dataclasses import replace
import json
import random

from hypothesis import given, strategies as st
import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import BatterySample
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from custom_components.lifepo4_bank.core.shunt import AGAIN, ShuntTrouble, ShuntWatch

PARALLEL = Layout.of(Arrangement.PARALLEL, "AB")


def sample(shunt: float | None, *currents: float, time: float = 0.0) -> BankSample:
    readings = {
        name: BatterySample(battery=name, time=time, current=current)
        for name, current in zip("AB", currents, strict=False)
    }
    return BankSample(time=time, batteries=readings, shunt_current=shunt)


@pytest.mark.parametrize(
    ("shunt", "trouble"),
    [
        (-20.5, None),
        (-17.0, None),
        (20.5, ShuntTrouble.INVERTED),
        (-20500.0, ShuntTrouble.UNLIKE_BATTERIES),
        (20500.0, ShuntTrouble.UNLIKE_BATTERIES),
        (-0.02, ShuntTrouble.UNLIKE_BATTERIES),
        (0.0, ShuntTrouble.UNLIKE_BATTERIES),
    ],
)
def test_what_the_batteries_refute_is_left_out(shunt: float, trouble: ShuntTrouble | None) -> None:
    checked = ShuntWatch(PARALLEL).check(sample(shunt, -10.0, -10.0))
    assert checked.shunt_trouble == trouble
    assert checked.shunt_current == (shunt if trouble is None else None)


def test_without_enough_current_the_latest_judgements_count() -> None:
    watch = ShuntWatch(PARALLEL)
    assert watch.check(sample(1.0, 0.0, -1.2)).shunt_current == 1.0
    watch.check(sample(20.0, -10.0, -10.0))
    assert watch.check(sample(1.0, 0.0, -1.2)).shunt_trouble is None
    for _ in range(AGAIN):
        watch.check(sample(20.0, -10.0, -10.0))
    assert watch.check(sample(1.0, 0.0, -1.2)).shunt_trouble == "inverted"
    restarted = ShuntWatch(PARALLEL)
    restarted.restore(json.loads(json.dumps(watch.save())))
    assert restarted.check(sample(1.0)).shunt_trouble == "inverted"
    for _ in range(AGAIN):
        assert restarted.check(sample(-20.0, -10.0, -10.0)).shunt_trouble is None
    assert restarted.check(sample(1.0, 0.0, -1.2)).shunt_trouble is None
    with pytest.raises(ValueError, match="nonsense"):
        restarted.restore(["nonsense"])


def test_a_blind_battery_or_a_fleets_current_refutes_no_shunt() -> None:
    assert ShuntWatch(PARALLEL).check(sample(-20.0, -10.0, 0.0)).shunt_trouble is None
    four = Layout.of(Arrangement.PARALLEL, "ABCD")
    readings = {name: BatterySample(battery=name, time=0.0, current=-20.0) for name in "ABCD"}
    fleet = BankSample(time=0.0, batteries=readings, shunt_current=-20.4)
    assert ShuntWatch(four).check(fleet).shunt_trouble is None


def test_without_a_shunt_nothing_is_judged() -> None:
    silent = replace(sample(None, -10.0, -10.0), shunt_trouble="stale")
    assert ShuntWatch(PARALLEL).check(silent) is silent


@given(
    gain=st.floats(0.7, 1.3),
    gains=st.lists(st.floats(0.7, 1.3), min_size=2, max_size=2),
    seed=st.integers(0, 1000),
)
def test_no_sensor_within_thirty_percent_is_refused(
    gain: float, gains: list[float], seed: int
) -> None:
    dice, watch = random.Random(seed), ShuntWatch(PARALLEL)
    for _ in range(20):
        current = dice.choice((-1, 1)) * dice.uniform(0.0, 60.0)
        share = dice.uniform(0.2, 0.8)
        parts = (share * current * gains[0], (1 - share) * current * gains[1])
        assert watch.check(sample(gain * current, *parts)).shunt_trouble is None
