"""The diagnosis must say of every scenario what the scenario is about."""

import pytest

from custom_components.lifepo4_bank.core.battery import Battery
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState
from virtual_bank.polling import Polling, poll
from virtual_bank.scenario import Scenario
from virtual_bank.scenarios import SCENARIOS

HOUR = 3600.0
JUDGED = [name for name in SCENARIOS if name not in ("eight", "sixteen")]


def as_expected(scenario: Scenario, state: BankState) -> bool:
    found = [
        {
            "kind": finding.kind,
            "cause": finding.cause,
            "batteries": finding.batteries,
            "severity": finding.severity.name,
        }
        for finding in state.findings
    ]
    return state.status == scenario.status and scenario.expects(found)


@pytest.mark.parametrize("name", JUDGED)
def test_is_found_within_an_hour_and_stays_for_another(name: str) -> None:
    scenario = SCENARIOS[name]
    batteries = {
        battery: Battery(
            id=battery,
            name=scenario.name(battery),
            brand=scenario.family(battery).bms.name,
            nominal_voltage=3.2 * scenario.specs[battery].cells,
        )
        for battery in scenario.layout.batteries
    }
    diagnosis = Diagnosis(scenario.layout, batteries)
    verdicts = [
        as_expected(scenario, diagnosis.update(sample))
        for sample in poll(scenario.bank(), 2 * HOUR, Polling())
    ]

    assert True in verdicts[: len(verdicts) // 2]
    assert all(verdicts[len(verdicts) // 2 :])
