"""One battery: what is fixed about it, and one reading of it.

Units are SI with hours for charge: volts, amperes, ohms, ampere-hours, degrees Celsius.
Current is positive while charging. A quantity that is not reported is None, never 0.
"""

from dataclasses import dataclass
from enum import StrEnum

type Volts = float
type Amperes = float
type Ohms = float
type AmpereHours = float
type Celsius = float
type Fraction = float
type Seconds = float

NOMINAL_CELL_VOLTAGE: Volts = 3.2


class BatteryState(StrEnum):
    """What a battery is doing, in the words of the vendors' apps."""

    CHARGING = "charging"
    DISCHARGING = "discharging"
    STANDBY = "standby"
    FULL = "full"
    PROTECTION = "protection"
    ASLEEP = "asleep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """What is known of a battery apart from its readings."""

    id: str
    """Bluetooth address in upper case, or the config entry's id."""
    name: str
    brand: str | None = None
    model: str | None = None
    nominal_voltage: Volts | None = None
    capacity: AmpereHours | None = None
    """As the owner entered it; otherwise the reading's capacity counts."""
    detection_floor: Amperes | None = None
    """Smallest current that the BMS reports, as entered or known of the family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySample:
    """One reading of one battery."""

    battery: str
    time: Seconds
    """When it was read, on the clock that all samples of the bank share."""
    voltage: Volts | None = None
    current: Amperes | None = None
    soc: Fraction | None = None
    remaining: AmpereHours | None = None
    capacity: AmpereHours | None = None
    """Full-charge capacity that the BMS works with."""
    throughput: AmpereHours | None = None
    """Charge taken out of the battery since it was made."""
    cells: tuple[Volts, ...] = ()
    temperatures: tuple[Celsius, ...] = ()
    cycles: int | None = None
    health: Fraction | None = None
    charge_enabled: bool | None = None
    """Whether the charge MOSFET conducts now; the BMS may close it by itself."""
    discharge_enabled: bool | None = None
    charge_commanded: bool | None = None
    """What the owner asked of the charge MOSFET, where the family tells it apart."""
    discharge_commanded: bool | None = None
    heater: bool | None = None
    balancing: bool | None = None
    state: BatteryState | None = None
    protections: tuple[str, ...] = ()
    """Names of the faults that the BMS reports; full, warning and user-locked bits are none."""
    problem_code: int | None = None

    @property
    def tripped(self) -> bool:
        """Whether the BMS reports a fault: by name, or by its state alone."""
        return bool(self.protections) or self.state is BatteryState.PROTECTION

    @property
    def power(self) -> float | None:
        """Power at the terminals in watts, positive while charging."""
        if self.voltage is None or self.current is None:
            return None
        return self.voltage * self.current

    @property
    def cell_delta(self) -> Volts | None:
        """Highest minus lowest cell voltage."""
        return max(self.cells) - min(self.cells) if self.cells else None

    @property
    def temperature(self) -> Celsius | None:
        """Temperature of the cells: the first sensor."""
        return self.temperatures[0] if self.temperatures else None
