"""Current that flows between batteries instead of to a load (article 3.2)."""

from collections.abc import Iterator

from ..battery import Amperes
from .branch import Branch
from .branches import Branches
from .finding import Kind, NotJudged, WhyNot
from .picture import Picture
from .rules import BY_SCALE, Scale
from .sharing import Silence, why_not_current
from .symptom import Explanation, Symptom, not_judged

KIND = Kind.CIRCULATING_CURRENT
MUCH = BY_SCALE[Scale.CIRCULATING][-1].trip
"""In capacities per hour: so much harms wherever it flows."""


def circulation(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """One battery is charged while another one discharges."""
    for group in picture.groups:
        silence = why_not_current(picture, group) or _why_not(group)
        if silence is not None:
            yield not_judged(KIND, *silence)
            continue
        current = between(group)
        if current and _evens_out(group, current):
            yield not_judged(KIND, WhyNot.KNEE, group.ids)
            current = 0.0
        if not current and KIND not in picture.followed:
            continue
        taker = max(group, key=lambda branch: branch.current)
        for branch in group:
            rate = current / (branch.capacity or 100.0) if branch is taker else 0.0
            yield Symptom(Scale.CIRCULATING, branch.ids, rate, _explain, (group, branch))


def _why_not(group: Branches) -> Silence | None:
    ids = tuple(member.id for member in group.members if member.at_limit)
    return (WhyNot.KNEE, ids) if ids else None


def _evens_out(group: Branches, current: Amperes) -> bool:
    """Whether batteries that are all but full, or all but empty, even out their last points.

    There the voltage is so steep that a few points drive amperes for some minutes.
    """
    members = group.members
    if not (all(m.nearly_full for m in members) or all(m.nearly_empty for m in members)):
        return False
    smallest = min(branch.capacity or 100.0 for branch in group)
    return current < MUCH * smallest


def between(group: Branches) -> Amperes:
    """Measure the current from one branch into another, 0 while all go the same way."""
    currents = [branch.current for branch in group]
    return max(0.0, min(max(currents), -min(currents)))


def _explain(group: Branches, branch: Branch) -> Explanation:
    giver = min(group, key=lambda other: other.current)
    evidence: dict[str, float | str] = {
        "circulating_A": between(group),
        "battery_A": branch.current,
        "giver": ", ".join(member.battery.name for member in giver.members),
        "giver_A": giver.current,
        "bank_A": group.total or 0.0,
    }
    return "voltage_offset", evidence
