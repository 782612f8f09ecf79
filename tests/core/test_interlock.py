"""Every check of the interlock: what it refuses, what it does not know, what force overrides."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.battery import Battery, BatteryState
from custom_components.lifepo4_bank.core.interlock import may_stay_off
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout
from custom_components.lifepo4_bank.core.verdict import Circumstances, Command, Conduction, Mosfet
from tests.core.interlock_bank import NOW, answers, healthy, off, on, reading, spoil

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
    seen = replace(healthy(), layout=None, in_bank=False)
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


def stay(seen: Circumstances) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Judge the others while A is off."""
    command = Command(battery="A", mosfet=Mosfet.DISCHARGE, on=False)
    return answers(may_stay_off(command, seen))


def test_while_a_battery_is_off_only_the_others_count() -> None:
    seen = spoil(healthy("1S3P"), "A", protections=("x",), soc=0.01, time=0.0, current=-500.0)
    assert stay(seen) == {}
    verdict = may_stay_off(Command(battery="A", mosfet=Mosfet.DISCHARGE, on=False), seen)
    assert [check.key for check in verdict.checks] == [
        "readings_fresh",
        "no_protection",
        "others_on",
        "not_low",
        "others_within_limit",
    ]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"time": NOW - 15.1}, "readings_fresh"),
        ({"protections": ("x",)}, "no_protection"),
        ({"discharge_enabled": False}, "others_on"),
        ({"soc": 0.1}, "not_low"),
        ({"current": -50.1}, "others_within_limit"),
        ({"current": 50.1}, "others_within_limit"),
    ],
)
def test_while_a_battery_is_off_trouble_of_another_ends_it(
    changes: dict[str, Any], key: str
) -> None:
    outcome = "unknown" if key == "readings_fresh" else "refused"
    assert stay(spoil(healthy("1S3P"), "B", **changes)) == {key: (outcome, ("B",))}


def test_at_the_limits_it_goes_on() -> None:
    assert stay(spoil(healthy(), "B", time=NOW - 15, current=-50.0)) == {}
    assert stay(spoil(healthy(max_battery_current=40.0), "B", current=-40.1)) == {
        "others_within_limit": ("refused", ("B",))
    }


def test_while_a_battery_is_off_the_others_current_must_be_known() -> None:
    seen = spoil(healthy(), "B", current=None)
    assert stay(seen)["others_within_limit"] == ("unknown", ("B",))
    assert stay(spoil(healthy(), "B", capacity=None)) == {
        "others_within_limit": ("unknown", ("B",))
    }
    assert stay(spoil(healthy(), "B", capacity=None, current=0.0)) == {}


def test_the_numbers_of_an_overload_are_told() -> None:
    command = Command(battery="A", mosfet=Mosfet.DISCHARGE, on=False)
    check = may_stay_off(command, spoil(healthy(), "B", current=-60.0)).reasons[0]
    assert check.numbers == {"current_A": 60.0, "limit_A": 50.0}


def test_numbers_are_in_the_units_of_their_names() -> None:
    seen = replace(healthy(), link=0.5)
    check = next(c for c in off(seen).checks if c.key == "link_holds")
    assert check.numbers == {"link_pct": 50.0}
    check = next(c for c in off(spoil(healthy(), "A", soc=1.0)).checks if c.key == "not_low")
    assert check.numbers == {"lowest_soc_pct": pytest.approx(60.0)}
    full = spoil(spoil(healthy(), "A", soc=1.0), "B", soc=1.0)
    check = next(c for c in off(full).checks if c.key == "not_low")
    assert check.numbers == {"lowest_soc_pct": pytest.approx(100.0)}


def test_exactly_at_the_knee_is_not_low() -> None:
    level = 3.10 / 3.2 * 12.8
    assert "not_low" not in answers(off(spoil(healthy(), "B", voltage=level)))


