"""What the batteries report themselves: protection, cells, the radio (article 3.2, 4.1)."""

from collections.abc import Iterator
from statistics import median

from ..battery import BatterySample
from ..chemistry import BOTTOM_KNEE, TOP_KNEE
from .finding import Kind, NotJudged, WhyNot
from .fulls import Odd, odd_cell
from .knee import on_plateau
from .members import Member
from .picture import Picture
from .rules import BY_SCALE, Scale
from .symptom import Explanation, Symptom, not_judged

CALM = BY_SCALE[Scale.CELL_DELTA][0].trip
CALM_FULL = BY_SCALE[Scale.CELL_DELTA_FULL][0].trip
WELL_HEARD = 0.3
"""Part of lost readings that nobody has to hear of."""
GENTLE = 0.3
"""Current in capacities per hour above which resistance, not charge, sets cells apart."""


def protections(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Faults that the BMS flags."""
    followed = Kind.PROTECTION in picture.followed
    for member in picture.members.values():
        reading = member.reading
        if reading is None:
            yield not_judged(Kind.PROTECTION, WhyNot.BATTERY_MISSING, (member.id,))
        elif followed or reading.tripped:
            flags = float(len(reading.protections) or reading.tripped)
            yield Symptom(Scale.PROTECTED, (member.id,), flags, _explain_protection, (member,))


def _explain_protection(member: Member) -> Explanation:
    reading = member.reading
    if reading is None or not reading.tripped:
        return "ended", {}
    evidence: dict[str, float | str] = {}
    if reading.voltage is not None:
        evidence["battery_V"] = reading.voltage
    if reading.current is not None:
        evidence["battery_A"] = reading.current
    evidence["flags"] = ", ".join(reading.protections) or "unnamed"
    return "+".join(sorted(reading.protections)) or "unnamed", evidence


def cell_deltas(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Spread of a battery's cells, where it tells of their charge."""
    for member in picture.members.values():
        reading = member.reading
        if reading is None or not reading.cells:
            reason = WhyNot.BATTERY_MISSING if reading is None else WhyNot.NOT_REPORTED
            yield not_judged(Kind.CELL_IMBALANCE, reason, (member.id,))
            continue
        lowest, highest = min(reading.cells), max(reading.cells)
        current = abs(reading.current or 0.0)
        if highest > TOP_KNEE or (lowest < BOTTOM_KNEE and not _is_lone(reading)):
            yield not_judged(Kind.CELL_IMBALANCE, WhyNot.KNEE, (member.id,))
        elif current > GENTLE * (member.capacity or 100.0):
            yield not_judged(Kind.CELL_IMBALANCE, WhyNot.TOO_MUCH_CURRENT, (member.id,))
        else:
            delta = highest - lowest
            if delta >= CALM or Kind.CELL_IMBALANCE in picture.followed:
                yield Symptom(Scale.CELL_DELTA, (member.id,), delta, _explain_cells, (reading,))
        full = member.fulls.repeated
        if full is not None and (
            full.delta >= CALM_FULL or Kind.CELL_IMBALANCE in picture.followed
        ):
            yield Symptom(Scale.CELL_DELTA_FULL, (member.id,), full.delta, _explain_odd, (full,))


def _is_lone(reading: BatterySample) -> bool:
    """Whether a low cell alone is in the knee: neither its neighbours nor the counter are."""
    return on_plateau(reading.soc) and median(reading.cells) >= BOTTOM_KNEE


def _explain_cells(reading: BatterySample) -> Explanation:
    odd = odd_cell(reading.cells)
    cause, evidence = _explain_odd(odd)
    return cause, {**evidence, "cell_V": reading.cells[odd.cell]}


def _explain_odd(odd: Odd) -> Explanation:
    cause = "low_cell" if odd.low else "high_cell"
    return cause, {"delta_mV": 1000 * odd.delta, "cell": str(odd.cell + 1)}


def weak_links(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Trouble with the radio, as the glue tells it."""
    lost = {battery: hearing.lost for battery, hearing in picture.heard.items()}
    well = not picture.links and all(part < WELL_HEARD for part in lost.values())
    if well and Kind.WEAK_LINK not in picture.followed:
        return
    # What all lose alike is no battery's doing.
    best = 1 - min(lost.values())
    for battery, part in lost.items():
        trouble = picture.links.get(battery)
        beside = 1.0 if trouble is not None else 1 - (1 - part) / best if best else 0.0
        yield Symptom(Scale.WEAK, (battery,), beside, _explain_link, (trouble, beside))


def _explain_link(trouble: str | None, lost: float) -> Explanation:
    if trouble is not None:
        return trouble, {}
    return "lost_readings", {"lost_percent": 100 * lost}
