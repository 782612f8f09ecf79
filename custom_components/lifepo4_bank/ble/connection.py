"""Getting hold of one battery, and the reasons why that fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
import logging
from math import inf
from time import monotonic

from bleak.backends.device import BLEDevice
from bleak.exc import BleakCharacteristicNotFoundError, BleakError
import bleak_retry_connector
from bleak_retry_connector import BleakOutOfConnectionSlotsError

from ..core.battery import Seconds
from .commands import link_class
from .errors import (
    AuthenticationRefused,
    BatteryError,
    GarbledReply,
    HeldByAnother,
    Reason,
    Unreachable,
)
from .family import Family
from .link import Link
from .links import Links

_LOGGER = logging.getLogger(__name__)

CONNECT_TIMEOUT: Seconds = 40.0
DISCONNECT_TIMEOUT: Seconds = 8.0
GOOD_SIGNAL = -80
"""dBm: a battery that is heard so well and does not let us in is probably taken."""
CALLS_WITHIN: Seconds = 60.0
"""A battery in reach calls at least so often; one that is silent for longer may be gone."""
LONGEST_SECRET = 64
"""Far above any; its length goes out as one byte."""

NOT_THERE = (BleakCharacteristicNotFoundError, ConnectionError)
"""The second is what aiobmsble raises where it looks for characteristics itself."""
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
        rssi: Callable[[Seconds], int | None],
        on_lost: Callable[[], None],
    ) -> None:
        """Connect to nothing yet.

        `rssi` gives the signal of the newest advertisement since a moment of the monotonic clock,
        None where there was none; `on_lost` is called when a link breaks off.
        """
        self._address = address
        self._family = family
        self._ble_device = ble_device
        self._links = links
        self._secret = secret
        self._rssi = rssi
        self._on_lost = on_lost
        self._doubtful = True
        """Whether a link that nobody here knows of may stand: from before a restart of Home
        Assistant, or from an attempt that failed."""
        self._tried: Seconds = -inf
        """When the last attempt began."""
        self.link: Link | None = None

    @property
    def is_open(self) -> bool:
        """Whether the link stands now."""
        return self.link is not None and self.link.is_connected

    @property
    def in_reach(self) -> bool:
        """Whether there is a link, or somebody hears the battery who can connect."""
        return self.is_open or self._ble_device() is not None

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
        doubtful, self._doubtful = self._doubtful, True
        since, self._tried = max(self._tried, monotonic() - CALLS_WITHIN), monotonic()
        try:
            async with self._links.connecting(), asyncio.timeout(CONNECT_TIMEOUT):
                if doubtful:
                    await self._clear_stale()
                await link.open(self._ble_device, lost=partial(self._lost, link))
        except PermissionError as error:
            raise AuthenticationRefused(str(error)) from error
        except RADIO_ERRORS as error:
            await self._forget_services(error)
            raise self._no_connection(link, error, since) from error
        except GARBLED_ERRORS as error:
            raise GarbledReply(repr(error)) from error
        self._doubtful = False
        return link

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Link]:
        """Open the link and say in our own words what goes wrong on it."""
        link = await self.open()
        try:
            yield link
        except BatteryError:
            raise
        except RADIO_ERRORS as error:
            await self._forget_services(error)
            reason = Reason.SILENT if link.is_connected else Reason.LINK_LOST
            raise Unreachable(reason, detail=repr(error)) from error
        except GARBLED_ERRORS as error:
            raise GarbledReply(repr(error)) from error

    async def drop(self) -> None:
        """Disconnect; a link that does not end properly is forgotten all the same."""
        if (link := self.link) is None:
            return
        with suppress(*RADIO_ERRORS):
            async with asyncio.timeout(DISCONNECT_TIMEOUT):
                await link.disconnect()
        # not before: who gives up meanwhile leaves the link to the next one
        self.link = None
        self._doubtful = self._doubtful or link.is_connected

    async def _forget_services(self, error: Exception) -> None:
        """Where a characteristic was not found, have the battery looked through anew next time.

        What is remembered may be from a connection that broke off, or from before an update.
        """
        if self.link is not None and isinstance(error, NOT_THERE):
            with suppress(*RADIO_ERRORS, AttributeError):
                async with asyncio.timeout(DISCONNECT_TIMEOUT):
                    await self.link.forget_services()

    def _lost(self, link: Link) -> None:
        """Pass on that the link broke off, unless it is an old one that ends at last."""
        if self.link is link:
            self._on_lost()

    async def _clear_stale(self) -> None:
        """End a link that BlueZ kept from before a restart; it would block ours for ever."""
        with suppress(*RADIO_ERRORS):
            await bleak_retry_connector.close_stale_connections_by_address(self._address)

    def _no_connection(self, link: Link, error: Exception, since: Seconds) -> Unreachable:
        """Find the reason why there is no connection.

        What was heard before the attempt before, or long ago, tells nothing: whoever is asleep,
        gone or connected to a phone keeps quiet, and only he is taken who calls and lets nobody in.
        """
        if isinstance(error, BleakOutOfConnectionSlotsError):
            return Unreachable(Reason.NO_SLOT, detail=str(error))
        if link.is_connected:
            return Unreachable(Reason.SILENT, detail=repr(error))
        rssi = self._rssi(since)
        if rssi is None or self._ble_device() is None:
            return Unreachable(Reason.OUT_OF_RANGE, detail=repr(error))
        if rssi >= GOOD_SIGNAL:
            return HeldByAnother(detail=repr(error))
        return Unreachable(Reason.NO_CONNECTION, detail=repr(error))
