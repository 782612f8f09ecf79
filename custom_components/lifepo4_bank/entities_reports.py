"""When entities reported, whatever happens to the computer's clock meanwhile."""

from collections.abc import Collection
from math import inf
import time
from time import monotonic
from typing import Final

from .core.battery import Seconds

SET_ANEW: Final[Seconds] = 1.0
"""A clock that differs by more from what it was is not trimmed but set."""

UNCHANGED_COUNTS: Final[Seconds] = 900
"""Some sources report changes only: a value stands as long as others of its battery come in."""


def moment(reported: Collection[Seconds]) -> Seconds:
    """When a reading is of, whose values were reported at these times."""
    newest = max(reported)
    return min(min(one + UNCHANGED_COUNTS, newest) for one in reported)


class Reports:
    """Remembers reports by a clock that never jumps.

    Home Assistant's states carry the time of the computer's clock, which on a boat may be set by
    hours when it gets the time at last: then a report of long ago would count as one to come.
    """

    def __init__(self) -> None:
        """Know of none."""
        self._seen: dict[str, tuple[Seconds, Seconds, Seconds]] = {}
        """By entity: the time of its state, when that was, when we looked last."""
        self._ahead: Seconds = time.time() - monotonic()

    def at(self, entity_id: str, reported: Seconds) -> Seconds:
        """When a state was reported that carries the time `reported`: monotonic."""
        now = monotonic()
        told, at, looked = self._seen.get(entity_id, (None, -inf, -inf))
        if told != reported:
            at = max(looked, now - max(0.0, time.time() - reported))
        self._seen[entity_id] = reported, at, now
        return at

    def wall(self, at: Seconds) -> Seconds:
        """Return such a moment as the computer's clock counts now; the same until that is set."""
        ahead = time.time() - monotonic()
        if abs(ahead - self._ahead) > SET_ANEW:
            self._ahead = ahead
        return at + self._ahead
