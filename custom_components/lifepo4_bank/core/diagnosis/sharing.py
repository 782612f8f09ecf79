"""Whether every battery takes its part of the current (article 3.1)."""

from collections.abc import Iterator

from .branch import Branch
from .branches import Branches
from .finding import Kind, NotJudged
from .picture import Picture
from .rules import JUDGED_FLOORS, JUDGED_LOAD, Scale
from .symptom import Symptom, not_judged
from .uneven import why_uneven

KIND = Kind.ASYMMETRIC_CURRENT_SHARING
LOW_ENOUGH = 0.80
"""Where one battery takes less than this part, the others' excess is its doing."""
DOUBT = 0.5
"""Standard deviations."""
PATIENCE = 3
"""Rounds in a row with unequal currents along a string that are no load step between polls."""


def sharing(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Share of each branch at the present load against its fair share."""
    for group in picture.groups:
        reason = why_not_current(picture, group) or _why_not_share(group)
        if reason is not None:
            yield not_judged(KIND, reason, tuple(member.id for member in group.members))
        else:
            yield from _shares(picture, group)


def why_not_current(picture: Picture, group: Branches) -> str | None:
    """Why the group's currents cannot be compared now, None when they can."""
    if picture.fleet:
        return "fleet_current"
    if picture.chain_refused or any(branch.unequal >= PATIENCE for branch in group):
        return "unequal_string_current"
    if group.total is None:
        return "battery_missing"
    return None


def enough_load(group: Branches) -> bool:
    """Whether the present current suffices to judge each branch."""
    total = abs(group.total or 0.0)
    if total < JUDGED_LOAD:
        return False
    return all(branch.share.fair * total >= JUDGED_FLOORS * group.floor for branch in group)


def _why_not_share(group: Branches) -> str | None:
    if not enough_load(group):
        return "not_enough_load"
    for member in group.members:
        if member.knee:
            return "knee"
        if not member.settled:
            return "mosfet_open"
    for branch in group:
        if abs(branch.current) < group.floor:
            return "battery_silent"
        if not branch.share.count:
            return "still_learning"
    return None


def _shares(picture: Picture, group: Branches) -> Iterator[Symptom]:
    total = group.total or 0.0
    ratios: list[float] = []
    for branch in group:
        ratio, sigma = branch.share.ratio(total)
        # As near to fair as doubt allows: it speaks for the bank.
        doubt = DOUBT * sigma
        ratios.append(min(1.0, ratio + doubt) if ratio < 1 else max(1.0, ratio - doubt))
    lowest, highest = min(ratios), max(ratios)
    if _overloaded(picture, group) and highest > 1.1:
        highest = max(highest, 1.5)
    for branch, ratio in zip(group, ratios, strict=True):
        subject = (group, branch)
        yield Symptom(Scale.SHARE_LOW, branch.ids, ratio, why_uneven, subject)
        if lowest > LOW_ENOUGH:
            high = highest if ratio >= max(ratios) else ratio
        else:
            high = highest if ratio == lowest else 1.0
        yield Symptom(Scale.SHARE_HIGH, branch.ids, high, why_uneven, subject)


def _overloaded(picture: Picture, group: Branches) -> bool:
    limit = picture.options.max_battery_current
    return limit is not None and any(abs(branch.current) > limit for branch in group)


def is_silent(branch: Branch, group: Branches) -> bool:
    """Whether the branch reads no current."""
    return abs(branch.current) < group.floor
