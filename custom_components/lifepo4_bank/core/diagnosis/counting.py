"""Why reported SoCs are apart: the batteries differ, or only their counters.

Notes
-----
Batteries that really differ have different open-circuit voltages. In parallel the difference
drives a circulating current, the intercept of a share; in series it shows as a difference of
voltage at no current. How much there must be follows from the open-circuit curve, where that is
steep enough to tell. A counter that has left its own current reading, or that the rest voltage
refutes, is wrong by itself.

"""

from math import sqrt

from ..battery import Fraction, Volts
from ..chemistry import ocv, soc_bounds
from .branch import Branch
from .branches import Branches
from .chains import Chain
from .knee import STEPS, typical
from .members import Member
from .picture import Picture
from .rules import REST
from .sharing import is_silent
from .symptom import Explanation

LEAST = 0.4
"""Part of the expected difference that the batteries must show to differ for real: published
open-circuit curves disagree by a factor of two."""
MOST = 2.5
"""The same where they show more: then something else drives the current."""
STEEP: Fraction = 0.05
"""SoC below which a point of it is tens of millivolts."""
KNOWN = 0.5
"""Standard deviation of a resistance, in parts of it, with which a current is worked out."""
PARTLY = 0.3
"""Part of the spread that, moved by unlike currents, forbids to blame a counter."""
CERTAIN = 2.0
"""Standard deviations."""
PARTED: Volts = 0.03
"""Expected difference of open-circuit voltage per cell that polarisation cannot feign."""
DRIFTED = 0.6
"""Part of the spread that a counter's own drift must explain."""


def why_apart(picture: Picture, unit: tuple[str, ...]) -> Explanation:
    """Cause and evidence of unequal SoCs; `unit` is the odd battery or block."""
    members = [picture.members[battery] for battery in unit]
    others = [member for battery, member in picture.members.items() if battery not in unit]
    own, beside = _mean_soc(members), _mean_soc(others)
    evidence: dict[str, float | str] = {
        "soc_percent": 100 * own,
        "others_percent": 100 * beside,
        "spread_percent": 100 * _spread(picture),
    }
    gap = own - beside
    drift = _mean_drift(members) - _mean_drift(others)
    evidence["drift_percent"] = 100 * drift
    refuted = [member for member in picture.members.values() if _refuted(picture, member)]
    if refuted:
        evidence["refuted"] = ", ".join(member.battery.name for member in refuted)
    moved = _mean_moved(members) - _mean_moved(others)
    if picture.layout.parallel == 1:
        # One current flows through all: where the readings of it add up to a gap, they are wrong.
        drift, moved = drift + moved, 0.0
    if picture.fleet or picture.chain_refused:
        # By whose current the charge has been counted wrongly is not known.
        cause = "counter_drift" if refuted else "unknown"
    elif refuted or (gap and drift / gap > DRIFTED):
        cause = "counter_drift"
    elif (
        (gap and moved / gap > DRIFTED + _doubt(picture) / abs(gap))
        or _by_rest(picture, members, others, evidence)
        or _by_parting(picture, members, others, evidence)
    ):
        cause = "charge_imbalance"
    else:
        shown = None
        if min(own, beside) > STEEP:
            shown = _by_intercept(picture, members, evidence)
            shown = shown or _by_level(picture, members, evidence)
        cause = _compared(shown, evidence)
        if cause == "counter_drift" and gap and moved / gap > PARTLY:
            cause = "unknown"
    return cause, evidence


def _compared(shown: tuple[float, float] | None, evidence: dict[str, float | str]) -> str:
    """Tell the cause from the part of the expected difference that shows, and its uncertainty."""
    if shown is None:
        return "unknown"
    part, sigma = shown
    evidence["shown_percent"] = 100 * part
    if part - sigma > LEAST:
        return "charge_imbalance" if part - sigma < MOST else "unknown"
    return "counter_drift" if part + sigma < LEAST else "unknown"


def _by_intercept(
    picture: Picture, members: list[Member], evidence: dict[str, float | str]
) -> tuple[float, float] | None:
    """Circulating current in parts of the one that the SoCs call for."""
    for group in picture.groups:
        for branch in group:
            if branch.members[0] in members and branch.share.count >= 2:
                if _lacks_current(picture, group):
                    return None
                if not all(member.settled for member in group.members):
                    return None  # Nothing is learned now: the intercept is of other SoCs.
                expected = _expected_current(group, branch)
                if expected is None:
                    return None
                evidence["circulating_A"] = branch.share.intercept
                evidence["expected_A"] = expected
                sigma = branch.share.intercept_sigma + 0.02 * group.floor
                return branch.share.intercept / expected, 2 * sigma / abs(expected)
    return None


def _lacks_current(picture: Picture, group: Branches) -> bool:
    """Whether one branch does not take part: then no other's intercept is a difference of charge."""
    return any(
        not picture.idle.isdisjoint(branch.ids) or is_silent(branch, group) for branch in group
    )


