"""Totals neither jump nor step back when batteries come and go, or Home Assistant restarts."""

import json
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import Battery, BatterySample
from custom_components.lifepo4_bank.core.energy import EnergyMeter
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from custom_components.lifepo4_bank.core.tally import Tally
from custom_components.lifepo4_bank.core.totals import Totals

LAYOUTS = [
    Layout.of(Arrangement.PARALLEL, "AB"),
    Layout.of(Arrangement.SERIES, "ABC"),
    Layout.of(Arrangement.PARALLEL_GROUPS, "ABCDEF", 2),
    Layout.of(Arrangement.SERIES_STRINGS, "ABCDEF", 3),
]
ALWAYS_KNOWN = ("voltage", "current", "power", "soc", "capacity", "remaining", "stored_energy")


def batteries(layout: Layout) -> dict[str, Battery]:
    return {name: Battery(id=name, name=name, nominal_voltage=12.8) for name in layout.batteries}


def sample(
    layout: Layout, time: float, alive: set[str], *, used: float = 0.0, current: float = -10.0
) -> BankSample:
    """Every battery has another SoC; each has given `used` of its capacity."""
    readings = {
        name: BatterySample(
            battery=name,
            time=time,
            voltage=13.2,
            current=current,
            soc=0.9 - 0.05 * number - used,
            capacity=100.0,
        )
        for number, name in enumerate(layout.batteries)
        if name in alive
    }
    missing = frozenset(layout.batteries) - readings.keys()
    return BankSample(time=time, batteries=readings, missing=missing)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.arrangement)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=3, deadline=None)
def test_thousand_deaths_and_revivals(layout: Layout, seed: int) -> None:
    random = Random(seed)
    names = list(layout.batteries)
    alive = set(names)
    tally, whole = Tally(layout), Tally(layout)
    last: Totals | None = None
    for step in range(1000):
        if step:
            alive ^= {random.choice(names)}
        used = step * 10 / 3600 / 10
        now = tally.update(sample(layout, step * 10.0, alive, used=used), batteries(layout))
        truth = whole.update(sample(layout, step * 10.0, set(names), used=used), batteries(layout))
        for name in ALWAYS_KNOWN:
            value = getattr(now, name)
            assert value is None or value == pytest.approx(getattr(truth, name)), (step, name)
            assert value != 0, (step, name)
        assert (now.soc is None) == (not alive)
        assert now.online == len(alive)
        assert now.batteries == len(names)
        assert now.energy_charged == 0
        if last is not None:
            assert now.energy_discharged is not None
            assert last.energy_discharged is not None
            assert truth.power is not None
            bridged = -truth.power * 300 / 3.6e6
            assert 0 <= now.energy_discharged - last.energy_discharged <= bridged + 1e-9
        last = now
    assert last is not None
    assert last.energy_discharged is not None
    assert truth.energy_discharged is not None
    assert 0 < last.energy_discharged <= truth.energy_discharged * 1.000001


def test_soc_does_not_jump_when_a_battery_leaves_and_comes() -> None:
    layout = LAYOUTS[0]
    tally = Tally(layout)
    known = batteries(layout)
    assert tally.update(sample(layout, 0, {"A", "B"}), known).soc == pytest.approx(0.875)
    assert tally.update(sample(layout, 60, {"A"}), known).soc == pytest.approx(0.875)
    gone = tally.update(sample(layout, 90, {"A"}, used=0.1), known)
    assert gone.soc == pytest.approx(0.775)
    assert (gone.online, gone.batteries) == (1, 2)
    assert tally.update(sample(layout, 95, set(), used=0.1), known).soc is None
    assert tally.update(sample(layout, 99, {"B"}, used=0.2), known).soc == pytest.approx(0.675)


def test_a_missing_battery_is_never_reckoned_empty() -> None:
    layout = LAYOUTS[0]
    tally = Tally(layout)
    full = BatterySample(battery="A", time=0, soc=0.9, capacity=100.0)
    low = BatterySample(battery="B", time=0, soc=0.2, capacity=100.0)
    tally.update(BankSample(time=0, batteries={"A": full, "B": low}), {})
    drained = BatterySample(battery="A", time=60, soc=0.3, capacity=100.0)
    assert tally.update(BankSample(time=60, batteries={"A": drained}), {}).soc == 0.175


def test_a_removed_battery_takes_its_capacity_along() -> None:
    layout = LAYOUTS[0]
    tally = Tally(layout)
    known = batteries(layout)
    tally.update(sample(layout, 0, {"A", "B"}), known)
    assert tally.update(sample(layout, 60, {"A"}), known).capacity == 200.0
    del known["B"]
    removed = tally.update(sample(layout, 90, {"A"}), known)
    assert removed.capacity is None
    assert removed.batteries == 2


