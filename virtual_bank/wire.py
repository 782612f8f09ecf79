"""What all BMS simulators have in common: bytes in, bytes out, and what must never be written."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
import logging
from typing import ClassVar, Protocol

from .advertisement import Advertisement
from .bms import Reading
from .gatt import Gatt, Service

_LOGGER = logging.getLogger(__name__)

ANSWER_TIME = 0.06
"""Seconds a BMS takes to answer; vendor apps allow 1-2 s."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes that the BMS notifies, some time after the write that asked for them."""

    characteristic: str
    payload: bytes
    delay: float = ANSWER_TIME
    acknowledgement: bool = False
    """Whether it only confirms a command; the fault "late acknowledgement" concerns these."""


class Battery(Protocol):
    """The physical battery behind a BMS's Bluetooth module."""

    def reading(self) -> Reading:
        """Return what the BMS says now."""

    def command(self, mosfet: str, on: bool) -> None:
        """Switch the `charge` or the `discharge` MOSFET as the owner wants it."""


class Wire(ABC):
    """The BMS of one battery as the radio sees it."""

    services: ClassVar[tuple[Service, ...]]
    """The GATT table of the family."""
    mtu: ClassVar[int] = 247
    """Largest ATT packet that the Bluetooth module agrees to."""
    options: ClassVar[frozenset[str]] = frozenset()
    """Names of attributes that may be set while it runs: passwords and quirks of the firmware."""
    stream_interval: ClassVar[float | None] = None
    """Seconds between frames that come without being asked for."""

    def __init__(self, address: str, name: str, battery: Battery) -> None:
        """Name the battery; `address` is written AA:BB:CC:DD:EE:FF."""
        self.battery = battery
        self.address = address
        self.name = name
        self.gatt = Gatt(self.services)
        self.bricked: str | None = None

    @property
    @abstractmethod
    def advertisement(self) -> Advertisement:
        """What the battery broadcasts."""

    @abstractmethod
    def write(self, characteristic: str, payload: bytes) -> Sequence[Reply]:
        """Take bytes written to a characteristic and return what follows from them."""

    def connected(self) -> None:  # noqa: B027 - most families keep nothing from link to link
        """Forget what belonged to the link before: a central has connected."""

    def streamed(self) -> Sequence[Reply]:
        """Return what is notified without being asked, once every `stream_interval`."""
        return ()

    def set_option(self, name: str, value: object) -> None:
        """Set one of `options`; text and None where there may be a password.

        Raises ValueError for another type than the option has.
        """
        now = getattr(self, name)
        if now is None or isinstance(now, str):
            value = None if value is None else str(value)
        elif isinstance(now, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        elif type(value) is not type(now):
            raise ValueError(f"{name} cannot be {value!r}")
        setattr(self, name, value)

    def brick(self, reason: str) -> Sequence[Reply]:
        """Die of bytes that must never be sent; the battery does not answer any more."""
        self.bricked = reason
        _LOGGER.critical("BRICKED %s (%s): %s", self.name, self.address, reason)
        return ()


def checksum(payload: bytes) -> int:
    """Return the sum of all bytes, modulo 256."""
    return sum(payload) & 0xFF


def crc16_modbus(payload: bytes) -> bytes:
    """Return CRC-16/MODBUS, low byte first."""
    crc = 0xFFFF
    for byte in payload:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
