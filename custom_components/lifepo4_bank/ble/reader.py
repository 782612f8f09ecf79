"""Reads and switches one battery, through whatever the radio does to it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
import logging
import time
from typing import Literal

from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak_retry_connector import BleakOutOfConnectionSlotsError

from ..core.battery import BatterySample, Fraction, Seconds
from .commanded import Commanded, follows
from .commands import link_class
from .details import Details, details_of
from .errors import (
    AuthenticationRefused,
    BatteryError,
    GarbledReply,
    HeldByAnother,
    NotConfirmed,
    NotSwitchable,
    Reason,
    Unreachable,
)
from .family import Family, Mosfet
from .link import Link
from .links import Links
from .pause import Pause

_LOGGER = logging.getLogger(__name__)

type LinkMode = Literal["auto", "keep", "release"]

CONNECT_TIMEOUT: Seconds = 40.0
DISCONNECT_TIMEOUT: Seconds = 8.0
READ_TIMEOUT: Seconds = 25.0
"""Longer than aiobmsble's own retries of a few requests."""
TURN_TIMEOUT: Seconds = 120.0
"""Longer than one round of 16 batteries on two slots."""
DETAILS_TRIES = 3
GOOD_SIGNAL = -80
"""dBm: a battery that is heard so well and does not let us in is probably taken."""
QUALITY_WINDOW = 50
_GARBLED = (ValueError, LookupError, TypeError, AttributeError, AssertionError, BufferError)
"""What aiobmsble's decoders raise on frames that are no frames."""
_RADIO = (BleakError, TimeoutError, EOFError, ConnectionError)


