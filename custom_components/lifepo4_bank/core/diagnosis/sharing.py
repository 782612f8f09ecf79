"""Whether every battery takes its part of the current (article 3.1)."""

from collections.abc import Iterator
from math import hypot

from .branch import Branch
from .branches import Branches
from .finding import Kind, NotJudged, WhyNot
from .members import Member
from .picture import Picture
from .rules import BY_SCALE, JUDGED_FLOORS, JUDGED_LOAD, Scale
from .symptom import Symptom, not_judged
from .uneven import why_uneven

type Silence = tuple[WhyNot, tuple[str, ...]]

KIND = Kind.ASYMMETRIC_CURRENT_SHARING
LOW_ENOUGH = 0.80
"""Where one battery takes less than this part, the others' excess is its doing."""
CALM = (0.76, 1.32)
"""Shares between which nobody has to hear of it."""
NEAR_FAIR = 0.2
LEAST_OFFSET = BY_SCALE[Scale.CIRCULATING][0].trip
"""Circulating current, in capacities per hour, below which the fuller battery just goes first."""
USUAL_OFFSET = 0.05
"""The same where all counters agree within the usual, and the slope is known: what 10 points drive at
the step of the plateau (24 mV a cell at 60-70 %) between two 12.8 V batteries of 10 mOhm."""
UNPROVED_OFFSET = 0.025
"""The same where the slope is not known yet; half, as a bad path may be behind it."""
USUAL_SPREAD = BY_SCALE[Scale.SOC_SPREAD][0].trip
LOOSE = 0.3
"""Standard deviation of a share at the present load, in parts of the fair one, with which nothing
is said: neither that it is uneven nor that it is fair."""
DOUBT = 0.5
"""Standard deviations."""
CERTAIN = 2.0
"""Standard deviations of a slope that is known well enough to keep a finding by it."""
PROVED = 20
"""Moments learned with which a slope is believed while the present current is a fair one."""
FITS = 0.15
"""Difference of share between the line and the latest currents that needs no other line."""
KNOWN = 0.1
"""Standard deviation of a share, in parts of the fair one, that tells its cause."""
FADING = (0.51, 1.49)
"""A difference of voltage evens out by itself: as a share it is no error, however large. Where it
matters it is a circulating current, with limits of its own."""
SENSOR_ERROR = 0.05
"""Part of a shunt's current that healthy sensors may miss: each is within some percent."""
PATIENCE = 3
"""Rounds in a row with unequal currents along a string that are no load step between polls."""


