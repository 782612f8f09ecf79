"""Branches that share one current: a parallel group's batteries, or parallel strings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..battery import AmpereHours, Amperes, Fraction, Ohms, Seconds, Volts
from ..resistance import PathDrop, path_excess
from ..share import Share
from .branch import Branch
from .finding import Estimate
from .members import Member
from .rules import SILENCE

UNSTEADY = 0.5
"""A current that changes more than this part of the group's from poll to poll teaches nothing."""
THIN: Seconds = 55.0
"""A steady load tells nothing new more often than this."""
SKEW: Seconds = 10.0
"""Readings further apart are one round only while nothing changes: one poll was lost."""
RECENT = 0.3
"""How fast the part of the current is followed, per round."""
RECENTLY: Seconds = 70.0
"""Time after which a round before counts no more, where rounds are rare."""
LOADED = 4.0
"""Load in detection floors a branch from which that part is worth following."""
CALM = 0.03
STEP = 4.0
"""Change of the group's current, in detection floors, that moves the bus."""
TYPICAL_STEP: Ohms = 0.005
"""Error of a voltage comparison per ampere that the load changes between two polls."""


type Rows = list[tuple[Branch, Amperes, Volts, Amperes]]
"""Current, voltage, and change of the current by branch."""


class Branches:
    """The branches of one parallel connection, read round by round.

    A round is complete when every battery has a new reading. Each is learned when the next one
    shows how steady it was.
    """

    def __init__(self, branches: Sequence[Sequence[Member]]) -> None:
        """Start from equal shares; capacities come with the readings."""
        self.branches = tuple(Branch(members, 1 / len(branches)) for members in branches)
        self.members = tuple(member for branch in self.branches for member in branch.members)
        self.ids = tuple(member.id for member in self.members)
        self.floor: Amperes = max(member.floor.value for member in self.members)
        self.capacity: AmpereHours | None = None
        """Of all branches together, None while one is unknown."""
        self.time: Seconds | None = None
        """Of the latest complete round."""
        self.total: Amperes | None = None
        """Current of the latest round, None when a battery is missing."""
        self.revision = 0
        """Grows with everything learned."""
        self.joined_at: Seconds | None = None
        """When all branches last carried current: then they were in parallel."""
        self.identical = False
        """Whether all branches read the same current, to the last digit."""
        self.unequal = 0
        """Rounds in a row with unequal currents along one of the strings."""
        self.astray: Fraction = 0.0
        """Part of a shunt's current that no battery reports; negative when they report more."""
        self._serials = [0] * len(self.members)
        self._currents: list[Amperes] = []
        """Of the members at the poll before, whether or not it made a round."""
        self._steady_before = False
        self._learned_at: Seconds = 0.0
        self._learned_total: Amperes = 0.0

    def __iter__(self) -> Iterator[Branch]:
        """Go through the branches."""
        return iter(self.branches)

    def update(self) -> None:
        """Take the members' newest readings once all are new; learn the round before."""
        serials = self._serials
        stale = False
        times: list[Seconds] = []
        currents: list[Amperes] = []
        for index, member in enumerate(self.members):
            reading = member.reading
            if reading is None or reading.current is None or reading.voltage is None:
                self.total = None
                return
            stale = stale or member.serial == serials[index]
            times.append(reading.time)
            currents.append(reading.current)
        if stale:
            return
        time = max(times)
        before, self._currents = self._currents, currents
        if time - min(times) > SKEW and not self._calm(before):
            return
        self._serials = [member.serial for member in self.members]
        self._round(time)

    def _calm(self, before: Sequence[Amperes]) -> bool:
        """Whether currents are about those of the poll before, so that skew does not matter."""
        near = CALM * abs(sum(self._currents)) + 0.3 * self.floor
        return len(before) == len(self._currents) and all(
            abs(now - then) <= near for now, then in zip(self._currents, before, strict=True)
        )

    def _round(self, time: Seconds) -> None:
        before, since = self.total, self.time
        if since is None or time - since > SILENCE:
            self._age()
            before = None
        total = largest = latest = 0.0
        joined = True
        now: Rows = []
        for branch in self.branches:
            current, voltage = branch.measure(self.floor)
            total += current
            joined = joined and abs(current) >= self.floor
            change = abs(current - branch.current)
            latest = max(latest, change)
            largest = max(largest, branch.change)
            now.append((branch, current, voltage, change))
        largest = max(largest, latest)
        self.total, self.time = total, time
        if joined:
            self.joined_at = time
        if before is not None and since is not None:
            if largest > STEP * self.floor:
                self._follow(now, total - before)
            steady = largest <= UNSTEADY * abs(before) + self.floor
            if steady and self._steady_before and since != self._learned_at:
                then = [(b, b.current, b.voltage, max(b.change, change)) for b, _, _, change in now]
                self._learn(since, before, then)
            if latest <= CALM * abs(total) + 0.3 * self.floor:
                # As the round before: what comes next need not be waited for.
                self._learn(time, total, now)
        self._steady_before = before is not None
        loaded = abs(total) >= LOADED * self.floor * len(self.branches)
        passed = RECENTLY if since is None else time - since
        follow = max(RECENT, min(1.0, passed / RECENTLY))
        for branch, current, voltage, change in now:
            branch.current, branch.voltage, branch.change = current, voltage, change
            if loaded:
                part, recent = current / total, branch.recent
                branch.recent = part if recent is None else recent + follow * (part - recent)
        self._compare()

    def _compare(self) -> None:
        first = self.branches[0].current
        self.identical = first == self.branches[-1].current != 0 and all(
            branch.current == first for branch in self.branches
        )
        if len(self.members) > len(self.branches):
            self.unequal = max(branch.unequal for branch in self.branches)

    def _age(self) -> None:
        """Start the lines anew: it is the beginning, or the wiring may be another."""
        self.weigh()
        for branch in self.branches:
            fair, capacity = branch.share.fair, branch.capacity or 100.0
            branch.share = Share(fair, capacity, self.floor)
            branch.drop = PathDrop(sum(member.cells or 4 for member in branch.members))
            branch.follow.forget()
            branch.change = 0.0

    def weigh(self) -> None:
        """Set the fair shares by capacity, or equal while one is unknown."""
        self.floor = max(member.floor.value for member in self.members)
        capacities = [branch.capacity for branch in self.branches]
        known = [capacity for capacity in capacities if capacity]
        self.capacity = sum(known) if len(known) == len(capacities) else None
        for branch, capacity in zip(self.branches, capacities, strict=True):
            branch.share.floor = self.floor
            if self.capacity and capacity:
                branch.share.fair = capacity / self.capacity
            else:
                branch.share.fair = 1 / len(self.branches)

    def _learn(self, time: Seconds, total: Amperes, rows: Rows) -> None:
        """Learn a round, with the change of the currents about it."""
        if 0 <= time - self._learned_at < THIN and not self._is_news(total, rows):
            return
        for member in self.members:
            if not member.settled:
                return
        self._learned_at, self._learned_total = time, total
        self.revision += 1
        mean = sum(voltage for _, _, voltage, _ in rows) / len(rows)
        idle = abs(total) < LOADED * self.floor * len(self.branches)
        for branch, current, voltage, change in rows:
            if branch.share.observe(time, total, current, change, idle=idle):
                branch.drop.forget()
            noise = 0.4 * branch.step + 0.001 + TYPICAL_STEP * change
            branch.drop.update(time, total, voltage - mean, noise * noise, idle=idle)

    def _is_news(self, total: Amperes, rows: Rows) -> bool:
        """Whether a round differs from what is known, and from the one learned last."""
        near = 0.05 * abs(total) + 0.5 * self.floor
        if abs(total - self._learned_total) >= near:
            return True
        for branch, current, *_ in rows:  # noqa: SIM110 - a loop takes half the time of any()
            if branch.share.surprises(total, current, near):
                return True
        return False

    def _follow(self, now: Rows, step: Amperes) -> None:
        """Learn from a load step which silent batteries move with the bus."""
        silent = [entry for entry in now if not entry[1] and not entry[0].current]
        moves = [voltage - branch.voltage for branch, current, voltage, _ in now if current]
        for branch, current, _, _ in now:
            if current and branch.follow.count:
                branch.follow.forget()
        if not silent or not moves or abs(step) < STEP * self.floor:
            return
        bus = sum(moves) / len(moves)
        for branch, _, voltage, _ in silent:
            noise = sum(0.6 * member.resolution.step + 0.002 for member in branch.members)
            branch.follow.update(voltage - branch.voltage, bus, noise)

    def path_excess(self) -> dict[str, Estimate]:
        """Tell path resistances above the best path's, for the branches that are known."""
        known = [branch for branch in self.branches if branch.drop.count >= 2]
        if len(known) < 2:
            return {}
        best = max(known, key=lambda branch: branch.drop.slope)
        reference = (best.drop.slope, best.drop.slope_sigma)
        excess: dict[str, Estimate] = {}
        for branch in known:
            drop = branch.drop
            value, sigma = path_excess(
                (drop.slope, drop.slope_sigma), branch.share.slope, reference, best.share.slope
            )
            found = Estimate(value, sigma, drop.count, drop.since, drop.time)
            excess |= dict.fromkeys(branch.ids, found)
        return excess

    def save(self) -> dict[str, Any]:
        """Give all that is learned, for JSON."""
        return {
            "branches": {"+".join(branch.ids): branch.save() for branch in self.branches},
            "round": [self.time, self.total, self._steady_before, self.joined_at],
            "learned": [self._learned_at, self._learned_total],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave, if it is of the same branches."""
        branches = {"+".join(branch.ids): branch for branch in self.branches}
        if saved["branches"].keys() != branches.keys():
            return
        self._age()
        for name, branch in branches.items():
            branch.restore(saved["branches"][name])
        self.time, self.total, steady, self.joined_at = saved["round"]
        self._steady_before = bool(steady)
        self._compare()
        self._learned_at, self._learned_total = (float(value) for value in saved["learned"])
