"""JK: commanded and reported apart, and the bits that are no fault."""

import pytest

from custom_components.lifepo4_bank.ble.errors import NotConfirmed
from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.ble import frames
from tests.ble.client import FakeBattery
from tests.ble.switching import JK_IDENTITY, JK_STREAM, MakeReader, jk_answers


async def test_pre_discharge_takes_its_time(battery: FakeBattery, make_reader: MakeReader) -> None:
    """The settings follow at once, the MOSFET some readings later."""
    on = bytes.fromhex("AA5590EB1E04010000000000000000000000009D")
    battery.answers = jk_answers(
        frames.jk_cells(discharge=False), frames.jk_settings(discharge=False)
    )
    late = iter([False, False, True, True, True, True])

    def write(frame: bytes) -> None:
        if frame == on:
            battery.answers[JK_STREAM] = [
                frames.jk_settings(),
                frames.jk_cells(discharge=False),
            ]
        elif frame == JK_STREAM and on in battery.written:
            battery.answers[JK_STREAM] = [
                frames.jk_settings(),
                frames.jk_cells(discharge=next(late)),
            ]

    battery.on_write = write
    sample = await make_reader("jikong").switch(Mosfet.DISCHARGE, True)
    assert (sample.discharge_enabled, sample.discharge_commanded) == (True, True)
    assert battery.written.count(on) == 1


async def test_off_that_the_settings_do_not_take_is_no_off(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = jk_answers(frames.jk_cells(discharge=False), frames.jk_settings())
    with pytest.raises(NotConfirmed):
        await make_reader("jikong").switch(Mosfet.DISCHARGE, False)


@pytest.mark.parametrize(("software", "shift"), [("15.10", 0), ("10.05", -32)])
async def test_full_and_default_password_are_no_faults(
    software: str, shift: int, battery: FakeBattery, make_reader: MakeReader
) -> None:
    code = 1 << 4 if shift else 1 << 4 | 1 << 19
    battery.answers = jk_answers(
        frames.jk_cells(code=code, charge=False, soc=100, shift=shift), frames.jk_settings()
    )
    battery.answers[JK_IDENTITY] = [frames.jk_identity(software)]
    sample = await make_reader("jikong").read()
    assert sample.problem_code == code
    assert sample.protections == ()
    assert sample.state is BatteryState.FULL
    assert (sample.charge_enabled, sample.charge_commanded) == (False, True)
    assert sample.soc == 1


async def test_high_bits_are_faults(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = jk_answers(frames.jk_cells(code=1 << 17), frames.jk_settings())
    sample = await make_reader("jikong").read()
    assert sample.protections == ("discharge_mosfet_failure",)


async def test_garbled_settings_say_nothing(battery: FakeBattery, make_reader: MakeReader) -> None:
    settings = bytearray(frames.jk_settings(discharge=False))
    settings[122] ^= 1
    battery.answers = jk_answers(frames.jk_cells(), bytes(settings))
    sample = await make_reader("jikong").read()
    assert sample.discharge_commanded is None
