"""Batteries of any source come and go in any order; the bank stays one and stays honest."""

from collections.abc import Awaitable, Callable
from random import Random

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT as UNIT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.bank_members import IN_STEP
from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.diagnosis.branches import SKEW

from .conftest import ADDRESSES, FakeReaders, bank_entry, battery_entry, set_up
from .test_bank import of, value
from .test_entities_source import VALUES, show, source_entry

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

TOTALS = (
    "voltage", "current", "power", "soc", "usable_capacity", "remaining_capacity", "capacity",
    "stored_energy", "runtime",
)  # fmt: skip
COUNTERS = ("energy_charged", "energy_discharged")


def of_entities(hass: HomeAssistant, current: float, of: str = "bms") -> MockConfigEntry:
    """Make a battery whose readings are entities that exist already."""
    for name, (state, unit) in {
        "voltage": ("13200", "mV"),
        "current": (str(-current), "A"),
        "soc": ("70", "%"),
    }.items():
        hass.states.async_set(f"sensor.{of}_{name}", state, {UNIT: unit})
    return MockConfigEntry(
        domain=DOMAIN,
        title="Port side",
        options={"capacity": 200},
        data={
            "kind": "entities",
            "name": "Port side",
            "voltage": f"sensor.{of}_voltage",
            "current": f"sensor.{of}_current",
            "soc": f"sensor.{of}_soc",
            "invert_current": True,
            "nominal_voltage": 12.8,
        },
    )


async def bank_of_two_sources(hass: HomeAssistant) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Set up a bank of two Bluetooth batteries and one of entities; returns that one and it."""
    foreign = of_entities(hass, -20.0)
    members = [battery_entry(0), battery_entry(1), foreign]
    await set_up(hass, *members)
    bank = bank_entry(members)
    await set_up(hass, bank)
    return foreign, bank


async def test_two_sources_make_one_bank(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    foreign, bank = await bank_of_two_sources(hass)
    assert value(hass, bank, "current") == -40.0
    assert value(hass, bank, "capacity") == 400.0
    assert value(hass, bank, "soc") == 75.0
    assert value(hass, bank, "remaining_capacity") == 300.0
    assert float(of(hass, bank, "fair_share", foreign.entry_id).state) == 50.0
    assert float(of(hass, bank, "fair_share", ADDRESSES[0]).state) == 25.0
    hass.states.async_set("sensor.bms_current", "unavailable")
    for _ in range(16):
        await pass_time(27)
    assert value(hass, bank, "current") is None
    assert of(hass, bank, "batteries_online").attributes["missing"] == ["Port side"]


async def test_batteries_of_two_sources_are_diagnosed_as_one(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    foreign, bank = await bank_of_two_sources(hass)
    # the one of entities is twice as large, and its cable has 10 mOhm more
    own = (0.015, 0.015, 0.0075)
    conductances = (1 / own[0], 1 / own[1], 1 / (own[2] + 0.010))
    for turn in range(90):
        load = (-60.0, -60.0, -96.0, -96.0, -96.0, -48.0, -48.0)[turn % 7]
        currents = [load * conductance / sum(conductances) for conductance in conductances]
        for address, current in zip(ADDRESSES, currents[:2], strict=False):
            voltage = round(13.28 + own[0] * current, 3)
            readers[address].shows(
                current=round(current, 2), voltage=voltage, cells=(voltage / 4,) * 4, soc=0.7
            )
        millivolts = 1000 * (13.28 + own[2] * currents[2])
        hass.states.async_set("sensor.bms_voltage", f"{millivolts:.0f}", {UNIT: "mV"})
        # such a source tells something every 27 s, in the middle between our polls
        await pass_time(13)
        hass.states.async_set("sensor.bms_soc", "70", {UNIT: "%"}, force_update=True)
        hass.states.async_set("sensor.bms_current", f"{-currents[2]:.2f}", {UNIT: "A"})
        await pass_time(2)
        await pass_time(12)
    assert of(hass, bank, "status").state == "out_of_sync"
    share = float(of(hass, bank, "current_share", foreign.entry_id).state)
    assert share == pytest.approx(100 * conductances[2] / sum(conductances), abs=2)
    issue = ir.async_get(hass).async_get_issue(
        DOMAIN, f"{bank.entry_id}_asymmetric_current_sharing_{foreign.entry_id}"
    )
    assert issue is not None
    assert issue.data is not None
    assert issue.data["cause"] == "path_resistance"


async def test_the_others_are_read_along_with_a_slow_source(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    _, bank = await bank_of_two_sources(hass)
    apart = []
    before = readers[ADDRESSES[0]].reads
    for _ in range(20):
        await pass_time(18)
        hass.states.async_set("sensor.bms_current", "20", {UNIT: "A"})
        await pass_time(2)
        apart.append(bank.runtime_data.data.sample.skew)
        await pass_time(13)
    assert max(apart) <= 7
    assert readers[ADDRESSES[0]].reads - before <= 2 * 20


async def test_a_quick_source_has_nobody_read_more_often(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    await bank_of_two_sources(hass)
    before = readers[ADDRESSES[0]].reads
    for _ in range(270):
        hass.states.async_set("sensor.bms_current", "20", {UNIT: "A"})
        await pass_time(2)
    assert readers[ADDRESSES[0]].reads - before <= 540 / 26 + 1


async def test_sources_that_are_out_of_step_themselves_have_nobody_read_more_often(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    """No reading of the others could be of one moment with both."""
    other = source_entry("Starboard side")
    show(hass, **VALUES)
    foreign = of_entities(hass, -20.0, "port")
    members = [battery_entry(0), foreign, other]
    await set_up(hass, *members)
    await set_up(hass, bank_entry(members))
    before = readers[ADDRESSES[0]].reads
    for _ in range(20):
        hass.states.async_set("sensor.port_current", "20", {UNIT: "A"})
        await pass_time(2)
        await pass_time(12)
        show(hass, **VALUES)
        await pass_time(2)
        await pass_time(12)
    assert readers[ADDRESSES[0]].reads - before <= 560 / 26 + 1


async def bank_of_two_told(
    hass: HomeAssistant, *more: MockConfigEntry
) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Set up a bank of two batteries of entities, and others; returns the first and the bank."""
    show(hass, **VALUES)
    members = [of_entities(hass, -20.0, "port"), source_entry("Starboard side"), *more]
    await set_up(hass, *members)
    bank = bank_entry(members)
    await set_up(hass, bank)
    return members[0], bank


