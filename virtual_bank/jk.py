"""JK (Jikong) BMS, protocol JK02: frames of 300 bytes that stream by themselves, little-endian."""

from collections.abc import Sequence
import struct
from typing import ClassVar, override

from .advertisement import Advertisement
from .bms import Protection, Reading
from .gatt import Characteristic, Property, Service
from .wire import Reply, Wire, checksum

REQUEST, RESPONSE = b"\xaa\x55\x90\xeb", b"\x55\xaa\xeb\x90"
FRAME_LENGTH, REQUEST_LENGTH = 300, 20
SETTINGS_FRAME, CELL_FRAME, INFO_FRAME = 1, 2, 3
IDENTITY, STREAM = 0x97, 0x96
CHARGE, DISCHARGE, BALANCER = 0x1D, 0x1E, 0x1F
CELL_OVER_VOLTAGE = 1 << 4
"""Also set at every full charge."""
BULK, FLOAT = 0, 2

PROTECTIONS = {
    Protection.MOSFET_HIGH_TEMPERATURE: 1,
    Protection.CELL_OVER_VOLTAGE: 4,
    Protection.CHARGE_OVER_CURRENT: 6,
    Protection.SHORT_CIRCUIT: 14,
    Protection.CHARGE_HIGH_TEMPERATURE: 8,
    Protection.CHARGE_LOW_TEMPERATURE: 9,
    Protection.CELL_UNDER_VOLTAGE: 11,
    Protection.DISCHARGE_OVER_CURRENT: 13,
    Protection.DISCHARGE_HIGH_TEMPERATURE: 15,
    Protection.DISCHARGE_LOW_TEMPERATURE: 27,
}


def request(register: int, value: bytes = b"") -> bytes:
    """Return a request frame."""
    body = REQUEST + bytes([register, len(value)]) + value.ljust(13, b"\x00")
    return body + bytes([checksum(body)])


READY = request(0xC8, b"\x01")
"""What follows the answer to the identity request."""


class Frame:
    """A frame of 300 bytes under construction."""

    def __init__(self, kind: int, counter: int) -> None:
        """Begin with zeros."""
        self._bytes = bytearray(FRAME_LENGTH)
        self._bytes[:6] = RESPONSE + bytes([kind, counter & 0xFF])

    def put(self, offset: int, form: str, *values: int | bytes) -> None:
        """Write values at an offset; `form` as in struct, little-endian."""
        struct.pack_into(f"<{form}", self._bytes, offset, *values)

    def encode(self) -> bytes:
        """Return the frame with its checksum."""
        self._bytes[-1] = checksum(bytes(self._bytes[:-1]))
        return bytes(self._bytes)


def cell_frame(reading: Reading, counter: int, *, wide: bool, discharge_on: bool) -> bytes:
    """Return a cell frame; `wide` has room for 32 cells, else for 24, all offsets 32 lower."""
    frame = Frame(CELL_FRAME, counter)
    millivolts = [round(cell * 1000) for cell in reading.cells]
    after_cells, shift = (70, 0) if wide else (54, -32)
    frame.put(6, f"{len(millivolts)}H", *millivolts)
    frame.put(after_cells, "I", (1 << len(millivolts)) - 1)
    frame.put(after_cells + 4, "H", round(sum(millivolts) / len(millivolts)))
    frame.put(after_cells + 6, "H", max(millivolts) - min(millivolts))
    frame.put(150 + shift, "I", round(reading.voltage * 1000))
    frame.put(154 + shift, "I", round(abs(reading.voltage * reading.current) * 1000))
    frame.put(158 + shift, "i", round(reading.current * 1000))
    celsius = round(reading.temperature * 10)
    frame.put(162 + shift, "2h", celsius, celsius)
    if wide:
        frame.put(144, "h", round(reading.mosfet_temperature * 10))
        frame.put(166, "I", alarms(reading))
        frame.put(214, "B", 0b111)
        frame.put(215, "B", reading.heater)
        frame.put(280, "B", FLOAT if reading.full else BULK)
    else:
        frame.put(134, "h", round(reading.mosfet_temperature * 10))
        frame.put(136, "H", alarms(reading) & 0xFFFF)
        frame.put(182, "B", 0b111)
    frame.put(172 + shift, "2B", any(reading.balancing), round(reading.soc * 100))
    frame.put(174 + shift, "I", round(reading.remaining * 1000))
    frame.put(178 + shift, "I", round(reading.capacity * 1000))
    frame.put(182 + shift, "I", reading.cycles)
    frame.put(190 + shift, "B", round(reading.health * 100))
    frame.put(198 + shift, "2B", reading.charge_enabled, discharge_on)
    return frame.encode()


