"""Whatever the bank: knowing less never makes the interlock say yes."""

from dataclasses import fields, replace
import json
from math import inf
from pathlib import Path
import re
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.lifepo4_bank.core.battery import BatterySample, BatteryState
from custom_components.lifepo4_bank.core.interlock import may_stay_off, may_switch
from custom_components.lifepo4_bank.core.verdict import Circumstances, Command, Conduction, Mosfet
from tests.core.interlock_bank import LAYOUTS, NOW, healthy

TOGETHER = (
    ("state", "protections"),
    ("discharge_enabled", "discharge_commanded"),
    ("charge_enabled", "charge_commanded"),
)
"""Parts of one frame, which are lost together."""
REPORTED = (
    *TOGETHER,
    *(
        (field.name,)
        for field in fields(BatterySample)
        if field.name not in {"battery", "time", *(name for names in TOGETHER for name in names)}
    ),
)
"""Everything that a battery may stop reporting."""

GLUE = Path(__file__).parents[2] / "custom_components/lifepo4_bank"
SENTENCES = json.loads((GLUE / "translations/en.json").read_text())["exceptions"]

maybe = st.sampled_from((True, True, True, False, None))


@st.composite
def readings(draw: st.DrawFn, battery: str) -> BatterySample:
    """A reading that is healthy more often than not, so that yes happens."""
    near = draw(st.sampled_from((13.1, 13.1, 13.12, 13.0, 12.3, 14.0)))
    return BatterySample(
        battery=battery,
        time=NOW - draw(st.sampled_from((1.0, 1.0, 30.0, 100.0))),
        voltage=near,
        current=draw(st.sampled_from((-10.0, -10.0, 0.0, 10.0, -60.0))),
        soc=draw(st.sampled_from((0.6, 0.6, 0.9, 0.1))),
        capacity=draw(st.sampled_from((100.0, 100.0, 50.0, 300.0))),
        discharge_enabled=draw(maybe),
        charge_enabled=draw(maybe),
        discharge_commanded=draw(st.sampled_from((None, None, True, False))),
        charge_commanded=draw(st.sampled_from((None, None, True, False))),
        state=draw(st.sampled_from((*BatteryState, BatteryState.STANDBY, BatteryState.STANDBY))),
        protections=draw(st.sampled_from(((), (), (), ("short_circuit",)))),
    )


@st.composite
def circumstances(draw: st.DrawFn) -> Circumstances:
    """A bank of any arrangement in any condition."""
    layout = draw(st.sampled_from(sorted(LAYOUTS)))
    members = LAYOUTS[layout].batteries
    recent = st.sampled_from((NOW - 60, NOW - 60, NOW - 4000, None))
    return healthy(
        layout,
        layout=draw(st.sampled_from((LAYOUTS[layout], LAYOUTS[layout], None))),
        samples={b: draw(readings(b)) for b in members},
        conduction={b: Conduction(gave=draw(recent), took=draw(recent)) for b in members},
        told=frozenset(draw(st.sets(st.sampled_from(members)))),
        link=draw(st.sampled_from((1.0, 1.0, 0.5))),
        max_battery_current=draw(st.sampled_from((None, None, 30.0, 100.0))),
        powers_home_assistant=draw(st.booleans()),
    )


commands = st.builds(
    Command,
    battery=st.just("A"),
    mosfet=st.sampled_from(Mosfet),
    on=st.booleans(),
    force=st.just(False),
)


def without(seen: Circumstances, lost: str, battery: str) -> Circumstances:
    """The same bank, but one thing is not known."""
    changes: dict[str, Any]
    if lost in ("link", "layout"):
        changes = {lost: None}
        return replace(seen, **changes)
    if lost == "switchable":
        return replace(seen, switchable=frozenset())
    if lost in ("samples", "conduction", "batteries"):
        rest = {b: known for b, known in getattr(seen, lost).items() if b != battery}
        changes = {lost: rest}
        return replace(seen, **changes)
    if lost in ("gave", "took"):
        changes = {lost: None}
        proof = replace(seen.conduction.get(battery, Conduction()), **changes)
        return replace(seen, conduction={**seen.conduction, battery: proof})
    if battery not in seen.samples:
        return seen
    changes = {name: () if name in LISTS else None for name in lost.split("+")}
    poorer = replace(seen.samples[battery], **changes)
    return replace(seen, samples={**seen.samples, battery: poorer})


