"""Why a branch takes too little or too much: cable, battery, or voltage.

Notes
-----
Over every branch the same voltage drops per ampere of the group, `b_i * (R_i + P_i)`. Where a
branch takes less than its fair part, either its own resistance makes up for it, which its own load
steps show, or its path, which the voltages beside the others' show. The two parts add up to 1;
each is a witness with its own uncertainty.

"""

from math import hypot, sqrt

from ..battery import Ohms
from ..resistance import TYPICAL
from .branch import Branch
from .branches import Branches
from .symptom import Explanation

MOSTLY = 0.6
"""Part of a deviation that its cause must explain."""
PROOF = 4.0
"""Standard deviations of a path drop that need no further witness."""
CERTAIN = 1.5
"""Standard deviations between the two causes."""
MODEL = 0.15
"""What the witnesses leave out: polarisation, links of a chain of cables."""
NOTHING: Ohms = 1e-5


def why_uneven(group: Branches, branch: Branch, judged: float) -> Explanation:
    """Cause and evidence of an uneven share; `judged` is the share, in parts of the fair one."""
    total = group.total or 0.0
    share = branch.share
    ratio, _ = share.ratio(total)
    by_slope = share.slope / share.fair
    if abs(by_slope - 1) > abs(ratio - 1) or (judged - 1) * (ratio - 1) < 0:
        # At this load a difference of charge makes up for the fault, in part or by far.
        ratio = by_slope
    evidence: dict[str, float | str] = {
        "share_percent": 100 * share.fair * ratio,
        "fair_share_percent": 100 * share.fair,
        "bank_A": total,
        "circulating_A": share.intercept,
    }
    if (gain := branch.members[0].gain) != 1.0:
        evidence["sensor_gain_percent"] = 100 * gain
    cause = _slope_or_offset(branch, ratio, total)
    others = _sound(group, branch)
    own, reference = branch.own_resistance, _reference(others)
    if own is not None:
        evidence["own_mOhm"] = 1000 * own[0]
        evidence["others_own_mOhm"] = 1000 * reference[0]
    excess = group.path_excess().get(branch.ids[0])
    if excess is not None:
        evidence["path_excess_mOhm"] = 1000 * excess.value
    if cause is not None and _path_alone(group, branch, others, reference, ratio):
        cause = "path_resistance"
    if cause is None:
        part, sigma = _path_part(branch, others, reference)
        evidence["path_part_percent"] = 100 * part
        if part - 0.5 > CERTAIN * sigma:
            cause = "path_resistance"
        elif 0.5 - part > CERTAIN * sigma:
            cause = "internal_resistance"
            if own is None:
                evidence["own_mOhm"] = 1000 * _own_by_share(branch, others, reference)
                evidence["others_own_mOhm"] = 1000 * reference[0]
        else:
            cause = "unknown"
    return cause, evidence


def _sound(group: Branches, branch: Branch) -> list[Branch]:
    """Give the better half of the other branches, to compare with: two may be faulty at once."""
    others = [other for other in group if other is not branch]
    others.sort(key=lambda other: -other.share.slope / other.share.fair)
    if branch.share.slope > branch.share.fair:
        return others
    return others[: (len(others) + 1) // 2]


def _slope_or_offset(branch: Branch, ratio: float, total: float) -> str | None:
    """Tell `voltage_offset`, `unknown`, or None when resistance is to blame."""
    share = branch.share
    deviation = ratio - 1 or 1e-9
    by_slope = share.slope / share.fair - 1
    by_offset = share.intercept / (share.fair * (total or 1e-9))
    if abs(by_slope) > 2 * share.sigma / share.fair and by_slope / deviation > MOSTLY:
        return None
    if abs(share.intercept) > 3 * share.intercept_sigma and by_offset / deviation > MOSTLY:
        return "voltage_offset"
    return "unknown"


def _reference(others: list[Branch]) -> tuple[Ohms, Ohms, float]:
    """Mean own resistance of the others, its standard deviation, and their mean fair share."""
    fair = sum(other.share.fair for other in others) / len(others)
    known = [own for other in others if (own := other.own_resistance) is not None]
    if known:
        weights = [1 / max(sigma, NOTHING) ** 2 for _, sigma in known]
        value = sum(own * weight for (own, _), weight in zip(known, weights, strict=True))
        return value / sum(weights), 1 / sqrt(sum(weights)), fair
    typical = 0.0
    for member in others[0].members:
        typical += TYPICAL * (member.cells or 4) / 4 * 100 / (member.capacity or 100.0)
    return typical, 0.4 * typical, fair


def _path_alone(
    group: Branches,
    branch: Branch,
    others: list[Branch],
    reference: tuple[Ohms, Ohms, float],
    ratio: float,
) -> bool:
    """Whether the voltages alone prove the path, at a load that has not changed yet."""
    beside = sum(other.share.ratio(group.total or 1.0)[0] for other in others) / len(others)
    drop = sum(other.drop.slope for other in others) / len(others) - branch.drop.slope
    sigma = hypot(branch.drop.slope_sigma, *(other.drop.slope_sigma for other in others))
    needed = reference[0] * reference[2] * (beside - ratio)
    return abs(drop) > PROOF * sigma and drop / (needed or 1e-9) > MOSTLY


def _own_by_share(
    branch: Branch, others: list[Branch], reference: tuple[Ohms, Ohms, float]
) -> Ohms:
    """Own resistance that the share calls for, where no load step was large enough to show it."""
    beside = sum(other.share.slope for other in others) / len(others)
    drop = sum(other.drop.slope for other in others) / len(others) - branch.drop.slope
    return max(0.0, reference[0] * beside - drop) / max(branch.share.slope, 0.01)


def _path_part(
    branch: Branch, others: list[Branch], reference: tuple[Ohms, Ohms, float]
) -> tuple[float, float]:
    """Part of the deviation that the path makes, and its standard deviation."""
    share, (resistance, resistance_sigma, fair) = branch.share, reference
    relative = sum(other.share.slope / other.share.fair for other in others) / len(others)
    own_relative = share.slope / share.fair
    needed = resistance * fair * (relative - own_relative)
    if abs(needed) < NOTHING:
        return 0.5, 1.0
    drop = sum(other.drop.slope for other in others) / len(others) - branch.drop.slope
    sigma = hypot(branch.drop.slope_sigma, *(other.drop.slope_sigma for other in others))
    by_path = drop / needed
    path_sigma = hypot(sigma / needed, by_path * resistance_sigma / resistance, MODEL)
    own = branch.own_resistance
    if own is None:
        return by_path, path_sigma
    healthy = resistance * fair / share.fair
    by_own = (own[0] - healthy) * share.slope / needed
    own_sigma = hypot(hypot(own[1], resistance_sigma) * share.slope / needed, MODEL)
    explained = max(by_path, 0.0) + max(by_own, 0.0)
    if explained < 0.5 and 1 - explained > CERTAIN * hypot(path_sigma, own_sigma):
        # Together they explain too little: the line takes a difference of voltage for resistance.
        return 0.5, 1.0
    weights = path_sigma**-2, own_sigma**-2
    part = (by_path * weights[0] + (1 - by_own) * weights[1]) / sum(weights)
    return part, sum(weights) ** -0.5