def _expected_current(group: Branches, branch: Branch) -> float | None:
    """Intercept of the branch if all SoCs were true."""
    best = max(group, key=lambda other: other.share.slope)
    known = best.own_resistance
    cells = sum(member.cells or 4 for member in best.members)
    told = all(member.resistance.count >= STEPS for member in best.members)
    if told and known is not None and known[1] < KNOWN * known[0]:
        resistance = known[0]
    else:
        resistance = typical(cells, best.capacity)
    # Conductances are as the shares; that of the best branch has a typical path.
    scale = 1 / (1.2 * resistance + 0.002) / best.share.slope
    shares = [max(other.share.slope, 0.0) for other in group]
    mean = sum(
        share * _source(other.members) for share, other in zip(shares, group, strict=True)
    ) / sum(shares)
    current = scale * max(branch.share.slope, 0.0) * (mean - _source(branch.members))
    return current if abs(current) > 0.05 * group.floor else None


def _by_level(
    picture: Picture, members: list[Member], evidence: dict[str, float | str]
) -> tuple[float, float] | None:
    """Difference of open-circuit voltage along a chain in parts of what the SoCs call for."""
    for chain in picture.chains:
        for link in chain.links:
            if link.members[0] not in members or link.level.count < 2:
                continue
            expected = _source(link.members) / len(link.members) - _mean_source(chain)
            if abs(expected) < 0.005:
                return None
            evidence["level_V"] = link.level.intercept
            evidence["expected_V"] = expected
            sigma = 2 * link.level.intercept_sigma + 0.005
            return link.level.intercept / expected, sigma / abs(expected)
    return None


def _by_rest(
    picture: Picture,
    members: list[Member],
    others: list[Member],
    evidence: dict[str, float | str],
) -> bool:
    """Whether rest voltages show the difference: only of batteries that no bus holds together."""
    if any(member.rested(picture.time) < REST for member in picture.members.values()):
        return False
    own, beside = _mean_cell(members), _mean_cell(others)
    expected = _mean_ocv(members) - _mean_ocv(others)
    if own is None or beside is None or abs(expected) < 0.01:
        return False
    evidence["rest_mV"] = 1000 * (own - beside)
    return (own - beside) / expected > LEAST


def _by_parting(
    picture: Picture,
    members: list[Member],
    others: list[Member],
    evidence: dict[str, float | str],
) -> bool:
    """Whether voltages show the difference while one side is off the bus, rested or not."""
    apart = picture.idle
    if not (apart.issuperset(m.id for m in members) or apart.issuperset(m.id for m in others)):
        return False
    own, beside = _mean_resting(members), _mean_resting(others)
    expected = _mean_ocv(members) - _mean_ocv(others)
    if own is None or beside is None or abs(expected) < PARTED:
        return False
    evidence["rest_mV"] = 1000 * (own - beside)
    return (own - beside) / expected > LEAST


def _mean_resting(members: list[Member]) -> Volts | None:
    resting = [sum(cells) / 2 for m in members if (cells := m.resting_cells) is not None]
    return sum(resting) / len(resting) if len(resting) == len(members) else None


def _mean_cell(members: list[Member]) -> Volts | None:
    voltages = [
        reading.voltage / member.cells
        for member in members
        if (reading := member.reading) is not None and reading.voltage and member.cells
    ]
    return sum(voltages) / len(voltages) if len(voltages) == len(members) else None


def _mean_ocv(members: list[Member]) -> Volts:
    return sum(ocv(member.soc or 0.0) for member in members) / len(members)


def _mean_moved(members: list[Member]) -> Fraction:
    moved = [
        member.drift.moved(member.charge.charge, capacity)
        for member in members
        if (capacity := member.capacity)
    ]
    return sum(moved) / len(moved) if moved else 0.0


def _doubt(picture: Picture) -> Fraction:
    """Difference of charge that offsets of the current sensors may feign."""
    doubts = [
        member.drift.doubt(picture.time, capacity)
        for member in picture.members.values()
        if (capacity := member.capacity)
    ]
    return CERTAIN * sqrt(2) * max(doubts, default=0.0)


def _mean_source(chain: Chain) -> Volts:
    levels = [_source(link.members) / len(link.members) for link in chain.links]
    return sum(levels) / len(levels)


def _source(members: tuple[Member, ...]) -> Volts:
    """Sum of the open-circuit voltages that the reported SoCs stand for."""
    return sum((member.cells or 4) * ocv(member.soc or 0.0) for member in members)


def _refuted(picture: Picture, member: Member) -> bool:
    """Whether the rest voltage says that the SoC is wrong."""
    reading, cells = member.reading, member.cells
    if reading is None or reading.soc is None or reading.voltage is None or not cells:
        return False
    if member.rested(picture.time) < REST:
        return False
    lowest, highest = soc_bounds(reading.voltage / cells)
    return not lowest <= reading.soc <= highest


def _mean_soc(members: list[Member]) -> Fraction:
    socs = [soc for member in members if (soc := member.soc) is not None]
    return sum(socs) / len(socs) if socs else 0.0


def _mean_drift(members: list[Member]) -> Fraction:
    return sum(member.drift.value for member in members) / max(1, len(members))


def _spread(picture: Picture) -> Fraction:
    socs = [soc for member in picture.members.values() if (soc := member.soc) is not None]
    return max(socs) - min(socs)
