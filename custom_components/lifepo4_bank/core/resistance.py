"""Own resistance of a battery and differences of path resistance, seen from inside."""

from collections.abc import Sequence
from math import hypot, sqrt

from .battery import Amperes, Ohms, Seconds, Volts
from .line import Line

STEP = 2.0
"""Smallest change of current that tells a resistance, in detection floors."""
SPAN: Seconds = 95.0
"""Longest time between the two readings: later, polarisation and SoC blur the step."""
MEMORY = 200.0
"""Steps after which the oldest have faded to 1/e."""
OUTLIER = 0.3
"""Deviation in parts of what is expected that is still believed."""
RUN = 4
"""Steps on one side in a row beyond that mean another battery, or one grown warm; not accidents."""
TYPICAL: Ohms = 0.018
"""Own resistance of four cells and 100 Ah (10-25 mOhm are usual)."""
TYPICAL_PATH: Ohms = 0.0015
"""Two cables of a metre, a fuse and four lugs: what no battery can see of the best path."""


class OwnResistance:
    """Cells, shunt and MOSFETs of one battery: change of its voltage per change of its current.

    Both readings are the battery's own, so nothing has to be synchronised. A step shows the
    resistance with as much of the slow polarisation as builds up between two polls.
    """

    __slots__ = ("_error", "_run", "_xx", "_xy", "count", "since", "time")

    def __init__(self) -> None:
        """Nothing is known."""
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        self._xx = 0.0
        self._xy = 0.0
        self._error = 0.0
        self._run = 0
        self.count = 0
        self.since: Seconds | None = None
        self.time: Seconds | None = None

    def update(self, time: Seconds, volts: Volts, amperes: Amperes, noise: Volts) -> None:
        """Learn one step: change of voltage and of current, noise of the voltage's change."""
        if volts * amperes < 0 and abs(volts) > 3 * noise:
            return  # No resistance does that: the open-circuit voltage moved, as it does near full.
        residual = volts - self.value * amperes
        weight = 1.0
        if self.count >= 3:
            limit = 3 * noise + OUTLIER * abs(self.value * amperes)
            weight = min(1.0, limit / abs(residual)) if residual else 1.0
            if self._has_changed(residual * amperes if weight < 1 else 0.0):
                self.forget()
                residual, weight = volts, 1.0
        if self.since is None:
            self.since = time
        self.time = time
        fade = 1 - 1 / MEMORY
        self._xx = self._xx * fade + weight * amperes * amperes
        self._xy = self._xy * fade + weight * amperes * volts
        residual = volts - self.value * amperes
        scatter = residual * residual + noise * noise
        self._error = self._error * fade + weight * scatter * amperes * amperes
        self.count += 1

    def _has_changed(self, beyond: float) -> bool:
        """Whether outliers (above 0: of a higher resistance; 0: none) make a run."""
        if beyond * self._run <= 0:
            self._run = 0
        if beyond:
            self._run += 1 if beyond > 0 else -1
        return abs(self._run) >= RUN

    @property
    def value(self) -> Ohms:
        """Best estimate."""
        return self._xy / self._xx if self._xx else 0.0

    @property
    def sigma(self) -> Ohms:
        """Standard deviation of the estimate."""
        return sqrt(self._error) / self._xx if self._xx else float("inf")

    def save(self) -> list[float | None]:
        """Give all that is learned, for JSON."""
        return [self._xx, self._xy, self._error, self.count, self.since, self.time]

    def restore(self, saved: Sequence[float | None]) -> None:
        """Take up what `save` gave."""
        xx, xy, error, count, since, time = saved
        self._xx, self._xy, self._error = float(xx or 0), float(xy or 0), float(error or 0)
        self.count = int(count or 0)
        self.since = None if since is None else float(since)
        self.time = None if time is None else float(time)


class PathDrop(Line):
    """Slope of a branch's voltage above its group's mean against the group's current, in ohms.

    `U = V_i + P_i * I_i` is one value for all, so the slope is `mean(P * b) - P_i * b_i`: only
    differences of path resistance show.
    """

    __slots__ = ()

    def __init__(self, cells: float) -> None:
        """Expect no difference; sensors may be 20 mV apart per four cells."""
        scale = cells / 4
        super().__init__(0.0, (0.015 * scale, 0.02 * scale), (0.0002 * scale, 0.001 * scale))


class Level(Line):
    """A link's voltage above its chain's mean against the current that all links carry.

    The intercept is the difference of open-circuit voltage, the slope that of resistance.
    """

    __slots__ = ()

    def __init__(self, cells: float) -> None:
        """Expect no difference, but the knees may bring volts."""
        scale = cells / 4
        super().__init__(0.0, (0.02 * scale, 0.5 * scale), (0.0005 * scale, 0.01 * scale))


def path_excess(
    drop: tuple[Ohms, Ohms], share: float, best: tuple[Ohms, Ohms], best_share: float
) -> tuple[Ohms, Ohms]:
    """Path resistance of a branch above the best path's, and its standard deviation.

    Parameters: slope of the path drop with its standard deviation, and share, of the branch and
    of the branch with the best path. `best - drop = P_i * b_i - P_best * b_best`, where the best
    path itself is not seen and taken as typical.
    """
    share = max(share, 0.02)
    unseen = TYPICAL_PATH * (best_share / share - 1)
    value = (best[0] - drop[0]) / share + unseen
    return max(value, 0.0), hypot(drop[1], best[1], 0.7 * unseen * share) / share