def sharing(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Share of each branch at the present load against its fair share."""
    if picture.chain_refused and not picture.groups:
        yield not_judged(KIND, WhyNot.UNEQUAL_STRING_CURRENT, tuple(picture.members))
    for group in picture.groups:
        silence = why_not_current(picture, group) or _why_not_share(group)
        if silence is not None:
            yield not_judged(KIND, *silence)
        else:
            yield from _shares(picture, group)


def why_not_current(picture: Picture, group: Branches) -> Silence | None:
    """Why, and because of which batteries, currents cannot be compared now; None when they can."""
    if picture.fleet:
        return WhyNot.FLEET_CURRENT, group.ids
    if picture.chain_refused or group.unequal >= PATIENCE:
        return WhyNot.UNEQUAL_STRING_CURRENT, group.ids
    if group.total is None:
        missing = [member for member in group.members if member.reading is None]
        silent = [member for member in group.members if not member.measures]
        reason = WhyNot.NOT_REPORTED if silent and not missing else WhyNot.BATTERY_MISSING
        return reason, tuple(member.id for member in missing or silent or group.members)
    return None


def enough_load(group: Branches) -> bool:
    """Whether the present current suffices to judge each branch."""
    total = abs(group.total or 0.0)
    if total < JUDGED_LOAD:
        return False
    least = min(branch.share.fair for branch in group.branches)
    return least * total >= JUDGED_FLOORS * group.floor


def _why_not_share(group: Branches) -> Silence | None:
    if not enough_load(group):
        return WhyNot.NOT_ENOUGH_LOAD, group.ids
    for member in group.members:
        if not member.settled:
            return _unsettled(member), (member.id,)
    for branch in group:
        if abs(branch.current) < group.floor:
            return WhyNot.BATTERY_SILENT, branch.ids
        if not branch.share.count or branch.share.ratio(group.total or 1.0)[1] > LOOSE:
            return WhyNot.STILL_LEARNING, branch.ids
    return None


def _unsettled(member: Member) -> WhyNot:
    if member.knee:
        return WhyNot.KNEE
    return WhyNot.PROTECTION if member.tripped else WhyNot.MOSFET_OPEN


def _shares(picture: Picture, group: Branches) -> Iterator[Symptom | NotJudged]:
    ratios = _ratios(picture, group)
    excused = ratios
    if abs(group.astray) >= SENSOR_ERROR:
        excused = [_excused(group, *one) for one in zip(group, ratios, strict=True)]
    if _is_calm(excused) and not _is_calm(ratios):
        yield not_judged(KIND, WhyNot.CURRENT_SENSOR, group.ids)
        return
    lowest, highest = min(excused), max(excused)
    if _overloaded(picture, group) and highest > 1.1:
        highest = max(highest, 1.5)
    if CALM[0] < lowest and highest < CALM[1] and KIND not in picture.followed:
        return
    for branch, ratio in zip(group, excused, strict=True):
        subject = (group, branch, ratio)
        yield Symptom(Scale.SHARE_LOW, branch.ids, ratio, why_uneven, subject)
        if lowest > LOW_ENOUGH:
            high = highest if ratio >= max(excused) else ratio
        else:
            high = highest if ratio == lowest else 1.0
        yield Symptom(Scale.SHARE_HIGH, branch.ids, high, why_uneven, subject)


def _ratios(picture: Picture, group: Branches) -> list[float]:
    """Tell each branch's current in parts of its fair one."""
    total = group.total or 0.0
    alike = _are_alike(group)
    ratios: list[float] = []
    for branch in group:
        ratio, sigma = branch.share.ratio(total)
        line = ratio
        if _fuller_first(branch, alike=alike):
            ratio = branch.share.slope / branch.share.fair
        now = ratio if branch.recent is None else branch.recent / branch.share.fair
        # As near to fair as doubt and the present current allow: they speak for the bank.
        doubt = DOUBT * sigma
        if ratio < 1:
            ratio = min(1.0, max(ratio + doubt, now))
        else:
            ratio = max(1.0, min(ratio - doubt, now))
        faulty = branch.ids in picture.uneven or _is_proved(branch)
        if faulty and (abs(line - now) < FITS or now > CALM[1]):
            ratio = _low_by_slope(group, branch, ratio)
        elif _fades(branch):
            ratio = min(max(ratio, FADING[0]), FADING[1])
        ratios.append(ratio)
    return ratios


def _is_calm(ratios: list[float]) -> bool:
    return CALM[0] < min(ratios) and max(ratios) < CALM[1]


def _excused(group: Branches, branch: Branch, ratio: float) -> float:
    """Take a share for as fair as one wrong sensor would make it.

    Current that the shunt sees and no battery reports may be this battery's, or another's.
    """
    others = ratio * (1 - group.astray)
    own = others + group.astray / branch.share.fair
    return min(max(1.0, min(ratio, others, own)), max(ratio, others, own))


def _are_alike(group: Branches) -> bool:
    """Whether the batteries' reported charges are no further apart than is usual."""
    socs = [soc for member in group.members if (soc := member.soc) is not None]
    return len(socs) == len(group.members) and max(socs) - min(socs) < USUAL_SPREAD


def _fuller_first(branch: Branch, *, alike: bool) -> bool:
    """Whether only a small difference of voltage, which is no fault, spoils a fair share."""
    harmless = LEAST_OFFSET
    if alike:
        harmless = USUAL_OFFSET if _fades(branch) else UNPROVED_OFFSET
    amperes = harmless * (branch.capacity or 100.0)
    return _is_even(branch) and abs(branch.share.intercept) < amperes


def _is_even(branch: Branch) -> bool:
    return abs(branch.share.slope / branch.share.fair - 1) < NEAR_FAIR


def _fades(branch: Branch) -> bool:
    """Whether it is certain that no resistance makes the share uneven."""
    return _is_even(branch) and branch.share.slope_sigma < KNOWN * branch.share.fair


def _is_proved(branch: Branch) -> bool:
    """Whether so much was learned that the slope alone may speak, whatever flows now."""
    share = branch.share
    return share.count >= PROVED and share.slope_sigma < KNOWN / 2 * share.fair


def _low_by_slope(group: Branches, branch: Branch, ratio: float) -> float:
    """Tell the share, at most what the slopes allow: its own, and what the others' leave.

    What is faulty stays so while a difference of charge happens to make up for it: then the line
    tells the present current, or that is far above the fair one. The current of a mended cable
    is neither until a line is learned anew, whose slope is uncertain at first and fair then.
    """
    share = branch.share
    own = (share.slope + CERTAIN * share.slope_sigma) / share.fair
    if own >= ratio:
        return ratio
    others = [one.share for one in group if one is not branch]
    left = 1 - sum(other.slope for other in others)
    left += CERTAIN * hypot(*(other.slope_sigma for other in others))
    return min(ratio, max(own, left / share.fair))


def _overloaded(picture: Picture, group: Branches) -> bool:
    limit = picture.options.max_battery_current
    return limit is not None and any(abs(branch.current) > limit for branch in group)


def is_silent(branch: Branch, group: Branches) -> bool:
    """Whether the branch reads no current."""
    return abs(branch.current) < group.floor


def carrying(group: Branches) -> list[Branch]:
    """Tell the branches that read a current."""
    return [branch for branch in group.branches if not is_silent(branch, group)]
