"""Reads and switches one battery, through whatever the radio does to it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
import logging
import time
from time import monotonic
from typing import Literal

from bleak.backends.device import BLEDevice

from ..core.battery import BatterySample, Fraction, Seconds
from .commanded import Commanded, follows
from .connection import GARBLED_ERRORS, RADIO_ERRORS, Connection
from .details import Details, details_of
from .errors import CommandRefused, GarbledReply, NotConfirmed, NotSwitchable, Reason, Unreachable
from .family import Family, Mosfet
from .link import Link
from .links import Links
from .pause import Pause

_LOGGER = logging.getLogger(__name__)

type LinkMode = Literal["auto", "keep", "release"]
type _Task = Callable[[Link], Awaitable[BatterySample]]

_NOT_ITS_FAULT = (Reason.NO_SLOT, Reason.RELEASED)
"""Reasons that say nothing about the link to the battery; its next turn comes as usual."""

READ_TIMEOUT: Seconds = 25.0
"""Longer than aiobmsble's own retries of a few requests."""
TURN_TIMEOUT: Seconds = 120.0
"""Longer than one round of 16 batteries on two slots."""
DETAILS_TIMEOUT: Seconds = 4.0
DETAILS_TRIES = 3
QUALITY_WINDOW = 50


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
        rssi: Callable[[Seconds], int | None] = lambda _: None,
        clock: Callable[[], Seconds] = time.time,
    ) -> None:
        """Connect to nothing yet; `family.load_families` must have run.

        `ble_device` gives the freshest device, None while no adapter hears the battery.
        `rssi` gives the signal of the newest advertisement since a moment of the monotonic clock,
        in dBm; `clock` is the time that samples carry.
        """
        self.address = address
        self.family = family
        self.details: Details = details_of(family, name)
        self._links = links
        self._mode: LinkMode = link
        self._clock = clock
        self._lock = asyncio.Lock()
        self._connection = Connection(
            address, family, ble_device, links, secret=secret, rssi=rssi, on_lost=self._lost
        )
        self._details_tries = DETAILS_TRIES
        self._pause = Pause(monotonic)
        self._outcomes: deque[bool] = deque(maxlen=QUALITY_WINDOW)
        self._commanded = Commanded()
        self._understood: Link | None = None
        """The link over which a reading was understood last."""
        links.join(address, self._make_room, keep=link == "keep")

    @property
    def link_quality(self) -> Fraction | None:
        """Share of the last readings that succeeded."""
        return sum(self._outcomes) / len(self._outcomes) if self._outcomes else None

    @property
    def connected(self) -> bool:
        """Whether a link is open now."""
        return self._connection.is_open

    @property
    def released(self) -> bool:
        """Whether the battery is left to a phone app now."""
        return self._pause.released

    @property
    def switchable(self) -> frozenset[Mosfet]:
        """MOSFETs that `switch` can switch; may shrink when the battery tells its variant."""
        link = self._connection.link
        return self.family.switchable if link is None else link.switchable

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
        async with self._lock:  # while a link is being opened its variant is not known
            if mosfet not in self.switchable:
                raise NotSwitchable(f"{self.family.brand} {self.family.model}: {mosfet}")
            self._pause.check(urgent=True)
            return await self._attempt(partial(self._switch_once, mosfet, on), urgent=True)

    async def release(self) -> None:
        """Let go for five minutes, so that the phone app can connect."""
        self._pause.release()
        self._links.withdraw(self.address)
        await self._make_room()

    def take_back(self) -> None:
        """End `release` and any back-off early, for example when the battery is heard again."""
        self._pause.end()

    async def close(self) -> None:
        """Let go and take part no longer."""
        await self.release()
        self._links.leave(self.address)

    async def _attempt(self, task: _Task, *, urgent: bool) -> BatterySample:
        """Do a task in a turn, count its outcome, and let go where the link may not stay."""
        if not self._connection.in_reach:
            self._outcomes.append(False)
            raise Unreachable(Reason.OUT_OF_RANGE)
        well = False
        try:
            async with self._links.turn(self.address, TURN_TIMEOUT, urgent=urgent):
                try:
                    sample = await self._with_link(task)
                    well = True
                except NotConfirmed, CommandRefused, NotSwitchable:
                    well = True  # the link is, the command is not
                    raise
                finally:
                    if not (well and self._may_keep()):
                        await self._drop()
        except Unreachable as error:
            if error.reason not in _NOT_ITS_FAULT:
                self._pause.failed(error)
            raise
        else:
            return sample
        finally:
            self._outcomes.append(well)
            if well:
                self._pause.succeeded()

    def _may_keep(self) -> bool:
        """Whether the link may stay open until the next reading."""
        if self._mode == "release" or self._pause.released or not self.connected:
            return False
        return self._links.may_keep(self.address)

    async def _with_link(self, task: _Task) -> BatterySample:
        """Do a task; once more over a new link if a kept one has died unnoticed."""
        kept = self.connected
        try:
            return await self._do(task)
        except Unreachable, GarbledReply:
            if not kept:
                raise
            _LOGGER.debug("%s: kept link is dead, connecting again", self.address)
        await self._connection.drop()
        return await self._do(task)

    async def _do(self, task: _Task) -> BatterySample:
        async with self._connection.talk() as link:
            return self._commanded.fill(await task(link))

    async def _sample(self, link: Link) -> BatterySample:
        async with asyncio.timeout(READ_TIMEOUT):
            sample = await link.sample(self.address, self._clock)
        self._understood = link
        return sample

    async def _read_once(self, link: Link) -> BatterySample:
        sample = await self._sample(link)
        if self._details_tries:
            await self._ask_details(link)
        return sample

    async def _ask_details(self, link: Link) -> None:
        """Ask for serial number and versions once; a battery that does not answer is no fault."""
        self._details_tries -= 1
        with suppress(*RADIO_ERRORS, *GARBLED_ERRORS):
            async with asyncio.timeout(DETAILS_TIMEOUT):
                self.details = self.details.completed(await link.details())
            self._details_tries = 0

    async def _switch_once(self, mosfet: Mosfet, on: bool, link: Link) -> BatterySample:
        """Send the command, then read until the reading follows or patience ends.

        Nothing is switched off over a link on which no reading has been understood yet; but a
        battery that is off is to be switched on whatever it says.
        """
        if mosfet not in link.switchable:
            raise NotSwitchable(f"this variant of {self.family.brand}: {mosfet}")
        if not on and self._understood is not link:
            await self._sample(link)
        now = asyncio.get_running_loop().time
        deadline = now() + link.PATIENCE
        async with asyncio.timeout(READ_TIMEOUT):
            await link.command(mosfet, on, self._commanded.asked)
        while True:
            sample = await self._sample(link)
            if follows(sample, mosfet, on):
                self._commanded.confirmed(mosfet, on)
                return sample
            if now() >= deadline:
                raise NotConfirmed(self._commanded.fill(sample))
            await asyncio.sleep(link.SETTLE)

    def _lost(self) -> None:
        """Give the slot back: the link broke off between two readings."""
        if not self._lock.locked():
            self._links.closed(self.address)

    async def _make_room(self) -> None:
        """Let go as soon as what is going on is done."""
        async with self._lock:
            await self._drop()

    async def _drop(self) -> None:
        """Disconnect and give the slot back."""
        try:
            await self._connection.drop()
        finally:
            self._links.closed(self.address)
