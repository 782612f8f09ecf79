"""Whether the batteries are equally full."""

from collections.abc import Iterator
from statistics import median

from .finding import Kind, NotJudged
from .picture import Picture
from .rules import Scale
from .symptom import Explanation, Symptom


def soc_spread(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Difference of reported SoC across the bank."""
    socs = {
        member.id: member.reading.soc
        for member in picture.members.values()
        if member.reading is not None and not member.refused and member.reading.soc is not None
    }
    if len(socs) < 2:
        yield NotJudged(Kind.SOC_MISMATCH, "battery_missing")
        return
    middle = median(socs.values())
    spread = max(socs.values()) - min(socs.values())
    odd = max(socs, key=lambda battery: (abs(socs[battery] - middle), -socs[battery]))

    def explain() -> Explanation:
        return "unknown", {
            "spread_percent": 100 * spread,
            "soc_percent": 100 * socs[odd],
            "others_percent": 100 * middle,
        }

    yield Symptom(Kind.SOC_MISMATCH, (odd,), Scale.SOC_SPREAD, spread, explain)
