"""Own resistance of a battery and differences of path resistance, seen from inside."""

from math import sqrt

from .battery import Amperes, Ohms, Seconds, Volts
from .line import Line

STEP: Amperes = 3.0
"""Smallest change of current that tells a resistance."""
SPAN: Seconds = 95.0
"""Longest time between the two readings: later, polarisation and SoC blur the step."""
MEMORY = 200.0
"""Steps after which the oldest have faded to 1/e."""


class OwnResistance:
    """Cells, shunt and MOSFETs of one battery: change of its voltage per change of its current.

    Both readings are the battery's own, so nothing has to be synchronised. `expected` and `prior`
    are only to weigh outliers at the start.
    """

    __slots__ = ("_error", "_xx", "_xy", "count", "since")

    def __init__(self) -> None:
        """Nothing is known."""
        self._xx = 0.0
        self._xy = 0.0
        self._error = 0.0
        self.count = 0
        self.since: Seconds | None = None

    def update(self, time: Seconds, volts: Volts, amperes: Amperes, noise: Volts) -> None:
        """Learn one step: change of voltage and current, noise of a voltage difference."""
        weight = 1.0
        if self.count >= 3:
            error = abs(volts - self.value * amperes)
            limit = 3 * noise + 0.5 * self.value * abs(amperes)
            if error > limit:
                weight = limit / error
        if self.since is None:
            self.since = time
        fade = 1 - 1 / MEMORY
        self._xx = self._xx * fade + weight * amperes * amperes
        self._xy = self._xy * fade + weight * amperes * volts
        residual = volts - self.value * amperes
        self._error = self._error * fade + weight * (residual * residual + noise * noise)
        self.count += 1

    @property
    def value(self) -> Ohms:
        """Best estimate."""
        return self._xy / self._xx if self._xx else 0.0

    @property
    def sigma(self) -> Ohms:
        """Standard deviation of the estimate."""
        if not self.count:
            return float("inf")
        steps = min(self.count, MEMORY)
        return sqrt(self._error / steps / self._xx)

    def save(self) -> list[float | None]:
        """All that is learned, for JSON."""
        return [self._xx, self._xy, self._error, self.count, self.since]

    def restore(self, saved: list[float | None]) -> None:
        """Take up what `save` gave."""
        xx, xy, error, count, self.since = saved
        self._xx, self._xy, self._error = float(xx or 0), float(xy or 0), float(error or 0)
        self.count = int(count or 0)


class PathDrop(Line):
    """Slope of a branch's voltage above its group's mean against the group's current, in ohms.

    `U = V_i + P_i * I_i` is one value for all, so the slope is `mean(P * b) - P_i * b_i`: only
    differences of path resistance show.
    """

    __slots__ = ()

    def __init__(self) -> None:
        """Expect no difference; sensors may be some 10 mV apart."""
        super().__init__(0.0, (0.010, 0.020), (0.0001, 0.001))
