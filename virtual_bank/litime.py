"""The LiTime BMS and its Bluetooth module: what it offers, answers, and dies of."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, override

from custom_components.lifepo4_bank.core.battery import BatteryState

from .advertisement import Advertisement
from .bms import Protection, Reading
from .gatt import Characteristic, Property, Service, device_information
from .litime_frames import (
    CHARGE_IS_OFF,
    CHARGE_OFF,
    CHARGE_ON,
    CHARGING,
    DISCHARGE_IS_OFF,
    DISCHARGE_OFF,
    DISCHARGE_ON,
    DISCHARGING,
    FULL,
    HEATER,
    IDLE,
    OK,
    PROTECTIONS,
    REGISTER,
    SERIAL,
    SHORT_ANSWER,
    STATE_FULL,
    Status,
    Version,
    answer,
    refusal,
)
from .wire import Reply, Wire


def status(reading: Reading) -> Status:
    """Return what the BMS knows as the fields of its status answer."""
    other = 0x00 if reading.charge_enabled else CHARGE_IS_OFF
    other |= 0x00 if reading.discharge_enabled else DISCHARGE_IS_OFF
    other |= HEATER if reading.heater else 0x00
    other |= FULL if reading.full else 0x00
    alarm = _bits(reading.warnings)
    if reading.full:
        alarm |= PROTECTIONS[Protection.CELL_OVER_VOLTAGE]
    return Status(
        terminal_mv=round(reading.terminal_voltage * 1000),
        cell_sum_mv=round(reading.voltage * 1000),
        cells_mv=tuple(round(cell * 1000) for cell in reading.cells),
        current_ma=round(reading.current * 1000),
        temperatures=(round(reading.temperature), round(reading.mosfet_temperature)),
        remaining_cah=round(reading.remaining * 100),
        capacity_cah=round(reading.capacity * 100),
        other=other,
        alarm=alarm,
        protection=_bits(reading.protections),
        balancing=sum(1 << cell for cell, on in enumerate(reading.balancing) if on),
        state=_STATES.get(reading.state, IDLE),
        soc=round(reading.soc * 100),
        soh=round(reading.health * 100),
        cycles=reading.cycles,
        discharged_ah=int(reading.throughput or 0),
    )


def _bits(protections: Iterable[Protection]) -> int:
    return sum(PROTECTIONS[protection] for protection in protections)


_STATES = {
    BatteryState.CHARGING: CHARGING,
    BatteryState.DISCHARGING: DISCHARGING,
    BatteryState.FULL: STATE_FULL,
}

_SWITCHES = {
    CHARGE_ON: ("charge", True),
    CHARGE_OFF: ("charge", False),
    DISCHARGE_ON: ("discharge", True),
    DISCHARGE_OFF: ("discharge", False),
}

_COMPANY = 0x585A
_NOTIFY, _WRITE, _AT_COMMANDS = "ffe1", "ffe2", "ffe3"
_FIRMWARE_DOWNLOAD = "f000ffc0-0451-4000-b000-000000000000"
_FIRMWARE_IDENTIFY = "f000ffc1-0451-4000-b000-000000000000"
_EITHER_WRITE = Property.WRITE | Property.WRITE_WITHOUT_RESPONSE
_NO_SERIAL = b"\xff" * 16


class LiTime(Wire):
    """One LiTime battery: a Beken Bluetooth module in front of the BMS."""

    services: ClassVar = (
        device_information(
            manufacturer="BEKEN SAS", model="BK-BLE-1.0", firmware="6.1.2", software="6.3.0"
        ),
        Service("180f", (Characteristic("2a19", Property.READ | Property.NOTIFY, b"\x00"),)),
        Service(
            "ffe0",
            (
                Characteristic(_NOTIFY, Property.READ | Property.NOTIFY),
                Characteristic(_WRITE, _EITHER_WRITE),
                Characteristic(_AT_COMMANDS, _EITHER_WRITE | Property.NOTIFY),
            ),
        ),
        Service(_FIRMWARE_DOWNLOAD, (Characteristic(_FIRMWARE_IDENTIFY, _EITHER_WRITE),)),
    )

    @property
    @override
    def advertisement(self) -> Advertisement:
        mac = bytes.fromhex(self.address.replace(":", ""))
        return Advertisement(self.name, (0xFFE0,), manufacturer={_COMPANY: mac})

    @override
    def write(self, characteristic: str, payload: bytes) -> Sequence[Reply]:
        """Answer a request; anything that is not known to be harmless bricks the battery."""
        if characteristic != _WRITE:
            return self.brick(f"{payload.hex()} written to {characteristic}")
        if (code := refusal(payload)) != OK:
            command = payload[4] if len(payload) > 4 else 0
            return (_reply(answer(command, code)),)
        frame = self._answer(payload[4])
        if frame is None:
            return self.brick(f"command {payload[4]:#04x} in {payload.hex()}")
        return (_reply(frame),)

    def _answer(self, command: int) -> bytes | None:
        """Do what a command asks; None for one that must never be sent."""
        if command in _SWITCHES:
            self.battery.command(*_SWITCHES[command])
            return answer(command)
        match command:
            case 0x13:
                return status(self.battery.reading()).encode()
            case 0x16:
                return Version(hardware=self._hardware).encode()
            case 0x10:
                return answer(SERIAL, payload=_NO_SERIAL)
            case 0x01:
                return answer(REGISTER)
            case _:
                return None

    @property
    def _hardware(self) -> str:
        """Board for the voltage and capacity in the name: L-24100BNNA70-A00123 is a T24100."""
        return f"T{self.name.split('-')[1][:5]}-V1.2"


def _reply(frame: bytes) -> Reply:
    return Reply(_NOTIFY, frame, acknowledgement=len(frame) == SHORT_ANSWER)
