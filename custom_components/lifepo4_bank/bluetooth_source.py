"""A battery that is read over Bluetooth."""

from collections.abc import Callable

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import (
    BluetoothChange,
    BluetoothReachabilityIntent,
    BluetoothScanningMode,
    BluetoothServiceInfoBleak,
)
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
from .radio import async_reader


class BluetoothSource:
    """Reads and switches one battery over Bluetooth."""

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
        """Whether the battery does not advertise although a scanner listens."""
        listening = bluetooth.async_scanner_count(self._hass, connectable=True) > 0
        return listening and not bluetooth.async_address_present(self._hass, self._address)

    @property
    def link_quality(self) -> float | None:
        """Part of the latest readings that succeeded, 0-1."""
        return self._reader.link_quality

    @property
    def rssi(self) -> int | None:
        """Signal strength of the newest advertisement in dBm."""
        seen = bluetooth.async_last_service_info(self._hass, self._address, connectable=True)
        return None if seen is None else seen.rssi

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

    async def close(self) -> None:
        """Let go for good."""
        while self._stop:
            self._stop.pop()()
        await self._reader.close()

    def start(self, on_return: Callable[[], None]) -> None:
        """Tell as soon as the battery is heard again."""

        @callback
        def lost(_: BluetoothServiceInfoBleak) -> None:
            self._gone = True

        @callback
        def heard(_: BluetoothServiceInfoBleak, _change: BluetoothChange) -> None:
            if self._gone and not self._reader.released:
                self._gone = False
                self._reader.take_back()
                on_return()

        self._stop = [
            bluetooth.async_track_unavailable(self._hass, lost, self._address, connectable=True),
            bluetooth.async_register_callback(
                self._hass,
                heard,
                {"address": self._address, "connectable": True},
                BluetoothScanningMode.PASSIVE,
            ),
        ]

    def _update_failed(self, err: BatteryError) -> UpdateFailed:
        """Say why there is no reading, in words for the owner."""
        reason = err.reason if isinstance(err, Unreachable) else "garbled"
        key, placeholders = f"unreachable_{reason}", {"battery": self.battery.name}
        if reason is Reason.OUT_OF_RANGE:
            self._gone = True
            placeholders["reason"] = bluetooth.async_address_reachability_diagnostics(
                self._hass, self._address, BluetoothReachabilityIntent.CONNECTION
            )
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders=placeholders,
            retry_after=(err.retry_after or None) if isinstance(err, Unreachable) else None,
        )


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
