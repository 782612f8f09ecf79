"""Limits of a LiFePO4 cell, each with its source."""

from itertools import pairwise

from .battery import Celsius, Fraction, Volts

TOP_KNEE: Volts = 3.40
"""Above it the open-circuit voltage climbs steeply and shares shift by themselves
(LiFePO4 plateau ends near 3.37 V at rest; dbus-serialbattery cell curves)."""
RESTED_TOP_KNEE: Volts = 3.355
"""The same without current: the plateau ends at 3.34-3.35 V, about 97 % full."""
BOTTOM_KNEE: Volts = 3.10
"""Below it the voltage falls steeply (same sources)."""
FULL_CELL: Volts = 3.45
"""Balancers and tail-current charging begin here (dbus-serialbattery defaults)."""
LOWEST_CELL: Volts = 1.5
"""Anything lower is no LiFePO4 cell in use (2.0 V is the deepest a maker allows)."""
HIGHEST_CELL: Volts = 4.0
"""Anything higher is a wrong reading (makers' protection at 3.65-3.75 V)."""
COLDEST: Celsius = -40.0
HOTTEST: Celsius = 110.0
"""Range of the usual NTC sensors; beyond it the sensor is open or shorted."""

RESTED_NOT_FULL: Volts = 3.20
"""A cell that rests at or below it cannot be at 80 %."""
RESTED_NOT_EMPTY: Volts = 3.37
"""A cell that rests at or above it cannot be at 20 %.

Tables of rest voltage contradict each other by up to 40 points between 3.25 and 3.35 V, so it
serves to refute a reported SoC, never to tell one."""
NOT_FULL_SOC: Fraction = 0.80
NOT_EMPTY_SOC: Fraction = 0.20


def soc_bounds(rested_cell: Volts) -> tuple[Fraction, Fraction]:
    """Lowest and highest SoC that a cell rested at this voltage can have."""
    if rested_cell <= RESTED_NOT_FULL:
        return 0.0, NOT_FULL_SOC
    if rested_cell >= RESTED_NOT_EMPTY:
        return NOT_EMPTY_SOC, 1.0
    return 0.0, 1.0


def cells_in_series(nominal: Volts) -> int:
    """Cells of a battery: 12.8 V has 4, 51.2 V has 16."""
    return max(1, round(nominal / 3.2))


def nominal_from_voltage(voltage: Volts) -> Volts | None:
    """Nominal voltage of the usual battery that can show this voltage, None if none can."""
    for cells in (4, 8, 12, 16):
        if 2.4 * cells <= voltage <= 3.75 * cells:
            return 3.2 * cells
    return None


_REST_CURVE: tuple[tuple[Fraction, Volts], ...] = (
    (0.00, 2.60), (0.05, 3.06), (0.10, 3.19), (0.20, 3.24), (0.30, 3.27), (0.40, 3.288),
    (0.60, 3.304), (0.70, 3.328), (0.90, 3.336), (0.95, 3.344), (0.98, 3.365), (1.00, 3.46),
)  # fmt: skip
"""Typical rest voltage of a cell at 25 °C. Only differences of it are used, to within a factor of
two, to tell how much circulating current a difference of SoC calls for."""


def ocv(soc: Fraction) -> Volts:
    """Typical rest voltage of a cell, to tell differences by, never to tell a SoC."""
    if soc <= 0:
        return _REST_CURVE[0][1]
    for (left, low), (right, high) in pairwise(_REST_CURVE):
        if soc <= right:
            return low + (high - low) * (soc - left) / (right - left)
    return _REST_CURVE[-1][1]
