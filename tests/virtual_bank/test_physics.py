"""The simulated bank obeys the laws it is there to obey."""

from dataclasses import replace
import math

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.lifepo4_bank.core.circuit import TakeOff
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from virtual_bank.battery import BatterySpec
from virtual_bank.bms import DALY, IDEAL, JBD, LITIME, Sensor
from virtual_bank.cell import cell_ocv
from virtual_bank.load import Constant, DayCycle, Household, Load, Steps
from virtual_bank.physics import Bank
from virtual_bank.wiring import Ladder

SPEC = BatterySpec(own_resistance=0.018, path_resistance=0.002, bms=IDEAL, slow_part=0.0)


def parallel(*specs: BatterySpec, load: float | Load = 0.0, seed: int = 0) -> Bank:
    names = "ABCDEFGH"[: len(specs)]
    return Bank(
        Layout.of(Arrangement.PARALLEL, names),
        dict(zip(names, specs, strict=True)),
        load=Constant(load) if isinstance(load, float) else load,
        seed=seed,
    )


def currents(bank: Bank) -> list[float]:
    return [bank.truth(battery).current for battery in bank.layout.batteries]


def test_current_is_shared_by_resistance() -> None:
    bank = parallel(SPEC, replace(SPEC, path_resistance=0.012), load=-50.0)
    assert currents(bank) == pytest.approx([-30.0, -20.0])
    # what each BMS sees: the same bus, less the drop of its own path
    a, b = bank.truth("A"), bank.truth("B")
    assert a.voltage - 30 * 0.002 == pytest.approx(bank.voltage)
    assert b.voltage - 20 * 0.012 == pytest.approx(bank.voltage)


def test_a_fuller_battery_feeds_the_other_without_load() -> None:
    bank = parallel(replace(SPEC, soc=0.75), replace(SPEC, soc=0.45))
    difference = 4 * (cell_ocv(0.75) - cell_ocv(0.45))
    expected = difference / 0.04
    assert currents(bank) == pytest.approx([-expected, expected])
    bank.max_step = 30.0
    bank.advance(24 * 3600)
    assert abs(currents(bank)[0]) < expected / 3
    assert bank.truth("A").soc - bank.truth("B").soc < 0.2


@settings(max_examples=15, deadline=None)
@given(
    socs=st.lists(st.floats(0.05, 0.98), min_size=4, max_size=4),
    arrangement=st.sampled_from(list(Arrangement)),
    seed=st.integers(0, 1000),
)
def test_the_change_of_soc_is_the_integrated_current(
    socs: list[float], arrangement: Arrangement, seed: int
) -> None:
    names = ["A", "B", "C", "D"]
    bank = Bank(
        Layout.of(arrangement, names, 2),
        {n: BatterySpec(soc=soc) for n, soc in zip(names, socs, strict=True)},
        load=DayCycle(200.0, seed),
    )
    bank.max_step = 60.0
    moved = dict.fromkeys(names, 0.0)
    for _ in range(200):
        before = {name: bank.truth(name).soc for name in names}
        bank.advance(60.0)
        for name in names:
            moved[name] += bank.truth(name).soc - before[name]
    for name, soc in zip(names, socs, strict=True):
        truth = bank.truth(name)
        assert truth.soc - soc == pytest.approx(truth.charge / 100.0, abs=1e-9)
        assert truth.soc - soc == pytest.approx(moved[name], abs=1e-9)


def test_all_that_enters_the_bank_enters_its_batteries() -> None:
    bank = parallel(
        replace(SPEC, soc=0.9), replace(SPEC, soc=0.5), SPEC, load=Household(300.0, seed=3)
    )
    drawn = 0.0
    for _ in range(600):
        current, until = bank.load.segment(bank.time)
        step = min(until - bank.time, 20.0)
        bank.advance(step)
        drawn += current * step / 3600
        assert sum(currents(bank)) == pytest.approx(bank.current, abs=1e-6)
    charges = [bank.truth(battery).charge for battery in "ABC"]
    assert sum(charges) == pytest.approx(drawn, rel=1e-6)


