"""The part of a group's current that one branch takes.

Notes
-----
`I_i = b_i * I + a_i`: a branch's current against that of its group is a straight line. The slope is
the share, set by resistances; the intercept is the circulating current, set by differences of
open-circuit voltage (Weng et al. 2022, arXiv 2211.04961).

"""

from math import hypot, sqrt

from .battery import AmpereHours, Amperes, Seconds
from .line import Line

SLOPE_PRIOR = 0.35
"""Standard deviation of a share about the fair one before anything is seen."""
SLOPE_DRIFT = 0.01
"""Per square root of an hour: resistances follow temperature and SoC slowly."""
CIRCULATING_PRIOR = 0.08
"""Circulating current to expect, in capacities per hour."""
CIRCULATING_DRIFT = 0.01
"""Per square root of an hour: open-circuit voltages move with SoC."""
GAIN = 0.01
"""Relative error of a BMS's current sensor, which no averaging removes (0.6 % is typical)."""
GRAIN = 0.06
"""Noise of a current reading in detection floors."""
UNSEEN = 0.6
"""Standard deviation of a true current that reads 0, in detection floors."""
UNSTEADY = 0.3
"""Error of a current in parts of what it changed from poll to poll."""


class Share(Line):
    """Slope and intercept of one branch's current against its group's.

    Parameters: the fair share, the branch's capacity, the detection floor of its BMS.
    """

    RUN = 2
    """Only steady rounds come here, and within five minutes a bad cable is to be known."""

    __slots__ = ("fair", "floor")

    def __init__(self, fair: float, capacity: AmpereHours, floor: Amperes) -> None:
        """Start from the fair share and no circulating current."""
        super().__init__(
            fair,
            (SLOPE_PRIOR * 2 * fair, CIRCULATING_PRIOR * capacity),
            (SLOPE_DRIFT * 2 * fair, CIRCULATING_DRIFT * capacity),
        )
        self.fair = fair
        self.floor = floor

    def observe(
        self,
        time: Seconds,
        total: Amperes,
        current: Amperes,
        change: Amperes,
        *,
        idle: bool = False,
    ) -> bool:
        """Learn one moment; `change` is what the current moved from the poll before or after."""
        grain = self.floor * (GRAIN if current else UNSEEN)
        variance = grain * grain + (GAIN * current) ** 2
        change = max(0.0, change - 0.03 * abs(total))
        variance += (UNSTEADY * change) ** 2
        return self.update(time, total, current, variance, idle=idle)

    @property
    def sigma(self) -> float:
        """Standard deviation of the share, the sensor's gain included."""
        return hypot(self.slope_sigma, GAIN * self.slope / sqrt(2))

    def ratio(self, total: Amperes) -> tuple[float, float]:
        """Tell the current at this load in parts of the fair one, and its standard deviation."""
        value, sigma = self.at(total)
        fair = self.fair * total
        return value / fair, hypot(sigma / fair, GAIN)
