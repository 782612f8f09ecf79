"""Keeps noise that nobody can use out of what is shown, and so out of the recorder."""

from collections import deque
from statistics import fmean
from typing import Final

STEP: Final = 3
"""A difference of so many bands is a change; noise is seldom as large."""
DRIFT_READINGS: Final = 4
"""The mean of so many readings has half the noise of one."""


class Deadband:
    """Decides when a measured number is worth showing anew.

    A change of `STEP` bands, or of sign, or to and from zero, is shown at once; a smaller one
    once the mean of the last readings is a band away. So what is shown is hardly ever further
    than three bands from the reading, and in steady state not further than one.
    """

    def __init__(self, band: float = 0.0, share: float = 0.0, digits: int | None = None) -> None:
        """Take the band in the unit of the number, or as a share of what is shown, if wider."""
        self._band = band
        self._share = share
        self._digits = digits
        self._differences: deque[float] = deque(maxlen=DRIFT_READINGS)
        self.shown: float | None = None

    def show(self, value: float | None) -> float | None:
        """Return the number to show after a reading; unknown is shown at once."""
        if value is None or self.shown is None or self._stepped(value, self.shown):
            return self._now(value)
        self._differences.append(value - self.shown)
        drift = fmean(self._differences)
        if len(self._differences) == DRIFT_READINGS and abs(drift) >= self._width(self.shown):
            return self._now(self.shown + drift)
        return self.shown

    def _stepped(self, value: float, shown: float) -> bool:
        """Whether a reading is no noise."""
        crossed = (value > 0) != (shown > 0) or (value < 0) != (shown < 0)
        return crossed or abs(value - shown) >= STEP * self._width(shown)

    def _width(self, shown: float) -> float:
        return max(self._band, self._share * abs(shown))

    def _now(self, value: float | None) -> float | None:
        self._differences.clear()
        rounded = value if value is None or self._digits is None else round(value, self._digits)
        self.shown = rounded
        return rounded
