"""Branch currents against golden numbers, checked by hand and against published cases."""

import pytest

from custom_components.lifepo4_bank.core.circuit import (
    OPEN,
    Branch,
    CircuitError,
    TakeOff,
    busbar,
    ladder,
    solve,
)


def chain(own: float, link: float, take_off: TakeOff) -> list[float]:
    """Currents of four like batteries under 100 A of load, as discharge."""
    sharing = ladder(
        [13.2] * 4,
        [own] * 4,
        -100.0,
        plus_links=[link] * 3,
        minus_links=[link] * 3,
        take_off=take_off,
    )
    return [-current for current in sharing.currents]


@pytest.mark.parametrize(
    ("own", "link", "take_off", "expected"),
    [
        (0.020, 0.0015, TakeOff.ONE_END, [35.8, 26.1, 20.4, 17.7]),
        (0.020, 0.0015, TakeOff.DIAGONAL, [26.7, 23.3, 23.3, 26.7]),
        (0.001, 0.001, TakeOff.DIAGONAL, [37.5, 12.5, 12.5, 37.5]),
        (0.001, 0.0001, TakeOff.DIAGONAL, [27.3, 22.7, 22.7, 27.3]),
    ],
)
def test_daisy_chain(own: float, link: float, take_off: TakeOff, expected: list[float]) -> None:
    assert chain(own, link, take_off) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(
    ("own", "expected"),
    [(0.010, [154, 105, 77, 64]), (0.020, [130, 104, 87, 79])],
)
def test_one_end_take_off_in_percent_of_fair(own: float, expected: list[float]) -> None:
    shares = [current / 25 * 100 for current in chain(own, 0.001, TakeOff.ONE_END)]
    assert shares == pytest.approx(expected, abs=0.6)


def test_a_worse_leg_to_the_busbar_takes_less() -> None:
    sharing = busbar([13.2, 13.2], [0.015, 0.010], -100.0)
    assert sharing.currents == pytest.approx([-40.0, -60.0])
    assert sharing.voltage == pytest.approx(13.2 - 0.6)


def test_unlike_voltages_circulate_without_load() -> None:
    sharing = busbar([13.24, 13.20], [0.010, 0.010], 0.0)
    assert sharing.currents == pytest.approx([-2.0, 2.0])


def test_busbar_is_a_ladder_without_link_resistance() -> None:
    voltages, resistances = [13.25, 13.20, 13.22], [0.012, 0.020, 0.016]
    expected = busbar(voltages, resistances, -60.0)
    links = [0.0, 0.0]
    for take_off in TakeOff:
        got = ladder(
            voltages, resistances, -60.0, plus_links=links, minus_links=links, take_off=take_off
        )
        assert got.currents == pytest.approx(expected.currents)
        assert got.voltage == pytest.approx(expected.voltage)


def test_an_isolated_battery_carries_nothing_and_the_others_all() -> None:
    sharing = busbar([13.2, 13.3, 13.2], [0.02, OPEN, 0.02], -50.0)
    assert sharing.currents == pytest.approx([-25.0, 0.0, -25.0])
    links = [0.001, 0.001]
    got = ladder([13.2] * 3, [0.02, OPEN, 0.02], -50.0, plus_links=links, minus_links=links)
    assert got.currents[1] == 0.0
    assert sum(got.currents) == pytest.approx(-50.0)
    assert abs(got.currents[0]) > abs(got.currents[2])


def test_charge_and_discharge_mirror_each_other() -> None:
    links = [0.001] * 3
    arguments = ([13.2] * 4, [0.01] * 4)
    load = ladder(*arguments, -80.0, plus_links=links, minus_links=links)
    charge = ladder(*arguments, 80.0, plus_links=links, minus_links=links)
    assert charge.currents == pytest.approx([-current for current in load.currents])


def test_any_network_keeps_both_laws_of_kirchhoff() -> None:
    branches = [
        Branch("a", "ground", 0.02, 13.3),
        Branch("b", "ground", 0.03, 13.1),
        Branch("a", "b", 0.005),
        Branch("b", "c", 0.004),
        Branch("c", "ground", 0.02, 13.2),
    ]
    solution = solve(branches, {"c": -40.0, "ground": 40.0})
    sums = dict.fromkeys("abc", 0.0)
    for branch, current in zip(branches, solution.currents, strict=True):
        drop = solution.potentials[branch.plus] - solution.potentials[branch.minus]
        assert drop == pytest.approx(branch.voltage + current * branch.resistance)
        for node, sign in ((branch.plus, 1), (branch.minus, -1)):
            if node != "ground":
                sums[str(node)] += sign * current
    assert sums == pytest.approx({"a": 0.0, "b": 0.0, "c": -40.0})


def test_series_groups_carry_the_same_current() -> None:
    branches = [
        Branch("middle", "minus", 0.01, 13.2),
        Branch("middle", "minus", 0.03, 13.2),
        Branch("plus", "middle", 0.02, 13.2),
        Branch("plus", "middle", 0.02, 13.2),
    ]
    solution = solve(branches, {"plus": -40.0, "minus": 40.0})
    assert solution.currents == pytest.approx([-30.0, -10.0, -20.0, -20.0])


def test_parts_without_a_way_for_the_current_are_refused() -> None:
    with pytest.raises(CircuitError):
        busbar([13.2, 13.2], [OPEN, OPEN], -1.0)
    with pytest.raises(CircuitError):
        solve([Branch("a", "b", OPEN, 13.2)], {"a": -1.0, "b": 1.0})
    with pytest.raises(CircuitError):
        solve([Branch("a", "b", 0.0)], {})
    with pytest.raises(CircuitError):
        busbar([13.2], [-0.01], 0.0)
    assert busbar([13.2], [OPEN], 0.0).currents == (0.0,)
    assert solve([Branch("a", "b", OPEN, 13.2)], {}).currents == (0.0,)
