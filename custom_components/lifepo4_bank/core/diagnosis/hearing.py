"""How many of a battery's readings are lost, measured by its own pace."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from ..battery import BatterySample, Fraction, Seconds

KEPT = 17
ENOUGH = 8
"""Readings until a pace is known."""
FEW = 3
"""So many intervals may be shorter than the pace: someone asked in between."""
SLOWER = 1.5
ALIKE = 1.15
"""Four intervals in a row as long as each other are no accident: then it is polled more slowly."""
NEAR = 0.25
"""Distance from a multiple of the pace, in parts of it, of an interval in which polls were lost."""
MOSTLY = 0.7
"""Part of the long intervals that must be such: who reports when it likes has no pace."""
WELL = (0.75, 1.25)
"""Time in parts of what the known pace calls for that needs no closer look."""
RATE = 0.05
"""How fast the part of moments without it is learned, per moment."""
SET_BACK: Seconds = 60.0
"""A reading older by so much does not come late: the clock was set back."""


class Hearing:
    """When one battery was heard lately, and how often it was missing."""

    __slots__ = ("_missed", "_pace", "_times")

    def __init__(self) -> None:
        """Not heard yet."""
        self._times: deque[Seconds] = deque(maxlen=KEPT)
        self._pace: Seconds = 1.0
        self._missed: Fraction = 0.0

    def forget(self) -> None:
        """Begin anew, after a gap."""
        self._times.clear()

    def update(self, reading: BatterySample | None) -> None:
        """Take a new reading, or a moment at which the newest one is too old to count."""
        missed = self._missed
        if reading is None:
            self._missed = missed + RATE * (1 - missed)
            return
        time, times = reading.time, self._times
        if times and time <= times[-1]:
            if times[-1] - time <= SET_BACK:
                return
            times.clear()
        times.append(time)
        if missed:
            self._missed = missed - RATE * missed

    @property
    def lost(self) -> Fraction:
        """Part of its readings that is lost, 0 while nobody can know."""
        times = self._times
        if len(times) < ENOUGH:
            return self._missed
        if WELL[0] < (times[-1] - times[0]) / ((len(times) - 1) * self._pace) < WELL[1]:
            return self._missed
        gaps = [after - before for before, after in pairwise(times)]
        pace, latest = sorted(gaps)[FEW], gaps[-FEW - 1 :]
        if min(latest) > SLOWER * pace and max(latest) < ALIKE * min(latest):
            pace, gaps = min(latest), latest
        self._pace = pace
        if not _are_multiples(gaps, pace):
            return self._missed
        return max(self._missed, 1 - pace * len(gaps) / sum(gaps))


def _are_multiples(gaps: Sequence[Seconds], pace: Seconds) -> bool:
    """Whether intervals that are longer than the pace are so because polls in them were lost."""
    long = [gap / pace for gap in gaps if gap > SLOWER * pace]
    near = sum(abs(gap - round(gap)) < NEAR for gap in long)
    return near >= MOSTLY * len(long)