def test_a_daisy_chain_strains_its_first_battery() -> None:
    names = ["A", "B", "C", "D"]
    links = (0.0015,) * 3
    specs = dict.fromkeys(names, replace(SPEC, own_resistance=0.019, path_resistance=0.001))
    layout = Layout.of(Arrangement.PARALLEL, names)
    for take_off, expected in (
        (TakeOff.ONE_END, [35.8, 26.1, 20.4, 17.7]),
        (TakeOff.DIAGONAL, [26.7, 23.3, 23.3, 26.7]),
    ):
        bank = Bank(layout, specs, load=Constant(-100.0), wiring=Ladder(links, links, take_off))
        assert [-c for c in currents(bank)] == pytest.approx(expected, abs=0.06)
        bank.batteries["B"].isolated = True
        bank.advance(1.0)
        assert currents(bank)[1] == 0.0
        assert sum(currents(bank)) == pytest.approx(-100.0)


@pytest.mark.parametrize(
    ("arrangement", "expected"),
    [
        (Arrangement.SERIES, [-40.0] * 4),
        (Arrangement.PARALLEL_GROUPS, [-30.0, -10.0, -20.0, -20.0]),
        (Arrangement.SERIES_STRINGS, [-40 / 3, -40 / 3, -80 / 3, -80 / 3]),
    ],
)
def test_series_and_both(arrangement: Arrangement, expected: list[float]) -> None:
    names = ["A", "B", "C", "D"]
    specs = dict.fromkeys(names, SPEC)
    # B has 60 mΩ instead of 20: a third of its neighbour's current, or a string of 80 against 40
    specs["B"] = replace(SPEC, own_resistance=0.058)
    bank = Bank(Layout.of(arrangement, names, 2), specs, load=Constant(-40.0))
    assert currents(bank) == pytest.approx(expected)
    cells = {Arrangement.SERIES: 16}.get(arrangement, 8)
    assert bank.voltage == pytest.approx(cells * cell_ocv(0.6), rel=0.12)


def test_a_charger_keeps_its_voltage_and_tapers() -> None:
    bank = parallel(replace(SPEC, soc=0.95), replace(SPEC, soc=0.95), load=60.0)
    bank.max_step = 10.0
    assert bank.current == pytest.approx(60.0)
    bank.advance(2 * 3600)
    assert bank.voltage == pytest.approx(14.2, abs=1e-3)
    assert 0 <= bank.current < 2.0
    assert bank.truth("A").soc < 1.01


def test_loads_switch_off_before_the_bank_is_empty_and_stay_off_for_a_while() -> None:
    bank = parallel(replace(SPEC, soc=0.08), replace(SPEC, soc=0.08), load=-60.0)
    bank.cutoff_voltage = 12.0
    bank.advance(900.0)
    assert bank.current == 0.0
    soc = bank.truth("A").soc
    bank.advance(600.0)
    assert bank.truth("A").soc == soc
    bank.load = Constant(40.0)
    bank.advance(10.0)
    assert bank.current == 40.0


def test_slow_polarisation_adds_to_the_drop_within_minutes() -> None:
    spec = replace(SPEC, slow_part=0.5, slow_time=120.0)
    bank = parallel(spec, spec, load=Steps([(60.0, 0.0), (900.0, -100.0)], repeat=False))
    bank.max_step = 1.0
    bank.advance(59.0)
    rested = bank.truth("A").voltage
    bank.advance(2.0)
    sudden = rested - bank.truth("A").voltage
    assert sudden == pytest.approx(50 * 0.018, rel=0.05)
    bank.advance(600.0)
    drop = bank.truth("A").ocv - bank.truth("A").voltage
    # its own heat takes a part of the resistance away
    resistance = bank.truth("A").resistance
    assert 0.016 < resistance < 0.018
    assert drop == pytest.approx(50 * resistance * 1.5, rel=0.03)


