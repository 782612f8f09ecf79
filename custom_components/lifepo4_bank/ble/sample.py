"""From aiobmsble's words to ours: the only file that knows its field names.

What is not reported stays None. What cannot be true becomes None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
import math

from aiobmsble import BMSSample, BMSValue, TempSensor

from ..core.battery import BatterySample, BatteryState, Celsius, Seconds, Volts
from .protections import protections

COMPUTED: frozenset[BMSValue] = frozenset(
    (
        "battery_charging",
        "cycle_capacity",
        "cycle_charge",
        "cycles",
        "delta_voltage",
        "power",
        "runtime",
        "temperature",
    )
)
"""What the library would work out from other values; we want the battery's word only."""

MAX_VOLTAGE = 1000.0
MAX_CURRENT = 2000.0
MAX_CAPACITY = 20_000.0
MAX_CYCLES = 100_000
CELL_VOLTAGES = (0.2, 5.0)
"""A LiFePO4 cell beyond these is a broken measurement: below 0.2 V it is a dead wire."""
TEMPERATURES = (-50.0, 150.0)
"""Beyond the range of the thermistors in use."""

_CELL_TYPES = (TempSensor.T.CELL, TempSensor.T.CELL_MAX, TempSensor.T.CELL_MIN)
_OTHER_PARTS = (
    TempSensor.T.MOSFET,
    TempSensor.T.PCB,
    TempSensor.T.HEATER,
    TempSensor.T.BALANCER,
    TempSensor.T.AMBIENT,
)


def plausible(value: float | None, low: float, high: float) -> float | None:
    """Return the value, or None if it is no number between the limits."""
    if value is None or not math.isfinite(value) or not low <= value <= high:
        return None
    return value


def cells(voltages: Iterable[float]) -> tuple[Volts, ...]:
    """Return all cells, or none at all: one impossible cell makes their numbering doubtful."""
    found = tuple(float(voltage) for voltage in voltages)
    if any(plausible(voltage, *CELL_VOLTAGES) is None for voltage in found):
        return ()
    return found


def temperatures(values: Iterable[float]) -> tuple[Celsius, ...]:
    """Return the sensors up to the first impossible one, so that none changes its place."""
    kept: list[Celsius] = []
    for value in values:
        if plausible(value, *TEMPERATURES) is None:
            break
        kept.append(float(value))
    return tuple(kept)


def state_of(
    current: float | None,
    soc: float | None,
    charge_enabled: bool | None,
    faults: Sequence[str],
    *,
    full: bool = False,
) -> BatteryState | None:
    """Tell what the battery is doing; None if it does not report its current.

    No family has a code for "protection"; a battery is full when it says so, or when it
    shows 100 %, has opened its charge MOSFET and carries nothing.
    """
    if faults:
        return BatteryState.PROTECTION
    if full or (soc is not None and soc >= 1 and charge_enabled is False and current == 0):
        return BatteryState.FULL
    if current is None:
        return None
    if current > 0:
        return BatteryState.CHARGING
    return BatteryState.DISCHARGING if current < 0 else BatteryState.STANDBY


def battery_sample(
    values: BMSSample, reported: BMSSample, *, battery: str, time: Seconds, family: str
) -> BatterySample:
    """Translate one reading of aiobmsble.

    `reported` is the same reading before the library completed it: its own guess at what is
    a problem (a SoC above 100 %, an empty battery) is not the BMS's word.
    """
    code = reported.get("problem_code")
    faults = protections(family, code, flagged=bool(reported.get("problem")))
    current = plausible(values.get("current"), -MAX_CURRENT, MAX_CURRENT)
    level = plausible(values.get("battery_level"), 0, 100)
    soc = None if level is None else level / 100
    health = plausible(values.get("battery_health"), 1, 150)
    cycles = plausible(values.get("cycles"), 0, MAX_CYCLES)
    balancer = values.get("balancer")
    charge_enabled = values.get("chrg_mosfet")
    return BatterySample(
        battery=battery,
        time=time,
        voltage=plausible(values.get("voltage"), 0.5, MAX_VOLTAGE),
        current=current,
        soc=soc,
        remaining=plausible(values.get("cycle_charge"), 0, MAX_CAPACITY),
        capacity=plausible(values.get("design_capacity"), 0.5, MAX_CAPACITY),
        throughput=plausible(values.get("total_charge"), 0, math.inf),
        cells=_all_cells(values),
        temperatures=temperatures(_by_place(values.get("temp_values", ()))),
        cycles=None if cycles is None else int(cycles),
        health=None if health is None else health / 100,
        charge_enabled=charge_enabled,
        discharge_enabled=values.get("dischrg_mosfet"),
        heater=values.get("heater"),
        balancing=None if balancer is None else bool(balancer),
        state=state_of(current, soc, charge_enabled, faults),
        protections=faults,
        problem_code=code,
    )


def with_faults(
    sample: BatterySample, code: int, faults: tuple[str, ...], *, full: bool = False
) -> BatterySample:
    """Put in faults that a family's own decoder found, and what follows from them."""
    state = state_of(sample.current, sample.soc, sample.charge_enabled, faults, full=full)
    return replace(sample, problem_code=code, protections=faults, state=state)


def _all_cells(values: BMSSample) -> tuple[Volts, ...]:
    """Return all cells, or none: the library leaves out one that reads 0 V."""
    voltages = values.get("cell_voltages", ())
    return cells(voltages) if len(voltages) >= values.get("cell_count", 0) else ()


def _by_place(sensors: Iterable[TempSensor]) -> list[float]:
    """Cells first, because the first sensor counts as the battery's temperature."""

    def place(sensor: TempSensor) -> int:
        if sensor.type in _CELL_TYPES:
            return 0
        return 2 if sensor.type in _OTHER_PARTS else 1

    return [sensor.value for sensor in sorted(sensors, key=place)]
