"""The other makes: published frames, read by aiobmsble, switched, and bricked by anything else."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from aiobmsble import BMSConfig
from aiobmsble.basebms import BaseBMS
from aiobmsble.bms import ant_bms, daly_bms, jbd_bms, jikong_bms, redodo_bms
from aiobmsble.utils import bms_supported
from bleak.backends.scanner import AdvertisementData
from bluetooth_data_tools import parse_advertisement_data_bytes
import pytest

from tests.virtual_bank.client import READING, SettableBattery, made
from tests.virtual_bank.direct import device, establish
from virtual_bank.bms import Protection
from virtual_bank.clock import Clock
from virtual_bank.families import FAMILIES
from virtual_bank.radio import Radio
from virtual_bank.wire import crc16_modbus

LIBRARY: dict[str, Any] = {
    "litime": redodo_bms.BMS,
    "jbd": jbd_bms.BMS,
    "jk": jikong_bms.BMS,
    "daly": daly_bms.BMS,
    "ant": ant_bms.BMS,
}


@pytest.fixture
async def clock() -> Clock:
    return Clock(speed=10)


@pytest.fixture(params=FAMILIES)
async def radio(request: pytest.FixtureRequest, clock: Clock) -> Radio:
    return Radio(made(request.param), clock)


@pytest.fixture
async def reader(radio: Radio, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BaseBMS]:
    """aiobmsble's reader of the battery."""
    family = next(key for key, make in FAMILIES.items() if isinstance(radio.wire, make.wire))
    monkeypatch.setattr("aiobmsble.basebms.establish_connection", establish)
    bms = LIBRARY[family](device(radio), BMSConfig(keep_alive=True))
    yield bms
    await bms.disconnect()


def test_each_is_recognised_by_its_advertisement(radio: Radio) -> None:
    name, services, _, manufacturer, _ = parse_advertisement_data_bytes(
        radio.wire.advertisement.payload + radio.wire.advertisement.scan_response
    )
    advertisement = AdvertisementData(name, manufacturer, {}, services, None, -60, ())
    found = [
        key for key, bms in LIBRARY.items() if bms_supported(bms, advertisement, radio.wire.address)
    ]

    assert [FAMILIES[key].wire for key in found] == [type(radio.wire)]
    assert len(radio.wire.advertisement.payload) <= 31
    assert len(radio.wire.advertisement.scan_response) <= 31


async def test_aiobmsble_reads_what_the_battery_says(reader: BaseBMS) -> None:
    sample = await reader.async_update()

    assert sample["voltage"] == pytest.approx(26.556, abs=0.06)
    assert sample["current"] == pytest.approx(-14.35, abs=0.06)
    assert sample["battery_level"] == pytest.approx(65)
    assert sample["cycle_charge"] == pytest.approx(68.89, abs=0.06)
    assert sample["cycles"] == 3 or "cycles" not in sample or sample["cycles"] is None
    assert sample["cell_voltages"] == list(READING.cells)
    assert 23 in [sensor.value for sensor in sample["temp_values"]]
    assert not sample["problem"]


async def test_switched_off_mosfets_read_off(reader: BaseBMS, radio: Radio) -> None:
    before = await reader.async_update()
    radio.wire.battery.command("discharge", False)
    await asyncio.sleep(0.1)
    after = await reader.async_update()

    if isinstance(reader, redodo_bms.BMS):
        # aiobmsble does not report the MOSFETs of LiTime
        assert reader._msg[68:72].hex() == "80000000"
        return
    assert before["dischrg_mosfet"] is True
    assert after["dischrg_mosfet"] is False
    assert after["chrg_mosfet"] is True


async def test_versions_are_told(reader: BaseBMS) -> None:
    info = await reader.device_info()

    assert info.get("sw_version") or info.get("hw_version")


SWITCHES = {
    "jbd": (
        ("ff02", "DD 5A E1 02 00 02 FF 1B 77", ("discharge", False)),
        ("ff02", "DD 5A E1 02 00 00 FF 1D 77", ("discharge", True)),
        ("ff02", "DD 5A E1 02 00 01 FF 1C 77", ("charge", False)),
        ("ff02", "DD 5A E1 02 00 03 FF 1A 77", ("discharge", False)),
    ),
    "jk": (
        ("ffe1", "AA5590EB1E04000000000000000000000000009C", ("discharge", False)),
        ("ffe1", "AA5590EB1E04010000000000000000000000009D", ("discharge", True)),
        ("ffe1", "AA5590EB1D04000000000000000000000000009B", ("charge", False)),
        ("ffe1", "AA5590EB1D04010000000000000000000000009C", ("charge", True)),
    ),
    "daly": (
        ("fff2", "D2 06 00 A6 00 00 7A 4A", ("discharge", False)),
        ("fff2", "D2 06 00 A6 00 01 BB 8A", ("discharge", True)),
        ("fff2", "D2 06 00 A5 00 00 8A 4A", ("charge", False)),
        ("fff2", "D2 06 00 A5 00 01 4B 8A", ("charge", True)),
    ),
    "ant": (
        ("ffe1", "7EA151010000D8E5AA55", ("discharge", False)),
        ("ffe1", "7EA1510300007925AA55", ("discharge", True)),
        ("ffe1", "7EA151040000C8E4AA55", ("charge", False)),
        ("ffe1", "7EA1510600006924AA55", ("charge", True)),
    ),
}
PUBLISHED = [(family, *switch) for family, switches in SWITCHES.items() for switch in switches]


@pytest.mark.parametrize(("family", "characteristic", "frame", "command"), PUBLISHED)
def test_published_frames_switch(
    family: str, characteristic: str, frame: str, command: tuple[str, bool]
) -> None:
    wire = made(family)
    wire.write(characteristic, bytes.fromhex(frame))

    assert isinstance(wire.battery, SettableBattery)
    assert command in wire.battery.commands
    assert wire.bricked is None


