"""One battery, a group and a string are called so that one sentence is right for all."""

import pytest

from custom_components.lifepo4_bank.core.battery import Battery
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Kind, Severity
from custom_components.lifepo4_bank.core.diagnosis.naming import Naming
from custom_components.lifepo4_bank.core.diagnosis.sentence import sentence
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from tests.core.test_rules import COMMON

SHARING, SPREAD, CIRCULATING = (
    Kind.ASYMMETRIC_CURRENT_SHARING, Kind.SOC_MISMATCH, Kind.CIRCULATING_CURRENT,
)  # fmt: skip
PARALLEL, SERIES, GROUPS, STRINGS = (
    Arrangement.PARALLEL, Arrangement.SERIES, Arrangement.PARALLEL_GROUPS,
    Arrangement.SERIES_STRINGS,
)  # fmt: skip
NAMES = {"P": "Port, aft", "Q": "Starboard"}


def naming(arrangement: Arrangement, batteries: str) -> Naming:
    layout = Layout.of(arrangement, batteries, 2)
    known = {b: Battery(id=b, name=NAMES.get(b, b)) for b in batteries}
    return Naming(known, layout, COMMON)


def found(kind: Kind, cause: str, batteries: str, **evidence: float | str) -> Finding:
    return Finding(
        kind=kind, cause=cause, severity=Severity.WARNING, batteries=tuple(batteries),
        first_seen=0.0, last_seen=0.0, evidence=evidence,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arrangement", "bank", "kind", "batteries", "unit", "others"),
    [
        (PARALLEL, "PQ", SHARING, "P", "Port, aft", "Starboard"),
        (PARALLEL, "ABC", SHARING, "A", "A", "the others"),
        (SERIES, "PQ", SPREAD, "Q", "Starboard", "Port, aft"),
        (GROUPS, "ABCD", SHARING, "C", "C", "D"),
        (GROUPS, "ABCD", SPREAD, "C", "C", "the others"),
        (GROUPS, "ABCD", SPREAD, "CD", "Group C + D", "Group A + B"),
        (STRINGS, "ABCD", SHARING, "AB", "String A + B", "String C + D"),
        (STRINGS, "ABCDEF", SHARING, "AB", "String A + B", "the others"),
        (STRINGS, "ABCD", SPREAD, "A", "A", "the others"),
    ],
)
def test_what_a_finding_is_about_and_what_is_beside(
    arrangement: Arrangement, bank: str, kind: Kind, batteries: str, unit: str, others: str
) -> None:
    names = naming(arrangement, bank)
    finding = found(kind, "unknown", batteries)
    assert names.unit(finding.batteries) == unit
    assert names.others(finding) == others


@pytest.mark.parametrize(
    ("arrangement", "bank", "taker", "giver", "says"),
    [
        (PARALLEL, "PQ", "Q", "Port, aft", "Starboard is being charged with 5.2 A by Port, aft:"),
        (
            STRINGS,
            "ABCD",
            "AB",
            "C, D",
            "String A + B is being charged with 5.2 A by String C + D:",
        ),
        (PARALLEL, "PQ", "Q", "Renamed", "Starboard is being charged with 5.2 A by Renamed:"),
    ],
)
def test_what_gives_the_current(
    arrangement: Arrangement, bank: str, taker: str, giver: str, says: str
) -> None:
    finding = found(CIRCULATING, "voltage_offset", taker, circulating_A=5.2, giver=giver)
    assert sentence(finding, naming(arrangement, bank)).startswith(says)