LISTS = {field.name for field in fields(BatterySample) if field.default == ()}
KNOWN = ("link", "layout", "switchable", "samples", "conduction", "batteries", "gave", "took")
LOSSES = (*KNOWN, *("+".join(names) for names in REPORTED))
UNASKED = {
    *("batteries", "remaining", "throughput", "cells", "temperatures", "cycles", "health"),
    *("heater", "balancing", "problem_code"),
}
"""What no question is about, or what a reading tells as well."""
losses = st.lists(
    st.tuples(st.sampled_from(LOSSES), st.sampled_from("ABCD")), min_size=1, max_size=4
)


@settings(max_examples=1500, deadline=None)
@given(
    command=commands,
    seen=circumstances(),
    lost=losses,
    since=st.sampled_from((-inf, NOW - 3, NOW - 20)),
)
def test_removing_data_never_turns_a_no_into_a_yes(
    command: Command, seen: Circumstances, lost: list[tuple[str, str]], since: float
) -> None:
    poorer = seen
    for what, battery in lost:
        poorer = without(poorer, what, battery)
    if may_switch(command, poorer).allowed:
        assert may_switch(command, seen).allowed
    if may_stay_off(command, poorer, since).allowed:
        assert may_stay_off(command, seen, since).allowed


@settings(max_examples=300, deadline=None)
@given(command=commands, seen=circumstances())
def test_off_needs_to_know_the_bank(command: Command, seen: Circumstances) -> None:
    if not command.on:
        assert not may_switch(command, without(seen, "layout", "A")).allowed


@settings(max_examples=300, deadline=None)
@given(command=commands, seen=circumstances())
def test_force_allows_at_least_as_much(command: Command, seen: Circumstances) -> None:
    if may_switch(command, seen).allowed:
        assert may_switch(replace(command, force=True), seen).allowed


@settings(max_examples=500, deadline=None)
@given(command=commands, seen=circumstances())
def test_every_reason_has_its_sentence(command: Command, seen: Circumstances) -> None:
    busy = replace(seen, being_switched=frozenset("B"), switchable=frozenset(), link=None)
    for judge in (may_switch, may_stay_off):
        for check in (*judge(command, seen).reasons, *judge(command, busy).reasons):
            sentence = SENTENCES[check.translation_key]["message"]
            asked = set(re.findall(r"\{(\w+)\}", sentence))
            assert asked <= {"batteries", *check.numbers}
            assert "batteries" not in asked or check.batteries


@pytest.mark.parametrize("what", LOSSES)
def test_each_loss_matters_somewhere(what: str) -> None:
    """So that the property above is not true of nothing."""
    answers = set()
    for current in (-10.0, 10.0):
        for on in (False, True):
            for mosfet in Mosfet:
                seen = healthy("1S2P")
                for battery in "AB":
                    sample = replace(seen.samples[battery], current=current)
                    seen = replace(seen, samples={**seen.samples, battery: sample})
                proof = (
                    Conduction(took=NOW - 60)
                    if what == "took"
                    else Conduction(gave=NOW - 60)
                    if what == "gave"
                    else Conduction(gave=NOW - 60, took=NOW - 60)
                )
                seen = replace(seen, conduction=dict.fromkeys("AB", proof))
                command = Command(battery="A", mosfet=mosfet, on=on)
                before = may_switch(command, seen).allowed
                after = may_switch(command, without(without(seen, what, "B"), what, "A")).allowed
                answers.add((before, after))
    assert ((True, False) in answers) is (what not in UNASKED)
    assert (False, True) not in answers