async def test_the_others_are_read_along_with_the_later_of_two_slow_sources(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    _, bank = await bank_of_two_told(hass, battery_entry(0))
    apart = []
    before = readers[ADDRESSES[0]].reads
    for second in range(33 * 20):
        if second % 33 == 10:
            hass.states.async_set("sensor.port_current", "20", {UNIT: "A"})
        if second % 33 == 18:
            show(hass, **VALUES)
        await pass_time(1)
        if second % 33 == 20:
            apart.append(bank.runtime_data.data.sample.skew)
    assert max(apart) <= SKEW
    assert readers[ADDRESSES[0]].reads - before <= 2 * 20


@pytest.mark.parametrize("over_bluetooth", [True, False])
async def test_all_are_of_one_moment_with_the_slowest_source(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime, over_bluetooth: bool
) -> None:
    """Another source is quick: what it tells then is taken, not what was read of it before."""
    quick, bank = await bank_of_two_told(hass, *([battery_entry(0)] if over_bluetooth else []))
    readings = []
    quick.runtime_data.async_add_listener(lambda: readings.append(quick.runtime_data.data.time))
    apart = []
    for second in range(33 * 20):
        if second % 3 == 0:
            hass.states.async_set("sensor.port_current", "20", {UNIT: "A"})
        if second % 33 == 18:
            show(hass, **VALUES)
        await pass_time(1)
        if second % 33 == 20:
            apart.append(bank.runtime_data.data.sample.skew)
    assert max(apart) <= IN_STEP
    assert len(readings) <= 3 * 20


async def test_deaths_and_revivals_in_random_order(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    random = Random(4)
    bank = await make_bank(3)
    identity = {entity.entity_id for entity in _entities(hass, bank)}
    truth = {key: value(hass, bank, key) for key in TOTALS}
    counted = dict.fromkeys(COUNTERS, 0.0)
    unknown = 0
    for _ in range(120):
        reader = readers[random.choice(ADDRESSES[:3])]
        reader.error = None if reader.error else Unreachable(Reason.SILENT)
        await pass_time(random.choice((10, 28, 60, 120)))
        for key in TOTALS:
            shown = value(hass, bank, key)
            assert shown in {truth[key], None}, key
            unknown += shown is None
        for key in COUNTERS:
            total = value(hass, bank, key)
            assert total is not None
            assert total >= counted[key], key
            counted[key] = total
        assert of(hass, bank, "status").state != "out_of_sync"
    assert unknown > 50
    assert counted["energy_discharged"] > 0
    assert counted["energy_charged"] == 0
    assert {entity.entity_id for entity in _entities(hass, bank)} == identity


def _entities(hass: HomeAssistant, bank: MockConfigEntry) -> list[er.RegistryEntry]:
    return er.async_entries_for_config_entry(er.async_get(hass), bank.entry_id)
