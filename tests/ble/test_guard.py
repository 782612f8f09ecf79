"""Only listed bytes ever leave, whatever is asked, answered or configured."""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from random import Random
from typing import Any, cast

from aiobmsble.basebms import crc_modbus
from bleak.backends.device import BLEDevice
from hypothesis import given, strategies as st
import pytest

from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.errors import BatteryError, ForbiddenBytes, NotSwitchable
from custom_components.lifepo4_bank.ble.family import FAMILIES, Mosfet
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from tests.ble.client import ADDRESS, FakeBattery
from tests.ble.frames import modbus

type MakeReader = Callable[..., BatteryReader]

JK_TAIL = "00" * 12
LISTED = {
    "redodo": {
        "000004010A55AA0E", "000004010B55AA0F", "000004010C55AA10", "000004010D55AA11",
        "000004011055AA14", "000004011355AA17", "000004011655AA1A",
    },
    "jbd": {
        "DD5AE1020000FF1D77", "DD5AE1020001FF1C77", "DD5AE1020002FF1B77", "DD5AE1020003FF1A77",
        "DD5AFB020101FF0177", "DD5AFB020100FF0277", "DD5AFB020001FF0277", "DD5AFB020000FF0377",
        "DDA50300FFFD77", "DDA50400FFFC77", "DDA50500FFFB77",
    },
    "jikong": {
        f"AA5590EB1D0401{JK_TAIL}9C", f"AA5590EB1D0400{JK_TAIL}9B",
        f"AA5590EB1E0401{JK_TAIL}9D", f"AA5590EB1E0400{JK_TAIL}9C",
        f"AA5590EB960000{JK_TAIL}10", f"AA5590EB970000{JK_TAIL}11",
    },
    "daly": {
        "D20600A500014B8A", "D20600A500008A4A", "D20600A60001BB8A", "D20600A600007A4A",
        "D2030000003ED7B9", "D203003E0009F7A3", "D20300800029965F", "D20300A900208791",
        modbus("810300000040").hex().upper(), modbus("81030041003E").hex().upper(),
        modbus("81030178004A").hex().upper(),
    },
    "ant": {
        "7EA1510300007925AA55", "7EA151010000D8E5AA55", "7EA1510600006924AA55",
        "7EA151040000C8E4AA55", "7EA1010000BE1855AA55", "7EA1026C022058C4AA55",
    },
}  # fmt: skip
BYTES = {key: {bytes.fromhex(frame) for frame in frames} for key, frames in LISTED.items()}

SWITCHING = {
    *(bytes.fromhex(f"000004010{n}55AA{4 + int(n, 16):02X}") for n in "ABCD"),
    *(frame for frame in BYTES["jbd"] if frame[1] == 0x5A),
    *(frame for frame in BYTES["jikong"] if frame[4] in (0x1D, 0x1E)),
    *(frame for frame in BYTES["daly"] if frame[1] == 6),
    *(frame for frame in BYTES["ant"] if frame[2] == 0x51),
}
FORBIDDEN = [
    "",
    "00",
    "000004016055AA64",  # LiTime shutdown
    "000004016455AA68",
    "000004014055AA44",
    "000004010D55AA10",  # wrong sum
    "000004010D55AA1100",
    "000004010D55AA11000004016055AA64",
    "DD5A01022828FFAD77",  # JBD: saves settings, clears counters
    "DD5AE10200FFFE1E77",
    "AA5590EB6B04010000000000000000000000000000EA",  # JK emergency switch
    "D206000C0001",
    "7EA1511C00000000AA55",  # ANT Bluetooth off
    f"7EA1511C0000{crc_modbus(bytes.fromhex('A1511C0000')).to_bytes(2, 'little').hex()}AA55",
    "41542B4E414D453D78",  # AT+NAME=x
]


class Lookalike(StrEnum):
    """Says that it is the discharge MOSFET, and is not."""

    DISCHARGE = "discharge"


HOSTILE_SWITCHES: list[tuple[Any, Any]] = [
    ("discharge", True), ("charge", False), (Lookalike.DISCHARGE, False), (0x60, True),
    (b"\x60", True), (None, None), (Mosfet.DISCHARGE, 1), (Mosfet.DISCHARGE, 0),
    (Mosfet.DISCHARGE, "off"), (Mosfet.DISCHARGE, None), (Mosfet.CHARGE, b"\x00"),
    (Mosfet.CHARGE, 0x60), ([], {}), (Mosfet, Mosfet), ("shutdown", True), (object(), object()),
]  # fmt: skip


@pytest.mark.parametrize("key", BYTES)
def test_the_list_is_the_published_one(key: str) -> None:
    listed = link_class(key).FRAMES
    assert listed is not None
    assert set(listed) == BYTES[key]


