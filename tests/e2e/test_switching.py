"""Discharge is switched off and on by action, on a real Home Assistant that restarts in between."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.boat import Boat, launch
from tests.e2e.guest import log_in_guest
from virtual_bank.home_assistant import HomeAssistantError, wait_for
from virtual_bank.installation import BEGIN_BEFORE, DOMAIN

SPEED = 10.0


async def _mosfet(boat: Boat, battery: str) -> bool:
    """Whether the virtual battery's discharge MOSFET conducts, in truth."""
    state = await boat.virtual.state()
    found: dict[str, Any] = next(b for b in state["batteries"] if b["address"] == battery)
    return bool(found["reading"]["discharge_enabled"])


async def _findings(boat: Boat) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(f["kind"], f["cause"], tuple(f["batteries"])) for f in await boat.view.findings()}


async def _refused_to_a_guest(boat: Boat, battery: str) -> None:
    """Who may not control the battery's entities switches nothing, over either API."""
    guest = await log_in_guest(boat.home)
    bank = await boat.view.device_id()
    assert "findings" in await guest.call(DOMAIN, "diagnose", device_id=bank)
    device = await boat.device(battery)
    for action, fields in (
        ("set_discharge", {"device_id": device, "enabled": False}),
        ("set_discharge", {"device_id": device, "enabled": False, "force": True}),
        ("set_charge", {"device_id": device, "enabled": False}),
        ("cycle_discharge", {"device_id": device}),
        ("resync", {"device_id": bank}),
    ):
        with pytest.raises(HomeAssistantError, match="Unauthorized"):
            await guest.call(DOMAIN, action, **fields)
        with pytest.raises(HomeAssistantError, match="401"):
            await guest.post(f"/api/services/{DOMAIN}/{action}?return_response", **fields)
    state = await boat.virtual.state()
    assert all(b["reading"]["discharge_enabled"] for b in state["batteries"])
    assert all(b["reading"]["charge_enabled"] for b in state["batteries"])


async def test_an_action_opens_the_mosfet_and_the_bank_names_the_battery(tmp_path: Path) -> None:
    async with launch("in_sync", tmp_path, speed=SPEED) as boat:
        battery = boat.scenario.layout.batteries[1]
        device = await boat.device(battery)

        async def proven() -> bool:
            values = await boat.view.values()
            return values.get("status", {}).get("state") in ("in_sync", "watching")

        await wait_for(proven, 60, "a bank that carries load")
        await _refused_to_a_guest(boat, battery)
        answer = await boat.home.call(DOMAIN, "set_discharge", device_id=device, enabled=False)
        assert answer["discharge_enabled"] is False
        assert not await _mosfet(boat, battery)

        expected = ("not_participating", "discharge_off")

        async def named() -> bool:
            return any(f[:2] == expected and len(f[2]) == 1 for f in await _findings(boat))

        await wait_for(named, 90, "the finding that names the battery")
        before = await _findings(boat)

        passed = await boat.virtual.state()
        await boat.home.stop()
        await boat.home.start(speed=SPEED, offset=passed["time"] - BEGIN_BEFORE)
        await wait_for(named, 60, "the finding after the restart")
        assert await _findings(boat) >= {f for f in before if f[:2] == expected}

        answer = await boat.home.call(DOMAIN, "set_discharge", device_id=device, enabled=True)
        assert answer["discharge_enabled"] is True
        assert await _mosfet(boat, battery)
        refused = ("Unauthorized", "Login attempt or request with invalid authentication")
        assert [c for c in boat.complaints() if not any(r in c for r in refused)] == []
