"""ESPHome's native API in plain text: frames over TCP, and the part every node answers.

A frame is 0x00, the length and the message type as varints, then a protobuf message. The message
classes and their numbers are those of aioesphomeapi, the client that Home Assistant uses.
"""

import asyncio
from collections.abc import Callable, Mapping
import logging
import socket
from typing import Any, override

from aioesphomeapi import api_pb2
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO

_LOGGER = logging.getLogger(__name__)

type Message = Any
"""A protobuf message; its classes are made at run time and have no static types."""

pb: Any = api_pb2
API_MAJOR, API_MINOR = 1, 12
MAX_MESSAGE = 65535

_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A client that vanished is given up after 150 s, as by the firmware."""

_NUMBER_OF = {cls: number for number, cls in MESSAGE_TYPE_TO_PROTO.items()}


class FrameError(ValueError):
    """The bytes are not a frame of the plaintext protocol."""


def varint(value: int) -> bytes:
    """Encode a non-negative integer, seven bits a byte, low bits first."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def frame(message: Message) -> bytes:
    """Return the message as a frame."""
    body: bytes = message.SerializeToString()
    return b"\x00" + varint(len(body)) + varint(_NUMBER_OF[type(message)]) + body


class FrameReader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Add bytes and return the messages completed by them; unknown types are left out.

        Raises FrameError when the stream is not plaintext (an encrypted client starts with 0x01).
        """
        self._buffer += data
        messages = []
        while (found := self._take()) is not None:
            number, body = found
            if (cls := MESSAGE_TYPE_TO_PROTO.get(number)) is not None:
                message = cls()
                message.ParseFromString(body)
                messages.append(message)
        return messages

    def _take(self) -> tuple[int, bytes] | None:
        """Take one whole frame from the buffer, if there is one."""
        if not self._buffer:
            return None
        if self._buffer[0] != 0:
            raise FrameError("not plaintext")
        length, position = self._varint(1)
        number, position = self._varint(position)
        if position < 0 or len(self._buffer) < position + length:
            return None
        if length > MAX_MESSAGE:
            raise FrameError("message too long")
        body = bytes(self._buffer[position : position + length])
        del self._buffer[: position + length]
        return number, body

    def _varint(self, position: int) -> tuple[int, int]:
        """Read a varint; the new position is -1 where it is not complete."""
        value = shift = 0
        if position < 0:
            return 0, -1
        for index in range(position, len(self._buffer)):
            value |= (self._buffer[index] & 0x7F) << shift
            if self._buffer[index] < 0x80:
                return value, index + 1
            shift += 7
            if shift > 28:
                raise FrameError("varint too long")
        return 0, -1


class Session(asyncio.Protocol):
    """One client of a node; `handlers` answer what the node can do beyond the basics."""

    def __init__(
        self,
        node: str,
        device_info: Callable[[], Message],
        handlers: Mapping[type[Message], Callable[[Session, Message], None]],
        on_lost: Callable[[Session], None],
    ) -> None:
        """Prepare; the connection itself comes with connection_made."""
        self.node = node
        self._device_info = device_info
        self._handlers = handlers
        self._on_lost = on_lost
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to the client."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP gives no other
        self._transport = transport
        connection = transport.get_extra_info("socket")
        for level, option, value in _KEEP_ALIVE:
            connection.setsockopt(level, option, value)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._transport = None
        self._on_lost(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Answer every message that is complete."""
        try:
            messages = self._reader.feed(data)
        except FrameError as error:
            _LOGGER.warning("%s: a client does not speak plaintext: %s", self.node, error)
            self.close()
            return
        for message in messages:
            self._answer(message)

    def send(self, *messages: Message) -> None:
        """Send messages, or drop them when the client has gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(map(frame, messages)))

    def close(self, *, hard: bool = False) -> None:
        """End the connection; `hard` throws away what was not sent, as a power cut does."""
        if self._transport is not None:
            if hard:
                self._transport.abort()
            else:
                self._transport.close()

    def _answer(self, message: Message) -> None:
        """Answer one message."""
        if (handler := self._handlers.get(type(message))) is not None:
            handler(self, message)
            return
        match message:
            case pb.HelloRequest():
                self.send(
                    pb.HelloResponse(
                        api_version_major=API_MAJOR,
                        api_version_minor=API_MINOR,
                        server_info=f"{self.node} (virtual bank)",
                        name=self.node,
                    )
                )
            case pb.AuthenticationRequest():
                self.send(pb.AuthenticationResponse())
            case pb.PingRequest():
                self.send(pb.PingResponse())
            case pb.DeviceInfoRequest():
                self.send(self._device_info())
            case pb.ListEntitiesRequest():
                self.send(pb.ListEntitiesDoneResponse())
            case pb.DisconnectRequest():
                self.send(pb.DisconnectResponse())
                self.close()
            case _:
                # Subscriptions to states, logs and actions: a proxy has none of them.
                _LOGGER.debug("%s: nothing to answer to %s", self.node, type(message).__name__)
