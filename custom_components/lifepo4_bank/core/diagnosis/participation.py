"""Whether a battery takes part at all (article 3.1, 3.3, 4.1)."""

from collections.abc import Iterator

from ..battery import BatterySample, BatteryState, Volts
from ..resistance import TYPICAL
from .branch import Branch
from .branches import Branches
from .finding import Kind, NotJudged, WhyNot
from .knee import is_full
from .members import Member
from .picture import Picture
from .rules import JUDGED_FLOORS, JUDGED_LOAD, Scale
from .sharing import carrying, why_not_current
from .symptom import Explanation, Symptom, not_judged

KIND = Kind.NOT_PARTICIPATING
DIODE: Volts = 0.65
"""Drop of a body diode, and what the others' sensors may be off."""
RECOVERY: Volts = 0.3
"""Per four cells: a BMS that has isolated a full battery joins it again when the bus is so much
lower (WattCycle on batteries that take turns)."""
SMALL = 1.5
"""Fair current in detection floors that sensors a little unlike do not see: more has a reason."""
FEW = 4
UNSEEN = 0.5
"""Part of a fair share that, seen by a shunt and by no battery, is a silent battery's."""
MANY_FLOORS = 15.0
"""A battery that is on the bus must show current by then, if its sensor works."""


def switched_off(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """MOSFETs that the BMS reports as off though nothing calls for it."""
    followed = KIND in picture.followed
    for member in picture.members.values():
        if member.reading is None:
            yield not_judged(KIND, WhyNot.BATTERY_MISSING, (member.id,))
            continue
        off = switched_off_name(member.reading)
        if off is not None or followed:
            yield Symptom(
                Scale.SWITCHED_OFF, (member.id,), 1.0 if off else 0.0, _explain_off, (member,)
            )


def participation(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """No current from a battery while the others carry the load."""
    for group in picture.groups:
        silence = why_not_current(picture, group)
        if silence is not None:
            yield not_judged(KIND, *silence)
            continue
        others = carrying(group)
        for branch in group:
            if KIND in picture.followed or branch not in others:
                weak = branch.ids in picture.uneven
                yield from _judge(group, branch, others, weak=weak)


def _judge(
    group: Branches, branch: Branch, others: list[Branch], *, weak: bool
) -> Iterator[Symptom | NotJudged]:
    total = group.total or 0.0
    # What its bad path or its age lets through of this load is too little to be seen.
    weak = weak and abs(branch.share.at(total)[0]) < SMALL * group.floor
    subject = (group, branch, weak)
    if branch in others:
        yield Symptom(Scale.SILENT, branch.ids, 0.0, _explain, subject)
        yield Symptom(Scale.WAITING, branch.ids, 0.0, _explain, subject)
        return
    floors = abs(total) * branch.share.fair / group.floor
    enough = floors >= JUDGED_FLOORS and abs(total) >= JUDGED_LOAD
    if total > 0 and any(is_full(member.reading) for member in branch.members):
        yield not_judged(KIND, WhyNot.FULL, branch.ids)
    elif enough and group.astray >= UNSEEN * branch.share.fair:
        yield not_judged(KIND, WhyNot.CURRENT_SENSOR, branch.ids)
    elif enough and not weak and not _benign(group, branch, floors):
        yield Symptom(Scale.SILENT, branch.ids, floors, _explain, subject)
        yield Symptom(Scale.WAITING, branch.ids, 0.0, _explain, subject)
    elif enough or (
        others
        and (floors := max(floors, _as_others(group, branch, others))) >= 1
        and _seen_elsewhere(group, branch, floors)
    ):
        yield Symptom(Scale.SILENT, branch.ids, 0.0, _explain, subject)
        yield Symptom(Scale.WAITING, branch.ids, floors, _explain, subject)
    else:
        yield not_judged(KIND, WhyNot.NOT_ENOUGH_LOAD, branch.ids)


def _as_others(group: Branches, branch: Branch, others: list[Branch]) -> float:
    """Tell its fair current in detection floors by what the others carry.

    What a silent branch carries is missing in the group's current: of two, that may be half.
    """
    carried = min(abs(other.current) / other.share.fair for other in others)
    return carried * branch.share.fair / group.floor


def _seen_elsewhere(group: Branches, branch: Branch, floors: float) -> bool:
    """Whether the battery is on the bus and only another BMS sees the small current."""
    if behind_diode(group, branch):
        return True
    # With more floors, yet little current, even a battery that is cut off has the bus's voltage.
    return floors < JUDGED_FLOORS and is_isolated(group, branch) is False


def _benign(group: Branches, branch: Branch, floors: float) -> bool:
    """Whether the battery only waits for the others' voltage to come to its own."""
    for member in branch.members:
        reading = member.reading
        if reading is None or reading.tripped or switched_off_name(reading):
            return False
        if reading.state is BatteryState.ASLEEP:
            return False
    if behind_diode(group, branch):
        return True
    return floors < MANY_FLOORS and is_isolated(group, branch) is False


def behind_diode(group: Branches, branch: Branch) -> bool:
    """Whether a full battery waits until the bus is lower by the drop of its charge MOSFET.

    With the charge MOSFET open, current out of the battery must pass the MOSFET's body diode. So
    batteries that become full one after the other take turns.
    """
    if (group.total or 0.0) >= 0:
        return False
    others = carrying(group)
    readings = [member.reading for member in branch.members]
    if not others or not any(is_full(reading) for reading in readings):
        return False
    if all(reading is None or reading.charge_enabled for reading in readings):
        return False
    if any(reading is not None and reading.discharge_enabled is False for reading in readings):
        return False
    gap = branch.voltage - sum(other.voltage for other in others) / len(others)
    return gap < sum(max(DIODE, RECOVERY * (m.cells or 4) / 4) for m in branch.members)


def is_isolated(group: Branches, branch: Branch) -> bool | None:
    """Whether a silent branch is off the bus: None when the voltages do not tell."""
    follows = branch.follow.isolated
    others = carrying(group)
    if follows is not None or not others:
        return follows
    above = branch.voltage - sum(other.voltage for other in others) / len(others)
    gap = abs(above)
    cells = sum(member.cells or 4 for member in branch.members)
    step = sum(member.resolution.step for member in branch.members)
    own = branch.own_resistance
    near = group.floor * (own[0] if own else TYPICAL * cells / 4) + 0.012 * cells / 4 + step
    near += 0.003 * max(abs(other.current) for other in others)
    if gap > 2 * near:
        return True
    # A battery that conducts and is above a loaded bus gives current: it does not wait.
    gives = (group.total or 0.0) < 0 and above > step + 0.005 * cells / 4
    return False if gap < near and not gives else None


def switched_off_name(reading: BatterySample) -> str | None:
    """Which MOSFET is off without need, None when none is."""
    told = (
        reading.discharge_enabled,
        reading.charge_enabled,
        reading.discharge_commanded,
        reading.charge_commanded,
    )
    if False not in told or reading.tripped:
        return None
    if reading.discharge_commanded is False or (
        reading.discharge_enabled is False and reading.discharge_commanded is None
    ):
        return "discharge_off"
    if reading.charge_commanded is False:
        return "charge_off"
    if (
        reading.charge_enabled is False
        and reading.charge_commanded is None
        and not is_full(reading)
    ):
        return "charge_off"
    return None


def _explain_off(member: Member) -> Explanation:
    reading = member.reading
    off = switched_off_name(reading) if reading is not None else None
    current = reading.current if reading is not None else None
    return off or "unknown", {} if current is None else {"battery_A": current}


def _explain(group: Branches, branch: Branch, weak: bool) -> Explanation:
    total = group.total or 0.0
    others = carrying(group)
    evidence: dict[str, float | str] = {
        "battery_A": branch.current,
        "bank_A": total,
        "fair_A": total * branch.share.fair,
        "floor_A": group.floor,
        "needed_A": max(JUDGED_LOAD, JUDGED_FLOORS * group.floor / branch.share.fair),
        "battery_V": branch.voltage,
    }
    if others:
        evidence["bus_V"] = sum(other.voltage for other in others) / len(others)
    cause = _cause(group, branch, total, evidence)
    return "below_detection" if weak and cause == "unknown" else cause, evidence


def _cause(group: Branches, branch: Branch, total: float, evidence: dict[str, float | str]) -> str:
    for member in branch.members:
        reading = member.reading
        if reading is None:
            continue
        if reading.tripped:
            evidence["flags"] = ", ".join(reading.protections) or "unnamed"
            return "protection"
        off = switched_off_name(reading)
        if off is not None:
            return off
        if total < 0 and reading.discharge_enabled is False:
            return "discharge_off"
    if behind_diode(group, branch):
        return "waiting_for_voltage"
    return _cause_by_voltage(group, branch, abs(total) * branch.share.fair / group.floor)


def _cause_by_voltage(group: Branches, branch: Branch, floors: float) -> str:
    isolated = is_isolated(group, branch)
    if isolated:
        return "isolated"
    if isolated is None or floors >= MANY_FLOORS:
        return "unknown"
    share = branch.share
    # A small part of a small load is unseen, too, without any difference of voltage.
    small = abs(share.slope * (group.total or 0.0)) < SMALL * group.floor
    if floors < JUDGED_FLOORS or (share.count >= FEW and small):
        return "below_detection"
    return "waiting_for_voltage"
