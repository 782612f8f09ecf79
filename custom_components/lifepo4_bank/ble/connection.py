"""Getting hold of one battery, and the reasons why that fails."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import logging

from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
import bleak_retry_connector
from bleak_retry_connector import BleakOutOfConnectionSlotsError

from ..core.battery import Seconds
from .commands import link_class
from .errors import AuthenticationRefused, GarbledReply, HeldByAnother, Reason, Unreachable
from .family import Family
from .link import Link
from .links import Links

_LOGGER = logging.getLogger(__name__)

CONNECT_TIMEOUT: Seconds = 40.0
DISCONNECT_TIMEOUT: Seconds = 8.0
GOOD_SIGNAL = -80
"""dBm: a battery that is heard so well and does not let us in is probably taken."""
LONGEST_SECRET = 64
"""Far above any; its length goes out as one byte."""

RADIO_ERRORS = (BleakError, TimeoutError, EOFError, OSError)
GARBLED_ERRORS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    BufferError,
)
"""What aiobmsble's decoders raise on frames that are no frames."""


class Connection:
    """At most one link to one battery, made anew for each connection from a fresh device."""

    def __init__(
        self,
        address: str,
        family: Family,
        ble_device: Callable[[], BLEDevice | None],
        links: Links,
        *,
        secret: str,
        rssi: Callable[[], int | None],
        on_lost: Callable[[], None],
    ) -> None:
        """Connect to nothing yet; `on_lost` is called when a link breaks off."""
        self._address = address
        self._family = family
        self._ble_device = ble_device
        self._links = links
        self._secret = secret
        self._rssi = rssi
        self._on_lost = on_lost
        self._failed = False
        self.link: Link | None = None

    @property
    def is_open(self) -> bool:
        """Whether the link stands now."""
        return self.link is not None and self.link.is_connected

    def check_reach(self) -> None:
        """Raise Unreachable if there is no link and nobody hears the battery."""
        if not self.is_open and self._ble_device() is None:
            raise Unreachable(Reason.OUT_OF_RANGE)

    async def open(self) -> Link:
        """Return the open link; connect if there is none.

        Raises Unreachable, AuthenticationRefused or GarbledReply.
        """
        if self.link is not None and self.link.is_connected:
            return self.link
        if not (self._secret.isascii() and len(self._secret) <= LONGEST_SECRET):
            raise AuthenticationRefused("no battery knows such a secret")
        device = self._ble_device()
        if device is None:
            raise Unreachable(Reason.OUT_OF_RANGE)
        self.link = link = link_class(self._family.key)(device, self._family, self._secret)
        failed, self._failed = self._failed, True
        try:
            async with self._links.connecting(), asyncio.timeout(CONNECT_TIMEOUT):
                if failed:
                    await self._clear_stale()
                await link.open(self._ble_device, lost=self._on_lost)
        except PermissionError as error:
            raise AuthenticationRefused(str(error)) from error
        except RADIO_ERRORS as error:
            raise self._no_connection(link, error) from error
        except GARBLED_ERRORS as error:
            raise GarbledReply(repr(error)) from error
        self._failed = False
        return link

    async def drop(self) -> None:
        """Disconnect; a link that does not end properly is forgotten all the same."""
        link, self.link = self.link, None
        if link is not None:
            with suppress(*RADIO_ERRORS):
                async with asyncio.timeout(DISCONNECT_TIMEOUT):
                    await link.disconnect()

    async def _clear_stale(self) -> None:
        """End a link that BlueZ kept from before a restart; it would block ours for ever."""
        with suppress(*RADIO_ERRORS):
            await bleak_retry_connector.close_stale_connections_by_address(self._address)

    def _no_connection(self, link: Link, error: Exception) -> Unreachable:
        """Find the reason why there is no connection."""
        if isinstance(error, BleakOutOfConnectionSlotsError):
            return Unreachable(Reason.NO_SLOT, detail=str(error))
        if link.is_connected:
            return Unreachable(Reason.SILENT, detail=repr(error))
        rssi = self._rssi()
        if self._ble_device() is not None and rssi is not None and rssi >= GOOD_SIGNAL:
            return HeldByAnother(detail=repr(error))
        return Unreachable(Reason.NO_CONNECTION, detail=repr(error))
