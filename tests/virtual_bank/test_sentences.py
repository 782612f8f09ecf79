"""Whatever the diagnosis says of any bank, it says in a whole sentence of the translations."""

from collections.abc import Iterator
import json
from pathlib import Path

import pytest

from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis, Options
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding
from custom_components.lifepo4_bank.core.diagnosis.naming import Naming
from custom_components.lifepo4_bank.core.diagnosis.sentence import keys, placeholders, sentence
from virtual_bank.casebook import KINDS, make_case
from virtual_bank.cases import Case

FILE = Path(__file__).parents[2] / "custom_components/lifepo4_bank/translations/en.json"
TEXTS = json.loads(FILE.read_text("utf-8"))
COMMON: dict[str, str] = TEXTS["common"]


def all_said(case: Case) -> Iterator[Finding]:
    """Every finding, once for each set of numbers that it ever has."""
    diagnosis = Diagnosis(case.bank.layout, case.batteries, Options(**case.options))
    seen: set[object] = set()
    for sample in case.samples():
        for finding in diagnosis.update(sample).findings:
            known = finding.identity, finding.cause, keys(finding), frozenset(finding.evidence)
            if known not in seen:
                seen.add(known)
                yield finding


def titles(finding: Finding) -> list[str]:
    """Those of the issues that could be made of it."""
    keys = str(finding.kind), f"{finding.kind}_{finding.cause}"
    return [TEXTS["issues"][key]["title"] for key in keys if key in TEXTS["issues"]]


def is_whole(said: str) -> bool:
    """Whether no number and no word is left out."""
    return said.endswith(".") and not set("?{}") & set(said)


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("name", list(KINDS))
def test_every_number_of_a_sentence_is_known(name: str, number: int) -> None:
    case = make_case(name, "tuning", number)
    naming = Naming(case.batteries, case.bank.layout, COMMON)
    for finding in all_said(case):
        said = sentence(finding, naming)
        assert is_whole(said), said
        assert " and " not in naming.unit(finding.batteries), said
        for title in titles(finding):
            told = title.format(bank="Bank", **placeholders(finding, naming))
            assert is_whole(f"{told}."), told
