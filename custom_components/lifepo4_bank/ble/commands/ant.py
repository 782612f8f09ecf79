"""ANT since 2021. It tells the reason why each MOSFET is open, "manually off" among them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar, override

from aiobmsble.bms import ant_bms
from bleak.backends.characteristic import BleakGATTCharacteristic

from ...core.battery import BatterySample, Seconds
from ..commanded import held_closed
from ..family import Mosfet
from ..link import Link
from ..protections import ANT_CHARGE, ANT_DISCHARGE, OTHER
from ..sample import with_faults

SWITCH: Mapping[tuple[Mosfet, bool], bytes] = {
    (Mosfet.CHARGE, True): bytes.fromhex("7E A1 51 06 00 00 69 24 AA 55"),
    (Mosfet.CHARGE, False): bytes.fromhex("7E A1 51 04 00 00 C8 E4 AA 55"),
    (Mosfet.DISCHARGE, True): bytes.fromhex("7E A1 51 03 00 00 79 25 AA 55"),
    (Mosfet.DISCHARGE, False): bytes.fromhex("7E A1 51 01 00 00 D8 E5 AA 55"),
}
STATUS = bytes.fromhex("7E A1 01 00 00 BE 18 55 AA 55")
IDENTITY = bytes.fromhex("7E A1 02 6C 02 20 58 C4 AA 55")

_AUTHENTICATE = 0x016A
_STATE_AT = 7
_CHARGE_AT = 46
_DISCHARGE_AT = 47
_ERROR = 5
_ON = 0x01
_FULL = 0x04
_MANUALLY_OFF = 0x0F
_HARMLESS = {
    Mosfet.CHARGE: {0x00, _ON, _FULL, 0x0E, _MANUALLY_OFF, 0x14},
    Mosfet.DISCHARGE: {0x00, _ON, 0x0B, _MANUALLY_OFF},
}
"""Off without a reason, on, full, waiting, manually off, self test; on for the charge MOSFET."""


class Ant(Link, ant_bms.BMS):
    """A battery with an ANT BMS."""

    FRAMES: ClassVar[frozenset[bytes] | None] = frozenset((*SWITCH.values(), STATUS, IDENTITY))

    @override
    def may_send(self, frame: bytes) -> bool:
        return super().may_send(frame) or frame == self._secret_frame()

    def _secret_frame(self) -> bytes | None:
        """Return the frame with the secret as captured, None without a secret."""
        if not self._cfg.secret:
            return None
        secret = self._cfg.secret.encode("ascii", "replace")
        return self._cmd(self._CMD_AUTH, _AUTHENTICATE, len(secret) & 0xFF, secret)

    @override
    async def _init_connection(
        self, char_notify: BleakGATTCharacteristic | int | str | None = None
    ) -> None:
        """Listen, and tell the secret: the library swaps the two bytes of its register."""
        await super(ant_bms.BMS, self)._init_connection(char_notify)
        self._exp_len = 0
        await self._authenticate()

    async def _authenticate(self) -> None:
        if (frame := self._secret_frame()) is not None:
            await self._await_msg(frame, wait_for_notify=False)

    @override
    async def sample(self, battery: str, clock: Callable[[], Seconds]) -> BatterySample:
        sample = await super().sample(battery, clock)
        frame = self._msg
        shift = 2 * (min(frame[8], self._MAX_TEMPS) + min(frame[9], self._MAX_CELLS))
        charge, discharge = frame[_CHARGE_AT + shift], frame[_DISCHARGE_AT + shift]
        faults = _faults(charge, discharge, error=frame[_STATE_AT] == _ERROR)
        code = charge | discharge << 8 if faults else 0
        sample = with_faults(sample, code, faults, full=charge == _FULL)
        return replace(
            sample,
            charge_commanded=_commanded(sample, Mosfet.CHARGE, charge),
            discharge_commanded=_commanded(sample, Mosfet.DISCHARGE, discharge),
        )

    @override
    async def command(self, mosfet: Mosfet, on: bool, asked: Mapping[Mosfet, bool]) -> None:
        async with self._op_lock:
            await self._authenticate()
            await self._await_msg(SWITCH[mosfet, on], wait_for_notify=False)
        await asyncio.sleep(self.SETTLE)


def _faults(charge: int, discharge: int, *, error: bool) -> tuple[str, ...]:
    """Name the reasons that are faults."""
    found = [
        names.get(code, OTHER)
        for mosfet, code, names in (
            (Mosfet.CHARGE, charge, ANT_CHARGE),
            (Mosfet.DISCHARGE, discharge, ANT_DISCHARGE),
        )
        if code not in _HARMLESS[mosfet]
    ]
    if error and not found:
        found = [OTHER]
    return tuple(dict.fromkeys(found))


def _commanded(sample: BatterySample, mosfet: Mosfet, code: int) -> bool | None:
    """Tell what was asked: only "on" and "manually off" say it."""
    if code == _MANUALLY_OFF:
        return False
    return True if code == _ON and not held_closed(sample, mosfet) else None


LINK = Ant
