"""The others must carry the load of a battery that is switched off, and prove it before."""

from dataclasses import replace

import pytest

from custom_components.lifepo4_bank.core.battery import Battery
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from custom_components.lifepo4_bank.core.verdict import Conduction, Mosfet
from tests.core.interlock_bank import NOW, answers, healthy, off, reading, spoil


@pytest.mark.parametrize(
    ("current", "limit", "allowed"),
    [(-24.9, None, True), (-25.1, None, False), (-50.0, 100.0, True), (-50.1, 100.0, False)],
)
def test_two_must_be_able_to_carry_what_both_carried(
    current: float, limit: float | None, allowed: bool
) -> None:
    seen = replace(healthy(), max_battery_current=limit)
    for battery in "AB":
        seen = spoil(seen, battery, current=current)
    verdict = off(seen)
    assert verdict.allowed is allowed
    check = next(c for c in verdict.checks if c.key == "others_can_carry")
    assert check.numbers["load_A"] == pytest.approx(-2 * current)
    if not allowed:
        assert check.batteries == ("B",)
        assert check.numbers["burden_A"] == pytest.approx(-2 * current)
        assert check.numbers["limit_A"] == (limit or 50.0)


@pytest.mark.parametrize(("current", "allowed"), [(-22.1, True), (-22.3, False)])
def test_three_may_share_unevenly(current: float, allowed: bool) -> None:
    # Fair is half of 3 x 22.2 A each; half as much again makes 50 A.
    seen = healthy("1S3P")
    for battery in "ABC":
        seen = spoil(seen, battery, current=current)
    assert off(seen).allowed is allowed


def test_the_larger_battery_takes_the_larger_part() -> None:
    seen = healthy("1S3P", max_battery_current=30.0)
    seen = spoil(seen, "B", capacity=300.0)
    assert answers(off(seen)) == {}
    seen = spoil(seen, "A", current=-11.0)
    # min(31, 1.5 x 31 x 300/400) = 31 A for B
    assert answers(off(seen)) == {"others_can_carry": ("refused", ("B",))}


def test_an_unknown_capacity_is_only_asked_for_under_load() -> None:
    seen = spoil(healthy(), "B", capacity=None)
    assert answers(off(seen)) == {"others_can_carry": ("unknown", ("B",))}
    entered = {**seen.batteries, "B": Battery(id="B", name="B", capacity=100)}
    assert off(replace(seen, batteries=entered)).allowed
    for battery in "AB":
        seen = spoil(seen, battery, current=0.0)
    assert off(seen).allowed


def test_charge_goes_to_the_others_when_charging_is_switched_off() -> None:
    seen = healthy(conduction={b: Conduction(took=NOW - 60) for b in "AB"})
    for battery in "AB":
        seen = spoil(seen, battery, current=26.0)
    assert answers(off(seen, mosfet=Mosfet.CHARGE)) == {"others_can_carry": ("refused", ("B",))}


def test_a_string_is_as_large_as_its_smallest_battery() -> None:
    seen = spoil(healthy("strings"), "D", capacity=30.0)
    for battery in "ABCD":
        seen = spoil(seen, battery, current=-8.0)
    assert answers(off(seen)) == {"others_can_carry": ("refused", ("C", "D"))}
    for battery in "ABCD":
        seen = spoil(seen, battery, current=-7.0)
    assert off(seen).allowed


def test_nothing_flows_so_nothing_is_taken_over() -> None:
    seen = healthy()
    for battery in "AB":
        seen = spoil(seen, battery, current=0.0)
    check = next(c for c in off(seen).checks if c.key == "others_can_carry")
    assert check.numbers == {"load_A": 0.0}
    charged = spoil(spoil(seen, "A", current=30.0), "B", current=40.0)
    check = next(c for c in off(charged).checks if c.key == "others_can_carry")
    assert check.numbers == {"load_A": 0.0}, "charge is no load"


def test_in_strings_the_others_are_the_other_strings() -> None:
    seen = healthy("strings")
    # B is in the string of A: it opens with it and need not be proven.
    seen = replace(seen, conduction={b: Conduction(gave=NOW - 60) for b in "CD"})
    assert off(seen).allowed
    seen = replace(seen, conduction={b: Conduction(gave=NOW - 60) for b in "ABC"})
    assert answers(off(seen)) == {"others_proven": ("unknown", ("D",))}


def test_in_groups_the_others_are_the_own_group() -> None:
    seen = replace(healthy("groups"), conduction={"B": Conduction(gave=NOW - 60)})
    assert off(seen).allowed


def test_strings_are_compared_and_loaded_as_a_whole() -> None:
    seen = spoil(healthy("strings"), "C", voltage=13.0)
    seen = spoil(seen, "D", voltage=13.2)
    assert off(seen).allowed, "26.2 V on both"
    seen = spoil(seen, "D", voltage=13.5)
    assert answers(off(seen)) == {"others_proven": ("refused", ("C", "D"))}


def test_without_proof_that_the_others_conduct_it_tells_what_would_prove_it() -> None:
    seen = replace(healthy(), conduction={"A": Conduction(gave=NOW - 60)})
    verdict = off(seen)
    assert answers(verdict) == {"others_proven": ("unknown", ("B",))}
    assert verdict.reasons[0].numbers == {"load_A": 10.0, "load_s": 60.0}
    assert off(replace(seen, powers_home_assistant=False)).allowed
    assert off(seen, force=True).allowed


