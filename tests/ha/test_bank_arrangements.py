"""Banks of every arrangement, beyond the maker's limit, and with a battery replaced."""

from collections.abc import Awaitable, Callable
from random import Random

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESSES, NAMES, FakeReaders, bank_entry, battery_entry, set_up
from .test_bank import of, value
from .test_config_flow import sent

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


@pytest.mark.parametrize(
    ("count", "arrangement", "group_size", "voltage", "current", "capacity"),
    [
        (3, "parallel", None, 13.2, -30.0, 300.0),
        (4, "parallel", None, 13.2, -40.0, 400.0),
        (3, "series", None, 39.6, -10.0, 100.0),
        (4, "parallel_groups", 2, 26.4, -20.0, 200.0),
        (4, "series_strings", 2, 26.4, -20.0, 200.0),
        (6, "parallel_groups", 2, 39.6, -20.0, 200.0),
        (6, "series_strings", 3, 39.6, -20.0, 200.0),
        (6, "parallel_groups", 3, 26.4, -30.0, 300.0),
        (6, "series_strings", 2, 26.4, -30.0, 300.0),
        (8, "series_strings", 4, 52.8, -20.0, 200.0),
    ],
)
async def test_totals(
    hass: HomeAssistant,
    make_bank: MakeBank,
    count: int,
    arrangement: str,
    group_size: int | None,
    voltage: float,
    current: float,
    capacity: float,
) -> None:
    bank = await make_bank(count, arrangement, data={"group_size": group_size})
    assert value(hass, bank, "voltage") == pytest.approx(voltage)
    assert value(hass, bank, "current") == current
    assert value(hass, bank, "power") == pytest.approx(voltage * current)
    assert value(hass, bank, "soc") == 80.0
    assert value(hass, bank, "capacity") == capacity
    assert value(hass, bank, "usable_capacity") == capacity
    assert value(hass, bank, "remaining_capacity") == 0.8 * capacity
    assert value(hass, bank, "runtime") == pytest.approx(0.8 * capacity / -current, abs=0.1)
    assert value(hass, bank, "batteries_online") == count


async def test_beyond_the_makers_limit_is_told_and_not_refused(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    bank = await make_bank(5)
    assert value(hass, bank, "current") == -50.0
    for _ in range(3):
        await pass_time(27)
    issue = (DOMAIN, f"{bank.entry_id}_layout_limit_bank")
    assert ir.async_get(hass).issues[issue].severity is ir.IssueSeverity.WARNING

    hass.config_entries.async_update_entry(bank, options={"max_parallel": 6, "max_series": 4})
    await hass.config_entries.async_reload(bank.entry_id)
    for _ in range(30):
        await pass_time(27)
    assert issue not in ir.async_get(hass).issues


async def test_a_battery_is_replaced(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    """The bank says what is missing until it is told of the new one, and forgets nothing."""
    bank = await make_bank(2)
    for _ in range(20):
        await pass_time(27)
    entity = of(hass, bank, "energy_discharged")
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, bank.entry_id), bank.entry_id
    )
    old = bank.data["batteries"]
    await hass.config_entries.async_remove(old[1])
    await pass_time(27)
    assert of(hass, bank, "batteries_online").attributes["removed"] == [NAMES[1]]
    assert value(hass, bank, "capacity") is None

    new = battery_entry(2)
    await set_up(hass, new)
    form = await bank.start_reconfigure_flow(hass)
    done = await sent(hass, form, batteries=[old[0], new.entry_id], arrangement="parallel")
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    await pass_time(27)
    assert bank.state is ConfigEntryState.LOADED
    assert of(hass, bank, "batteries_online").state == "2"
    assert of(hass, bank, "batteries_online").attributes["missing"] == []
    assert of(hass, bank, "batteries_online").attributes["removed"] == []
    assert value(hass, bank, "capacity") == 200.0
    after = of(hass, bank, "energy_discharged")
    assert after.entity_id == entity.entity_id
    assert float(after.state) >= float(entity.state) > 0
    assert device == dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, bank.entry_id), bank.entry_id
    )


async def test_a_battery_that_is_set_up_again_takes_its_seat(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    """It was removed by mistake, or to pair it anew: to its owner it is the same battery."""
    bank = await make_bank(3)
    for _ in range(20):
        await pass_time(27)
    discharged = value(hass, bank, "energy_discharged") or 0.0
    old = bank.data["batteries"]
    await hass.config_entries.async_remove(old[1])
    await pass_time(27)
    new = battery_entry(1)
    await set_up(hass, new)
    await pass_time(27)
    assert bank.data["batteries"] == [old[0], new.entry_id, old[2]]
    assert of(hass, bank, "batteries_online").state == "3"
    assert of(hass, bank, "batteries_online").attributes["removed"] == []
    assert value(hass, bank, "capacity") == 300.0
    assert (value(hass, bank, "energy_discharged") or 0.0) >= discharged > 0


async def test_a_battery_that_is_in_another_bank_by_now_is_left_there(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    first = await make_bank(2)
    old = first.data["batteries"]
    await hass.config_entries.async_unload(first.entry_id)
    await hass.config_entries.async_remove(old[1])
    again, third = battery_entry(1), battery_entry(2)
    second = bank_entry([again, third])
    await set_up(hass, again, third, second)
    await hass.config_entries.async_setup(first.entry_id)
    await hass.config_entries.async_reload(again.entry_id)
    await pass_time(27)
    assert first.data["batteries"] == old
    assert second.data["batteries"] == [again.entry_id, third.entry_id]


async def test_batteries_that_all_report_the_fleets_current_are_not_summed(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    random, left = Random(3), 80.0
    assert value(hass, bank, "current") == -20.0
    for _ in range(60):
        current = round(random.uniform(-90, -30), 2)
        left += current / 2 * 27 / 3600
        for address in ADDRESSES[:2]:
            readers[address].shows(current=current, remaining=round(left, 2))
        await pass_time(27)
    assert of(hass, bank, "current").attributes["fleet_current"] is True
    assert value(hass, bank, "current") == pytest.approx(current, abs=0.5)

    for _ in range(20):
        current = round(random.uniform(-90, -30), 2)
        readers[ADDRESSES[0]].shows(current=current)
        readers[ADDRESSES[1]].shows(current=current + 3)
        await pass_time(27)
    assert "fleet_current" not in of(hass, bank, "current").attributes
    assert value(hass, bank, "current") == pytest.approx(2 * current + 3, abs=0.9)
