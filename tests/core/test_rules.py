"""The table of rules: in order, complete, and told in sentences."""

from dataclasses import replace
from itertools import pairwise
import json
from pathlib import Path
from string import Formatter

import pytest

from custom_components.lifepo4_bank.core.battery import Battery
from custom_components.lifepo4_bank.core.diagnosis.finding import (
    Finding,
    Kind,
    NotJudged,
    Severity,
    WhyNot,
)
from custom_components.lifepo4_bank.core.diagnosis.naming import Naming
from custom_components.lifepo4_bank.core.diagnosis.rules import (
    BY_SCALE,
    RULES,
    Rule,
    Scale,
    rules_table,
)
from custom_components.lifepo4_bank.core.diagnosis.sentence import (
    CAUSES,
    HIGH_CAUSES,
    keys,
    placeholders,
    sentence,
    why_not,
)
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout

FILE = Path(__file__).parents[2] / "custom_components/lifepo4_bank/translations/en.json"
COMMON: dict[str, str] = json.loads(FILE.read_text("utf-8"))["common"]
SENTENCES = {name: text for name, text in COMMON.items() if name.startswith("finding_")}
REASONS = {name: text for name, text in COMMON.items() if name.startswith("not_judged_")}


PAIR = Naming({}, Layout.of(Arrangement.PARALLEL, "AB"), COMMON)


def found(kind: Kind, cause: str, **evidence: float | str) -> Finding:
    return Finding(
        kind=kind, cause=cause, severity=Severity.WARNING, batteries=("A",), first_seen=0.0,
        last_seen=0.0, evidence=evidence,
    )  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_trip_and_clear_are_in_the_right_order(rule: Rule) -> None:
    assert rule.trip != rule.clear
    assert rule.trips(rule.trip)
    assert rule.clears(rule.clear)
    assert not rule.trips(rule.clear)
    assert not rule.clears(rule.trip)
    middle = (rule.trip + rule.clear) / 2
    assert not rule.trips(middle)
    assert not rule.clears(middle)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_rule_has_a_source_and_sane_times(rule: Rule) -> None:
    assert rule.source
    assert rule.unit
    assert 0 <= rule.hold <= 1800
    assert 0 <= rule.release <= 1800


def test_keys_are_unique() -> None:
    assert len({rule.key for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("scale", Scale)
def test_worse_severities_need_worse_values(scale: Scale) -> None:
    rules = sorted(BY_SCALE[scale], key=lambda rule: rule.severity)
    assert rules
    assert len({rule.kind for rule in rules}) == 1
    for milder, worse in pairwise(rules):
        assert milder.trips(worse.trip)
        assert milder.severity < worse.severity


def test_every_kind_has_a_rule_and_causes() -> None:
    assert {rule.kind for rule in RULES} == set(Kind) == set(CAUSES)


def expected() -> set[str]:
    names: set[str] = set()
    for kind, causes in CAUSES.items():
        for cause in causes or ("any",):
            for share in (30.0, 70.0) if cause in HIGH_CAUSES else (30.0,):
                shares = {"share_percent": share, "fair_share_percent": 50.0}
                equal = {"own_mOhm": 15.0, "others_own_mOhm": 15.0}
                names.update(keys(found(kind, cause, **shares)))
                names.update(keys(found(kind, cause, **shares, **equal)))
    return names


def test_every_cause_has_a_sentence_and_every_sentence_a_cause() -> None:
    assert expected() == set(SENTENCES)


def test_every_reason_not_to_judge_has_a_sentence_and_every_sentence_a_reason() -> None:
    assert {f"not_judged_{reason}" for reason in WhyNot} == set(REASONS)
    for reason in WhyNot:
        said = why_not(NotJudged(Kind.SOC_MISMATCH, reason, ("A", "B")), PAIR)
        assert "A and B" in said
        assert "{" not in said


@pytest.mark.parametrize("name", sorted(SENTENCES | REASONS))
def test_a_sentence_is_one_a_person_can_read(name: str) -> None:
    text = COMMON[name]
    assert text[0].isupper() or text.startswith("{")
    assert text.endswith(".")
    assert len(text) < 330
    fields = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    assert all(field.isidentifier() for field in fields)


def test_sentence_names_battery_and_numbers() -> None:
    finding = found(
        Kind.ASYMMETRIC_CURRENT_SHARING, "path_resistance", share_percent=31.4,
        fair_share_percent=50.0, own_mOhm=15.2, path_excess_mOhm=6.04,
    )  # fmt: skip
    port = replace(PAIR, batteries={"A": Battery(id="A", name="Port")})
    assert sentence(finding, port) == (
        "Port carries 31 % of the load instead of 50 %. Its own resistance (15 mΩ) is not to blame: "
        "its cables, lugs or fuse add about 6.0 mΩ too much. Check them."
    )


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"own_mOhm": 15.2}, "resist the current more than those of B"),
        ({"path_excess_mOhm": 6.04}, "add about 6.0 mΩ too much"),
        ({}, "resist the current more than those of B"),
    ],
)
def test_a_number_that_is_not_known_is_left_out(known: dict[str, float], says: str) -> None:
    shares = {"share_percent": 31.4, "fair_share_percent": 50.0}
    finding = found(Kind.ASYMMETRIC_CURRENT_SHARING, "path_resistance", **shares, **known)
    said = sentence(finding, PAIR)
    assert said.startswith("A carries 31 % of the load instead of 50 %")
    assert says in said
    assert "?" not in said


@pytest.mark.parametrize(
    ("share", "own", "says"),
    [
        (31.4, 33.0, "its own resistance is 33 mΩ, that of B 12 mΩ"),
        (31.4, 12.0, "for its size its own resistance is high (12 mΩ, that of B 12 mΩ)"),
        (70.0, 6.0, "the resistance of B is higher (12 mΩ, here 6.0 mΩ)"),
        (70.0, 12.0, "for its size its own resistance is low (12 mΩ, that of B 12 mΩ)"),
    ],
)
def test_resistances_are_compared_by_size_where_sizes_differ(
    share: float, own: float, says: str
) -> None:
    """As a battery of half the size may have twice the resistance and be well."""
    finding = found(
        Kind.ASYMMETRIC_CURRENT_SHARING, "internal_resistance", share_percent=share,
        fair_share_percent=50.0, own_mOhm=own, others_own_mOhm=12.0,
    )  # fmt: skip
    assert says in sentence(finding, PAIR)


def test_what_has_no_sentence_is_told_in_catchwords() -> None:
    """Such as a finding that an older version saved, with other numbers."""
    assert sentence(found(Kind.SOC_MISMATCH, "unknown"), PAIR) == "soc mismatch: A"
    bank = replace(found(Kind.STORAGE, "too_full"), batteries=())
    assert sentence(bank, PAIR) == "storage"


def test_several_batteries_are_listed() -> None:
    finding = Finding(
        kind=Kind.SOC_MISMATCH, cause="unknown", severity=Severity.NOTE, batteries=("A", "B"),
        first_seen=0.0, last_seen=0.0, evidence={"circulating_A": -2.345},
    )  # fmt: skip
    filled = placeholders(finding, PAIR)
    assert filled == {"battery": "A and B", "others": "the others", "circulating_A": "2.3"}


def test_table_for_the_readme_has_every_rule() -> None:
    lines = rules_table().splitlines()
    assert len(lines) == len(RULES) + 2
    assert len({line.count("|") for line in lines}) == 1
    assert all(rule.source in line for rule, line in zip(RULES, lines[2:], strict=True))
