"""What a bank has learned outlives a restart, and a broken file does no harm."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    mock_restore_cache_with_extra_data,
)

from custom_components.lifepo4_bank.bank_memory import BankMemory
from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESSES, FakeReaders, bank_entry, battery_entry, set_up
from .test_bank import of, value

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


async def test_a_restart_loses_nothing(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    readers[ADDRESSES[1]].shows(soc=0.6)
    for _ in range(6):
        await pass_time(27)
    before = value(hass, bank, "energy_discharged")
    assert before is not None
    assert before > 0
    assert value(hass, bank, "soc") == 70.0
    members = [hass.config_entries.async_get_entry(member) for member in bank.data["batteries"]]
    for entry in (bank, *members):
        assert entry is not None
        assert await hass.config_entries.async_unload(entry.entry_id)
    readers[ADDRESSES[1]].error = Unreachable(Reason.OUT_OF_RANGE)
    for entry in (bank, *members):
        assert entry is not None
        await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert value(hass, bank, "batteries_online") == 1
    assert value(hass, bank, "soc") == 70.0, "the missing battery's SoC is remembered"
    after = value(hass, bank, "energy_discharged")
    assert after is not None
    assert after >= before


async def test_saves_every_few_minutes(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, hass_storage: dict[str, Any]
) -> None:
    bank = await make_bank(2)
    key = f"{DOMAIN}.{bank.entry_id}"
    for _ in range(12):
        await pass_time(27)
    first = hass_storage[key]["data"]["tally"]["energy"]
    for _ in range(12):
        await pass_time(27)
    assert hass_storage[key]["data"]["tally"]["energy"]["discharged"] > first["discharged"] > 0


def saved(key: str, data: object) -> dict[str, Any]:
    return {"version": 1, "minor_version": 1, "key": key, "data": data}


@pytest.mark.parametrize(
    "data",
    [
        {"batteries": {"x": {"nothing": 1}}},
        {"batteries": {}, "layout": [], "diagnosis": {}, "tally": {}},
        {"batteries": []},
        ["not", "a", "bank"],
    ],
)
async def test_a_broken_memory_is_put_aside(
    hass: HomeAssistant,
    readers: FakeReaders,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    data: object,
) -> None:
    members = [battery_entry(0), battery_entry(1)]
    await set_up(hass, *members)
    bank = bank_entry(members)
    key = f"{DOMAIN}.{bank.entry_id}"
    hass_storage[key] = saved(key, data)
    await set_up(hass, bank)
    assert bank.state is ConfigEntryState.LOADED
    assert value(hass, bank, "current") == -20.0
    assert "The saved memory of a bank cannot be used" in caplog.text
    assert hass_storage[f"{key}.broken"]["data"] == data


@pytest.mark.parametrize(
    "content",
    [
        '{"strange": true}',
        "[1]",
        "null",
        '{"version": 0, "minor_version": 1, "key": "lifepo4_bank.bank", "data": {}}',
        '{"version": 2, "minor_version": 1, "key": "lifepo4_bank.bank", "data": {}}',
    ],
)
async def test_a_file_that_is_no_store_of_this_version_is_put_aside(
    hass: HomeAssistant, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    memory = BankMemory(hass, "bank")
    path = tmp_path / "lifepo4_bank.bank"
    path.write_text(content)
    with (
        patch.object(Store, "path", str(path)),
        # the real way to the file, of which the tests' storage knows nothing
        patch.object(Store, "_async_load", Store._async_load_data),
    ):
        assert await memory.async_load() is None
    assert not path.exists()
    assert (tmp_path / "lifepo4_bank.bank.broken").read_text() == content
    assert "cannot be read" in caplog.text


async def test_energy_never_steps_back_when_the_memory_is_lost(
    hass: HomeAssistant, readers: FakeReaders, pass_time: PassTime
) -> None:
    members = [battery_entry(0), battery_entry(1)]
    await set_up(hass, *members)
    bank = bank_entry(members)
    bank.add_to_hass(hass)
    shown = {"energy_charged": 12.5, "energy_discharged": 10.25}
    entities = {
        key: er.async_get(hass).async_get_or_create(
            "sensor", DOMAIN, f"{bank.entry_id}_{key}", config_entry=bank
        )
        for key in shown
    }
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(entities[key].entity_id, str(total)),
                {"native_value": total, "native_unit_of_measurement": "kWh"},
            )
            for key, total in shown.items()
        ],
    )
    await set_up(hass, bank)
    assert {key: value(hass, bank, key) for key in shown} == shown
    for _ in range(10):
        await pass_time(27)
    after = value(hass, bank, "energy_discharged")
    assert after is not None
    assert 10.25 < after < 10.28
    assert bank.runtime_data.tally.meter.discharged == pytest.approx(after, abs=0.011)


async def test_a_reconfigured_bank_keeps_its_counters_and_its_identity(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime
) -> None:
    bank = await make_bank(3)
    for _ in range(6):
        await pass_time(27)
    before = value(hass, bank, "energy_discharged")
    entity_id = of(hass, bank, "energy_discharged").entity_id
    removed = of(hass, bank, "current_share", ADDRESSES[2]).entity_id
    hass.config_entries.async_update_entry(
        bank, data={**bank.data, "batteries": bank.data["batteries"][:2], "arrangement": "series"}
    )
    await hass.config_entries.async_reload(bank.entry_id)
    await hass.async_block_till_done()
    assert of(hass, bank, "energy_discharged").entity_id == entity_id
    after = value(hass, bank, "energy_discharged")
    assert before is not None
    assert after is not None
    assert after >= before
    assert value(hass, bank, "voltage") == 26.4
    assert er.async_get(hass).async_get(removed) is None
