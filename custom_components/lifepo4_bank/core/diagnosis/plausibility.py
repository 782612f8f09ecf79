"""Whether the reading itself is believable: no rule judges what is refused here."""

from ..battery import NOMINAL_CELL_VOLTAGE, Battery, BatterySample, Volts
from ..chemistry import COLDEST, HIGHEST_CELL, HOTTEST, LOWEST_CELL
from .finding import WhyNot

HIGHEST_CURRENT = 1000.0
"""A; no single battery of this kind delivers more."""
HIGHEST_VOLTAGE = 20 * HIGHEST_CELL
LOWEST_MEAN: Volts = 0.5 * LOWEST_CELL
"""Mean of the cells below which the nominal voltage must be another battery's."""
HIGHEST_SOC = 1.1
"""LiTime reports up to 110 % of the capacity it has learned."""


def implausible(reading: BatterySample, battery: Battery) -> WhyNot | None:
    """Reason why the reading cannot be true, None when it can. NaN is never true."""
    voltage, current, soc = reading.voltage, reading.current, reading.soc
    if voltage is not None and not 0 < voltage <= HIGHEST_VOLTAGE:
        return WhyNot.VOLTAGE_OUT_OF_RANGE
    if current is not None and not -HIGHEST_CURRENT < current < HIGHEST_CURRENT:
        return WhyNot.CURRENT_OUT_OF_RANGE
    if soc is not None and not 0 <= soc <= HIGHEST_SOC:
        return WhyNot.SOC_OUT_OF_RANGE
    return _wrong_cells(reading, battery)


def _wrong_cells(reading: BatterySample, battery: Battery) -> WhyNot | None:
    for cell in reading.cells:
        if not LOWEST_CELL < cell < HIGHEST_CELL:
            return WhyNot.CELL_OUT_OF_RANGE
    if reading.temperatures and not COLDEST <= reading.temperatures[0] <= HOTTEST:
        return WhyNot.TEMPERATURE_OUT_OF_RANGE
    voltage, nominal = reading.voltage, battery.nominal_voltage
    if voltage is None or nominal is None:
        return None
    mean = voltage * NOMINAL_CELL_VOLTAGE / nominal
    return None if LOWEST_MEAN < mean < HIGHEST_CELL else WhyNot.VOLTAGE_UNLIKE_NOMINAL
