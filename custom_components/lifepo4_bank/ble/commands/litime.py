"""LiTime, Redodo, Power Queen and their rebrands.

Frames are `00 00 LEN 01 CMD 55 AA [ACK] …` with a sum at the end. aiobmsble reads the values,
but not the MOSFETs, state, alarms and fragments; so the status is decoded here.
"""

import asyncio
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from typing import ClassVar, override

from aiobmsble.bms import redodo_bms
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice

from ...core.battery import BatterySample, Seconds
from ..details import Details
from ..errors import CommandRefused
from ..family import Family, Mosfet
from ..link import Link
from ..litime_status import (
    HEAD,
    STATUS_LENGTH,
    VERSION_LENGTH,
    Status,
    sample_of,
    text_of,
    version_of,
)

SWITCH: Mapping[tuple[Mosfet, bool], bytes] = {
    (Mosfet.CHARGE, True): bytes.fromhex("00 00 04 01 0A 55 AA 0E"),
    (Mosfet.CHARGE, False): bytes.fromhex("00 00 04 01 0B 55 AA 0F"),
    (Mosfet.DISCHARGE, True): bytes.fromhex("00 00 04 01 0C 55 AA 10"),
    (Mosfet.DISCHARGE, False): bytes.fromhex("00 00 04 01 0D 55 AA 11"),
}
SERIAL = bytes.fromhex("00 00 04 01 10 55 AA 14")
STATUS = bytes.fromhex("00 00 04 01 13 55 AA 17")
VERSION = bytes.fromhex("00 00 04 01 16 55 AA 1A")

_ACK_LENGTH = 9
_ACK_OK = 0
_REPLY = 0x80
_SHAKE = b"\x55\xaa"
_SHAKE_AT = 5
_STATUS_HEAD = bytes.fromhex("00 00 65 01 93 55 AA")
ANSWER_TIMEOUT: Seconds = 1.8
"""For questions that not every firmware answers."""

_LENGTHS: Mapping[int, Container[int]] = {
    0x13: (STATUS_LENGTH,),
    0x16: (VERSION_LENGTH,),
    0x10: range(_ACK_LENGTH, 100),
    **{frame[4]: () for frame in SWITCH.values()},
}
"""Lengths of the answers with content; each command may also be answered by an acknowledgement."""


class LiTime(Link, redodo_bms.BMS):
    """A battery that answers one status frame and can be switched."""

    FRAMES: ClassVar[frozenset[bytes] | None] = frozenset(
        (
            *SWITCH.values(),
            SERIAL,
            STATUS,
            VERSION,
        )
    )

    def __init__(self, device: BLEDevice, family: Family, secret: str = "") -> None:
        """Start with an empty buffer."""
        super().__init__(device, family, secret)
        self._heard = bytearray()
        self._waiting_for = 0
        self._answer = b""
        self._acknowledged: dict[int, int] = {}
        self._sensors = 2

    @override
    def _notification_handler(self, _sender: BleakGATTCharacteristic, data: bytearray) -> None:
        """Put fragments together; a late or foreign frame never answers a request."""
        self._heard += data
        for frame in self._frames():
            if len(frame) == _ACK_LENGTH:
                self._acknowledged[frame[4] & ~_REPLY] = frame[7]
            elif frame[7] == _ACK_OK and frame[4] == self._waiting_for | _REPLY:
                self._answer = frame
                self._msg_event.set()

    def _frames(self) -> Iterator[bytes]:
        """Take whole frames with a right checksum out of the buffer."""
        heard = self._heard
        start = 0
        while (shake := heard.find(_SHAKE, start + _SHAKE_AT)) >= 0:
            start = shake - _SHAKE_AT
            length = heard[start + 2] + 4
            if not _is_head(heard[start:shake]) or not _fits(heard[start + 4], length):
                start += 1
                continue
            frame = bytes(heard[start : start + length])
            if len(frame) < length:
                break
            # a frame within a frame: the rest of the first was lost, and one byte of checksum
            # may well fit by chance
            if sum(frame[:-1]) & 0xFF == frame[-1] and _STATUS_HEAD not in frame[1:]:
                yield frame
                start += length
            else:
                start += 1
        else:
            # the beginning of a head may be waiting for its rest
            start = max(start, len(heard) - HEAD)
        del heard[:start]

    async def _ask(self, request: bytes) -> bytes:
        """Send a request and return its answer; fragments of older answers do not count."""
        self._heard.clear()
        self._waiting_for = request[4]
        await self._await_msg(request)
        return self._answer

    @override
    async def sample(self, battery: str, clock: Callable[[], Seconds]) -> BatterySample:
        async with self._op_lock:
            status = Status.of(await self._ask(STATUS))
        self._sensors = max(
            self._sensors, *(n for n, value in enumerate(status.temperatures, 1) if value), 2
        )
        return sample_of(status, self._sensors, battery, clock())

    @override
    async def details(self) -> Details:
        software = hardware = serial = None
        async with self._op_lock:
            # older firmware keeps silent about one or the other
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    software, hardware = version_of(await self._ask(VERSION))
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    serial = text_of((await self._ask(SERIAL))[HEAD:-1])
        return Details(serial=serial, software=software, hardware=hardware)

    @override
    async def command(self, mosfet: Mosfet, on: bool, asked: Mapping[Mosfet, bool]) -> None:
        frame = SWITCH[mosfet, on]
        self._acknowledged.pop(frame[4], None)
        async with self._op_lock:
            await self._await_msg(frame, wait_for_notify=False)
        await asyncio.sleep(self.SETTLE)
        # no answer is required: none was ever captured over Bluetooth
        if code := self._acknowledged.get(frame[4], _ACK_OK):
            raise CommandRefused(code)


def _fits(reply: int, length: int) -> bool:
    """Whether an answer of this length to a known command can be."""
    return length == _ACK_LENGTH or length in _LENGTHS[reply & ~_REPLY]


def _is_head(head: bytes | bytearray) -> bool:
    """Whether these five bytes begin an answer."""
    return (
        head[:2] == b"\0\0" and head[3] == 1 and head[4] >= _REPLY and head[4] & ~_REPLY in _LENGTHS
    )


LINK = LiTime
