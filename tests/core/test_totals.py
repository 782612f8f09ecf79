"""Totals of every arrangement, with all batteries and with some missing."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import Battery, BatterySample, BatteryState
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from custom_components.lifepo4_bank.core.tally import Tally
from custom_components.lifepo4_bank.core.totals import Totals

PARALLEL = Layout.of(Arrangement.PARALLEL, "AB")
SERIES = Layout.of(Arrangement.SERIES, "ABC")
GROUPS = Layout.of(Arrangement.PARALLEL_GROUPS, "ABCD", 2)
STRINGS = Layout.of(Arrangement.SERIES_STRINGS, "ABCD", 2)


def reading(battery: str, **values: object) -> BatterySample:
    usual: dict[str, object] = {
        "time": 0.0,
        "voltage": 13.2,
        "current": -10.0,
        "soc": 0.6,
        "capacity": 100.0,
        "discharge_enabled": True,
        "charge_enabled": True,
    }
    return BatterySample(battery=battery, **(usual | values))  # type: ignore[arg-type]


def known(layout: Layout, **extra: float | None) -> dict[str, Battery]:
    return {
        name: Battery(id=name, name=name, nominal_voltage=12.8, **extra)  # type: ignore[arg-type]
        for name in layout.batteries
    }


def moment(*samples: BatterySample, time: float = 0.0, shunt: float | None = None) -> BankSample:
    return BankSample(
        time=time,
        batteries={sample.battery: sample for sample in samples},
        shunt_current=shunt,
    )


def of(layout: Layout, *samples: BatterySample, shunt: float | None = None) -> Totals:
    return Tally(layout).update(moment(*samples, shunt=shunt), known(layout))


def every(layout: Layout, changes: Mapping[str, Mapping[str, object]] = {}) -> list[BatterySample]:
    return [reading(name, **changes.get(name, {})) for name in layout.batteries]


@pytest.mark.parametrize(
    ("layout", "voltage", "current", "capacity", "energy"),
    [
        (PARALLEL, 13.2, -20.0, 200.0, 1.536),
        (SERIES, 39.6, -10.0, 100.0, 2.304),
        (GROUPS, 26.4, -20.0, 200.0, 3.072),
        (STRINGS, 26.4, -20.0, 200.0, 3.072),
    ],
)
def test_arrangements(
    layout: Layout, voltage: float, current: float, capacity: float, energy: float
) -> None:
    totals = of(layout, *every(layout))
    assert totals.voltage == pytest.approx(voltage)
    assert totals.current == pytest.approx(current)
    assert totals.power == pytest.approx(voltage * current)
    assert totals.capacity == totals.usable_capacity == pytest.approx(capacity)
    assert totals.remaining == pytest.approx(0.6 * capacity)
    assert totals.stored_energy == pytest.approx(energy)
    assert totals.runtime == pytest.approx(0.6 * capacity / -current * 3600)
    assert totals.soc == pytest.approx(0.6)
    assert totals.soc_spread == totals.voltage_spread == 0.0
    assert totals.online == totals.batteries == len(layout.batteries)


def test_soc_is_weighted_by_capacity_over_parallel() -> None:
    big: dict[str, dict[str, object]] = {"A": {"soc": 0.9, "capacity": 300.0}, "B": {"soc": 0.5}}
    assert of(PARALLEL, *every(PARALLEL, big)).soc == pytest.approx(0.8)


def test_soc_of_unknown_capacities_is_the_mean() -> None:
    blind: dict[str, dict[str, object]] = {"A": {"soc": 0.9, "capacity": None}, "B": {"soc": 0.5}}
    totals = of(PARALLEL, *every(PARALLEL, blind))
    assert totals.soc == pytest.approx(0.7)
    assert totals.capacity is None
    assert totals.remaining is None


def test_soc_is_the_lowest_over_series() -> None:
    low = {"B": {"soc": 0.3}}
    assert of(SERIES, *every(SERIES, low)).soc == pytest.approx(0.3)
    assert of(SERIES, *every(SERIES, low)).remaining == pytest.approx(30.0)
    assert of(GROUPS, *every(GROUPS, low)).soc == pytest.approx(0.45)
    assert of(STRINGS, *every(STRINGS, low)).soc == pytest.approx(0.45)
    assert of(STRINGS, *every(STRINGS, low)).soc_spread == pytest.approx(0.3)


def test_the_owners_capacity_goes_before_the_bms() -> None:
    totals = Tally(PARALLEL).update(moment(*every(PARALLEL)), known(PARALLEL, capacity=120.0))
    assert totals.capacity == pytest.approx(240.0)


@pytest.mark.parametrize(
    ("layout", "usable", "runtime"),
    [(PARALLEL, 100.0, 10800.0), (SERIES, 0.0, 0.0), (GROUPS, 100.0, 10800.0)],
)
def test_usable_is_what_can_discharge(layout: Layout, usable: float, runtime: float) -> None:
    off = {"A": {"discharge_enabled": False}}
    totals = of(layout, *every(layout, off))
    assert totals.usable_capacity == pytest.approx(usable)
    assert totals.runtime == pytest.approx(runtime)
    assert totals.capacity == pytest.approx(layout.parallel * 100.0)


def test_a_protected_battery_is_not_usable() -> None:
    tripped = {"A": {"state": BatteryState.PROTECTION}}
    assert of(PARALLEL, *every(PARALLEL, tripped)).usable_capacity == pytest.approx(100.0)


def test_a_battery_that_was_found_to_carry_nothing_is_not_usable() -> None:
    tally = Tally(PARALLEL)
    totals = tally.update(moment(*every(PARALLEL)), known(PARALLEL), cut_off={"A"})
    assert totals.usable_capacity == pytest.approx(100.0)
    assert totals.runtime == pytest.approx(60 / 20 * 3600)
    assert (totals.capacity, totals.remaining) == (200.0, 120.0)


def test_a_battery_cut_off_does_not_bend_the_voltage() -> None:
    off = {"A": {"discharge_enabled": False, "current": 0.0, "voltage": 13.6}}
    assert of(PARALLEL, *every(PARALLEL, off)).voltage == pytest.approx(13.2)
    assert of(STRINGS, *every(STRINGS, off)).voltage == pytest.approx(26.4)
    every_one_off = dict.fromkeys("AB", off["A"])
    assert of(PARALLEL, *every(PARALLEL, every_one_off)).voltage == pytest.approx(13.6)


def test_what_is_not_reported_stays_unknown() -> None:
    mute = [BatterySample(battery=name, time=0.0) for name in "AB"]
    totals = of(PARALLEL, *mute)
    assert replace(totals, stored_energy=None) == Totals(batteries=2, online=2)


def test_a_silent_battery_makes_sums_unknown() -> None:
    totals = of(PARALLEL, reading("A"))
    assert (totals.online, totals.batteries) == (1, 2)
    assert totals.voltage == pytest.approx(13.2)
    assert totals.soc == pytest.approx(0.6)
    for name in ("current", "power", "capacity", "usable_capacity", "remaining", "stored_energy"):
        assert getattr(totals, name) is None, name
    assert totals.runtime is totals.soc_spread is totals.voltage_spread is None


def test_series_knows_its_current_from_one_but_not_its_voltage() -> None:
    totals = of(SERIES, reading("A"), reading("B"))
    assert totals.current == pytest.approx(-10.0)
    assert totals.voltage is None


def test_one_whole_group_tells_the_current_of_all() -> None:
    totals = of(GROUPS, reading("A"), reading("B"), reading("C"))
    assert totals.current == pytest.approx(-20.0)
    assert totals.voltage == pytest.approx(26.4)
    assert totals.power == pytest.approx(-528.0)
    assert totals.remaining is None


def test_one_whole_string_tells_the_voltage_of_all() -> None:
    totals = of(STRINGS, reading("A"), reading("B"))
    assert totals.voltage == pytest.approx(26.4)
    assert totals.current is None


def test_the_shunt_is_the_true_current() -> None:
    totals = of(PARALLEL, *every(PARALLEL), shunt=-21.5)
    assert totals.current == pytest.approx(-21.5)
    assert totals.beside == pytest.approx(-1.5)
    partial = of(PARALLEL, reading("A"), shunt=-21.5)
    assert partial.current == pytest.approx(-21.5)
    assert partial.power == pytest.approx(-21.5 * 13.2)
    assert partial.beside is None


def test_no_runtime_without_load() -> None:
    assert of(PARALLEL, *every(PARALLEL, {"A": {"current": 10.0}})).runtime is None
    tiny = {name: {"current": -0.01} for name in "AB"}
    assert of(PARALLEL, *every(PARALLEL, tiny)).runtime is None


def test_sharing_imbalance_is_the_largest_deviation() -> None:
    totals = Tally(PARALLEL).update(
        moment(*every(PARALLEL)),
        known(PARALLEL),
        share={"A": 0.3, "B": 0.7},
        fair_share={"A": 0.5, "B": 0.5},
    )
    assert totals.sharing_imbalance == pytest.approx(0.4)
    assert of(PARALLEL, *every(PARALLEL)).sharing_imbalance is None
