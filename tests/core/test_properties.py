"""What must hold for any bank."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Kind
from custom_components.lifepo4_bank.core.layout import Arrangement
from tests.core.judging import Said, diagnosis_of, feed, judge, told
from tests.core.simple_bank import Simple, layout, run, steps

SLOW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
FAULTS: list[dict[str, object]] = [
    {},
    {"path": 0.030},
    {"own": 0.050},
    {"connected": False},
    {"counter": 0.25},
    {"reported": {"discharge_enabled": False}, "connected": False},
    {"reported": {"protections": ("short_circuit",)}, "connected": False},
    {"capacity": 50.0, "own": 0.030, "path": 0.004},
    {"soc": 0.15},
]
faults = st.sampled_from(FAULTS)


def bank_of(fault: dict[str, object], count: int = 3) -> list[Simple]:
    batteries = [Simple(name=f"B{number}") for number in range(count)]
    batteries[1] = Simple(name="B1", **fault)  # type: ignore[arg-type]
    return batteries


def ever(diagnosis: Diagnosis, samples: Sequence[BankSample]) -> Said:
    return {
        (one.kind.value, one.cause, one.batteries)
        for sample in samples
        for one in diagnosis.update(sample).raised
    }


@SLOW
@given(fault=faults, order=st.permutations(range(3)))
def test_permuting_batteries_permutes_findings(fault: dict[str, object], order: list[int]) -> None:
    batteries = bank_of(fault)
    samples = list(run(batteries, steps(-24, -60), 30))
    bank = layout([batteries[index] for index in order])
    assert told(feed(diagnosis_of(batteries), samples)) == told(
        feed(diagnosis_of(batteries, bank), samples)
    )


def named(state: BankState) -> set[tuple[str, str, frozenset[str]]]:
    """Tell findings with batteries in no order."""
    return {(kind, cause, frozenset(batteries)) for kind, cause, batteries in told(state)}


@pytest.mark.parametrize("order", [(1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)])
@pytest.mark.parametrize("arrangement", [Arrangement.PARALLEL_GROUPS, Arrangement.SERIES_STRINGS])
@pytest.mark.parametrize("fault", FAULTS)
def test_permuting_groups_and_strings_permutes_findings(
    fault: dict[str, object], arrangement: Arrangement, order: tuple[int, ...]
) -> None:
    batteries = bank_of(fault, 4)
    bank = layout(batteries, arrangement, 2)
    samples = list(run(batteries, steps(-24, -60), 30, bank=bank))
    other = layout([batteries[index] for index in order], arrangement, 2)
    assert named(feed(diagnosis_of(batteries, bank), samples)) == named(
        feed(diagnosis_of(batteries, other), samples)
    )


def scaled(batteries: Sequence[Simple], factor: float) -> list[Simple]:
    return [
        replace(
            one,
            capacity=one.capacity * factor,
            own=one.own / factor,
            path=one.path / factor,
            floor=one.floor * factor,
        )
        for one in batteries
    ]


@SLOW
@given(fault=faults, factor=st.sampled_from([0.5, 1.5, 2.0, 2.8]))
def test_scale_changes_nothing(fault: dict[str, object], factor: float) -> None:
    small = judge(bank_of(fault), steps(-24, -60), 30)
    large = judge(scaled(bank_of(fault), factor), steps(-24 * factor, -60 * factor), 30)
    assert told(large) == told(small)


@SLOW
@given(fault=faults, seed=st.randoms(use_true_random=False))
def test_removing_data_never_creates_a_finding(fault: dict[str, object], seed: object) -> None:
    samples = list(run(bank_of(fault), steps(-24, -60), 40))
    chance = seed.random  # type: ignore[attr-defined]
    thinned = []
    for sample in samples:
        kept = {name: one for name, one in sample.batteries.items() if chance() > 0.15}
        lost = frozenset(sample.batteries) - frozenset(kept)
        thinned.append(replace(sample, batteries=kept, missing=lost))
    whole = ever(diagnosis_of(bank_of(fault)), samples)
    kinds = {(kind, batteries) for kind, _, batteries in whole}
    found = {
        (kind, batteries)
        for kind, _, batteries in ever(diagnosis_of(bank_of(fault)), thinned)
        if kind != Kind.WEAK_LINK
    }
    assert found <= kinds


@pytest.mark.parametrize("field", ["voltage", "current", "soc", "cells"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("battery", ["B0", "B1"])
def test_removing_a_quantity_never_creates_a_finding(
    fault: dict[str, object], field: str, battery: str
) -> None:
    samples = list(run(bank_of(fault), steps(-24, -60), 40))
    nothing = () if field == "cells" else None
    poorer = [
        replace(
            sample,
            batteries={
                name: replace(one, **{field: nothing}) if name == battery else one  # type: ignore[arg-type]
                for name, one in sample.batteries.items()
            },
        )
        for sample in samples
    ]
    whole = {
        (kind, batteries) for kind, _, batteries in ever(diagnosis_of(bank_of(fault)), samples)
    }
    found = {(kind, batteries) for kind, _, batteries in ever(diagnosis_of(bank_of(fault)), poorer)}
    assert found <= whole


@pytest.mark.parametrize("field", ["voltage", "current", "soc", "capacity", "cells"])
@pytest.mark.parametrize("arrangement", list(Arrangement))
def test_what_is_not_reported_is_not_judged(field: str, arrangement: Arrangement) -> None:
    empty = () if field == "cells" else None
    batteries = [Simple(name=f"B{n}", reported={field: empty}) for n in range(4)]
    size = 2 if arrangement not in (Arrangement.PARALLEL, Arrangement.SERIES) else None
    state = judge(batteries, steps(-24, -60), 30, bank=layout(batteries, arrangement, size))
    assert state.findings == ()


def test_nothing_at_all_is_no_finding() -> None:
    diagnosis = diagnosis_of(bank_of({}))
    state: BankState | None = None
    for minute in range(30):
        state = diagnosis.update(
            BankSample(time=minute * 60.0, batteries={}, missing=frozenset(("B0", "B1", "B2")))
        )
    assert state is not None
    assert state.findings == ()
    assert state.share == {}


@pytest.mark.parametrize(
    ("arrangement", "fault", "expected"),
    [
        (Arrangement.PARALLEL_GROUPS, {"path": 0.030}, ("asymmetric_current_sharing", ("B1",))),
        (Arrangement.SERIES_STRINGS, {"path": 0.060}, ("asymmetric_current_sharing", ("B0", "B1"))),
        (Arrangement.PARALLEL_GROUPS, {"connected": False}, ("not_participating", ("B1",))),
        (Arrangement.SERIES_STRINGS, {"connected": False}, ("not_participating", ("B0", "B1"))),
    ],
)
def test_share_is_judged_in_groups_and_strings(
    arrangement: Arrangement, fault: dict[str, object], expected: tuple[str, tuple[str, ...]]
) -> None:
    batteries = bank_of(fault, 4)
    state = judge(batteries, steps(-24, -60), 30, bank=layout(batteries, arrangement, 2))
    assert expected in {(one.kind.value, one.batteries) for one in state.findings}


def test_unequal_currents_along_a_string_are_refused() -> None:
    batteries = [Simple(name="A"), Simple(name="B", gain=0.6), Simple(name="C"), Simple(name="D")]
    bank = layout(batteries, Arrangement.SERIES_STRINGS, 2)
    state = judge(batteries, steps(-24, -60), 30, bank=bank)
    reasons = {one.reason for one in state.not_judged if one.kind is Kind.NOT_PARTICIPATING}
    assert reasons == {"unequal_string_current"}
    assert Kind.ASYMMETRIC_CURRENT_SHARING not in {one.kind for one in state.findings}
