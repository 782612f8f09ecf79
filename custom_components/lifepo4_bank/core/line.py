"""A straight line through noisy points, learned one point at a time.

Notes
-----
A Kalman filter whose state is (slope, intercept), both a slow random walk, so that old evidence
fades. An innovation beyond `CLIP` standard deviations is clipped (Huber), because a load step
between two polls looks like one huge error. A run of such errors on the same side is no accident:
then something has changed, and the line is learned anew. How noisy the points are beyond what is
known of the sensor is learned from the innovations, too.

References
----------
Huber 1964, Ann. Math. Statist. 35; Durovic and Kovacevic 1999, IEEE Trans. Autom. Control 44;
Mehra 1970, IEEE Trans. Autom. Control 15.

"""

from collections.abc import Sequence
from math import sqrt

CLIP = 2.5
RUN_SECONDS = 45.0
NOISE_RATE = 0.05
"""How fast the noise is learned, per point."""
CLIPPED_RATE = 0.15
"""The same for a clipped error, of which only the least is known."""


class Line:
    """Slope and intercept of `y` against `x`, each with its standard deviation.

    Parameters: the slope expected beforehand; the standard deviations of slope and intercept
    beforehand; how far each may wander in an hour.
    """

    RUN = 3
    """Clipped errors on one side in a row that mean a change, not an accident."""

    __slots__ = (
        "_aa", "_ba", "_bb", "_run", "_run_since", "_tilt", "count", "drift_aa", "drift_bb", "intercept",
        "noise", "prior_aa", "prior_bb", "since", "slope", "time",
    )  # fmt: skip

    def __init__(
        self, expected: float, prior: tuple[float, float], drift: tuple[float, float]
    ) -> None:
        """Start from what is expected."""
        self.prior_bb, self.prior_aa = prior[0] ** 2, prior[1] ** 2
        self.drift_bb, self.drift_aa = drift[0] ** 2 / 3600, drift[1] ** 2 / 3600
        self.slope = expected
        self.intercept = 0.0
        self.time = 0.0
        self.forget()

    def forget(self) -> None:
        """Keep the values but trust them no more than at the start."""
        self._bb = self.prior_bb
        self._ba = 0.0
        self._aa = self.prior_aa
        self._run = self._tilt = 0
        self._run_since = 0.0
        self.noise = 0.0
        self.count = 0
        self.since: float | None = None

    def update(
        self, time: float, x: float, y: float, variance: float, *, idle: bool = False
    ) -> bool:
        """Learn one point; `variance` is that of `y` alone. Says whether the line started anew.

        What happens while `idle`, near `x` = 0, says nothing against the slope.
        """
        if self.since is None:
            self.since = time
        else:
            passed = time - self.time
            if passed > 0:
                self._bb = min(self._bb + self.drift_bb * passed, self.prior_bb)
                self._aa = min(self._aa + self.drift_aa * passed, self.prior_aa)
        self.time = time
        error = y - self.slope * x - self.intercept
        cross, noise = self._ba, self.noise
        gain_b = self._bb * x + cross
        gain_a = cross * x + self._aa
        total = gain_b * x + gain_a + variance + noise
        limit = CLIP * sqrt(total)
        if -limit <= error <= limit:
            self._run = self._tilt = 0
            self.noise = max(0.0, noise + NOISE_RATE * (error * error - total))
        elif self._changed(time, error, x):
            if idle:
                self._shift()
            else:
                self.forget()
            self.update(time, x, y, variance, idle=idle)
            return not idle
        else:
            error = limit if error > 0 else -limit
            # What is not known of the line itself is no noise.
            self.noise = noise + CLIPPED_RATE * (variance + noise)
        gain_b /= total
        gain_a /= total
        self.slope += gain_b * error
        self.intercept += gain_a * error
        self._bb -= gain_b * gain_b * total
        self._ba = cross - gain_b * gain_a * total
        self._aa -= gain_a * gain_a * total
        self.count += 1
        return False

    def _changed(self, time: float, error: float, x: float) -> bool:
        """Whether a run of clipped errors speaks of another intercept, or of another slope."""
        if not self._run or time < self._run_since:  # or the clock was set back
            self._run_since = time
        side = 1 if error > 0 else -1
        turn = side if x > 0 else -side
        self._run = self._run + side if self._run * side > 0 else side
        self._tilt = self._tilt + turn if self._tilt * turn > 0 else turn
        longest = max(abs(self._run), abs(self._tilt))
        return longest >= self.RUN and time - self._run_since >= RUN_SECONDS

    def _shift(self) -> None:
        """Trust the intercept no more than at the start."""
        self._ba = 0.0
        self._aa = self.prior_aa
        self._run = self._tilt = 0
        self._run_since = 0.0

    def surprises(self, x: float, y: float, tolerance: float) -> bool:
        """Whether a point is off the line by more than `tolerance`."""
        return not -tolerance <= y - self.slope * x - self.intercept <= tolerance

    @property
    def slope_sigma(self) -> float:
        """Standard deviation of the slope."""
        return sqrt(max(self._bb, 0.0))

    @property
    def intercept_sigma(self) -> float:
        """Standard deviation of the intercept."""
        return sqrt(max(self._aa, 0.0))

    def at(self, x: float) -> tuple[float, float]:
        """Value of the line at `x` and its standard deviation."""
        variance = self._bb * x * x + 2 * self._ba * x + self._aa
        return self.slope * x + self.intercept, sqrt(max(variance, 0.0))

    def save(self) -> list[float | None]:
        """Give all that is learned, for JSON."""
        return [
            self.slope, self.intercept, self._bb, self._ba, self._aa, self.noise, self.count,
            self._run, self._tilt, self._run_since, self.prior_bb, self.prior_aa, self.drift_bb,
            self.drift_aa, self.since, self.time,
        ]  # fmt: skip

    def restore(self, saved: Sequence[float | None]) -> None:
        """Take up what `save` gave."""
        *numbers, since, time = saved
        slope, intercept, bb, ba, aa, noise, count, run, tilt, run_since, *tuning = map(
            _number, numbers
        )
        self.prior_bb, self.prior_aa, self.drift_bb, self.drift_aa = tuning
        self.slope, self.intercept, self.noise = slope, intercept, noise
        self._bb, self._ba, self._aa = bb, ba, aa
        self.count, self._run, self._tilt, self._run_since = (
            int(count),
            int(run),
            int(tilt),
            run_since,
        )
        self.since = None if since is None else _number(since)
        self.time = _number(time)


def _number(saved: float | None) -> float:
    if isinstance(saved, bool) or not isinstance(saved, int | float):
        raise TypeError("not a number")
    return saved
