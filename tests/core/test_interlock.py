"""Every check of the interlock: what it refuses, what it does not know, what force overrides."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.battery import Battery, BatteryState
from custom_components.lifepo4_bank.core.verdict import Circumstances, Conduction, Mosfet
from tests.core.interlock_bank import NOW, answers, healthy, off, on, spoil

OFF = {"discharge_enabled": False}
ALL_OFF_CHECKS = [
    "switchable",
    "one_at_a_time",
    "in_bank",
    "readings_fresh",
    "no_protection",
    "others_on",
    "not_low",
    "link_holds",
    "others_can_carry",
    "others_proven",
]


def open_a(seen: Circumstances, **changes: Any) -> Circumstances:
    """A is off and rests."""
    return spoil(seen, "A", **({"discharge_enabled": False, "current": 0.0} | changes))


@pytest.mark.parametrize("layout", ["1S2P", "1S3P", "groups", "strings"])
def test_a_healthy_bank_lets_one_battery_go(layout: str) -> None:
    verdict = off(healthy(layout))
    assert verdict.allowed
    assert [check.key for check in verdict.checks] == ALL_OFF_CHECKS


def test_a_battery_in_series_opens_the_whole_bank() -> None:
    verdict = off(healthy("2S1P"))
    assert answers(verdict) == {
        "has_others": ("refused", ("A",)),
        "has_backup": ("refused", ("A",)),
    }
    assert not verdict.allowed
    assert off(healthy("2S1P"), force=True).allowed


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


@pytest.mark.parametrize("force", [False, True])
def test_force_does_not_switch_what_cannot_be_switched(force: bool) -> None:
    seen = replace(healthy(), switchable=frozenset({Mosfet.CHARGE}))
    assert not off(seen, force=force).allowed
    assert not on(seen, force=force).allowed
    assert off(seen, mosfet=Mosfet.CHARGE, force=True).allowed


@pytest.mark.parametrize("force", [False, True])
def test_force_does_not_switch_two_at_a_time(force: bool) -> None:
    seen = replace(healthy(), being_switched=frozenset({"B"}))
    assert answers(off(seen, force=force))["one_at_a_time"] == ("refused", ("B",))
    assert not off(seen, force=force).allowed
    assert not on(seen, force=force).allowed
    assert off(replace(seen, being_switched=frozenset({"A"}))).allowed


def test_a_lone_battery_needs_force() -> None:
    seen = replace(healthy(), layout=None)
    assert answers(off(seen))["in_bank"] == ("unknown", ("A",))
    assert "others_proven" not in {check.key for check in off(seen).checks}
    assert off(seen, force=True).allowed
    assert on(spoil(seen, "A", **OFF)).allowed


@pytest.mark.parametrize(
    ("changes", "fresh"),
    [
        ({"time": NOW - 60}, True),
        ({"time": NOW - 60.1}, False),
        ({"time": NOW + 5}, True),
        ({"time": NOW + 5.1}, False),
        ({"voltage": None}, False),
        ({"current": None}, False),
        ({"soc": None}, False),
    ],
)
def test_every_reading_must_be_new_and_complete(changes: dict[str, Any], fresh: bool) -> None:
    verdict = off(spoil(healthy(), "B", **changes))
    assert ("readings_fresh" not in answers(verdict)) is fresh
    if not fresh:
        assert answers(verdict)["readings_fresh"] == ("unknown", ("B",))
        assert not verdict.allowed


def test_the_age_of_the_oldest_reading_is_told() -> None:
    check = next(c for c in off(spoil(healthy(), "B", time=NOW - 40)).checks if "fresh" in c.key)
    assert check.numbers == {"oldest_s": 40}
    nothing = replace(healthy(), samples={})
    check = next(c for c in off(nothing).checks if "fresh" in c.key)
    assert check.batteries == ("A", "B")
    assert check.numbers == {}


@pytest.mark.parametrize("battery", ["A", "B"])
def test_protection_forbids(battery: str) -> None:
    seen = spoil(healthy(), battery, protections=("cell_undervoltage",))
    assert answers(off(seen))["no_protection"] == ("refused", (battery,))
    seen = spoil(healthy(), battery, state=BatteryState.PROTECTION)
    assert answers(off(seen))["no_protection"] == ("refused", (battery,))
    seen = spoil(healthy(), battery, state=None)
    assert answers(off(seen))["no_protection"] == ("unknown", (battery,))


def test_only_its_own_protection_keeps_a_battery_from_being_switched_on() -> None:
    seen = open_a(healthy())
    assert on(spoil(seen, "B", protections=("short_circuit",))).allowed
    verdict = on(spoil(seen, "A", protections=("short_circuit",)))
    assert answers(verdict) == {"no_protection": ("refused", ("A",))}


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"discharge_enabled": False}, "refused"),
        ({"discharge_commanded": False}, "refused"),
        ({"state": BatteryState.ASLEEP}, "refused"),
        ({"discharge_enabled": None}, "unknown"),
    ],
)
def test_another_battery_that_is_off_forbids(changes: dict[str, Any], outcome: str) -> None:
    verdict = off(spoil(healthy("1S3P"), "C", **changes))
    assert answers(verdict)["others_on"] == (outcome, ("C",))
    assert off(spoil(healthy("1S3P"), "C", **changes), force=True).allowed


def test_an_open_charge_mosfet_matters_only_for_charging() -> None:
    seen = spoil(healthy(), "B", charge_enabled=False)
    assert off(seen).allowed
    assert answers(off(seen, mosfet=Mosfet.CHARGE))["others_on"] == ("refused", ("B",))


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


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"soc": 0.20}, None),
        ({"soc": 0.19}, "refused"),
        ({"soc": None}, "unknown"),
        ({"voltage": 12.39}, "refused"),
        ({"voltage": None}, "unknown"),
    ],
)
def test_low_charge_forbids(changes: dict[str, Any], outcome: str | None) -> None:
    given = answers(off(spoil(healthy(), "B", **changes))).get("not_low")
    assert given == (outcome and (outcome, ("B",)))


def test_the_lowest_soc_is_told() -> None:
    check = next(c for c in off(spoil(healthy(), "A", soc=0.3)).checks if c.key == "not_low")
    assert check.numbers == {"lowest_soc_pct": pytest.approx(30)}


def test_nominal_voltage_is_told_from_the_reading() -> None:
    seen = replace(healthy(), batteries={})
    assert off(seen).allowed
    for battery in "AB":
        seen = spoil(seen, battery, voltage=24.0)
    assert answers(off(seen))["not_low"] == ("refused", ("A", "B"))


@pytest.mark.parametrize(("link", "outcome"), [(0.8, None), (0.79, "refused"), (None, "unknown")])
def test_a_weak_link_forbids(link: float | None, outcome: str | None) -> None:
    seen = replace(healthy(), link=link)
    assert answers(off(seen)).get("link_holds") == (outcome and (outcome, ("A",)))
    assert on(open_a(seen)).allowed


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


@pytest.mark.parametrize(("voltage", "allowed"), [(13.179, True), (13.181, False), (13.019, False)])
def test_the_others_must_show_the_voltage_of_the_same_bus(voltage: float, allowed: bool) -> None:
    # 50 mV, and 3 mOhm of cable at 10 A.
    verdict = off(spoil(healthy(), "B", voltage=voltage))
    assert verdict.allowed is allowed
    if not allowed:
        assert answers(verdict) == {"others_proven": ("refused", ("B",))}


def test_a_battery_is_not_closed_onto_another_voltage() -> None:
    seen = open_a(healthy(), voltage=13.15)
    seen = spoil(seen, "B", current=0.0)
    assert on(seen).allowed
    assert on(spoil(seen, "B", voltage=13.251)).reasons[0].batteries == ("A",)
    assert not on(spoil(seen, "B", voltage=13.251)).allowed
    assert not on(spoil(seen, "B", voltage=13.049)).allowed
    assert on(spoil(seen, "B", voltage=12.0), force=True).allowed


def test_a_load_lowers_the_bus_below_a_resting_battery() -> None:
    seen = open_a(healthy(), voltage=13.39)
    assert on(seen).allowed, "100 mV and 20 mOhm at 10 A"
    assert not on(spoil(seen, "A", voltage=13.41)).allowed
    assert not on(spoil(seen, "A", voltage=12.9)).allowed, "a load does not lift the bus"
    charged = spoil(seen, "B", current=10.0)
    assert on(spoil(charged, "A", voltage=12.81)).allowed
    assert not on(spoil(charged, "A", voltage=13.3)).allowed


def test_nothing_is_compared_when_no_other_battery_is_on_the_bus() -> None:
    seen = open_a(healthy(), voltage=11.0)
    assert on(spoil(seen, "B", **OFF)).allowed
    assert on(open_a(healthy("2S1P"), voltage=11.0)).allowed
    unsure = spoil(seen, "B", discharge_enabled=None)
    assert answers(on(unsure)) == {"bus_matches": ("unknown", ("B",))}


def test_a_battery_that_is_on_may_be_told_so_again() -> None:
    assert on(spoil(healthy(), "A", voltage=11.0)).allowed


@pytest.mark.parametrize("field", ["voltage", "current"])
def test_a_bus_of_unknown_voltage_is_not_closed_onto(field: str) -> None:
    seen = open_a(healthy("1S3P"))
    assert answers(on(spoil(seen, "C", **{field: None}))) == {"bus_matches": ("unknown", ("A",))}
    blind = spoil(seen, "A", voltage=None)
    assert answers(on(blind)) == {"bus_matches": ("unknown", ("A",))}


def test_each_answer_has_its_sentence() -> None:
    check = off(spoil(healthy(), "B", soc=0.1)).reasons[0]
    assert check.translation_key == "check_not_low_refused"
