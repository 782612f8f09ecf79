"""JBD: captures, locks, passwords and the sleep of an idle battery."""

from dataclasses import replace
from typing import Any

from aiobmsble import BMSConfig
from aiobmsble.bms import jbd_bms
import pytest

from tests.virtual_bank.client import made
from tests.virtual_bank.direct import device, establish
from virtual_bank import jbd
from virtual_bank.clock import Clock
from virtual_bank.radio import Radio


@pytest.mark.parametrize(
    ("values", "published"),
    [
        ({}, "DD03001D0618000001F201F400002C7C00000000000080640304030B8B0B8A0B84FA8D77"),
        (
            {"voltage": 1547, "remaining": 493, "protection": 0x1000, "mosfets": 2, "soc": 99,
             "temperatures": (2976, 2973, 2968)},
            "DD03001D060B000001ED01F400002C7C00000000100080630204030BA00B9D0B98FA5577",
        ),
        (
            {"protection": 0x1000, "mosfets": 1},
            "DD03001D0618000001F201F400002C7C00000000100080640104030B8B0B8A0B84FA7F77",
        ),
    ],
)  # fmt: skip
def test_jbd_status_is_encoded_as_captured(values: dict[str, Any], published: str) -> None:
    both_on = jbd.Basic(
        voltage=1560, current=0, remaining=498, nominal=500, soc=100, mosfets=3, cells=4,
        temperatures=(2955, 2954, 2948),
    )  # fmt: skip

    assert jbd.answer(3, replace(both_on, **values).encode()).hex().upper() == published


def test_jbd_acknowledges_as_captured() -> None:
    wire = made("jbd")
    replies = wire.write("ff02", bytes.fromhex("DD 5A E1 02 00 02 FF 1B 77"))

    assert [reply.payload.hex() for reply in replies] == ["dde10000000077"]


def test_jbd_lock_shows_as_bit_12_and_is_no_fault() -> None:
    wire = made("jbd")
    wire.battery.command("discharge", False)
    frame = wire.write("ff02", bytes.fromhex("DD A5 03 00 FF FD 77"))[0].payload

    assert int.from_bytes(frame[20:22]) == 0x1000
    assert frame[24] == 0b01


async def test_jbd_asleep_ignores_the_first_packet() -> None:
    wire = made("jbd", current=0.0)
    wire.connected()
    read = bytes.fromhex("DD A5 03 00 FF FD 77")

    assert wire.write("ff02", read) == ()
    assert len(wire.write("ff02", read)) == 1


def test_jbd_counts_large_batteries_in_tenths() -> None:
    wire = made("jbd", capacity=800.0, remaining=700.0, current=-120.0)
    frame = wire.write("ff02", bytes.fromhex("DD A5 03 00 FF FD 77"))[0].payload

    assert int.from_bytes(frame[6:8], signed=True) == -1200
    assert int.from_bytes(frame[10:12]) == 8000
    assert frame[-4] & 0x80


def test_jbd_pin_refuses_commands_until_it_is_told() -> None:
    wire = made("jbd")
    wire.set_option("pin", 333333)
    off = bytes.fromhex("DD 5A E1 02 00 02 FF 1B 77")
    assert wire.write("ff02", off)[0].payload.hex() == "dd008100000077"
    unlocked = wire.write("ff02", bytes.fromhex("DD 5A 06 07 06 03 03 03 03 03 03 FF DB 77"))
    assert [reply.payload.hex() for reply in unlocked] == ["dd060000000077"]
    assert wire.write("ff02", off)[0].payload.hex() == "dde10000000077"
    assert not wire.battery.reading().discharge_enabled


def test_jbd_without_e1_takes_fb() -> None:
    wire = made("jbd")
    wire.set_option("knows_e1", False)
    refused = wire.write("ff02", bytes.fromhex("DD 5A E1 02 00 02 FF 1B 77"))
    assert refused[0].payload[2] == 0x80
    wire.write("ff02", bytes.fromhex("DD 5A FB 02 00 01 FF 02 77"))
    assert wire.battery.reading().discharge_enabled is False


async def test_jbd_password_is_needed_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    radio = Radio(made("jbd"), Clock(speed=10))
    radio.wire.set_option("secret", 123456)
    monkeypatch.setattr("aiobmsble.basebms.establish_connection", establish)
    right = jbd_bms.BMS(device(radio), BMSConfig(keep_alive=True, secret="123456"))
    assert (await right.async_update())["battery_level"] == 65
    await right.disconnect()
    wrong = jbd_bms.BMS(device(radio), BMSConfig(keep_alive=True, secret="654321"))
    with pytest.raises(PermissionError):
        await wrong.async_update()
    await wrong.disconnect()
