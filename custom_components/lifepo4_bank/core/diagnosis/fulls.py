"""How far apart the cells of a battery are when it is full."""

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from ..battery import Volts
from ..chemistry import FULL_CELL

OVER: Volts = 3.36
"""Cell voltage below which a full charge is over."""


TOLD = 3
"""Full charges in a row at which the same cell must be the odd one."""


class Odd(NamedTuple):
    """The cell that is farthest from its neighbours."""

    delta: Volts
    """Highest minus lowest cell."""
    cell: int
    """Counted from 0."""
    low: bool
    """Whether it is below the others, not above."""


def odd_cell(cells: Sequence[Volts]) -> Odd:
    """Tell which cell of a battery is the odd one."""
    lowest, highest, middle = min(cells), max(cells), median(cells)
    low = middle - lowest >= highest - middle
    return Odd(highest - lowest, cells.index(lowest if low else highest), low)


class FullCharges:
    """Cell deltas at the last full charges: near full they mean something only when repeated."""

    __slots__ = ("_odd", "last", "repeated")

    def __init__(self) -> None:
        """None seen."""
        self._odd: Odd | None = None
        self.last: list[Odd] = []
        """The widest moment of each of the last full charges."""
        self.repeated: Odd | None = None
        """The mildest of the last full charges, if the same cell was the odd one in each."""

    def update(self, cells: Sequence[Volts]) -> None:
        """Learn from the cells' voltages."""
        highest = max(cells)
        if highest > FULL_CELL:
            odd = odd_cell(cells)
            if self._odd is None or odd.delta > self._odd.delta:
                self._odd = odd
        elif self._odd is not None and highest < OVER:
            self._remember([*self.last[1 - TOLD :], self._odd])
            self._odd = None

    def _remember(self, last: list[Odd]) -> None:
        self.last = last
        same = {(odd.cell, odd.low) for odd in last}
        self.repeated = min(last) if len(last) == TOLD and len(same) == 1 else None

    def save(self) -> list[Any]:
        """Give all that is learned, for JSON."""
        return [self._odd and list(self._odd), [list(odd) for odd in self.last]]

    def restore(self, saved: list[Any]) -> None:
        """Take up what `save` gave."""
        odd, last = saved
        self._odd = odd and _odd(*odd)
        self._remember([_odd(*one) for one in last])


def _odd(delta: float, cell: int, low: bool) -> Odd:
    return Odd(float(delta), int(cell), bool(low))
