"""ANT: the reason codes."""

import pytest

from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.ble import frames
from tests.ble.client import FakeBattery
from tests.ble.switching import ANT_READ, MakeReader


@pytest.mark.parametrize(
    ("charge", "discharge", "names", "state", "wishes"),
    [
        (0x01, 0x0F, (), BatteryState.STANDBY, (True, False)),
        (0x0F, 0x01, (), BatteryState.STANDBY, (False, True)),
        (0x04, 0x01, (), BatteryState.FULL, (None, True)),
        (0x0E, 0x0B, (), BatteryState.STANDBY, (None, None)),
        (0x02, 0x01, ("cell_overvoltage",), BatteryState.PROTECTION, (None, True)),
        (0x01, 0x02, ("cell_undervoltage",), BatteryState.PROTECTION, (True, None)),
        (0x01, 0x0C, ("short_circuit",), BatteryState.PROTECTION, (True, None)),
        (0x01, 0x77, ("other",), BatteryState.PROTECTION, (True, None)),
    ],
)
async def test_reasons(
    charge: int,
    discharge: int,
    names: tuple[str, ...],
    state: BatteryState,
    wishes: tuple[bool | None, bool | None],
    battery: FakeBattery,
    make_reader: MakeReader,
) -> None:
    battery.answers = {ANT_READ: [frames.ant_status(charge=charge, discharge=discharge)]}
    sample = await make_reader("ant").read()
    assert sample.protections == names
    assert sample.state is state
    assert (sample.charge_commanded, sample.discharge_commanded) == wishes
    assert (sample.charge_enabled, sample.discharge_enabled) == (charge == 1, discharge == 1)


async def test_reading(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = {ANT_READ: [frames.ant_status(-7.5)]}
    sample = await make_reader("ant").read()
    assert sample.voltage == pytest.approx(13.21)
    assert sample.current == pytest.approx(-7.5)
    assert sample.cells == (3.300, 3.301, 3.302, 3.303)
    assert sample.temperatures == (20, 21, 22, 23)
    assert sample.throughput == 123
    assert sample.cycles is None


async def test_secret_goes_first_and_before_each_command(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    secret = bytes.fromhex("7EA1236A010C") + b"123456789abc" + bytes.fromhex("2062AA55")
    off = bytes.fromhex("7EA151010000D8E5AA55")
    battery.answers = {ANT_READ: [frames.ant_status(discharge=0x0F)]}
    await make_reader("ant", secret="123456789abc").switch(Mosfet.DISCHARGE, False)
    assert battery.written[:4] == [secret, ANT_READ, secret, off]
