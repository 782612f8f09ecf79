"""Read many batteries over few connection slots, with a real Home Assistant.

First 16 batteries on one proxy with 3 slots: all must be read, and 95 % of the readings be younger
than 60 s, looked at again and again. Then the same with one of them at the edge of reach, which
must not starve the rest. Then 8 batteries on three such proxies: each must show a value within 5 s
after its owner confirmed it, and readings be younger than the poll interval. One slot must be
free for others at every look. All batteries are LiTime's. Seconds are those of Home Assistant's
clock, which runs faster than ours: so a busy machine looks like a slow radio. Exits 1 when a goal
is missed.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
import math
from pathlib import Path
import sys
import tempfile

from virtual_bank.home_assistant import HomeAssistantError
from virtual_bank.installation import fresh
from virtual_bank.scenarios import SCENARIOS

from .links_watch import add, discovered, fewest_free, show_last_seen, watch

SETTLE = 60.0
"""Longer than the 30 s after which Home Assistant loads an entry anew with its new entity."""
POLL = 30.0
"""Seconds of the default poll interval."""
WEAK = {"rssi": -97, "loss": 0.7}
"""A battery at the edge of reach: most of what is sent is lost."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A setting, and what must hold in it; times in seconds."""

    name: str
    scenario: str
    proxies: int
    slots: int
    age: float
    part: float
    """Part of the readings that must be younger than `age`."""
    first: float | None = None
    """Until the first value of each battery."""
    weak: int = 0
    """How many batteries are at the edge of reach; they need not be read as often."""

    def __str__(self) -> str:
        """Say what it is."""
        weak = f", {self.weak} hardly heard" if self.weak else ""
        return f"{self.name}: {self.proxies} x {self.slots} slots, {self.scenario} batteries{weak}"


GOALS = (
    Goal("sixteen", "sixteen", proxies=1, slots=3, age=60, part=0.95),
    Goal("weak", "sixteen", proxies=1, slots=3, age=60, part=0.95, weak=1),
    Goal("eight", "eight", proxies=3, slots=3, age=POLL, part=1, first=5),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a setting."""

    first: Mapping[str, float]
    """Seconds from confirming a battery to its first value, by its name."""
    ages: Mapping[str, Sequence[float]]
    """Of a battery's reading in seconds, at every look; infinite without one."""
    free: int
    """Fewest slots that were free at a look."""

    @property
    def read(self) -> int:
        """How many batteries were read at least once."""
        return sum(min(ages) < math.inf for ages in self.ages.values())

    def younger(self, age: float) -> float:
        """Part of the readings that are younger."""
        ages = list(chain(*self.ages.values()))
        return sum(one < age for one in ages) / len(ages)

    def age(self, part: float) -> float:
        """Age that this part of the readings does not exceed."""
        ages = sorted(chain(*self.ages.values()))
        return ages[math.ceil(part * len(ages)) - 1]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    names = [goal.name for goal in GOALS]
    parser.add_argument("--only", choices=names, help="one of the settings")
    parser.add_argument("--speed", type=float, default=5.0, help="of the time-lapse (default 5)")
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="of Home Assistant's clock to watch (10)"
    )
    parser.add_argument("--verbose", action="store_true", help="tell of every battery")


def run(arguments: argparse.Namespace) -> int:
    """Run the bench."""
    reached = True
    for goal in GOALS:
        if arguments.only in {None, goal.name}:
            try:
                measured = asyncio.run(_measure(goal, arguments.speed, arguments.minutes * 60))
            except HomeAssistantError as error:
                print(f"{goal.name}: {error}", file=sys.stderr)
                return 1
            reached &= _report(goal, measured, verbose=arguments.verbose)
    return 0 if reached else 1


async def _measure(goal: Goal, speed: float, seconds: float) -> Measured:
    """Set up one battery after the other, then look at the ages of their readings."""
    scenario = SCENARIOS[goal.scenario]
    print(goal, flush=True)
    with tempfile.TemporaryDirectory(prefix="lifepo4-bench-") as name:
        options = ("--slots", f"{goal.slots}")
        async with fresh(
            goal.scenario, Path(name), speed=speed, proxies=goal.proxies, options=options
        ) as (virtual, home):
            flows = await discovered(home, scenario)
            first = {
                scenario.name(battery): await add(home, scenario, battery, flow)
                for battery, flow in flows.items()
            }
            seen = await show_last_seen(home, scenario)
            weak = scenario.names[: goal.weak]
            for battery in weak:
                await virtual.set(battery, **WEAK)
            await asyncio.sleep(SETTLE / speed)
            print(f"  all added; watching for {seconds / 60:g} minutes", flush=True)
            watched = asyncio.create_task(watch(home, seen, seconds, speed))
            free = await fewest_free(virtual, watched, speed)
            ages = await watched
    return Measured(first, {name: ages[name] for name in ages if name not in weak}, free)


def _report(goal: Goal, measured: Measured, *, verbose: bool) -> bool:
    """Print the table of a setting; returns whether its goals are reached."""
    batteries = len(measured.ages)
    younger = measured.younger(goal.age)
    rows = [
        ("batteries read", f"{measured.read}", f"{batteries}", measured.read == batteries),
        (f"readings younger than {goal.age:.0f} s", f"{younger:.2%}", f"{goal.part:.0%}",
         younger >= goal.part),
        ("fewest slots free", f"{measured.free}", "1", measured.free >= 1),
    ]  # fmt: skip
    slowest = max(measured.first.values())
    if (first := goal.first) is not None:
        rows.append(("slowest first value", f"{slowest:.1f} s", f"{first:.0f} s", slowest <= first))
    print(f"  {'':28} {'measured':>10} {'goal':>10}")
    for name, value, wanted, reached in rows:
        print(f"  {name:28} {value:>10} {wanted:>10}  {'reached' if reached else 'MISSED'}")
    print(
        f"  ages: median {measured.age(0.5):.1f} s, 95 % below {measured.age(0.95):.1f} s,"
        f" oldest {measured.age(1):.1f} s"
    )
    print(f"  first values after {min(measured.first.values()):.1f} to {slowest:.1f} s", flush=True)
    if verbose:
        for name, ages in measured.ages.items():
            print(f"    {name:28} first {measured.first[name]:5.1f} s, oldest {max(ages):5.1f} s")
    return all(reached for *_, reached in rows)
