"""Whether a state of charge that an entity has told can still be true."""

from .core.battery import AmpereHours, Amperes, Fraction, Seconds
from .core.counter import ChargeCounter

STUCK: Fraction = 0.05
"""Part of the capacity: no source of a state of charge keeps silent while so much flows. At rest it
may have nothing to report for days."""
END: Fraction = 0.01
"""So near to full or empty it may stand still while a little more flows."""


class SocWatch:
    """Adds up what has flowed since a state of charge was reported."""

    def __init__(self) -> None:
        """Know of no report."""
        self._told: Seconds | None = None
        self._flowed = ChargeCounter()

    def believes(
        self,
        soc: Fraction,
        told: Seconds,
        *,
        time: Seconds,
        current: Amperes,
        capacity: AmpereHours | None,
    ) -> bool:
        """Whether the battery can still have `soc`, reported at `told`; both times monotonic.

        `time` and `current` (positive while charging) are of the newest reading.
        """
        if told != self._told:
            self._told, self._flowed = told, ChargeCounter()
        self._flowed.update(time, current)
        charge = self._flowed.charge
        if capacity is None or (soc > 1 - END if charge > 0 else soc < END):
            return True
        return abs(charge) <= STUCK * capacity