def test_cold_cells_resist_more() -> None:
    warm = parallel(SPEC, SPEC)
    cold = parallel(replace(SPEC, temperature=0.0), SPEC)
    factor = cold.truth("A").resistance / warm.truth("A").resistance
    assert 1.3 < factor < 2.5


def test_the_same_seed_gives_the_same_readings() -> None:
    def run(seed: int) -> list[float]:
        spec = BatterySpec(bms=JBD)
        bank = parallel(spec, spec, load=Household(200.0, seed=5), seed=seed)
        found = []
        for _ in range(50):
            bank.advance(30.0)
            found += [bank.reading("A").current, bank.reading("B").voltage]
        return found

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_currents_below_the_floor_read_zero_and_are_not_counted() -> None:
    spec = BatterySpec(bms=replace(LITIME, current_noise=0.0), soc=0.6)
    bank = parallel(spec, spec, load=-2.0)
    bank.max_step = 60.0
    bank.advance(10 * 3600)
    reading = bank.reading("A")
    assert reading.current == 0.0
    assert reading.soc == pytest.approx(0.6)
    assert bank.truth("A").soc == pytest.approx(0.5, abs=0.001)
    bank.load = Constant(-10.0)
    bank.advance(1.0)
    assert bank.reading("A").current == pytest.approx(-5.0, abs=0.01)


def test_sensors_are_as_coarse_as_their_make() -> None:
    spec = BatterySpec(soc=0.613, sensor=Sensor(gain=1.02, voltage_gain=1.001))
    for bms, volts, amperes in ((LITIME, 0.001, 0.001), (JBD, 0.01, 0.01), (DALY, 0.1, 0.1)):
        quiet = replace(bms, current_noise=0.0)
        bank = parallel(replace(spec, bms=quiet), replace(spec, bms=quiet), load=-47.0)
        reading, truth = bank.reading("A"), bank.truth("A")
        assert reading.current == pytest.approx(truth.current * 1.02, abs=amperes / 2 + 1e-9)
        assert reading.voltage == pytest.approx(truth.voltage * 1.001, abs=volts / 2 + 1e-9)
        for value, step in ((reading.current, amperes), (reading.voltage, volts)):
            assert math.isclose(value / step, round(value / step), abs_tol=1e-6)


def test_a_counter_drifts_until_the_battery_is_full() -> None:
    spec = BatterySpec(soc=0.7, sensor=Sensor(drift=-0.1), bms=replace(LITIME, current_noise=0))
    bank = parallel(spec, spec)
    bank.max_step = 60.0
    bank.advance(48 * 3600)
    assert bank.truth("A").soc == pytest.approx(0.7)
    assert bank.reading("A").soc == pytest.approx(0.7 - 0.048, abs=0.006)
    bank.load = Constant(40.0)
    bank.advance(3 * 3600)
    assert bank.reading("A").soc == 1.0
    assert bank.reading("A").full


def test_a_counter_is_set_right_at_every_full_charge() -> None:
    spec = BatterySpec(bms=replace(JBD, current_noise=0.0), soc=0.8, counted_soc=0.6)
    bank = parallel(spec, spec, load=Steps([(3 * 3600.0, 40.0), (3600.0, -40.0)]))
    bank.max_step = 30.0
    for _ in range(3):
        bank.advance(3 * 3600.0)
        assert bank.reading("A").soc == 1.0
        assert bank.reading("A").full
        bank.advance(3600.0)
        assert not bank.reading("A").full
        bank.batteries["A"].counted_soc = 0.5


def test_a_string_is_full_when_its_fullest_battery_is() -> None:
    bank = Bank(
        Layout.of(Arrangement.SERIES, ["A", "B"]),
        {"A": BatterySpec(soc=0.9), "B": BatterySpec(soc=0.7)},
        load=Constant(20.0),
    )
    bank.max_step = 10.0
    bank.advance(3 * 3600)
    assert not bank.reading("A").charge_enabled
    assert bank.current == 0.0
    assert bank.truth("B").soc < 0.85
