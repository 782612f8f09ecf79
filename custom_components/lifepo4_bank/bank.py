"""A bank: has its batteries read together and says what it is and what is wrong with it."""

from collections.abc import Mapping
from datetime import timedelta
import logging
import time
from time import monotonic
from typing import Any, Final, override

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .bank_device import async_link_batteries, async_register_bank
from .bank_judgement import judgement_of
from .bank_members import Members
from .bank_memory import BankMemory, Memory
from .bank_seats import Member, from_saved, to_saved
from .bank_sentence import async_naming
from .bank_shunt import shunt_of
from .const import CONF_BATTERIES, CONF_CURRENT_SENSOR
from .coordinator import DEFAULT_POLL_INTERVAL, LEAD, BatteryCoordinator, not_loaded
from .core.bank import BankSample
from .core.battery import Battery, Seconds
from .core.diagnosis.engine import Diagnosis
from .core.diagnosis.finding import BankState, Finding, Status
from .core.diagnosis.naming import Naming
from .core.diagnosis.sentence import sentence
from .core.energy import MAX_GAP
from .core.judgement import Judgement
from .core.layout import Layout
from .core.recent import Recent
from .core.tally import Tally
from .entities_reports import Reports
from .issues import async_follow_findings, async_forget_findings

_LOGGER = logging.getLogger(__name__)

AHEAD: Final = 0.9
"""The bank has its batteries read a little before each would be polled by itself."""
WATCH: Final[Seconds] = 1200
"""How long the batteries are read faster while the diagnosis waits for proof."""
KEPT_SAMPLES: Final = 360
"""Moments kept for the diagnostics download, up to twice as many: some hours."""

type BankConfigEntry = ConfigEntry[BankCoordinator]


async def async_setup_bank(hass: HomeAssistant, entry: BankConfigEntry) -> None:
    """Make the bank's coordinator and start it; the batteries may still be missing."""
    memory = BankMemory(hass, entry.entry_id)
    coordinator = BankCoordinator(hass, entry, memory, await memory.async_load() or {})
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    async_follow_findings(entry)


