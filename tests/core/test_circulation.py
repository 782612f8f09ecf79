"""Current between batteries: near full and near empty some of it is no fault."""

import pytest

from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Kind, Severity
from tests.core.judging import judge, silent
from tests.core.simple_bank import Simple

CIRCULATING = Kind.CIRCULATING_CURRENT


def nearly_full(counter: float = 0.96) -> BankState:
    # More than full, as the simple bank's curve does not climb at its end.
    batteries = [
        Simple(name="A", soc=1.18, counter=1.0, own=0.018),
        Simple(name="B", soc=0.96, counter=counter, own=0.018),
    ]
    return judge(batteries, 0.0, 7)


def nearly_empty(capacity: float) -> BankState:
    batteries = [
        Simple(name="A", soc=-0.45, counter=0.2, own=0.01, capacity=capacity),
        Simple(name="B", soc=-1.6, counter=0.05, own=0.01, capacity=capacity),
    ]
    return judge(batteries, 0.0, 7)


def severities(state: BankState) -> list[Severity]:
    return [finding.severity for finding in state.findings if finding.kind is CIRCULATING]


def test_the_last_points_even_out_without_a_word() -> None:
    state = nearly_full()
    assert state.circulating_current == pytest.approx(2.2, abs=0.2)
    assert severities(state) == []
    assert "knee" in silent(state, CIRCULATING)


def test_a_battery_that_is_not_nearly_full_is_no_such_case() -> None:
    assert severities(nearly_full(counter=0.80)) == [Severity.WARNING]


def test_only_a_current_that_harms_is_told_near_empty() -> None:
    assert severities(nearly_empty(capacity=120.0)) == []
    assert severities(nearly_empty(capacity=70.0)) == [Severity.ERROR]
