"""Branches whose currents add up to that of an external shunt."""

from collections.abc import Sequence

from ..battery import Amperes, Fraction, Seconds
from ..gain import Gains
from .branches import SKEW, Branches
from .members import Member

CERTAIN: Fraction = 0.01
"""Standard deviation of a gain with which readings are put right: what rules take a sensor for."""
LOST: Fraction = 0.02
"""Standard deviation with which a gain that was certain no longer is."""
CALM: Fraction = 0.03
"""Change from round to round of what flows that is no load step."""
ENOUGH = 2.0
"""Current in detection floors from which readings teach their gains."""
RECENT = 0.3
"""How fast the part that nobody accounts for is followed, per round."""
USED: Seconds = 86400.0
"""A battery that carried current so lately conducts, unless its BMS says otherwise."""

type Round = tuple[Amperes, list[Amperes]]


class Section:
    """A group's branches, or a single battery of a series bank, beside the shunt."""

    def __init__(self, branches: Sequence[Sequence[Member]], group: Branches | None = None) -> None:
        """Start without a reading; `group` is where the same branches are judged."""
        self.branches = [tuple(branch) for branch in branches]
        self.members = tuple(member for branch in branches for member in branch)
        self.ids = tuple(member.id for member in self.members)
        self.gains = Gains(len(self.branches))
        self._group = group
        self._own = [False] * len(self.branches)
        """Which branches have a gain of their own."""
        self._serials = [0] * len(self.members)
        self._before: Round | None = None
        self._stepped_at: Seconds = 0.0

    @property
    def floor(self) -> Amperes:
        """The largest of the detection floors."""
        return max(member.floor.value for member in self.members)

    def estimates(self) -> list[tuple[float, float, bool]]:
        """Tell gain, standard deviation, and whether it is its own, of each branch."""
        if not self.gains.count:
            self._own = [False] * len(self.branches)
            return []
        found = self.gains.estimates(self.floor, [LOST if own else CERTAIN for own in self._own])
        self._own = [own for *_, own in found] or [False] * len(self.branches)
        return found

    def interrupt(self) -> None:
        """Go on without a shunt for now."""
        self._before = None
        if self._group is not None:
            self._group.astray = 0.0

    def forget(self) -> None:
        """Start anew: the shunt is another one."""
        self.gains.forget()
        self.interrupt()

    def update(self, shunt: Amperes, told: Seconds) -> None:
        """Take the shunt's current, told at that time, once all readings are new."""
        times = [member.seen.time for member in self.members if member.seen and member.reading]
        serials = [member.serial for member in self.members]
        if len(times) < len(serials) or any(
            old == new for old, new in zip(self._serials, serials, strict=True)
        ):
            return
        self._serials = serials
        now = shunt, [_reported(branch) for branch in self.branches]
        before, self._before = self._before, now
        time = max(times)
        set_back = time < self._stepped_at
        if before is None or set_back or time - min(times) > SKEW or not self._calm(before, now):
            self._stepped_at = time
        elif told >= self._stepped_at:
            self._learn(time, before, now)

    def _calm(self, before: Round, now: Round) -> bool:
        near = CALM * abs(now[0]) + 0.3 * self.floor
        return abs(now[0] - before[0]) <= near and abs(sum(now[1]) - sum(before[1])) <= near

    def _learn(self, time: Seconds, before: Round, now: Round) -> None:
        shunt, readings = now
        blind = [
            branch
            for branch, reading in zip(self.branches, readings, strict=True)
            if not reading and not _closed(branch, shunt)
        ]
        if not blind and abs(shunt) >= ENOUGH * self.floor:
            self.gains.observe(time, before, now, self.floor)
        unseen = shunt - sum(_put_right(branch) for branch in self.branches)
        if all(_conducts(member, time) for branch in blind for member in branch):
            for branch in blind:
                for member in branch:
                    member.floor.unseen(unseen / len(blind))
        if self._group is not None and abs(shunt) >= self.floor:
            known = [
                _put_right(branch) if own else reading
                for branch, reading, own in zip(self.branches, readings, self._own, strict=True)
            ]
            astray = (shunt - sum(known)) / shunt
            self._group.astray += RECENT * (astray - self._group.astray)


def _reported(branch: Sequence[Member]) -> Amperes:
    """Mean of what a branch's batteries report, 0 as soon as one reports nothing."""
    currents = [member.seen.current or 0.0 for member in branch if member.seen]
    return sum(currents) / len(currents) if all(currents) else 0.0


def _put_right(branch: Sequence[Member]) -> Amperes:
    """Mean of the same currents with the gains that are certain."""
    currents = [member.reading.current or 0.0 for member in branch if member.reading]
    return sum(currents) / len(currents) if all(currents) else 0.0


def _closed(branch: Sequence[Member], shunt: Amperes) -> bool:
    """Whether a branch surely carries nothing of this current: a MOSFET is open."""
    readings = [member.reading for member in branch if member.reading]
    if shunt < 0:
        return any(reading.discharge_enabled is False for reading in readings)
    return any(reading.charge_enabled is False for reading in readings)


def _conducts(member: Member, time: Seconds) -> bool:
    """Whether a battery that reads 0 surely is on the bus."""
    reading = member.reading
    return (
        reading is not None
        and not reading.protections
        and reading.charge_enabled is not False
        and reading.discharge_enabled is not False
        and member.active_at is not None
        and time - member.active_at < USED
    )
