"""A battery made from entities that Home Assistant already has."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_ENTITY_ID,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    DOMAIN as HOMEASSISTANT_DOMAIN,
    Event,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.event import (
    async_call_later,
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.helpers.update_coordinator import UpdateFailed

from .ble.sample import state_of
from .const import (
    CONF_CAPACITY,
    CONF_DETECTION_FLOOR,
    CONF_NOMINAL_VOLTAGE,
    CONF_POLL_INTERVAL,
    DOMAIN,
)
from .coordinator import DEFAULT_POLL_INTERVAL
from .core.battery import AmpereHours, Amperes, Battery, BatterySample, Fraction, Seconds
from .entities_reports import Reports, moment
from .entities_sign import SignWatch
from .entities_soc import SocWatch
from .entities_states import (
    CONF_CHARGE_SWITCH,
    CONF_CURRENT,
    CONF_DISCHARGE_SWITCH,
    CONF_INVERT_CURRENT,
    CONF_SOC,
    CONF_TEMPERATURE,
    CONF_VOLTAGE,
    number,
    possible,
)

MOSFETS: Final = {"discharge": CONF_DISCHARGE_SWITCH, "charge": CONF_CHARGE_SWITCH}

MAX_AGE: Final[Seconds] = 300
"""A source that has been silent for longer has no reading."""
COMPLETE_AFTER: Final[Seconds] = 1
"""Voltage and current of one moment come in one after the other."""
SWITCH_TIMEOUT: Final[Seconds] = 15
SWITCH_CHECK: Final[Seconds] = 0.5


class EntitiesSource:
    """Reads a battery from the states of other integrations' entities."""

    silent = False
    link_quality = None
    rssi = None

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Take the entities from the entry."""
        self._hass = hass
        self._entities = entry.data
        self._sign = SignWatch(hass, entry)
        self._reports = Reports()
        self._soc = SocWatch()
        self._poll_interval: Seconds = entry.options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVAL)
        self._read_at: Seconds = -inf
        self._reported_at: Seconds = -inf
        self._stop: list[CALLBACK_TYPE] = []
        self._pending: CALLBACK_TYPE | None = None
        self.battery = Battery(
            id=entry.entry_id,
            name=entry.title,
            nominal_voltage=entry.data.get(CONF_NOMINAL_VOLTAGE),
            capacity=entry.options.get(CONF_CAPACITY),
            detection_floor=entry.options.get(CONF_DETECTION_FLOOR),
        )
        self.device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            entry_type=DeviceEntryType.SERVICE,
        )
        self.switchable = frozenset(
            mosfet for mosfet, key in MOSFETS.items() if entry.data.get(key)
        )

    @property
    def told_ago(self) -> Seconds | None:
        """How old a reading would be now; None while an entity has no number."""
        try:
            return monotonic() - self._taken()
        except UpdateFailed:
            return None

    async def read(self) -> BatterySample:
        """Read the states; what a source reported too long ago is no reading."""
        self._read_at = monotonic()
        taken = self._taken()
        if (age := self._read_at - taken) > MAX_AGE:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="source_stale",
                translation_placeholders={
                    "battery": self.battery.name,
                    "minutes": str(round(age / 60)),
                },
            )
        self._sign.look()
        return self._sample(taken)

    async def switch(self, mosfet: str, enabled: bool) -> BatterySample:
        """Use the switch entity and wait until its own state follows."""
        entity_id: str = self._entities[MOSFETS[mosfet]]
        await self._hass.services.async_call(
            HOMEASSISTANT_DOMAIN,
            SERVICE_TURN_ON if enabled else SERVICE_TURN_OFF,
            {ATTR_ENTITY_ID: entity_id},
            blocking=True,
        )
        try:
            async with asyncio.timeout(SWITCH_TIMEOUT):
                # states have no event to await
                while self._switched(MOSFETS[mosfet]) is not enabled:  # noqa: ASYNC110
                    await asyncio.sleep(SWITCH_CHECK)
        except TimeoutError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="switch_not_confirmed",
                translation_placeholders={"battery": self.battery.name},
            ) from err
        return await self.read()

    async def release(self) -> None:
        """There is no link to let go of."""

    async def close(self) -> None:
        """Say nothing more about this battery."""
        while self._stop:
            self._stop.pop()()
        if self._pending is not None:
            self._pending()
        self._sign.close()

    def start(self, on_news: Callable[[], None]) -> None:
        """Tell when the source has reported, unless more will come before the next poll.

        So what a slow source says is known while it is new, and a quick one is not read more often.
        """

        @callback
        def complete(_: datetime) -> None:
            self._pending = None
            on_news()

        @callback
        def reported(_: Event[Any]) -> None:
            now = monotonic()
            every, self._reported_at = now - self._reported_at, now
            due = now - self._read_at + every > self._poll_interval
            if due and self._pending is None:
                self._pending = async_call_later(self._hass, COMPLETE_AFTER, complete)

        current = self._entities[CONF_CURRENT]
        self._stop = [
            async_track_state_change_event(self._hass, current, reported),
            async_track_state_report_event(self._hass, current, reported),
        ]

    def _state(self, key: str) -> State | None:
        entity_id = self._entities.get(key)
        return self._hass.states.get(entity_id) if entity_id else None

    def _number(self, key: str) -> float | None:
        return possible(self._state(key), key)

    def _switched(self, key: str) -> bool | None:
        """Return what a switch entity reports; None if there is none or it does not know."""
        state = self._state(key)
        if state is None or state.state in (STATE_UNKNOWN, STATE_UNAVAILABLE):
            return None
        return state.state == STATE_ON

    def _taken(self) -> Seconds:
        """When voltage and current last came in, monotonic; both must be there."""
        times = []
        for key in (CONF_VOLTAGE, CONF_CURRENT):
            state = self._state(key)
            if state is None or number(state, key) is None:
                raise UpdateFailed(
                    translation_domain=DOMAIN,
                    translation_key="source_unavailable",
                    translation_placeholders={"entity": self._entities[key]},
                )
            times.append(self._reports.at(state.entity_id, state.last_reported_timestamp))
        return moment(times)

    def _state_of_charge(
        self, taken: Seconds, current: Amperes | None, capacity: AmpereHours | None
    ) -> Fraction | None:
        """Return what its source tells, unless it must be another by now."""
        state, percent = self._state(CONF_SOC), self._number(CONF_SOC)
        if state is None or percent is None:
            return None
        told = self._reports.at(state.entity_id, state.last_reported_timestamp)
        soc = percent / 100
        believed = self._soc.believes(
            soc, told, time=taken, current=current or 0.0, capacity=capacity
        )
        return soc if believed else None

    def _sample(self, taken: Seconds) -> BatterySample:
        """Put together what is there; `taken` is monotonic."""
        current = self._number(CONF_CURRENT)
        if current is not None and self._entities.get(CONF_INVERT_CURRENT):
            current = -current
        temperature, capacity = self._number(CONF_TEMPERATURE), self._number(CONF_CAPACITY)
        known = self.battery.capacity or capacity
        soc = self._state_of_charge(taken, current, known)
        charge_enabled = self._switched(CONF_CHARGE_SWITCH)
        return BatterySample(
            battery=self.battery.id,
            time=self._reports.wall(taken),
            voltage=self._number(CONF_VOLTAGE),
            current=current,
            soc=soc,
            remaining=None if soc is None or known is None else soc * known,
            capacity=capacity,
            temperatures=() if temperature is None else (temperature,),
            charge_enabled=charge_enabled,
            discharge_enabled=self._switched(CONF_DISCHARGE_SWITCH),
            state=state_of(current, soc, charge_enabled, ()),
        )
