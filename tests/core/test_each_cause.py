"""Every cause of every kind is raised through the engine by the rule that is meant to raise it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Kind, Severity
from custom_components.lifepo4_bank.core.diagnosis.naming import Naming
from custom_components.lifepo4_bank.core.diagnosis.rules import BY_SCALE, RULES
from custom_components.lifepo4_bank.core.diagnosis.sentence import CAUSES, sentence
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from tests.core.simple_bank import Load, Simple, layout, run, steps
from tests.core.test_rules import COMMON

UNEVEN, SPREAD, SILENT = (
    Kind.ASYMMETRIC_CURRENT_SHARING, Kind.SOC_MISMATCH, Kind.NOT_PARTICIPATING,
)  # fmt: skip
BY_KEY = {rule.key: rule for rule in RULES}
VARIED = steps(-20, -60)
NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


@dataclass(frozen=True, kw_only=True)
class Bank:
    """Batteries, what is known of them beside their readings, and what happens to them."""

    batteries: list[Simple]
    load: Load = VARIED
    minutes: float = 40.0
    known: Mapping[str, Mapping[str, Any]] | None = None
    arrangement: Arrangement = Arrangement.PARALLEL
    step: float = 30.0
    change: Callable[[Iterable[BankSample]], Iterable[BankSample]] = lambda samples: samples

    @property
    def layout(self) -> Layout:
        """How they are joined."""
        return layout(self.batteries, self.arrangement)

    def findings(self) -> Iterator[Finding]:
        """Judge it, and tell all that is ever raised."""
        known = {one.name: one.battery for one in self.batteries}
        for name, facts in (self.known or {}).items():
            known[name] = replace(known[name], **facts)
        diagnosis = Diagnosis(self.layout, known)
        samples = run(self.batteries, self.load, self.minutes, bank=self.layout, step=self.step)
        for sample in self.change(samples):
            yield from diagnosis.update(sample).raised


def pair(load: Load = VARIED, minutes: float = 40.0, **second: Any) -> Bank:
    return Bank(
        batteries=[Simple(name="A"), Simple(name="B", **second)], load=load, minutes=minutes
    )


def four(load: Load = VARIED, minutes: float = 40.0, **second: Any) -> Bank:
    """Make four, so that one may carry little while no other carries much too much."""
    others = [Simple(name=name) for name in "ACD"]
    return Bank(batteries=[*others, Simple(name="B", **second)], load=load, minutes=minutes)


def one_better(**others: Any) -> Bank:
    return Bank(batteries=[Simple(name="B"), *(Simple(name=name, **others) for name in "ACD")])


def socs(first: float, second: float, load: Load, minutes: float = 30.0, **both: Any) -> Bank:
    batteries = [Simple(name="A", soc=first, **both), Simple(name="B", soc=second, **both)]
    return Bank(batteries=batteries, load=load, minutes=minutes)


def off(load: float, **reported: object) -> Bank:
    return pair(load, 10, connected=False, reported=reported)


def apart() -> Bank:
    batteries = [
        Simple(name=name, connected=False, soc=soc) for name, soc in (("A", 0.5), ("B", 0.1))
    ]
    return Bank(batteries=batteries, load=0.0, minutes=60)


def full_behind_its_diode() -> Bank:
    full = {"state": BatteryState.FULL, "charge_enabled": False}
    return pair(-20.0, 10, soc=0.99, connected=False, reported=full)


def full_of_48_volts() -> Bank:
    full = {"state": BatteryState.FULL, "charge_enabled": False}
    batteries = [
        Simple(name="A", reported={"voltage": 52.7, "cells": (3.294,) * 16}),
        Simple(name="B", connected=False, soc=0.99, reported={
            "voltage": 53.6, "cells": (3.35,) * 16, **full,
        }),
    ]  # fmt: skip
    known = {name: {"nominal_voltage": 51.2} for name in "AB"}
    return Bank(batteries=batteries, load=-20.0, minutes=10, known=known)


def cells(*voltages: float) -> Bank:
    return pair(0.0, 40, reported={"cells": voltages})


def full_three_times(samples: Iterable[BankSample]) -> Iterator[BankSample]:
    for sample in samples:
        top = sample.time % 1200 > 600
        of_b = (3.65, 3.44, 3.44, 3.44) if top else (3.32,) * 4
        changed = replace(sample.batteries["B"], cells=of_b)
        yield replace(sample, batteries={**sample.batteries, "B": changed})


def linked(trouble: str) -> Bank:
    return replace(
        pair(-5.0, 20),
        change=lambda samples: (replace(one, links={"B": trouble}) for one in samples),
    )


def lossy(samples: Iterable[BankSample]) -> Iterator[BankSample]:
    for number, sample in enumerate(samples):
        if number % 5:
            rest = {"A": sample.batteries["A"]}
            yield replace(sample, batteries=rest, missing=frozenset("B"))
        else:
            yield sample


def row(arrangement: Arrangement) -> Bank:
    return Bank(
        batteries=[Simple(name=f"B{number}") for number in range(5)], minutes=2,
        arrangement=arrangement,
    )  # fmt: skip


def stored(soc: float) -> Bank:
    return replace(socs(soc, soc, 0.0, 8 * 1440), step=300.0)


A, B, ALL = ("A",), ("B",), ()
DOUBLE = {"voltage": 26.4, "cells": (3.3,) * 8}
CASES: list[tuple[Kind, str, str, tuple[str, ...], Callable[[], Bank]]] = [
    (UNEVEN, "path_resistance", "share_low_warning", B, lambda: four(path=0.018)),
    (UNEVEN, "path_resistance", "share_low_error", B, lambda: four(path=0.060)),
    (UNEVEN, "path_resistance", "share_high_warning", B, lambda: one_better(path=0.0125)),
    (UNEVEN, "path_resistance", "share_high_error", B, lambda: one_better(path=0.0172)),
    (UNEVEN, "internal_resistance", "share_low_error", B, lambda: four(own=0.060)),
    (UNEVEN, "internal_resistance", "share_high_warning", B, lambda: one_better(own=0.0255)),
    (UNEVEN, "voltage_offset", "share_low_warning", B, lambda: socs(0.7, 0.35, steps(-20, -27))),
    (UNEVEN, "unknown", "share_low_warning", B, lambda: four(-40.0, own=0.035)),
    (SPREAD, "counter_drift", "soc_spread_note", B, lambda: pair(counter=0.48)),
    (SPREAD, "counter_drift", "soc_spread_warning", B, lambda: pair(counter=0.43)),
    (SPREAD, "counter_drift", "soc_spread_error", B, lambda: pair(counter=0.30)),
    (SPREAD, "charge_imbalance", "soc_spread_error", B, lambda: socs(0.95, 0.2, -0.5)),
    (SPREAD, "unknown", "soc_spread_error", B, lambda: pair(0.0, counter=0.35)),
    (SILENT, "discharge_off", "switched_off_warning", B, lambda: off(-3.0, discharge_enabled=False)),
    (SILENT, "charge_off", "switched_off_warning", B, lambda: off(3.0, charge_enabled=False)),
    (SILENT, "protection", "silent_warning", B, lambda: off(-20.0, protections=("code_4",))),
    (SILENT, "isolated", "silent_warning", B, lambda: pair(-20.0, 10, connected=False)),
    (SILENT, "isolated", "silent_error", B, lambda: pair(-20.0, 45, connected=False)),
    (SILENT, "unknown", "silent_warning", B, lambda: pair(-20.0, 10, connected=False, soc=0.15)),
    (SILENT, "below_detection", "waiting_note", B, lambda: pair(-3.4, own=0.045)),
    (SILENT, "waiting_for_voltage", "waiting_note", B, lambda: socs(
        0.9, 0.35, -15.0, floor=1.5, capacity=1000.0)),
    (SILENT, "waiting_for_voltage", "waiting_note", B, full_behind_its_diode),
    (SILENT, "waiting_for_voltage", "waiting_note", B, full_of_48_volts),
    (Kind.CIRCULATING_CURRENT, "voltage_offset", "circulating_warning", B,
     lambda: socs(0.7, 0.35, 0.0)),
    (Kind.CIRCULATING_CURRENT, "voltage_offset", "circulating_error", B,
     lambda: socs(0.9, 0.1, 0.0, 20, own=0.004)),
    (Kind.PROTECTION, "short_circuit", "protected_error", B,
     lambda: off(-5.0, protections=("short_circuit",))),
    (Kind.LOW_CHARGE, "low", "soc_low_warning", B, lambda: pair(0.0, 10, soc=0.15)),
    (Kind.LOW_CHARGE, "all_low", "soc_low_warning", B, lambda: socs(0.26, 0.18, 0.0, 10)),
    (Kind.MIXED_BATTERIES, "capacity", "capacity_ratio_warning", B, lambda: pair(capacity=50.0)),
    (Kind.MIXED_BATTERIES, "brand", "unlike_warning", ALL, lambda: pair(brand="Other")),
    (Kind.MIXED_BATTERIES, "model", "unlike_warning", ALL,
     lambda: replace(pair(), known={"B": {"model": "N"}})),
    (Kind.MIXED_BATTERIES, "voltage", "nominal_ratio_error", A,
     lambda: replace(pair(reported=DOUBLE), known={"B": {"nominal_voltage": 25.6}})),
    (Kind.VOLTAGE_MISMATCH, "measured_apart", "voltage_apart_warning", B, apart),
    (Kind.LAYOUT_LIMIT, "parallel", "layout_excess_warning", ALL,
     lambda: row(Arrangement.PARALLEL)),
    (Kind.LAYOUT_LIMIT, "series", "layout_excess_warning", ALL, lambda: row(Arrangement.SERIES)),
    (Kind.CELL_IMBALANCE, "low_cell", "cell_delta_note", B,
     lambda: cells(3.31, 3.31, 3.21, 3.31)),
    (Kind.CELL_IMBALANCE, "low_cell", "cell_delta_warning", B,
     lambda: cells(3.31, 3.31, 3.13, 3.31)),
    (Kind.CELL_IMBALANCE, "high_cell", "cell_delta_note", B,
     lambda: cells(3.29, 3.29, 3.38, 3.29)),
    (Kind.CELL_IMBALANCE, "high_cell", "cell_delta_full_note", B,
     lambda: replace(pair(0.0, 90), change=full_three_times)),
    (Kind.WEAK_LINK, "few_slots", "weak_note", B, lambda: linked("few_slots")),
    (Kind.WEAK_LINK, "bad_signal", "weak_note", B, lambda: linked("bad_signal")),
    (Kind.WEAK_LINK, "other_central", "weak_note", B, lambda: linked("other_central")),
    (Kind.WEAK_LINK, "lost_readings", "weak_note", B,
     lambda: replace(pair(-5.0, 60), change=lossy)),
    (Kind.STORAGE, "too_full", "stored_note", ALL, lambda: stored(0.95)),
    (Kind.STORAGE, "too_empty", "stored_note", ALL, lambda: stored(0.30)),
]  # fmt: skip
each = pytest.mark.parametrize(
    ("kind", "cause", "rule", "batteries", "bank"),
    CASES,
    ids=[f"{kind}-{cause}-{rule}" for kind, cause, rule, *_ in CASES],
)


@each
def test_the_cause_is_named_in_a_whole_sentence(
    kind: Kind, cause: str, rule: str, batteries: tuple[str, ...], bank: Callable[[], Bank]
) -> None:
    judged = bank()
    found = [one for one in judged.findings() if (one.kind, one.cause) == (kind, cause)]
    severity = BY_KEY[rule].severity
    assert [one.batteries for one in found if one.severity is severity] == [batteries]
    naming = Naming({}, judged.layout, COMMON)
    for one in found:
        said = sentence(one, naming)
        assert said.endswith(".")  # what has no sentence is told in catchwords
        assert not set("?{}") & set(said)


@each
def test_nothing_else_would_have_said_it(
    kind: Kind,
    cause: str,
    rule: str,
    batteries: tuple[str, ...],
    bank: Callable[[], Bank],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scale, severity = BY_KEY[rule].scale, BY_KEY[rule].severity
    others = tuple(one for one in BY_SCALE[scale] if one.key != rule)
    monkeypatch.setitem(BY_SCALE, scale, others)
    said = {(one.kind, one.cause, one.severity) for one in bank().findings()}
    assert (kind, cause, severity) not in said


def test_all_rules_and_all_causes_are_here() -> None:
    assert {rule for _, _, rule, *_ in CASES} == {rule.key for rule in RULES}
    expected = {(kind, cause) for kind, causes in CAUSES.items() for cause in causes}
    assert {(kind, cause) for kind, cause, *_ in CASES} - expected == {
        (Kind.PROTECTION, "short_circuit")
    }
    assert expected <= {(kind, cause) for kind, cause, *_ in CASES}


@pytest.mark.parametrize(
    ("arrangement", "says"),
    [
        (Arrangement.PARALLEL, "The bank has 5 in parallel, and its limit is 4."),
        (Arrangement.SERIES, "The bank has 5 in series, and its limit is 4."),
    ],
)
def test_how_much_too_large_a_bank_is(arrangement: Arrangement, says: str) -> None:
    bank = row(arrangement)
    (found,) = (one for one in bank.findings() if one.kind is Kind.LAYOUT_LIMIT)
    assert sentence(found, Naming({}, bank.layout, COMMON)).startswith(says)
