"""The part of a group's current that one branch takes.

Notes
-----
`I_i = b_i * I + a_i`: a branch's current against that of its group is a straight line. The slope is
the share, set by resistances; the intercept is the circulating current, set by differences of
open-circuit voltage (Weng et al. 2022, arXiv 2211.04961).

"""

from .battery import Amperes, Seconds
from .line import Line

SLOPE_PRIOR = 0.35
"""Standard deviation of a share about the fair one before anything is seen."""
SLOPE_DRIFT = 0.01
"""Per square root of an hour: resistances follow temperature and SoC slowly."""
INTERCEPT_DRIFT = 0.3
"""In detection floors per square root of an hour: open-circuit voltages move with SoC."""
GAIN = 0.01
"""Relative error of a BMS's current sensor that no averaging removes."""


class Share(Line):
    """Slope and intercept of one branch's current against its group's.

    Parameters: the fair share, and the spread of the circulating current in A to start from.
    """

    __slots__ = ()

    def __init__(self, fair: float, circulating: Amperes) -> None:
        """Start from the fair share and no circulating current."""
        super().__init__(fair, (SLOPE_PRIOR, circulating), (SLOPE_DRIFT, 0.2 * circulating))

    def observe(self, time: Seconds, total: Amperes, current: Amperes, noise: Amperes) -> bool:
        """Learn one steady moment; `noise` is the standard deviation of the branch's reading."""
        return self.update(time, total, current, noise * noise + (GAIN * current) ** 2)

    def ratio(self, total: Amperes, fair: float) -> tuple[float, float]:
        """Tell the current at this load in parts of the fair one, and its standard deviation."""
        value, sigma = self.at(total)
        return value / (fair * total), sigma / abs(fair * total)