def settings_frame(reading: Reading, counter: int) -> bytes:
    """Return the settings frame: what was asked of the MOSFETs."""
    frame = Frame(SETTINGS_FRAME, counter)
    frame.put(118, "I", reading.charge_commanded)
    frame.put(122, "I", reading.discharge_commanded)
    frame.put(126, "I", 1)
    return frame.encode()


def info_frame(name: str, software: str, counter: int) -> bytes:
    """Return the device information."""
    frame = Frame(INFO_FRAME, counter)
    frame.put(6, "16s", b"JK_B2A8S20P")
    frame.put(22, "8s8s", b"11.XA", software.encode())
    frame.put(46, "16s", name.encode())
    frame.put(86, "8s", b"30512345")
    return frame.encode()


def alarms(reading: Reading) -> int:
    """Return the alarm bits."""
    bits = sum(1 << PROTECTIONS[protection] for protection in reading.protections)
    return bits | CELL_OVER_VOLTAGE if reading.full else bits


class Jk(Wire):
    """One battery with a JK BMS; its discharge MOSFET closes after a pre-discharge."""

    services: ClassVar = (
        Service(
            "ffe0",
            (
                Characteristic(
                    "ffe1", Property.READ | Property.WRITE_WITHOUT_RESPONSE | Property.NOTIFY
                ),
            ),
        ),
    )
    mtu: ClassVar[int] = 131
    stream_interval: ClassVar[float | None] = 0.5
    options: ClassVar[frozenset[str]] = frozenset({"software", "pre_discharge"})

    software: str = "15.30"
    """Below 11 the frames have room for 24 cells, from 11 on for 32."""
    pre_discharge: float = 4.5
    """Seconds from the command until the discharge MOSFET reads on."""

    _counter = 0
    _streaming = False
    _switched_on = -1000.0

    @property
    @override
    def advertisement(self) -> Advertisement:
        mac = bytes.fromhex(self.address.replace(":", ""))
        return Advertisement(self.name, (0xFFE0,), manufacturer={0x0B65: b"\x88\xa0" + mac})

    @override
    def connected(self) -> None:
        self._streaming = False

    @override
    def write(self, characteristic: str, payload: bytes) -> Sequence[Reply]:
        if (
            len(payload) != REQUEST_LENGTH
            or not payload.startswith(REQUEST)
            or payload[-1] != checksum(payload[:-1])
        ):
            return ()
        register, length = payload[4:6]
        if register == IDENTITY:
            info = info_frame(self.name, self.software, self._count())
            return (Reply("ffe1", info + READY),)
        if register == STREAM:
            self._streaming = True
            settings = settings_frame(self.battery.reading(), self._count())
            return (Reply("ffe1", settings), Reply("ffe1", self._cells(), delay=0.1))
        value = int.from_bytes(payload[6:10], "little")
        if register not in (CHARGE, DISCHARGE, BALANCER) or length != 4 or value > 1:
            return self.brick(f"{payload.hex()}: register {register:#04x}")
        self._switch(register, on=bool(value))
        return ()

    @override
    def streamed(self) -> Sequence[Reply]:
        return (Reply("ffe1", self._cells(), delay=0.0),) if self._streaming else ()

    def _switch(self, register: int, *, on: bool) -> None:
        if register == DISCHARGE:
            if on and not self.battery.reading().discharge_enabled:
                self._switched_on = self.battery.reading().time
            self.battery.command("discharge", on)
        elif register == CHARGE:
            self.battery.command("charge", on)

    def _cells(self) -> bytes:
        reading = self.battery.reading()
        waited = reading.time - self._switched_on >= self.pre_discharge
        return cell_frame(
            reading,
            self._count(),
            wide=int(self.software.split(".")[0]) >= 11,
            discharge_on=reading.discharge_enabled and waited,
        )

    def _count(self) -> int:
        self._counter += 1
        return self._counter
