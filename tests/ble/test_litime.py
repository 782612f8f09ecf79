"""LiTime: published frames decode to the published values, and switching sends published bytes."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from custom_components.lifepo4_bank.ble.errors import CommandRefused, NotConfirmed, Unreachable
from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.ble import litime_frames as frames
from tests.ble.client import FakeBattery

STATUS = bytes.fromhex("000004011355aa17")
CHARGE_ON = bytes.fromhex("000004010a55aa0e")
CHARGE_OFF = bytes.fromhex("000004010b55aa0f")
DISCHARGE_ON = bytes.fromhex("000004010c55aa10")
DISCHARGE_OFF = bytes.fromhex("000004010d55aa11")

type MakeReader = Callable[..., BatteryReader]


@dataclass(frozen=True)
class Expected:
    """What is printed beside a captured frame."""

    frame: bytes
    voltage: float
    cells: tuple[float, ...]
    current: float
    temperatures: tuple[float, ...]
    remaining: float
    capacity: float
    soc: float
    health: float
    cycles: int
    throughput: float
    state: BatteryState
    charge: bool = True
    balancing: bool = False


CAPTURED = [
    Expected(
        frames.A, 26.556, (3.317, 3.319, 3.324, 3.323, 3.320, 3.314, 3.322, 3.317), -1.435,
        (23, 22, -2), 68.89, 105.00, 0.65, 1.00, 3, 351, BatteryState.DISCHARGING,
    ),
    Expected(
        frames.B, 13.324, (3.331,) * 4, 0, (23, 24), 100.00, 100.00, 0.99, 1.00, 0, 0,
        BatteryState.STANDBY,
    ),
    Expected(
        frames.C, 13.348, (3.338, 3.338, 3.336, 3.336), 0, (21, 21), 111.26, 100.99, 0.99, 1.00,
        2, 222, BatteryState.STANDBY,
    ),
    Expected(
        frames.D, 13.316, (3.329,) * 4, 0, (17, 18), 191.61, 210.00, 0.91, 1.03, 1, 297,
        BatteryState.STANDBY,
    ),
    Expected(
        frames.E, 13.876, (3.471, 3.476, 3.464, 3.465), 0, (26, 26), 100.58, 100.58, 1.00, 1.00,
        1, 191, BatteryState.FULL, charge=False,
    ),
    Expected(
        frames.F, 13.862, (3.462, 3.484, 3.440, 3.476), 0, (26, 25), 100.89, 100.89, 1.00, 1.00,
        1, 107, BatteryState.FULL, charge=False, balancing=True,
    ),
    Expected(
        frames.F5, 13.423, (3.347, 3.357, 3.366, 3.353), 0, (-1, -1), 147.00, 147.00, 1.00, 1.04,
        4, 661, BatteryState.FULL, charge=False,
    ),
    Expected(
        frames.G, 13.151, (3.290, 3.288, 3.288, 3.285), 0, (24, 24), 40.14, 80.00, 0.50, 0.80,
        0, 0, BatteryState.STANDBY,
    ),
]  # fmt: skip


@pytest.mark.parametrize("expected", CAPTURED, ids=["A", "B", "C", "D", "E", "F", "F5", "G"])
async def test_captured_frame(
    expected: Expected, battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers[STATUS] = [expected.frame]
    sample = await make_reader("redodo", clock=lambda: 1000.0).read()
    assert sample.time == 1000
    assert sample.voltage == pytest.approx(expected.voltage)
    assert sample.cells == pytest.approx(expected.cells)
    assert sample.current == pytest.approx(expected.current)
    assert sample.temperatures == expected.temperatures
    assert sample.remaining == pytest.approx(expected.remaining)
    assert sample.capacity == pytest.approx(expected.capacity)
    assert sample.soc == pytest.approx(expected.soc)
    assert sample.health == pytest.approx(expected.health)
    assert sample.cycles == expected.cycles
    assert sample.throughput == expected.throughput
    assert sample.state is expected.state
    assert sample.charge_enabled is expected.charge
    assert sample.discharge_enabled is True
    assert sample.heater is False
    assert sample.balancing is expected.balancing
    assert sample.protections == ()
    assert sample.problem_code == 0


@pytest.mark.parametrize(
    ("frame", "charge"), [(frames.B_OFF, True), (frames.E_OFF, False)], ids=["idle", "full"]
)
async def test_discharge_off_is_a_bit_of_its_own(
    frame: bytes, charge: bool, battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers[STATUS] = [frame]
    sample = await make_reader("redodo").read()
    assert sample.discharge_enabled is False
    assert sample.charge_enabled is charge
    assert sample.heater is False
    assert sample.voltage == pytest.approx(sum(sample.cells))


async def test_protection(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers[STATUS] = [frames.B_UV]
    sample = await make_reader("redodo").read()
    assert sample.protections == ("cell_undervoltage",)
    assert sample.state is BatteryState.PROTECTION
    assert sample.discharge_enabled is False


@pytest.mark.parametrize("size", [1, 7, 20, 104])
async def test_fragments_are_put_together(
    size: int, battery: FakeBattery, make_reader: MakeReader
) -> None:
    stream = frames.A[:33] + frames.A
    battery.answers[STATUS] = [stream[i : i + size] for i in range(0, len(stream), size)]
    sample = await make_reader("redodo").read()
    assert sample.current == pytest.approx(-1.435)


def flipped(frame: bytes, at: int) -> bytes:
    """Return the frame with one bit of a byte wrong."""
    return frame[:at] + bytes((frame[at] ^ 0x10,)) + frame[at + 1 :]


BAD = {
    "nothing": [],
    "checksum": [flipped(frames.A, 104)],
    "changed value": [flipped(frames.A, 49)],
    "too short": [frames.A[:-2]],
    "length byte": [flipped(frames.A, 2)],
    "two bytes lost": [frames.A[:50] + frames.A[52:]],
    "late acknowledgement": [bytes.fromhex("000005018c55aa0091")],
    "error answer": [bytes.fromhex("000005019355aa069e")],
    "version instead": [
        (body := bytes.fromhex("000055019655aa00") + bytes(80)) + bytes((sum(body) & 0xFF,))
    ],
    "error in a status": [
        (body := frames.A[:7] + b"\x06" + frames.A[8:-1]) + bytes((sum(body) & 0xFF,))
    ],
    "noise": [bytes(range(256)) * 2, b"\x00\x00\x65\x01\x93\x55\xaa" * 40],
}


@pytest.mark.parametrize("pieces", BAD.values(), ids=BAD)
async def test_bad_answer_never_becomes_a_value(
    pieces: list[bytes], battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers[STATUS] = pieces
    with pytest.raises(Unreachable):
        await make_reader("redodo").read()


async def test_late_acknowledgement_before_the_status(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers[STATUS] = [bytes.fromhex("000005018c55aa0091"), frames.B]
    assert (await make_reader("redodo").read()).soc == pytest.approx(0.99)


@pytest.mark.parametrize(
    ("mosfet", "on", "frame", "before", "after"),
    [
        (Mosfet.DISCHARGE, False, DISCHARGE_OFF, frames.B, frames.B_OFF),
        (Mosfet.DISCHARGE, True, DISCHARGE_ON, frames.B_OFF, frames.B),
        (Mosfet.CHARGE, False, CHARGE_OFF, frames.B, frames.E),
        (Mosfet.CHARGE, True, CHARGE_ON, frames.E, frames.B),
    ],
)
async def test_switch(
    mosfet: Mosfet,
    on: bool,
    frame: bytes,
    before: bytes,
    after: bytes,
    battery: FakeBattery,
    make_reader: MakeReader,
) -> None:
    battery.answers[STATUS] = [before]
    battery.on_write = lambda sent: (
        battery.answers.update({STATUS: [after]}) if sent == frame else None
    )
    reader = make_reader("redodo")
    sample = await reader.switch(mosfet, on)
    assert battery.written == ([frame, STATUS] if on else [STATUS, frame, STATUS])
    enabled = sample.discharge_enabled if mosfet is Mosfet.DISCHARGE else sample.charge_enabled
    assert enabled is on


async def test_switch_that_nothing_follows(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers[STATUS] = [frames.B]
    with pytest.raises(NotConfirmed) as caught:
        await make_reader("redodo").switch(Mosfet.DISCHARGE, False)
    assert caught.value.sample.discharge_enabled is True
    assert battery.written.count(DISCHARGE_OFF) == 1


async def test_switch_refused(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers[STATUS] = [frames.B]
    battery.answers[DISCHARGE_OFF] = [bytes.fromhex("000005018d55aa0698")]
    with pytest.raises(CommandRefused) as caught:
        await make_reader("redodo").switch(Mosfet.DISCHARGE, False)
    assert caught.value.code == 6


def with_current(frame: bytes, milliamperes: int) -> bytes:
    """Return a status with another current and a right sum."""
    body = frame[:48] + milliamperes.to_bytes(4, "little", signed=True) + frame[52:-1]
    return body + bytes((sum(body) & 0xFF,))


async def test_off_while_charging_is_taken_although_it_reads_on(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    """The BMS closes the MOSFET itself while a charger delivers; that is no failed command."""
    reader = make_reader("redodo")
    battery.answers[STATUS] = [with_current(frames.B, 19_094)]
    sample = await reader.switch(Mosfet.DISCHARGE, False)
    assert sample.discharge_enabled is True
    assert (await reader.read()).discharge_commanded is False

    battery.answers[STATUS] = [frames.B_OFF]
    sample = await reader.read()
    assert (sample.discharge_enabled, sample.discharge_commanded) == (False, False)

    battery.answers[STATUS] = [with_current(frames.B, -8_074)]
    sample = await reader.read()
    assert (sample.discharge_enabled, sample.discharge_commanded) == (True, None)


async def test_version_and_serial(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers[STATUS] = [frames.B]
    numbers = b"".join(n.to_bytes(2, "little") for n in (1, 4, 0, 2024)) + bytes((3, 31))
    version = bytes.fromhex("000055019655aa00") + numbers + b"T12100-V1.2".ljust(70, b"\0")
    serial = bytes.fromhex("000015019055aa00") + b"\xff" * 16
    for request, answer in ((0x16, version), (0x10, serial)):
        frame = bytes((0, 0, 4, 1, request, 0x55, 0xAA, 4 + request))
        battery.answers[frame] = [answer + bytes((sum(answer) & 0xFF,))]
    reader = make_reader("redodo", name="R-12100BNNA70-A02402")
    await reader.read()
    details = reader.details
    assert (details.brand, details.model) == ("Redodo", "R-12100BNNA70")
    assert (details.software, details.hardware) == ("1.4.0 (2024-03-31)", "T12100-V1.2")
    assert details.serial == "A02402"
    assert details.nominal_voltage == pytest.approx(12.8)
    assert details.capacity == 100
