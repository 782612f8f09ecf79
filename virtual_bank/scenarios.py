"""Stories that the virtual bank can play: batteries, wiring, load, and what should be found."""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from custom_components.lifepo4_bank.core.battery import Amperes
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout

from .battery import BatterySpec
from .load import Constant, Load, Steps
from .scenario import Expected, Scenario
from .wiring import Ladder, Wiring

ADDRESSES = tuple(f"C8:47:80:15:D8:{last:02X}" for last in range(0x30, 0x40))
"""Addresses with the prefix of the Beken modules in LiTime batteries."""


MINUTE = 60.0


def cycle(discharge: Amperes) -> Steps:
    """Make a load that never rests and evens out: as much is charged as is taken.

    Every step is above what sharing needs to be judged (10 A and four floors a battery), and steps
    differ, so that lines can be fitted; `discharge` is the largest load of the bank.
    """
    loads = ((5, 1.0), (4, 0.62), (5, 0.85), (3, 1.0), (4, 0.7))
    taken = sum(minutes * part for minutes, part in loads)
    charge = 0.8
    steps = [(minutes * MINUTE, -discharge * part) for minutes, part in loads]
    steps += [(taken / charge / 2 * MINUTE, discharge * part) for part in (0.75, 0.85)]
    return Steps(tuple(steps))


class _More(TypedDict, total=False):
    """Optional parts of a scenario."""

    wiring: Wiring
    isolated: tuple[int, ...]
    discharge_off: tuple[int, ...]
    full: tuple[int, ...]
    status: str
    findings: tuple[Expected, ...]
    allowed: frozenset[str]


def _scenario(
    story: str,
    layout: str,
    load: Load,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
    *,
    common: Mapping[str, Any] | None = None,
    combined: Arrangement = Arrangement.PARALLEL_GROUPS,
    **more: Unpack[_More],
) -> Scenario:
    """Make a scenario of 24 V 100 Ah batteries; `changes` by place tell how they differ."""
    series, parallel = int(layout[0]), int(layout[2:-1])
    batteries = ADDRESSES[: series * parallel]
    base: dict[str, Any] = {
        "capacity": 100.0, "cells": 8, "soc": 0.55, "own_resistance": 0.030,
        "path_resistance": 0.002, "cell_offsets": (0.0, 0.0, 0.0, -0.0004, 0.0, 0.0, -0.0002, 0.0),
    }  # fmt: skip
    base |= common or {}
    specs = {
        battery: BatterySpec(**(base | {"cycles": 40 + 3 * place} | dict((changes or {}).get(place, {}))))
        for place, battery in enumerate(batteries)
    }  # fmt: skip
    return Scenario(
        story=story,
        layout=Layout.from_notation(layout, batteries, combined),
        specs=specs,
        load=load,
        **more,
    )


def crowd(count: int) -> Scenario:
    """Make a bank of many batteries in parallel, up to 16: for the links, not for judging."""
    return _scenario(
        f"{count} batteries in parallel, for the links.",
        f"1S{count}P",
        cycle(20.0 * count),
        allowed=frozenset({"layout_limit", "weak_link"}),
    )


OUT = "out_of_sync"
SHARING = "asymmetric_current_sharing"
SILENT = "not_participating"
MISMATCH = "soc_mismatch"
_12V = {"cells": 4, "own_resistance": 0.015, "cell_offsets": ()}
_CHAIN = Ladder((0.003,) * 3, (0.003,) * 3)

