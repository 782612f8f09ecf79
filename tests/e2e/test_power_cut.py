"""Home Assistant dies at a random moment while a battery is switched off: it never stays off."""

import asyncio
import contextlib
import os
from pathlib import Path
import random

import aiohttp

from tests.e2e.boat import Boat, launch
from virtual_bank.home_assistant import HomeAssistantError, wait_for
from virtual_bank.installation import BEGIN_BEFORE, DOMAIN

SPEED = 10.0
CUTS = int(os.environ.get("POWER_CUTS", "5"))
"""50 take about ten minutes: POWER_CUTS=50 .venv/bin/pytest tests/e2e/test_power_cut.py"""
OFF_SECONDS = 20


async def _conducting(boat: Boat) -> list[bool]:
    state = await boat.virtual.state()
    return [bool(b["reading"]["discharge_commanded"]) for b in state["batteries"]]


async def _cut(boat: Boat, device: str, moment: float) -> bool:
    """Begin a cycle and end the process `moment` seconds later; False when it was refused."""
    cycle = asyncio.create_task(
        boat.home.call(DOMAIN, "cycle_discharge", device_id=device, off_seconds=OFF_SECONDS)
    )
    await asyncio.wait({cycle}, timeout=moment)
    if cycle.done() and cycle.exception() is not None:
        return False
    await boat.home.kill()
    with contextlib.suppress(aiohttp.ClientError, HomeAssistantError):
        await cycle
    return True


async def _return(boat: Boat) -> None:
    """Start again, on the clock that went on."""
    passed = (await boat.virtual.state())["time"]
    await boat.home.start(speed=SPEED, offset=passed - BEGIN_BEFORE)


async def test_no_battery_stays_off(tmp_path: Path) -> None:
    random.seed(20)
    found_off = 0
    async with launch("in_sync", tmp_path, speed=SPEED) as boat:
        device = await boat.device(boat.scenario.layout.batteries[0])
        # While it is charged, nothing proves after a start that the other battery discharges.
        await boat.virtual.set("load", current=-24.0)

        async def all_on() -> bool:
            return all(await _conducting(boat))

        for _ in range(CUTS):
            moment = random.uniform(0, 1.5 * OFF_SECONDS / SPEED)

            async def begun(moment: float = moment) -> bool:
                return await _cut(boat, device, moment)

            await wait_for(begun, 120, "a cycle that the interlock allows", every=1)
            found_off += not await all_on()
            await _return(boat)
            await wait_for(all_on, 90, "the battery to be switched on again")
        assert found_off > 0, "no cut fell into the time that the battery was off"
        refused = "was not switched off. Its voltage is not that of the others"
        assert [line for line in boat.complaints() if refused not in line] == []
