"""One connection to one battery, on top of aiobmsble's class of its family."""

from collections.abc import Callable, Mapping
import logging
from typing import Any, ClassVar, cast, override

from aiobmsble import BMSConfig, BMSInfo, basebms
from aiobmsble.basebms import BaseBMS
import bleak
from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
import bleak_retry_connector
from bleak_retry_connector import BleakClientWithServiceCache

from ..core.battery import BatterySample, Seconds
from .details import Details
from .errors import NotSwitchable
from .family import Family, Mosfet
from .guard import guarded
from .sample import COMPUTED, battery_sample


def _demoted(record: logging.LogRecord) -> bool:
    """Keep the library's complaints out of the log: we report what they lead to ourselves."""
    record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return _LIBRARY.isEnabledFor(logging.DEBUG)


_LIBRARY = logging.getLogger(f"{__name__}.library")
_LIBRARY.addFilter(_demoted)

CONNECT_ATTEMPTS = 2
"""The proxy or BlueZ tries long enough in one; the next turn is a better place for a third."""


class Link(BaseBMS):
    """The part that all families share: connecting, the guard, the translation.

    A family's class is made from this one and aiobmsble's. The library's own `async_update` is
    not used, because it reconnects by itself, to the adapter that it met first and without
    asking who else needs the slot.
    """

    FRAMES: ClassVar[frozenset[bytes] | None] = None
    """Every frame that may leave. None: whatever aiobmsble, which only reads, sends."""
    SETTLE: ClassVar[Seconds] = 1.0
    """How long after a command the first reading is worth anything."""
    PATIENCE: ClassVar[Seconds] = 6.0
    """How long after a command a reading that does not follow is no refusal yet."""

    def __init__(self, device: BLEDevice, family: Family, secret: str = "") -> None:
        """Prepare for a device; nothing is sent yet."""
        # Home Assistant replaces bleak's client when Bluetooth starts; aiobmsble may have been
        # imported before and would then try to reach a proxy's device through BlueZ.
        basebms.BleakClient = bleak.BleakClient  # type: ignore[attr-defined]
        super().__init__(device, BMSConfig(keep_alive=True, secret=secret), _LIBRARY.name)
        self._family = family

    def may_send(self, frame: bytes) -> bool:
        """Whether these bytes are on the list."""
        return self.FRAMES is None or frame in self.FRAMES

    async def open(
        self,
        fresh: Callable[[], BLEDevice | None],
        *,
        lost: Callable[[], None] | None = None,
    ) -> None:
        """Connect and listen.

        Raises BleakError, TimeoutError, EOFError, ConnectionError or PermissionError.
        """
        client = guarded(bleak_retry_connector.BleakClientWithServiceCache, self.may_send)

        def disconnected(_client: BleakClient) -> None:
            if lost is not None:
                lost()

        async with self._connect_lock:
            self._client = await bleak_retry_connector.establish_connection(
                cast("type[Any]", client),
                self._ble_device,
                self._ble_device.address,
                disconnected,
                max_attempts=CONNECT_ATTEMPTS,
                ble_device_callback=lambda: fresh() or self._ble_device,
                services=[*self.uuid_services(), "180a"],
            )
            await self._init_connection()
            self._start_alive_task()

    @override  # type: ignore[misc]  # final, as the library means it
    async def _connect(self) -> None:
        """Keep the library from connecting by itself: past the guard, and past who waits."""
        if not self.is_connected:
            raise BleakError("not connected")

    async def forget_services(self) -> None:
        """Have the battery's characteristics looked for anew at the next connection."""
        await cast("BleakClientWithServiceCache", self._client).clear_cache()

    async def sample(self, battery: str, clock: Callable[[], Seconds]) -> BatterySample:
        """Read the battery once; `clock` tells when the answer came."""
        async with self._op_lock:
            values = await self._async_update()
            reported = values.copy()
            self._add_missing_values(values, self._raw_values() | COMPUTED)
        return battery_sample(
            values, reported, battery=battery, time=clock(), family=self._family.key
        )

    async def details(self) -> Details:
        """Ask the battery for its serial number and versions."""
        async with self._op_lock:
            info = await self._fetch_device_info()
        return _details(info)

    @property
    def switchable(self) -> frozenset[Mosfet]:
        """What can be switched, now that the battery has told its variant of the protocol."""
        return self._family.switchable

    async def command(
        self,
        mosfet: Mosfet,
        on: bool,
        asked: Mapping[Mosfet, bool],  # noqa: ARG002 - for families with one register for both
    ) -> None:
        """Send the command that switches a MOSFET; the caller reads back after SETTLE.

        `asked` is what we know that the owner asked of both before. Raises NotSwitchable or
        CommandRefused.
        """
        raise NotSwitchable(f"{self._family.key}: {mosfet} to {on}")


def _details(info: BMSInfo) -> Details:
    """Translate what aiobmsble found; an empty string is nothing."""
    return Details(
        model=info.get("model") or None,
        serial=info.get("serial_number") or None,
        software=info.get("sw_version") or info.get("fw_version") or None,
        hardware=info.get("hw_version") or None,
    )


def reading_class(base: type[BaseBMS]) -> type[Link]:
    """Join `Link` to a library class that can only be read."""
    return cast("type[Link]", type(f"Read{base.__module__.rpartition('.')[2]}", (Link, base), {}))
