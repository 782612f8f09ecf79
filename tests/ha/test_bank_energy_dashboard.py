"""A bank and its batteries fit the energy dashboard without templates, and have statistics."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
    get_start_time,
)
from pytest_homeassistant_custom_component.typing import (
    RecorderInstanceContextManager,
    WebSocketGenerator,
)

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESSES, FakeReaders
from .test_bank_diagnosis import LOADS, carry

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

MEASURED = (
    "voltage", "current", "power", "soc", "usable_capacity", "remaining_capacity", "capacity",
    "stored_energy", "runtime", "soc_spread", "voltage_spread", "energy_charged",
    "energy_discharged", "batteries_online",
)  # fmt: skip

MEASURED_OF_BATTERY = (
    "voltage", "current", "power", "soc", "remaining_capacity", "capacity", "stored_energy",
    "temperature", "cell_delta", "cycles", "health", "runtime", "energy_charged",
    "energy_discharged",
)  # fmt: skip


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder before Home Assistant is there, without a word on every statement."""
    for name in ("sqlalchemy.engine", "homeassistant.components.recorder"):
        logging.getLogger(name).setLevel(logging.WARNING)


def entity_of(hass: HomeAssistant, unique_id: str) -> str:
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id is not None, unique_id
    return entity_id


@pytest.mark.usefixtures("recorder_mock")
async def test_energy_dashboard_and_statistics(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
) -> None:
    start = get_start_time(dt_util.utcnow() + timedelta(minutes=5))
    freezer.move_to(start)
    assert await async_setup_component(hass, "energy", {})
    bank = await make_bank(2)
    for _ in range(4):
        await pass_time(27)
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=start)
    await async_wait_recording_done(hass)

    client = await hass_ws_client()
    owners = (bank.entry_id, ADDRESSES[0])
    sources = [
        {
            "type": "battery",
            "stat_energy_from": entity_of(hass, f"{owner}_energy_discharged"),
            "stat_energy_to": entity_of(hass, f"{owner}_energy_charged"),
            "power_config": {"stat_rate_inverted": entity_of(hass, f"{owner}_power")},
            "stat_soc": entity_of(hass, f"{owner}_soc"),
            "capacity": 2.56,
        }
        for owner in owners
    ]
    await client.send_json_auto_id({"type": "energy/save_prefs", "energy_sources": sources})
    saved = await client.receive_json()
    assert saved["success"], saved
    await client.send_json_auto_id({"type": "energy/validate"})
    validated = await client.receive_json()
    assert validated["result"]["energy_sources"] == [[], []]

    await client.send_json_auto_id({"type": "recorder/list_statistic_ids"})
    kept = {found["statistic_id"] for found in (await client.receive_json())["result"]}
    for key in MEASURED:
        assert entity_of(hass, f"{bank.entry_id}_{key}") in kept, key
    for key in MEASURED_OF_BATTERY:
        assert entity_of(hass, f"{ADDRESSES[0]}_{key}") in kept, key
    assert entity_of(hass, f"{bank.entry_id}_{ADDRESSES[0]}_fair_share") in kept


@pytest.mark.usefixtures("recorder_mock")
async def test_shares_and_resistances_have_statistics(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A lug that loosens over months shows in them."""
    start = get_start_time(dt_util.utcnow() + timedelta(minutes=5))
    freezer.move_to(start - timedelta(minutes=30))
    hass.states.async_set("sensor.shunt", "-40", {"unit_of_measurement": "A"})
    bank = await make_bank(2, options={"current_sensor": "sensor.shunt"})
    for turn in range(70):
        load = LOADS[turn % len(LOADS)]
        carry(readers, load, extra_path=0.02)
        hass.states.async_set("sensor.shunt", str(load), {"unit_of_measurement": "A"})
        await pass_time(28)
    await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=start)
    await async_wait_recording_done(hass)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "recorder/list_statistic_ids"})
    kept = {found["statistic_id"] for found in (await client.receive_json())["result"]}
    for key in ("sharing_imbalance", "circulating_current", "beside_batteries"):
        assert entity_of(hass, f"{bank.entry_id}_{key}") in kept, key
    for address in ADDRESSES[:2]:
        for key in ("current_share", "fair_share", "own_resistance", "path_resistance_excess"):
            assert entity_of(hass, f"{bank.entry_id}_{address}_{key}") in kept, key
