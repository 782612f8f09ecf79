"""What we switched off is switched on again, whatever happens in between.

Every battery in the journal is tried again and again until it has been seen on. Until then an
error among the repairs says so.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.hass_dict import HassKey

from .bank_offer import battery_entries
from .const import DOMAIN
from .coordinator import BatteryConfigEntry, BatteryCoordinator
from .core.battery import BatterySample, Seconds
from .core.branch import is_surely_on
from .core.verdict import Mosfet
from .journal import Journal, Opened
from .left_off import clear_issues_but, raise_broken_journal_issue, raise_issue
from .switching import SWITCHGEAR, Switchgear, loaded_batteries
from .switching_on import SwitchingOn

HASTE: Final[Seconds] = 60
"""How long an unloading entry waits for the action that has its battery off."""
PROMPT: Final = 4
"""Attempts that an action waits for before it reports that the battery is still off."""


@dataclass(frozen=True, slots=True)
class OffOnPurpose:
    """A battery that an action has off: how to end that early, and when it is over."""

    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Guarantee:
    """Switches on again what the journal names."""

    def __init__(self, hass: HomeAssistant, journal: Journal) -> None:
        """Take over a journal that has been read."""
        self._hass = hass
        self._journal = journal
        self._gear = hass.data[SWITCHGEAR]
        self._gear.decided = self.async_settle
        self._on = SwitchingOn(hass, journal, self._gear)
        self._off_on_purpose: dict[str, OffOnPurpose] = {}
        """Those that an action has off at this very moment."""

    @property
    def opened(self) -> Mapping[str, Opened]:
        """Batteries that wait to be switched on again."""
        return self._journal.opened

    async def async_start(self) -> None:
        """Say what is off before any battery can be reached."""
        if (file := self._journal.set_aside) is not None:
            raise_broken_journal_issue(self._hass, file)
            await self._journal.async_suspect(
                *(
                    Opened.now(entry, Mosfet.DISCHARGE.value, certain=False)
                    for entry in battery_entries(self._hass)
                )
            )
        clear_issues_but(self._hass, self.opened)
        for opened in self.opened.values():
            if opened.certain:
                raise_issue(self._hass, opened)
        self._on.share_pending()
        self._hass.async_add_shutdown_job(HassJob(self._async_before_stop))

    async def async_watch(self, entry: BatteryConfigEntry) -> None:
        """Take care of a battery that has just been set up."""
        coordinator = entry.runtime_data
        battery = coordinator.battery.id

        @callback
        def alive() -> None:
            self._on.note_alive(battery)
            if battery in self.opened and not self.opened[battery].certain:
                self._hass.async_create_task(self._async_look(coordinator))

        entry.async_on_unload(coordinator.async_add_listener(alive))
        if battery not in self.opened:
            return
        if self.opened[battery].certain:
            self._on.begin(coordinator)
        else:
            await self._async_look(coordinator)

    async def async_before_unload(self, entry: BatteryConfigEntry) -> None:
        """Switch a battery on while it can still be reached, then stop trying."""
        coordinator = entry.runtime_data
        battery = coordinator.battery.id
        await self._async_end_early(battery)
        if self._on.is_promised(battery):
            await self._on.async_attempt(coordinator)
        self._on.end(battery)

    async def async_off(self, coordinator: BatteryCoordinator, mosfet: Mosfet) -> BatterySample:
        """Record the battery, then switch it off; `async_on_again` must follow in any case.

        Raises HomeAssistantError when the record is not on the disk (nothing was sent), or when
        the battery does not answer or follow (it may be off all the same).
        """
        battery = coordinator.battery.id
        self._off_on_purpose[battery] = OffOnPurpose()
        await self._journal.async_write(Opened.now(coordinator.config_entry, mosfet.value))
        self._on.share_pending()
        loaded = coordinator.config_entry.state is ConfigEntryState.LOADED
        if not (loaded and self._on.is_served(coordinator)):
            await self.async_settle(battery)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="unloaded",
                translation_placeholders={"battery": coordinator.battery.name},
            )
        return await coordinator.async_switch(mosfet.value, enabled=False)

    async def async_on_again(self, coordinator: BatteryCoordinator) -> BatterySample:
        """Switch on what `async_off` switched off and return the reading that confirms it.

        Raises HomeAssistantError `not_on_again` after the first attempts; the attempts go on.
        """
        battery = coordinator.battery.id
        try:
            for attempt in range(PROMPT):
                if not self._on.is_promised(battery) or await self._on.async_attempt(coordinator):
                    return self._newest(coordinator)
                await self._on.async_pause(battery, attempt)
        finally:
            if battery in self._off_on_purpose:
                self._off_on_purpose.pop(battery).over.set()
            if self._on.is_promised(battery):
                self._on.begin(coordinator)
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_on_again",
            translation_placeholders={"battery": coordinator.battery.name},
        )

    async def async_pause(self, battery: str, seconds: Seconds) -> bool:
        """Wait while a battery is off; False when it is to be switched on at once."""
        try:
            async with asyncio.timeout(seconds):
                await self._off_on_purpose[battery].hurry.wait()
        except TimeoutError:
            return True
        return False

    async def async_try_now(self, coordinator: BatteryCoordinator) -> bool:
        """Make one attempt because the owner asks for it; True when the battery is on."""
        return coordinator.battery.id not in self.opened or await self._on.async_attempt(
            coordinator
        )

    async def async_settle(self, battery: str) -> None:
        """Forget a battery: it has been seen on, or its owner has decided otherwise."""
        await self._on.async_settle(battery)

    def _newest(self, coordinator: BatteryCoordinator) -> BatterySample:
        """Return the battery's last reading, also if its entry has been reloaded meanwhile."""
        for loaded in loaded_batteries(self._hass):
            if loaded.battery.id == coordinator.battery.id:
                return loaded.data
        return coordinator.data

    async def _async_look(self, coordinator: BatteryCoordinator) -> None:
        """After a lost record: see whether the battery is off, and leave it to its owner."""
        battery = coordinator.battery
        if (opened := self.opened.get(battery.id)) is None:
            return
        seen = self._gear.circumstances_of(coordinator)
        mosfet = Mosfet(opened.mosfet)
        if mosfet not in seen.switchable or is_surely_on(seen, battery.id, mosfet):
            await self.async_settle(battery.id)
        else:
            raise_issue(self._hass, opened)

    async def _async_before_stop(self) -> None:
        """Home Assistant is about to stop: no action gets to finish its pause."""
        await asyncio.gather(*map(self._async_end_early, tuple(self._off_on_purpose)))

    async def _async_end_early(self, battery: str) -> None:
        """Have the action that has a battery off switch it on at once, and wait for that."""
        if (off := self._off_on_purpose.get(battery)) is None:
            return
        off.hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(HASTE):
                await off.over.wait()


GUARANTEE: HassKey[Guarantee] = HassKey(f"{DOMAIN}.guarantee")


async def async_setup_guarantee(hass: HomeAssistant) -> None:
    """Read the journal and keep what it promises."""
    hass.data[SWITCHGEAR] = Switchgear(hass)
    journal = Journal(hass)
    await journal.async_load()
    hass.data[GUARANTEE] = Guarantee(hass, journal)
    await hass.data[GUARANTEE].async_start()


async def async_watch_battery(hass: HomeAssistant, entry: BatteryConfigEntry) -> None:
    """Follow a battery that has just been set up: does it conduct, must it be switched on."""
    hass.data[SWITCHGEAR].async_watch(entry)
    await hass.data[GUARANTEE].async_watch(entry)


async def async_before_unload(hass: HomeAssistant, entry: BatteryConfigEntry) -> None:
    """Leave no battery off that cannot be reached any more afterwards."""
    await hass.data[GUARANTEE].async_before_unload(entry)
