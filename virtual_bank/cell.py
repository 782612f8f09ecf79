"""The open-circuit voltage of LiFePO4 cells, alone and as the sum of a battery's cells."""

from bisect import bisect_right
from collections.abc import Sequence
import random

from custom_components.lifepo4_bank.core.battery import Fraction, Volts

# Rested cell at 25 °C: flat between two knees, with the step of graphite near 60-70 %. Public
# curves differ by some mV; what the bank does hangs on the shape, not on those.
_CURVE: tuple[tuple[Fraction, Volts], ...] = (
    (-0.05, 1.600), (0.000, 2.500), (0.005, 2.680), (0.010, 2.790), (0.020, 2.920),
    (0.035, 3.020), (0.050, 3.085), (0.075, 3.155), (0.100, 3.195), (0.150, 3.220),
    (0.200, 3.241), (0.300, 3.270), (0.400, 3.288), (0.500, 3.295), (0.580, 3.301),
    (0.640, 3.312), (0.700, 3.329), (0.800, 3.333), (0.900, 3.337), (0.950, 3.343),
    (0.975, 3.358), (0.985, 3.380), (0.993, 3.430), (1.000, 3.510), (1.010, 3.660),
    (1.020, 3.820), (1.100, 5.000),
)  # fmt: skip

LOWEST: Fraction = _CURVE[0][0]
HIGHEST: Fraction = _CURVE[-1][0]
STEPS = 1000
"""Grid points per unit of SoC."""
IN_ORDER: Fraction = 0.005
"""What a cell of a healthy battery is at most ahead: one further ahead trips the BMS at full."""


def _on_grid() -> tuple[Volts, ...]:
    places = [soc for soc, _ in _CURVE]
    grid = []
    for index in range(round((HIGHEST - LOWEST) * STEPS) + 1):
        soc = LOWEST + index / STEPS
        right = min(max(bisect_right(places, soc), 1), len(places) - 1)
        (soc0, volts0), (soc1, volts1) = _CURVE[right - 1 : right + 1]
        grid.append(volts0 + (soc - soc0) / (soc1 - soc0) * (volts1 - volts0))
    return tuple(grid)


_GRID = _on_grid()
LAST = len(_GRID) - 2


def cell_ocv(soc: Fraction) -> Volts:
    """Open-circuit voltage of one cell; SoC beyond 0-1 means drained or overcharged."""
    place = (soc - LOWEST) * STEPS
    index = 0 if place < 0 else min(int(place), LAST)
    return _GRID[index] + (place - index) * (_GRID[index + 1] - _GRID[index])


def natural_offsets(dice: random.Random, cells: int) -> tuple[Fraction, ...]:
    """Draw how far the cells of a healthy battery are ahead of its SoC or behind."""
    return tuple(min(max(dice.gauss(0, 0.002), -IN_ORDER), IN_ORDER) for _ in range(cells))


def _row(offset: Fraction, capacity: float) -> list[Volts]:
    """Tabulate one cell's voltage by the SoC of its battery; written for speed."""
    grid, last, row = _GRID, LAST, []
    place = (1.0 + offset - (1.0 - LOWEST) / capacity - LOWEST) * STEPS
    for _ in range(last + 2):
        index = 0 if place < 0 else int(place) if place < last else last
        low = grid[index]
        row.append(low + (place - index) * (grid[index + 1] - low))
        place += 1.0 / capacity
    return row


class CellRow:
    """The cells of one battery in series: small spread in charge and in capacity.

    The SoC of cell i is 1 + offset_i - (1 - SoC) / capacity_i, so that cells with the offset 0 are
    full together and a weak cell is the first to be empty.
    """

    __slots__ = ("_calm", "_grid", "capacities", "offsets")

    def __init__(self, offsets: Sequence[Fraction], capacities: Sequence[float]) -> None:
        """Take a SoC offset and a capacity relative to the battery's for each cell."""
        self.offsets = list(offsets)
        self.capacities = list(capacities)
        self.refresh()

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.offsets)

    def refresh(self) -> None:
        """Rebuild the table of the sum after offsets or capacities have changed."""
        rows = [_row(o, c) for o, c in zip(self.offsets, self.capacities, strict=True)]
        self._grid = list(map(sum, zip(*rows, strict=True)))
        low = next(i for i, volts in enumerate(map(min, zip(*rows, strict=True))) if volts > 3.15)
        high = next(
            LAST + 1 - i
            for i, volts in enumerate(map(max, zip(*map(reversed, rows), strict=True)))
            if volts < 3.36
        )
        self._calm = (LOWEST + low / STEPS, LOWEST + high / STEPS)

    @property
    def calm(self) -> tuple[Fraction, Fraction]:
        """SoC of the battery between which no cell is near its limits."""
        return self._calm

    def socs(self, soc: Fraction) -> list[Fraction]:
        """SoC of each cell."""
        missing = 1.0 - soc
        return [
            1.0 + offset - missing / capacity
            for offset, capacity in zip(self.offsets, self.capacities, strict=True)
        ]

    def ocvs(self, soc: Fraction) -> list[Volts]:
        """Open-circuit voltage of each cell."""
        return [cell_ocv(cell) for cell in self.socs(soc)]

    def ocv(self, soc: Fraction) -> Volts:
        """Sum of the cells' open-circuit voltages, interpolated in the table."""
        place = (soc - LOWEST) * STEPS
        index = int(place)
        if index < 0:
            index = 0
        elif index > LAST:
            index = LAST
        low = self._grid[index]
        return low + (place - index) * (self._grid[index + 1] - low)
