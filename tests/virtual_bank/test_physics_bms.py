"""The virtual BMS opens and closes its MOSFETs as real ones do."""

from dataclasses import replace

import pytest

from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from virtual_bank.battery import DIODE, BatterySpec
from virtual_bank.bms import LITIME, Protection
from virtual_bank.load import Constant
from virtual_bank.physics import Bank

QUIET = BatterySpec(bms=replace(LITIME, current_noise=0.0))


def pair(first: BatterySpec, second: BatterySpec, load: float) -> Bank:
    return Bank(
        Layout.of(Arrangement.PARALLEL, ["A", "B"]),
        {"A": first, "B": second},
        load=Constant(load),
    )


def test_discharge_off_opens_the_circuit_for_discharge() -> None:
    bank = pair(QUIET, QUIET, -40.0)
    bank.switch("A", "discharge", on=False)
    bank.advance(10.0)
    reading = bank.reading("A")
    assert (reading.current, bank.reading("B").current) == (0.0, -40.0)
    assert (reading.discharge_enabled, reading.discharge_commanded) == (False, False)
    assert reading.charge_enabled
    assert reading.state is BatteryState.STANDBY
    bank.switch("A", "discharge", on=True)
    bank.advance(1.0)
    assert bank.reading("A").current == pytest.approx(-20.0, abs=0.5)


def test_alone_and_off_the_terminal_voltage_collapses() -> None:
    bank = pair(QUIET, QUIET, -10.0)
    bank.switch("A", "discharge", on=False)
    bank.switch("B", "discharge", on=False)
    bank.advance(5.0)
    assert bank.current == 0.0
    reading = bank.reading("A")
    assert reading.voltage > 13
    assert reading.terminal_voltage < 8


def test_discharge_off_recloses_while_charging_and_opens_again() -> None:
    bank = pair(QUIET, QUIET, 38.0)
    for battery in ("A", "B"):
        bank.switch(battery, "discharge", on=False)
    bank.advance(10.0)
    reading = bank.reading("A")
    assert reading.discharge_enabled
    assert not reading.discharge_commanded
    assert reading.current == pytest.approx(19.0, abs=0.1)
    bank.load = Constant(0.0)
    bank.advance(10.0)
    assert not bank.reading("A").discharge_enabled
    bank.load = Constant(-10.0)
    bank.advance(10.0)
    assert bank.current == 0.0


def test_the_body_diode_costs_its_drop_before_the_mosfet_closes() -> None:
    bank = pair(QUIET, QUIET, 20.0)
    bank.switch("A", "discharge", on=False)
    bank.advance(30.0)
    # B holds the bus down, so that the diode of A does not conduct
    assert bank.truth("A").current == 0.0
    assert bank.voltage - bank.truth("A").ocv < DIODE
    bank.batteries["B"].own_resistance = 0.05
    bank.advance(30.0)
    assert bank.truth("A").current > 1.0


def test_charge_off_still_gives_current() -> None:
    bank = pair(QUIET, QUIET, -40.0)
    bank.switch("A", "charge", on=False)
    bank.batteries["B"].isolated = True
    bank.advance(10.0)
    assert bank.reading("A").current == pytest.approx(-40.0)
    assert bank.reading("A").charge_enabled
    bank.load = Constant(20.0)
    bank.advance(10.0)
    assert bank.current == 0.0
    assert not bank.reading("A").charge_enabled


def test_full_opens_the_charge_mosfet_and_a_load_closes_it() -> None:
    bank = pair(replace(QUIET, soc=0.97), replace(QUIET, soc=0.97), 30.0)
    bank.advance(3600.0)
    reading = bank.reading("A")
    assert reading.full
    assert not reading.charge_enabled
    assert reading.soc == 1.0
    assert reading.state is BatteryState.FULL
    assert Protection.CELL_OVER_VOLTAGE in reading.warnings
    assert not reading.protections
    bank.load = Constant(-30.0)
    bank.advance(30.0)
    assert bank.reading("A").charge_enabled
    assert bank.reading("A").current == pytest.approx(-15.0, abs=0.5)


