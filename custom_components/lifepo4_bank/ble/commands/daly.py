"""Daly with the D2 protocol (Modbus). The "81" variant is read only: nobody has switched it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, override

from aiobmsble.basebms import crc_modbus
from aiobmsble.bms import daly_bms
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice

from ...core.battery import AmpereHours, BatterySample, Seconds
from ..commanded import commanded, reported
from ..errors import CommandRefused, NotSwitchable
from ..family import Family, Mosfet
from ..link import Link
from ..protections import protections
from ..sample import MAX_CAPACITY, plausible, with_faults

SWITCH: Mapping[tuple[Mosfet, bool], bytes] = {
    (Mosfet.CHARGE, True): bytes.fromhex("D2 06 00 A5 00 01 4B 8A"),
    (Mosfet.CHARGE, False): bytes.fromhex("D2 06 00 A5 00 00 8A 4A"),
    (Mosfet.DISCHARGE, True): bytes.fromhex("D2 06 00 A6 00 01 BB 8A"),
    (Mosfet.DISCHARGE, False): bytes.fromhex("D2 06 00 A6 00 00 7A 4A"),
}
STATUS = bytes.fromhex("D2 03 00 00 00 3E D7 B9")
MOSFET_TEMPERATURE = bytes.fromhex("D2 03 00 3E 00 09 F7 A3")
SETTINGS = bytes.fromhex("D2 03 00 80 00 29 96 5F")
VERSIONS = bytes.fromhex("D2 03 00 A9 00 20 87 91")
READS_81 = tuple(
    frame + crc_modbus(frame).to_bytes(2, "little")
    for frame in (
        bytes.fromhex("81 03 00 00 00 40"),
        bytes.fromhex("81 03 00 41 00 3E"),
        bytes.fromhex("81 03 01 78 00 4A"),
    )
)

_READ = b"\x03"
_WRITE = 0x06
_ERROR = 0x80
_REFUSAL = bytes((daly_bms.Proto.D2, _WRITE | _ERROR))
_REFUSAL_LENGTH = 5
_FIRST = 0x80
_CAPACITY = 0x80
_CHARGE_SWITCH = 0xA5
_DISCHARGE_SWITCH = 0xA6


class Daly(Link, daly_bms.BMS):
    """A battery with a Daly BMS."""

    FRAMES: ClassVar[frozenset[bytes] | None] = frozenset(
        (
            *SWITCH.values(),
            STATUS,
            MOSFET_TEMPERATURE,
            SETTINGS,
            VERSIONS,
            *READS_81,
        )
    )

    def __init__(self, device: BLEDevice, family: Family, secret: str = "") -> None:
        """Know no settings yet."""
        super().__init__(device, family, secret)
        self._due = 0
        self._refused: int | None = None
        self._settings: bytes | None = None
        self._settings_wanted = True
        self._capacity: AmpereHours | None = None

    @property
    @override
    def switchable(self) -> frozenset[Mosfet]:
        return super().switchable if self._proto is daly_bms.Proto.D2 else frozenset()

    @override
    def _notification_handler(self, sender: BleakGATTCharacteristic, data: bytearray) -> None:
        """Let through only the answer that is due: a late one has another length."""
        frame = bytes(data)
        if frame[:2] == _REFUSAL and len(frame) == _REFUSAL_LENGTH and not crc_modbus(frame):
            self._refused = frame[2]
        elif len(frame) > 2 and frame[2] == self._due:
            super()._notification_handler(sender, data)

    @override
    async def _await_msg(
        self,
        data: bytes,
        char: int | str | None = None,
        wait_for_notify: bool = True,
        max_size: int = 0,
    ) -> None:
        self._due = 2 * int.from_bytes(data[4:6]) if data[1:2] == _READ else 0
        await super()._await_msg(data, char, wait_for_notify, max_size)

    @override
    async def sample(self, battery: str, clock: Callable[[], Seconds]) -> BatterySample:
        sample = await super().sample(battery, clock)
        if self._proto is not daly_bms.Proto.D2:
            code = sample.problem_code or 0
            return with_faults(sample, code, protections("daly_81", code))
        if self._settings_wanted:
            await self._ask_settings()
        sample = replace(
            sample,
            capacity=self._capacity,
            charge_commanded=self._switch(_CHARGE_SWITCH),
            discharge_commanded=self._switch(_DISCHARGE_SWITCH),
        )
        # they follow a command late, and a display may have switched meanwhile
        self._settings_wanted = self._settings is not None and any(
            commanded(sample, mosfet) is not reported(sample, mosfet) for mosfet in Mosfet
        )
        return sample

    async def _ask_settings(self) -> None:
        """Ask what was asked of the MOSFETs; a BMS that keeps silent is asked once."""
        self._settings = None
        with suppress(TimeoutError):
            async with self._op_lock:
                await self._await_msg(SETTINGS)
                self._settings = self._msg[3:-2]
        if (rated := self._register(_CAPACITY)) is not None:
            self._capacity = plausible(rated / 10, 0.5, MAX_CAPACITY)

    def _register(self, address: int) -> int | None:
        if self._settings is None:
            return None
        at = 2 * (address - _FIRST)
        return int.from_bytes(self._settings[at : at + 2])

    def _switch(self, address: int) -> bool | None:
        """Return what was asked of a MOSFET; anything but 0 and 1 is no answer."""
        value = self._register(address)
        return bool(value) if value in {0, 1} else None

    @override
    async def command(self, mosfet: Mosfet, on: bool, asked: Mapping[Mosfet, bool]) -> None:
        if mosfet not in self.switchable:
            raise NotSwitchable("Daly's 81 protocol")
        self._refused = None
        async with self._op_lock:
            await self._await_msg(SWITCH[mosfet, on], wait_for_notify=False)
        await asyncio.sleep(self.SETTLE)
        if self._refused is not None:
            raise CommandRefused(self._refused)
        self._settings_wanted = True


LINK = Daly
