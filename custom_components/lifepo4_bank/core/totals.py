"""What a bank is as a whole, honest about batteries that are missing.

Batteries in parallel add current and charge and have one voltage; batteries in series add voltage
and have one current, and the emptiest ends the discharge.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .bank import BankSample
from .battery import (
    AmpereHours,
    Amperes,
    Battery,
    BatterySample,
    BatteryState,
    Fraction,
    Seconds,
    Volts,
)
from .combine import Value, combine, lowest, mean, spread, total
from .energy import KilowattHours, Watts
from .layout import Layout

MAX_RUNTIME: Seconds = 1000 * 3600.0
"""Beyond six weeks the present load says nothing about when the bank will be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A bank in numbers; None is what cannot be known without the batteries that are missing."""

    batteries: int
    online: int
    """Batteries with a fresh reading."""
    voltage: Volts | None = None
    current: Amperes | None = None
    """Positive while charging; from the shunt where there is one."""
    beside: Amperes | None = None
    """Current that the shunt sees and the batteries do not report."""
    fleet_current: bool = False
    """Whether every battery reports the current of all, so that they are not added up."""
    power: Watts | None = None
    soc: Fraction | None = None
    """A battery that is missing counts with its last SoC, moved along with the others'."""
    capacity: AmpereHours | None = None
    usable_capacity: AmpereHours | None = None
    """Capacity of the batteries that can discharge."""
    remaining: AmpereHours | None = None
    stored_energy: KilowattHours | None = None
    """Remaining charge at nominal voltage."""
    runtime: Seconds | None = None
    """Until the batteries that can discharge are empty at the present load."""
    soc_spread: Fraction | None = None
    voltage_spread: Volts | None = None
    sharing_imbalance: Fraction | None = None
    """Largest deviation of a share from the fair one, as a part of the fair one."""
    energy_charged: KilowattHours | None = None
    energy_discharged: KilowattHours | None = None


def capacity_of(battery: Battery | None, sample: BatterySample | None) -> AmpereHours | None:
    """Capacity as the owner entered it, else as the BMS says."""
    if battery is not None and battery.capacity:
        return battery.capacity
    return (sample.capacity or None) if sample is not None else None


def remaining_of(battery: Battery | None, sample: BatterySample | None) -> AmpereHours | None:
    """Charge that is left, as the BMS counts it, else from SoC and capacity."""
    if sample is None:
        return None
    if sample.remaining is not None:
        return sample.remaining
    capacity = capacity_of(battery, sample)
    return None if capacity is None or sample.soc is None else sample.soc * capacity


def can_discharge(sample: BatterySample) -> bool:
    """Whether nothing that the BMS reports says that the battery is off."""
    return sample.discharge_enabled is not False and sample.state is not BatteryState.PROTECTION


def _conducts(sample: BatterySample) -> bool:
    """Whether the battery's voltage is the bus's: no MOSFET is open, or current flows."""
    return bool(sample.current) or (
        sample.charge_enabled is not False and sample.discharge_enabled is not False
    )


def bus_voltage(layout: Layout, samples: Mapping[str, BatterySample]) -> Volts | None:
    """Voltage between the bank's terminals.

    Batteries that are cut off do not count in a parallel group while another is connected.
    """

    def joined(branches: Sequence[tuple[Value, bool]]) -> Value:
        connected = mean([voltage for voltage, conducts in branches if conducts])
        return mean([voltage for voltage, _ in branches]) if connected is None else connected

    voltages = {battery: sample.voltage for battery, sample in samples.items()}
    conducting = {battery for battery, sample in samples.items() if _conducts(sample)}
    if layout.strings:
        return joined(
            [
                (total([voltages.get(battery) for battery in block]), conducting.issuperset(block))
                for block in layout.blocks
            ]
        )
    return total(
        [
            joined([(voltages.get(battery), battery in conducting) for battery in block])
            for block in layout.blocks
        ]
    )


def batteries_current(
    layout: Layout, samples: Mapping[str, BatterySample], *, fleet: bool = False
) -> Amperes | None:
    """Return the current of the bank as its batteries report it.

    With `fleet` each of them reports the current of all, and nothing is added up.
    """
    currents = {battery: sample.current for battery, sample in samples.items()}
    return combine(layout, currents, parallel=mean if fleet else total, series=mean)


