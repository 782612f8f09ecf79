"""JBD (Jiabaida, Xiaoxiang, Overkill): frames DD ... 77 over service FF00, big-endian.

Register E1 takes an inverted mask: bit 0 locks the charge MOSFET, bit 1 the discharge MOSFET.
While anything is locked, bit 12 of the protection word is set, which is no fault.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import struct
from typing import ClassVar, override

from .advertisement import Advertisement
from .bms import Protection, Reading
from .gatt import Characteristic, Property, Service
from .jbd_module import HEAD, PasswordGate
from .wire import Reply, Wire

START, END, READ, WRITE = 0xDD, 0x77, 0xA5, 0x5A
OK, ERROR, LOCKED = 0x00, 0x80, 0x81
LEAVE_FACTORY_MODE, PIN, BASIC, CELLS, HARDWARE = 0x01, 0x06, 0x03, 0x04, 0x05
MOSFETS, MOSFETS_NEW = 0xE1, 0xFB
REFUSED = bytes.fromhex("DD 00 81 00 00 00 77")
"""Answer to a command before the hardware PIN, as captured."""
LOCKED_BY_SOFTWARE = 1 << 12
FINE_LIMIT = 0xFFFF
"""Hundredths of an ampere-hour that fit; larger batteries count in tenths, with a flag."""
COARSE_UNITS = 0x80

PROTECTIONS = {
    Protection.CELL_OVER_VOLTAGE: 0,
    Protection.CELL_UNDER_VOLTAGE: 1,
    Protection.CHARGE_HIGH_TEMPERATURE: 4,
    Protection.CHARGE_LOW_TEMPERATURE: 5,
    Protection.DISCHARGE_HIGH_TEMPERATURE: 6,
    Protection.DISCHARGE_LOW_TEMPERATURE: 7,
    Protection.CHARGE_OVER_CURRENT: 8,
    Protection.DISCHARGE_OVER_CURRENT: 9,
    Protection.SHORT_CIRCUIT: 10,
    Protection.MOSFET_HIGH_TEMPERATURE: 11,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """The fields of register 03, as whole numbers in the units of the wire."""

    voltage: int
    """Hundredths of a volt."""
    current: int
    """Hundredths of an ampere, tenths with `coarse`; positive while charging."""
    remaining: int
    nominal: int
    cycles: int = 0
    date: int = 0x2C7C
    balancing: int = 0
    protection: int = 0
    version: int = 0x80
    soc: int
    mosfets: int
    """Bit 0 charge conducts, bit 1 discharge conducts."""
    cells: int
    temperatures: tuple[int, ...]
    """Tenths of a kelvin."""
    coarse: bool = False

    def encode(self) -> bytes:
        """Return the data of the answer."""
        return struct.pack(
            f">Hh4H2HH5B{len(self.temperatures)}H",
            self.voltage,
            self.current,
            self.remaining,
            self.nominal,
            self.cycles,
            self.date,
            self.balancing & 0xFFFF,
            self.balancing >> 16,
            self.protection,
            self.version,
            self.soc,
            self.mosfets,
            self.cells,
            len(self.temperatures),
            *self.temperatures,
        ) + (bytes([COARSE_UNITS]) if self.coarse else b"")


def crc(payload: bytes) -> bytes:
    """Return 0x10000 minus the sum of the bytes."""
    return (-sum(payload) & 0xFFFF).to_bytes(2)


def answer(register: int, payload: bytes = b"", status: int = OK) -> bytes:
    """Return an answer; its checksum is over status, length and data."""
    body = bytes([status, len(payload)]) + payload
    return bytes([START, register]) + body + crc(body) + bytes([END])


def basic(reading: Reading) -> Basic:
    """Return what the BMS knows as the fields of register 03."""
    coarse = reading.capacity * 100 > FINE_LIMIT
    unit = 10 if coarse else 100
    locked = not (reading.charge_commanded and reading.discharge_commanded)
    flags = sum(1 << PROTECTIONS[protection] for protection in reading.protections)
    return Basic(
        voltage=round(reading.voltage * 100),
        current=round(reading.current * unit),
        remaining=round(reading.remaining * unit),
        nominal=round(reading.capacity * unit),
        cycles=reading.cycles,
        balancing=sum(1 << cell for cell, on in enumerate(reading.balancing) if on),
        protection=flags | (LOCKED_BY_SOFTWARE if locked else 0),
        soc=round(reading.soc * 100),
        mosfets=reading.charge_enabled | reading.discharge_enabled << 1,
        cells=len(reading.cells),
        temperatures=tuple(
            round(celsius * 10) + 2731
            for celsius in (reading.temperature, reading.temperature, reading.mosfet_temperature)
        ),
        coarse=coarse,
    )


class Jbd(Wire):
    """One battery with a JBD BMS; an idle one sleeps and ignores the first packet."""

    services: ClassVar = (
        Service(
            "ff00",
            (
                Characteristic("ff01", Property.READ | Property.NOTIFY),
                Characteristic("ff02", Property.READ | Property.WRITE_WITHOUT_RESPONSE),
            ),
        ),
    )
    mtu: ClassVar[int] = 23
    options: ClassVar[frozenset[str]] = frozenset({"secret", "disguised", "pin", "knows_e1"})

    secret: str | None = None
    """Password of the newer Bluetooth modules: nothing is answered before it."""
    disguised: bool = False
    """Whether the password is to be told disguised, after the key that all apps share."""
    pin: str | None = None
    """Hardware PIN of firmware 0x16 to 0x20: writing is refused before it."""
    knows_e1: bool = True
    """Whether the older register for the MOSFETs is known, or only the newer."""

    _asleep = False
    _unlocked = False
    _gate: PasswordGate | None = None

    @property
    @override
    def advertisement(self) -> Advertisement:
        mac = bytes.fromhex(self.address.replace(":", ""))
        return Advertisement(self.name, (0xFF00,), manufacturer={0x3838: mac[:4]})

    @override
    def connected(self) -> None:
        self._asleep = self.battery.reading().current == 0
        self._unlocked = False
        self._gate = PasswordGate(self.address, self.secret, disguised=self.disguised)

    @override
    def write(self, characteristic: str, payload: bytes) -> Sequence[Reply]:
        if payload.startswith(HEAD):
            return self._authenticate(payload)
        if self._asleep or not (self._gate is None or self._gate.open):
            self._asleep = False
            return ()
        if not self._well_formed(payload):
            return ()
        _, operation, register, length = payload[:4]
        content = payload[4 : 4 + length]
        if operation == READ:
            return self._read(register)
        command = self._command(register, content)
        if command is None:
            return self.brick(f"{payload.hex()}: register {register:#04x}")
        status = command()
        return (Reply("ff01", REFUSED if status == LOCKED else answer(register, status=status)),)

    @staticmethod
    def _well_formed(payload: bytes) -> bool:
        return (
            len(payload) >= 7
            and payload[0] == START
            and payload[1] in (READ, WRITE)
            and len(payload) == payload[3] + 7
            and payload[-3:-1] == crc(payload[2:-3])
            and payload[-1] == END
        )

    def _read(self, register: int) -> Sequence[Reply]:
        """Answer a reading request; unknown registers give the error status."""
        if register == BASIC:
            content = basic(self.battery.reading()).encode()
        elif register == CELLS:
            cells = self.battery.reading().cells
            content = b"".join(round(cell * 1000).to_bytes(2) for cell in cells)
        elif register == HARDWARE:
            content = self.name.encode()
        else:
            return (Reply("ff01", answer(register, status=ERROR)),)
        return (Reply("ff01", answer(register, content)),)

    def _command(self, register: int, content: bytes) -> Callable[[], int] | None:
        """Return what a write does; None for one that must never be sent."""
        if register == MOSFETS and len(content) == 2 and content[0] == 0 and content[1] <= 3:
            return lambda: self._lock(charge=bool(content[1] & 1), discharge=bool(content[1] & 2))
        if register == MOSFETS_NEW and content[1:] in (b"\x00", b"\x01") and content[0] in (0, 1):
            mosfet = "charge" if content[0] else "discharge"
            return lambda: self._lock_one(mosfet, locked=bool(content[1]))
        if register == LEAVE_FACTORY_MODE and content == b"\x00\x00":
            return lambda: OK
        if register == PIN and len(content) == 7 and content[0] == 6:
            return lambda: self._unlock(content[1:])
        return None

    def _lock(self, *, charge: bool, discharge: bool) -> int:
        if not self.knows_e1:
            return ERROR
        if self.pin and not self._unlocked:
            return LOCKED
        self.battery.command("charge", not charge)
        self.battery.command("discharge", not discharge)
        return OK

    def _lock_one(self, mosfet: str, *, locked: bool) -> int:
        if self.knows_e1:
            return ERROR
        self.battery.command(mosfet, not locked)
        return OK

    def _unlock(self, digits: bytes) -> int:
        self._unlocked = self.pin is not None and digits == bytes(map(int, self.pin))
        return OK if self._unlocked else ERROR

    def _authenticate(self, payload: bytes) -> Sequence[Reply]:
        """Let the Bluetooth module answer."""
        told = None if self._gate is None else self._gate.answer(payload)
        if told is None:
            return self.brick(f"{payload.hex()} to the Bluetooth module")
        return (Reply("ff01", told),)
