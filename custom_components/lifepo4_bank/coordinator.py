"""Polls one battery and publishes its readings."""

from dataclasses import replace
from datetime import datetime, timedelta
import logging
from math import exp
import time
from time import monotonic
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .battery_source import BatterySource
from .const import CONF_POLL_INTERVAL, DOMAIN
from .core.battery import NOMINAL_CELL_VOLTAGE, Amperes, BatterySample, BatteryState, Seconds, Volts
from .core.chemistry import nominal_from_voltage

_LOGGER = logging.getLogger(__name__)

DEFAULT_POLL_INTERVAL: Final = 30
QUICK_INTERVAL: Final = 10
"""Seconds between readings while something is being diagnosed or switched."""
IDLE_FACTOR: Final = 1.5
"""How much longer to wait while no current flows."""
LEAD: Final = 1
"""Seconds by which a reading begins early: it takes a moment over a link that is kept, and what is
shown is to be younger than the interval."""
MISSED_POLLS: Final = 3
"""A reading counts until so many polls have failed, as one lost frame is no outage."""
MIN_GRACE: Final = 100
IDLE_CURRENT: Final = 0.3
"""Amperes below which a battery whose floor is unknown counts as idle."""
MEAN_OVER: Final[Seconds] = 300
"""Time over which a load is averaged to tell how long the battery will last."""

type BatteryConfigEntry = ConfigEntry[BatteryCoordinator]


def nominal_voltage(sample: BatterySample) -> Volts | None:
    """Nominal voltage of a battery, from its cells or else from its voltage."""
    if sample.cells:
        return len(sample.cells) * NOMINAL_CELL_VOLTAGE
    return None if sample.voltage is None else nominal_from_voltage(sample.voltage)


def not_loaded(name: str) -> UpdateFailed:
    """Make the error that tells that a battery or a bank was unloaded before it could be read."""
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key="not_loaded",
        translation_placeholders={"battery": name},
    )


class BatteryCoordinator(DataUpdateCoordinator[BatterySample]):
    """Polls one battery."""

    config_entry: BatteryConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: BatteryConfigEntry, source: BatterySource
    ) -> None:
        """Prepare to poll as often as the options say."""
        self._poll_interval: float = entry.options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVAL)
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=self._poll_interval - LEAD),
        )
        self.source = source
        self.battery = source.battery
        self.last_seen: datetime | None = None
        self.mean_current: Amperes | None = None
        """Current over the last minutes; positive while charging."""
        # of a clock that never jumps, as that of a boat's computer does once it gets the time
        self._quick_until: Seconds = 0.0
        self._read_at: Seconds = 0.0
        self._failure: UpdateFailed | None = None
        self._device: DeviceInfo | None = None

    @property
    def switchable(self) -> frozenset[str]:
        """MOSFETs that can be switched: `discharge`, `charge`."""
        return self.source.switchable

    @property
    def answered(self) -> bool:
        """Whether the last attempt to read succeeded; after one that did not, data are older."""
        return self._failure is None and self.last_update_success

    @property
    def age(self) -> Seconds:
        """How old the reading is, also when the computer's clock was set since."""
        return monotonic() - self._read_at

    @property
    def asleep(self) -> bool:
        """Whether the battery is silent because it is idle."""
        return self.data.state is BatteryState.ASLEEP

    async def async_read(self) -> BatterySample:
        """Read the battery now; raise UpdateFailed when it does not answer."""
        await self.async_refresh()
        if self._shutdown_requested:
            raise not_loaded(self.battery.name)
        if self._failure is not None:
            raise self._failure
        if not self.last_update_success and self.last_exception is not None:
            raise self.last_exception
        return self.data

    async def async_switch(self, mosfet: str, enabled: bool) -> BatterySample:
        """Switch `discharge` or `charge` and publish the reading that confirms it."""
        self.quicken(120)
        sample = await self.source.switch(mosfet, enabled)
        self._seen(sample)
        self.async_set_updated_data(sample)
        return sample

    async def async_release(self) -> None:
        """Let go of the battery for five minutes so that another app can connect."""
        await self.source.release()

    def quicken(self, seconds: float) -> None:
        """Read more often for some seconds: something is being diagnosed or switched."""
        self._quick_until = max(self._quick_until, monotonic() + seconds)
        self._set_pace(self.data)

    @callback
    def async_news(self) -> None:
        """Read at once: the battery is heard again, or what it is made of has reported."""
        self.hass.async_create_task(self.async_request_refresh(), f"{self.name} has news")

    @override
    async def async_shutdown(self) -> None:
        """Stop polling and let go of the battery."""
        await super().async_shutdown()
        await self.source.close()

    @override
    async def _async_update_data(self) -> BatterySample:
        """Read; without an answer the last reading stands for a few polls, with its own time."""
        self._failure = None
        try:
            sample = await self.source.read()
        except UpdateFailed as err:
            self._failure = err
            if self.data is None:
                raise
            return self._without_answer(err)
        self._seen(sample)
        self._set_pace(sample)
        return sample

    def _without_answer(self, err: UpdateFailed) -> BatterySample:
        """Tell a single missed reading from a sleeping battery and from a lost one."""
        grace = max(MIN_GRACE, MISSED_POLLS * self._poll_interval)
        if not self.asleep and self.age < grace:
            return self.data
        if self.source.silent and self._idle(self.data):
            return replace(self.data, state=BatteryState.ASLEEP)
        raise err

    def _seen(self, sample: BatterySample) -> None:
        """Note the time of a reading and what it tells of the battery itself."""
        self._failure = None
        self._read_at = monotonic() - max(0.0, time.time() - sample.time)
        self.mean_current = self._mean_current(sample)
        self.last_seen = dt_util.utc_from_timestamp(sample.time)
        if self.battery.nominal_voltage is None:
            self.battery = replace(self.battery, nominal_voltage=nominal_voltage(sample))
        if (device := self.source.device_info) != self._device:
            self._device = device
            dr.async_get(self.hass).async_get_or_create(
                config_entry_id=self.config_entry.entry_id, **device
            )
        if (name := self._name()) != self.battery.name:
            self.battery = replace(self.battery, name=name)

    def _name(self) -> str:
        """Return the name that the owner gave to the device, else that of the entry."""
        device = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, self.battery.id), self.config_entry.entry_id
        )
        return (device.name_by_user if device else None) or self.config_entry.title

    def _mean_current(self, sample: BatterySample) -> Amperes | None:
        """Let a new current into the mean, the more the longer the last one is ago."""
        mean, current = self.mean_current, sample.current
        elapsed = sample.time - self.data.time if self.data else MEAN_OVER
        if mean is None or current is None or not 0 <= elapsed < MEAN_OVER:
            return current
        if (current > 0) != (mean > 0):
            return current
        return mean + (current - mean) * (1 - exp(-elapsed / MEAN_OVER))

    def _idle(self, sample: BatterySample | None) -> bool:
        """Whether no current flows that the battery could see."""
        if sample is None:
            return False
        if sample.current is not None:
            return abs(sample.current) <= (self.battery.detection_floor or IDLE_CURRENT)
        return sample.state in (BatteryState.STANDBY, BatteryState.FULL, BatteryState.ASLEEP)

    def _set_pace(self, sample: BatterySample | None) -> None:
        """Choose the time to the next reading after what is going on."""
        seconds = self._poll_interval
        if monotonic() < self._quick_until:
            seconds = min(seconds, QUICK_INTERVAL)
        elif self._idle(sample):
            seconds *= IDLE_FACTOR
        self.update_interval = timedelta(seconds=seconds - LEAD)