def test_coarse_batteries_need_a_larger_load_to_prove_themselves() -> None:
    coarse = {b: Battery(id=b, name=b, detection_floor=4.5) for b in "ABC"}
    verdict = off(healthy("1S3P", batteries=coarse, conduction={}))
    assert verdict.reasons[0].numbers["load_A"] == 21.0


def test_the_coarsest_battery_decides_what_would_prove() -> None:
    mixed = {
        "A": Battery(id="A", name="A"),
        "B": Battery(id="B", name="B", detection_floor=0.5),
        "C": Battery(id="C", name="C", detection_floor=4.0),
    }
    verdict = off(healthy("1S3P", batteries=mixed, conduction={}))
    assert verdict.reasons[0].numbers["load_A"] == 18.0
    unknown = healthy("1S3P", batteries={}, conduction={})
    four = replace(unknown, batteries={b: Battery(id=b, name=b) for b in "ABC"})
    assert off(four).reasons[0].numbers["load_A"] == 10.0
    many = Layout.of(Arrangement.PARALLEL, "ABCDEF")
    six = healthy(
        layout=many, samples={b: reading(b) for b in "ABCDEF"}, batteries={}, conduction={}
    )
    assert off(six).reasons[0].numbers["load_A"] == 14.0, "six times 1.5 A, and half as much again"


@pytest.mark.parametrize(
    ("proof", "proven"),
    [
        (Conduction(gave=NOW - 3600), True),
        (Conduction(took=NOW - 3600), True),
        (Conduction(gave=NOW - 3601), False),
        (Conduction(gave=NOW + 1), False),
        (Conduction(), False),
    ],
)
def test_proof_lasts_an_hour(proof: Conduction, proven: bool) -> None:
    verdict = off(healthy(conduction={"B": proof}))
    assert verdict.allowed is proven


def test_proof_of_this_very_moment_counts() -> None:
    assert off(healthy(conduction={"B": Conduction(gave=NOW)})).allowed


def test_proof_from_the_future_is_none() -> None:
    assert not off(healthy(conduction={"B": Conduction(gave=NOW + 0.05)})).allowed


def test_proof_needs_the_voltage() -> None:
    given = answers(off(spoil(healthy(), "B", voltage=None)))
    assert given["others_proven"] == ("unknown", ("B",))


@pytest.mark.parametrize(("voltage", "allowed"), [(13.179, True), (13.181, False), (13.019, False)])
def test_the_others_must_show_the_voltage_of_the_same_bus(voltage: float, allowed: bool) -> None:
    # 50 mV, and 3 mOhm of cable at 10 A.
    verdict = off(spoil(healthy(), "B", voltage=voltage))
    assert verdict.allowed is allowed
    if not allowed:
        assert answers(verdict) == {"others_proven": ("refused", ("B",))}


def test_exactly_at_the_limit_of_one_bus_is_allowed() -> None:
    seen = spoil(healthy(), "A", voltage=0.05, current=0.0)
    assert "others_proven" not in answers(off(spoil(seen, "B", voltage=0.0, current=0.0)))


def test_the_larger_current_decides_how_far_voltages_may_differ() -> None:
    seen = spoil(healthy(), "B", current=0.0, voltage=13.179)
    assert off(seen).allowed


def test_a_string_may_drop_more_on_its_way_to_the_bus() -> None:
    # 2 x 50 mV, and 2 x 3 mOhm at 10 A, over both batteries of the string.
    assert off(spoil(healthy("strings"), "D", voltage=13.259)).allowed
    assert not off(spoil(healthy("strings"), "D", voltage=13.261)).allowed


def test_a_mosfet_that_closes_by_itself_while_charging_is_no_proof() -> None:
    seen = spoil(healthy(), "A", current=10.0)
    seen = spoil(seen, "B", current=10.0)
    assert off(seen).allowed, "it gave current a minute ago"
    took = {b: Conduction(took=NOW - 60) for b in "AB"}
    assert answers(off(replace(seen, conduction=took)))["others_on"] == ("unknown", ("B",))
    giving = replace(healthy(), conduction={b: Conduction(gave=NOW - 60) for b in "AB"})
    verdict = off(giving, mosfet=Mosfet.CHARGE)
    assert answers(verdict)["others_on"] == ("unknown", ("B",))
    assert off(replace(giving, conduction=took), mosfet=Mosfet.CHARGE).allowed


@pytest.mark.parametrize(("mosfet", "current"), [(Mosfet.DISCHARGE, 9.0), (Mosfet.CHARGE, -9.0)])
def test_at_rest_the_reported_mosfet_is_believed(mosfet: Mosfet, current: float) -> None:
    for own, sure in ((0.0, True), (current, False)):
        seen = spoil(healthy(conduction={}), "B", current=own)
        given = answers(off(seen, mosfet=mosfet)).get("others_on")
        assert given == (None if sure else ("unknown", ("B",)))


@pytest.mark.parametrize(("mosfet", "trickle"), [(Mosfet.DISCHARGE, 0.05), (Mosfet.CHARGE, -0.05)])
def test_even_a_trickle_the_other_way_is_no_proof(mosfet: Mosfet, trickle: float) -> None:
    seen = spoil(healthy(conduction={}), "B", current=trickle)
    assert answers(off(seen, mosfet=mosfet))["others_on"] == ("unknown", ("B",))
