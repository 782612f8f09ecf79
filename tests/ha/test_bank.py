"""A bank reads its batteries together, publishes totals, and lives through losses."""

from collections.abc import Awaitable, Callable

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESSES, NAMES, FakeReaders, bank_entry, battery_entry, set_up
from .test_config_flow_bank import options

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


def of(hass: HomeAssistant, entry: MockConfigEntry, key: str, battery: str = "") -> State:
    """State of the bank's entity with this key, found as the registry knows it."""
    unique_id = "_".join(part for part in (entry.entry_id, battery, key) if part)
    registry = er.async_get(hass)
    for platform in ("sensor", "binary_sensor", "event"):
        if entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id):
            state = hass.states.get(entity_id)
            assert state is not None, entity_id
            return state
    raise AssertionError(unique_id)


def value(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> float | None:
    state = of(hass, entry, key).state
    return None if state == STATE_UNKNOWN else float(state)


async def test_totals_of_a_parallel_bank(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(2)
    assert bank.state is ConfigEntryState.LOADED
    assert value(hass, bank, "voltage") == 13.2
    assert value(hass, bank, "current") == -20.0
    assert value(hass, bank, "power") == -264
    assert value(hass, bank, "soc") == 80.0
    assert of(hass, bank, "soc").attributes["batteries"] == 2
    assert of(hass, bank, "soc").attributes["heard"] == 2
    assert value(hass, bank, "capacity") == 200.0
    assert value(hass, bank, "usable_capacity") == 200.0
    assert value(hass, bank, "remaining_capacity") == 160.0
    assert value(hass, bank, "stored_energy") == 2.05
    assert value(hass, bank, "runtime") == 8.0
    assert value(hass, bank, "soc_spread") == 0.0
    assert value(hass, bank, "voltage_spread") == 0.0
    assert value(hass, bank, "batteries_online") == 2


async def test_batteries_are_read_together(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(3)
    before = {address: readers[address].reads for address in ADDRESSES[:3]}
    readers[ADDRESSES[1]].shows(current=-16.0)
    await pass_time(27)
    after = {address: readers[address].reads for address in ADDRESSES[:3]}
    assert {after[address] - before[address] for address in after} == {1}
    assert value(hass, bank, "current") == -36.0
    assert bank.runtime_data.data.sample.skew < 2


async def test_a_battery_that_is_polled_slowly_keeps_its_pace(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    members = [battery_entry(0), battery_entry(1, options={"poll_interval": 300})]
    await set_up(hass, *members)
    bank = bank_entry(members)
    await set_up(hass, bank)
    await pass_time(27)
    before = {address: readers[address].reads for address in ADDRESSES[:2]}
    for _ in range(40):
        await pass_time(27)
    assert readers[ADDRESSES[0]].reads - before[ADDRESSES[0]] == 40
    assert 3 <= readers[ADDRESSES[1]].reads - before[ADDRESSES[1]] <= 5
    assert value(hass, bank, "current") == -20.0
    await bank.runtime_data.async_read_together()
    assert bank.runtime_data.members[ADDRESSES[1]].data.time > dt_util.utcnow().timestamp() - 5


async def test_a_silent_battery_makes_sums_unknown_and_never_zero(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    for _ in range(6):
        await pass_time(27)
    charged, discharged = (value(hass, bank, f"energy_{way}") for way in ("charged", "discharged"))
    assert charged == 0
    assert discharged is not None
    assert discharged > 0
    readers[ADDRESSES[1]].error = Unreachable(Reason.OUT_OF_RANGE)
    await pass_time(60)
    assert value(hass, bank, "current") == -20.0, "one missed reading is no loss"
    for _ in range(5):
        await pass_time(30)
    for key in ("current", "power", "remaining_capacity", "stored_energy", "usable_capacity"):
        assert value(hass, bank, key) is None, key
    assert value(hass, bank, "soc") == 80.0
    assert of(hass, bank, "soc").attributes["heard"] == 1
    assert value(hass, bank, "batteries_online") == 1
    assert of(hass, bank, "batteries_online").attributes["missing"] == [NAMES[1]]
    paused = value(hass, bank, "energy_discharged")
    assert paused is not None
    assert paused >= discharged
    readers[ADDRESSES[1]].error = None
    await pass_time(60)
    assert value(hass, bank, "current") == -20.0
    assert value(hass, bank, "batteries_online") == 2
    again = value(hass, bank, "energy_discharged")
    assert again is not None
    assert again >= paused


async def test_works_before_its_batteries_are_loaded(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    members = [battery_entry(0), battery_entry(1)]
    for member in members:
        member.add_to_hass(hass)
    readers.of(ADDRESSES[1]).error = Unreachable(Reason.OUT_OF_RANGE)
    bank = bank_entry(members)
    await set_up(hass, bank)
    assert bank.state is ConfigEntryState.LOADED
    assert members[1].state == ConfigEntryState.SETUP_RETRY
    assert value(hass, bank, "batteries_online") == 1
    assert value(hass, bank, "current") is None
    assert bank.runtime_data.members[ADDRESSES[1]] is None
    readers[ADDRESSES[1]].error = None
    await pass_time(60)
    assert bank.runtime_data.members[ADDRESSES[1]] is not None
    await pass_time(27)
    assert value(hass, bank, "current") == -20.0
    assert of(hass, bank, "fair_share", ADDRESSES[1]) is not None


async def test_a_removed_battery_is_named_and_the_bank_stays(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    bank = await make_bank(3)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, bank.entry_id), bank.entry_id
    )
    removed = bank.data["batteries"][1]
    await hass.config_entries.async_remove(removed)
    await hass.async_block_till_done()
    await pass_time(27)
    assert bank.state is ConfigEntryState.LOADED
    assert value(hass, bank, "batteries_online") == 2
    attributes = of(hass, bank, "batteries_online").attributes
    assert attributes["missing"] == attributes["removed"] == [NAMES[1]]
    assert value(hass, bank, "capacity") is None
    await hass.config_entries.async_reload(bank.entry_id)
    await hass.async_block_till_done()
    assert of(hass, bank, "batteries_online").attributes["removed"] == [NAMES[1]]
    assert device == dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, bank.entry_id), bank.entry_id
    )


async def test_entities_about_a_battery_sit_on_its_device(
    hass: HomeAssistant, make_bank: MakeBank
) -> None:
    bank = await make_bank(2)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    bank_device = devices.async_get_device_by_identifier((DOMAIN, bank.entry_id), bank.entry_id)
    battery_device = devices.async_get_device_by_identifier(
        (DOMAIN, ADDRESSES[0]), bank.data["batteries"][0]
    )
    assert bank_device is not None
    assert battery_device is not None
    assert bank_device.model == "1S2P"
    assert battery_device.via_device_id == bank_device.id
    for key in ("current_share", "fair_share", "own_resistance", "path_resistance_excess"):
        entity_id = of(hass, bank, key, ADDRESSES[0]).entity_id
        entity = entities.async_get(entity_id)
        assert entity is not None
        assert entity.device_id == battery_device.id
        assert entity.config_entry_id == bank.entry_id
    assert float(of(hass, bank, "fair_share", ADDRESSES[0]).state) == 50.0


async def test_a_battery_is_called_what_its_owner_calls_it(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    """The page that adds a battery asks for a name, and gives it to the device."""
    bank = await make_bank(2)
    devices = dr.async_get(hass)
    device = devices.async_get_device_by_identifier(
        (DOMAIN, ADDRESSES[1]), bank.data["batteries"][1]
    )
    assert device is not None
    devices.async_update_device(device.id, name_by_user="Port side")
    readers[ADDRESSES[1]].shows(discharge_enabled=False, current=0.0)
    for _ in range(10):
        await pass_time(27)
    assert bank.runtime_data.batteries[ADDRESSES[0]].name == NAMES[0]
    (sentence,) = of(hass, bank, "out_of_sync").attributes["findings"]
    assert sentence.startswith("Port side gives no current")
    form = await bank.start_reconfigure_flow(hass)
    labels = [option["label"] for option in options(form, "batteries")]
    assert labels == [NAMES[0], "Port side"]
    devices.async_update_device(device.id, name_by_user=None)
    await pass_time(27)
    assert bank.runtime_data.batteries[ADDRESSES[1]].name == NAMES[1]


async def test_no_shares_in_series(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(3, "series")
    with pytest.raises(AssertionError):
        of(hass, bank, "current_share", ADDRESSES[0])
    assert of(hass, bank, "own_resistance", ADDRESSES[0]).state == STATE_UNKNOWN


@pytest.mark.parametrize(
    ("reason", "trouble"),
    [
        (Reason.NO_SLOT, {ADDRESSES[1]: "few_slots"}),
        (Reason.HELD_BY_ANOTHER, {ADDRESSES[1]: "other_central"}),
        (Reason.OUT_OF_RANGE, {}),
    ],
)
async def test_the_diagnosis_hears_of_trouble_with_the_radio(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    reason: Reason,
    trouble: dict[str, str],
) -> None:
    bank = await make_bank(2)
    readers[ADDRESSES[1]].error = Unreachable(reason)
    await pass_time(27)
    assert bank.runtime_data.data.sample.links == trouble
    readers[ADDRESSES[1]].error = None
    await pass_time(27)
    assert bank.runtime_data.data.sample.links == {}


async def test_unload_and_remove(
    hass: HomeAssistant, make_bank: MakeBank, hass_storage: dict[str, object]
) -> None:
    bank = await make_bank(2)
    assert await hass.config_entries.async_unload(bank.entry_id)
    await hass.async_block_till_done()
    assert bank.state is ConfigEntryState.NOT_LOADED
    assert f"{DOMAIN}.{bank.entry_id}" in hass_storage
