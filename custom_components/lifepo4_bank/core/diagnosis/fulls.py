"""How far apart the cells of a battery are when it is full."""

from typing import Any

from ..battery import Volts
from ..chemistry import FULL_CELL

OVER: Volts = 3.36
"""Cell voltage below which a full charge is over."""


class FullCharges:
    """Cell deltas at the last full charges: near full they mean something only when repeated."""

    __slots__ = ("_delta", "_full", "deltas")

    def __init__(self) -> None:
        """None seen."""
        self._full = False
        self._delta: Volts = 0.0
        self.deltas: list[Volts] = []

    def update(self, lowest: Volts, highest: Volts) -> None:
        """Learn from lowest and highest cell."""
        if highest > FULL_CELL:
            self._full = True
            self._delta = max(self._delta, highest - lowest)
        elif self._full and highest < OVER:
            self.deltas = [*self.deltas[-2:], self._delta]
            self._full = False
            self._delta = 0.0

    @property
    def repeated(self) -> Volts:
        """Smallest of the last three deltas at full."""
        return min(self.deltas) if len(self.deltas) == 3 else 0.0

    def save(self) -> list[Any]:
        """Give all that is learned, for JSON."""
        return [self._full, self._delta, self.deltas]

    def restore(self, saved: list[Any]) -> None:
        """Take up what `save` gave."""
        self._full, self._delta, self.deltas = bool(saved[0]), float(saved[1]), list(saved[2])
