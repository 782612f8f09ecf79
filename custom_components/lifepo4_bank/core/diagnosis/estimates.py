"""Everything measured about a bank's batteries, as it is published."""

from collections.abc import Mapping, Sequence

from .branches import Branches
from .finding import Estimate
from .members import Member

type Estimates = tuple[
    dict[str, Estimate], dict[str, float], dict[str, Estimate], dict[str, Estimate]
]


def estimates(groups: Sequence[Branches], members: Mapping[str, Member]) -> Estimates:
    """Share, fair share, own resistance, path resistance above the best path's."""
    share: dict[str, Estimate] = {}
    fair: dict[str, float] = {}
    path: dict[str, Estimate] = {}
    for group in groups:
        path |= group.path_excess()
        for branch in group:
            line = branch.share
            fair |= dict.fromkeys(branch.ids, line.fair)
            if line.count:
                found = Estimate(line.slope, line.sigma, line.count, line.since, line.time)
                share |= dict.fromkeys(branch.ids, found)
    own = {
        battery: Estimate(one.value, one.sigma, one.count, one.since, one.time)
        for battery, member in members.items()
        if (one := member.resistance).count
    }
    return share, fair, own, path
