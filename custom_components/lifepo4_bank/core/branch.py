"""What is known of one branch of a bank: a battery, or a string that carries one current.

Whatever one member does not report is unknown of the whole branch.
"""

from .battery import AmpereHours, Amperes, BatterySample, BatteryState, Seconds, Volts
from .chemistry import nominal_from_voltage
from .verdict import Circumstances, Conduction, Mosfet

type Branch = tuple[str, ...]

PROOF_LASTS: Seconds = 3600.0
"""How long a current above the floor proves that a battery conducts."""


def branches(seen: Circumstances, battery: str) -> tuple[Branch, tuple[Branch, ...]]:
    """Return the branch that opens with the battery, and those it shares its current with."""
    for sharing in seen.layout.sharing if seen.layout else ():
        for branch in sharing:
            if battery in branch:
                return branch, tuple(other for other in sharing if other != branch)
    return (battery,), ()


def branch_current(seen: Circumstances, branch: Branch) -> Amperes | None:
    """Take the mean of the currents that the batteries of the branch report."""
    currents = [sample.current for sample in _samples(seen, branch) if sample.current is not None]
    return sum(currents) / len(branch) if len(currents) == len(branch) else None


def branch_voltage(seen: Circumstances, branch: Branch) -> Volts | None:
    """Voltage across the branch."""
    voltages = [sample.voltage for sample in _samples(seen, branch) if sample.voltage is not None]
    return sum(voltages) if len(voltages) == len(branch) else None


def branch_nominal(seen: Circumstances, branch: Branch) -> Volts | None:
    """Nominal voltage across the branch."""
    nominal = [nominal_voltage(seen, battery) for battery in branch]
    known = [voltage for voltage in nominal if voltage is not None]
    return sum(known) if len(known) == len(branch) else None


def branch_capacity(seen: Circumstances, branch: Branch) -> AmpereHours | None:
    """Capacity of the branch: that of its smallest battery."""
    capacities = [capacity(seen, battery) for battery in branch]
    known = [ampere_hours for ampere_hours in capacities if ampere_hours]
    return min(known) if len(known) == len(branch) else None


def branch_on(seen: Circumstances, branch: Branch, mosfet: Mosfet) -> bool | None:
    """Whether the branch conducts: one open battery opens it."""
    states = [_reported(seen.samples.get(battery), mosfet) for battery in branch]
    if any(is_open(seen.samples.get(battery), mosfet) for battery in branch):
        return False
    return True if all(states) else None


def capacity(seen: Circumstances, battery: str) -> AmpereHours | None:
    """Capacity as the owner entered it, otherwise as reported."""
    if battery in seen.batteries and (entered := seen.batteries[battery].capacity):
        return entered
    sample = seen.samples.get(battery)
    return sample.capacity if sample else None


def nominal_voltage(seen: Circumstances, battery: str) -> Volts | None:
    """Nominal voltage as entered, otherwise what the reading must belong to."""
    if battery in seen.batteries and (entered := seen.batteries[battery].nominal_voltage):
        return entered
    sample = seen.samples.get(battery)
    if sample is None or sample.voltage is None:
        return None
    return nominal_from_voltage(sample.voltage)


def is_open(sample: BatterySample | None, mosfet: Mosfet) -> bool:
    """Whether the battery is known not to conduct the way of this MOSFET."""
    if sample is None:
        return False
    commanded = (
        sample.discharge_commanded if mosfet is Mosfet.DISCHARGE else sample.charge_commanded
    )
    asleep = sample.state is BatteryState.ASLEEP
    return asleep or commanded is False or _reported(sample, mosfet) is False


def is_surely_on(seen: Circumstances, battery: str, mosfet: Mosfet) -> bool:
    """Whether the MOSFET conducts, and not just because of a current the other way.

    While charging, a BMS closes the discharge MOSFET by itself, even one that its owner
    opened, and the other way round. Then only a current lately seen this way counts.
    """
    sample = seen.samples.get(battery)
    if sample is None or sample.current is None or not _reported(sample, mosfet):
        return False
    proof = seen.conduction.get(battery, Conduction())
    if mosfet is Mosfet.DISCHARGE:
        return sample.current <= 0 or _is_recent(seen, proof.gave)
    return sample.current >= 0 or _is_recent(seen, proof.took)


def has_conducted(seen: Circumstances, battery: str) -> bool:
    """Whether the battery took or gave current above its floor within the last hour."""
    proof = seen.conduction.get(battery, Conduction())
    return _is_recent(seen, proof.gave) or _is_recent(seen, proof.took)


def _is_recent(seen: Circumstances, when: Seconds | None) -> bool:
    return when is not None and 0 <= seen.time - when <= PROOF_LASTS


def _reported(sample: BatterySample | None, mosfet: Mosfet) -> bool | None:
    if sample is None:
        return None
    return sample.discharge_enabled if mosfet is Mosfet.DISCHARGE else sample.charge_enabled


def _samples(seen: Circumstances, branch: Branch) -> list[BatterySample]:
    return [seen.samples[battery] for battery in branch if battery in seen.samples]
