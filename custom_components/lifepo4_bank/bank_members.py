"""The batteries of a bank: which are set up, loaded or gone, and what they read."""

import asyncio
from collections.abc import Callable, Mapping
import logging
from math import inf
from time import monotonic
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .bank_seats import Member, resolve
from .const import CONF_BATTERIES
from .coordinator import DEFAULT_POLL_INTERVAL, BatteryCoordinator
from .core.battery import Battery, BatterySample, Seconds
from .core.diagnosis.branches import SKEW

_LOGGER = logging.getLogger(__name__)

WEAK_SIGNAL: Final = -85
"""dBm; connections fail often below it (five less than where a good signal ends)."""
ALIKE: Final = 1.6
"""Batteries whose intervals differ by no more are read together; an idle one waits 1.5 times."""
DUE: Final = 0.85
"""Part of its interval after which a slow battery is read along with the others."""
IN_STEP: Final[Seconds] = SKEW / 2
"""Readings so close together are one moment of the bank for sure."""
PATIENCE: Final[Seconds] = 10
"""A battery that takes longer to answer is not waited for; it is heard when it answers."""


class Members:
    """Follows the batteries of a bank through loading, unloading and removal."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        remembered: Mapping[str, Battery],
        on_reading: Callable[[], None],
    ) -> None:
        """Seat all; `on_reading` is called when a battery is read apart from the others."""
        self._hass = hass
        self._entry = entry
        self._entry_ids: tuple[str, ...] = tuple(entry.data[CONF_BATTERIES])
        """As the bank was judged from the beginning; other ones come with a reload."""
        self._closed = False
        self._on_reading = on_reading
        self._heard: dict[str, tuple[BatteryCoordinator, CALLBACK_TYPE]] = {}
        self._reads: dict[str, asyncio.Task[None]] = {}
        self._begun: dict[str, Seconds] = {}
        self._troubles: dict[str, str] = {}
        self._together = False
        self.remembered = dict(remembered)
        """What each battery is, by entry id."""
        self.seats: Mapping[str, Member] = {}
        self.seat()

    @callback
    def seat(self) -> bool:
        """Find out which batteries are there and listen to them; say whether that changed."""
        if self._closed:
            return False
        before, self.seats = self.seats, resolve(self._hass, self._entry_ids, self.remembered)
        self.remembered = {seat.entry_id: seat.battery for seat in self.seats.values()}
        for battery, seat in self.seats.items():
            if battery in self._heard and self._heard[battery][0] is not seat.coordinator:
                self._heard.pop(battery)[1]()
            if seat.coordinator is not None and battery not in self._heard:
                stop = seat.coordinator.async_add_listener(self._read_apart)
                self._heard[battery] = seat.coordinator, stop
        return self.seats != before

    @callback
    def _read_apart(self) -> None:
        if not self._together:
            self._on_reading()

    def close(self) -> None:
        """Stop listening for good."""
        self._closed = True
        while self._heard:
            self._heard.popitem()[1][1]()

    @property
    def coordinators(self) -> Mapping[str, BatteryCoordinator | None]:
        """By battery id; None while an entry is gone or not loaded."""
        return {battery: seat.coordinator for battery, seat in self.seats.items()}

    @property
    def pace(self) -> Seconds:
        """Seconds between two readings of the battery that is polled most often."""
        intervals = [
            coordinator.update_interval.total_seconds()
            for coordinator in self.coordinators.values()
            if coordinator is not None and coordinator.update_interval is not None
        ]
        return min(intervals, default=DEFAULT_POLL_INTERVAL)

    def quicken(self, seconds: Seconds) -> None:
        """Have all read faster for some time."""
        for coordinator in self.coordinators.values():
            if coordinator is not None:
                coordinator.quicken(seconds)

    @property
    def fresh(self) -> dict[str, BatterySample]:
        """The newest reading of each battery that has one that is not too old."""
        return {
            battery: seat.coordinator.data
            for battery, seat in self.seats.items()
            if seat.coordinator and seat.fresh_age is not None
        }

    @property
    def behind(self) -> bool:
        """Whether the slowest battery of entities has just told something, and others are older.

        They tell it when they like; what is read when we like would be of another moment. Where two
        of them never tell it within one round's time, nothing that we read brings them together.
        """
        told: list[Seconds] = []
        read: list[Seconds] = []
        late = False
        for seat in self.seats.values():
            if (age := seat.fresh_age) is None:
                continue
            if not seat.told:
                read.append(age)
                continue
            told.append(age)
            if (ago := seat.told_ago) is None or ago > SKEW:
                return False
            late |= age - ago > IN_STEP
        news = min(told, default=inf)
        return news <= IN_STEP and (late or min(read, default=news) - news > IN_STEP)

    @property
    def troubles(self) -> Mapping[str, str]:
        """What is the matter with the radio of batteries that could not be read last time."""
        return {
            battery: self._troubles[battery] for battery in self.seats if battery in self._troubles
        }

    async def async_read_together(self, *, only_due: bool = False) -> None:
        """Have the batteries read now; wait some seconds for the answers.

        With `only_due` those that their owner wants to be polled more slowly keep their pace.
        """
        if self._closed:
            return
        self._together = True  # before the tasks, which start at once
        try:
            self._start_reads(only_due=only_due)
            if self._reads:
                await asyncio.wait(self._reads.values(), timeout=PATIENCE)
        finally:
            self._together = False

    def _start_reads(self, *, only_due: bool) -> None:
        """Read each battery that is not being read still from the last time."""
        now = monotonic()
        self._reads = {battery: task for battery, task in self._reads.items() if not task.done()}
        for battery, coordinator in self.coordinators.items():
            if coordinator is None or battery in self._reads:
                continue
            if only_due and not self._due(battery, coordinator, now):
                continue
            self._begun[battery] = now
            self._reads[battery] = self._entry.async_create_background_task(
                self._hass,
                self._read(battery, coordinator),
                f"{self._entry.title} reads {coordinator.name}",
            )

    def _due(self, battery: str, coordinator: BatteryCoordinator, now: Seconds) -> bool:
        interval = coordinator.update_interval
        seconds = self.pace if interval is None else interval.total_seconds()
        alike = seconds <= ALIKE * self.pace
        return alike or now - self._begun.get(battery, -inf) >= DUE * seconds

    async def _read(self, battery: str, coordinator: BatteryCoordinator) -> None:
        """Read one battery; a failure is the battery's own affair and reported there."""
        trouble = None
        try:
            await coordinator.async_read()
        except Exception as error:  # noqa: BLE001  the battery's coordinator has logged it
            _LOGGER.debug("%s could not be read: %s", coordinator.name, error)
            trouble = _trouble(error, coordinator.source.rssi)
        if trouble is None:
            self._troubles.pop(battery, None)
        else:
            self._troubles[battery] = trouble


def _trouble(error: Exception, rssi: int | None) -> str | None:
    """Tell what the diagnosis should know of the radio; None if it is not the radio's fault."""
    match getattr(error, "translation_key", None):
        case "unreachable_no_slot":
            return "few_slots"
        case "unreachable_held_by_another":
            return "other_central"
        case "unreachable_no_connection" | "unreachable_link_lost":
            return "bad_signal" if rssi is not None and rssi < WEAK_SIGNAL else None
        case _:
            return None
