"""What is not judged is said, with the reason and the batteries that are the reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Kind, NotJudged, WhyNot
from custom_components.lifepo4_bank.core.layout import Arrangement
from tests.core.judging import diagnosis_of, feed, judge
from tests.core.simple_bank import Simple, layout, run, steps

SHARING, SILENT, SPREAD = (
    Kind.ASYMMETRIC_CURRENT_SHARING, Kind.NOT_PARTICIPATING, Kind.SOC_MISMATCH,
)  # fmt: skip
CELLS, MIXED, APART = Kind.CELL_IMBALANCE, Kind.MIXED_BATTERIES, Kind.VOLTAGE_MISMATCH


def two(**second: object) -> list[Simple]:
    """Make a good battery A and a battery B that differs."""
    return [Simple(name="A"), Simple(name="B", **second)]  # type: ignore[arg-type]


def reported(load: float = -20.0, minutes: float = 10.0, **fields: object) -> BankState:
    return judge(two(reported=fields), load, minutes)


def without_b(samples: list[BankSample]) -> list[BankSample]:
    return [
        replace(one, batteries={"A": one.batteries["A"]}, missing=frozenset({"B"}))
        for one in samples
    ]


def missing() -> BankState:
    return feed(diagnosis_of(two()), without_b(list(run(two(), -20.0, 10))))


def missing_in_series() -> BankState:
    batteries = two()
    bank = layout(batteries, Arrangement.SERIES)
    samples = without_b(list(run(batteries, -20.0, 10, bank=bank)))
    return feed(diagnosis_of(batteries, bank), samples)


def unnamed() -> BankState:
    batteries = two(reported={"capacity": None})
    known = {one.name: one.battery for one in batteries}
    known["B"] = replace(known["B"], brand=None, model=None, nominal_voltage=None, capacity=None)
    odd = [
        replace(sample, batteries={
            **sample.batteries,
            "B": replace(sample.batteries["B"], voltage=17.0, cells=()),
        })
        for sample in run(batteries, -20.0, 5)
    ]  # fmt: skip
    return feed(Diagnosis(layout(batteries), known), odd)


def fleet() -> BankState:
    batteries = two()
    samples = []
    for sample in run(batteries, lambda time: -20.0 - time % 1700 / 40, 60):
        total = round(sum(one.current or 0.0 for one in sample.batteries.values()), 1)
        same = {name: replace(one, current=total) for name, one in sample.batteries.items()}
        samples.append(replace(sample, batteries=same))
    return feed(diagnosis_of(batteries), samples)


def unlike_in_series() -> BankState:
    batteries = two(gain=0.6)
    return judge(batteries, -30.0, 10, bank=layout(batteries, Arrangement.SERIES))


def blind() -> BankState:
    # A shunt sees what neither battery reports.
    samples = (replace(one, shunt_current=-30.0) for one in run(two(gain=0.0), -30.0, 30))
    return feed(diagnosis_of(two()), samples)


def rested() -> BankState:
    apart = two(connected=False, soc=0.7)
    apart[0].connected = False
    return judge(apart, 0.0, 20)


BOTH, B = ("A", "B"), ("B",)
CASES: list[tuple[Kind, WhyNot, tuple[str, ...], Callable[[], BankState]]] = [
    (SHARING, WhyNot.BATTERY_MISSING, B, missing),
    (SILENT, WhyNot.BATTERY_MISSING, B, missing),
    (SILENT, WhyNot.BATTERY_MISSING, B, missing_in_series),
    (SPREAD, WhyNot.BATTERY_MISSING, B, missing),
    (Kind.LOW_CHARGE, WhyNot.BATTERY_MISSING, B, missing),
    (Kind.PROTECTION, WhyNot.BATTERY_MISSING, B, missing),
    (Kind.STORAGE, WhyNot.BATTERY_MISSING, B, missing),
    (CELLS, WhyNot.BATTERY_MISSING, B, missing),
    (APART, WhyNot.BATTERY_MISSING, B, missing),
    (Kind.CIRCULATING_CURRENT, WhyNot.BATTERY_MISSING, B, missing),
    (SHARING, WhyNot.NOT_REPORTED, B, lambda: reported(current=None)),
    (SPREAD, WhyNot.NOT_REPORTED, B, lambda: reported(soc=None)),
    (Kind.LOW_CHARGE, WhyNot.NOT_REPORTED, B, lambda: reported(soc=None)),
    (CELLS, WhyNot.NOT_REPORTED, B, lambda: reported(cells=())),
    (MIXED, WhyNot.CAPACITY_UNKNOWN, B, unnamed),
    (MIXED, WhyNot.NOMINAL_VOLTAGE_UNKNOWN, B, unnamed),
    (MIXED, WhyNot.MAKE_UNKNOWN, B, unnamed),
    (SHARING, WhyNot.FLEET_CURRENT, BOTH, fleet),
    (SHARING, WhyNot.UNEQUAL_STRING_CURRENT, BOTH, unlike_in_series),
    (SILENT, WhyNot.CURRENT_SENSOR, B, blind),
    (SHARING, WhyNot.NOT_ENOUGH_LOAD, BOTH, lambda: judge(two(), -5.0, 10)),
    (SILENT, WhyNot.NOT_ENOUGH_LOAD, B, lambda: judge(two(), -0.5, 10)),
    (CELLS, WhyNot.TOO_MUCH_CURRENT, B, lambda: judge(two(), -80.0, 5)),
    (SHARING, WhyNot.STILL_LEARNING, ("A",), lambda: judge(two(), -20.0, 0.5)),
    (SHARING, WhyNot.KNEE, B, lambda: reported(cells=(3.47, 3.3, 3.3, 3.3))),
    (CELLS, WhyNot.KNEE, B, lambda: reported(cells=(3.47, 3.3, 3.3, 3.3))),
    (SILENT, WhyNot.FULL, B, lambda: reported(30.0, state=BatteryState.FULL, current=0.0)),
    (APART, WhyNot.FULL, B, lambda: reported(0.0, 40, state=BatteryState.FULL)),
    (SHARING, WhyNot.PROTECTION, B, lambda: reported(protections=("code_1",))),
    (SHARING, WhyNot.MOSFET_OPEN, B, lambda: reported(charge_enabled=False)),
    (SHARING, WhyNot.BATTERY_SILENT, B, lambda: judge(two(connected=False), -20.0, 10)),
    (APART, WhyNot.JOINED, BOTH, lambda: feed(diagnosis_of(two()), [
        *run(two(), -20.0, 5), *run(two(), 0.0, 40, start=300.0)])),
    (APART, WhyNot.NOT_RESTED, BOTH, rested),
    *(
        (Kind.WEAK_LINK, reason, B, lambda wrong=wrong: reported(**wrong))
        for reason, wrong in (
            (WhyNot.VOLTAGE_OUT_OF_RANGE, {"voltage": 100.0}),
            (WhyNot.CURRENT_OUT_OF_RANGE, {"current": 2000.0}),
            (WhyNot.SOC_OUT_OF_RANGE, {"soc": 2.55}),
            (WhyNot.CELL_OUT_OF_RANGE, {"cells": (3.3, 0.0, 3.3, 3.3)}),
            (WhyNot.TEMPERATURE_OUT_OF_RANGE, {"temperatures": (-273.0,)}),
            (WhyNot.VOLTAGE_UNLIKE_NOMINAL, {"voltage": 26.4}),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "reason", "batteries", "state"),
    CASES,
    ids=[f"{kind}-{reason}" for kind, reason, _, _ in CASES],
)
def test_the_reason_names_the_batteries(
    kind: Kind, reason: WhyNot, batteries: tuple[str, ...], state: Callable[[], BankState]
) -> None:
    assert NotJudged(kind, reason, batteries) in state().not_judged


def test_every_reason_is_tested() -> None:
    assert {reason for _, reason, _, _ in CASES} == set(WhyNot)


def test_what_is_judged_is_not_said_to_be_silent() -> None:
    state = judge(two(), steps(-20, -40), 40)
    assert state.not_judged == ()


def test_a_battery_that_is_read_is_not_called_missing() -> None:
    """After a restart the first sample lacks those that have not been read yet."""
    before = diagnosis_of(two())
    feed(before, run(two(), -20.0, 30))
    restarted = diagnosis_of(two())
    restarted.restore(before.save())
    samples = list(run(two(), -20.0, 5, start=5400.0))
    silent = feed(restarted, without_b(samples[:1])).not_judged
    assert NotJudged(Kind.STORAGE, WhyNot.BATTERY_MISSING, B) in silent
    state = feed(restarted, samples[1:2])
    assert [one for one in state.not_judged if one.reason is WhyNot.BATTERY_MISSING] == []
    again = feed(restarted, without_b(samples[2:3])).not_judged
    assert NotJudged(Kind.STORAGE, WhyNot.BATTERY_MISSING, B) in again