class BatteryReader:
    """One battery of one family at one address; keeps at most one link to it."""

    def __init__(
        self,
        address: str,
        family: Family,
        ble_device: Callable[[], BLEDevice | None],
        links: Links,
        *,
        secret: str = "",
        link: LinkMode = "auto",
        name: str = "",
        rssi: Callable[[], int | None] = lambda: None,
        clock: Callable[[], Seconds] = time.time,
    ) -> None:
        """Connect to nothing yet; `family.load_families` must have run.

        `ble_device` gives the freshest device, None while no adapter hears the battery.
        `clock` is the time that samples carry.
        """
        self.address = address
        self.family = family
        self.details: Details = details_of(family, name)
        self._ble_device = ble_device
        self._links = links
        self._secret = secret
        self._mode: LinkMode = link
        self._rssi = rssi
        self._clock = clock
        self._lock = asyncio.Lock()
        self._link: Link | None = None
        self._details_tries = DETAILS_TRIES
        self._pause = Pause(time.monotonic)
        self._outcomes: deque[bool] = deque(maxlen=QUALITY_WINDOW)
        self._commanded = Commanded()
        links.join(address, self._make_room, keep=link == "keep")

    @property
    def link_quality(self) -> Fraction | None:
        """Share of the last readings that succeeded."""
        return sum(self._outcomes) / len(self._outcomes) if self._outcomes else None

    @property
    def connected(self) -> bool:
        """Whether a link is open now."""
        return self._link is not None and self._link.is_connected

    @property
    def released(self) -> bool:
        """Whether the battery is left to a phone app now."""
        return self._pause.released

    @property
    def switchable(self) -> frozenset[Mosfet]:
        """MOSFETs that `switch` can switch; may shrink when the battery tells its variant."""
        return self.family.switchable if self._link is None else self._link.switchable

    async def read(self) -> BatterySample:
        """Read the battery once.

        Raises Unreachable (with its reason), AuthenticationRefused or GarbledReply.
        """
        async with self._lock:
            self._pause.check()
            return await self._attempt(self._read_once, urgent=False)

    async def switch(self, mosfet: Mosfet, on: bool) -> BatterySample:
        """Switch a MOSFET; return the reading that confirms it.

        Does not wait for a back-off. Raises NotSwitchable, CommandRefused, NotConfirmed, or
        what `read` raises.
        """
        if not isinstance(mosfet, Mosfet) or not isinstance(on, bool):
            raise NotSwitchable(f"no such switch: {mosfet!r} to {on!r}")
        if mosfet not in self.switchable:
            raise NotSwitchable(f"{self.family.brand} {self.family.model}: {mosfet}")
        async with self._lock:
            self._pause.check(urgent=True)
            return await self._attempt(partial(self._switch_once, mosfet, on), urgent=True)

    async def release(self) -> None:
        """Let go for five minutes, so that the phone app can connect."""
        self._pause.release()
        await self._make_room()

    def take_back(self) -> None:
        """End `release` and any back-off early, for example when the battery is heard again."""
        self._pause.end()

    async def close(self) -> None:
        """Let go and take part no longer."""
        await self._make_room()
        self._links.leave(self.address)

    async def _attempt(
        self, task: Callable[[Link], Awaitable[BatterySample]], *, urgent: bool
    ) -> BatterySample:
        """Do a task in a turn, count its outcome, and let go where the link may not stay."""
        done = False
        try:
            async with self._links.turn(self.address, TURN_TIMEOUT, urgent=urgent):
                try:
                    sample = await self._with_link(task)
                    done = True
                    return sample
                finally:
                    if not done or self._mode == "release" or not self._may_keep():
                        await self._drop()
        except Unreachable as error:
            self._outcomes.append(False)
            self._pause.failed(error)
            raise
        except GarbledReply, AuthenticationRefused:
            self._outcomes.append(False)
            raise
        finally:
            if done:
                self._outcomes.append(True)
                self._pause.succeeded()

    def _may_keep(self) -> bool:
        return not self._pause.released and self._links.may_keep(self.address)

    async def _with_link(self, task: Callable[[Link], Awaitable[BatterySample]]) -> BatterySample:
        """Do a task; once more over a new link if a kept one has died unnoticed."""
        kept = self.connected
        try:
            return await self._translated(task, await self._open_link())
        except Unreachable, GarbledReply:
            if not kept:
                raise
            _LOGGER.debug("%s: kept link is dead, connecting again", self.address)
        await self._drop(stay_open=True)
        return await self._translated(task, await self._open_link())

    async def _translated(
        self, task: Callable[[Link], Awaitable[BatterySample]], link: Link
    ) -> BatterySample:
        """Do a task and say what went wrong in our own words."""
        try:
            return self._commanded.fill(await task(link))
        except BatteryError:
            raise
        except _RADIO as error:
            reason = Reason.SILENT if link.is_connected else Reason.LINK_LOST
            raise Unreachable(reason, detail=repr(error)) from error
        except _GARBLED as error:
            raise GarbledReply(repr(error)) from error

    async def _read_once(self, link: Link) -> BatterySample:
        async with asyncio.timeout(READ_TIMEOUT):
            sample = await link.sample(self.address, self._clock)
        if self._details_tries:
            await self._ask_details(link)
        return sample

    async def _ask_details(self, link: Link) -> None:
        """Ask for serial number and versions once; a battery that does not answer is no fault."""
        self._details_tries -= 1
        with suppress(*_RADIO, *_GARBLED):
            async with asyncio.timeout(READ_TIMEOUT):
                self.details = self.details.completed(await link.details())
            self._details_tries = 0

    async def _switch_once(self, mosfet: Mosfet, on: bool, link: Link) -> BatterySample:
        """Send the command, then read until the reading follows or patience ends."""
        now = asyncio.get_running_loop().time
        deadline = now() + link.PATIENCE
        async with asyncio.timeout(READ_TIMEOUT):
            await link.command(mosfet, on, self._commanded.asked)
        while True:
            async with asyncio.timeout(READ_TIMEOUT):
                sample = await link.sample(self.address, self._clock)
            if follows(sample, mosfet, on):
                self._commanded.confirmed(mosfet, on)
                return sample
            if now() >= deadline:
                raise NotConfirmed(self._commanded.fill(sample))
            await asyncio.sleep(link.SETTLE)

    async def _open_link(self) -> Link:
        """Return the open link; connect if there is none.

        Raises Unreachable or AuthenticationRefused.
        """
        if self._link is not None and self._link.is_connected:
            return self._link
        device = self._ble_device()
        if device is None:
            raise Unreachable(Reason.OUT_OF_RANGE)
        self._link = link = link_class(self.family.key)(device, self.family, self._secret)
        try:
            async with self._links.connecting(), asyncio.timeout(CONNECT_TIMEOUT):
                await link.open(self._ble_device, lost=self._lost)
        except PermissionError as error:
            raise AuthenticationRefused(str(error)) from error
        except _RADIO as error:
            raise self._no_connection(link, error) from error
        except _GARBLED as error:
            raise GarbledReply(repr(error)) from error
        return link

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

    def _lost(self) -> None:
        """Give the slot back: the link broke off between two readings."""
        if not self._lock.locked():
            self._links.closed(self.address)

    async def _make_room(self) -> None:
        """Let go as soon as what is going on is done."""
        async with self._lock:
            await self._drop()

    async def _drop(self, *, stay_open: bool = False) -> None:
        """Disconnect; `stay_open` keeps the slot for connecting again at once."""
        link, self._link = self._link, None
        if link is not None:
            with suppress(*_RADIO):
                async with asyncio.timeout(DISCONNECT_TIMEOUT):
                    await link.disconnect()
        if not stay_open:
            self._links.closed(self.address)
