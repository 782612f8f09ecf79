"""While a battery is off for a moment, the others are watched."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.lifepo4_bank.core.interlock import may_stay_off
from custom_components.lifepo4_bank.core.verdict import Circumstances, Command, Mosfet
from tests.core.interlock_bank import NOW, answers, healthy, spoil


def stay(seen: Circumstances, **since: float) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Judge the others while A is off."""
    command = Command(battery="A", mosfet=Mosfet.DISCHARGE, on=False)
    return answers(may_stay_off(command, seen, **since))


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


def test_one_that_tells_at_its_own_pace_is_lost_when_silent_since_the_battery_is_off() -> None:
    lost = {"readings_fresh": ("unknown", ("B",))}
    old = spoil(healthy("1S3P"), "B", time=NOW - 50)
    told = replace(old, told=frozenset("B"))
    assert stay(told, since=NOW - 15) == {}
    assert stay(told, since=NOW - 15.1) == lost
    assert stay(told) == lost
    assert stay(old, since=NOW) == lost, "one that is read at will has no excuse"
    assert stay(replace(old, told=frozenset("C")), since=NOW) == lost
    assert (
        stay(spoil(told, "B", current=None), since=NOW)["readings_fresh"] == lost["readings_fresh"]
    )


def test_what_it_has_told_since_counts_as_ever() -> None:
    told = replace(healthy(), told=frozenset("B"))
    assert stay(spoil(told, "B", time=NOW - 15), since=NOW - 40) == {}
    assert "readings_fresh" in stay(spoil(told, "B", time=NOW - 15.1), since=NOW - 40)
    assert "readings_fresh" in stay(spoil(told, "B", time=NOW + 5.1), since=NOW)
    assert stay(spoil(told, "B", soc=0.1), since=NOW) == {"not_low": ("refused", ("B",))}


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


def test_a_bank_that_is_unloaded_meanwhile_ends_it() -> None:
    assert stay(replace(healthy(), layout=None)) == {"in_bank": ("unknown", ("A",))}
