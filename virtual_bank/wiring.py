"""How the currents of a parallel group find their ways, MOSFETs that are off included."""

from collections.abc import Sequence
from dataclasses import dataclass, field
import math
from typing import Protocol

from custom_components.lifepo4_bank.core.battery import Amperes, Ohms, Volts
from custom_components.lifepo4_bank.core.circuit import OPEN, CircuitError, TakeOff, ladder

from .battery import DIODE, VirtualBattery


class Wiring(Protocol):
    """Cables between the branches of a group and its terminals."""

    def share(
        self, sources: Sequence[Volts], resistances: Sequence[Ohms], current: Amperes
    ) -> tuple[list[Amperes], Volts, Ohms]:
        """Give the branch currents, the terminal voltage, and its slope by the current.

        The slope is infinite where no branch conducts; then no current flows at all.
        """


@dataclass(frozen=True, slots=True)
class Busbar:
    """Each branch has a leg of its own: its path resistance."""

    def share(
        self, sources: Sequence[Volts], resistances: Sequence[Ohms], current: Amperes
    ) -> tuple[list[Amperes], Volts, Ohms]:
        """Solve in closed form."""
        conductances = [1.0 / resistance for resistance in resistances]
        total = sum(conductances)
        if total == 0.0:
            return [0.0] * len(conductances), 0.0, math.inf
        bus = current
        for source, conductance in zip(sources, conductances, strict=True):
            bus += source * conductance
        bus /= total
        return (
            [(bus - e) * g for e, g in zip(sources, conductances, strict=True)],
            bus,
            1.0 / total,
        )


@dataclass(frozen=True, slots=True)
class Ladder:
    """Branches chained one to the next, loads and chargers at one end or diagonally."""

    plus_links: tuple[Ohms, ...]
    minus_links: tuple[Ohms, ...]
    take_off: TakeOff = TakeOff.ONE_END
    _known: dict[tuple[Ohms, ...], tuple[list[list[float]], list[float], list[float], Ohms]] = (
        field(default_factory=dict, init=False, repr=False, compare=False)
    )

    def share(
        self, sources: Sequence[Volts], resistances: Sequence[Ohms], current: Amperes
    ) -> tuple[list[Amperes], Volts, Ohms]:
        """Superpose the answers to one ampere and to one volt in each branch."""
        if min(resistances) == OPEN:
            return [0.0] * len(resistances), 0.0, math.inf
        admittances, shares, weights, slope = self._answers(tuple(resistances))
        currents = [
            share * current + sum(y * e for y, e in zip(row, sources, strict=True))
            for share, row in zip(shares, admittances, strict=True)
        ]
        voltage = sum(w * e for w, e in zip(weights, sources, strict=True)) + slope * current
        return currents, voltage, slope

    def _answers(
        self, resistances: tuple[Ohms, ...]
    ) -> tuple[list[list[float]], list[float], list[float], Ohms]:
        # Rounded to a µΩ: warmth changes a resistance all the time, and a solution costs.
        key = tuple(round(resistance, 6) for resistance in resistances)
        if key not in self._known:
            if len(self._known) > 500:
                self._known.clear()
            self._known[key] = self._solve(key)
        return self._known[key]

    def _solve(
        self, resistances: tuple[Ohms, ...]
    ) -> tuple[list[list[float]], list[float], list[float], Ohms]:
        count = len(resistances)
        none = [0.0] * count
        one = self._ladder(none, resistances, 1.0)
        units = [
            self._ladder([float(i == place) for i in range(count)], resistances, 0.0)
            for place in range(count)
        ]
        admittances = [[unit[0][row] for unit in units] for row in range(count)]
        return admittances, list(one[0]), [unit[1] for unit in units], one[1]

    def _ladder(
        self, sources: list[Volts], resistances: tuple[Ohms, ...], current: Amperes
    ) -> tuple[tuple[Amperes, ...], Volts]:
        sharing = ladder(
            sources,
            resistances,
            current,
            plus_links=self.plus_links,
            minus_links=self.minus_links,
            take_off=self.take_off,
        )
        return sharing.currents, sharing.voltage


class Group:
    """Branches in parallel; each is a battery, or a string of batteries in series.

    A MOSFET that is off leaves its body diode: current the permitted way costs DIODE volts.
    """

    def __init__(self, branches: Sequence[Sequence[VirtualBattery]], wiring: Wiring) -> None:
        """Join the branches by the wiring."""
        self.branches = tuple(tuple(branch) for branch in branches)
        self.wiring = wiring
        self.currents = [0.0] * len(self.branches)
        self._diodes = [False] * len(self.branches)
        self._sources: list[Volts] = []
        self._resistances: list[Ohms] = []
        self._ways: list[int] = []

    def prepare(self) -> None:
        """Take the batteries as they are now."""
        self._sources, self._resistances, self._ways = [], [], []
        for index, branch in enumerate(self.branches):
            source = resistance = 0.0
            charge = discharge = True
            drops = 0.0
            for battery in branch:
                source += battery.cells.ocv(battery.soc) + battery.slow_voltage
                resistance += battery.resistance + battery.path_resistance
                takes, gives = battery.takes_charge, battery.gives_charge
                charge, discharge = charge and takes, discharge and gives
                drops += DIODE if takes is not gives else 0.0
            # 0 both ways, 1 only charge, -1 only discharge, 2 none
            way = 0 if charge and discharge else 1 if charge else -1 if discharge else 2
            if way in (0, 2):
                self._diodes[index] = False
            self._sources.append(source + drops * way if way in (1, -1) else source)
            self._resistances.append(resistance)
            self._ways.append(way)

    def settle(self, current: Amperes) -> tuple[Volts, Ohms]:
        """Find the branch currents for a current at the terminals.

        Returns the terminal voltage and its slope; raises CircuitError where the current has no way.
        """
        if not any(self._ways):
            self.currents, voltage, slope = self.wiring.share(
                self._sources, self._resistances, current
            )
            return voltage, slope
        for _ in range(3 * len(self.branches) + 1):
            resistances = [
                resistance if way == 0 or diode else OPEN
                for resistance, way, diode in zip(
                    self._resistances, self._ways, self._diodes, strict=True
                )
            ]
            self.currents, voltage, slope = self.wiring.share(self._sources, resistances, current)
            if slope == math.inf:
                if not self._open_way(current):
                    if current:
                        raise CircuitError("no battery of the group lets this current pass")
                    return 0.0, math.inf
            elif not self._flip(voltage):
                return voltage, slope
        return voltage, slope

    def _open_way(self, current: Amperes) -> bool:
        """With no branch conducting, let the diode that is the first to conduct do so."""
        wanted = 1 if current > 0 else -1
        ready = [index for index, way in enumerate(self._ways) if way == wanted]
        if not ready or current == 0.0:
            return False
        first = min(ready, key=lambda index: wanted * self._sources[index])
        self._diodes[first] = True
        return True

    def _flip(self, voltage: Volts) -> bool:
        """Block or open the one diode that is most in the wrong; False where all are right."""
        worst, place = 1e-9, None
        for index, way in enumerate(self._ways):
            if way not in (1, -1):
                continue
            if self._diodes[index]:
                wrong = -way * self.currents[index] * self._resistances[index]
            else:
                wrong = way * (voltage - self._sources[index])
            if wrong > worst:
                worst, place = wrong, index
        if place is None:
            return False
        self._diodes[place] = not self._diodes[place]
        return True
