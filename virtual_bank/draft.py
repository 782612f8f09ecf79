"""Drawing up random banks of like batteries, as uneven as nature and sensors are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import random
from typing import Any

from custom_components.lifepo4_bank.core.battery import AmpereHours, Battery, Ohms, Seconds
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout

from .battery import BatterySpec
from .bms import DALY, JBD, LITIME, Bms, Sensor
from .cases import Case, Expected, expect
from .cell import natural_offsets
from .load import Household, Load, Steps
from .physics import Bank
from .polling import Event, Polling
from .wiring import Wiring

HOUR: Seconds = 3600.0
GENTLE = 3.5 / 3.55
"""Charging voltage of banks in series, by that of others: single cells must not run away."""
CUTOFF = 2.9 / 3.55
"""Voltage at which a household's inverter switches off, by the charging voltage."""
UNEVEN = 0.10
"""Natural unevenness of resistances: +- 10 %."""


@dataclass(frozen=True, slots=True)
class Type:
    """A battery as sold."""

    cells: int
    capacity: AmpereHours
    own_resistance: tuple[Ohms, Ohms]


TYPES = (
    Type(4, 100.0, (0.010, 0.018)),
    Type(4, 200.0, (0.008, 0.012)),
    Type(4, 280.0, (0.006, 0.009)),
    Type(8, 100.0, (0.020, 0.036)),
)


