"""Whether a battery takes part at all."""

from collections.abc import Iterator

from .branches import Branches
from .finding import Kind, NotJudged
from .picture import Picture
from .rules import JUDGED_FLOORS, JUDGED_LOAD, Scale
from .symptom import Explanation, Symptom

KIND = Kind.NOT_PARTICIPATING


def participation(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """No current from a battery while the others carry the load."""
    for group in picture.groups:
        total = group.total
        if total is None:
            yield NotJudged(KIND, "battery_missing", tuple(m.id for m in group.members))
            continue
        for index, branch in enumerate(group.branches):
            fair = abs(total) * group.fair[index] / group.floor
            silent = abs(group.currents[index]) < group.floor
            batteries = tuple(member.id for member in branch)
            if silent and (fair < JUDGED_FLOORS or abs(total) < JUDGED_LOAD):
                yield NotJudged(KIND, "not_enough_load", batteries)
                continue

            def explain(group: Branches = group, index: int = index) -> Explanation:
                return _explain(group, index)

            yield Symptom(KIND, batteries, Scale.SILENT, fair if silent else 0.0, explain)


def _explain(group: Branches, index: int) -> Explanation:
    total = group.total or 0.0
    evidence: dict[str, float | str] = {
        "battery_A": group.currents[index],
        "bank_A": total,
        "fair_A": total * group.fair[index],
        "floor_A": group.floor,
    }
    for member in group.branches[index]:
        reading = member.reading
        if reading is None:
            continue
        if reading.protections:
            return "protection", evidence | {"flags": ", ".join(reading.protections)}
        if total < 0 and reading.discharge_enabled is False:
            return "discharge_off", evidence
        if total > 0 and reading.charge_enabled is False:
            return "charge_off", evidence
    return "isolated", evidence
