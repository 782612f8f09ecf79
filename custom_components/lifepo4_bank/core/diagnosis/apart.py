"""Voltages of batteries that are not joined yet, or not any more (article 3.2, 4.1)."""

from collections.abc import Iterator
from statistics import median

from ..battery import BatteryState, Seconds, Volts
from .branch import Branch
from .branches import Branches
from .finding import Kind, NotJudged, WhyNot
from .members import Member
from .picture import Picture
from .rules import REST, Scale
from .sharing import why_not_current
from .symptom import Explanation, Symptom, not_judged

KIND = Kind.VOLTAGE_MISMATCH
JOINED: Seconds = 86400.0
"""Batteries that have shared a current so lately are taken for joined still."""


def voltages_apart(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Difference of rest voltage between batteries that belong in parallel."""
    for group in picture.groups:
        if group.total is None and (silence := why_not_current(picture, group)) is not None:
            yield not_judged(KIND, *silence)
        elif all(branch.current for branch in group):
            for branch in group if KIND in picture.followed else ():
                yield Symptom(Scale.VOLTAGE_APART, branch.ids, 0.0, _explain, (group, branch))
        elif group.joined_at is not None and picture.time - group.joined_at < JOINED:
            yield not_judged(KIND, WhyNot.JOINED, group.ids)
        elif full := tuple(member.id for member in group.members if _is_full(member)):
            yield not_judged(KIND, WhyNot.FULL, full)
        elif tired := tuple(m.id for m in group.members if m.rested(picture.time) < REST):
            yield not_judged(KIND, WhyNot.NOT_RESTED, tired)
        elif picture.idle.isdisjoint(group.ids):
            yield from _judge(group)


def _voltage(branch: Branch) -> Volts:
    return sum(member.voltage or 0.0 for member in branch.members)


def _is_full(member: Member) -> bool:
    """Whether the BMS has opened the charge MOSFET at full: then a diode drop is no fault."""
    reading = member.reading
    return reading is not None and (
        reading.state is BatteryState.FULL or reading.charge_enabled is False
    )


def _judge(group: Branches) -> Iterator[Symptom]:
    voltages = {branch.ids: _voltage(branch) for branch in group}
    middle = median(voltages.values())
    odd = max(voltages, key=lambda one: (round(abs(voltages[one] - middle), 4), -voltages[one]))
    # One step of a coarse sensor is no difference.
    step = max(member.blur for member in group.members)
    cells = sum(member.cells or 4 for member in group.branches[0].members)
    apart = (max(voltages.values()) - min(voltages.values()) - step) * 4 / cells
    for branch in group:
        value = max(0.0, apart) if branch.ids == odd else 0.0
        yield Symptom(Scale.VOLTAGE_APART, branch.ids, value, _explain, (group, branch))


def _explain(group: Branches, branch: Branch) -> Explanation:
    own = _voltage(branch)
    others = median(_voltage(other) for other in group if other is not branch)
    return "measured_apart", {
        "battery_V": own,
        "others_V": others,
        "difference_mV": 1000 * abs(own - others),
    }