def test_a_voltage_of_no_known_battery_is_not_judged() -> None:
    seen = spoil(replace(healthy(), batteries={}), "B", voltage=19.0)
    assert answers(off(seen))["not_low"] == ("unknown", ("B",))


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


def test_the_voltage_of_the_bus_is_the_mean_of_what_is_on_it() -> None:
    seen = open_a(healthy("1S3P"), voltage=13.1)
    for battery, voltage in (("B", 13.0), ("C", 13.2)):
        seen = spoil(seen, battery, voltage=voltage, current=0.0)
    check = next(c for c in on(seen).checks if c.key == "bus_matches")
    assert check.outcome == "passed"
    assert check.numbers == {"gap_V": pytest.approx(0.0), "limit_V": pytest.approx(0.10)}
    loaded = spoil(spoil(seen, "B", current=-30.0), "C", current=-10.0)
    check = next(c for c in on(spoil(loaded, "A", voltage=13.5)).checks if c.key == "bus_matches")
    assert check.numbers == {"gap_V": pytest.approx(0.4), "limit_V": pytest.approx(0.5)}


def test_a_string_is_joined_by_its_whole_voltage() -> None:
    seen = open_a(healthy("strings"), voltage=13.0)
    for battery in "BCD":
        seen = spoil(seen, battery, current=0.0)
    seen = spoil(seen, "B", voltage=13.2)
    assert on(seen).allowed, "26.2 V on both"
    assert on(spoil(seen, "C", voltage=13.29)).allowed, "0.19 V of 25.6 V"
    assert not on(spoil(seen, "C", voltage=13.31)).allowed


def test_a_string_may_drop_more_on_its_way_to_the_bus() -> None:
    # 2 x 50 mV, and 2 x 3 mOhm at 10 A, over both batteries of the string.
    assert off(spoil(healthy("strings"), "D", voltage=13.259)).allowed
    assert not off(spoil(healthy("strings"), "D", voltage=13.261)).allowed


def test_a_string_is_as_large_as_its_smallest_battery() -> None:
    seen = spoil(healthy("strings"), "D", capacity=30.0)
    for battery in "ABCD":
        seen = spoil(seen, battery, current=-8.0)
    assert answers(off(seen)) == {"others_can_carry": ("refused", ("C", "D"))}
    for battery in "ABCD":
        seen = spoil(seen, battery, current=-7.0)
    assert off(seen).allowed


@pytest.mark.parametrize(("mosfet", "current"), [(Mosfet.DISCHARGE, 9.0), (Mosfet.CHARGE, -9.0)])
def test_at_rest_the_reported_mosfet_is_believed(mosfet: Mosfet, current: float) -> None:
    for own, sure in ((0.0, True), (current, False)):
        seen = spoil(healthy(conduction={}), "B", current=own)
        given = answers(off(seen, mosfet=mosfet)).get("others_on")
        assert given == (None if sure else ("unknown", ("B",)))


def test_proof_of_this_very_moment_counts() -> None:
    assert off(healthy(conduction={"B": Conduction(gave=NOW)})).allowed


def test_a_battery_that_was_never_read_is_not_known() -> None:
    seen = healthy("1S3P")
    blind = replace(seen, samples={b: s for b, s in seen.samples.items() if b != "C"})
    given = answers(off(blind))
    assert given["readings_fresh"] == ("unknown", ("C",))
    assert given["no_protection"] == ("unknown", ("C",))
    assert given["others_on"] == ("unknown", ("C",))
    assert given["not_low"] == ("unknown", ("C",))
    assert given["others_can_carry"] == ("unknown", ("A",))
    assert given["others_proven"] == ("unknown", ("C",))


def test_force_is_needed_for_each_reason_that_it_overrides() -> None:
    seen = replace(spoil(healthy(), "B", soc=0.1), being_switched=frozenset("B"))
    assert not off(seen, force=True).allowed, "one reason is not enough to go on"


def test_a_lone_battery_has_no_others_to_be_on() -> None:
    given = answers(off(replace(healthy(), layout=None)))
    assert given["others_on"] == ("unknown", ())


