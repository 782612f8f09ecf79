"""One battery as it truly is: charge, voltage, resistance, warmth, and its BMS."""

from dataclasses import dataclass, field
import math

from custom_components.lifepo4_bank.core.battery import (
    AmpereHours,
    Amperes,
    Celsius,
    Fraction,
    Ohms,
    Seconds,
    Volts,
)

from .bms import LITIME, Bms, Protection, Sensor
from .cell import CellRow
from .guard import Guard

DIODE: Volts = 0.5
"""Drop of the body diode of a MOSFET that is off."""
_BALANCES_ABOVE: Volts = 3.40
_BALANCES_FROM: Volts = 0.015
_BALANCE_CURRENT: Amperes = 0.08
_HEAT_CAPACITY = 90.0
"""J/K per Ah and cell: about 9 kg for 100 Ah of four cells."""
_COOLING = 0.35
"""W/K per cell."""
_WARMTH = 0.022
"""Part of its resistance that a LiFePO4 cell gains per kelvin of cold, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySpec:
    """What a battery is when the bank begins."""

    capacity: AmpereHours = 100.0
    cells: int = 4
    soc: Fraction = 0.6
    own_resistance: Ohms = 0.018
    """Of cells, shunt and MOSFETs at 25 °C, without the slow part."""
    slow_part: float = 0.35
    """Resistance that builds up within minutes, relative to the own resistance."""
    slow_time: Seconds = 180.0
    path_resistance: Ohms = 0.002
    temperature: Celsius = 25.0
    cell_offsets: tuple[Fraction, ...] = ()
    cell_capacities: tuple[float, ...] = ()
    bms: Bms = LITIME
    sensor: Sensor = field(default_factory=Sensor)
    counted_soc: Fraction | None = None
    """What the counter believes at the beginning; None: the truth."""
    told_capacity: AmpereHours | None = None
    """Full-charge capacity that the BMS works with; None: the truth."""
    cycles: int = 40
    health: Fraction = 1.0


class VirtualBattery:
    """A battery under current; every attribute without an underscore may be set at any time."""

    def __init__(self, name: str, spec: BatterySpec) -> None:
        """Make it as specified, at rest."""
        self.name = name
        self.bms = spec.bms
        self.sensor = spec.sensor
        self.capacity = spec.capacity
        self.soc = spec.soc
        self.own_resistance = spec.own_resistance
        self.slow_part = spec.slow_part
        self.slow_time = spec.slow_time
        self.path_resistance = spec.path_resistance
        self.isolated = False
        """Fuse blown or cable off: no current, whatever the MOSFETs do."""
        self.ambient = spec.temperature
        self.temperature = spec.temperature
        self.heating = False
        self.told_capacity = spec.told_capacity or spec.capacity
        counted = spec.soc if spec.counted_soc is None else spec.counted_soc
        self.counted: AmpereHours = counted * self.told_capacity
        self.cycles = spec.cycles
        self.health = spec.health
        self.throughput: AmpereHours = spec.cycles * spec.capacity
        self.cells = CellRow(
            spec.cell_offsets or (0.0,) * spec.cells, spec.cell_capacities or (1.0,) * spec.cells
        )
        self.guard = Guard(spec.bms, spec.capacity)
        self.slow_voltage: Volts = 0.0
        self.current: Amperes = 0.0
        self.charge: AmpereHours = 0.0
        """All charge that went in, minus what came out: the integrated true current."""
        self._decay = (0.0, 1.0)
        self._pending_balance = 0.0

    @property
    def counted_soc(self) -> Fraction:
        """What the BMS's counter believes."""
        return self.counted / self.told_capacity

    @counted_soc.setter
    def counted_soc(self, soc: Fraction) -> None:
        self.counted = soc * self.told_capacity

    @property
    def resistance(self) -> Ohms:
        """Own resistance as warm as it is now, without the slow part."""
        return self.own_resistance * (1.0 + _WARMTH * max(25.0 - self.temperature, -20.0))

    @property
    def ocv(self) -> Volts:
        """Open-circuit voltage when rested."""
        return self.cells.ocv(self.soc)

    @property
    def source(self) -> Volts:
        """Voltage behind the own resistance: open-circuit with the slow part of the drop."""
        return self.cells.ocv(self.soc) + self.slow_voltage

    @property
    def voltage(self) -> Volts:
        """Sum of the cells under the present current."""
        return self.source + self.current * self.resistance

    @property
    def takes_charge(self) -> bool:
        """Whether the charge MOSFET lets current in."""
        return self.guard.charge_on and not self.isolated

    @property
    def gives_charge(self) -> bool:
        """Whether the discharge MOSFET lets current out."""
        return self.guard.discharge_on and not self.isolated

    def trip(self, protection: Protection, seconds: Seconds | None = None) -> None:
        """Force a protection, for a time or until `clear`."""
        self.guard.trip(protection, seconds, by_hand=True)
        self.guard.set_mosfets(self.current)

    def clear(self) -> None:
        """End forced and lasting protections."""
        self.guard.clear()

    def stand_full(self, soc: Fraction = 0.98) -> None:
        """Be as after a night's rest at full: counted 100 %, the charge MOSFET open."""
        self.soc = soc
        self.counted = self.told_capacity
        self.guard.full = True
        self.guard.set_mosfets(0.0)

    def unbalance(self, cell: int, offset: Fraction) -> None:
        """Set the SoC of one cell beside the others'."""
        self.cells.offsets[cell] = offset
        self.cells.refresh()

    def carry(self, current: Amperes, dt: Seconds) -> bool:
        """Carry a current for `dt` seconds; tell whether a MOSFET opened or closed."""
        self.current = current
        resistance = self.resistance
        moved = current * dt / 3600.0
        self.charge += moved
        self.soc += moved / self.capacity
        if moved < 0:
            self.throughput -= moved
        if self._decay[0] != dt:
            self._decay = (dt, math.exp(-dt / self.slow_time))
        decay = self._decay[1]
        target = current * resistance * self.slow_part
        self.slow_voltage = target + (self.slow_voltage - target) * decay
        self._warm(current, resistance, dt)
        self._count(current, dt)
        guard = self.guard
        low, high = self.cells.calm
        if (
            guard.settled
            and low < self.soc < high
            and -15.0 < self.temperature < 50.0
            and (self.temperature > 5.0 or current <= 0)
            and not guard.near_over_current(current)
            and abs(current * resistance + self.slow_voltage) < 0.12 * len(self.cells)
        ):
            return False
        return self._protect(dt)

    def _warm(self, current: Amperes, resistance: Ohms, dt: Seconds) -> None:
        cells = len(self.cells)
        heat = current * current * resistance + (15.0 * cells if self.heating else 0.0)
        lost = (self.temperature - self.ambient) * _COOLING * cells
        self.temperature += (heat - lost) * dt / (_HEAT_CAPACITY * self.capacity * cells / 4)

    def _count(self, current: Amperes, dt: Seconds) -> None:
        sensor = self.sensor
        seen = current * sensor.gain + sensor.offset
        if abs(seen) < self.bms.floor:
            seen = 0.0
        counted = self.counted + (seen + sensor.drift) * dt / 3600.0
        self.counted = min(max(counted, 0.0), self.told_capacity)

    def _protect(self, dt: Seconds) -> bool:
        cells = self.cell_voltages()
        guard = self.guard
        mean = sum(cells) / len(cells)
        if guard.watch_full(self.current, mean, dt):
            self.counted = self.told_capacity
        guard.leave_full(self.counted_soc)
        guard.watch(self.current, cells, self.temperature, dt)
        if Protection.CELL_UNDER_VOLTAGE in guard.protections:
            self.counted = 0.0
        self._balance(cells, dt)
        return guard.set_mosfets(self.current)

    def balancing(self, cells: list[Volts]) -> list[bool]:
        """Tell of each cell whether it is bled."""
        lowest = min(cells)
        return [cell > _BALANCES_ABOVE and cell - lowest > _BALANCES_FROM for cell in cells]

    def _balance(self, cells: list[Volts], dt: Seconds) -> None:
        bleeding = self.balancing(cells)
        if not any(bleeding):
            return
        step = _BALANCE_CURRENT * dt / 3600.0 / self.capacity
        for index, bleeds in enumerate(bleeding):
            if bleeds:
                self.cells.offsets[index] -= step
        self._pending_balance += step
        # The table of the sum costs a millisecond: not at every crumb of charge.
        if self._pending_balance > 4e-4:
            self._pending_balance = 0.0
            self.cells.refresh()

    def cell_voltages(self) -> list[Volts]:
        """Voltage of each cell under the present current."""
        count = len(self.cells)
        drop = (self.current * self.resistance + self.slow_voltage) / count
        return [ocv + drop for ocv in self.cells.ocvs(self.soc)]
