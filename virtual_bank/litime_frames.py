"""LiTime, Redodo and Power Queen: frames of their BMS, bit for bit.

A request is 00 00 04 01 CMD 55 AA CHK, an answer 00 00 LEN 01 CMD+80 55 AA ACK ... CHK; CHK is the
sum of all bytes before it. Numbers are little-endian.
"""

from dataclasses import dataclass
import struct

from .bms import Protection
from .wire import checksum

HEAD = b"\x00\x00"
BOARD = 0x01
HANDSHAKE = b"\x55\xaa"
ANSWER = 0x80

CHARGE_ON, CHARGE_OFF, DISCHARGE_ON, DISCHARGE_OFF = 0x0A, 0x0B, 0x0C, 0x0D
REGISTER, SERIAL, STATUS, VERSION = 0x01, 0x10, 0x13, 0x16

OK, LENGTH_ERROR, TYPE_ERROR, HANDSHAKE_ERROR, CHECKSUM_ERROR = 0x00, 0x01, 0x03, 0x05, 0x06

CELLS, TEMPERATURES = 16, 5
SHORT_ANSWER = 9
"""Bytes of an answer that only acknowledges."""

# Bits of "other info".
HEATER, NEAR_FULL, FULL, CHARGE_IS_OFF, DISCHARGE_IS_OFF = 0x02, 0x04, 0x08, 0x40, 0x80

# Bits of the alarm and of the protection word.
PROTECTIONS = {
    Protection.CELL_OVER_VOLTAGE: 0x000004,
    Protection.CELL_UNDER_VOLTAGE: 0x000020,
    Protection.CHARGE_OVER_CURRENT: 0x000040,
    Protection.DISCHARGE_OVER_CURRENT: 0x000080,
    Protection.CHARGE_HIGH_TEMPERATURE: 0x000100,
    Protection.DISCHARGE_HIGH_TEMPERATURE: 0x000200,
    Protection.CHARGE_LOW_TEMPERATURE: 0x000400,
    Protection.DISCHARGE_LOW_TEMPERATURE: 0x000800,
    Protection.SHORT_CIRCUIT: 0x004000,
    Protection.MOSFET_HIGH_TEMPERATURE: 0x800000,
}

# Bits of the battery state word.
IDLE, CHARGING, DISCHARGING, STATE_FULL = 0x00, 0x01, 0x02, 0x04

_STATUS = struct.Struct(f"<II{CELLS}Hi{TEMPERATURES}hHHHIIIIIHHIII")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The fields of a status answer, as whole numbers in the units of the wire."""

    terminal_mv: int
    """Pack terminals: collapses with the discharge MOSFET off and no charger."""
    cell_sum_mv: int
    cells_mv: tuple[int, ...]
    current_ma: int = 0
    """Positive while charging."""
    temperatures: tuple[int, ...] = (25, 25)
    """Degrees Celsius: cell, MOSFET, then up to three more."""
    remaining_cah: int
    """Hundredths of an ampere-hour."""
    capacity_cah: int
    displayed_difference: int = 0
    other: int = 0
    alarm: int = 0
    protection: int = 0
    error: int = 0
    balancing: int = 0
    """Bit n for cell n + 1."""
    state: int = IDLE
    soc: int
    soh: int = 100
    cycles: int = 0
    discharged_ah: int = 0

    def encode(self) -> bytes:
        """Return the 105 bytes of the answer."""
        spare = (0,) * CELLS
        return answer(
            STATUS,
            payload=_STATUS.pack(
                self.terminal_mv,
                self.cell_sum_mv,
                *(self.cells_mv + spare)[:CELLS],
                self.current_ma,
                *(self.temperatures + spare)[:TEMPERATURES],
                self.remaining_cah,
                self.capacity_cah,
                self.displayed_difference,
                self.other,
                self.alarm,
                self.protection,
                self.error,
                self.balancing,
                self.state,
                self.soc,
                self.soh,
                self.cycles,
                self.discharged_ah,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The fields of a version answer."""

    number: tuple[int, int, int] = (1, 4, 0)
    date: tuple[int, int, int] = (2024, 3, 31)
    hardware: str = "T24100-V1.2"
    function: str = "BMS"

    def encode(self) -> bytes:
        """Return the answer: 80 bytes behind the acknowledgement."""
        year, month, day = self.date
        payload = struct.pack(
            "<4H2B30s40s",
            *self.number,
            year,
            month,
            day,
            self.hardware.encode("ascii"),
            self.function.encode("ascii"),
        )
        return answer(VERSION, payload=payload)


def answer(command: int, code: int = OK, payload: bytes = b"") -> bytes:
    """Return an answer frame; without a payload it is a short acknowledgement."""
    length = 5 + len(payload)
    body = HEAD + bytes([length, BOARD, command | ANSWER]) + HANDSHAKE + bytes([code]) + payload
    return body + bytes([checksum(body)])


def request(command: int) -> bytes:
    """Return a request frame without data."""
    body = HEAD + bytes([4, BOARD, command]) + HANDSHAKE
    return body + bytes([checksum(body)])


def refusal(frame: bytes) -> int:
    """Return the code with which the BMS refuses a malformed request, OK for a good one."""
    if len(frame) < 8 or frame[:2] != HEAD or len(frame) != frame[2] + 4:
        return LENGTH_ERROR
    if frame[3] != BOARD:
        return TYPE_ERROR
    if frame[5:7] != HANDSHAKE:
        return HANDSHAKE_ERROR
    return OK if frame[-1] == checksum(frame[:-1]) else CHECKSUM_ERROR
