"""When not to try: back-off that grows and heals, and letting go on purpose."""

from collections.abc import Callable

from ..core.battery import Seconds
from .errors import Reason, Unreachable

BACK_OFF: tuple[Seconds, ...] = (0.0, 0.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Pause after so many failures more than successes; the first may have been chance."""
LET_GO_FOR: Seconds = 300.0
"""How long the phone app may have the battery."""


class Pause:
    """Knows whether it makes sense to connect to one battery now."""

    def __init__(self, now: Callable[[], Seconds]) -> None:
        """`now` is a clock that never jumps."""
        self._now = now
        self._level = 0
        self._not_before: Seconds = 0.0
        self._released_until: Seconds = 0.0
        self._last: Unreachable | None = None

    def failed(self, error: Unreachable) -> None:
        """Wait longer than last time."""
        self._level = min(self._level + 1, len(BACK_OFF) - 1)
        self._not_before = self._now() + BACK_OFF[self._level]
        error.retry_after = BACK_OFF[self._level]
        self._last = error

    def succeeded(self) -> None:
        """Heal by two steps, so that a link that fails every other time stays careful."""
        self._level = max(0, self._level - 2)
        self._not_before = 0.0

    def release(self) -> None:
        """Leave the battery to somebody else for a while."""
        self._released_until = self._now() + LET_GO_FOR

    def end(self) -> None:
        """Try again at once."""
        self._released_until = self._not_before = 0.0

    @property
    def released(self) -> bool:
        """Whether the battery is left to somebody else."""
        return self._now() < self._released_until

    def check(self, *, urgent: bool = False) -> None:
        """Raise Unreachable if it is not time yet; a command does not wait for a back-off."""
        now = self._now()
        if now < self._released_until:
            raise Unreachable(Reason.RELEASED, self._released_until - now)
        if not urgent and now < self._not_before:
            reason = self._last.reason if self._last is not None else Reason.NO_CONNECTION
            raise Unreachable(reason, self._not_before - now)
