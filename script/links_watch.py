"""Sets up many batteries in a real Home Assistant, and looks at the ages of their readings."""

import asyncio
from collections.abc import Mapping, Sequence
import math
import sys
from typing import Any

from virtual_bank.home_assistant import HomeAssistant, HomeAssistantError, wait_for
from virtual_bank.installation import DOMAIN, now
from virtual_bank.scenario import Scenario
from virtual_bank.service import VirtualBankService

LOOK_EVERY = 2.0
PATIENCE = 120.0
"""Real seconds until every battery must have been heard or loaded."""
SEEN = "(as_timestamp(states('{0}'), none), as_timestamp(states.{0}.last_updated, none))"
"""When a battery was last read: in whole seconds, and when the sensor showed it."""


async def discovered(home: HomeAssistant, scenario: Scenario) -> Mapping[str, str]:
    """Wait until all are discovered; returns the flows that ask for confirmation, by battery."""
    flows: dict[str, str] = {}

    async def all_there() -> bool:
        for flow in await home.ask("config_entries/flow/progress"):
            if flow["handler"] == DOMAIN and flow["step_id"] == "bluetooth_confirm":
                flows[flow["context"]["unique_id"]] = flow["flow_id"]
        return flows.keys() >= set(scenario.layout.batteries)

    await wait_for(all_there, PATIENCE, "the discovery of all batteries")
    return {battery: flows[battery] for battery in scenario.layout.batteries}


async def add(home: HomeAssistant, scenario: Scenario, battery: str, flow: str) -> float:
    """Confirm a battery, again if it cannot be read; returns the seconds until its voltage."""
    name = scenario.name(battery)
    changed = 0.0

    async def confirmed() -> bool:
        done = await home.continue_flow(flow)
        if done["type"] != "create_entry":
            print(f"  {name} was not added yet: {done.get('errors')}", flush=True)
        return bool(done["type"] == "create_entry")

    async def shows_voltage() -> bool:
        nonlocal changed
        voltage = (await _entities(home, scenario, "voltage")).get(battery)
        if voltage is None:
            return False
        shown = f"states.{voltage}.last_changed.timestamp() if states('{voltage}') | is_number"
        changed = await home.post("/api/template", template=f"{{{{ {shown} else 0 }}}}")
        return bool(changed)

    began = await now(home)
    await wait_for(confirmed, PATIENCE, f"{name} to be added", every=0.1)
    await wait_for(shows_voltage, PATIENCE, f"a first value of {name}", every=0.1)
    return changed - began


async def _entities(home: HomeAssistant, scenario: Scenario, key: str) -> Mapping[str, str]:
    """Entity ids of one quantity by battery, as far as they exist."""
    wanted = {f"{battery}_{key}": battery for battery in scenario.layout.batteries}
    return {
        wanted[entity["unique_id"]]: entity["entity_id"]
        for entity in await home.ask("config/entity_registry/list")
        if entity["platform"] == DOMAIN and entity["unique_id"] in wanted
    }


async def show_last_seen(home: HomeAssistant, scenario: Scenario) -> Mapping[str, str]:
    """Switch on the sensors that tell when a battery was really read, and return them by name.

    Another sensor is also written when a missed reading leaves the last one standing.
    """
    entities = await _entities(home, scenario, "last_seen")
    if len(entities) < len(scenario.names):
        raise HomeAssistantError(f"only {len(entities)} batteries have a sensor last seen")
    for entity in entities.values():
        await home.ask("config/entity_registry/update", entity_id=entity, disabled_by=None)

    async def all_loaded() -> bool:
        return set(entities.values()) <= (await home.states()).keys()

    await wait_for(all_loaded, PATIENCE, "the sensors last seen", every=0.2)
    return {scenario.name(battery): entity for battery, entity in entities.items()}


async def watch(
    home: HomeAssistant, entities: Mapping[str, str], seconds: float, speed: float
) -> Mapping[str, Sequence[float]]:
    """Look at the ages of all readings every two seconds of Home Assistant's clock."""
    # one template, so that the clock and all states are of the same moment
    seen = ", ".join(SEEN.format(entity) for entity in entities.values())
    question = f"{{{{ {{'now': utcnow().timestamp(), 'seen': [{seen}]}} | to_json }}}}"
    ages: dict[str, list[float]] = {name: [] for name in entities}
    end = math.inf
    while True:
        answer = await home.post("/api/template", template=question)
        moment = answer["now"]
        for one, (at, shown) in zip(ages.values(), answer["seen"], strict=True):
            # a sensor that comes back without a new reading is younger than what it shows
            one.append(math.inf if at is None else moment - min(at + 1, shown))
        end = min(end, moment + seconds)
        if moment >= end:
            return ages
        await asyncio.sleep(LOOK_EVERY / speed)


async def fewest_free(virtual: VirtualBankService, watched: asyncio.Task[Any], speed: float) -> int:
    """Count the free slots every half second until all is watched."""
    fewest = sys.maxsize
    while not watched.done():
        proxies = (await virtual.state())["proxies"]
        fewest = min(fewest, sum(proxy["slots"] - len(proxy["connected"]) for proxy in proxies))
        await asyncio.sleep(LOOK_EVERY / 4 / speed)
    return fewest