def state_of_charge(
    layout: Layout, socs: Mapping[str, Fraction], capacities: Mapping[str, Value]
) -> Fraction | None:
    """Weighted by capacity over what is parallel, the lowest over what is in series.

    Batteries whose SoC was never known are left out.
    """

    def weighted(branches: Sequence[tuple[Fraction, Value]]) -> Value:
        weights = [capacity for _, capacity in branches if capacity]
        if len(weights) < len(branches):
            return mean([soc for soc, _ in branches])
        return sum(soc * weight for (soc, _), weight in zip(branches, weights, strict=True)) / sum(
            weights
        )

    blocks = [[battery for battery in block if battery in socs] for block in layout.blocks]
    known = [[(socs[battery], capacities.get(battery)) for battery in block] for block in blocks]
    known = [block for block in known if block]
    if not known:
        return None
    if layout.strings:
        return weighted(
            [
                (min(soc for soc, _ in block), lowest([capacity for _, capacity in block]))
                for block in known
            ]
        )
    return lowest([weighted(block) for block in known])


def charge(layout: Layout, amounts: Mapping[str, Value]) -> AmpereHours | None:
    """Ampere-hours of a bank: added over what is parallel, the least over what is in series."""
    return combine(layout, amounts, parallel=total, series=lowest)


def runtime(remaining: AmpereHours | None, current: Amperes | None) -> Seconds | None:
    """Seconds until `remaining` is used up; None while charging or with next to no load."""
    if remaining is None or current is None or current >= 0:
        return None
    seconds = remaining / -current * 3600
    return seconds if seconds <= MAX_RUNTIME else None


def sharing_imbalance(
    share: Mapping[str, Fraction], fair_share: Mapping[str, Fraction]
) -> Fraction | None:
    """Largest deviation from the fair share, as a part of it: 0.4 for 30 % instead of 50 %."""
    return max(
        (
            abs(share[battery] / fair - 1)
            for battery, fair in fair_share.items()
            if battery in share and fair
        ),
        default=None,
    )


def measure(
    layout: Layout,
    sample: BankSample,
    batteries: Mapping[str, Battery],
    *,
    socs: Mapping[str, Fraction],
    capacities: Mapping[str, Value],
    nominal: Mapping[str, Value],
    fleet: bool = False,
    cut_off: Collection[str] = (),
) -> Totals:
    """Add up one moment of a bank.

    `socs`, `capacities` and `nominal` voltages also hold what is still known of missing batteries.
    Those that are `cut_off` are known not to give current, whatever they report.
    """
    samples = {battery: sample.batteries.get(battery) for battery in layout.batteries}
    fresh = {battery: reading for battery, reading in samples.items() if reading is not None}
    voltage = bus_voltage(layout, fresh)
    reported = batteries_current(layout, fresh, fleet=fleet)
    shunt = sample.shunt_current
    current = reported if shunt is None else shunt
    left = {battery: remaining_of(batteries.get(battery), samples[battery]) for battery in samples}
    able = {battery for battery, reading in fresh.items() if can_discharge(reading)}
    able.difference_update(cut_off)
    off = dict.fromkeys(fresh.keys() - able, 0.0)
    remaining = charge(layout, left)
    nominal_voltage = combine(layout, nominal, parallel=mean, series=total)
    return Totals(
        batteries=len(samples),
        online=len(fresh),
        voltage=voltage,
        current=current,
        beside=None if shunt is None or reported is None else shunt - reported,
        fleet_current=fleet,
        power=None if voltage is None or current is None else voltage * current,
        soc=state_of_charge(layout, socs, capacities),
        capacity=charge(layout, capacities),
        usable_capacity=charge(
            layout, {battery: capacities.get(battery) for battery in able} | off
        ),
        remaining=remaining,
        stored_energy=(
            None
            if remaining is None or nominal_voltage is None
            else remaining * nominal_voltage / 1000
        ),
        runtime=runtime(charge(layout, left | off), current),
        soc_spread=spread([reading.soc if reading else None for reading in samples.values()]),
        voltage_spread=spread(
            [reading.voltage if reading else None for reading in samples.values()]
        ),
    )