@pytest.mark.parametrize("key", BYTES)
@pytest.mark.parametrize("arguments", HOSTILE_SWITCHES)
async def test_hostile_switch(
    key: str, arguments: tuple[Any, Any], battery: FakeBattery, make_reader: MakeReader
) -> None:
    with pytest.raises(NotSwitchable):
        await make_reader(key).switch(*arguments)
    assert battery.written == []


@pytest.mark.parametrize("key", BYTES)
@pytest.mark.parametrize("frame", FORBIDDEN)
async def test_forbidden_bytes_do_not_pass_the_client(
    key: str, frame: str, battery: FakeBattery
) -> None:
    device = BLEDevice(ADDRESS, "battery", {})
    link = link_class(key)(device, FAMILIES[key])
    with suppress(TimeoutError, ConnectionError):
        await link.open(lambda: device)
    battery.written.clear()
    raw = bytes.fromhex(frame)
    for piece in (raw, bytearray(raw), memoryview(raw)):
        with pytest.raises(ForbiddenBytes):
            await link._client.write_gatt_char("ffe1", piece)
    if raw:
        # the library itself stumbles over the shortest
        with pytest.raises((ForbiddenBytes, IndexError)):
            await link._await_msg(raw, wait_for_notify=False)
    assert battery.written == []


@pytest.mark.parametrize("key", BYTES)
@pytest.mark.parametrize("seed", range(3))
async def test_hostile_answers(
    key: str, seed: int, battery: FakeBattery, make_reader: MakeReader
) -> None:
    """A battery that answers noise gets nothing but listed bytes."""
    random = Random(seed)
    heads = [b"\x00\x00\x65\x01\x93\x55\xaa", b"\xdd\x03\x00", b"\x55\xaa\xeb\x90\x01",
             b"\xd2\x03\x7c", b"\x7e\xa1\x11", b"\xdd\xe1\x80\x00\x00\x00\x77"]  # fmt: skip

    def noise(_frame: bytes) -> None:
        for _ in range(random.randrange(4)):
            battery.notify(random.choice(heads) + random.randbytes(random.randrange(320)))

    battery.on_write = noise
    reader = make_reader(key)
    reader._pause._now = lambda: 0.0
    for action in (
        reader.read,
        lambda: reader.switch(Mosfet.DISCHARGE, False),
        lambda: reader.switch(Mosfet.CHARGE, True),
        reader.release,
        reader.close,
    ):
        with suppress(BatteryError):
            await cast("Callable[[], Any]", action)()
    assert set(battery.written) <= BYTES[key]


@pytest.mark.parametrize("secret", ["0", "000000", "ü", "x" * 300, "\x60" * 6, "\n"])
@pytest.mark.parametrize("key", BYTES)
async def test_hostile_secret(
    key: str, secret: str, battery: FakeBattery, make_reader: MakeReader
) -> None:
    with suppress(BatteryError):
        await make_reader(key, secret=secret).read()
    others = set(battery.written) - BYTES[key]
    if key == "jbd":
        assert all(frame[:3] in {b"\xff\xaa\x15", b"\xff\xaa\x17"} for frame in others)
    elif key == "ant":
        assert all(frame.startswith(b"\x7e\xa1\x23\x6a\x01") for frame in others)
    else:
        assert not others


@pytest.mark.parametrize("key", BYTES)
@given(frame=st.binary(max_size=40), secret=st.sampled_from(["", "123456", "123456789abc"]))
def test_no_other_bytes_may_be_sent(key: str, frame: bytes, secret: str) -> None:
    """Any bytes, and listed ones with a byte changed, put in, left out, or another behind them."""
    link = link_class(key)(BLEDevice(ADDRESS, "battery", {}), FAMILIES[key], secret)
    near = {
        listed[:at] + piece + listed[at + cut :]
        for listed in BYTES[key]
        for at in range(len(listed) + 1)
        for piece in (b"", b"\x00", frame[:1], frame)
        for cut in (0, 1)
    }
    secrets = ("ffaa15", "ffaa170017", "7ea1236a01")
    for candidate in {frame, *near} - BYTES[key]:
        told = secret and candidate.startswith(tuple(map(bytes.fromhex, secrets)))
        assert told or not link.may_send(candidate)


@pytest.mark.parametrize("key", BYTES)
@pytest.mark.parametrize("answer", [b"", b"\x00\x00\x05\x01\x93\x55\xaa\x06\x9e", bytes(105)])
async def test_nothing_is_switched_off_that_is_not_understood(
    key: str, answer: bytes, battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.on_write = lambda _: battery.notify(answer) if answer else None
    for mosfet in Mosfet:
        with pytest.raises(BatteryError):
            await make_reader(key).switch(mosfet, False)
    switching = {frame for frame in BYTES[key] if frame in SWITCHING}
    assert switching
    assert not switching & set(battery.written)
