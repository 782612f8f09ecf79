"""What is joined in series: the batteries of a string, or parallel groups one after another."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from ..battery import Amperes, Fraction, Seconds
from ..gain import Gains
from ..layout import Arrangement, Layout
from ..resistance import Level
from .branch import UNEQUAL
from .members import Member
from .section import CALM, CERTAIN, ENOUGH

THIN: Seconds = 55.0
PATIENCE = 3
"""Rounds in a row before unequal currents count as wrong: one is a load step between polls."""


class Link:
    """One link of a chain: a battery or a parallel group."""

    __slots__ = ("current", "gain", "ids", "level", "members", "reported", "voltage")

    def __init__(self, members: Sequence[Member]) -> None:
        """Start without a reading."""
        self.members = tuple(members)
        self.ids = tuple(member.id for member in members)
        self.level = Level(4)
        self.gain = Gains(1)
        self.current: Amperes = 0.0
        self.reported: Amperes = 0.0
        """The same before gains are put right."""
        self.voltage = 0.0

    @property
    def floor(self) -> Amperes:
        """Smallest current that shows in the sum of its batteries."""
        return len(self.members) * self.members[0].floor.value

    def estimate(self) -> tuple[Fraction, Fraction] | None:
        """Tell the gain of its sensors beside the others', and its standard deviation."""
        for value, sigma, _ in self.gain.estimates(self.floor, (CERTAIN,)):
            return value, sigma
        return None

    @property
    def is_seen(self) -> bool:
        """Whether each of its batteries reads a current, so that none is lost in a dead band."""
        return all(member.seen is not None and member.seen.current for member in self.members)


class Chain:
    """Links that carry the same current."""

    def __init__(self, links: Sequence[Sequence[Member]]) -> None:
        """Start without a reading."""
        self.links = tuple(Link(link) for link in links)
        self.members = tuple(member for link in self.links for member in link.members)
        self.unequal = 0
        """Rounds in a row in which the currents differed."""
        self._serials = [0] * len(self.members)
        self._learned_at: Seconds = -THIN

    @property
    def refused(self) -> bool:
        """Whether the currents differ for good: a wrong sensor or a wrong layout."""
        return self.unequal >= PATIENCE

    def update(self) -> None:
        """Take the members' newest readings once all are new."""
        serials = [member.serial for member in self.members]
        for old, member in zip(self._serials, self.members, strict=True):
            reading = member.reading
            if reading is None or reading.current is None or reading.voltage is None:
                return
            if member.serial == old:
                return
        self._serials = serials
        before = [link.reported for link in self.links]
        time = max(member.reading.time for member in self.members if member.reading is not None)
        for link in self.links:
            readings = [member.reading for member in link.members if member.reading is not None]
            link.current = sum(reading.current or 0.0 for reading in readings)
            seen = [member.seen for member in link.members if member.seen is not None]
            link.reported = sum(reading.current or 0.0 for reading in seen)
            link.voltage = sum(reading.voltage or 0.0 for reading in readings) / len(readings)
        self._compare(time, before)

    def _compare(self, time: Seconds, before: Sequence[Amperes]) -> None:
        floor = max(link.floor for link in self.links)
        currents = [link.current for link in self.links]
        mean = sum(currents) / len(currents)
        if max(currents) - min(currents) > UNEQUAL * abs(mean) + 2 * floor:
            self.unequal += 1
            return
        if max(map(abs, currents)) >= ENOUGH * floor:
            # At rest even a sensor with the wrong sign reads as the others do.
            self.unequal = 0
        self._look_for_unseen()
        if 0 <= time - self._learned_at < THIN:
            return
        self._learned_at = time
        level = sum(link.voltage for link in self.links) / len(self.links)
        witness = median(link.reported for link in self.links)
        for link, old in zip(self.links, before, strict=True):
            step = max(member.resolution.step for member in link.members)
            noise = 0.4 * step + 0.002 + 0.0005 * abs(mean)
            link.level.update(time, mean, link.voltage - level, noise * noise)
            if self._tells_gains(witness, before, floor):
                known = median(before), [old]
                link.gain.observe(time, known, (witness, [link.reported]), floor)

    def _look_for_unseen(self) -> None:
        """Learn from what others see of the one current that a battery does not see."""
        seen = [link.reported for link in self.links if link.reported]
        for link in self.links:
            if seen and not link.reported and len(link.members) == 1:
                link.members[0].floor.unseen(median(seen))

    def _tells_gains(self, witness: Amperes, before: Sequence[Amperes], floor: Amperes) -> bool:
        """Whether nothing but sensors can make the currents differ: no dead band, no load step."""
        near = CALM * abs(witness) + 0.3 * floor
        return abs(witness) >= ENOUGH * floor and all(
            abs(link.reported - old) <= near and link.is_seen
            for link, old in zip(self.links, before, strict=True)
        )

    def save(self) -> dict[str, Any]:
        """Give all that is learned, for JSON."""
        return {
            "links": {
                "+".join(link.ids): [link.level.save(), link.gain.save()] for link in self.links
            },
            "unequal": self.unequal,
            "learned_at": self._learned_at,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up what `save` gave, if it is of the same links."""
        links = {"+".join(link.ids): link for link in self.links}
        if saved["links"].keys() != links.keys():
            return
        for name, link in links.items():
            level, gain = saved["links"][name]
            link.level.restore(level)
            link.gain.restore(gain)
        self.unequal = int(saved["unequal"])
        self._learned_at = float(saved["learned_at"])


def chains(layout: Layout, members: dict[str, Member]) -> tuple[Chain, ...]:
    """All chains of a layout."""
    if layout.arrangement is Arrangement.PARALLEL_GROUPS:
        return (Chain([[members[battery] for battery in block] for block in layout.blocks]),)
    return tuple(Chain([[members[battery]] for battery in string]) for string in layout.strings)
