"""Every scenario must be what it tells, and give the rules something to judge."""

from collections.abc import Mapping
from typing import Any

import pytest

from virtual_bank.scenario import Scenario
from virtual_bank.scenarios import SCENARIOS

HOUR = 3600
QUIET = {"small_load", "fuller_first", "before_joining"}
"""Stories of a load too small to judge shares by, or of none."""


@pytest.fixture(params=SCENARIOS, name="scenario")
def _scenario(request: pytest.FixtureRequest) -> Scenario:
    return SCENARIOS[request.param]


def test_load_lets_the_rules_judge_for_six_hours(scenario: Scenario) -> None:
    """At least 10 A at every moment, and no battery runs dry or full in the first hours."""
    bank = scenario.bank()
    quiet = scenario in [SCENARIOS[name] for name in QUIET]
    for _ in range(6 * 6):
        bank.advance(600)
        assert quiet is (abs(bank.current) < 10)
    for battery in scenario.layout.batteries:
        assert 0.05 < bank.truth(battery).soc < 0.999


def test_names_differ(scenario: Scenario) -> None:
    assert len(set(scenario.names)) == len(scenario.layout.batteries)


def test_names_tell_voltage_and_capacity_as_litime_does() -> None:
    assert SCENARIOS["in_sync"].names[0] == "L-24100BNNA70-A00123"
    assert SCENARIOS["series"].names[1] == "L-12100BNNA70-A00124"


def test_healthy_scenarios_share_evenly() -> None:
    for name in ("in_sync", "three_parallel", "four_parallel"):
        scenario = SCENARIOS[name]
        bank = scenario.bank()
        for _ in range(12):
            bank.advance(600)
            currents = [bank.truth(battery).current for battery in scenario.layout.batteries]
            fair = sum(currents) / len(currents)
            assert all(0.85 < current / fair < 1.15 for current in currents)


def finding(kind: str, cause: str, *batteries: str, severity: str = "error") -> Mapping[str, Any]:
    return {"kind": kind, "cause": cause, "batteries": batteries, "severity": severity}


def test_expectations_are_met_by_address_and_by_name() -> None:
    scenario = SCENARIOS["asymmetric_wiring"]
    battery, name = scenario.layout.batteries[1], scenario.names[1]
    sharing = "asymmetric_current_sharing"

    assert scenario.expects([finding(sharing, "path_resistance", battery)])
    assert scenario.expects([finding(sharing, "path_resistance", name)])
    assert not scenario.expects([])
    assert not scenario.expects([finding(sharing, "internal_resistance", battery)])
    assert not scenario.expects([finding(sharing, "path_resistance", scenario.names[0])])


def test_only_notes_may_come_unexpected() -> None:
    scenario = SCENARIOS["in_sync"]

    assert scenario.expects([])
    assert scenario.expects([finding("storage", "", severity="note")])
    assert not scenario.expects([finding("storage", "", severity="warning")])
