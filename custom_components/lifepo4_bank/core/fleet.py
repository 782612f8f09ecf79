"""Batteries that all report the current of the whole bank.

Some stacked brands do; adding them up would count the current once for every battery. Two
witnesses must agree: the currents are identical, sample for sample, and what flowed by them does
not show in the batteries' own charge counters. The second tells such brands from twins that
really share evenly.
"""

from collections import deque
from collections.abc import Mapping, Sequence

from .battery import AmpereHours, Amperes, BatterySample, Fraction, Seconds
from .layout import Layout

ENOUGH = 10
"""Equal readings, each of a current not seen lately, that make it certain with the counters."""
ENOUGH_ALONE = 30
"""The same where batteries report no charge counters."""
SETBACK = 3
"""What one unequal reading takes back: batteries may be read on both sides of a load step."""
STEPS = 50
"""Currents that count, in steps of the sensor. Even matched batteries differ by 1 % or more in
gain and share, half a step here, so that chance keeps them equal in less than every second one."""
OWN_CHARGE: Fraction = 0.7
"""Of what flowed: counters that show more follow their own battery. With the current of two or
more batteries they show a half or less."""
FINE, COARSE = 0.02, 0.06
"""Part of the capacity that must flow before counters are compared: in Ah, or in whole per cent."""
LONGEST_GAP: Seconds = 300.0


class FleetWatch:
    """Learns whether the batteries of a bank report one and the same current."""

    def __init__(self, layout: Layout) -> None:
        """Compare all batteries of each set that shares a current."""
        self._sets = [
            [battery for branch in branches for battery in branch] for branches in layout.sharing
        ]
        self._step: Amperes | None = None
        self._seen: deque[Amperes] = deque(maxlen=50)
        self._score = 0
        self._charge = _ChargeWitness()
        self.detected = False

    def update(self, samples: Mapping[str, BatterySample]) -> bool:
        """Learn from one moment; a battery that is missing leaves the verdict as it is."""
        readings: list[BatterySample] = []
        first: Amperes | None = None
        equal = True
        for shared in self._sets:
            own: Amperes | None = None
            for battery in shared:
                one = samples.get(battery)
                if one is None or one.current is None:
                    return self.detected
                own = one.current if own is None else own
                equal = equal and one.current == own
                readings.append(one)
            first = own if first is None else first
        if first is None:
            return self.detected
        self._charge.update(readings)
        if first not in self._seen:
            self._compare(first, equal=equal)
        self.detected = self._verdict()
        return self.detected

    def _compare(self, current: Amperes, *, equal: bool) -> None:
        """Count a current not seen lately, if it is large against the sensor's steps."""
        changes = [abs(current - other) for other in self._seen]
        if changes:
            self._step = min(changes) if self._step is None else min(self._step, *changes)
        self._seen.append(current)
        if self._step is None or abs(current) < STEPS * self._step:
            return
        self._score = min(self._score + 1, ENOUGH_ALONE) if equal else max(self._score - SETBACK, 0)

    def _verdict(self) -> bool:
        """Decide once both witnesses have spoken, and stay with it until one takes it back."""
        if self._charge.own or not self._score:
            return False
        if self._charge.silent:
            return self.detected or self._score >= ENOUGH_ALONE
        return self.detected or (self._score >= ENOUGH and self._charge.own is False)

    def restore(self, *, detected: bool) -> None:
        """Keep a verdict reached earlier until readings refute it."""
        self.detected = detected
        self._score = ENOUGH if detected else 0


class _ChargeWitness:
    """Compares what flowed by the reported currents with what the charge counters show."""

    def __init__(self) -> None:
        self.own: bool | None = None
        """Whether each battery reports its own current; None while nobody can tell."""
        self.silent = False
        """Whether there is no counter to ask."""
        self._begun: AmpereHours | None = None
        self._flowed: AmpereHours = 0.0
        self._last: tuple[Seconds, Amperes] | None = None

    def update(self, samples: Sequence[BatterySample]) -> None:
        """Take all batteries at one moment."""
        current = charge = capacity = 0.0
        fine = True
        for sample in samples:
            held = _charge(sample)
            if held is None:
                self.silent = True
                return
            charge += held
            current += sample.current or 0.0
            capacity += sample.capacity or 0.0
            fine = fine and sample.remaining is not None
        self.silent = False
        time = max(sample.time for sample in samples)
        if self._last is None or self._begun is None or time - self._last[0] > LONGEST_GAP:
            self._begun, self._flowed = charge, 0.0
        elif time > self._last[0]:
            self._flowed += (current + self._last[1]) / 2 * (time - self._last[0]) / 3600
        self._last = time, current
        if abs(self._flowed) >= (FINE if fine else COARSE) * capacity:
            self._conclude(charge)

    def _conclude(self, charge: AmpereHours) -> None:
        if self._begun is not None and self._flowed:
            self.own = (charge - self._begun) / self._flowed > OWN_CHARGE
        self._begun, self._flowed = charge, 0.0


def _charge(sample: BatterySample) -> AmpereHours | None:
    if sample.capacity is None:
        return None
    if sample.remaining is not None:
        return sample.remaining
    return None if sample.soc is None else sample.soc * sample.capacity
