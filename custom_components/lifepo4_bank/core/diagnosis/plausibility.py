"""Whether the reading itself is believable: no rule judges what is refused here."""

from ..battery import NOMINAL_CELL_VOLTAGE, Battery, BatterySample
from ..chemistry import COLDEST, HIGHEST_CELL, HOTTEST, LOWEST_CELL

HIGHEST_CURRENT = 1000.0
"""A; no single battery of this kind delivers more."""
HIGHEST_VOLTAGE = 20 * HIGHEST_CELL
HIGHEST_SOC = 1.1
"""LiTime reports up to 110 % of the capacity it has learned."""


def implausible(reading: BatterySample, battery: Battery) -> str | None:
    """Reason why the reading cannot be true, None when it can. NaN is never true."""
    voltage, current, soc = reading.voltage, reading.current, reading.soc
    if voltage is not None and not 0 < voltage <= HIGHEST_VOLTAGE:
        return "voltage_out_of_range"
    if current is not None and not -HIGHEST_CURRENT < current < HIGHEST_CURRENT:
        return "current_out_of_range"
    if soc is not None and not 0 <= soc <= HIGHEST_SOC:
        return "soc_out_of_range"
    return _wrong_cells(reading, battery)


def _wrong_cells(reading: BatterySample, battery: Battery) -> str | None:
    cells = reading.cells
    if cells and not (min(cells) > LOWEST_CELL and max(cells) < HIGHEST_CELL):
        return "cell_out_of_range"
    if reading.temperatures and not COLDEST <= reading.temperatures[0] <= HOTTEST:
        return "temperature_out_of_range"
    voltage, nominal = reading.voltage, battery.nominal_voltage
    if voltage is not None and nominal is not None:
        count = nominal / NOMINAL_CELL_VOLTAGE
        if not 0.5 * LOWEST_CELL * count < voltage < HIGHEST_CELL * count:
            return "voltage_unlike_nominal"
    return None
