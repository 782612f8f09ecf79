"""A bank of batteries that obeys Kirchhoff, stepped through time.

Plain and synchronous: `advance` moves the time on, readings and truths are looked at in between.
The same seed gives the same bank, reading for reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import math
import random

from custom_components.lifepo4_bank.core.battery import (
    AmpereHours,
    Amperes,
    Fraction,
    Ohms,
    Seconds,
    Volts,
)
from custom_components.lifepo4_bank.core.circuit import CircuitError
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout

from .battery import BatterySpec, VirtualBattery
from .bms import Reading
from .gauge import read
from .load import Constant, Load
from .wiring import Busbar, Group, Wiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What no BMS knows exactly."""

    current: Amperes
    soc: Fraction
    ocv: Volts
    """Open-circuit voltage when rested."""
    voltage: Volts
    """At the cells, under the present current."""
    charge: AmpereHours
    """Integrated current since the beginning."""
    resistance: Ohms
    """Own resistance as warm as the battery is, without its slow part."""
    path_resistance: Ohms


class Bank:
    """Batteries in a layout, a load, and a charger that keeps to its voltage."""

    def __init__(
        self,
        layout: Layout,
        specs: Mapping[str, BatterySpec],
        *,
        load: Load | None = None,
        wiring: Wiring | None = None,
        seed: int = 0,
        time: Seconds = 0.0,
    ) -> None:
        """Join the batteries; `wiring` is that of the parallel groups or strings."""
        self.layout = layout
        self.time = time
        self.load: Load = load or Constant(0.0)
        self.batteries = {
            battery: VirtualBattery(battery, specs[battery]) for battery in layout.batteries
        }
        wiring = wiring or Busbar()
        self.groups = [
            Group([[self.batteries[name] for name in branch] for branch in group], wiring)
            for group in _groups(layout)
        ]
        cells = sum(len(b.cells) for group in self.groups for b in group.branches[0])
        self.charge_voltage: Volts = 3.55 * cells
        """The charger gives no more than holds this voltage."""
        self.cutoff_voltage: Volts = 0.0
        """Loads switch off below this voltage, for half an hour."""
        self.max_step: Seconds = 5.0
        self.current: Amperes = 0.0
        """At the bank's terminals; less than asked where charger or batteries do not give it."""
        self.voltage: Volts = 0.0
        self._off_until: Seconds = -math.inf
        self._pace = 1.0
        self._dice = random.Random(seed)
        self._solve()

    def advance(self, seconds: Seconds) -> None:
        """Move the time on."""
        end = self.time + seconds
        while self.time < end - 1e-9:
            _, until = self.load.segment(self.time)
            dt = min(end - self.time, self._pace, max(until - self.time, 1e-3))
            self._solve()
            changed = False
            for group in self.groups:
                for branch, current in zip(group.branches, group.currents, strict=True):
                    for battery in branch:
                        changed |= battery.carry(current, dt)
            self.time += dt
            # After a MOSFET has moved, others may follow within seconds.
            self._pace = 1.0 if changed else min(self._pace * 2.0, self.max_step)
        self._solve()

    def reading(self, battery: str) -> Reading:
        """Ask the BMS of a battery."""
        asked = self.batteries[battery]
        return read(asked, self.time, self._terminal(asked), self._dice)

    def truth(self, battery: str) -> Truth:
        """Look inside a battery."""
        seen = self.batteries[battery]
        return Truth(
            current=seen.current,
            soc=seen.soc,
            ocv=seen.ocv,
            voltage=seen.voltage,
            charge=seen.charge,
            resistance=seen.resistance,
            path_resistance=seen.path_resistance,
        )

    def switch(self, battery: str, mosfet: str, on: bool) -> None:
        """Command the `charge` or `discharge` MOSFET, as an app would."""
        self.batteries[battery].guard.command(mosfet, on)
        self._pace = 1.0
        self._solve()

    def _terminal(self, battery: VirtualBattery) -> Volts:
        """Voltage at a battery's poles: its own, the bus's, or what leaks through open MOSFETs."""
        if battery.isolated:
            return battery.voltage if battery.guard.discharge_on else 0.2 * battery.voltage
        conducting = battery.guard.discharge_on and battery.guard.charge_on
        if conducting or abs(battery.current) > 1e-6:
            return battery.voltage
        if len(self.groups) == 1 and len(self.groups[0].branches) > 1 and self.voltage > 0:
            return self.voltage / len(self.groups[0].branches[0])
        return battery.voltage if battery.guard.discharge_on else 0.2 * battery.voltage

    def _solve(self) -> None:
        """Find all currents for what is asked now."""
        wanted, _ = self.load.segment(self.time)
        if wanted < 0 and self.time < self._off_until:
            wanted = 0.0
        for group in self.groups:
            group.prepare()
        try:
            voltage, current = self._limited(wanted)
        except CircuitError:
            # Nothing lets this current pass: loads are dark, a charger stands at its voltage.
            current = 0.0
            voltage = self._settle(0.0)[0]
            voltage = self.charge_voltage if wanted > 0 else min(voltage, 0.0)
        self.current, self.voltage = current, voltage
        for group in self.groups:
            for branch, flow in zip(group.branches, group.currents, strict=True):
                for battery in branch:
                    battery.current = flow
        if current < 0 and voltage < self.cutoff_voltage:
            self._off_until = self.time + 1800.0

    def _limited(self, wanted: Amperes) -> tuple[Volts, Amperes]:
        """Settle with as much charging current as keeps to the charger's voltage."""
        voltage, slope = self._settle(wanted)
        current = wanted
        # Blocking diodes bend the line of voltage by current: a few tries find the place.
        for _ in range(4):
            excess = voltage - self.charge_voltage
            if wanted <= 0 or slope == math.inf:
                break
            if excess <= 1e-6 and (current == wanted or excess > -1e-3):
                break
            current = min(max(current - excess / slope, 0.0), wanted)
            voltage, slope = self._settle(current)
            if current == 0.0:
                break
        return voltage, current

    def _settle(self, current: Amperes) -> tuple[Volts, Ohms]:
        voltage = slope = 0.0
        for group in self.groups:
            volts, ohms = group.settle(current)
            voltage += volts
            slope += ohms
        return voltage, slope


def _groups(layout: Layout) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """List the groups in series, each of branches in parallel, each of batteries in series."""
    if layout.arrangement is Arrangement.SERIES:
        return (layout.blocks,)
    return layout.sharing
