"""What a BMS's SoC counter is worth: its drift, and the capacity that it really counts with."""

from math import sqrt

from .battery import AmpereHours, Amperes, Fraction, Seconds

LONGEST: Seconds = 300.0
"""Readings further apart are not integrated over: the current between them is unknown."""
OFFSET: Amperes = 0.05
"""Of a usual current sensor: on 100 Ah it makes half of the 2-3 % a day that counters drift, the dead
band makes the rest."""
FULL: Fraction = 0.995
JUMP: Fraction = 0.04
"""A change of SoC that the current cannot have made: the BMS has corrected itself."""
STRETCH: Fraction = 0.20
"""Change of SoC over which charge is compared with it."""


class ChargeCounter:
    """Charge that the battery's own current reading adds up to, in Ah since the start."""

    __slots__ = ("charge", "current", "time")

    def __init__(self) -> None:
        """Start from nothing."""
        self.charge: AmpereHours = 0.0
        self.current: Amperes = 0.0
        self.time: Seconds | None = None

    def update(self, time: Seconds, current: Amperes) -> None:
        """Add the charge since the reading before, by the trapezoid rule."""
        if self.time is not None:
            passed = time - self.time
            if 0 < passed <= LONGEST:
                self.charge += (self.current + current) * passed / 7200
        self.time = time
        self.current = current

    def save(self) -> list[float | None]:
        """Give all that is learned, for JSON."""
        return [self.charge, self.current, self.time]

    def restore(self, saved: list[float | None]) -> None:
        """Take up what `save` gave."""
        charge, current, time = saved
        self.charge, self.current = float(charge or 0), float(current or 0)
        self.time = None if time is None else float(time)


class CounterDrift:
    """How far the reported SoC has left the integrated current since the last full charge.

    A counter drifts 2-3 % a day from its offset and dead band (physics of the usual BMS).
    """

    __slots__ = ("_charge", "_since", "_soc", "corrected", "value")

    def __init__(self) -> None:
        """Nothing is known."""
        self._soc: Fraction | None = None
        self._since: Seconds | None = None
        self._charge: AmpereHours = 0.0
        self.value: Fraction = 0.0
        """Reported SoC above what the current accounts for."""
        self.corrected: Fraction = 0.0
        """Latest correction that the BMS made by itself at full."""

    def update(
        self, time: Seconds, soc: Fraction, charge: AmpereHours, capacity: AmpereHours
    ) -> None:
        """Compare a reported SoC with the charge counted until now."""
        if self._soc is None:
            self._soc, self._charge, self._since = soc, charge, time
            return
        value = soc - self._soc - (charge - self._charge) / capacity
        if soc >= FULL:
            if abs(value - self.value) > JUMP:
                self.corrected = value - self.value
            self._soc, self._charge, self._since, self.value = soc, charge, time, 0.0
        else:
            self.value = value

    def resume(self, soc: Fraction, charge: AmpereHours) -> None:
        """Go on after a gap in which charge was not counted: the drift is as it was before."""
        if self._soc is not None:
            self._soc, self._charge = soc - self.value, charge

    def moved(self, charge: AmpereHours, capacity: AmpereHours) -> Fraction:
        """Change of SoC that the current accounts for since the comparison began."""
        return 0.0 if self._soc is None else (charge - self._charge) / capacity

    def doubt(self, time: Seconds, capacity: AmpereHours) -> Fraction:
        """Tell the standard deviation of what has moved: the sensor's offset, added up."""
        passed = 0.0 if self._since is None else max(0.0, time - self._since)
        return OFFSET * passed / 3600 / capacity

    def save(self) -> list[float | None]:
        """Give all that is learned, for JSON."""
        return [self._soc, self._charge, self.value, self.corrected, self._since]

    def restore(self, saved: list[float | None]) -> None:
        """Take up what `save` gave; once it did not tell the time."""
        soc, charge, value, corrected, *since = saved
        self._since = since[0] if since else None
        self._soc = None if soc is None else float(soc)
        self._charge, self.value = float(charge or 0), float(value or 0)
        self.corrected = float(corrected or 0)


class CapacityRatio:
    """Charge moved per change of reported SoC, over stretches of 20 points: a capacity in Ah."""

    __slots__ = ("_charge", "_last", "_soc", "count", "value")

    def __init__(self) -> None:
        """Nothing is known."""
        self._soc: Fraction | None = None
        self._last: Fraction = 0.0
        self._charge: AmpereHours = 0.0
        self.value: AmpereHours | None = None
        self.count = 0

    def update(self, soc: Fraction, charge: AmpereHours) -> None:
        """Learn from a reported SoC and the charge counted until now."""
        if self._soc is None or abs(soc - self._last) > JUMP or soc >= FULL:
            self._soc, self._charge = soc, charge
        elif abs(soc - self._soc) >= STRETCH:
            capacity = (charge - self._charge) / (soc - self._soc)
            if capacity > 0:
                self.count += 1
                rate = max(1 / self.count, 0.1)
                self.value = (
                    capacity if self.value is None else self.value + rate * (capacity - self.value)
                )
            self._soc, self._charge = soc, charge
        self._last = soc

    def resume(self) -> None:
        """Begin another stretch after a gap in which charge was not counted."""
        self._soc = None

    @property
    def sigma(self) -> AmpereHours:
        """Standard deviation: whole percents at both ends of a stretch, gain of the sensor."""
        if self.value is None:
            return float("inf")
        return self.value * (0.03 + 0.02 / sqrt(min(self.count, 10)))

    def save(self) -> list[float | None]:
        """Give all that is learned, for JSON."""
        return [self._soc, self._last, self._charge, self.value, self.count]

    def restore(self, saved: list[float | None]) -> None:
        """Take up what `save` gave."""
        soc, last, charge, value, count = saved
        self._soc = None if soc is None else float(soc)
        self._last, self._charge = float(last or 0), float(charge or 0)
        self.value = None if value is None else float(value)
        self.count = int(count or 0)
