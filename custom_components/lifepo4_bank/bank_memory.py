"""What a bank remembers across restarts, in one file of Home Assistant's storage."""

from collections.abc import Callable
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

VERSION: Final = 1
SAVE_DELAY: Final = 300
"""Seconds; what is learned in them is learned anew after a crash. A regular stop loses nothing."""

type Memory = dict[str, Any]


class BankMemory:
    """Loads and saves the memory of one bank; a broken file is put aside, never used."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Name the file after the bank's entry."""
        self._hass = hass
        self._key = f"{DOMAIN}.{entry_id}"
        self._store: Store[Memory] = Store(hass, VERSION, self._key, atomic_writes=True)
        self._awaited = False

    async def async_load(self) -> Memory | None:
        """Return what was saved last; None when there is nothing or nothing usable.

        Text that is no JSON is put aside and reported by Home Assistant itself.
        """
        try:
            # What it raises for JSON that is no store of it, or one of a later or an earlier version.
            memory = await self._store.async_load()
        except HomeAssistantError, NotImplementedError, KeyError, TypeError, AttributeError:
            await self._async_put_aside()
            return None
        if memory is not None and not isinstance(memory, dict):
            await self.async_put_aside(memory, "it is not a bank's memory")
            return None
        return memory

    async def async_put_aside(self, memory: object, reason: str) -> None:
        """Keep what could not be used in a file of its own and say so in the log."""
        aside = Store[Any](self._hass, VERSION, f"{self._key}.broken")
        await aside.async_save(memory)
        _LOGGER.error(
            "The saved memory of a bank cannot be used, because %s; it is kept as %s and the bank"
            " starts to learn anew",
            reason,
            aside.path,
        )

    async def _async_put_aside(self) -> None:
        """Keep a file that is JSON but not one of Home Assistant's stores."""
        path = Path(self._store.path)
        broken = path.with_name(f"{path.name}.broken")
        await self._hass.async_add_executor_job(path.replace, broken)
        _LOGGER.error(
            "The saved memory of a bank cannot be read; it is kept as %s and the bank starts to"
            " learn anew",
            broken,
        )

    def save_soon(self, memory: Callable[[], Memory]) -> None:
        """Save within some minutes, or when Home Assistant stops.

        While a save is awaited another call does not put it off.
        """
        if self._awaited:
            return
        self._awaited = True

        def due() -> Memory:
            self._awaited = False
            return memory()

        self._store.async_delay_save(due, SAVE_DELAY)

    async def async_save(self, memory: Memory) -> None:
        """Save now."""
        self._awaited = False
        await self._store.async_save(memory)

    async def async_remove(self) -> None:
        """Delete the file: the bank is gone."""
        await self._store.async_remove()
