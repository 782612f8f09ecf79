"""Names in a row take every word between them from the translations."""

import pytest

from custom_components.lifepo4_bank.core.wording import faults, listed
from tests.core.test_rules import COMMON

GERMAN = {"list_and": "{first} und {next}", "list_more": "{first}; {next}"}


@pytest.mark.parametrize(
    ("names", "english", "german"),
    [
        ([], "", ""),
        (["A"], "A", "A"),
        (["A", "B"], "A and B", "A und B"),
        (["A", "B", "C", "D"], "A, B, C and D", "A; B; C und D"),
        (["{next}", "{0}"], "{next} and {0}", "{next} und {0}"),
    ],
)
def test_names_in_a_row(names: list[str], english: str, german: str) -> None:
    assert listed(names, COMMON) == english
    assert listed(names, GERMAN) == german
    assert listed(names, {}) == ", ".join(names)


def test_faults_are_told_in_words_as_far_as_there_are_any() -> None:
    texts = {**GERMAN, "flag_short_circuit": "Kurzschluss"}
    assert faults(["short_circuit", "code_4"], texts) == "Kurzschluss; code 4"
    assert faults([], texts) == ""
