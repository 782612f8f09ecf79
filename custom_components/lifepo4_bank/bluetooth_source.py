"""A battery that is read over Bluetooth."""

from collections.abc import Callable
from math import inf
from time import monotonic

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import UpdateFailed

from .ble.errors import (
    AuthenticationRefused,
    BatteryError,
    CommandRefused,
    NotConfirmed,
    NotSwitchable,
    Reason,
    Unreachable,
)
from .ble.family import FAMILIES, Mosfet
from .ble.pause import LET_GO_FOR
from .const import (
    CONF_CAPACITY,
    CONF_DETECTION_FLOOR,
    CONF_FAMILY,
    CONF_LINK,
    CONF_NOMINAL_VOLTAGE,
    CONF_SECRET,
    DOMAIN,
)
from .core.battery import Battery, BatterySample
from .radio import async_in_reach, async_reader, async_reason, async_rssi


class BluetoothSource:
    """Reads and switches one battery over Bluetooth."""

    told_ago = None

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Take address and family from the entry; connect to nothing yet."""
        self._hass = hass
        self._address: str = entry.data[CONF_ADDRESS]
        self._family = FAMILIES[entry.data[CONF_FAMILY]]
        self._reader = async_reader(
            hass,
            self._address,
            self._family,
            secret=entry.options.get(CONF_SECRET, ""),
            link=entry.options.get(CONF_LINK, "auto"),
            name=entry.title,
        )
        self.battery = Battery(
            id=self._address,
            name=entry.title,
            brand=self._family.brand,
            model=self._family.model,
            nominal_voltage=entry.data.get(CONF_NOMINAL_VOLTAGE),
            capacity=entry.options.get(CONF_CAPACITY),
            detection_floor=entry.options.get(CONF_DETECTION_FLOOR, self._family.floor),
        )
        self.switchable = frozenset(mosfet.value for mosfet in self._reader.switchable)
        self._gone = False
        self._answered = self._lent = -inf
        """When it answered last, and until when a phone app may have it: monotonic."""
        self._reason = ""
        self._stop: list[CALLBACK_TYPE] = []

    @property
    def device_info(self) -> DeviceInfo:
        """The battery with all that it has told about itself so far."""
        details = self._reader.details
        return DeviceInfo(
            connections={(dr.CONNECTION_BLUETOOTH, self._address)},
            identifiers={(DOMAIN, self._address)},
            name=self.battery.name,
            manufacturer=details.brand or self._family.brand,
            model=details.model or self._family.model,
            serial_number=details.serial,
            sw_version=details.software,
            hw_version=details.hardware,
        )

    @property
    def silent(self) -> bool:
        """Whether the battery keeps quiet since its last answer although a scanner listens."""
        listening = bluetooth.async_scanner_count(self._hass, connectable=True) > 0
        heard = async_rssi(self._hass, self._address, self._answered, connectable=False)
        return listening and heard is None and self._reason != Reason.HELD_BY_ANOTHER

    @property
    def link_quality(self) -> float | None:
        """Part of the latest readings that succeeded, 0-1."""
        return self._reader.link_quality

    @property
    def rssi(self) -> int | None:
        """Signal strength of the newest advertisement in dBm."""
        return async_rssi(self._hass, self._address)

    async def read(self) -> BatterySample:
        """Read the battery now."""
        try:
            sample = await self._reader.read()
        except AuthenticationRefused as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key="secret_refused",
                translation_placeholders={"battery": self.battery.name},
            ) from err
        except BatteryError as err:
            raise self._update_failed(err) from err
        self._answered, self._lent, self._reason = monotonic(), -inf, ""
        # some families tell only when connected that a variant cannot be switched
        self.switchable &= {mosfet.value for mosfet in self._reader.switchable}
        return sample

    async def switch(self, mosfet: str, enabled: bool) -> BatterySample:
        """Switch a MOSFET and return the reading that confirms it."""
        try:
            return await self._reader.switch(Mosfet(mosfet), enabled)
        except BatteryError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=_switch_failure(err),
                translation_placeholders={"battery": self.battery.name},
            ) from err

    async def release(self) -> None:
        """Let go of the link for five minutes."""
        await self._reader.release()
        self._lent = monotonic() + LET_GO_FOR

    async def close(self) -> None:
        """Let go for good."""
        while self._stop:
            self._stop.pop()()
        await self._reader.close()

    def start(self, on_news: Callable[[], None]) -> None:
        """Tell as soon as the battery is heard again."""

        @callback
        def lost(_: BluetoothServiceInfoBleak) -> None:
            self._gone = True

        @callback
        def heard(seen: BluetoothServiceInfoBleak) -> None:
            if self._gone and seen.connectable and not self._reader.released:
                self._gone = False
                self._reader.take_back()
                on_news()

        self._stop = [
            bluetooth.async_track_unavailable(self._hass, lost, self._address, connectable=True),
            # that of every advertisement: a battery says the same after its return as before
            bluetooth.async_register_advertisement_callback(self._hass, heard, self._address),
        ]

    def _update_failed(self, err: BatteryError) -> UpdateFailed:
        """Say why there is no reading, in words for the owner."""
        self._reason = async_reason(self._hass, self._address, err)
        if not async_in_reach(self._hass, self._address):
            self._gone = True
        if self._reason == Reason.OUT_OF_RANGE and self._kept_by_phone:
            self._reason = Reason.HELD_BY_ANOTHER
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=f"unreachable_{self._reason}",
            translation_placeholders={"battery": self.battery.name},
            retry_after=(err.retry_after or None) if isinstance(err, Unreachable) else None,
        )

    @property
    def _kept_by_phone(self) -> bool:
        """Whether it keeps quiet since it was released, as one does that is connected."""
        heard = async_rssi(self._hass, self._address, self._lent, connectable=False)
        return self._lent > self._answered and heard is None


def _switch_failure(err: BatteryError) -> str:
    """Return the translation key for a switching that failed."""
    match err:
        case NotSwitchable():
            return "switch_impossible"
        case CommandRefused():
            return "switch_refused"
        case NotConfirmed():
            return "switch_not_confirmed"
        case AuthenticationRefused():
            return "secret_refused"
        case _:
            return "switch_unreachable"
