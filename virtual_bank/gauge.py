"""How a BMS measures and tells: dead band, quantisation, noise, gain."""

import random

from custom_components.lifepo4_bank.core.battery import BatteryState, Fraction, Seconds, Volts

from .battery import VirtualBattery
from .bms import Protection, Reading
from .guard import Guard


def read(battery: VirtualBattery, time: Seconds, terminal: Volts, dice: random.Random) -> Reading:
    """Let the BMS say what it measures; `terminal` is the voltage at the battery's poles."""
    bms, sensor, guard = battery.bms, battery.sensor, battery.guard
    truth = battery.cell_voltages()
    current = battery.current * sensor.gain + sensor.offset
    if bms.current_noise:
        current += dice.gauss(0.0, bms.current_noise)
    if abs(current) < bms.floor or battery.isolated:
        current = 0.0
    counted = battery.counted_soc
    return Reading(
        battery=battery.name,
        time=time,
        voltage=_step(sum(truth) * sensor.voltage_gain, bms.voltage_step),
        terminal_voltage=_step(terminal, bms.voltage_step),
        current=_step(current, bms.current_step),
        soc=_step(counted, bms.soc_step),
        remaining=_step(battery.counted, bms.charge_step),
        capacity=_step(battery.told_capacity, bms.charge_step),
        throughput=float(int(battery.throughput)) if bms.counts_throughput else None,
        cells=tuple([round(volts * sensor.voltage_gain, 3) for volts in truth]),
        temperature=float(round(battery.temperature)),
        mosfet_temperature=float(round(battery.temperature + 2e-4 * battery.current**2)),
        cycles=battery.cycles,
        health=battery.health,
        charge_enabled=guard.charge_on,
        discharge_enabled=guard.discharge_on,
        charge_commanded=guard.charge_commanded,
        discharge_commanded=guard.discharge_commanded,
        heater=battery.heating,
        balancing=tuple(battery.balancing(truth)),
        state=_state(guard, current, counted),
        full=guard.full,
        protections=frozenset(guard.protections),
        warnings=frozenset({Protection.CELL_OVER_VOLTAGE} if guard.full else ()),
    )


def _step(value: float, step: float) -> float:
    return round(round(value / step) * step, 6) + 0.0


def _state(guard: Guard, current: float, counted: Fraction) -> BatteryState:
    if guard.protections:
        return BatteryState.PROTECTION
    if current:
        return BatteryState.CHARGING if current > 0 else BatteryState.DISCHARGING
    if guard.full or counted >= 1.0:
        return BatteryState.FULL
    return BatteryState.STANDBY
