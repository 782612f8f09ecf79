"""Where the open-circuit voltage of a cell is steep: there shares shift by themselves."""

from ..battery import AmpereHours, BatterySample, BatteryState, Fraction, Ohms, Volts
from ..chemistry import (
    BOTTOM_KNEE,
    FULL_CELL,
    RESTED_TOP_KNEE,
    cells_in_series,
    nominal_from_voltage,
)
from ..resistance import TYPICAL

SLOW = 1.3
"""Resistance with its slow part, in parts of what a load step shows."""
LEAST = 0.6
"""Part of the usual resistance that a load is taken to meet until the own one is known: with too
much, a battery under load would seem to be full behind it."""
STEPS = 2
KNOWN = 0.3
"""Load steps that tell a resistance, and its standard deviation in parts of it."""
FULL_SOC: Fraction = 0.97
"""A battery that is about full may refuse to be charged."""
CLIMBING_SOC: Fraction = 0.95
CLIMBING: Volts = 3.34
"""Where the plateau ends. A drifted counter alone, or a coarse voltage alone, proves nothing."""
STEEP_SOC: Fraction = 0.90
"""From here to full a few points of charge are tens of millivolts as soon as the voltage climbs."""
FALLING_SOC: Fraction = 0.25
FALLING: Volts = 3.25
"""The same near empty."""


def is_full(reading: BatterySample | None) -> bool:
    """Whether the BMS says so, or nearly."""
    if reading is None:
        return False
    if reading.state is BatteryState.FULL:
        return True
    soc = reading.soc or 0.0
    return soc >= FULL_SOC or (soc >= CLIMBING_SOC and _has_closed(reading))


def _has_closed(reading: BatterySample) -> bool:
    """Whether the BMS charges no further at a voltage that only a nearly full battery has."""
    if reading.charge_enabled is not False:
        return False
    if reading.cells:
        return max(reading.cells) > CLIMBING
    nominal = nominal_from_voltage(reading.voltage or 0.0)
    return nominal is not None and (reading.voltage or 0.0) / cells_in_series(nominal) > CLIMBING


def typical(cells: int, capacity: AmpereHours | None) -> Ohms:
    """Give the usual own resistance of such a battery."""
    return TYPICAL * cells / 4 * 100 / (capacity or 100.0)


def without_current(reading: BatterySample, cells: int, own: Ohms) -> tuple[Volts, Volts]:
    """Lowest and highest cell without the drop over the battery's own resistance.

    Polarisation that a lasting current has built up belongs to the drop, too.
    """
    drop = own * (reading.current or 0.0) / cells
    if reading.cells:
        lowest, highest = min(reading.cells), max(reading.cells)
    else:
        lowest = highest = (reading.voltage or 3.2 * cells) / cells
    return lowest - drop * (SLOW if drop < 0 else 1.0), highest - drop * (SLOW if drop > 0 else 1.0)


def in_knee(reading: BatterySample | None, resting: tuple[Volts, Volts]) -> bool:
    """Whether a cell, its current left out, is beyond the plateau, or one is full already."""
    lowest, highest = resting
    if lowest < BOTTOM_KNEE or highest > RESTED_TOP_KNEE or reading is None:
        return True
    if reading.cells and max(reading.cells) > FULL_CELL:
        return True
    full = reading.soc is not None and reading.soc >= CLIMBING_SOC
    return full and highest > CLIMBING and (reading.current or 0.0) > 0


def on_plateau(soc: Fraction | None) -> bool:
    """Whether the charge is where the open-circuit voltage hardly moves with it."""
    return soc is not None and FALLING_SOC <= soc <= STEEP_SOC


def is_climbing(soc: Fraction, resting: tuple[Volts, Volts]) -> bool:
    """Whether a few points of charge between batteries drive amperes: near full."""
    return soc >= STEEP_SOC and resting[1] > CLIMBING


def is_falling(soc: Fraction, resting: tuple[Volts, Volts]) -> bool:
    """Whether the same holds near empty."""
    return soc <= FALLING_SOC and resting[0] < FALLING