async def async_remove_bank(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a bank that is removed."""
    async_forget_findings(hass, entry.entry_id)
    await BankMemory(hass, entry.entry_id).async_remove()


class BankCoordinator(DataUpdateCoordinator[BankState]):
    """Publishes one value after every reading of a battery: the state of the bank.

    It polls nothing itself. At its own pace it has its batteries read at the same moment, which
    also puts off their own polling; and it listens to whatever they read on their own.
    """

    config_entry: BankConfigEntry
    _judgement: Judgement

    def __init__(
        self, hass: HomeAssistant, entry: BankConfigEntry, memory: BankMemory, saved: Memory
    ) -> None:
        """Seat the batteries; what was learned before is taken up in the first refresh."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=(DEFAULT_POLL_INTERVAL - LEAD) * AHEAD),
        )
        self.recent = Recent(KEPT_SAMPLES)
        self._memory = memory
        self._saved = saved
        self._reports = Reports()
        self._watched_since: Seconds | None = None

    @property
    def batteries(self) -> Mapping[str, Battery]:
        """All batteries of the layout by id, also those that are gone."""
        return {battery: seat.battery for battery, seat in self._members.seats.items()}

    @property
    def seats(self) -> Mapping[str, Member]:
        """The batteries by id, with all that Home Assistant knows of them."""
        return self._members.seats

    @property
    def members(self) -> Mapping[str, BatteryCoordinator | None]:
        """The batteries' coordinators; None while an entry is gone or not loaded."""
        return self._members.coordinators

    @property
    def gone(self) -> frozenset[str]:
        """Batteries that are no longer set up."""
        return frozenset(battery for battery, seat in self._members.seats.items() if seat.gone)

    @property
    def layout(self) -> Layout:
        """How the batteries are joined."""
        return self._judgement.layout

    @property
    def diagnosis(self) -> Diagnosis:
        """What has been learned of the batteries."""
        return self._judgement.diagnosis

    @property
    def tally(self) -> Tally:
        """What has been added up."""
        return self._judgement.tally

    @callback
    def sentence(self, finding: Finding) -> str:
        """Say in plain words what is wrong."""
        return sentence(finding, self.naming)

    @property
    def naming(self) -> Naming:
        """What sentences call the batteries."""
        return async_naming(self.hass, self.batteries, self.layout)

    async def async_read_together(self) -> None:
        """Read every battery now, wait some seconds, and judge; raise UpdateFailed if unloaded."""
        await self._members.async_read_together()
        if self._shutdown_requested:
            raise not_loaded(self.name)
        self._async_publish()

    @override
    async def _async_setup(self) -> None:
        """Seat the batteries and take up what was learned before."""
        try:
            remembered = {
                entry_id: from_saved(saved)
                for entry_id, saved in self._saved.get("batteries", {}).items()
            }
        except (ValueError, AttributeError) as error:
            await self._memory.async_put_aside(self._saved, str(error))
            self._saved, remembered = {}, {}
        self._members = Members(self.hass, self.config_entry, remembered, self._async_heard)
        self.config_entry.async_on_unload(self._members.close)
        self._judgement = judgement_of(self.config_entry, self.batteries)
        await self._async_restore()
        async_register_bank(self.hass, self.config_entry, self.layout)
        async_link_batteries(self.hass, self.config_entry, self._members.seats)
        self.config_entry.async_on_unload(
            async_dispatcher_connect(
                self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed
            )
        )

    async def _async_restore(self) -> None:
        """Go on from what was saved, as far as it fits."""
        if not self._saved:
            return
        try:
            self._judgement.restore(self._saved)
        except ValueError as error:
            await self._memory.async_put_aside(self._saved, repr(error))
            self._judgement = judgement_of(self.config_entry, self.batteries)

    def _memorise(self) -> Memory:
        """All that a restart must not lose."""
        remembered = self._members.remembered
        return {
            "batteries": {entry_id: to_saved(battery) for entry_id, battery in remembered.items()},
            **self._judgement.save(),
        }

    @callback
    def _async_entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        """Take notice of batteries that are loaded, unloaded or removed."""
        if entry.entry_id in self.config_entry.data[CONF_BATTERIES] and self._members.seat():
            async_link_batteries(self.hass, self.config_entry, self._members.seats)
            self._async_publish()

    @callback
    def _async_heard(self) -> None:
        """Judge what a battery has read by itself, or have the others read along with it."""
        if self._members.behind:
            self.hass.async_create_task(self.async_request_refresh(), f"{self.name} reads along")
        else:
            self._async_publish()

    @callback
    def _async_publish(self) -> None:
        """Judge anew, without putting off the next common reading."""
        self.data = self._conclude()
        self.async_update_listeners()

    @override
    async def _async_update_data(self) -> BankState:
        """Have all batteries read together, then judge."""
        if self.data is not None:
            await self._members.async_read_together(only_due=True)
        # what is unloaded by now neither judges nor saves any more
        return self.data if self._shutdown_requested else self._conclude()

    def _conclude(self) -> BankState:
        """Judge what is known now."""
        self._members.seat()
        sample = self._sample()
        self.tally.meter.max_gap = max(MAX_GAP, 2 * self._members.pace)
        self.recent.add(sample, self.diagnosis.save)
        state = self._judgement.conclude(sample, self.batteries, self.gone)
        self._set_pace(state)
        self._memory.save_soon(self._memorise)
        return state

    def _sample(self) -> BankSample:
        """Gather the newest readings that are not too old."""
        fresh = self._members.fresh
        sensor = self.config_entry.options.get(CONF_CURRENT_SENSOR)
        shunt = shunt_of(self.hass, sensor, self._reports)
        return BankSample(
            time=max([time.time(), *(reading.time for reading in fresh.values())]),
            batteries=fresh,
            missing=frozenset(self._members.seats.keys() - fresh.keys()),
            shunt_current=shunt.current,
            shunt_time=shunt.time,
            shunt_trouble=shunt.trouble,
            links=self._members.troubles,
        )

    def _set_pace(self, state: BankState) -> None:
        """Read faster while a suspicion is being watched, though not for ever."""
        if state.status is not Status.WATCHING:
            self._watched_since = None
        else:
            now = monotonic()
            self._watched_since = self._watched_since or now
            if now - self._watched_since < WATCH:
                self._members.quicken(2 * DEFAULT_POLL_INTERVAL)
        self.update_interval = timedelta(seconds=self._members.pace * AHEAD)

    @override
    async def async_shutdown(self) -> None:
        """Keep what was learned."""
        await super().async_shutdown()
        if self.data is not None:
            await self._memory.async_save(self._memorise())
