"""Count what four batteries and their bank cost Home Assistant: processor time, recorder rows.

A real Home Assistant runs in time-lapse with its default settings. First it idles with the proxy
connected and no battery in reach, then it reads four batteries that are a bank, under a load that
never rests. Processor seconds are those of its whole process, its own idling included; the
difference to the idling before is printed, too. Rows are those that our entities write into the
recorder's table of states. Exits 1 when there are too many.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
import os
from pathlib import Path
import sqlite3
import sys
import tempfile

from virtual_bank.home_assistant import HomeAssistant, HomeAssistantError
from virtual_bank.installation import DOMAIN, accept_batteries, entries, fresh, make_bank, now
from virtual_bank.scenario import Scenario
from virtual_bank.scenarios import SCENARIOS

SCENARIO = "four_parallel"
SLOTS = 5
GOAL = 375.0
"""Rows per battery-hour that we allow ourselves."""
IDLE = 600.0
RSSI = -62
"""dBm of batteries near by."""
SETTLE = 120.0
"""Seconds after a start or a change that are not counted."""
HOUR = 3600.0
COMMITTED = 3.0
"""Real seconds in which the recorder has written what it was told."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a stretch of Home Assistant's clock cost."""

    begin: float
    end: float
    processor: float
    """Seconds of processor time that its process took."""

    @property
    def hours(self) -> float:
        """Its length."""
        return (self.end - self.begin) / HOUR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument(
        "--hours", type=float, default=1.0, help="of Home Assistant's clock to count (default 1)"
    )
    parser.add_argument("--speed", type=float, default=10.0, help="of the time-lapse (default 10)")


def run(arguments: argparse.Namespace) -> int:
    """Run the bench."""
    try:
        return asyncio.run(_measure(arguments.hours * HOUR, arguments.speed))
    except HomeAssistantError as error:
        print(f"script/bench: {error}", file=sys.stderr)
        return 1


async def _measure(seconds: float, speed: float) -> int:
    """Idle, set up, count, report."""
    scenario = SCENARIOS[SCENARIO]
    options = ("--slots", f"{SLOTS}")
    with tempfile.TemporaryDirectory(prefix="lifepo4-bench-") as name:
        async with fresh(SCENARIO, Path(name), speed=speed, options=options) as (virtual, home):
            # those that are not connected advertise, which costs something, too
            await virtual.set("all", rssi=None)
            await asyncio.sleep(SETTLE / speed)
            print(f"idling for {IDLE / 60:g} minutes without batteries", flush=True)
            idle = await _span(home, IDLE, speed)
            await virtual.set("all", rssi=RSSI)
            found = await accept_batteries(home, scenario.names, print)
            await make_bank(
                home, "House bank", [found[battery] for battery in scenario.names],
                scenario.layout.arrangement,
            )  # fmt: skip
            await asyncio.sleep(SETTLE / speed)
            print(f"counting for {seconds / 60:g} minutes", flush=True)
            busy = await _span(home, seconds, speed)
            keys = await _keys(home, scenario)
            await asyncio.sleep(COMMITTED)
            rows = _rows(home.folder, keys, busy)
    return _report(len(scenario.names), idle, busy, rows)


async def _span(home: HomeAssistant, seconds: float, speed: float) -> Span:
    """Let this much of Home Assistant's clock pass."""
    begin, before = await now(home), _processor(home.pid)
    await asyncio.sleep(seconds / speed)
    return Span(begin, await now(home), _processor(home.pid) - before)


def _processor(pid: int) -> float:
    """Seconds of processor time of a process so far, all its threads and the kernel's part."""
    # the name of the process, in brackets, may hold blanks
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _keys(home: HomeAssistant, scenario: Scenario) -> Mapping[str, str]:
    """Say what each of our entities is, such as `battery voltage`, by entity id."""
    banks = set((await entries(home)).values())
    keys = {}
    for entity in await home.ask("config/entity_registry/list"):
        if entity["platform"] == DOMAIN:
            keys[entity["entity_id"]] = _key(entity["unique_id"], scenario.layout.batteries, banks)
    return keys


def _key(unique_id: str, batteries: Sequence[str], banks: set[str]) -> str:
    """Turn `ENTRY_ADDRESS_key` into `member key`, `ADDRESS_key` and `ENTRY_key` likewise."""
    bank = next((entry for entry in banks if unique_id.startswith(entry)), "")
    rest = unique_id.removeprefix(f"{bank}_")
    battery = next((address for address in batteries if rest.startswith(address)), "")
    owner = "member" if bank and battery else "bank" if bank else "battery"
    return f"{owner} {rest.removeprefix(f'{battery}_')}"


def _rows(folder: Path, keys: Mapping[str, str], span: Span) -> Counter[str]:
    """Count the rows of our entities that were written in a span."""
    path = folder / "home-assistant_v2.db"
    rows: Counter[str] = Counter()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as recorder:
        for entity, count in recorder.execute(
            "SELECT states_meta.entity_id, COUNT(*) FROM states JOIN states_meta USING (metadata_id)"
            " WHERE last_updated_ts BETWEEN ? AND ? GROUP BY states_meta.entity_id",
            (span.begin, span.end),
        ):
            if entity in keys:
                rows[keys[entity]] += count
    return rows


def _report(batteries: int, idle: Span, busy: Span, rows: Counter[str]) -> int:
    """Print everything per battery-hour; returns the exit code."""
    hours = batteries * busy.hours
    idling = idle.processor / idle.hours
    busy_rate = busy.processor / busy.hours
    print(f"{batteries} batteries, {busy.hours:.2f} h of Home Assistant's clock")
    print(f"processor: {busy.processor / hours:.2f} s per battery-hour, Home Assistant's own in it")
    print(f"  Home Assistant in all    {busy_rate:8.2f} s per hour")
    print(f"  the same before, idling  {idling:8.2f} s per hour, with the proxy and no battery")
    print(f"  batteries and bank alone {(busy_rate - idling) / batteries:8.2f} s per battery-hour")
    total = rows.total() / hours
    print("rows per battery-hour")
    for key, count in rows.most_common():
        print(f"  {key:38} {count / hours:8.1f}")
    print(f"  {'in all':38} {total:8.1f}  goal below {GOAL:.0f}")
    return 0 if rows and total < GOAL else 1
