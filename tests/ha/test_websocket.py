"""What the card is told of a bank."""

from collections.abc import Awaitable, Callable
import json
import os
from pathlib import Path
from typing import Any

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.lifepo4_bank import frontend
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.view import bank_view, from_mean

from .conftest import ADDRESSES, FakeReaders, set_up

VIEW = Path(__file__).parents[1] / "card" / "view.json"

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


async def subscribe(client: MockHAClientWebSocket, **fields: str) -> dict[str, Any]:
    """Ask for a bank's view; returns the answer to the command."""
    await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe", **fields})
    answer: dict[str, Any] = await client.receive_json()
    return answer


async def view(client: MockHAClientWebSocket) -> dict[str, Any] | None:
    """The next view that is told."""
    message = await client.receive_json()
    assert message["type"] == "event"
    event: dict[str, Any] | None = message["event"]
    return event


@pytest.fixture
async def client(
    hass: HomeAssistant, bank: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> MockHAClientWebSocket:
    """A page of the owner, while the bank is running."""
    return await hass_ws_client(hass)


async def test_the_only_bank_is_told_at_once_and_after_every_reading(
    hass: HomeAssistant, bank: MockConfigEntry, readers: FakeReaders, client: MockHAClientWebSocket
) -> None:
    assert (await subscribe(client))["success"]
    told = await view(client)
    assert told is not None
    assert (told["name"], told["notation"], told["arrangement"]) == (
        "House bank",
        "1S2P",
        "parallel",
    )
    assert told["blocks"] == [ADDRESSES[:2]] or told["blocks"] == [list(ADDRESSES[:2])]
    assert told["normal"] == [0.8, 1.25]
    assert [branch["fair"] for branch in told["sharing"][0]] == [0.5, 0.5]
    first = told["batteries"][ADDRESSES[0]]
    assert first["online"]
    assert hass.states.get(first["entities"]["soc"]) is not None
    assert hass.states.get(first["entities"]["current_share"]) is not None
    assert hass.states.get(told["entities"]["status"]) is not None
    readers.of(ADDRESSES[1]).shows(discharge_enabled=False)
    await bank.runtime_data.async_read_together()
    while told["batteries"][ADDRESSES[1]]["discharge_enabled"]:
        told = await view(client)
        assert told is not None


async def test_a_silent_battery_is_told_with_its_last_reading_s_time(
    hass: HomeAssistant,
    bank: MockConfigEntry,
    readers: FakeReaders,
    hass_ws_client: WebSocketGenerator,
    pass_time: PassTime,
) -> None:
    readers.of(ADDRESSES[0]).error = TimeoutError()
    for _ in range(20):
        await pass_time(30)
    client = await hass_ws_client(hass)
    await subscribe(client)
    told = await view(client)
    assert told is not None
    silent = told["batteries"][ADDRESSES[0]]
    assert not silent["online"]
    assert silent["seen"] is not None
    assert silent["cells"] == []


async def test_a_switched_off_entity_is_not_told(
    hass: HomeAssistant, bank: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await subscribe(client)
    told = await view(client)
    assert told is not None
    assert "discharge" not in told["batteries"][ADDRESSES[0]]["entities"]
    registry = er.async_get(hass)
    switch = registry.async_get_entity_id("switch", DOMAIN, f"{ADDRESSES[0]}_discharge")
    assert switch is not None


async def test_an_enabled_switch_is_told_with_what_the_interlock_has_against_it(
    hass: HomeAssistant, bank: MockConfigEntry, readers: FakeReaders, client: MockHAClientWebSocket
) -> None:
    await subscribe(client)
    told = await view(client)
    assert told is not None
    assert told["batteries"][ADDRESSES[0]]["refused"] == []
    registry = er.async_get(hass)
    switch = registry.async_get_entity_id("switch", DOMAIN, f"{ADDRESSES[0]}_discharge")
    assert switch is not None
    registry.async_update_entity(switch, disabled_by=None)
    readers.of(ADDRESSES[1]).shows(discharge_enabled=False)
    await bank.runtime_data.async_read_together()
    reasons: list[str] = []
    while not any("Already off" in reason for reason in reasons):
        told = await view(client)
        assert told is not None
        reasons = told["batteries"][ADDRESSES[0]]["refused"]
    assert told["batteries"][ADDRESSES[1]]["refused"] == []
    readers.of(ADDRESSES[0]).shows(discharge_enabled=False)
    await bank.runtime_data.async_read_together()
    before = reasons
    while reasons == before:
        told = await view(client)
        assert told is not None
        reasons = told["batteries"][ADDRESSES[0]]["refused"]
    assert len(reasons) < len(before), "switching on asks less"


async def test_shares_of_the_moment_are_told_under_enough_current_only(
    hass: HomeAssistant,
    bank: MockConfigEntry,
    readers: FakeReaders,
) -> None:
    async def now(first: float | None, second: float | None) -> list[float | None]:
        for address, current in zip(ADDRESSES[:2], (first, second), strict=True):
            readers.of(address).shows(current=current)
        await bank.runtime_data.async_read_together()
        return [branch["now"] for branch in bank_view(hass, bank.runtime_data)["sharing"][0]]

    assert await now(-30.0, -10.0) == [0.75, 0.25]
    assert [str(share) for share in await now(0.0, -30.0)] == ["0.0", "1.0"]
    assert await now(-2.0, -2.0) == [None, None]
    assert await now(-30.0, None) == [None, None]
    assert all(
        branch["excess"] is None for branch in bank_view(hass, bank.runtime_data)["sharing"][0]
    )


def test_distances_from_the_mean_need_two_that_are_known() -> None:
    apart = from_mean({"a": 13.4, "b": 13.2, "c": None})
    assert apart == {"a": pytest.approx(0.1), "b": pytest.approx(-0.1)}
    assert from_mean({"a": 13.4, "c": None}) == {}


async def test_a_card_outlives_the_reloading_and_notices_the_removal_of_its_bank(
    hass: HomeAssistant, bank: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await subscribe(client)
    assert await view(client)
    await hass.config_entries.async_reload(bank.entry_id)
    await hass.async_block_till_done()
    told = [await view(client)]
    while told[-1] is None or len(told) < 2:
        told.append(await view(client))
    assert None in told
    assert told[-1]["name"] == "House bank"
    await hass.config_entries.async_unload(bank.entry_id)
    await hass.async_block_till_done()
    while await view(client) is not None:
        pass


async def test_among_several_banks_the_device_tells_which(
    hass: HomeAssistant, make_bank: MakeBank, hass_ws_client: WebSocketGenerator
) -> None:
    bank = await make_bank(2)
    other = MockConfigEntry(domain=DOMAIN, title="Spare bank", data=dict(bank.data))
    await set_up(hass, other)
    client = await hass_ws_client(hass)
    assert (await subscribe(client))["error"]["code"] == "choose"
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, bank.entry_id), bank.entry_id
    )
    assert device is not None
    assert (await subscribe(client, device_id=device.id))["success"]
    told = await view(client)
    assert told is not None
    assert told["name"] == "House bank"


@pytest.mark.parametrize("fields", [{}, {"device_id": "no such device"}])
async def test_without_a_bank_the_card_is_told_so(
    hass: HomeAssistant,
    battery: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    fields: dict[str, str],
) -> None:
    client = await hass_ws_client(hass)
    assert (await subscribe(client, **fields))["error"]["code"] == "not_found"


async def test_a_guest_without_rights_sees_nothing(
    hass: HomeAssistant,
    bank: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
) -> None:
    hass_read_only_user.groups.clear()
    hass_read_only_user.invalidate_cache()
    client = await hass_ws_client(hass, hass_read_only_access_token)
    assert (await subscribe(client))["error"]["code"] == "unauthorized"


async def test_pages_load_the_card_under_an_address_that_changes_with_it(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "frontend", {})
    assert await async_setup_component(hass, DOMAIN, {})
    assert frontend.LOADER in hass.data[DATA_EXTRA_MODULE_URL].urls
    client = await hass_client()
    loader = await client.get(frontend.LOADER)
    assert loader.headers["Cache-Control"] == "no-store"
    card = f"/{DOMAIN}/{frontend.version()}/card.js"
    assert f'import("{card}")' in await loader.text()
    answer = await client.get(card)
    assert answer.status == 200
    assert "javascript" in answer.headers["Content-Type"]


async def test_without_a_page_nothing_is_served(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert "frontend" not in hass.config.components


async def test_the_view_is_the_one_that_the_card_is_tested_with(
    hass: HomeAssistant, bank: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await subscribe(client)
    told = await view(client)
    assert told is not None
    told["device_id"] = "bank"
    for number, battery in enumerate(told["batteries"].values()):
        battery |= {"device_id": f"battery_{number}", "seen": 0}
    if os.environ.get("WRITE_VIEW"):
        VIEW.write_text(json.dumps(told, indent=2) + "\n")
    assert json.loads(VIEW.read_text()) == told, "WRITE_VIEW=1 writes it anew"
