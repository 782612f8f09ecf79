"""Whatever the diagnosis says of any bank, it says in a whole sentence of the translations."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path

import pytest

from custom_components.lifepo4_bank.core.battery import Battery
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis, Options
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding
from custom_components.lifepo4_bank.core.diagnosis.sentence import keys, sentence
from virtual_bank.casebook import KINDS, make_case
from virtual_bank.cases import Case

FILE = Path(__file__).parents[2] / "custom_components/lifepo4_bank/translations/en.json"
COMMON: dict[str, str] = json.loads(FILE.read_text("utf-8"))["common"]


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


def is_whole(finding: Finding, batteries: Mapping[str, Battery]) -> bool:
    """Whether no number and no word is left out."""
    said = sentence(finding, batteries, COMMON)
    return said.endswith(".") and not set("?{}") & set(said)


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("name", list(KINDS))
def test_every_number_of_a_sentence_is_known(name: str, number: int) -> None:
    case = make_case(name, "tuning", number)
    for finding in all_said(case):
        assert is_whole(finding, case.batteries), (
            finding,
            sentence(finding, case.batteries, COMMON),
        )