@pytest.mark.parametrize(("family", "characteristic", "frame", "command"), PUBLISHED)
def test_a_broken_frame_neither_switches_nor_bricks(
    family: str, characteristic: str, frame: str, command: tuple[str, bool]
) -> None:
    wire = made(family)
    broken = bytearray.fromhex(frame)
    broken[-4 if family == "ant" else -3 if family == "jbd" else -1] ^= 0x01
    wire.write(characteristic, bytes(broken))

    assert isinstance(wire.battery, SettableBattery)
    assert wire.battery.commands == []
    assert wire.bricked is None


def jk(register: int, value: int) -> str:
    body = bytes.fromhex("AA5590EB") + bytes([register, 4]) + value.to_bytes(4, "little")
    body = body.ljust(19, b"\x00")
    return (body + bytes([sum(body) & 0xFF])).hex()


@pytest.mark.parametrize(
    ("family", "characteristic", "frame"),
    [
        ("jbd", "ff02", "DD 5A 01 02 28 28 FF AD 77"),
        ("jbd", "ff02", "DD 5A E1 02 00 04 FF 19 77"),
        ("jbd", "ff02", "DD 5A 10 02 00 00 FF EE 77"),
        ("jk", "ffe1", jk(0x6B, 1)),
        ("jk", "ffe1", jk(0x1E, 2)),
        ("daly", "fff2", "D2 06 00 0C 00 01 9A 6A"),
        ("ant", "ffe1", "7EA1511C0000"),
    ],
)
def test_other_registers_brick(family: str, characteristic: str, frame: str) -> None:
    payload = bytes.fromhex(frame)
    if family == "daly":
        payload = payload[:6] + crc16_modbus(payload[:6])
    if family == "ant":
        payload += crc16_modbus(payload[1:]) + b"\xaa\x55"
    wire = made(family)
    wire.write(characteristic, payload)

    assert wire.bricked is not None


def test_jk_discharge_reads_on_only_after_the_pre_discharge() -> None:
    wire = made("jk", discharge_enabled=False, discharge_commanded=False)
    wire.write("ffe1", bytes.fromhex(SWITCHES["jk"][1][1]))
    stream = bytes.fromhex("AA5590EB960000000000000000000000000000") + b"\x10"
    settings, cells = (reply.payload for reply in wire.write("ffe1", stream))
    assert settings[122] == 1
    assert cells[199] == 0

    assert isinstance(wire.battery, SettableBattery)
    wire.battery.values = replace(wire.battery.values, time=5.0)
    assert wire.streamed()[0].payload[199] == 1


def test_jk_full_sets_the_over_voltage_bit() -> None:
    wire = made("jk", full=True)
    stream = bytes.fromhex("AA5590EB960000000000000000000000000000") + b"\x10"

    assert wire.write("ffe1", stream)[1].payload[166:170].hex() == "10000000"


async def test_jk_with_24_cells_is_read(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    radio = Radio(made("jk"), clock)
    radio.wire.set_option("software", "10.08")
    monkeypatch.setattr("aiobmsble.basebms.establish_connection", establish)
    bms = jikong_bms.BMS(device(radio), BMSConfig(keep_alive=True))
    sample = await bms.async_update()
    await bms.disconnect()

    assert sample["cell_voltages"] == list(READING.cells)
    assert sample["current"] == pytest.approx(-14.35)
    assert sample["dischrg_mosfet"] is True


def test_daly_echoes_a_good_write() -> None:
    frame = bytes.fromhex("D2 06 00 A6 00 00 7A 4A")

    assert [reply.payload for reply in made("daly").write("fff2", frame)] == [frame]


def test_daly_tells_what_was_asked_and_the_rated_capacity() -> None:
    wire = made("daly", discharge_commanded=False)
    payload = wire.write("fff2", bytes.fromhex("D2 03 00 80 00 29 96 5F"))[0].payload[3:-2]

    assert int.from_bytes(payload[:2]) == 1050
    assert [payload[2 * (register - 0x80) + 1] for register in (0xA5, 0xA6)] == [1, 0]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({}, (0x1, 0x1)),
        ({"discharge_enabled": False, "discharge_commanded": False}, (0x1, 0xF)),
        ({"charge_enabled": False, "full": True}, (0x4, 0x1)),
        (
            {"discharge_enabled": False, "protections": frozenset({Protection.CELL_UNDER_VOLTAGE})},
            (0x1, 0x2),
        ),
        (
            {"charge_enabled": False, "discharge_enabled": False,
             "protections": frozenset({Protection.SHORT_CIRCUIT})},
            (0x8, 0xC),
        ),
    ],
)  # fmt: skip
def test_ant_tells_the_reason(values: dict[str, Any], codes: tuple[int, int]) -> None:
    wire = made("ant", **values)
    frame = wire.write("ffe1", bytes.fromhex("7EA1010000BE1855AA55"))[0].payload
    shift = 2 * (frame[8] + frame[9])

    assert (frame[46 + shift], frame[47 + shift]) == codes


def test_ant_password_guards_switching() -> None:
    wire = made("ant")
    wire.set_option("secret", "123456789abc")
    off = bytes.fromhex("7EA151010000D8E5AA55")
    wire.write("ffe1", off)
    assert wire.battery.reading().discharge_enabled
    wire.write("ffe1", bytes.fromhex("7EA1236A010C") + b"123456789abc" + bytes.fromhex("2062AA55"))
    wire.write("ffe1", off)
    assert not wire.battery.reading().discharge_enabled


def test_an_option_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        made("jk").set_option("pre_discharge", "long")
