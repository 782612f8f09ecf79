"""Attempts to switch a battery on again, until a reading confirms that it is on."""

import asyncio
from collections.abc import Mapping
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import BatteryCoordinator
from .core.battery import Seconds
from .journal import Journal, Opened
from .left_off import clear_issue, raise_issue
from .switching import Switchgear

_LOGGER = logging.getLogger(__name__)

RETRY: Final[tuple[Seconds, ...]] = (1, 2, 5, 10, 20, 30)
"""Pauses between attempts; the last one repeats. A sign of life ends a pause early."""


class SwitchingOn:
    """Tries until the journal names a battery no more."""

    def __init__(self, hass: HomeAssistant, journal: Journal, gear: Switchgear) -> None:
        """Try nothing yet."""
        self._hass = hass
        self._journal = journal
        self._gear = gear
        self._tasks: dict[str, tuple[BatteryCoordinator, asyncio.Task[None]]] = {}
        self._alive: dict[str, asyncio.Event] = {}

    @property
    def opened(self) -> Mapping[str, Opened]:
        """Batteries that wait to be switched on again."""
        return self._journal.opened

    def is_promised(self, battery: str) -> bool:
        """Whether we have the battery off for sure; after a lost record it is only looked at."""
        return battery in self.opened and self.opened[battery].certain

    @staticmethod
    def is_served(coordinator: BatteryCoordinator) -> bool:
        """Whether this coordinator is still the one that may talk to its battery."""
        entry = coordinator.config_entry
        return getattr(entry, "runtime_data", None) is coordinator and entry.state in (
            ConfigEntryState.SETUP_IN_PROGRESS,
            ConfigEntryState.LOADED,
            ConfigEntryState.UNLOAD_IN_PROGRESS,
        )

    @callback
    def begin(self, coordinator: BatteryCoordinator) -> None:
        """Begin to try, unless that goes on already."""
        battery = coordinator.battery.id
        if not self.is_served(coordinator):
            return
        if battery in self._tasks:
            tried, task = self._tasks[battery]
            if tried is coordinator and not task.done():
                return
            task.cancel()  # of a set-up that has failed since
        self._tasks[battery] = (
            coordinator,
            self._hass.async_create_background_task(
                self._async_keep_trying(coordinator), f"{DOMAIN} switch {battery} on again"
            ),
        )

    @callback
    def end(self, battery: str) -> None:
        """Stop trying; the journal still names the battery."""
        if battery in self._tasks:
            self._tasks.pop(battery)[1].cancel()

    @callback
    def note_alive(self, battery: str) -> None:
        """Try at once: the battery has just given a sign of life."""
        if battery in self._alive:
            self._alive[battery].set()

    async def async_pause(self, battery: str, attempt: int) -> None:
        """Wait after an attempt, but no longer than until the battery gives a sign of life."""
        alive = self._alive.setdefault(battery, asyncio.Event())
        alive.clear()
        try:
            async with asyncio.timeout(RETRY[min(attempt, len(RETRY) - 1)]):
                await alive.wait()
        except TimeoutError:
            return

    async def async_attempt(self, coordinator: BatteryCoordinator) -> bool:
        """Switch on once; True when a reading confirms it."""
        battery = coordinator.battery.id
        opened = self.opened[battery]
        if not self.is_served(coordinator):
            raise_issue(self._hass, opened)
            return False
        try:
            await coordinator.async_switch(opened.mosfet, enabled=True)
        except Exception as err:  # noqa: BLE001  whatever it is, it must not end the attempts
            _LOGGER.debug("%s is not on again yet: %r", opened.name, err)
            if battery in self.opened:  # its owner may have decided meanwhile
                raise_issue(self._hass, opened)
            return False
        await self.async_settle(battery)
        return True

    async def async_settle(self, battery: str) -> None:
        """Forget a battery: it has been seen on, or its owner has decided otherwise."""
        await self._journal.async_strike(battery)
        self.share_pending()
        clear_issue(self._hass, battery)

    @callback
    def share_pending(self) -> None:
        """Tell the switchgear whose neighbours must not be switched off now."""
        self._gear.pending = frozenset(self.opened)

    async def _async_keep_trying(self, coordinator: BatteryCoordinator) -> None:
        """Try until it is on, or until its entry is unloaded; then the next set-up goes on."""
        battery = coordinator.battery.id
        failures = 0
        while self.is_promised(battery) and self.is_served(coordinator):
            # Somebody who is switching it at this moment decides for himself.
            if not self._gear.is_held(battery) and await self.async_attempt(coordinator):
                return
            await self.async_pause(battery, failures)
            failures += 1
