"""Daly with the D2 protocol: Modbus frames over service FFF0, registers big-endian."""

from collections.abc import Sequence
from typing import ClassVar, override

from .advertisement import Advertisement
from .bms import Protection, Reading
from .gatt import Characteristic, Property, Service
from .wire import Reply, Wire, crc16_modbus

ADDRESS, READ, WRITE = 0xD2, 0x03, 0x06
STATUS, SETTINGS = range(0x47), range(0x80, 0xC9)
"""Registers that can be read, the temperature of the MOSFETs with the status."""
CHARGE_SWITCH, DISCHARGE_SWITCH = 0xA5, 0xA6
ZERO_CURRENT = 30000
ZERO_CELSIUS = 40
IDLE, CHARGING, DISCHARGING = 0, 1, 2

PROTECTIONS = {
    Protection.CELL_OVER_VOLTAGE: (0x3A, 1),
    Protection.CELL_UNDER_VOLTAGE: (0x3A, 3),
    Protection.CHARGE_HIGH_TEMPERATURE: (0x3A, 9),
    Protection.CHARGE_LOW_TEMPERATURE: (0x3A, 11),
    Protection.DISCHARGE_HIGH_TEMPERATURE: (0x3A, 13),
    Protection.DISCHARGE_LOW_TEMPERATURE: (0x3A, 15),
    Protection.CHARGE_OVER_CURRENT: (0x3B, 1),
    Protection.DISCHARGE_OVER_CURRENT: (0x3B, 3),
    Protection.MOSFET_HIGH_TEMPERATURE: (0x3C, 1),
    Protection.SHORT_CIRCUIT: (0x3C, 7),
}
"""Register and bit of the critical level; the low byte comes first in the published lists."""
SOC_HIGH_WARNING = (0x3B, 4)


def registers(reading: Reading) -> dict[int, int]:
    """Return what the BMS knows by register; those left out are 0."""
    cells = [round(cell * 1000) for cell in reading.cells]
    state = CHARGING if reading.current > 0 else DISCHARGING if reading.current < 0 else IDLE
    temperature = round(reading.temperature) + ZERO_CELSIUS
    values = dict(enumerate(cells)) | {
        0x20: temperature,
        0x21: temperature,
        0x28: round(reading.voltage * 10),
        0x29: round(reading.current * 10) + ZERO_CURRENT,
        0x2A: round(reading.soc * 1000),
        0x2F: state,
        0x30: round(reading.remaining * 10),
        0x31: len(cells),
        0x32: 2,
        0x33: reading.cycles,
        0x34: int(any(reading.balancing)),
        0x35: int(reading.charge_enabled),
        0x36: int(reading.discharge_enabled),
        0x37: round(sum(cells) / len(cells)),
        0x38: max(cells) - min(cells),
        0x42: round(reading.mosfet_temperature) + ZERO_CELSIUS,
        0x80: round(reading.capacity * 10),
        CHARGE_SWITCH: int(reading.charge_commanded),
        DISCHARGE_SWITCH: int(reading.discharge_commanded),
    }
    alarms = [PROTECTIONS[protection] for protection in reading.protections]
    if reading.full:
        alarms.append(SOC_HIGH_WARNING)
    for register, bit in alarms:
        values[register] = values.get(register, 0) | 1 << bit
    return values


def text_registers(start: int, length: int, text: str) -> dict[int, int]:
    """Return a text as registers of two characters each, NUL padded."""
    padded = text.encode().ljust(2 * length, b"\x00")
    return {
        start + place: int.from_bytes(padded[2 * place : 2 * place + 2]) for place in range(length)
    }


VERSIONS = text_registers(0xA9, 8, "12_241015_000T") | text_registers(0xB1, 8, "DL-R16L-F8S100A")


def frame(body: bytes) -> bytes:
    """Return a frame with its CRC."""
    return body + crc16_modbus(body)


class Daly(Wire):
    """One battery with a Daly BMS."""

    services: ClassVar = (
        Service(
            "fff0",
            (
                Characteristic("fff1", Property.READ | Property.NOTIFY),
                Characteristic("fff2", Property.WRITE_WITHOUT_RESPONSE | Property.WRITE),
            ),
        ),
    )

    @property
    @override
    def advertisement(self) -> Advertisement:
        return Advertisement(self.name, (0xFFF0,), manufacturer={0x0102: b"\x04"})

    @override
    def write(self, characteristic: str, payload: bytes) -> Sequence[Reply]:
        if len(payload) != 8 or payload[0] != ADDRESS or frame(payload[:6]) != payload:
            return ()
        function, register = payload[1], int.from_bytes(payload[2:4])
        value = int.from_bytes(payload[4:6])
        if function == READ:
            return self._read(register, value)
        switches = {CHARGE_SWITCH: "charge", DISCHARGE_SWITCH: "discharge"}
        if function != WRITE or register not in switches or value > 1:
            return self.brick(f"{payload.hex()}: function {function}, register {register:#06x}")
        self.battery.command(switches[register], bool(value))
        return (Reply("fff1", payload, acknowledgement=True),)

    def _read(self, first: int, count: int) -> Sequence[Reply]:
        """Answer a block of registers; a block that does not exist is not answered."""
        wanted = range(first, first + count)
        if not wanted or not any(
            wanted[0] in block and wanted[-1] in block for block in (STATUS, SETTINGS)
        ):
            return ()
        values = registers(self.battery.reading()) | VERSIONS
        content = b"".join(values.get(register, 0).to_bytes(2) for register in wanted)
        return (Reply("fff1", frame(bytes([ADDRESS, READ, len(content)]) + content)),)
