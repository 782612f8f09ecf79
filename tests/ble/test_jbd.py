"""JBD: the inverted mask, the lock bit and the second register."""

from aiobmsble.basebms import BaseBMS
from bleak.backends.device import BLEDevice
import pytest

from custom_components.lifepo4_bank.ble.errors import AuthenticationRefused, CommandRefused
from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.ble import frames
from tests.ble.client import BATTERIES, FakeBattery
from tests.ble.switching import (
    CASES,
    JBD_TAKEN,
    Answers,
    MakeReader,
    enabled,
    jbd_answers,
    switched,
)

DISCHARGE_OFF = bytes.fromhex("DD5AE1020002FF1B77")
BOTH_OFF = bytes.fromhex("DD5AE1020003FF1A77")
CHARGE_OFF = bytes.fromhex("DD5AE1020001FF1C77")


async def test_captured_frames(battery: FakeBattery, make_reader: MakeReader) -> None:
    reader = make_reader("jbd")
    battery.answers = jbd_answers(frames.JBD_ON)
    sample = await reader.read()
    assert sample.voltage == pytest.approx(15.60)
    assert sample.soc == 1
    assert sample.remaining == pytest.approx(4.98)
    assert sample.capacity == pytest.approx(5)
    assert sample.cells == (3.901, 3.900, 3.899, 3.900)
    assert sample.temperatures == pytest.approx((22.4, 22.3, 21.7))
    assert (sample.charge_enabled, sample.discharge_enabled) == (True, True)