def test_a_restart_loses_nothing() -> None:
    layout = LAYOUTS[2]
    known = batteries(layout)
    everyone = set(layout.batteries)
    tally = Tally(layout)
    tally.update(sample(layout, 0, everyone), known)
    before = tally.update(sample(layout, 60, everyone), known)
    restarted = Tally(layout)
    restarted.restore(json.loads(json.dumps(tally.save())))
    after = restarted.update(sample(layout, 120, everyone - {"C"}), known)
    assert after.soc == pytest.approx(before.soc)
    assert after.capacity == before.capacity
    assert before.energy_discharged is not None
    assert after.energy_discharged is not None
    assert after.energy_discharged > before.energy_discharged


@pytest.mark.parametrize(
    "broken",
    [{}, {"batteries": []}, {"batteries": {"A": ["x"]}, "energy": None, "fleet_current": False}],
)
def test_a_broken_save_is_refused(broken: dict[str, object]) -> None:
    tally = Tally(LAYOUTS[0])
    with pytest.raises(ValueError):  # noqa: PT011 -- the contract names no more than the type
        tally.restore(broken)
    assert tally.save() == Tally(LAYOUTS[0]).save()


def test_energy_crosses_zero_in_both_counters() -> None:
    meter = EnergyMeter()
    meter.update(0, -1000)
    meter.update(36, 3000)
    assert meter.discharged == pytest.approx(1000 / 2 * 9 / 3.6e6)
    assert meter.charged == pytest.approx(3000 / 2 * 27 / 3.6e6)


def test_energy_pauses_in_gaps_and_bridges_short_ones() -> None:
    meter = EnergyMeter()
    meter.update(0, 3600)
    meter.update(100, None)
    meter.update(200, 3600)
    assert meter.charged == pytest.approx(0.2)
    meter.update(501, 3600)
    assert meter.charged == pytest.approx(0.2)
    meter.update(551, 3600)
    assert meter.charged == pytest.approx(0.25)
    meter.update(500, 3600)
    assert meter.charged == pytest.approx(0.25)


def test_energy_never_falls_below_what_was_shown() -> None:
    meter = EnergyMeter()
    meter.at_least(5.0, 7.0)
    meter.update(0, -3600)
    meter.update(100, -3600)
    assert meter.charged == 5.0
    assert meter.discharged == pytest.approx(7.1)
    for broken in ({}, {"charged": -1, "discharged": 0, "last": None}):
        with pytest.raises(ValueError, match="saved energy counters"):
            meter.restore(broken)
    assert meter.charged == 5.0


def fleet(
    tally: Tally, currents: list[tuple[float, float]], start: float = 0.0, part: float | None = None
) -> Totals:
    """Batteries of 100 Ah; their counters follow `part` of the current they report."""
    left = {"A": 90.0, "B": 90.0}
    for step, pair in enumerate(currents):
        time = start + 60.0 * step
        readings = {}
        for name, current in zip("AB", pair, strict=True):
            left[name] += current * (part or 0.0) / 60
            readings[name] = BatterySample(
                battery=name,
                time=time,
                voltage=52.0,
                current=current,
                capacity=None if part is None else 100.0,
                remaining=None if part is None else left[name],
            )
        totals = tally.update(BankSample(time=time, batteries=readings), {})
    return totals


def twins(count: int) -> list[tuple[float, float]]:
    random = Random(1)
    return [(current, current) for current in (random.uniform(-60, -20) for _ in range(count))]


def test_batteries_that_report_the_fleets_current_are_not_added_up() -> None:
    tally = Tally(LAYOUTS[0])
    same = twins(20)
    told = fleet(tally, same, part=0.5)
    assert told.fleet_current
    assert told.current == same[-1][0]
    restarted = Tally(LAYOUTS[0])
    restarted.restore(tally.save())
    assert fleet(restarted, [(-30.0, -30.0)]).current == -30.0
    refuted = fleet(restarted, [(one, one - 2) for one, _ in same], 60.0, part=0.5)
    assert not refuted.fleet_current


def test_perfect_twins_are_added_up() -> None:
    told = fleet(Tally(LAYOUTS[0]), twins(80), part=1.0)
    assert not told.fleet_current
    restored = Tally(LAYOUTS[0])
    restored.restore({"batteries": {}, "energy": None, "fleet_current": True})
    assert not fleet(restored, twins(20), part=1.0).fleet_current


def test_without_counters_it_takes_longer_to_be_sure() -> None:
    assert not fleet(Tally(LAYOUTS[0]), twins(25)).fleet_current
    assert fleet(Tally(LAYOUTS[0]), twins(40)).fleet_current


def test_currents_seen_before_prove_nothing() -> None:
    steps = [(-20.0, -20.0), (-40.0, -40.0), (-30.5, -30.5)] * 40
    assert not fleet(Tally(LAYOUTS[0]), steps).fleet_current


def test_matched_batteries_with_coarse_sensors_are_added_up() -> None:
    random = Random(2)
    tally = Tally(LAYOUTS[0])
    loads = [random.uniform(-60, -20) for _ in range(400)]
    told = fleet(tally, [(float(round(load)), float(round(load * 1.01))) for load in loads])
    assert not told.fleet_current
