"""Before a battery is switched on: is it sound, and is the bus of its voltage?"""

from dataclasses import replace

import pytest

from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.core.interlock_bank import answers, healthy, on, open_a, spoil


def test_only_its_own_protection_keeps_a_battery_from_being_switched_on() -> None:
    seen = open_a(healthy())
    assert on(spoil(seen, "B", protections=("short_circuit",))).allowed
    verdict = on(spoil(seen, "A", protections=("short_circuit",)))
    assert answers(verdict) == {"no_protection": ("refused", ("A",))}


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
    assert on(spoil(seen, "B", discharge_enabled=False)).allowed
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


def test_each_battery_that_is_on_the_bus_must_match() -> None:
    seen = open_a(healthy("1S3P"), voltage=13.1)
    for battery, voltage in (("B", 13.05), ("C", 13.18)):
        seen = spoil(seen, battery, voltage=voltage, current=0.0)
    check = next(c for c in on(seen).checks if c.key == "bus_matches")
    assert check.outcome == "passed"
    assert check.numbers == {"gap_V": pytest.approx(0.08), "limit_V": pytest.approx(0.10)}
    assert not on(spoil(seen, "C", voltage=13.21)).allowed, "that B is near does not make up for it"
    loaded = spoil(spoil(seen, "B", current=-30.0), "C", current=-10.0)
    check = next(c for c in on(spoil(loaded, "A", voltage=13.5)).checks if c.key == "bus_matches")
    assert check.numbers == {"gap_V": pytest.approx(0.32), "limit_V": pytest.approx(0.3)}


def test_a_battery_that_only_seems_to_conduct_opens_no_way() -> None:
    seen = open_a(healthy("1S3P"), voltage=13.0)
    for battery, voltage in (("B", 13.12), ("C", 13.0)):
        seen = spoil(seen, battery, voltage=voltage, current=-10.0)
    asleep = spoil(seen, "C", state=BatteryState.ASLEEP)
    assert not on(asleep).allowed
    assert not on(spoil(asleep, "C", state=None, protections=())).allowed


def test_a_string_is_joined_by_its_whole_voltage() -> None:
    seen = open_a(healthy("strings"), voltage=13.0)
    for battery in "BCD":
        seen = spoil(seen, battery, current=0.0)
    seen = spoil(seen, "B", voltage=13.2)
    assert on(seen).allowed, "26.2 V on both"
    assert on(spoil(seen, "C", voltage=13.29)).allowed, "0.19 V of 25.6 V"
    assert not on(spoil(seen, "C", voltage=13.31)).allowed


def limit_of_closing(own: float, current: float) -> float:
    """Voltage difference up to which A may be closed onto a bus of 13.1 V."""
    seen = spoil(open_a(healthy(), voltage=own), "B", current=current)
    return next(c for c in on(seen).checks if c.key == "bus_matches").numbers["limit_V"]


def test_sag_counts_in_its_direction_only() -> None:
    assert limit_of_closing(13.105, -10.0) == pytest.approx(0.3)
    assert limit_of_closing(13.095, -10.0) == pytest.approx(0.1)
    assert limit_of_closing(13.1, -10.0) == pytest.approx(0.1)
    assert limit_of_closing(13.095, 10.0) == pytest.approx(0.3)


def test_exactly_at_the_limit_a_battery_may_be_closed() -> None:
    seen = open_a(healthy(), voltage=0.1)
    assert "bus_matches" not in answers(on(spoil(seen, "B", voltage=0.0, current=0.0)))


def test_a_string_with_one_open_battery_is_off_the_bus() -> None:
    seen = open_a(healthy("strings"), voltage=11.0)
    assert on(spoil(seen, "C", discharge_enabled=False)).allowed
    unsure = spoil(seen, "D", discharge_enabled=None)
    assert answers(on(unsure)) == {"bus_matches": ("unknown", ("C", "D"))}


def test_a_bank_that_is_not_loaded_has_an_unknown_bus() -> None:
    seen = replace(open_a(healthy()), layout=None)
    assert answers(on(seen)) == {"bus_matches": ("unknown", ("A",))}
    assert on(seen, force=True).allowed
    assert on(replace(seen, in_bank=False)).allowed
