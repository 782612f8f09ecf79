"""Measurements over some seconds that the owner asks for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback

from .bank import BankCoordinator
from .core.bank import BankSample
from .core.battery import Amperes, Seconds
from .permission import device_id_of

PACE: Final[Seconds] = 3.0
"""Between two readings of all batteries while something is measured."""


async def async_samples(
    hass: HomeAssistant, bank: BankCoordinator, seconds: Seconds
) -> AsyncIterator[BankSample]:
    """Read all batteries again and again for some time."""
    until = hass.loop.time() + seconds
    while True:
        await bank.async_read_together()
        if bank.data is not None and bank.data.sample is not None:
            yield bank.data.sample
        left = until - hass.loop.time()
        if left <= 0:
            return
        await asyncio.sleep(min(PACE, left))


def currents(sample: BankSample) -> dict[str, Amperes]:
    """Return the currents that are known."""
    return {
        battery: reading.current
        for battery, reading in sample.batteries.items()
        if reading.current is not None
    }


def shares(bank: BankCoordinator, flowing: Mapping[str, Amperes]) -> dict[str, float | None]:
    """Return each battery's part of the current of those that share with it, in %.

    None where that current is too small to tell, or not known of all.
    """
    told: dict[str, float | None] = dict.fromkeys(bank.layout.batteries)
    for sharing in bank.layout.sharing:
        members = [battery for branch in sharing for battery in branch]
        if not all(battery in flowing for battery in members):
            continue
        branches = {branch: sum(flowing[b] for b in branch) / len(branch) for branch in sharing}
        total = sum(branches.values())
        floor = max((bank.batteries[b].detection_floor or 1.5) for b in members)
        if abs(total) <= floor:
            continue
        for branch, current in branches.items():
            part = round(100 * current / total, 1) + 0.0  # never -0.0
            told.update(dict.fromkeys(branch, part))
    return told


@callback
def async_tell(
    hass: HomeAssistant, bank: BankCoordinator, event: str, result: Mapping[str, Any]
) -> None:
    """Fire an event that automations and the logbook find by the bank's device."""
    entry_id = bank.config_entry.entry_id
    device_id = device_id_of(hass, entry_id, entry_id)
    hass.bus.async_fire(event, {ATTR_DEVICE_ID: device_id, "entry_id": entry_id, **result})


def by_name(bank: BankCoordinator, values: Mapping[str, Any]) -> dict[str, Any]:
    """Name the batteries for people; those that share a name by their id, too."""
    names = Counter(known.name for known in bank.batteries.values())
    return {
        name if names[name] == 1 else f"{name} ({battery})": value
        for battery, value in values.items()
        for name in (bank.batteries[battery].name,)
    }