def test_nothing_flows_so_nothing_is_taken_over() -> None:
    seen = healthy()
    for battery in "AB":
        seen = spoil(seen, battery, current=0.0)
    check = next(c for c in off(seen).checks if c.key == "others_can_carry")
    assert check.numbers == {"load_A": 0.0}
    charged = spoil(spoil(seen, "A", current=30.0), "B", current=40.0)
    check = next(c for c in off(charged).checks if c.key == "others_can_carry")
    assert check.numbers == {"load_A": 0.0}, "charge is no load"


def test_proof_needs_the_voltage() -> None:
    given = answers(off(spoil(healthy(), "B", voltage=None)))
    assert given["others_proven"] == ("unknown", ("B",))


def limit_of_closing(own: float, current: float) -> float:
    """Voltage difference up to which A may be closed onto a bus of 13.1 V."""
    seen = spoil(open_a(healthy(), voltage=own), "B", current=current)
    return next(c for c in on(seen).checks if c.key == "bus_matches").numbers["limit_V"]


def test_sag_counts_in_its_direction_only() -> None:
    assert limit_of_closing(13.105, -10.0) == pytest.approx(0.3)
    assert limit_of_closing(13.095, -10.0) == pytest.approx(0.1)
    assert limit_of_closing(13.1, -10.0) == pytest.approx(0.1)
    assert limit_of_closing(13.095, 10.0) == pytest.approx(0.3)


def test_exactly_at_the_limit_is_allowed() -> None:
    seen = open_a(healthy(), voltage=0.1)
    assert "bus_matches" not in answers(on(spoil(seen, "B", voltage=0.0, current=0.0)))
    seen = spoil(healthy(), "A", voltage=0.05, current=0.0)
    assert "others_proven" not in answers(off(spoil(seen, "B", voltage=0.0, current=0.0)))


def test_the_larger_current_decides_how_far_voltages_may_differ() -> None:
    seen = spoil(healthy(), "B", current=0.0, voltage=13.179)
    assert off(seen).allowed


def test_a_string_with_one_open_battery_is_off_the_bus() -> None:
    seen = open_a(healthy("strings"), voltage=11.0)
    assert on(spoil(seen, "C", **OFF)).allowed
    unsure = spoil(seen, "D", discharge_enabled=None)
    assert answers(on(unsure)) == {"bus_matches": ("unknown", ("C", "D"))}


def test_a_bank_that_is_not_loaded_has_an_unknown_bus() -> None:
    seen = replace(open_a(healthy()), layout=None)
    assert answers(on(seen)) == {"bus_matches": ("unknown", ("A",))}
    assert on(seen, force=True).allowed
    assert on(replace(seen, in_bank=False)).allowed


def test_what_never_told_its_voltage_has_no_known_nominal_voltage() -> None:
    seen = replace(healthy(), batteries={})
    assert answers(off(spoil(seen, "B", voltage=None)))["not_low"] == ("unknown", ("B",))
    alone = {"A": seen.samples["A"]}
    assert answers(off(replace(seen, samples=alone)))["not_low"] == ("unknown", ("B",))


@pytest.mark.parametrize(("mosfet", "trickle"), [(Mosfet.DISCHARGE, 0.05), (Mosfet.CHARGE, -0.05)])
def test_even_a_trickle_the_other_way_is_no_proof(mosfet: Mosfet, trickle: float) -> None:
    seen = spoil(healthy(conduction={}), "B", current=trickle)
    assert answers(off(seen, mosfet=mosfet))["others_on"] == ("unknown", ("B",))


def test_proof_from_the_future_is_none() -> None:
    assert not off(healthy(conduction={"B": Conduction(gave=NOW + 0.05)})).allowed


def test_each_answer_has_its_sentence() -> None:
    check = off(spoil(healthy(), "B", soc=0.1)).reasons[0]
    assert check.translation_key == "check_not_low_refused"
