"""Whatever the radio does, values come back by themselves and none is wrong in between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.boat import complaints
from virtual_bank.home_assistant import HomeAssistant, HomeAssistantError, wait_for
from virtual_bank.installation import BEGIN_BEFORE, DOMAIN, accept_batteries, fresh
from virtual_bank.scenarios import SCENARIOS
from virtual_bank.service import VirtualBankService

SPEED = 10.0
PATIENCE = 60
"""Real seconds: ten minutes of Home Assistant's clock, twice the longest back-off."""
OUTAGE = 15.0
"""Real seconds, 150 of Home Assistant's: longer than a missed reading is bridged."""
KEYS = ("voltage", "current", "soc", "energy_discharged", "state")


class Watch:
    """Looks at all that two batteries show, again and again, and keeps what must never be."""

    def __init__(self, home: HomeAssistant, virtual: VirtualBankService) -> None:
        """Begin with nothing seen."""
        self.home = home
        self.virtual = virtual
        self.wrong: list[str] = []
        self._totals: dict[str, float] = {}
        self._loads = (-10.0 - 3.0 * step for step in count())

    async def values(self) -> dict[str, dict[str, str]]:
        """States by address and key."""
        states = await self.home.states()
        found: dict[str, dict[str, str]] = {}
        for entity in await self.home.ask("config/entity_registry/list"):
            address, _, key = entity["unique_id"].partition("_")
            if entity["platform"] == DOMAIN and key in KEYS and entity["entity_id"] in states:
                found.setdefault(address, {})[key] = states[entity["entity_id"]]["state"]
        return found

    async def look(self) -> None:
        """Note every value that cannot be."""
        for address, values in (await self.values()).items():
            for key, text in values.items():
                if text not in ("unknown", "unavailable") and key != "state":
                    self._judge(address, key, float(text))

    def _judge(self, address: str, key: str, value: float) -> None:
        if key == "energy_discharged":
            sound = value >= self._totals.get(address, 0.0)
            self._totals[address] = value
        else:
            low, high = {"voltage": (24, 28), "current": (-80, -1), "soc": (20, 95)}[key]
            sound = low < value < high
        if not sound:
            self.wrong.append(f"{address} {key} {value}")

    async def for_seconds(self, seconds: float) -> None:
        """Look for so many real seconds."""
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await self.look()
            await asyncio.sleep(0.5)

    async def recovers(self, after: str) -> None:
        """Change the load and wait until both batteries show it, over one link each."""
        await self.virtual.set("load", current=next(self._loads))

        async def shown() -> bool:
            await self.look()
            truth = (await self.virtual.state())["batteries"]
            values = await self.values()
            return all(_near(values.get(b["address"], {}), b["reading"]["current"]) for b in truth)

        await wait_for(shown, PATIENCE, f"the values to come back after {after}")
        await wait_for(self._tidy, PATIENCE, f"all slots to be given back after {after}")

    async def _tidy(self) -> bool:
        """Whether the proxies hold one connection for each battery and no other."""
        state = await self.virtual.state()
        held = sorted(name for proxy in state["proxies"] for name in proxy["connected"])
        return held == sorted(battery["name"] for battery in state["batteries"])


def _near(values: Mapping[str, str], current: float) -> bool:
    with suppress(KeyError, ValueError):
        return abs(float(values["current"]) - current) < 0.3
    return False


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watch]:
    """Set up two batteries within reach of two proxies."""
    async with fresh("in_sync", folder, speed=SPEED, proxies=2) as (virtual, home):
        await accept_batteries(home, SCENARIOS["in_sync"].names, print)
        yield Watch(home, virtual)


async def _battery(watch: Watch, place: int) -> dict[str, Any]:
    found: dict[str, Any] = (await watch.virtual.state())["batteries"][place]
    return found


async def _restart(watch: Watch, *, hard: bool) -> None:
    """End Home Assistant with its links up, and start it on the clock that went on."""
    if hard:
        await watch.home.kill()
    else:
        await watch.home.stop()
    passed = (await watch.virtual.state())["time"]
    await watch.home.start(speed=SPEED, offset=passed - BEGIN_BEFORE)
    with suppress(aiohttp.ClientError, HomeAssistantError):
        await watch.look()


async def _only_listens(watch: Watch) -> bool:
    """Whether Home Assistant says of both batteries that nobody who hears them can connect."""
    await watch.for_seconds(5)
    batteries = {battery["name"] for battery in (await watch.virtual.state())["batteries"]}
    found = await watch.home.ask("config_entries/get", domain=DOMAIN)
    reasons = " ".join(entry["reason"] or "" for entry in found)
    for entry in found:
        await watch.home.post(f"/api/config/config_entries/entry/{entry['entry_id']}/reload")
    why = "is heard, but only by an adapter or proxy that listens"
    return all(f"{name} {why}" in reasons for name in batteries)


async def test_the_radio_does_what_it_likes(tmp_path: Path) -> None:
    async with watched(tmp_path) as watch:
        virtual = watch.virtual
        await watch.recovers("setting up")
        first, second = await _battery(watch, 0), await _battery(watch, 1)

        await virtual.set(first["connected_to"], restart=20)
        await watch.recovers("a proxy without power")

        lost = (await _battery(watch, 0))["connected_to"]
        await virtual.set(first["name"], rssi=None, proxy=lost)
        await watch.recovers("a move to the other proxy")
        assert (await _battery(watch, 0))["connected_to"] != lost
        await virtual.set(first["name"], rssi=-62, proxy=lost)

        for fault in ({"silent": True}, {"garbled": -1}):
            await virtual.set(second["name"], **fault)
            await watch.for_seconds(OUTAGE)
            assert (await watch.values())[second["address"]]["voltage"] == "unavailable"
            await virtual.set(second["name"], faults=None)
            await watch.recovers(f"{fault}")

        await virtual.set(lost, active=False, restart=5)
        for battery in (first, second):
            await virtual.set(battery["name"], rssi=None)
            await virtual.set(battery["name"], rssi=-62, proxy=lost)
        await wait_for(partial(_only_listens, watch), PATIENCE, "the reason for both batteries")
        await virtual.set(lost, active=True, restart=5)
        for battery in (first, second):
            await virtual.set(battery["name"], rssi=-62)
        await watch.recovers("a proxy that only listened")

        await virtual.set("all", drop_mid_frame=2)
        await watch.recovers("links that broke in the middle of a frame")

        for hard in (False, True):
            await _restart(watch, hard=hard)
            await watch.recovers("a restart of Home Assistant")

        assert watch.wrong == []
        said = watch.home.log.read_text(errors="replace")
        ours = [line for line in said.splitlines() if "lifepo4_bank" in line]
        outages = [line for line in ours if "Error fetching" in line]
        assert [line for line in complaints(said) if line not in outages] == []
        # one line for each outage of the second battery, and none for what lasted but a moment
        assert [second["name"] in line for line in outages] == [True, True]
        assert "Traceback" not in "\n".join(ours)
        assert len(ours) < 40, "\n".join(ours)
