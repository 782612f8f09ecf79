"""What a battery's BMS makes of it: coarse sensors, a drifting counter, MOSFETs of its own will."""

from dataclasses import dataclass
from enum import StrEnum

from custom_components.lifepo4_bank.core.battery import (
    AmpereHours,
    Amperes,
    BatteryState,
    Celsius,
    Fraction,
    Seconds,
    Volts,
)


class Protection(StrEnum):
    """What a BMS protects from; the names are those of the LiTime bits."""

    CELL_OVER_VOLTAGE = "cell_over_voltage"
    CELL_UNDER_VOLTAGE = "cell_under_voltage"
    CHARGE_OVER_CURRENT = "charge_over_current"
    DISCHARGE_OVER_CURRENT = "discharge_over_current"
    CHARGE_HIGH_TEMPERATURE = "charge_high_temperature"
    DISCHARGE_HIGH_TEMPERATURE = "discharge_high_temperature"
    CHARGE_LOW_TEMPERATURE = "charge_low_temperature"
    DISCHARGE_LOW_TEMPERATURE = "discharge_low_temperature"
    SHORT_CIRCUIT = "short_circuit"
    MOSFET_HIGH_TEMPERATURE = "mosfet_high_temperature"


_BOTH = {Protection.SHORT_CIRCUIT, Protection.MOSFET_HIGH_TEMPERATURE}
BLOCKS_CHARGE = frozenset(
    {
        Protection.CELL_OVER_VOLTAGE,
        Protection.CHARGE_OVER_CURRENT,
        Protection.CHARGE_HIGH_TEMPERATURE,
        Protection.CHARGE_LOW_TEMPERATURE,
        *_BOTH,
    }
)
BLOCKS_DISCHARGE = frozenset(
    {
        Protection.CELL_UNDER_VOLTAGE,
        Protection.DISCHARGE_OVER_CURRENT,
        Protection.DISCHARGE_HIGH_TEMPERATURE,
        Protection.DISCHARGE_LOW_TEMPERATURE,
        *_BOTH,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bms:
    """The ways of one make of BMS."""

    name: str
    floor: Amperes
    """Dead band: a smaller current reads 0 and is not counted."""
    current_step: Amperes
    current_noise: Amperes
    voltage_step: Volts
    """Of the battery's voltage; cells are always told in mV."""
    soc_step: Fraction = 0.01
    charge_step: AmpereHours = 0.01
    opens_when_full: bool
    """Whether it opens the charge MOSFET at full."""
    counts_throughput: bool = True
    full_cell: Volts = 3.45
    """Mean cell voltage at which a small charging current means full."""
    full_rate: float = 0.05
    """What is small: current by capacity."""
    full_release: Fraction = 0.97
    """Counted SoC below which it is no longer full."""
    charge_limit: float = 1.2
    discharge_limit: float = 2.0
    """Over-current, by capacity."""
    current_delay: Seconds = 10.0
    current_recovery: Seconds = 60.0
    reclose: Amperes = 1.0
    """Permitted current at which a MOSFET that is off closes by itself."""
    reopen: Amperes = 0.3


LITIME = Bms(
    name="LiTime", floor=1.5, current_step=0.001, current_noise=0.08, voltage_step=0.001,
    opens_when_full=True,
)  # fmt: skip
JBD = Bms(
    name="JBD", floor=0.3, current_step=0.01, current_noise=0.05, voltage_step=0.01,
    opens_when_full=False, counts_throughput=False,
)  # fmt: skip
DALY = Bms(
    name="Daly", floor=1.0, current_step=0.1, current_noise=0.1, voltage_step=0.1,
    soc_step=0.001, charge_step=0.1, opens_when_full=False, counts_throughput=False,
)  # fmt: skip
IDEAL = Bms(
    name="Ideal", floor=0.0, current_step=1e-6, current_noise=0.0, voltage_step=1e-6,
    soc_step=1e-6, charge_step=1e-6, opens_when_full=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """How far one BMS's measuring is off."""

    gain: float = 1.0
    offset: Amperes = 0.0
    voltage_gain: float = 1.0
    drift: Amperes = 0.0
    """What the counter adds by itself, as if it were current."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a BMS says at one moment."""

    battery: str
    time: Seconds
    voltage: Volts
    """Sum of the cells."""
    terminal_voltage: Volts
    """Collapses while the discharge MOSFET is open and nothing charges."""
    current: Amperes
    soc: Fraction
    remaining: AmpereHours
    capacity: AmpereHours
    throughput: AmpereHours | None
    """Charge taken out since it was made."""
    cells: tuple[Volts, ...]
    temperature: Celsius
    mosfet_temperature: Celsius
    cycles: int
    health: Fraction
    charge_enabled: bool
    discharge_enabled: bool
    charge_commanded: bool
    discharge_commanded: bool
    heater: bool
    balancing: tuple[bool, ...]
    state: BatteryState
    full: bool
    protections: frozenset[Protection]
    warnings: frozenset[Protection]