def test_a_full_battery_waits_until_the_bus_is_a_diode_drop_lower() -> None:
    bank = pair(QUIET, replace(QUIET, soc=0.7), -10.0)
    bank.batteries["A"].stand_full()
    bank.advance(60.0)
    reading = bank.reading("A")
    assert reading.current == 0.0
    assert reading.state is BatteryState.FULL
    assert reading.discharge_enabled
    assert reading.voltage > bank.reading("B").voltage
    bank.load = Constant(-60.0)
    bank.advance(30.0)
    assert bank.reading("A").current < -10.0


def test_under_voltage_opens_discharge_and_charging_ends_it() -> None:
    bank = pair(replace(QUIET, soc=0.02), replace(QUIET, soc=0.5), -30.0)
    bank.batteries["B"].isolated = True
    bank.advance(600.0)
    reading = bank.reading("A")
    assert reading.protections == {Protection.CELL_UNDER_VOLTAGE}
    assert reading.state is BatteryState.PROTECTION
    assert (reading.current, reading.soc) == (0.0, 0.0)
    bank.load = Constant(20.0)
    bank.advance(900.0)
    reading = bank.reading("A")
    assert reading.current == pytest.approx(20.0)
    assert not reading.protections


def test_over_current_trips_after_a_delay_and_recovers() -> None:
    stiff = replace(QUIET, own_resistance=0.008)
    bank = pair(stiff, stiff, -230.0)
    bank.batteries["B"].isolated = True
    bank.advance(8.0)
    assert bank.reading("A").discharge_enabled
    bank.advance(12.0)
    reading = bank.reading("A")
    assert reading.protections == {Protection.DISCHARGE_OVER_CURRENT}
    assert reading.current == 0.0
    bank.load = Constant(-50.0)
    bank.advance(90.0)
    assert not bank.reading("A").protections
    assert bank.reading("A").current == pytest.approx(-50.0)


def test_a_cold_battery_refuses_charge_only() -> None:
    cold = replace(QUIET, temperature=-5.0)
    bank = pair(cold, cold, 20.0)
    bank.advance(20.0)
    assert bank.reading("A").protections == {Protection.CHARGE_LOW_TEMPERATURE}
    assert bank.current == 0.0
    bank.load = Constant(-20.0)
    bank.advance(20.0)
    assert bank.reading("A").current == pytest.approx(-10.0, abs=0.5)


def test_a_forced_protection_ends_with_its_time_or_by_hand() -> None:
    bank = pair(QUIET, QUIET, -40.0)
    bank.batteries["A"].trip(Protection.SHORT_CIRCUIT, 60.0)
    bank.advance(30.0)
    assert bank.reading("A").current == 0.0
    bank.advance(60.0)
    assert bank.reading("A").current == pytest.approx(-20.0, abs=3.0)
    bank.batteries["A"].trip(Protection.MOSFET_HIGH_TEMPERATURE)
    bank.advance(3600.0)
    assert bank.reading("A").protections == {Protection.MOSFET_HIGH_TEMPERATURE}
    bank.batteries["A"].clear()
    bank.advance(1.0)
    assert bank.reading("A").current < -10.0


def test_unbalanced_cells_end_a_charge_early_and_are_bled() -> None:
    spec = replace(QUIET, soc=0.9, cell_offsets=(0.03, 0.0, 0.0, 0.0))
    bank = pair(spec, spec, 60.0)
    bank.max_step = 10.0
    bank.advance(4 * 3600.0)
    reading = bank.reading("A")
    assert Protection.CELL_OVER_VOLTAGE in reading.protections or reading.full
    assert reading.balancing == (True, False, False, False)
    assert bank.batteries["A"].cells.offsets[0] < 0.03


def test_an_isolated_battery_keeps_its_voltage_to_itself() -> None:
    bank = pair(QUIET, QUIET, -60.0)
    bank.batteries["A"].isolated = True
    bank.advance(600.0)
    a, b = bank.reading("A"), bank.reading("B")
    assert (a.current, b.current) == (0.0, -60.0)
    assert a.discharge_enabled
    assert a.voltage - b.voltage > 0.9
