"""ANT BMS since 2021: frames 7E A1 ... AA 55 over FFE1, little-endian, with a reason for each MOSFET."""

from collections.abc import Sequence
import struct
from typing import ClassVar, override

from .advertisement import Advertisement
from .bms import BLOCKS_CHARGE, BLOCKS_DISCHARGE, Protection, Reading
from .gatt import Characteristic, Property, Service
from .wire import Reply, Wire, crc16_modbus

HEAD, TAIL = b"\x7e\xa1", b"\xaa\x55"
STATUS, IDENTITY, AUTHENTICATE, CONTROL, ANSWER = 0x01, 0x02, 0x23, 0x51, 0x10
DISCHARGE_OFF, DISCHARGE_ON, CHARGE_OFF, CHARGE_ON = 0x01, 0x03, 0x04, 0x06
BALANCE_ON, BALANCE_OFF = 0x0D, 0x0E
AUTHENTICATE_AT = 0x016A
"""Address of the password, as captured."""

OFF, ON, FULL, MANUALLY_OFF = 0x0, 0x1, 0x4, 0xF
IDLE, CHARGING, DISCHARGING, STANDBY, ERROR = 1, 2, 3, 4, 5

REASONS = {
    Protection.CELL_OVER_VOLTAGE: 0x2,
    Protection.CELL_UNDER_VOLTAGE: 0x2,
    Protection.CHARGE_OVER_CURRENT: 0x3,
    Protection.DISCHARGE_OVER_CURRENT: 0x3,
    Protection.CHARGE_HIGH_TEMPERATURE: 0x6,
    Protection.DISCHARGE_HIGH_TEMPERATURE: 0x6,
    Protection.MOSFET_HIGH_TEMPERATURE: 0x7,
    Protection.SHORT_CIRCUIT: 0xC,
    Protection.CHARGE_LOW_TEMPERATURE: 0x11,
    Protection.DISCHARGE_LOW_TEMPERATURE: 0x11,
}
CURRENT_ABNORMAL = 0x8
"""What the charge MOSFET says in a short circuit, which has a code for discharge only."""


def frame(command: int, address: int, content: bytes, length: int | None = None) -> bytes:
    """Return a frame; a reading request tells in `length` how much it wants."""
    size = len(content) if length is None else length
    body = struct.pack("<BBHB", HEAD[1], command, address, size) + content
    return HEAD[:1] + body + crc16_modbus(body) + TAIL


def reason(mosfet: str, reading: Reading) -> int:
    """Return the code that tells what a MOSFET does, and why."""
    charge = mosfet == "charge"
    if reading.charge_enabled if charge else reading.discharge_enabled:
        return ON
    for protection in sorted(reading.protections & (BLOCKS_CHARGE if charge else BLOCKS_DISCHARGE)):
        if charge and protection is Protection.SHORT_CIRCUIT:
            return CURRENT_ABNORMAL
        return REASONS[protection]
    if not (reading.charge_commanded if charge else reading.discharge_commanded):
        return MANUALLY_OFF
    return FULL if charge and reading.full else OFF


def state(reading: Reading) -> int:
    """Return the battery status code."""
    if reading.protections:
        return ERROR
    if reading.current:
        return CHARGING if reading.current > 0 else DISCHARGING
    return IDLE


def status(reading: Reading) -> bytes:
    """Return the content of a status answer, from byte 6 of the frame on."""
    millivolts = [round(cell * 1000) for cell in reading.cells]
    temperatures = [round(reading.temperature)] * 2
    head = struct.pack(
        "<4B3Q",
        0,
        state(reading),
        len(temperatures),
        len(millivolts),
        sum(1 << place for place, kind in enumerate(Protection) if kind in reading.protections),
        0,
        sum(1 << cell for cell, on in enumerate(reading.balancing) if on),
    )
    cells = struct.pack(f"<{len(millivolts)}H", *millivolts)
    boards = (round(reading.mosfet_temperature), round(reading.temperature))
    warmth = struct.pack(f"<{len(temperatures) + 2}h", *temperatures, *boards)
    main = struct.pack(
        "<Hh2H4BIIIiIIHHHHHH",
        round(reading.voltage * 100),
        round(reading.current * 10),
        round(reading.soc * 100),
        round(reading.health * 100),
        reason("charge", reading),
        reason("discharge", reading),
        4 if any(reading.balancing) else 0,
        0,
        round(reading.capacity * 1e6),
        round(reading.remaining * 1e6),
        round((reading.throughput or 0.0) * 1000),
        round(reading.voltage * reading.current),
        int(reading.time),
        0,
        max(millivolts),
        1 + millivolts.index(max(millivolts)),
        min(millivolts),
        1 + millivolts.index(min(millivolts)),
        max(millivolts) - min(millivolts),
        round(sum(millivolts) / len(millivolts)),
    )
    return head + cells + warmth + main


class Ant(Wire):
    """One battery with an ANT BMS."""

    services: ClassVar = (
        Service(
            "ffe0",
            (
                Characteristic(
                    "ffe1",
                    Property.READ
                    | Property.WRITE
                    | Property.WRITE_WITHOUT_RESPONSE
                    | Property.NOTIFY,
                ),
            ),
        ),
    )
    options: ClassVar[frozenset[str]] = frozenset({"secret"})

    secret: str | None = None
    """Password without which commands have no effect; by default there is none."""

    _authenticated = False

    @property
    @override
    def advertisement(self) -> Advertisement:
        mac = bytes.fromhex(self.address.replace(":", ""))
        return Advertisement(self.name, (0xFFE0,), manufacturer={0x2313: b"\x88\xa0" + mac})

    @override
    def connected(self) -> None:
        self._authenticated = False

    @override
    def write(self, characteristic: str, payload: bytes) -> Sequence[Reply]:
        if (
            len(payload) < 10
            or not payload.startswith(HEAD)
            or not payload.endswith(TAIL)
            or crc16_modbus(payload[1:-4]) != payload[-4:-2]
        ):
            return ()
        command, address = payload[2], int.from_bytes(payload[3:5], "little")
        if command == STATUS:
            return self._answer(command, address, status(self.battery.reading()))
        if command == IDENTITY:
            versions = b"24ZMUB00-211222A".ljust(16, b"\x00") + b"24AHUB00-230612A".ljust(
                16, b"\x00"
            )
            return self._answer(command, address, versions)
        if command == AUTHENTICATE and address == AUTHENTICATE_AT:
            self._authenticated = payload[6:-4] == (self.secret or "").encode()
            return ()
        if command == CONTROL and payload[5] == 0 and self._switch(address):
            return ()
        return self.brick(f"{payload.hex()}: command {command:#04x}, register {address:#06x}")

    def _switch(self, register: int) -> bool:
        """Switch; False for a register that must never be written."""
        switches = {
            DISCHARGE_OFF: ("discharge", False),
            DISCHARGE_ON: ("discharge", True),
            CHARGE_OFF: ("charge", False),
            CHARGE_ON: ("charge", True),
        }
        if register in switches:
            if self.secret is None or self._authenticated:
                self.battery.command(*switches[register])
            return True
        return register in (BALANCE_ON, BALANCE_OFF)

    @staticmethod
    def _answer(command: int, address: int, content: bytes) -> Sequence[Reply]:
        return (Reply("ffe1", frame(command | ANSWER, address, content)),)
