"""A bank of straight-line batteries behind busbars: enough physics to test rules against."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import Battery, BatterySample
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout

type Load = Callable[[float], float] | float


@dataclass(kw_only=True)
class Simple:
    """One battery: 4 cells, linear OCV, no polarisation."""

    name: str
    soc: float = 0.6
    own: float = 0.015
    path: float = 0.002
    capacity: float = 100.0
    connected: bool = True
    floor: float = 1.0
    gain: float = 1.0
    counter: float | None = None
    """SoC that the BMS reports instead of the true one."""
    brand: str | None = "Example"
    reported: dict[str, Any] = field(default_factory=dict)
    """Fields of the reading to override."""
    current: float = 0.0

    @property
    def ocv(self) -> float:
        return 13.0 + 0.4 * self.soc

    @property
    def battery(self) -> Battery:
        return Battery(
            id=self.name, name=self.name, capacity=self.capacity, nominal_voltage=12.8,
            brand=self.brand, model="M", detection_floor=self.floor,
        )  # fmt: skip

    def carry(self, current: float, seconds: float) -> None:
        self.current = current
        self.soc += current * seconds / 3600 / self.capacity
        if self.counter is not None:
            self.counter += current * seconds / 3600 / self.capacity

    def read(self, time: float) -> BatterySample:
        current = self.current * self.gain
        if abs(current) < self.floor:
            current = 0.0
        voltage = self.ocv + self.own * self.current
        soc = self.soc if self.counter is None else self.counter
        sample = BatterySample(
            battery=self.name, time=time, voltage=round(voltage, 3), current=round(current, 2),
            soc=round(min(max(soc, 0.0), 1.0), 2), capacity=self.capacity,
            cells=(round(voltage / 4, 3),) * 4, temperatures=(20.0,), charge_enabled=True,
            discharge_enabled=True,
        )  # fmt: skip
        return replace(sample, **self.reported) if self.reported else sample


def layout(
    batteries: Sequence[Simple],
    arrangement: Arrangement = Arrangement.PARALLEL,
    size: int | None = None,
) -> Layout:
    return Layout.of(arrangement, [battery.name for battery in batteries], size)


def share_out(branches: Sequence[Sequence[Simple]], load: float, seconds: float) -> None:
    """Kirchhoff for parallel branches of batteries in series."""
    live = [branch for branch in branches if all(b.connected for b in branch)]
    for branch in branches:
        if branch not in live:
            for battery in branch:
                battery.carry(0.0, seconds)
    if not live:
        return
    resistances = [sum(b.own + b.path for b in branch) for branch in live]
    voltages = [sum(b.ocv for b in branch) for branch in live]
    bus = (load + sum(v / r for v, r in zip(voltages, resistances, strict=True))) / sum(
        1 / r for r in resistances
    )
    for branch, voltage, resistance in zip(live, voltages, resistances, strict=True):
        for battery in branch:
            battery.carry((bus - voltage) / resistance, seconds)


def run(
    batteries: Sequence[Simple],
    load: Load,
    minutes: float,
    *,
    start: float = 0.0,
    step: float = 30.0,
    noise: Random | None = None,
    bank: Layout | None = None,
) -> Iterator[BankSample]:
    """Samples of the bank while `load` A flow (positive charges)."""
    bank = bank or layout(batteries)
    by_name = {battery.name: battery for battery in batteries}
    time = start
    while time < start + minutes * 60:
        amperes = load(time) if callable(load) else load
        if bank.sharing:
            for group in bank.sharing:
                share_out([[by_name[name] for name in branch] for branch in group], amperes, step)
        else:
            for battery in batteries:
                battery.carry(amperes, step)
        readings = {battery.name: battery.read(time) for battery in batteries}
        if noise is not None:
            readings = {
                name: replace(reading, current=round(reading.current + noise.gauss(0, 0.02), 2))
                if reading.current
                else reading
                for name, reading in readings.items()
            }
        yield BankSample(time=time, batteries=readings)
        time += step


def steps(low: float, high: float, period: float = 600.0) -> Callable[[float], float]:
    """A load that changes between two values."""
    return lambda time: low if time % (2 * period) < period else high
