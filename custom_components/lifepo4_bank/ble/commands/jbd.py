"""JBD (Jiabaida, Xiaoxiang, Overkill and many rebrands).

Register E1 takes one inverted mask for both MOSFETs: bit 0 locks charge, bit 1 discharge. What a
MOSFET does now must never go into that mask: one that a protection opened would be locked for
good. So the other MOSFET stays locked only if we locked it ourselves and the BMS still says that
something is locked.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar, override

from aiobmsble.bms import jbd_bms
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice

from ...core.battery import BatterySample, Seconds
from ..commanded import held_closed, reported
from ..errors import CommandRefused
from ..family import Family, Mosfet
from ..link import Link
from ..protections import JBD_LOCKED
from .jbd_password import (
    APP_KEY,
    ASK_RANDOM,
    NONE_SET,
    REJECTED,
    TAKEN,
    answer,
    told,
    told_disguised,
)

E1: Mapping[int, bytes] = {
    0b00: bytes.fromhex("DD 5A E1 02 00 00 FF 1D 77"),
    0b01: bytes.fromhex("DD 5A E1 02 00 01 FF 1C 77"),
    0b10: bytes.fromhex("DD 5A E1 02 00 02 FF 1B 77"),
    0b11: bytes.fromhex("DD 5A E1 02 00 03 FF 1A 77"),
}
FB: Mapping[tuple[Mosfet, bool], bytes] = {
    (Mosfet.CHARGE, False): bytes.fromhex("DD 5A FB 02 01 01 FF 01 77"),
    (Mosfet.CHARGE, True): bytes.fromhex("DD 5A FB 02 01 00 FF 02 77"),
    (Mosfet.DISCHARGE, False): bytes.fromhex("DD 5A FB 02 00 01 FF 02 77"),
    (Mosfet.DISCHARGE, True): bytes.fromhex("DD 5A FB 02 00 00 FF 03 77"),
}
"""The newer register, one MOSFET at a time; only for a BMS that does not know E1."""
READS = (
    bytes.fromhex("DD A5 03 00 FF FD 77"),
    bytes.fromhex("DD A5 04 00 FF FC 77"),
    bytes.fromhex("DD A5 05 00 FF FB 77"),
)

_LOCKS: Mapping[Mosfet, int] = {Mosfet.CHARGE: 0b01, Mosfet.DISCHARGE: 0b10}
_UNKNOWN_REGISTER = 0x80
_LOCKED = 0x00
"""Where a BMS that wants a PIN refuses a command, it names this register."""
_REPLY_LENGTH = 7
_PROTECTION_AT = 20
_STATUS = 0x03
_STATUS_LENGTH = 23
"""At least; with two bytes for each temperature it is always odd, and that of cells even."""
_CELLS = 0x04


class Jbd(Link, jbd_bms.BMS):
    """A battery with a JBD BMS."""

    FRAMES: ClassVar[frozenset[bytes] | None] = frozenset((*E1.values(), *FB.values(), *READS))
    REPLY_TIMEOUT: ClassVar[Seconds] = 2.0

    def __init__(self, device: BLEDevice, family: Family, secret: str = "") -> None:
        """Expect no reply to a command yet."""
        super().__init__(device, family, secret)
        self._command_status: asyncio.Future[int] | None = None
        self._ordered = 0
        """Register of the latest command."""
        self._module_command = 0
        self._module_answer = 0
        self._disguised: bytes | None = None

    @override
    def may_send(self, frame: bytes) -> bool:
        secret = self._cfg.secret
        password = (APP_KEY, told(secret), ASK_RANDOM, self._disguised) if secret else ()
        return super().may_send(frame) or frame in password

    @override
    async def _init_connection(
        self, char_notify: BleakGATTCharacteristic | int | str | None = None
    ) -> None:
        """Tell the Bluetooth module its password, if there is one, then listen.

        Raises PermissionError when the password is refused.
        """
        if self._cfg.secret:
            await self._client.start_notify(self.uuid_rx(), self._module_handler)
            await self._tell_module(self._cfg.secret)
            await self._client.stop_notify(self.uuid_rx())
        await super(jbd_bms.BMS, self)._init_connection(char_notify)

    async def _tell_module(self, secret: str) -> None:
        """Go the way of newer modules; one that refuses the apps' key is an older one."""
        verdict = await self._ask_module(APP_KEY)
        if verdict == TAKEN:
            verdict = await self._tell_disguised(secret)
        elif verdict != NONE_SET and told(secret) != APP_KEY:
            verdict = await self._ask_module(told(secret))
        if verdict not in {TAKEN, NONE_SET}:
            raise PermissionError("the Bluetooth module refuses the password")

    async def _tell_disguised(self, secret: str) -> int:
        try:
            random = await self._ask_module(ASK_RANDOM)
        except TimeoutError:
            return TAKEN  # an older module, whose password is the apps' key
        self._disguised = told_disguised(secret, self._ble_device.address, random)
        return REJECTED if self._disguised is None else await self._ask_module(self._disguised)

    async def _ask_module(self, frame: bytes) -> int:
        """Ask once: to a question asked twice a second answer comes, perhaps amid the next one."""
        self._module_command = frame[2]
        await self._await_msg(frame, wait_for_notify=False)
        async with asyncio.timeout(self.TIMEOUT):
            await self._wait_event()
        return self._module_answer

    def _module_handler(self, _sender: BleakGATTCharacteristic, data: bytearray) -> None:
        """Take the answer of the Bluetooth module that is due."""
        if (found := answer(bytes(data), self._module_command)) is not None:
            self._module_answer = found
            self._msg_event.set()

    @override
    def _notification_handler(self, sender: BleakGATTCharacteristic, data: bytearray) -> None:
        """Keep replies without content away from the library, which would add them to a reading.

        One to a question that the BMS does not know may come late; it answers no command.
        """
        if not _is_reply(bytes(data)):
            super()._notification_handler(sender, data)
            return
        waiting = self._command_status
        if waiting is not None and not waiting.done() and data[1] in {self._ordered, _LOCKED}:
            waiting.set_result(data[2])

    @override
    async def _await_cmd_resp(self, cmd: int, data: bytes = b"") -> None:
        """Refuse a status as cells and cells as a status: the checksum leaves the register out."""
        # any noise behind a whole frame would make the library take that frame for the answer
        self._frame.clear()
        await super()._await_cmd_resp(cmd, data)
        length = self._msg[3]
        if (cmd == _STATUS and length < _STATUS_LENGTH) or (cmd == _CELLS and length % 2):
            raise ValueError(f"register {cmd:#04x} with {length} bytes")

    @override
    async def sample(self, battery: str, clock: Callable[[], Seconds]) -> BatterySample:
        sample = await super().sample(battery, clock)
        locked = bool((sample.problem_code or 0) & JBD_LOCKED)
        return replace(
            sample,
            charge_commanded=_commanded(sample, Mosfet.CHARGE, locked),
            discharge_commanded=_commanded(sample, Mosfet.DISCHARGE, locked),
        )

    @override
    async def command(self, mosfet: Mosfet, on: bool, asked: Mapping[Mosfet, bool]) -> None:
        async with self._op_lock:
            # a sleeping BMS ignores the first thing that it hears; a question loses nothing
            await self._await_cmd_resp(_STATUS)
            code = int.from_bytes(self._msg[_PROTECTION_AT : _PROTECTION_AT + 2])
            mask = 0 if on else _LOCKS[mosfet]
            for other, still_on in asked.items():
                if other is not mosfet and not still_on and code & JBD_LOCKED:
                    mask |= _LOCKS[other]
            status = await self._order(E1[mask])
            if status == _UNKNOWN_REGISTER:
                status = await self._order(FB[mosfet, on])
        if status:
            raise CommandRefused(status)
        await asyncio.sleep(self.SETTLE)

    async def _order(self, frame: bytes) -> int | None:
        """Send a command; return its status, None if the BMS does not say."""
        self._ordered = frame[2]
        status = self._command_status = asyncio.get_running_loop().create_future()
        try:
            await self._await_msg(frame, wait_for_notify=False)
            await asyncio.wait((status,), timeout=self.REPLY_TIMEOUT)
        finally:
            self._command_status = None
        return status.result() if status.done() else None


def _commanded(sample: BatterySample, mosfet: Mosfet, locked: bool) -> bool | None:
    """Infer what was asked: the BMS tells only that something is locked, or nothing."""
    if not locked:
        return True
    if reported(sample, mosfet):
        # a locked MOSFET is closed by the BMS itself while current flows the permitted way
        return None if held_closed(sample, mosfet) else True
    other = Mosfet.CHARGE if mosfet is Mosfet.DISCHARGE else Mosfet.DISCHARGE
    alone = reported(sample, other) and not held_closed(sample, other)
    return False if alone and not sample.protections else None


def _is_reply(frame: bytes) -> bool:
    """Whether this is a whole reply without content: to a command, or to an unknown question.

    A refusal was captured with an empty checksum, so that counts as right, too.
    """
    return (
        len(frame) == _REPLY_LENGTH
        and frame[0] == 0xDD
        and frame[3] == 0
        and frame[-1] == 0x77
        and int.from_bytes(frame[4:6]) in {0, -sum(frame[2:4]) & 0xFFFF}
    )


LINK = Jbd
