"""Daly: settings apart from MOSFETs, warnings apart from faults, and the variant without switches."""

import pytest

from custom_components.lifepo4_bank.ble.errors import CommandRefused, NotSwitchable
from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.ble import frames
from tests.ble.client import FakeBattery
from tests.ble.switching import DALY_SETTINGS, WRITES, MakeReader, daly_answers


async def test_reading(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = daly_answers(
        frames.daly_status(-12.3, discharge=True), frames.daly_settings(charge=False)
    )
    sample = await make_reader("daly").read()
    assert sample.current == pytest.approx(-12.3)
    assert sample.soc == pytest.approx(0.805)
    assert sample.capacity == pytest.approx(100.0)
    assert sample.temperatures == (25, 25)
    assert (sample.charge_enabled, sample.charge_commanded) == (True, False)
    assert sample.state is BatteryState.DISCHARGING


@pytest.mark.parametrize(
    ("alarms", "names"),
    [
        ((0x5555, 0x0505, 0, 0), ()),
        ((0, 0x00F0, 0, 0), ()),
        ((0x0002, 0, 0, 0), ("cell_overvoltage",)),
        ((0x0008, 0, 0, 0), ("cell_undervoltage",)),
        ((0, 0x0008, 0, 0), ("discharge_overcurrent",)),
        ((0, 0, 0x0020, 0), ("discharge_mosfet_failure",)),
    ],
)
async def test_alarms(
    alarms: tuple[int, ...],
    names: tuple[str, ...],
    battery: FakeBattery,
    make_reader: MakeReader,
) -> None:
    battery.answers = daly_answers(frames.daly_status(0, alarms), frames.daly_settings())
    assert (await make_reader("daly").read()).protections == names


async def test_without_settings_the_wish_is_unknown(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = daly_answers(frames.daly_status(), b"")
    battery.answers[DALY_SETTINGS] = []
    sample = await make_reader("daly").read()
    assert sample.capacity is None
    assert sample.charge_commanded is None


async def test_refused(battery: FakeBattery, make_reader: MakeReader) -> None:
    off = bytes.fromhex("D20600A600007A4A")
    battery.answers = daly_answers(frames.daly_status(), frames.daly_settings())
    battery.answers[off] = [frames.modbus("D2 86 02")]
    with pytest.raises(CommandRefused) as caught:
        await make_reader("daly").switch(Mosfet.DISCHARGE, False)
    assert caught.value.code == 2


async def test_variant_81_is_left_alone(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = {frames.modbus("81 03 00 00 00 40"): [frames.modbus("51 03 80", bytes(128))]}
    reader = make_reader("daly")
    with pytest.raises(NotSwitchable):
        await reader.switch(Mosfet.DISCHARGE, False)
    assert not WRITES & set(battery.written)
