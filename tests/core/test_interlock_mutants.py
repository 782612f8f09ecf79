"""No expression of the interlock can be spoilt without a test of it failing."""

from types import ModuleType

import pytest

from custom_components.lifepo4_bank.core import branch, interlock, takeover, verdict
from tests.core import (
    test_interlock,
    test_interlock_on,
    test_interlock_others,
    test_interlock_stay_off,
)
from tests.core.mutants import calls, mutants, survives

TESTS = (test_interlock, test_interlock_others, test_interlock_on, test_interlock_stay_off)
EQUIVALENT = {
    "abs(gap) > limit -> abs(gap) >= limit",
    "{0} > {1} -> {0} >= {1}".format("abs(left - right)", "SAME_BUS * nominal / NOMINAL + drop"),
}
"""Mutants that differ only on a limit itself, which rounding never lets a sum of floats hit."""


@pytest.mark.parametrize(
    ("module", "least"), [(interlock, 90), (takeover, 140), (branch, 80), (verdict, 7)]
)
def test_every_mutant_is_noticed(module: ModuleType, least: int) -> None:
    tests = [test for file in TESTS for test in calls(file)]
    for test in tests:
        test()
    spoilt = list(mutants(module))
    assert len(spoilt) >= least
    alive = [str(m) for m in spoilt if survives(module, m, tests)]
    unexpected = [m for m in alive if m.partition(": ")[2] not in EQUIVALENT]
    assert not unexpected, f"{len(unexpected)} of {len(spoilt)}:\n" + "\n".join(unexpected)
