"""Every finding that can become a repair has its steps and its words."""

import json
from pathlib import Path

import pytest

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Severity
from custom_components.lifepo4_bank.core.diagnosis.rules import RULES
from custom_components.lifepo4_bank.core.remedy import HELP, VERIFY, Step, steps

TEXTS = json.loads(
    (Path(__file__).parents[2] / "custom_components/lifepo4_bank/translations/en.json").read_text()
)
REPAIRED = sorted({rule.kind for rule in RULES if rule.severity > Severity.NOTE})
FINDINGS = [key for key in TEXTS["issues"] if key.startswith(tuple(Kind))]
ARTICLE_4_1 = (
    Step.SEPARATE,
    Step.CHECK_EACH,
    Step.WAKE,
    Step.ENABLE,
    Step.CHARGE_REST,
    Step.ALIGN,
    Step.REBUILD,
    Step.LOAD,
)


def split(key: str) -> tuple[Kind, str]:
    """Kind and cause of an issue's key."""
    kind = max((k for k in Kind if key.startswith(k)), key=len)
    return kind, key.removeprefix(kind).removeprefix("_")


@pytest.mark.parametrize("kind", REPAIRED)
def test_every_kind_has_an_issue(kind: Kind) -> None:
    assert kind in TEXTS["issues"]
    assert steps(kind, "a cause that nobody thought of")


@pytest.mark.parametrize("key", FINDINGS)
def test_the_pages_of_an_issue_are_its_steps(key: str) -> None:
    kind, cause = split(key)
    pages = TEXTS["issues"][key]["fix_flow"]["step"]
    assert list(pages) == [*steps(kind, cause), VERIFY]
    for name, page in pages.items():
        assert page["title"]
        assert "{values}" in page["description"]
        if name == VERIFY:
            assert page["submit"] == "Check again"
        else:
            offered = HELP.get(Step(name), ())
            assert list(page["menu_options"]) == [*offered, "again", "next"]
            assert ("{result}" in page["description"]) is bool(offered)


@pytest.mark.parametrize("key", FINDINGS)
def test_a_repair_says_why_it_does_not_end_yet(key: str) -> None:
    errors = {"not_fixed"} | ({"not_carrying"} if steps(*split(key)) == ARTICLE_4_1 else set())
    assert TEXTS["issues"][key]["fix_flow"]["error"].keys() == errors


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (Kind.PROTECTION, "short_circuit"),
        (Kind.LOW_CHARGE, ""),
        (Kind.NOT_PARTICIPATING, "protection"),
    ],
)
def test_a_battery_in_protection_gets_the_whole_troubleshooting(kind: Kind, cause: str) -> None:
    assert steps(kind, cause) == ARTICLE_4_1


def test_a_bank_that_is_low_as_a_whole_is_charged_and_not_taken_apart() -> None:
    assert steps(Kind.LOW_CHARGE, "all_low") == (Step.CHARGE_ALL,)
    assert steps(Kind.LOW_CHARGE, "low") == ARTICLE_4_1


def test_different_voltages_are_never_told_to_be_joined() -> None:
    assert Step.REBUILD not in steps(Kind.MIXED_BATTERIES, "voltage")


@pytest.mark.parametrize("key", FINDINGS)
def test_a_load_comes_before_resync_where_both_can_be(key: str) -> None:
    """As in the article's 3.3; and it proves to the interlock that the others conduct."""
    todo = steps(*split(key))
    if Step.RESYNC in todo and split(key)[1] != "isolated":  # of what is cut off nothing shows
        assert todo.index(Step.LOAD) < todo.index(Step.RESYNC)
