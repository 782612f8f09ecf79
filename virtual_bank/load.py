"""What a bank is asked to give or take: amperes over time, piecewise constant."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
import math
import random
from typing import Protocol, override

from custom_components.lifepo4_bank.core.battery import AmpereHours, Amperes, Seconds

DAY: Seconds = 86400.0


class Load(Protocol):
    """The bank current that is asked for, positive while charging."""

    def segment(self, time: Seconds) -> tuple[Amperes, Seconds]:
        """Give the current asked for at `time`, and until when it stays so."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same current."""

    current: Amperes

    def segment(self, time: Seconds) -> tuple[Amperes, Seconds]:  # noqa: ARG002 - the protocol's
        """Give the one current, for ever."""
        return self.current, math.inf


class Steps:
    """Currents one after the other, each with its duration; from `start` on, over and over."""

    def __init__(
        self,
        steps: Sequence[tuple[Seconds, Amperes]],
        *,
        start: Seconds = 0.0,
        repeat: bool = True,
    ) -> None:
        """Take pairs of duration and current; without `repeat` the last current stays."""
        self.start = start
        self.repeat = repeat
        self._currents = [current for _, current in steps]
        self._ends = list(accumulate(duration for duration, _ in steps))

    def segment(self, time: Seconds) -> tuple[Amperes, Seconds]:
        """Find the step of this time; before `start` the first one holds."""
        passed = time - self.start
        if passed < 0:
            return self._currents[0], self.start
        length = self._ends[-1]
        # The sum of many durations may miss a boundary by a rounding.
        turns = (passed + 1e-6) // length
        if turns and not self.repeat:
            return self._currents[-1], math.inf
        place = bisect_right(self._ends, passed - turns * length + 1e-6)
        return self._currents[place], self.start + turns * length + self._ends[place]


class Daily(ABC):
    """A load made up a day at a time, the same for the same seed and day."""

    def __init__(self, seed: int) -> None:
        """Take the seed of the days."""
        self.seed = seed
        self._day = -1
        self._starts: list[Seconds] = []
        self._currents: list[Amperes] = []

    @abstractmethod
    def compose(self, dice: random.Random) -> list[tuple[Seconds, Amperes]]:
        """Make one day: starts, the first of them 0, and currents."""

    def segment(self, time: Seconds) -> tuple[Amperes, Seconds]:
        """Find the piece of the day that holds at this time."""
        day = int(time // DAY)
        if day != self._day:
            made = self.compose(random.Random(self.seed * 100_003 + day))
            self._day = day
            self._starts = [start for start, _ in made]
            self._currents = [current for _, current in made]
        place = bisect_right(self._starts, time - day * DAY + 1e-6)
        last = place == len(self._starts)
        return self._currents[place - 1], day * DAY + (DAY if last else self._starts[place])


@dataclass(slots=True)
class _Day:
    """Changes of current during a day, to be summed up."""

    changes: list[tuple[Seconds, Amperes]] = field(default_factory=list)

    def use(self, start: Seconds, duration: Seconds, current: Amperes) -> None:
        if start < DAY:
            self.changes.append((start, current))
            self.changes.append((min(start + duration, DAY), -current))

    def pieces(self) -> list[tuple[Seconds, Amperes]]:
        made = [(0.0, 0.0)]
        for time, change in sorted(self.changes):
            current = made[-1][1] + change
            if time - made[-1][0] < 1.0:
                made[-1] = (made[-1][0], current)
            elif time < DAY:
                made.append((time, current))
        return made


class Household(Daily):
    """Life aboard: a little always, a fridge that cycles, now and then something big."""

    def __init__(self, capacity: AmpereHours, seed: int = 0) -> None:
        """Scale the load to the bank's capacity: about half of it is used in a day."""
        super().__init__(seed)
        self.capacity = capacity

    def _live(self, day: _Day, dice: random.Random) -> None:
        day.use(0.0, DAY, -0.004 * self.capacity)
        time = dice.uniform(0, 1800)
        while time < DAY:
            running = dice.uniform(600, 1200)
            day.use(time, running, -0.045 * self.capacity)
            time += running + dice.uniform(1200, 2700)
        day.use(dice.uniform(17.5, 19) * 3600, dice.uniform(3, 5) * 3600, -0.03 * self.capacity)
        for _ in range(dice.randint(3, 9)):
            hour = dice.choice((7, 8, 12, 13, 18, 19, 20)) + dice.random()
            current = -dice.uniform(0.1, 0.4) * self.capacity
            day.use(hour * 3600, dice.uniform(120, 1500), current)

    @override
    def compose(self, dice: random.Random) -> list[tuple[Seconds, Amperes]]:
        day = _Day()
        self._live(day, dice)
        return day.pieces()


class DayCycle(Household):
    """A household with solar panels: clouds, and a bank that is full on most afternoons."""

    def __init__(self, capacity: AmpereHours, seed: int = 0, peak: float = 0.2) -> None:
        """Take the bank's capacity and the panels' peak current relative to it."""
        super().__init__(capacity, seed)
        self.peak = peak

    @override
    def compose(self, dice: random.Random) -> list[tuple[Seconds, Amperes]]:
        day = _Day()
        self._live(day, dice)
        cloudy = dice.random()
        piece = 300.0
        time = 6.0 * 3600
        cover = 1.0
        while time < 20 * 3600:
            height = math.sin((time / 3600 - 6) / 14 * math.pi)
            if dice.random() < 0.3:
                cover = 1.0 - cloudy * dice.random()
            day.use(time, piece, self.peak * self.capacity * height * cover)
            time += piece
        return day.pieces()