async def test_locked_by_the_owner_is_no_fault(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = jbd_answers(frames.JBD_CHARGE_LOCKED)
    sample = await make_reader("jbd").read()
    assert sample.problem_code == 0x1000
    assert sample.protections == ()
    assert sample.state is BatteryState.STANDBY
    assert (sample.charge_enabled, sample.charge_commanded) == (False, False)
    assert (sample.discharge_enabled, sample.discharge_commanded) == (True, True)


async def test_open_by_protection_is_not_the_owners_wish(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = jbd_answers(frames.JBD_CELL_HIGH)
    sample = await make_reader("jbd").read()
    assert sample.protections == ("cell_overvoltage",)
    assert sample.state is BatteryState.PROTECTION
    assert (sample.charge_enabled, sample.charge_commanded) == (False, True)


async def test_a_mosfet_open_by_protection_is_never_locked(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = jbd_answers(frames.JBD_CELL_HIGH)
    after = jbd_answers(frames.jbd_status(code=0x1001, charge=False, discharge=False))
    battery.on_write = lambda frame: (
        battery.answers.update(after) if frame == DISCHARGE_OFF else None
    )
    await make_reader("jbd").switch(Mosfet.DISCHARGE, False)
    assert DISCHARGE_OFF in battery.written
    assert BOTH_OFF not in battery.written


async def test_our_own_lock_of_the_other_stays(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    after = {
        CHARGE_OFF: frames.JBD_CHARGE_LOCKED,
        BOTH_OFF: frames.jbd_status(code=0x1000, charge=False, discharge=False),
    }
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.on_write = lambda frame: (
        battery.answers.update(jbd_answers(after[frame])) if frame in after else None
    )
    reader = make_reader("jbd")
    await reader.switch(Mosfet.CHARGE, False)
    sample = await reader.switch(Mosfet.DISCHARGE, False)
    assert [f for f in battery.written if f in after] == [CHARGE_OFF, BOTH_OFF]
    assert (sample.charge_commanded, sample.discharge_commanded) == (False, False)


async def test_a_lock_that_somebody_released_is_not_renewed(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    reader = make_reader("jbd")
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.on_write = lambda frame: (
        battery.answers.update(jbd_answers(frames.JBD_CHARGE_LOCKED))
        if frame == CHARGE_OFF
        else battery.answers.update(jbd_answers(frames.JBD_DISCHARGE_LOCKED))
        if frame == DISCHARGE_OFF
        else None
    )
    await reader.switch(Mosfet.CHARGE, False)
    battery.answers = jbd_answers(frames.JBD_ON)
    await reader.switch(Mosfet.DISCHARGE, False)
    assert DISCHARGE_OFF in battery.written
    assert BOTH_OFF not in battery.written


async def test_off_while_charging_is_taken(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = jbd_answers(frames.jbd_status(5.0))
    after = jbd_answers(frames.jbd_status(5.0, 0x1000))
    battery.on_write = lambda frame: (
        battery.answers.update(after) if frame == DISCHARGE_OFF else None
    )
    reader = make_reader("jbd")
    assert (await reader.switch(Mosfet.DISCHARGE, False)).discharge_enabled is True
    assert (await reader.read()).discharge_commanded is False


@pytest.mark.parametrize(
    ("mosfet", "on", "sent"),
    [
        (Mosfet.CHARGE, False, "DD5AFB020101FF0177"),
        (Mosfet.CHARGE, True, "DD5AFB020100FF0277"),
        (Mosfet.DISCHARGE, False, "DD5AFB020001FF0277"),
        (Mosfet.DISCHARGE, True, "DD5AFB020000FF0377"),
    ],
)
async def test_second_register_only_where_the_first_is_unknown(
    mosfet: Mosfet,
    on: bool,
    sent: str,
    battery: FakeBattery,
    make_reader: MakeReader,
) -> None:
    case = switched("jbd", mosfet, on, sent)
    unknown = frames.jbd(0xE1, b"", status=0x80)
    battery.answers = dict(case.before)
    battery.answers.update({bytes.fromhex(c.sent): [unknown] for c in CASES if c.key == "jbd"})
    battery.answers[bytes.fromhex(sent)] = [bytes.fromhex("DDFB0000000077")]
    battery.on_write = lambda frame: (
        battery.answers.update(case.after) if frame == bytes.fromhex(sent) else None
    )
    sample = await make_reader("jbd").switch(mosfet, on)
    assert enabled(sample, mosfet) is on


async def test_refused_by_a_password(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.answers[DISCHARGE_OFF] = [bytes.fromhex("DD008100000077")]
    with pytest.raises(CommandRefused) as caught:
        await make_reader("jbd").switch(Mosfet.DISCHARGE, False)
    assert caught.value.code == 0x81
    assert not any(frame[2:3] == b"\xfb" for frame in battery.written)


async def test_taken_reply_does_not_disturb_the_reading(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.answers[DISCHARGE_OFF] = [JBD_TAKEN]
    battery.on_write = lambda frame: (
        battery.answers.update(jbd_answers(frames.JBD_DISCHARGE_LOCKED))
        if frame == DISCHARGE_OFF
        else None
    )
    sample = await make_reader("jbd").switch(Mosfet.DISCHARGE, False)
    assert sample.discharge_enabled is False
    assert sample.cells == (3.901, 3.900, 3.899, 3.900)


async def test_wrong_secret(battery: FakeBattery, make_reader: MakeReader) -> None:
    secret = bytes.fromhex("FFAA1506") + b"000000"
    question = secret + bytes((sum(secret[2:]) & 0xFF,))
    battery.answers[question] = [bytes.fromhex("FFAA15010117")]
    with pytest.raises(AuthenticationRefused):
        await make_reader("jbd", secret="000000").read()
    assert battery.written == [question]


def module_answers(random: str, verdict: str) -> Answers:
    """What a newer Bluetooth module answered in the published captures."""
    return {
        bytes.fromhex("FFAA15063030303030303B"): [bytes.fromhex("FFAA15010016")],
        bytes.fromhex("FFAA170017"): [bytes.fromhex(random)],
        **{bytes.fromhex(frame): [bytes.fromhex(verdict)] for frame in DISGUISED.values()},
    }


DISGUISED = {
    ("000000", "FFAA1701627A"): "FFAA1806F65369967FF0D5",
    ("111111", "FFAA17012139"): "FFAA1806B61127563DB04F",
    ("123412", "FFAA17016179"): "FFAA1806F65465917DEDC8",
    ("123123", "FFAA1701374F"): "FFAA1806CC2A3B6C56C4D5",
}
"""Captured: what a password becomes after a random byte, at the module A4:C1:37:04:2D:BE."""


@pytest.mark.parametrize(("secret", "random"), DISGUISED)
@pytest.mark.parametrize("taken", [True, False])
async def test_newer_modules_want_the_password_disguised(
    secret: str, random: str, taken: bool, make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # every frame is answered, so none may be repeated because the machine is slow
    monkeypatch.setattr(BaseBMS, "_RETRY_TIMEOUT", 5.0)
    address = "A4:C1:37:04:2D:BE"
    battery = BATTERIES.setdefault(address, FakeBattery())
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.answers |= module_answers(random, "FFAA18010019" if taken else "FFAA1801011A")
    device = BLEDevice(address, "battery", {})
    reader = make_reader("jbd", secret=secret, ble_device=lambda: device)
    if taken:
        assert (await reader.read()).soc == 1
    else:
        with pytest.raises(AuthenticationRefused):
            await reader.read()
    assert [frame.hex().upper() for frame in battery.written[:3]] == [
        "FFAA15063030303030303B",
        "FFAA170017",
        DISGUISED[secret, random],
    ]


async def test_a_module_without_a_password_lets_in(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.answers[bytes.fromhex("FFAA15063030303030303B")] = [bytes.fromhex("FFAA15010218")]
    assert (await make_reader("jbd", secret="123456").read()).soc == 1


async def test_a_password_that_cannot_be_disguised_is_refused(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = module_answers("FFAA1701627A", "FFAA18010019")
    with pytest.raises(AuthenticationRefused):
        await make_reader("jbd", secret="1234").read()
    assert not any(frame[2:3] == b"\x18" for frame in battery.written)
