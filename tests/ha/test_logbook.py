"""The logbook says in sentences what was found, and what was done."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import (
    RecorderInstanceContextManager,
    WebSocketGenerator,
)

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Status

from .automations import device_id, entity_id
from .conftest import NAMES
from .test_bank import of
from .test_bank_findings import SHARING, Says

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder before Home Assistant is there, without every SQL statement."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.mark.usefixtures("recorder_mock")
async def test_lines_of_a_bank(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    hass_ws_client: WebSocketGenerator,
) -> None:
    start = dt_util.utcnow()
    assert await async_setup_component(hass, "logbook", {})
    bank = await make_bank(2)
    client = await hass_ws_client()

    async def lines(**what: Any) -> list[tuple[str, str]]:
        await async_wait_recording_done(hass)
        period = {
            "start_time": start.isoformat(),
            "end_time": (dt_util.utcnow() + timedelta(hours=1)).isoformat(),
        }
        await client.send_json_auto_id({"type": "logbook/get_events", **period, **what})
        answer = await client.receive_json()
        return [(line["name"], line["message"]) for line in answer["result"] if "message" in line]

    says = Says(bank, monkeypatch)
    whole = replace(SHARING, kind=Kind.LAYOUT_LIMIT, cause="parallel", batteries=())
    says.now(SHARING, whole)
    await pass_time(28)
    sharing, layout = of(hass, bank, "status").attributes["findings"]
    assert sharing.startswith(f"{NAMES[1]} carries 30 % of the load")
    found = [("House bank", sharing), ("House bank", layout)]
    assert await lines(entity_ids=[entity_id(hass, bank, "diagnosis")]) == found
    assert await lines() == found

    assert await hass.config_entries.async_reload(bank.entry_id)
    await pass_time(28)
    assert await lines() == found, "a restart is no news"

    says = Says(bank, monkeypatch)
    says.now(SHARING, whole)
    await pass_time(28)
    seen = len(await lines())
    says.now(status=Status.IN_SYNC)
    await pass_time(28)
    assert (await lines())[seen:] == [
        ("House bank", f"No longer so: Uneven current ({NAMES[1]})"),
        ("House bank", "No longer so: Bank too large"),
    ]

    await hass.services.async_call(
        DOMAIN,
        "start_check",
        {"device_id": device_id(hass, bank), "check": "pre_parallel"},
        blocking=True,
    )
    for what in ({}, {"device_ids": [device_id(hass, bank)]}):
        name, message = (await lines(**what))[-1]
        assert name == "House bank"
        assert message.startswith("The voltages are 0.00 V apart")
