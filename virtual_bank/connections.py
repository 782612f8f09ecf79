"""The connection slots of a virtual proxy: connections to batteries and what goes over them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .clock import Clock
from .native_api import Message, Session, pb
from .radio import GattError, Radio

CONNECT_TIME = 0.8
"""Seconds until an ESP32 is connected to a battery near by: the next advertisement, and the rest."""
DISCOVERY_TIME = 1.2
"""Seconds more where the services are not known from before."""
RETRY_TIME = 1.0
"""Seconds between advertisements, at which a waiting attempt can succeed."""
CONNECT_TIMEOUT = 20.0
"""Seconds until an ESP32 gives up on a battery that does not answer."""

CONNECTION_TIMEOUT = 0x08
FAILED_TO_ESTABLISH = 0x3E
TERMINATED_BY_LOCAL_HOST = 0x16
NOT_CONNECTED = -1

DISCONNECT, PAIR, UNPAIR = 1, 2, 3
CONNECT_WITH_CACHE, CONNECT_WITHOUT_CACHE, CLEAR_CACHE = 4, 5, 6


@dataclass(slots=True)
class Link:
    """A slot in use: first for an attempt, then for a connection."""

    radio: Radio
    attempt: asyncio.TimerHandle | None = None
    connected: bool = False
    notified: frozenset[int] = frozenset()
    """Handles whose notifications are passed on."""


class Connections:
    """The slots of one proxy, and the answers to requests that concern batteries."""

    def __init__(
        self,
        name: str,
        radios: Mapping[int, Radio],
        slots: int,
        clock: Clock,
        send: Callable[..., None],
    ) -> None:
        """Prepare; `radios` are the batteries by address, `send` reaches the client."""
        self.name = name
        self.links: dict[int, Link] = {}
        self._radios = radios
        self._slots = slots
        self._send = send
        self._clock = clock
        self.handlers: Mapping[type[Message], Callable[[Session, Message], None]] = {
            pb.SubscribeBluetoothConnectionsFreeRequest: self._tell_free,
            pb.BluetoothDeviceRequest: self._device,
            pb.BluetoothGATTGetServicesRequest: self._services,
            pb.BluetoothGATTReadRequest: self._read,
            pb.BluetoothGATTWriteRequest: self._write,
            pb.BluetoothGATTNotifyRequest: self._notify,
            pb.BluetoothGATTWriteDescriptorRequest: self._write_descriptor,
            pb.BluetoothSetConnectionParamsRequest: self._set_params,
        }

    @property
    def slots(self) -> int:
        """How many connections the proxy can hold."""
        return self._slots

    @slots.setter
    def slots(self, slots: int) -> None:
        self._slots = slots
        for address in list(self.links)[slots:]:
            self._disconnect(address)
        self.send_free()

    @property
    def free(self) -> int:
        """How many slots are not in use."""
        return self._slots - len(self.links)

    def send_free(self) -> None:
        """Tell the client which slots are free."""
        self._send(self._free_message())

    def release_all(self) -> None:
        """Let go of all batteries, as the firmware does when its subscriber is gone."""
        for link in self.links.values():
            _end(link)
        self.links.clear()

    def lost(self, radio: Radio) -> None:
        """Learn that a battery's link is gone."""
        if self.links.pop(radio.address, None) is not None:
            self._send_connection(radio.address, error=CONNECTION_TIMEOUT)
            self.send_free()

    def notified(self, radio: Radio, handle: int, payload: bytes) -> None:
        """Pass on a notification that the client asked for."""
        link = self.links.get(radio.address)
        if link is not None and handle in link.notified:
            self._send(
                pb.BluetoothGATTNotifyDataResponse(
                    address=radio.address, handle=handle, data=payload
                )
            )

    # -- connecting ------------------------------------------------------------------------------

    def _device(self, _: Session, message: Message) -> None:
        """Answer a request that concerns the connection as such."""
        address = message.address
        kind = message.request_type
        if kind in (CONNECT_WITH_CACHE, CONNECT_WITHOUT_CACHE):
            self._connect(address, cached=kind == CONNECT_WITH_CACHE)
        elif kind == DISCONNECT:
            self._disconnect(address)
        elif kind == PAIR:
            self._send(pb.BluetoothDevicePairingResponse(address=address, paired=True))
        elif kind == UNPAIR:
            self._send(pb.BluetoothDeviceUnpairingResponse(address=address, success=True))
        elif kind == CLEAR_CACHE:
            self._send(pb.BluetoothDeviceClearCacheResponse(address=address, success=True))
        else:
            self._send_connection(address, error=FAILED_TO_ESTABLISH)

    def _connect(self, address: int, *, cached: bool) -> None:
        """Take a slot and try; without a free slot the firmware refuses at once."""
        link = self.links.get(address)
        radio = self._radios.get(address)
        if link is not None:
            if link.connected:
                self._send_connection(address, mtu=link.radio.wire.mtu)
        elif radio is None or self.free <= 0:
            self._send_connection(address)
        else:
            delay = CONNECT_TIME if cached else CONNECT_TIME + DISCOVERY_TIME
            delay += radio.faults.connect_delay + radio.faults.latency
            link = self.links[address] = Link(radio)
            deadline = self._clock.time() + CONNECT_TIMEOUT
            link.attempt = self._clock.later(delay, self._try, link, deadline)
            self.send_free()

    def _try(self, link: Link, deadline: float) -> None:
        """See whether the battery takes the connection; if not, again until the deadline."""
        address = link.radio.address
        if link.radio.connect(self):
            link.attempt = None
            link.connected = True
            self._send_connection(address, mtu=link.radio.wire.mtu)
            self.send_free()
        elif self._clock.time() < deadline:
            link.attempt = self._clock.later(RETRY_TIME, self._try, link, deadline)
        else:
            del self.links[address]
            self._send_connection(address, error=FAILED_TO_ESTABLISH)
            self.send_free()

    def _disconnect(self, address: int) -> None:
        link = self.links.pop(address, None)
        if link is not None:
            _end(link)
        self._send_connection(address, error=TERMINATED_BY_LOCAL_HOST if link else 0)
        self.send_free()

    def _set_params(self, _: Session, message: Message) -> None:
        self._send(pb.BluetoothSetConnectionParamsResponse(address=message.address))

    # -- GATT ------------------------------------------------------------------------------------

    def _link(self, message: Message, handle: int = 0) -> Link | None:
        """Return the link that a request needs, or answer that there is none."""
        link = self.links.get(message.address)
        if link is not None and link.connected:
            return link
        self._refuse(message.address, handle, NOT_CONNECTED)
        return None

    def _services(self, _: Session, message: Message) -> None:
        if (link := self._link(message)) is not None:
            self._send(*link.radio.wire.gatt.messages(message.address))

    def _read(self, _: Session, message: Message) -> None:
        if (link := self._link(message, message.handle)) is None:
            return
        try:
            value = link.radio.read(message.handle)
        except GattError as error:
            self._refuse(message.address, message.handle, error.code)
            return
        answer = pb.BluetoothGATTReadResponse(
            address=message.address, handle=message.handle, data=value
        )
        self._send_later(link, answer)

    def _write(self, _: Session, message: Message) -> None:
        if (link := self._link(message, message.handle)) is None:
            return
        try:
            link.radio.write(message.handle, message.data, response=message.response)
        except GattError as error:
            self._refuse(message.address, message.handle, error.code)
            return
        if message.response:
            self._confirm(link, message)

    def _write_descriptor(self, _: Session, message: Message) -> None:
        if (link := self._link(message, message.handle)) is None:
            return
        try:
            link.radio.enable(message.handle, message.data)
        except GattError as error:
            self._refuse(message.address, message.handle, error.code)
            return
        self._confirm(link, message)

    def _notify(self, _: Session, message: Message) -> None:
        if (link := self._link(message, message.handle)) is None:
            return
        handle = frozenset({message.handle})
        link.notified = link.notified | handle if message.enable else link.notified - handle
        self._send(pb.BluetoothGATTNotifyResponse(address=message.address, handle=message.handle))

    def _confirm(self, link: Link, message: Message) -> None:
        self._send_later(
            link, pb.BluetoothGATTWriteResponse(address=message.address, handle=message.handle)
        )

    def _send_later(self, link: Link, answer: Message) -> None:
        """Send an answer after the latency of the moment, if the link is still there."""

        def send() -> None:
            if self.links.get(link.radio.address) is link:
                self._send(answer)

        self._clock.later(link.radio.faults.latency, send)

    # -- to the client ---------------------------------------------------------------------------

    def _refuse(self, address: int, handle: int, code: int) -> None:
        self._send(pb.BluetoothGATTErrorResponse(address=address, handle=handle, error=code))

    def _send_connection(self, address: int, *, mtu: int = 0, error: int = 0) -> None:
        self._send(
            pb.BluetoothDeviceConnectionResponse(
                address=address, connected=mtu > 0, mtu=mtu, error=error
            )
        )

    def _free_message(self) -> Message:
        return pb.BluetoothConnectionsFreeResponse(
            free=self.free, limit=self._slots, allocated=list(self.links)
        )

    def _tell_free(self, session: Session, _: Message) -> None:
        session.send(self._free_message())


def _end(link: Link) -> None:
    if link.attempt is not None:
        link.attempt.cancel()
    if link.connected:
        link.radio.disconnect()
