"""Branches that share one current: a parallel group's batteries, or parallel strings."""

from collections.abc import Sequence

from ..battery import Amperes, Seconds
from ..resistance import PathDrop
from ..share import Share
from .members import Member

UNSTEADY = 0.10
"""Part of the group's current that a branch may change from poll to poll to count as steady."""
THIN: Seconds = 55.0
"""A steady load tells nothing new more often than this."""


class Branches:
    """The branches of one parallel connection, and the lines learned of each."""

    def __init__(self, branches: Sequence[Sequence[Member]]) -> None:
        """Start from equal shares; capacities come with the readings."""
        self.branches = tuple(tuple(branch) for branch in branches)
        self.members = tuple(member for branch in self.branches for member in branch)
        self.fair = [1 / len(self.branches)] * len(self.branches)
        self.floor = max(member.floor for member in self.members)
        self.shares = [Share(fair, 4.0) for fair in self.fair]
        self.drops = [PathDrop() for _ in self.branches]
        self.time: Seconds | None = None
        self.total: Amperes | None = None
        self.currents: list[Amperes] = []
        self._voltages: list[float] = []
        self._steady = False
        self._learned_at: Seconds = 0.0
        self._learned_total: Amperes = 0.0

    def update(self, time: Seconds) -> None:
        """Take the members' newest readings; learn the moment before if it was steady."""
        currents: list[Amperes] = []
        voltages: list[float] = []
        for branch in self.branches:
            volts = 0.0
            for member in branch:
                reading = member.reading
                if reading is None or member.refused or reading.current is None:
                    self.total = None
                    return
                volts += reading.voltage or 0.0
            currents.append(branch[0].reading.current or 0.0)  # type: ignore[union-attr]
            voltages.append(volts)
        before = self.currents
        total = sum(currents)
        steady = False
        if before and self.total is not None:
            change = max(abs(a - b) for a, b in zip(before, currents, strict=True))
            steady = change <= UNSTEADY * abs(total) + self.floor / 2
            if steady and self._steady:
                self._learn()
        self.time, self.total = time, total
        self.currents, self._voltages, self._steady = currents, voltages, steady

    def _learn(self) -> None:
        time, total = self.time or 0.0, self.total or 0.0
        moved = abs(total - self._learned_total) > 0.05 * abs(total) + self.floor
        if time - self._learned_at < THIN and not moved:
            return
        self._learned_at, self._learned_total = time, total
        noise = self.floor * 0.3
        mean = sum(self._voltages) / len(self._voltages)
        for index, share in enumerate(self.shares):
            current = self.currents[index]
            share.observe(time, total, current, self.floor * 0.6 if current == 0 else noise)
            self.drops[index].update(time, total, self._voltages[index] - mean, 0.003**2)
