"""One moment of a whole bank."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .battery import Amperes, BatterySample, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class BankSample:
    """The readings of a bank's batteries in one time window, and who is missing."""

    time: Seconds
    """When the window closed; no reading is later."""
    batteries: Mapping[str, BatterySample]
    """The newest reading of each battery that has one fresh enough to count."""
    missing: frozenset[str] = frozenset()
    """Batteries without a fresh reading."""
    shunt_current: Amperes | None = None
    """The bank's current from an external shunt, positive while charging."""
    shunt_time: Seconds | None = None
    """When the shunt told it; None for the time of the sample."""
    shunt_trouble: str | None = None
    """Why a shunt that is there is not used (`ShuntTrouble`)."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Trouble with the radio by battery: `few_slots`, `bad_signal`, `other_central`."""

    @property
    def skew(self) -> Seconds:
        """Time between the oldest and the newest reading."""
        times = [sample.time for sample in self.batteries.values()]
        return max(times) - min(times) if times else 0.0
