"""The Bluetooth side of one battery: who hears it, who is connected, and what goes wrong."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
import logging
import random
from typing import Protocol

from .clock import Clock
from .faults import Faults
from .gatt import Property
from .wire import Reply, Wire

_LOGGER = logging.getLogger(__name__)

ATT_HEADER = 3
PACKET_TIME = 0.0075
"""Seconds between two notifications: the shortest connection interval."""
KEPT_WRITES = 200

READ_NOT_PERMITTED = 2
WRITE_NOT_PERMITTED = 3
INVALID_HANDLE = 1


class GattError(Exception):
    """The battery refuses a request; `code` as in the Bluetooth core specification."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class Central(Protocol):
    """The other end of a link."""

    name: str

    def notified(self, radio: Radio, handle: int, payload: bytes, /) -> None:
        """Take a notification."""

    def lost(self, radio: Radio, /) -> None:
        """Learn that the link is gone."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write that a battery received."""

    time: float
    characteristic: str
    payload: bytes


class Radio:
    """A battery as Bluetooth sees it: it takes one central at a time."""

    def __init__(self, wire: Wire, clock: Clock, *, rssi: int = -62, seed: int = 0) -> None:
        """Put the BMS on the air; `rssi` in dBm is for proxies without a value of their own."""
        self.wire = wire
        self.address = int(wire.address.replace(":", ""), 16)
        self.faults = Faults()
        self.held_by_phone = False
        self.writes: deque[Write] = deque(maxlen=KEPT_WRITES)
        self.central: Central | None = None
        self._rssi: dict[str | None, int | None] = {None: rssi}
        self._clock = clock
        self._chance = random.Random(self.address ^ seed)
        self._enabled: set[int] = set()
        self._older = b""
        self._timers: set[asyncio.TimerHandle] = set()
        self._stream: asyncio.TimerHandle | None = None
        self._air: deque[tuple[int, bytes] | None] = deque()
        """Notifications on their way, in order; None: there the link breaks."""
        self._packet: asyncio.TimerHandle | None = None

    def rssi(self, proxy: str) -> int | None:
        """Return the signal in dBm at a proxy, None where the battery is out of its range."""
        return self._rssi.get(proxy, self._rssi[None])

    def place(self, rssi: int | None, proxy: str | None = None) -> None:
        """Move the battery: set its signal at one proxy, or at all; None is out of range."""
        if proxy is None:
            self._rssi.clear()
        self._rssi[proxy] = rssi
        if self.central is not None and self.rssi(self.central.name) is None:
            self.drop()

    def heard_by(self, proxy: str) -> int | None:
        """Return the signal of one advertisement at a proxy, None when it is not heard."""
        rssi = self.rssi(proxy)
        if rssi is None or not self.free or self._chance.random() < self.faults.loss:
            return None
        return rssi + self._chance.randint(-2, 2)

    @property
    def free(self) -> bool:
        """Whether the battery advertises and takes a connection."""
        return self.central is None and not self.held_by_phone and not self.wire.bricked

    def hold(self, *, by_phone: bool) -> None:
        """Let a phone app connect, or leave; a battery that is connected stays so."""
        self.held_by_phone = by_phone and self.central is None

    def connect(self, central: Central) -> bool:
        """Accept a central, or say that the attempt came to nothing."""
        if self.heard_by(central.name) is None:
            return False
        self.central = central
        self.wire.connected()
        self._older = b""
        return True

    def disconnect(self) -> None:
        """End the link in order."""
        self.central = None
        self._enabled.clear()
        self._air.clear()
        for timer in (*self._timers, self._stream, self._packet):
            if timer is not None:
                timer.cancel()
        self._timers.clear()
        self._stream = self._packet = None

    def drop(self) -> None:
        """Lose the link; the central finds out."""
        central = self.central
        self.disconnect()
        if central is not None:
            central.lost(self)

    def read(self, handle: int) -> bytes:
        """Return a characteristic's value; raises GattError."""
        characteristic = self.wire.gatt.at(handle)
        if characteristic is None:
            raise GattError(INVALID_HANDLE)
        if Property.READ not in characteristic.properties:
            raise GattError(READ_NOT_PERMITTED)
        return characteristic.value

    def enable(self, descriptor: int, payload: bytes) -> None:
        """Switch notifications by writing to a client configuration; raises GattError."""
        handle = self.wire.gatt.configured_by(descriptor)
        if handle is None:
            raise GattError(INVALID_HANDLE)
        if payload[:1] == b"\x00":
            self._enabled.discard(handle)
            return
        self._enabled.add(handle)
        if self.wire.stream_interval is not None and self._stream is None:
            self._stream = self._clock.later(self.wire.stream_interval, self._next_streamed)

    def write(self, handle: int, payload: bytes, *, response: bool) -> None:
        """Give bytes to the BMS; raises GattError when the characteristic does not take them."""
        characteristic = self.wire.gatt.at(handle)
        if characteristic is None:
            raise GattError(INVALID_HANDLE)
        wanted = Property.WRITE if response else Property.WRITE_WITHOUT_RESPONSE
        if wanted not in characteristic.properties:
            raise GattError(WRITE_NOT_PERMITTED)
        self.writes.append(Write(self._clock.time(), characteristic.uuid, payload))
        if self._chance.random() < self.faults.loss:
            self._clock.later(0, self.drop)
            return
        self._reply(self.wire.write(characteristic.uuid, payload))
        if self.wire.bricked:
            self.drop()

    def _reply(self, replies: Sequence[Reply]) -> None:
        """Send replies when their time has come."""
        for reply in replies:
            delay = reply.delay + self.faults.latency
            if reply.acknowledgement:
                delay += self.faults.ack_delay
            self._later(delay, reply)

    def _later(self, delay: float, reply: Reply) -> None:
        def send() -> None:
            self._timers.discard(timer)
            self._notify(reply)

        timer = self._clock.later(delay, send)
        self._timers.add(timer)

    def _next_streamed(self) -> None:
        """Notify what comes without being asked, and again after the interval."""
        interval = self.wire.stream_interval
        if interval is None or self.central is None:
            return
        self._reply(self.wire.streamed())
        self._stream = self._clock.later(interval, self._next_streamed)

    def _notify(self, reply: Reply) -> None:
        """Send one frame in as many notifications as it needs, with the faults of the moment."""
        handle = self.wire.gatt.handle(reply.characteristic)
        if self.central is None or self.faults.silent or handle not in self._enabled:
            return
        size = min(self.faults.fragment or self.wire.mtu, self.wire.mtu - ATT_HEADER)
        breaks_off = self.faults.drop_mid_frame and self.faults.take("drop_mid_frame")
        payload = reply.payload[: len(reply.payload) // 2] if breaks_off else reply.payload
        for piece in self.faults.disturb(payload, self._older, self._chance):
            self._air += [
                (handle, piece[start : start + size]) for start in range(0, len(piece), size)
            ]
        self._older = reply.payload
        if breaks_off:
            self._air.append(None)
        if self._packet is None:
            self._send_packet()

    def _send_packet(self) -> None:
        """Deliver one notification, and the next one after its time."""
        self._packet = None
        if not self._air or self.central is None:
            return
        packet = self._air.popleft()
        if packet is None:
            self.drop()
            return
        self.central.notified(self, *packet)
        if self._air:
            self._packet = self._clock.later(PACKET_TIME, self._send_packet)
