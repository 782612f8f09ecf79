"""A healthy bank as the interlock sees it, for tests to spoil."""

from dataclasses import replace
from typing import Any

from custom_components.lifepo4_bank.core.battery import Battery, BatterySample, BatteryState
from custom_components.lifepo4_bank.core.interlock import may_switch
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from custom_components.lifepo4_bank.core.verdict import (
    Circumstances,
    Command,
    Conduction,
    Mosfet,
    Verdict,
)

NOW = 10_000.0
LAYOUTS = {
    "1S2P": Layout.of(Arrangement.PARALLEL, "AB"),
    "1S3P": Layout.of(Arrangement.PARALLEL, "ABC"),
    "2S1P": Layout.of(Arrangement.SERIES, "AB"),
    "groups": Layout.of(Arrangement.PARALLEL_GROUPS, "ABCD", 2),
    "strings": Layout.of(Arrangement.SERIES_STRINGS, "ABCD", 2),
}


def reading(battery: str, **changes: Any) -> BatterySample:
    """A battery in the middle of its charge that gives 10 A."""
    sample = BatterySample(
        battery=battery,
        time=NOW - 2,
        voltage=13.1,
        current=-10.0,
        soc=0.6,
        capacity=100.0,
        charge_enabled=True,
        discharge_enabled=True,
        state=BatteryState.DISCHARGING,
    )
    return replace(sample, **changes)


def healthy(layout: str = "1S2P", /, **changes: Any) -> Circumstances:
    """A bank in which every check passes, where its arrangement lets one."""
    members = LAYOUTS[layout].batteries
    seen = Circumstances(
        time=NOW,
        layout=LAYOUTS[layout],
        batteries={b: Battery(id=b, name=b, nominal_voltage=12.8) for b in members},
        samples={b: reading(b) for b in members},
        conduction={b: Conduction(gave=NOW - 60) for b in members},
        switchable=frozenset(Mosfet),
        link=1.0,
    )
    return replace(seen, **changes)


def spoil(seen: Circumstances, battery: str, **changes: Any) -> Circumstances:
    """Change what one battery reports."""
    sample = replace(seen.samples[battery], **changes)
    return replace(seen, samples={**seen.samples, battery: sample})


def open_a(seen: Circumstances, **changes: Any) -> Circumstances:
    """A is off and rests."""
    return spoil(seen, "A", **({"discharge_enabled": False, "current": 0.0} | changes))


def off(seen: Circumstances, *, force: bool = False, mosfet: Mosfet = Mosfet.DISCHARGE) -> Verdict:
    """Ask to switch A off."""
    return may_switch(Command(battery="A", mosfet=mosfet, on=False, force=force), seen)


def on(seen: Circumstances, *, force: bool = False) -> Verdict:
    """Ask to switch A on."""
    return may_switch(Command(battery="A", mosfet=Mosfet.DISCHARGE, on=True, force=force), seen)


def answers(verdict: Verdict) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What did not pass: outcome and batteries by check."""
    return {check.key: (check.outcome.value, check.batteries) for check in verdict.reasons}
