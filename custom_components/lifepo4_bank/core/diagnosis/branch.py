"""One branch of a parallel connection: a battery, or a string that carries one current."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from ..battery import AmpereHours, Amperes, Fraction, Ohms, Volts
from ..follow import Follow
from ..resistance import PathDrop
from ..share import Share
from .members import Member

UNEQUAL = 0.10
"""Relative difference of currents along one string that no sensor error explains."""


class Branch:
    """One branch: its batteries and the lines learned of it."""

    __slots__ = (
        "change", "current", "drop", "follow", "ids", "members", "recent", "share", "unequal", "voltage",
    )  # fmt: skip

    def __init__(self, members: Sequence[Member], fair: Fraction) -> None:
        """Start without a reading."""
        self.members = tuple(members)
        self.ids = tuple(member.id for member in members)
        self.share = Share(fair, 100.0, 1.0)
        self.drop = PathDrop(4)
        self.follow = Follow()
        self.current: Amperes = 0.0
        self.voltage: Volts = 0.0
        self.change: Amperes = 0.0
        """Of the current from the round before to the latest."""
        self.recent: float | None = None
        """Part of the group's current in the latest loaded rounds."""
        self.unequal = 0
        """Rounds in a row with unequal currents along the string."""

    def measure(self, floor: Amperes) -> tuple[Amperes, Volts]:
        """Tell current and voltage now; every member must have a reading with both."""
        if len(self.members) == 1:
            reading = self.members[0].reading
            assert reading is not None  # noqa: S101 - `Branches.update` has made sure
            return reading.current or 0.0, reading.voltage or 0.0
        readings = [member.reading for member in self.members if member.reading is not None]
        currents = [reading.current or 0.0 for reading in readings]
        apart = max(currents) - min(currents)
        mean = sum(currents) / len(currents)
        self.unequal = self.unequal + 1 if apart > UNEQUAL * abs(mean) + 2 * floor else 0
        return mean, sum(reading.voltage or 0.0 for reading in readings)

    @property
    def capacity(self) -> AmpereHours | None:
        """Capacity of the smallest battery, None while one is unknown."""
        smallest: AmpereHours | None = None
        for member in self.members:
            capacity = member.capacity
            if not capacity:
                return None
            smallest = capacity if smallest is None else min(smallest, capacity)
        return smallest

    @property
    def step(self) -> Volts:
        """The coarsest step in which its batteries tell their voltage."""
        if len(self.members) == 1:
            return self.members[0].resolution.step
        return max(member.resolution.step for member in self.members)

    @property
    def own_resistance(self) -> tuple[Ohms, Ohms] | None:
        """Sum over the string with its standard deviation, None while one is unknown."""
        total = variance = 0.0
        for member in self.members:
            if not member.resistance.count:
                return None
            total += member.resistance.value
            variance += member.resistance.sigma**2
        return total, sqrt(variance)

    def save(self) -> dict[str, Any]:
        """Give all that is learned, for JSON."""
        return {
            "share": self.share.save(),
            "drop": self.drop.save(),
            "follow": self.follow.save(),
            "now": [self.current, self.voltage, self.change, self.unequal, self.recent],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        self.share.restore(saved["share"])
        self.drop.restore(saved["drop"])
        self.follow.restore(saved["follow"])
        current, voltage, change, unequal, recent = saved["now"]
        self.current, self.voltage, self.change = float(current), float(voltage), float(change)
        self.unequal = int(unequal)
        self.recent = None if recent is None else float(recent)
