"""Whether the voltage of a battery that carries nothing moves with the bus at load steps.

A battery that is connected moves with the bus, whether its current is seen or not; behind an open
MOSFET, a blown fuse or a loose cable it does not.
"""

from math import sqrt

from .battery import Volts

MEMORY = 10
"""Load steps that count."""


class Follow:
    """Movement of the battery's voltage in parts of the bus's."""

    __slots__ = ("_noise", "_xx", "_xy", "count")

    def __init__(self) -> None:
        """Nothing is known."""
        self.forget()

    def forget(self) -> None:
        """Start anew: the battery has carried current."""
        self._xx = 0.0
        self._xy = 0.0
        self._noise = 0.0
        self.count = 0

    def update(self, own: Volts, bus: Volts, noise: Volts) -> None:
        """Learn from one load step: how far the battery's and the others' voltages moved."""
        fade = 1 - 1 / MEMORY
        self._xx = self._xx * fade + bus * bus
        self._xy = self._xy * fade + own * bus
        self._noise = noise
        self.count += 1

    @property
    def isolated(self) -> bool | None:
        """Whether it stays where it is, None when the steps do not tell."""
        if not self._xx:
            return None
        value = self._xy / self._xx
        margin = 2 * self._noise / sqrt(self._xx) + 0.1
        if value + margin < 0.5:
            return True
        return False if value - margin > 0.5 else None

    def save(self) -> list[float]:
        """Give all that is learned, for JSON."""
        return [self._xx, self._xy, self._noise, self.count]

    def restore(self, saved: list[float]) -> None:
        """Take up what `save` gave."""
        self._xx, self._xy, self._noise, count = (float(value) for value in saved)
        self.count = int(count)
