"""Energy that went into and came out of a battery or a bank."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from .battery import Seconds

type KilowattHours = float
type Watts = float

MAX_GAP: Seconds = 300.0
"""A longer silence is not bridged: nobody knows what flowed in it."""

ROUNDING: KilowattHours = 0.001
"""A total that was shown may be so much above the exact one."""

_WATT_SECONDS = 3.6e6


def _split(before: Watts, after: Watts, seconds: Seconds) -> tuple[float, float]:
    """Watt-seconds charged and discharged while power moved in a straight line."""
    if before >= 0 and after >= 0:
        return (before + after) / 2 * seconds, 0.0
    if before <= 0 and after <= 0:
        return 0.0, -(before + after) / 2 * seconds
    crossing = before / (before - after)
    first = before / 2 * seconds * crossing
    second = after / 2 * seconds * (1 - crossing)
    return max(first, second), -min(first, second)


class EnergyMeter:
    """Two counters in kWh that only ever rise, integrated from power by trapezoids.

    They pause while power is unknown and in gaps longer than `max_gap` seconds. The error is
    that of the power readings plus the load steps between them.
    """

    def __init__(self, max_gap: Seconds = MAX_GAP) -> None:
        """Start both counters at zero."""
        self.max_gap = max_gap
        self.charged: KilowattHours = 0.0
        self.discharged: KilowattHours = 0.0
        self._last: tuple[Seconds, Watts] | None = None

    def update(self, time: Seconds, power: Watts | None) -> None:
        """Count what flowed since the last known power (positive while charging)."""
        if power is None:
            return
        if self._last is not None:
            then, before = self._last
            elapsed = time - then
            if 0 < elapsed <= self.max_gap:
                charged, discharged = _split(before, power, elapsed)
                self.charged += charged / _WATT_SECONDS
                self.discharged += discharged / _WATT_SECONDS
        self._last = time, power

    def at_least(self, charged: KilowattHours, discharged: KilowattHours) -> None:
        """Take over what was shown before, where it is more than what is counted here.

        Then what is counted here is old, and what has flowed since is in what was shown.
        """
        if max(charged - self.charged, discharged - self.discharged) > ROUNDING:
            self._last = None
        self.charged = max(self.charged, charged)
        self.discharged = max(self.discharged, discharged)

    def save(self) -> dict[str, Any]:
        """Return the counters, and where they stopped, as JSON."""
        last = None if self._last is None else list(self._last)
        return {"charged": self.charged, "discharged": self.discharged, "last": last}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from saved counters; raise ValueError, unchanged, if they are none."""
        try:
            counters = float(saved["charged"]), float(saved["discharged"])
            last = None
            if saved["last"] is not None:
                then, power = saved["last"]
                last = float(then), float(power)
        except (KeyError, TypeError) as error:
            raise ValueError("saved energy counters are incomplete") from error
        if not all(map(isfinite, (*counters, *(last or ())))) or min(counters) < 0:
            raise ValueError("saved energy counters are not counts")
        self.charged, self.discharged = counters
        self._last = last