SCENARIOS: Mapping[str, Scenario] = {
    "in_sync": _scenario(
        "Two 24 V batteries that share every load evenly.",
        "1S2P", cycle(34.0), {1: {"soc": 0.54, "own_resistance": 0.031}},
    ),
    "out_of_sync": _scenario(
        "The article's case: one battery rests at Standby Full, the other carries everything.",
        "1S2P", cycle(24.0), {0: {"soc": 0.992, "counted_soc": 1.0}, 1: {"soc": 0.37}},
        isolated=(0,), full=(0,), status=OUT,
        findings=(Expected.of(SILENT, "isolated waiting_for_voltage charge_off", 0),),
        allowed=frozenset({MISMATCH, "voltage_mismatch", SHARING}),
    ),
    "standby": _scenario(
        "Two equal batteries, one stuck in standby until the other is switched off for a moment.",
        "1S2P", cycle(24.0), {0: {"soc": 0.60}, 1: {"soc": 0.58}}, isolated=(0,), status=OUT,
        findings=(Expected.of(SILENT, "isolated unknown", 0),),
        allowed=frozenset({MISMATCH, "voltage_mismatch", SHARING}),
    ),
    "asymmetric_wiring": _scenario(
        "Two batteries, one behind a corroded lug of 45 milliohms: it takes far too little.",
        "1S2P", cycle(34.0), {1: {"path_resistance": 0.047}},
        status=OUT, findings=(Expected.of(SHARING, "path_resistance", 1),),
        allowed=frozenset({MISMATCH}),
    ),
    "discharge_off": _scenario(
        "The discharge switch of one battery was left off in the app.",
        "1S2P", Steps(((20 * MINUTE, -13.0), (15 * MINUTE, -16.0)), repeat=True),
        {0: {"soc": 0.95}, 1: {"soc": 0.93}}, discharge_off=(1,), status=OUT,
        findings=(Expected.of(SILENT, "discharge_off", 1),),
        allowed=frozenset({MISMATCH, "voltage_mismatch", "low_charge"}),
    ),
    "small_load": _scenario(
        "A load so small that one BMS does not see its part: nothing is wrong.",
        "1S2P", Steps(((20 * MINUTE, -3.2), (15 * MINUTE, -3.1))),
        {0: {"own_resistance": 0.022}, 1: {"own_resistance": 0.036}},
        status="no_load", findings=(Expected.of(SILENT, "below_detection", 1),),
    ),
    "fuller_first": _scenario(
        "The fuller battery carries a small load alone until the other joins in: nothing is wrong.",
        "1S2P", Constant(-5.0), {0: {"soc": 0.97}, 1: {"soc": 0.89}},
        status="no_load",
    ),
    "before_joining": _scenario(
        "Two batteries that are not joined yet, and too far apart for it.",
        "1S2P", Constant(0.0), {0: {"soc": 0.97}, 1: {"soc": 0.4}},
        isolated=(0, 1), status=OUT, findings=(Expected.of("voltage_mismatch", ""),),
        allowed=frozenset({MISMATCH}),
    ),
    "mixed": _scenario(
        "A battery of 100 Ah beside one of 50 Ah.",
        "1S2P", cycle(34.0), {1: {"capacity": 50.0, "own_resistance": 0.060}},
        findings=(Expected.of("mixed_batteries", "capacity", 1),),
    ),
    "three_parallel": _scenario(
        "Three batteries on one busbar, all well.", "1S3P", cycle(50.0),
    ),
    "weak_battery": _scenario(
        "Three batteries, one aged: its own resistance is twice the others'.",
        "1S3P", cycle(50.0), {2: {"own_resistance": 0.064, "health": 0.8}},
        status=OUT, findings=(Expected.of(SHARING, "internal_resistance", 2),),
        allowed=frozenset({MISMATCH}),
    ),
    "four_at_one_end": _scenario(
        "Four 12 V batteries chained with thin cables, taken off at one end.",
        "1S4P", cycle(90.0), common=_12V, wiring=_CHAIN,
        status=OUT, findings=(Expected.of(SHARING, "path_resistance"),),
        allowed=frozenset({MISMATCH}),
    ),
    "four_parallel": _scenario(
        "Four 12 V batteries on a busbar, all well.",
        "1S4P", cycle(80.0), common=_12V,
    ),
    "series": _scenario(
        "Three 12 V batteries in series, one 25 points behind.",
        "3S1P", cycle(20.0), {1: {"soc": 0.30}}, common=_12V,
        status=OUT, findings=(Expected.of(MISMATCH, ""),),
        allowed=frozenset({"voltage_mismatch"}),
    ),
    "two_by_two": _scenario(
        "Parallel pairs joined in series (2S2P), all well.",
        "2S2P", cycle(40.0), common=_12V,
    ),
    "three_by_two": _scenario(
        "Parallel pairs joined in series (3S2P), one bad cable.",
        "3S2P", cycle(40.0), {3: {"path_resistance": 0.03}}, common=_12V,
        status=OUT, findings=(Expected.of(SHARING, "path_resistance", 3),),
        allowed=frozenset({MISMATCH}),
    ),
    "strings": _scenario(
        "Two strings of three 12 V batteries in parallel (3S2P), all well.",
        "3S2P", cycle(40.0), common=_12V,
        combined=Arrangement.SERIES_STRINGS,
    ),
    "protection": _scenario(
        "One battery was protected from the cold and does not charge.",
        "1S2P", Steps(((20 * MINUTE, 24.0), (20 * MINUTE, -24.0))),
        {0: {"soc": 0.4}, 1: {"soc": 0.5, "temperature": -4.0}}, status=OUT,
        findings=(Expected.of("protection", "", 1),),
        allowed=frozenset({SILENT, MISMATCH, "mixed_batteries"}),
    ),
    "soc_offset": _scenario(
        "Two batteries joined at 75 % and 45 %: they trade charge.",
        "1S2P", cycle(34.0), {0: {"soc": 0.78}, 1: {"soc": 0.45}},
        status=OUT, findings=(Expected.of(MISMATCH, "charge_imbalance unknown"),),
        allowed=frozenset({SHARING, "circulating_current", "voltage_mismatch"}),
    ),
    "counter_drift": _scenario(
        "Equal batteries, but the counter of one is 22 points off.",
        "1S2P", cycle(34.0), {1: {"counted_soc": 0.33}},
        status=OUT, findings=(Expected.of(MISMATCH, "counter_drift unknown"),),
    ),
    "low_charge": _scenario(
        "Both batteries are nearly empty.",
        "1S2P", cycle(30.0), {0: {"soc": 0.16}, 1: {"soc": 0.165}},
        findings=(Expected.of("low_charge", ""),),
    ),
    "five_families": _scenario(
        "One battery of every make that can be switched, in parallel.", "1S5P", cycle(90.0),
        allowed=frozenset({"mixed_batteries", "layout_limit"}),
    ).of("litime", "jbd", "jk", "daly", "ant"),
    "eight": crowd(8),
    "sixteen": crowd(16),
}  # fmt: skip
