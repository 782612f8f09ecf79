"""The answers of LiTime, Redodo and Power Queen batteries, decoded."""

from dataclasses import dataclass
import struct

from ..core.battery import BatterySample, BatteryState, Seconds
from .protections import protections
from .sample import (
    MAX_CAPACITY,
    MAX_CURRENT,
    MAX_CYCLES,
    MAX_VOLTAGE,
    cells,
    plausible,
    state_of,
    temperatures,
)

STATUS_LENGTH = 105
VERSION_LENGTH = 89
VOLTAGE_TOLERANCE = 200
"""Millivolts. In every captured frame the voltage is the sum of the cells to the millivolt."""
HEAD = 8
"""Bytes before the content."""

_LAYOUT = struct.Struct("<8xII16Hi5hHHHIIIIIHHIIIx")
HEATER_ON = 0x02
CHARGE_OFF = 0x40
DISCHARGE_OFF = 0x80
STATE_CHARGING = 0x01
STATE_DISCHARGING = 0x02
STATE_FULL = 0x04


@dataclass(frozen=True, slots=True)
class Status:
    """The status frame, in its own units."""

    terminal: int
    """Millivolts at the terminals: collapses when the discharge MOSFET is off."""
    voltage: int
    cells: tuple[int, ...]
    current: int
    temperatures: tuple[int, ...]
    remaining: int
    capacity: int
    switches: int
    alarm: int
    protection: int
    error: int
    balancing: int
    state: int
    soc: int
    health: int
    cycles: int
    throughput: int

    @classmethod
    def of(cls, frame: bytes) -> Status:
        """Decode a complete frame of 105 bytes whose checksum fits.

        Raises ValueError if the voltage is not that of the cells: one byte of checksum is weak.
        """
        terminal, voltage, *rest = _LAYOUT.unpack(frame)
        if abs(voltage - sum(rest[:16])) > VOLTAGE_TOLERANCE:
            raise ValueError(f"{voltage} mV is not the sum of {rest[:16]}")
        remaining, capacity, _displayed, *words = rest[22:]
        return cls(
            terminal,
            voltage,
            tuple(rest[:16]),
            rest[16],
            tuple(rest[17:22]),
            remaining,
            capacity,
            *words,
        )


def version_of(frame: bytes) -> tuple[str | None, str | None]:
    """Firmware as "1.4.0 (2024-03-31)" and the hardware's name."""
    if len(frame) != VERSION_LENGTH:
        return None, None
    major, minor, patch, year, month, day = struct.unpack_from("<4H2B", frame, HEAD)
    hardware = text_of(frame[HEAD + 10 : HEAD + 40])
    if not 2000 <= year < 2100 or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None, hardware
    return f"{major}.{minor}.{patch} ({year}-{month:02}-{day:02})", hardware


def text_of(raw: bytes) -> str | None:
    """Printable characters; some firmware puts NULs between them, and FF where nothing is."""
    text = "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F).strip()
    return text or None


def sample_of(status: Status, sensors: int, battery: str, time: Seconds) -> BatterySample:
    """Translate the status; impossible values become None."""
    code = status.protection | status.error << 32
    faults = protections("redodo", code)
    current = plausible(status.current / 1000, -MAX_CURRENT, MAX_CURRENT)
    level = plausible(status.soc, 0, 100)
    soc = None if level is None else level / 100
    health = plausible(status.health, 1, 150)
    cycles = plausible(status.cycles, 0, MAX_CYCLES)
    charge_enabled = not status.switches & CHARGE_OFF
    fitted = max((n for n, cell in enumerate(status.cells, 1) if cell), default=0)
    return BatterySample(
        battery=battery,
        time=time,
        voltage=plausible(status.voltage / 1000, 0.5, MAX_VOLTAGE),
        current=current,
        soc=soc,
        remaining=plausible(status.remaining / 100, 0, MAX_CAPACITY),
        capacity=plausible(status.capacity / 100, 0.5, MAX_CAPACITY),
        throughput=status.throughput,
        cells=cells(cell / 1000 for cell in status.cells[:fitted]),
        temperatures=temperatures(status.temperatures[:sensors]),
        cycles=None if cycles is None else int(cycles),
        health=None if health is None else health / 100,
        charge_enabled=charge_enabled,
        discharge_enabled=not status.switches & DISCHARGE_OFF,
        heater=bool(status.switches & HEATER_ON),
        balancing=bool(status.balancing),
        state=_state(status, current, soc, charge_enabled, faults),
        protections=faults,
        problem_code=code,
    )


def _state(
    status: Status,
    current: float | None,
    soc: float | None,
    charge_enabled: bool,
    faults: tuple[str, ...],
) -> BatteryState | None:
    """Let the BMS's own word win where its coarse current sensor reads 0."""
    state = state_of(current, soc, charge_enabled, faults, full=bool(status.state & STATE_FULL))
    if state is BatteryState.STANDBY and status.state & STATE_CHARGING:
        return BatteryState.CHARGING
    if state is BatteryState.STANDBY and status.state & STATE_DISCHARGING:
        return BatteryState.DISCHARGING
    return state
