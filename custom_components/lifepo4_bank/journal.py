"""The record of what was switched off for a moment and must be switched on again.

It is on the disk before the command is sent. Home Assistant's own store only logs a failed
write and puts it off while stopping, so the file is written here, in the store's format.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
import json
import logging
from pathlib import Path
import time
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.file import WriteError, write_utf8_file_atomic
from homeassistant.util.hass_dict import HassKey

from .const import CONF_KIND, DOMAIN, KIND_BATTERY
from .core.battery import Seconds

_LOGGER = logging.getLogger(__name__)

KEY: Final = f"{DOMAIN}.journal"
VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One battery that we switched off, or may have."""

    battery: str
    name: str
    entry_id: str
    mosfet: str
    since: Seconds
    """When the command was about to be sent, seconds since 1970; for people who read the record,
    as a boat's computer may have had no notion of the date."""
    certain: bool = True
    """False: the record was lost, and the battery may be off."""

    @classmethod
    def now(cls, entry: ConfigEntry, mosfet: str, *, certain: bool = True) -> Opened:
        """Make the record of an entry's battery, which need not be loaded."""
        return cls(
            battery=battery_id(entry),
            name=entry.title,
            entry_id=entry.entry_id,
            mosfet=mosfet,
            since=time.time(),
            certain=certain,
        )


class Journal:
    """What is written stays until it is struck, whatever happens to the process."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Nothing is read yet."""
        self._hass = hass
        self._path = Path(hass.config.path(STORAGE_DIR, KEY))
        self._lock = asyncio.Lock()
        self._opened: dict[str, Opened] = {}
        self.set_aside: str | None = None
        """Name under which a broken record was kept; then nobody knows what is off."""

    @property
    def opened(self) -> Mapping[str, Opened]:
        """Batteries by id that wait to be switched on again."""
        return self._opened

    async def async_load(self) -> None:
        """Read the record; a broken one is kept aside."""
        try:
            found = await self._hass.async_add_executor_job(self._read)
        except FileNotFoundError:
            return
        except (ValueError, TypeError, KeyError, OSError) as err:
            _LOGGER.warning("The record of switched-off batteries cannot be read: %s", err)
            self.set_aside = await self._hass.async_add_executor_job(self._put_aside)
            return
        self._opened = {opened.battery: opened for opened in found}

    async def async_write(self, *opened: Opened) -> None:
        """Record batteries; when this returns, they are on the disk.

        Raises HomeAssistantError when they are not; then none must be switched off.
        """
        async with self._lock:
            await self._save(self._opened | {entry.battery: entry for entry in opened})

    async def async_suspect(self, *opened: Opened) -> None:
        """Remember batteries that may be off, on the disk if that is possible."""
        try:
            await self.async_write(*opened)
        except HomeAssistantError:
            self._opened = self._opened | {entry.battery: entry for entry in opened}

    async def async_strike(self, battery: str) -> None:
        """Forget a battery that has been seen on.

        If that cannot be written, it will once more be told to be on, which does no harm.
        """
        async with self._lock:
            rest = {b: entry for b, entry in self._opened.items() if b != battery}
            if len(rest) == len(self._opened):
                return
            try:
                await self._save(rest)
            except HomeAssistantError:
                self._opened = rest

    async def _save(self, opened: dict[str, Opened]) -> None:
        content = {
            "version": VERSION,
            "minor_version": 1,
            "key": KEY,
            "data": {"opened": [asdict(entry) for entry in opened.values()]},
        }
        try:
            await self._async_put_down(json.dumps(content, indent=2))
        except WriteError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="journal_not_written"
            ) from err
        self._opened = opened

    async def _async_put_down(self, content: str) -> None:
        """Write; who gives up waits all the same, so that no later write is overtaken."""
        writing = self._hass.async_add_executor_job(self._write, content)
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})
            raise

    def _write(self, content: str) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise WriteError(str(err)) from err
        write_utf8_file_atomic(str(self._path), content)

    def _read(self) -> list[Opened]:
        content: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']}")
        return [_opened(entry) for entry in content["data"]["opened"]]

    def _put_aside(self) -> str:
        """Move the file away, over no other that was: a clock may show the same time again."""
        stem = f"{KEY}.corrupt.{datetime.now().astimezone():%Y%m%dT%H%M%S}"
        names = (stem, *(f"{stem}.{number}" for number in range(1, 1000)))
        aside = next(path for path in map(self._path.with_name, names) if not path.exists())
        try:
            self._path.replace(aside)
        except OSError as err:
            _LOGGER.warning("The broken record cannot be kept aside: %s", err)
            return self._path.name
        return aside.name


def battery_id(entry: ConfigEntry) -> str:
    """Return the id of an entry's battery: its Bluetooth address, or the entry's own."""
    address = entry.unique_id if entry.data[CONF_KIND] == KIND_BATTERY else None
    return address.upper() if address else entry.entry_id


def _opened(entry: dict[str, Any]) -> Opened:
    """Check what was read; raises TypeError or ValueError."""
    opened = Opened(**entry)
    texts = (opened.battery, opened.name, opened.entry_id, opened.mosfet)
    if not all(isinstance(text, str) for text in texts) or opened.mosfet not in (
        "discharge",
        "charge",
    ):
        raise ValueError(f"not an entry: {entry}")
    if not isinstance(opened.since, int | float):
        raise TypeError(f"not a time: {opened.since!r}")
    return opened


JOURNAL: HassKey[Journal] = HassKey(KEY)
