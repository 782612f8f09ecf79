"""What the coordinator of a battery reads from."""

from collections.abc import Callable
from typing import Protocol

from homeassistant.helpers.device_registry import DeviceInfo

from .core.battery import Battery, BatterySample, Seconds


class BatterySource(Protocol):
    """Where readings come from: a Bluetooth link, or entities of Home Assistant.

    Reading raises UpdateFailed or ConfigEntryAuthFailed, switching HomeAssistantError,
    all translated.
    """

    @property
    def battery(self) -> Battery:
        """What is known of the battery apart from its readings."""

    @property
    def device_info(self) -> DeviceInfo:
        """The battery for the device registry."""

    @property
    def switchable(self) -> frozenset[str]:
        """MOSFETs that can be switched: `discharge`, `charge`."""

    @property
    def silent(self) -> bool:
        """Whether the battery cannot be heard although Bluetooth works."""

    @property
    def link_quality(self) -> float | None:
        """Part of the latest readings that succeeded, 0-1."""

    @property
    def rssi(self) -> int | None:
        """Signal strength in dBm."""

    @property
    def told_ago(self) -> Seconds | None:
        """How old a reading would be that is made of what others have told.

        None where reading means to ask the battery, or where nothing has been told.
        """

    async def read(self) -> BatterySample:
        """Read the battery now."""

    async def switch(self, mosfet: str, enabled: bool) -> BatterySample:
        """Switch a MOSFET and return the reading that confirms it."""

    async def release(self) -> None:
        """Let go of the link for five minutes."""

    async def close(self) -> None:
        """Let go for good."""

    def start(self, on_news: Callable[[], None]) -> None:
        """Tell from now on when it is worth while to read before the next poll."""