class Draft:
    """A bank being drawn up: like batteries first, then the fault is put in."""

    def __init__(
        self,
        dice: random.Random,
        layout: Layout,
        *,
        bms: Bms | None = None,
        soc: float | None = None,
        type_: Type | None = None,
    ) -> None:
        """Draw batteries of one type and make with their natural unevenness."""
        self.dice = dice
        self.layout = layout
        self.type = type_ or dice.choice(TYPES)
        self.bms = bms or dice.choices((LITIME, JBD, DALY), (5, 3, 2))[0]
        own = dice.uniform(*self.type.own_resistance)
        path = dice.uniform(0.001, 0.003) * self.type.cells / 4
        level = dice.uniform(0.45, 0.75) if soc is None else soc
        warmth = dice.uniform(12.0, 30.0)
        self.specs = {battery: self._spec(own, path, level, warmth) for battery in layout.batteries}
        self.batteries = {
            battery: Battery(
                id=battery,
                name=battery,
                brand=self.bms.name if self.bms is LITIME else None,
                model=f"{self.bms.name} {self.type.capacity:.0f}",
                nominal_voltage=3.2 * self.type.cells,
            )
            for battery in layout.batteries
        }

    def _spec(self, own: Ohms, path: Ohms, soc: float, warmth: float) -> BatterySpec:
        dice, cells = self.dice, self.type.cells
        part = dice.uniform(0.98, 1.02)
        if self.layout.series == 1:
            level = min(max(soc + dice.uniform(-0.015, 0.015), 0.0), 1.0)
        else:
            # What is in series and in order is full together, or its BMS would trip every time.
            level = 1.0 - (1.0 - soc) / part + dice.uniform(-0.002, 0.002)
        return BatterySpec(
            capacity=self.type.capacity * part,
            cells=cells,
            soc=level,
            own_resistance=own * dice.uniform(1 - UNEVEN, 1 + UNEVEN),
            path_resistance=path * dice.uniform(1 - UNEVEN, 1 + UNEVEN),
            slow_part=dice.uniform(0.25, 0.45),
            slow_time=dice.uniform(120.0, 300.0),
            temperature=warmth + dice.uniform(-1.0, 1.0),
            cell_offsets=natural_offsets(dice, cells),
            cell_capacities=tuple(dice.gauss(1, 0.004) for _ in range(cells)),
            bms=self.bms,
            sensor=Sensor(
                gain=dice.gauss(1.0, 0.006),
                offset=dice.gauss(0.0, 0.05),
                voltage_gain=dice.gauss(1.0, 0.0004),
            ),
            counted_soc=min(max(level + dice.gauss(0, 0.008), 0.0), 1.0),
            told_capacity=self.type.capacity,
            cycles=dice.randint(5, 400),
        )

    def change(self, battery: str, **fields: Any) -> None:  # noqa: ANN401 - any field of the class
        """Change what a battery is."""
        self.specs[battery] = replace(self.specs[battery], **fields)

    def describe(self, battery: str, **fields: Any) -> None:  # noqa: ANN401 - any field of the class
        """Change what is known of a battery."""
        self.batteries[battery] = replace(self.batteries[battery], **fields)

    @property
    def capacity(self) -> AmpereHours:
        """Of the bank: the batteries that add up their current."""
        return self.type.capacity * self.layout.parallel

    def resistance(self, battery: str) -> Ohms:
        """Own resistance after some minutes of load, and path resistance, together."""
        spec = self.specs[battery]
        return spec.own_resistance * (1 + spec.slow_part) + spec.path_resistance

    def excess_for(
        self, branch: Sequence[str], others: Sequence[Sequence[str]], ratio: float
    ) -> Ohms:
        """Resistance to add to a branch so that it carries `ratio` of its fair share."""
        share = ratio / (len(others) + 1)
        conductance = sum(1 / sum(self.resistance(b) for b in other) for other in others)
        return (1 - share) / (share * conductance) - sum(self.resistance(b) for b in branch)

    def polling(self, **fields: Any) -> Polling:  # noqa: ANN401 - any field of the class
        """Draw how the bank is read."""
        dice = self.dice
        drawn = Polling(
            interval=dice.choice((10.0, 15.0, 30.0, 30.0, 30.0, 60.0)),
            skew=dice.uniform(0.5, 6.0),
            loss=dice.choice((0.0, 0.01, 0.03)),
        )
        return replace(drawn, **fields)

    def work(
        self,
        duration: Seconds,
        *,
        sign: int = 0,
        least: float = 0.08,
        most: float = 0.35,
        idle: float = 0.25,
        swing: float = 0.06,
    ) -> Steps:
        """Draw loads and charges in steps that keep the bank about as full as it is.

        `least` and `most` are by capacity; `sign` +1 or -1 only charges or discharges; `idle` is
        the part of steps almost without current, `swing` how far the charge may go.
        """
        dice = self.dice
        steps: list[tuple[Seconds, float]] = []
        passed = moved = 0.0
        while passed < duration:
            length = dice.uniform(60.0, 900.0)
            way = sign or (
                -1 if moved > swing else 1 if moved < -swing else dice.choice((-1, -1, 1))
            )
            rate = dice.uniform(least, most)
            if dice.random() < idle:
                rate = dice.uniform(0.0, 0.01)
            steps.append((length, way * rate * self.capacity))
            passed += length
            moved += way * rate * length / HOUR
        return Steps(steps, repeat=False)

    def finish(
        self,
        load: Load,
        duration: Seconds,
        *,
        expected: Sequence[Expected] = (),
        companions: Sequence[Expected] = (),
        parted: Sequence[Expected] = (),
        events: Sequence[Event] = (),
        polling: Polling | None = None,
        wiring: Wiring | None = None,
        gross: bool = False,
        onset: Seconds = 0.0,
        mended: Seconds | None = None,
        options: dict[str, int] | None = None,
    ) -> Case:
        """Make the case."""
        bank = Bank(
            self.layout, self.specs, load=load, wiring=wiring, seed=self.dice.getrandbits(32)
        )
        polling = polling or self.polling()
        bank.max_step = max(30.0, min(polling.interval, 150.0))
        if isinstance(load, Household):
            bank.cutoff_voltage = bank.charge_voltage * CUTOFF
        if self.layout.series > 1:
            bank.charge_voltage *= GENTLE
        return Case(
            name="",
            seed="",
            bank=bank,
            batteries=self.batteries,
            duration=duration,
            polling=polling,
            expected=tuple(expected),
            companions=(*companions, *BENIGN),
            parted=tuple(parted),
            events=events,
            gross=gross,
            onset=onset,
            mended=mended,
            options=options or {},
        )


BENIGN = (
    expect(
        Kind.NOT_PARTICIPATING,
        "below_detection",
        reason="a note that says why a battery reads 0 A under a small load",
    ),
)


def parallel(count: int) -> Layout:
    """Lay out a parallel bank."""
    return Layout.of(Arrangement.PARALLEL, names(count))


def series(count: int) -> Layout:
    """Lay out a series bank."""
    return Layout.of(Arrangement.SERIES, names(count))


def groups(series_: int, parallel_: int) -> Layout:
    """Lay out parallel groups in series."""
    return Layout.of(Arrangement.PARALLEL_GROUPS, names(series_ * parallel_), parallel_)


def strings(series_: int, parallel_: int) -> Layout:
    """Lay out series strings in parallel."""
    return Layout.of(Arrangement.SERIES_STRINGS, names(series_ * parallel_), series_)


def names(count: int) -> tuple[str, ...]:
    """Name the batteries B1, B2 and so on."""
    return tuple(f"B{number}" for number in range(1, count + 1))
