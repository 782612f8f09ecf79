"""Whether every battery takes its part of the current."""

from collections.abc import Iterator

from ..chemistry import BOTTOM_KNEE, TOP_KNEE
from .branches import Branches
from .finding import Kind, NotJudged
from .picture import Picture
from .rules import JUDGED_FLOORS, JUDGED_LOAD, Scale
from .symptom import Explanation, Symptom

KIND = Kind.ASYMMETRIC_CURRENT_SHARING


def sharing(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Share of each branch against its fair share."""
    for group in picture.groups:
        reason = why_not(group)
        if reason:
            yield NotJudged(KIND, reason, tuple(member.id for member in group.members))
        else:
            yield from _judge(group)


def why_not(group: Branches) -> str | None:
    """Why the group's sharing cannot be judged now, None when it can."""
    total = group.total
    if total is None:
        return "battery_missing"
    if abs(total) < JUDGED_LOAD or min(group.fair) * abs(total) < JUDGED_FLOORS * group.floor:
        return "not_enough_load"
    for member in group.members:
        cells = member.reading.cells if member.reading else ()
        if cells and (max(cells) > TOP_KNEE or min(cells) < BOTTOM_KNEE):
            return "knee"
    return None


def _judge(group: Branches) -> Iterator[Symptom]:
    total = group.total or 0.0
    for index, branch in enumerate(group.branches):
        share, fair = group.shares[index], group.fair[index]
        if not share.count or abs(group.currents[index]) == 0:
            continue
        ratio, sigma = share.ratio(total, fair)
        careful = min(1.0, ratio + sigma) if ratio < 1 else max(1.0, ratio - sigma)
        batteries = tuple(member.id for member in branch)

        def explain(index: int = index) -> Explanation:
            return _explain(group, index)

        yield Symptom(KIND, batteries, Scale.SHARE_LOW, careful, explain)


def _explain(group: Branches, index: int) -> Explanation:
    share, fair = group.shares[index], group.fair[index]
    total = group.total or 0.0
    evidence: dict[str, float | str] = {
        "share_percent": 100 * share.at(total)[0] / total,
        "fair_share_percent": 100 * fair,
        "bank_A": total,
        "intercept_A": share.intercept,
    }
    drop = group.drops[index]
    own = [m.resistance for m in group.members if m.resistance.count]
    if drop.slope_sigma and drop.slope < -3 * drop.slope_sigma:
        cause = "path_resistance"
        best = max(line.slope for line in group.drops)
        evidence["path_excess_mOhm"] = 1000 * (best - drop.slope) / max(share.slope, 0.02)
    elif len(own) == len(group.members) and own[index].value > 1.25 * min(r.value for r in own):
        cause = "internal_resistance"
        evidence["own_mOhm"] = 1000 * own[index].value
    elif abs(share.slope / fair - 1) < 0.2:
        cause = "voltage_offset"
    else:
        cause = "unknown"
    return cause, evidence
