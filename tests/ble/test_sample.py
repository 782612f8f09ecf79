"""From the library's words to ours: nothing invented, nothing impossible, nothing 0 for unknown."""

from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from aiobmsble import BMSSample, TempSensor
from aiobmsble.basebms import BaseBMS
from aiobmsble.bms import humsienk_bms, vatrer_bms
from bleak.backends.device import BLEDevice
import pytest

from custom_components.lifepo4_bank.ble import sample as sample_module
from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.family import FAMILIES, library_class
from custom_components.lifepo4_bank.ble.protections import OTHER, all_names
from custom_components.lifepo4_bank.ble.sample import COMPUTED, battery_sample, state_of
from custom_components.lifepo4_bank.core.battery import BatterySample, BatteryState
from tests.ble.client import ADDRESS

FOLDER = Path(sample_module.__file__).parent


async def reading(
    key: str, values: BMSSample, monkeypatch: pytest.MonkeyPatch, base: type[BaseBMS]
) -> BatterySample:
    """Return our sample of what the library's decoder of a family returns."""

    async def update(_self: BaseBMS) -> BMSSample:
        return values

    monkeypatch.setattr(base, "_async_update", update)
    link = link_class(key)(BLEDevice(ADDRESS, "battery", {}), FAMILIES[key])
    return await link.sample("battery", lambda: 5.0)


def test_an_empty_reading_knows_nothing() -> None:
    sample = battery_sample({}, {}, battery="one", time=7.0, family="abc")
    for field in fields(sample):
        if field.name not in {"battery", "time"}:
            assert getattr(sample, field.name) in (None, ())


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("voltage", -1.0, "voltage"),
        ("voltage", float("nan"), "voltage"),
        ("voltage", 65_535.0, "voltage"),
        ("current", float("inf"), "current"),
        ("current", 100_000.0, "current"),
        ("battery_level", 101, "soc"),
        ("battery_level", -1, "soc"),
        ("battery_health", 0, "health"),
        ("battery_health", 4_000_000, "health"),
        ("cycles", -5, "cycles"),
        ("cycles", 2**32 - 1, "cycles"),
        ("design_capacity", 0, "capacity"),
        ("cycle_charge", -0.1, "remaining"),
        ("total_charge", -1, "throughput"),
    ],
)
def test_impossible_values_are_unknown(key: str, value: float, field: str) -> None:
    values: Any = {key: value}
    sample = battery_sample(values, values, battery="one", time=0, family="abc")
    assert getattr(sample, field) is None


def test_one_impossible_cell_makes_all_unknown() -> None:
    values: BMSSample = {"cell_voltages": [3.3, 3.3, 65.535, 3.3]}
    assert battery_sample(values, values, battery="one", time=0, family="abc").cells == ()


def test_a_cell_that_reads_nothing_makes_all_unknown() -> None:
    """The library leaves it out; three of four cells would pass for a battery of three."""
    values: BMSSample = {"cell_voltages": [3.3, 3.3, 3.3], "cell_count": 4}
    assert battery_sample(values, values, battery="one", time=0, family="abc").cells == ()
    values["cell_count"] = 3
    assert len(battery_sample(values, values, battery="one", time=0, family="abc").cells) == 3


def test_cells_come_before_other_parts() -> None:
    place = TempSensor.T
    values: BMSSample = {
        "temp_values": [
            TempSensor(41, place.MOSFET),
            TempSensor(21),
            TempSensor(20, place.CELL),
            TempSensor(22),
        ]
    }
    sample = battery_sample(values, values, battery="one", time=0, family="abc")
    assert sample.temperatures == (20, 21, 22, 41)
    assert sample.temperature == 20


def test_a_broken_sensor_shifts_no_other() -> None:
    values: BMSSample = {"temp_values": [TempSensor(20), TempSensor(-273), TempSensor(22)]}
    sample = battery_sample(values, values, battery="one", time=0, family="abc")
    assert sample.temperatures == (20,)


async def test_what_the_library_works_out_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    values: BMSSample = {
        "design_capacity": 100,
        "battery_level": 50,
        "cell_voltages": [3.3] * 4,
        "current": -1.0,
        "total_charge": 1000,
    }
    base = library_class("ws_nova")
    sample = await reading("ws_nova", values, monkeypatch, base)
    assert sample.remaining is None
    assert sample.cycles is None
    assert sample.voltage == pytest.approx(13.2)
    assert sample.time == 5


async def test_full_humsienk_has_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    values: BMSSample = {"problem_code": 0x8, "current": 0.0, "battery_level": 100}
    sample = await reading("humsienk", values, monkeypatch, humsienk_bms.BMS)
    assert sample.protections == ()
    assert sample.state is BatteryState.STANDBY
    values = {"problem_code": 0x18, "current": 0.0}
    sample = await reading("humsienk", values, monkeypatch, humsienk_bms.BMS)
    assert sample.protections == (OTHER,)


@pytest.mark.parametrize(("problem", "faults"), [(True, (OTHER,)), (False, ())])
async def test_a_problem_without_a_code(
    problem: bool, faults: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty battery is the library's idea of a problem, not this BMS's."""
    values: BMSSample = {"problem": problem, "cycle_charge": 0.0, "current": 0.0}
    sample = await reading("vatrer", values, monkeypatch, vatrer_bms.BMS)
    assert sample.protections == faults
    assert sample.remaining == 0


@pytest.mark.parametrize(
    ("current", "soc", "charge", "faults", "state"),
    [
        (1.0, 0.5, True, (), BatteryState.CHARGING),
        (-1.0, 0.5, True, (), BatteryState.DISCHARGING),
        (0.0, 0.5, True, (), BatteryState.STANDBY),
        (0.0, 1.0, False, (), BatteryState.FULL),
        (0.0, 1.0, True, (), BatteryState.STANDBY),
        (-5.0, 1.0, False, (), BatteryState.DISCHARGING),
        (None, 1.0, None, (), None),
        (3.0, 0.5, True, (OTHER,), BatteryState.PROTECTION),
    ],
)
def test_state(
    current: float | None,
    soc: float,
    charge: bool | None,
    faults: tuple[str, ...],
    state: BatteryState | None,
) -> None:
    assert state_of(current, soc, charge, faults) is state


def test_names_of_faults_can_be_translation_keys() -> None:
    assert all(name.replace("_", "").isalpha() and name.islower() for name in all_names())


def test_only_one_file_knows_the_library_s_words() -> None:
    """The words change between releases; so they must stand in one place."""
    words = {*get_type_hints(BMSSample)} - {"voltage", "current", "cycles", "heater", "problem"}
    for path in FOLDER.rglob("*.py"):
        if path.name != "sample.py":
            text = path.read_text("utf-8")
            assert not [word for word in words if f'"{word}"' in text], path.name
    assert words >= COMPUTED - {"cycles"}
