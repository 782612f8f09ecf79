"""An ignored discovery is an entry without any data, and stands in nobody's way."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.lifepo4_bank.bank_offer import offer_id
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.journal import KEY

from .conftest import ADDRESSES, FakeReaders, battery_entry, set_up
from .test_set_discharge import call, refused


@pytest.fixture(autouse=True)
def ignored(hass: HomeAssistant) -> None:
    """An offer and a battery that the owner does not want to hear of."""
    for unique_id in (offer_id(12.8), ADDRESSES[7]):
        MockConfigEntry(
            domain=DOMAIN, unique_id=unique_id, source=SOURCE_IGNORE, data={}
        ).add_to_hass(hass)


async def test_a_broken_record_is_still_told(
    hass: HomeAssistant, tmp_path: Path, readers: FakeReaders
) -> None:
    hass.config.config_dir = str(tmp_path)
    (tmp_path / ".storage").mkdir()
    (tmp_path / ".storage" / KEY).write_text("{")
    entry = battery_entry()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert ir.async_get(hass).async_get_issue(DOMAIN, "journal_broken")


async def test_a_battery_of_no_bank_is_switched(
    hass: HomeAssistant, readers: FakeReaders, battery: MockConfigEntry
) -> None:
    assert "belongs to no bank" in await refused(hass, "set_discharge", enabled=False)
    answer = await call(hass, "set_discharge", enabled=False, force=True)
    assert answer["discharge_enabled"] is False


async def test_the_card_finds_the_only_bank(
    hass: HomeAssistant, make_bank: Any, hass_ws_client: WebSocketGenerator
) -> None:
    bank = await make_bank(2)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe"})
    assert (await client.receive_json())["success"]
    assert (await client.receive_json())["event"]["name"] == bank.title
