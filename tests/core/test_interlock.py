"""What the interlock asks of every battery, what it does not know, what force overrides."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.verdict import Mosfet
from tests.core.interlock_bank import NOW, answers, healthy, off, on, open_a, spoil

ALL_OFF_CHECKS = [
    "switchable",
    "one_at_a_time",
    "in_bank",
    "readings_fresh",
    "no_protection",
    "not_low",
    "link_holds",
    "others_on",
    "others_can_carry",
    "others_proven",
]


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
    assert on(spoil(seen, "A", discharge_enabled=False)).allowed


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


def test_what_is_in_no_bank_is_told_once() -> None:
    seen = replace(healthy(), layout=None)
    assert [check.key for check in off(seen).reasons] == ["in_bank"]


def test_what_never_told_its_voltage_has_no_known_nominal_voltage() -> None:
    seen = replace(healthy(), batteries={})
    assert answers(off(spoil(seen, "B", voltage=None)))["not_low"] == ("unknown", ("B",))
    alone = {"A": seen.samples["A"]}
    assert answers(off(replace(seen, samples=alone)))["not_low"] == ("unknown", ("B",))


def test_each_answer_has_its_sentence() -> None:
    check = off(spoil(healthy(), "B", soc=0.1)).reasons[0]
    assert check.translation_key == "check_not_low_refused"
