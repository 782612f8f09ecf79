"""Cases that the diagnosis once told wrongly, or too late: it shall not do so again."""

import pytest

from virtual_bank.casebook import make_case
from virtual_bank.score import Score, score

SOON = 300.0


def scored(seed: str) -> Score:
    name, number = seed.split("/")
    return score(make_case(name, "tuning", int(number)))


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param("weak_in_groups/104", id="a dead band looked like a sensor that is 15 % off"),
        pytest.param(
            "weak_battery/67", id="charge made up for the fault and gave it another cause"
        ),
        pytest.param(
            "path_gross/345", id="at one load the path looked like a difference of charge"
        ),
        pytest.param("path_in_groups/349", id="what a bad path lets through was too little to see"),
        pytest.param("weak_battery/346", id="one skewed round looked like a circulating current"),
        pytest.param(
            "healthy_2s2p/372", id="a note told why a battery waits that just was not seen"
        ),
        pytest.param("path_moderate/300", id="a load of the other sign began the judgement anew"),
        pytest.param("charge_imbalance/55", id="one step of a coarse voltage gave no resistance"),
        pytest.param("protection_empty/63", id="a point of charge is volts where a cell is empty"),
        pytest.param("one_end_take_off/306", id="right after a load step links count for more"),
        pytest.param("switched_on_again/310", id="a string was uneven by voltage"),
        pytest.param("healthy_day/1446", id="nearly full batteries evened out their last points"),
        pytest.param("healthy_day/1249", id="a few points of charge were amperes of a small load"),
        pytest.param("healthy_day/1889", id="the same, with a line that had just been lost"),
        pytest.param("healthy_day/1580", id="in series no charge can part by unlike currents"),
        pytest.param("healthy_day/1053", id="days of a sensor's offset looked like moved charge"),
    ],
)
def test_it_is_told_right(seed: str) -> None:
    result = scored(seed)
    assert (result.missing, result.wrong) == ((), ())


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param("path_gross/319", id="a small current looked like a large dead band"),
        pytest.param("path_gross/427", id="with a usual resistance a loaded battery seemed full"),
        pytest.param("path_gross/537", id="one step of noise gave a resistance of four batteries"),
        pytest.param("path_gross/316", id="the line waited for three slow polls"),
        pytest.param("path_in_strings/314", id="the load ended before the line was sure"),
        pytest.param("isolated/358", id="a load step in the midst of a round stopped the clock"),
    ],
)
def test_a_gross_fault_is_told_soon(seed: str) -> None:
    result = scored(seed)
    assert result.named_after is not None
    assert result.named_after <= SOON
