"""LiTime, Redodo, Power Queen and their rebrands.

Frames are `00 00 LEN 01 CMD 55 AA [ACK] …` with a sum at the end. aiobmsble reads the values,
but not the MOSFETs, state, alarms and fragments; so the status is decoded here.
"""

import asyncio
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
import struct
from typing import ClassVar, override

from aiobmsble.bms import redodo_bms
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice

from ...core.battery import BatterySample, BatteryState, Seconds
from ..details import Details
from ..errors import CommandRefused
from ..family import Family, Mosfet
from ..link import Link
from ..protections import protections
from ..sample import (
    MAX_CAPACITY,
    MAX_CURRENT,
    MAX_CYCLES,
    MAX_VOLTAGE,
    cells,
    plausible,
    state_of,
    temperatures,
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

STATUS_LENGTH = 105
_VERSION_LENGTH = 89
_ACK_LENGTH = 9
_ACK_OK = 0
_REPLY = 0x80
_SHAKE = b"\x55\xaa"
_SHAKE_AT = 5
_HEAD = 8

_LAYOUT = struct.Struct("<8xII16Hi5hHHHIIIIIHHIIIx")
HEATER_ON = 0x02
CHARGE_OFF = 0x40
DISCHARGE_OFF = 0x80
STATE_CHARGING = 0x01
STATE_DISCHARGING = 0x02
STATE_FULL = 0x04

_LENGTHS: Mapping[int, Container[int]] = {
    0x13: (STATUS_LENGTH,),
    0x16: (_VERSION_LENGTH,),
    0x10: range(_ACK_LENGTH, 100),
    **{frame[4]: () for frame in SWITCH.values()},
}
"""Lengths of the answers with content; each command may also be answered by an acknowledgement."""


@dataclass(frozen=True, slots=True)
class Status:
    """The status frame, in its own units."""

    terminal: int
    """Millivolts at the terminals: collapses when the discharge MOSFET is off."""
    voltage: int
    cells: tuple[int, ...]
    current: int
    temperatures: tuple[int, ...]
    remaining: int
    capacity: int
    switches: int
    alarm: int
    protection: int
    error: int
    balancing: int
    state: int
    soc: int
    health: int
    cycles: int
    throughput: int

    @classmethod
    def of(cls, frame: bytes) -> Status:
        """Decode a complete, checked frame of 105 bytes."""
        terminal, voltage, *rest = _LAYOUT.unpack(frame)
        remaining, capacity, _displayed, *words = rest[22:]
        return cls(
            terminal,
            voltage,
            tuple(rest[:16]),
            rest[16],
            tuple(rest[17:22]),
            remaining,
            capacity,
            *words,
        )


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
            if sum(frame[:-1]) & 0xFF == frame[-1]:
                yield frame
                start += length
            else:
                start += 1
        else:
            # the beginning of a head may be waiting for its rest
            start = max(start, len(heard) - _HEAD)
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
        return _sample(status, self._sensors, battery, clock())

    @override
    async def details(self) -> Details:
        software = hardware = serial = None
        async with self._op_lock:
            # older firmware keeps silent about one or the other
            with suppress(TimeoutError):
                software, hardware = _version(await self._ask(VERSION))
            with suppress(TimeoutError):
                serial = _text((await self._ask(SERIAL))[_HEAD:-1])
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


def _version(frame: bytes) -> tuple[str | None, str | None]:
    """Firmware as "1.4.0 (2024-03-31)" and the hardware's name."""
    if len(frame) != _VERSION_LENGTH:
        return None, None
    major, minor, patch, year, month, day = struct.unpack_from("<4H2B", frame, _HEAD)
    hardware = _text(frame[_HEAD + 10 : _HEAD + 40])
    if not 2000 <= year < 2100 or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None, hardware
    return f"{major}.{minor}.{patch} ({year}-{month:02}-{day:02})", hardware


def _text(raw: bytes) -> str | None:
    """Printable characters; some firmware puts NULs between them, and FF where nothing is."""
    text = "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F).strip()
    return text or None


def _sample(status: Status, sensors: int, battery: str, time: Seconds) -> BatterySample:
    """Translate the status; impossible values become None."""
    code = status.protection | status.error << 32
    faults = protections("redodo", code)
    current = plausible(status.current / 1000, -MAX_CURRENT, MAX_CURRENT)
    level = plausible(status.soc, 0, 100)
    soc = None if level is None else level / 100
    health = plausible(status.health, 1, 150)
    cycles = plausible(status.cycles, 0, MAX_CYCLES)
    charge_enabled = not status.switches & CHARGE_OFF
    fitted = max((n for n, cell in enumerate(status.cells, 1) if cell), default=0)
    return BatterySample(
        battery=battery,
        time=time,
        voltage=plausible(status.voltage / 1000, 0.5, MAX_VOLTAGE),
        current=current,
        soc=soc,
        remaining=plausible(status.remaining / 100, 0, MAX_CAPACITY),
        capacity=plausible(status.capacity / 100, 0.5, MAX_CAPACITY),
        throughput=status.throughput,
        cells=cells(cell / 1000 for cell in status.cells[:fitted]),
        temperatures=temperatures(status.temperatures[:sensors]),
        cycles=None if cycles is None else int(cycles),
        health=None if health is None else health / 100,
        charge_enabled=charge_enabled,
        discharge_enabled=not status.switches & DISCHARGE_OFF,
        heater=bool(status.switches & HEATER_ON),
        balancing=bool(status.balancing),
        state=_state(status, current, soc, charge_enabled, faults),
        protections=faults,
        problem_code=code,
    )


def _state(
    status: Status,
    current: float | None,
    soc: float | None,
    charge_enabled: bool,
    faults: tuple[str, ...],
) -> BatteryState | None:
    """Let the BMS's own word win where its coarse current sensor reads 0."""
    state = state_of(current, soc, charge_enabled, faults, full=bool(status.state & STATE_FULL))
    if state is BatteryState.STANDBY and status.state & STATE_CHARGING:
        return BatteryState.CHARGING
    if state is BatteryState.STANDBY and status.state & STATE_DISCHARGING:
        return BatteryState.DISCHARGING
    return state


LINK = LiTime
