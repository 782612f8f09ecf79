"""Everything measured about a bank's batteries, as it is published."""

from collections.abc import Mapping, Sequence

from .branches import Branches
from .finding import Estimate
from .members import Member

type Estimates = tuple[
    dict[str, Estimate], dict[str, float], dict[str, Estimate], dict[str, Estimate]
]


def estimates(
    groups: Sequence[Branches], members: Mapping[str, Member], before: Estimates | None = None
) -> Estimates:
    """Share, fair share, own resistance, path resistance above the best path's.

    `before` is what was told last: an own resistance stays while nothing new is learned of it.
    """
    told = {} if before is None else before[2]
    share: dict[str, Estimate] = {}
    fair: dict[str, float] = {}
    path: dict[str, Estimate] = {}
    for group in groups:
        path |= group.path_excess()
        for branch in group:
            line = branch.share
            found = Estimate(line.slope, line.sigma, line.count, line.since, line.time)
            for battery in branch.ids:
                fair[battery] = line.fair
                if line.count:
                    share[battery] = found
    own = {
        battery: estimate
        for battery, member in members.items()
        if (estimate := _own_resistance(member, told.get(battery))) is not None
    }
    return share, fair, own, path


def _own_resistance(member: Member, before: Estimate | None) -> Estimate | None:
    own = member.resistance
    if not own.count:
        return None
    if before is not None and (before.count, before.latest) == (own.count, own.time):
        return before
    return Estimate(own.value, own.sigma, own.count, own.since, own.time)
