"""Cells of a battery that are apart, and where that says something."""

import pytest

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Severity
from tests.core.judging import finding, judge, silent
from tests.core.simple_bank import Simple

LOW = (3.05, 3.28, 3.28, 3.29)


def test_a_cell_near_empty_beside_others_that_are_not_is_the_weak_one() -> None:
    state = judge([Simple(name="A"), Simple(name="B", reported={"cells": LOW})], -5.0, 20)
    found = finding(state, Kind.CELL_IMBALANCE)
    assert (found.cause, found.batteries, found.severity) == ("low_cell", ("B",), Severity.WARNING)
    assert found.evidence["cell"] == "1"


@pytest.mark.parametrize(
    "reported",
    [
        {"cells": LOW, "soc": 0.1},
        {"cells": LOW, "soc": None},
        {"cells": (3.02, 3.05, 3.08, 3.28)},
        {"cells": (3.05, 3.28, 3.28, 3.45)},
    ],
    ids=["all are nearly empty", "no counter", "most are low", "one is full"],
)
def test_in_a_knee_cells_are_apart_by_themselves(reported: dict[str, object]) -> None:
    state = judge([Simple(name="A"), Simple(name="B", reported=reported)], -5.0, 20)
    assert Kind.CELL_IMBALANCE not in {found.kind for found in state.findings}
    assert silent(state, Kind.CELL_IMBALANCE) == {"knee"}
