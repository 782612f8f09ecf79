"""Run a year of a four-battery bank, read every 30 s, through the diagnosis.

One simulated week is lived over and over, so that only the diagnosis is measured, and that on
more than a million samples. Prints seconds, samples per second and memory. Exits 1 when it takes
longer than the goal or when memory grows.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
import gc
import json
from pathlib import Path
import random
import resource
import time
import tracemalloc

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from virtual_bank.draft import Draft, parallel
from virtual_bank.load import DAY, DayCycle

INTERVAL = 30.0
WEEK = 7 * DAY
GOAL = 60.0
GROWTH = 0.5
"""MB that may be in use more after the year than after its first month."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("--days", type=int, default=365, metavar="N", help="how long (365)")
    parser.add_argument("--seed", default="replay", metavar="WORD", help="which random bank")


def run(arguments: argparse.Namespace) -> int:
    """Run the bench."""
    draft = Draft(random.Random(arguments.seed), parallel(4), soc=0.8)
    case = draft.finish(
        DayCycle(draft.capacity, 1),
        min(WEEK, arguments.days * DAY),
        polling=draft.polling(interval=INTERVAL, skew=2.0, loss=0.005),
    )
    print(f"Simulating a week: {case.describe()}", flush=True)
    week = list(case.samples())
    diagnosis = Diagnosis(draft.layout, case.batteries)
    turns = max(1, round(arguments.days * DAY / WEEK))
    print(f"Diagnosing {turns * len(week)} samples of {arguments.days} days", flush=True)
    seconds = 0.0
    findings = 0
    sizes: list[int] = []
    resident: list[float] = []
    for turn in range(turns):
        moved = list(_moved(week, turn * WEEK))
        started = time.process_time()
        for sample in moved:
            findings += len(diagnosis.update(sample).raised)
        seconds += time.process_time() - started
        sizes.append(len(json.dumps(diagnosis.save())))
        resident.append(_resident())
    count = turns * len(week)
    growth = _growth(diagnosis, week, turns)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    goal = GOAL * count / (365 * DAY / INTERVAL)
    print(f"{seconds:.1f} s of one core (goal {goal:.1f} s), {count / seconds:.0f} samples/s")
    print(f"{peak:.0f} MB at most for the whole process, the simulated week included")
    quarter = max(1, turns // 4)
    print(
        f"{max(resident[:quarter]):.1f} MB resident at most in the first quarter, "
        f"{max(resident[-quarter:]):.1f} MB in the last"
    )
    print(f"{growth:+.3f} MB in use from one week to another after all that (goal {GROWTH} MB)")
    print(f"saved state {sizes[0]} bytes after the first week, {sizes[-1]} after the last")
    print(f"{findings} findings raised")
    return 0 if seconds <= goal and growth <= GROWTH else 1


def _moved(week: Sequence[BankSample], by: float) -> Iterator[BankSample]:
    """Let the same week happen later."""
    for sample in week:
        yield replace(
            sample,
            time=sample.time + by,
            batteries={
                name: replace(reading, time=reading.time + by)
                for name, reading in sample.batteries.items()
            },
        )


def _resident() -> float:
    """Tell how many MB the process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _growth(diagnosis: Diagnosis, week: Sequence[BankSample], turns: int) -> float:
    """Trace what the diagnosis keeps of further weeks, in MB."""
    held = []
    tracemalloc.start()
    for turn in (turns, turns + 1):
        for sample in _moved(week[:4000], turn * WEEK):
            diagnosis.update(sample)
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return (held[1] - held[0]) / 1e6
