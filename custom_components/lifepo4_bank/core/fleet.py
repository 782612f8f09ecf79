"""Batteries that all report the current of the whole bank.

Some stacked brands do; adding them up would count the current once for every battery.
"""

from collections import deque
from collections.abc import Mapping

from .battery import Amperes, BatterySample
from .layout import Layout

ENOUGH = 10
"""Equal readings, each of another current, that make it certain."""
SETBACK = 3
"""What one unequal reading takes back: batteries may be read on both sides of a load step."""
STEPS = 50
"""Currents that count, in steps of the sensor. Even matched batteries differ by 1 % or more in
gain and share, half a step here, so that chance keeps them equal in less than every second one."""


class FleetWatch:
    """Learns whether the batteries of a bank are identical in current, sample for sample."""

    def __init__(self, layout: Layout) -> None:
        """Compare all batteries of each set that shares a current."""
        self._sets = [
            [battery for branch in branches for battery in branch] for branches in layout.sharing
        ]
        self._step: Amperes | None = None
        self._seen: deque[Amperes] = deque(maxlen=50)
        self._score = 0
        self.detected = False

    def update(self, samples: Mapping[str, BatterySample]) -> bool:
        """Learn from one moment; a battery that is missing leaves the verdict as it is."""
        currents = [
            [
                None if (sample := samples.get(battery)) is None else sample.current
                for battery in shared
            ]
            for shared in self._sets
        ]
        if not currents or any(current is None for shared in currents for current in shared):
            return self.detected
        first = currents[0][0]
        if first is None or (self._seen and first == self._seen[-1]):
            return self.detected
        changes = [abs(first - other) for other in self._seen if other != first]
        self._step = min(changes, default=None) if self._step is None else min(self._step, *changes)
        self._seen.append(first)
        if self._step is not None and abs(first) >= STEPS * self._step:
            self._judge(all(len(set(shared)) == 1 for shared in currents))
        return self.detected

    def _judge(self, equal: bool) -> None:
        self._score = min(self._score + 1, 2 * ENOUGH) if equal else max(self._score - SETBACK, 0)
        if self._score >= ENOUGH:
            self.detected = True
        elif not self._score:
            self.detected = False

    def restore(self, *, detected: bool) -> None:
        """Keep a verdict reached earlier until readings refute it."""
        self.detected = detected
        self._score = ENOUGH if detected else 0
