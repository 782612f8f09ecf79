"""How full the batteries are: SoC mismatch, low charge, storage (article 1, 3.2, 3.3, Q5)."""

from collections.abc import Iterator, Mapping
from statistics import median

from ..battery import Fraction
from .counting import why_apart
from .finding import Kind, NotJudged, WhyNot
from .members import Member
from .picture import Picture
from .rules import BY_SCALE, STORED_AFTER, Scale
from .symptom import Explanation, Symptom, not_judged

LOW_CALM = 0.25
CALM = BY_SCALE[Scale.SOC_SPREAD][0].trip
NOTED = BY_SCALE[Scale.SOC_SPREAD][1].clear
"""A spread that is worth a note and no more."""


def soc_spread(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Difference of reported SoC across the bank, laid at the odd one's door."""
    socs = {
        battery: soc
        for battery, member in picture.members.items()
        if (soc := member.soc) is not None
    }
    if len(socs) < len(picture.members):
        yield from _unknown(Kind.SOC_MISMATCH, picture)
        return
    spread = max(socs.values()) - min(socs.values())
    if spread < CALM and Kind.SOC_MISMATCH not in picture.followed:
        return
    if spread > NOTED and _is_followed_up(picture, socs):
        spread = NOTED
    odd = _odd(picture, socs) if spread >= 0.05 else ()
    for unit in _units(picture):
        value = spread if unit == odd else 0.0
        yield Symptom(Scale.SOC_SPREAD, unit, value, why_apart, (picture, unit))


def _is_followed_up(picture: Picture, socs: Mapping[str, Fraction]) -> bool:
    """Whether only batteries are apart that do not take part: that is the cause, and said first."""
    taking_part = [soc for battery, soc in socs.items() if battery not in picture.idle]
    if not picture.idle or not taking_part:
        return False
    return max(taking_part) - min(taking_part) < CALM


def _unknown(kind: Kind, picture: Picture) -> Iterator[NotJudged]:
    for member in picture.members.values():
        if member.soc is None or member.active_at is None:
            yield _unknown_of(kind, member)


def _unknown_of(kind: Kind, member: Member) -> NotJudged:
    reason = WhyNot.BATTERY_MISSING if member.reading is None else WhyNot.NOT_REPORTED
    return not_judged(kind, reason, (member.id,))


def _units(picture: Picture) -> tuple[tuple[str, ...], ...]:
    """Every battery, and every group or string where there are several."""
    single = tuple((battery,) for battery in picture.members)
    return single + picture.layout.blocks if len(picture.layout.blocks) > 1 else single


def _odd(picture: Picture, socs: Mapping[str, Fraction]) -> tuple[str, ...]:
    """Find the battery or block farthest from the others' median; of two the emptier one."""
    middle = median(socs.values())
    battery = max(socs, key=lambda one: (round(abs(socs[one] - middle), 4), -socs[one]))
    for block in picture.layout.blocks:
        outside = [soc for one, soc in socs.items() if one not in block]
        if battery not in block or not outside:
            continue
        away = [abs(socs[one] - median(outside)) for one in block]
        inside = max(socs[one] for one in block) - min(socs[one] for one in block)
        if inside < min(away) / 2 and len(outside) >= len(block):
            return block
    return (battery,)


def low_charge(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """SoC at which the BMS may already have switched off."""
    for member in picture.members.values():
        soc = member.soc
        if soc is None:
            yield _unknown_of(Kind.LOW_CHARGE, member)
        elif soc < LOW_CALM or Kind.LOW_CHARGE in picture.followed:
            yield Symptom(Scale.SOC_LOW, (member.id,), soc, _explain_low, (picture, member))


def _explain_low(picture: Picture, member: Member) -> Explanation:
    soc = member.soc or 0.0
    evidence: dict[str, float | str] = {"soc_percent": 100 * soc}
    if member.reading is not None and member.reading.voltage is not None:
        evidence["battery_V"] = member.reading.voltage
    others = [one.soc for one in picture.members.values() if one is not member]
    known = [other for other in others if other is not None]
    if not known:
        return "low", evidence
    evidence["others_percent"] = 100 * median(known)
    # Of a silent one nobody knows whether it is just empty, too.
    alike = len(known) == len(others) and max(known) - soc < CALM
    return "all_low" if alike else "low", evidence


def storage(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """SoC of a bank that nobody uses."""
    socs = [soc for member in picture.members.values() if (soc := member.soc) is not None]
    used = [m.active_at for m in picture.members.values() if m.active_at is not None]
    if len(socs) < len(picture.members) or len(used) < len(socs):
        yield from _unknown(Kind.STORAGE, picture)
        return
    idle = picture.time - max(used)
    soc = sum(socs) / len(socs)
    away = abs(soc - 0.5) if idle >= STORED_AFTER else 0.0
    yield Symptom(Scale.STORED, (), away, _explain_storage, (soc, idle))


def _explain_storage(soc: Fraction, idle: float) -> Explanation:
    cause = "too_full" if soc > 0.5 else "too_empty"
    return cause, {"soc_percent": 100 * soc, "idle_days": idle / 86400}
