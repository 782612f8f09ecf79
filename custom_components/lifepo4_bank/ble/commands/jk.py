"""JK (Jikong) with the JK02 protocol, 24 and 32 cells.

The BMS streams what the MOSFETs do; what was asked of them stands in the settings frame, which
comes with the stream's request.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar, override

from aiobmsble.bms import jikong_bms
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice

from ...core.battery import BatterySample, Seconds
from ..family import Family, Mosfet
from ..link import Link
from ..protections import JK_FULL, protections
from ..sample import with_faults

_ZEROS = "00" * 12
SWITCH: Mapping[tuple[Mosfet, bool], bytes] = {
    (Mosfet.CHARGE, True): bytes.fromhex(f"AA 55 90 EB 1D 04 01 {_ZEROS} 9C"),
    (Mosfet.CHARGE, False): bytes.fromhex(f"AA 55 90 EB 1D 04 00 {_ZEROS} 9B"),
    (Mosfet.DISCHARGE, True): bytes.fromhex(f"AA 55 90 EB 1E 04 01 {_ZEROS} 9D"),
    (Mosfet.DISCHARGE, False): bytes.fromhex(f"AA 55 90 EB 1E 04 00 {_ZEROS} 9C"),
}
STREAM = bytes.fromhex(f"AA 55 90 EB 96 00 00 {_ZEROS} 10")
IDENTITY = bytes.fromhex(f"AA 55 90 EB 97 00 00 {_ZEROS} 11")

_FRAME_LENGTH = 300
_TYPE_AT = 4
_SETTINGS = 0x01
_CHARGE_SWITCH_AT = 118
_DISCHARGE_SWITCH_AT = 122
_CODE_32 = slice(166, 170)
_CODE_24 = slice(136, 138)
_OLDEST = 6
"""First software with JK02. Before it was JK04, whose frames look alike and mean something else."""


class Jk(Link, jikong_bms.BMS):
    """A battery with a JK BMS."""

    FRAMES: ClassVar[frozenset[bytes] | None] = frozenset((*SWITCH.values(), STREAM, IDENTITY))
    PATIENCE: ClassVar[Seconds] = 12.0
    """Models with a pre-discharge need up to 10 s before the discharge MOSFET reads on."""

    def __init__(self, device: BLEDevice, family: Family, secret: str = "") -> None:
        """Know no settings yet."""
        super().__init__(device, family, secret)
        self._settings: bytes | None = None

    @override
    def _notification_handler(self, sender: BleakGATTCharacteristic, data: bytearray) -> None:
        """Keep the settings, which the library passes over."""
        if data.startswith(self._HEAD_RSP) and len(self._frame) < _FRAME_LENGTH:
            # the rest of the frame before never came; one byte of checksum would not notice
            self._frame.clear()
        super()._notification_handler(sender, data)
        if len(self._frame) < _FRAME_LENGTH or self._frame[_TYPE_AT] != _SETTINGS:
            return
        frame = bytes(self._frame)[:_FRAME_LENGTH]
        if sum(frame[:-1]) & 0xFF == frame[-1]:
            self._settings = frame

    @override
    async def _init_connection(
        self, char_notify: BleakGATTCharacteristic | int | str | None = None
    ) -> None:
        """Listen; refuse a BMS that tells no version, or one with another protocol."""
        await super()._init_connection(char_notify)
        if self._sw_version < _OLDEST:
            raise ValueError(f"software {self._sw_version}: not JK02")

    @override
    async def sample(self, battery: str, clock: Callable[[], Seconds]) -> BatterySample:
        # what came since the last reading may be minutes old: a stream can end without a word
        self._msg_event.clear()
        sample = await super().sample(battery, clock)
        # the library keeps 16 of the 32 bits
        code = int.from_bytes(self._msg[_CODE_24 if self._prot_offset else _CODE_32], "little")
        full = bool(code & JK_FULL) and sample.current is not None and sample.current >= 0
        sample = with_faults(sample, code, protections("jikong", code), full=full)
        return replace(
            sample,
            charge_commanded=self._setting(_CHARGE_SWITCH_AT),
            discharge_commanded=self._setting(_DISCHARGE_SWITCH_AT),
        )

    def _setting(self, at: int) -> bool | None:
        """Return what was asked of a MOSFET; anything but 0 and 1 is no answer."""
        if self._settings is None:
            return None
        value = int.from_bytes(self._settings[at : at + 4], "little")
        return bool(value) if value in {0, 1} else None

    @override
    async def command(self, mosfet: Mosfet, on: bool, asked: Mapping[Mosfet, bool]) -> None:
        async with self._op_lock:
            await self._await_msg(
                SWITCH[mosfet, on], char=self._char_write_handle, wait_for_notify=False
            )
            await asyncio.sleep(self.SETTLE)
            # asks for the settings again, and goes on streaming
            self._settings = None
            await self._await_msg(STREAM, char=self._char_write_handle)


LINK = Jk
