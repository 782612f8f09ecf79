"""New readings, for a decision: batteries are read, or waited for where others read them."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Final

from homeassistant.core import HomeAssistant

from .const import CONF_KIND, KIND_ENTITIES
from .coordinator import BatteryCoordinator
from .core.battery import Seconds

NEW_ENOUGH: Final[Seconds] = 5.0
"""A reading so young need not be taken again before a command."""
READ_TIMEOUT: Final[Seconds] = 45.0
"""For all batteries of a bank to answer; those that do not count as not read."""
NEWS_WITHIN: Final[Seconds] = 120.0
"""For batteries of entities to tell something new; most do every 10 to 60 seconds."""
LOOK: Final[Seconds] = 1.0
"""Between two looks at them, and for voltage and current of one moment to come in."""


def is_told(coordinator: BatteryCoordinator) -> bool:
    """Whether the battery is made of entities: others decide when there is something new."""
    return bool(coordinator.config_entry.data[CONF_KIND] == KIND_ENTITIES)


async def async_read_anew(
    members: Iterable[BatteryCoordinator], new_enough: Seconds = NEW_ENOUGH
) -> None:
    """Read every battery whose last reading is older than that; entities are there at any time.

    One that does not answer keeps its old reading with its old age.
    """
    old = [
        member
        for member in members
        if member.data is None or member.age > new_enough or is_told(member)
    ]
    with suppress(TimeoutError):
        async with asyncio.timeout(READ_TIMEOUT):
            await asyncio.gather(*(member.async_read() for member in old), return_exceptions=True)


async def async_late(members: Iterable[BatteryCoordinator]) -> list[BatteryCoordinator]:
    """Look at the batteries of entities; return those that may tell something new soon.

    A source that is gone, or has been silent for minutes, is not among them.
    """
    told = [member for member in members if is_told(member)]
    await async_read_anew(told)
    return [member for member in told if _is_alive(member) and member.age > NEW_ENOUGH]


async def async_await_news(hass: HomeAssistant, late: list[BatteryCoordinator]) -> Seconds:
    """Wait until each of these has told something new, within limits; return how long it took."""
    began = monotonic()
    while late and monotonic() - began < NEWS_WITHIN and not hass.is_stopping:
        await asyncio.sleep(LOOK)
        late = await async_late(late)
    await asyncio.sleep(LOOK)
    return monotonic() - began


def unheard(members: Iterable[BatteryCoordinator | None], since: Seconds) -> list[str]:
    """Name the batteries of entities that have told nothing `since` then, of a monotonic clock."""
    silent = monotonic() - since
    return [
        member.battery.id
        for member in members
        if member is not None and is_told(member) and member.age > silent
    ]


def _is_alive(member: BatteryCoordinator) -> bool:
    served = getattr(member.config_entry, "runtime_data", None) is member
    return served and member.answered
