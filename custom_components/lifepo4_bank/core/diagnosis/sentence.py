"""A finding in one plain sentence, with numbers as people write them."""

from collections.abc import Mapping
from functools import lru_cache
from string import Formatter

from ..wording import faults
from .finding import Finding, Kind, NotJudged
from .naming import Naming

ONE_SENTENCE = frozenset({Kind.PROTECTION, Kind.VOLTAGE_MISMATCH, Kind.CIRCULATING_CURRENT})
"""Kinds with one sentence for whatever cause."""
CAUSES: Mapping[Kind, tuple[str, ...]] = {
    Kind.ASYMMETRIC_CURRENT_SHARING: (
        "path_resistance", "internal_resistance", "voltage_offset", "unknown",
    ),
    Kind.SOC_MISMATCH: ("charge_imbalance", "counter_drift", "unknown"),
    Kind.NOT_PARTICIPATING: (
        "discharge_off", "charge_off", "protection", "isolated", "unknown", "below_detection",
        "waiting_for_voltage",
    ),
    Kind.CIRCULATING_CURRENT: ("voltage_offset",),
    Kind.PROTECTION: (),
    Kind.LOW_CHARGE: ("low", "all_low"),
    Kind.MIXED_BATTERIES: ("capacity", "voltage", "model", "brand"),
    Kind.VOLTAGE_MISMATCH: ("measured_apart",),
    Kind.LAYOUT_LIMIT: ("parallel", "series"),
    Kind.CELL_IMBALANCE: ("low_cell", "high_cell"),
    Kind.WEAK_LINK: ("few_slots", "bad_signal", "other_central", "lost_readings"),
    Kind.STORAGE: ("too_full", "too_empty"),
}  # fmt: skip
"""All causes of each kind; a protection's are the flags of the BMS."""
HIGH_CAUSES = ("path_resistance", "internal_resistance")
"""Causes that read differently for the battery that takes too much."""
BY_VOLTAGE = "path_resistance"
"""A cause that voltages alone can prove, before a load step has shown the own resistance."""
BY_RESISTANCE = "internal_resistance"
"""A cause that, where sizes differ, resistances side by side may seem to deny."""
CLEARLY = 1.1
"""Ratio of resistances that shows which is the higher."""
_DIGITS: Mapping[str, int] = {
    "percent": 0, "A": 1, "V": 2, "mV": 0, "mOhm": 0, "Ah": 0, "days": 0,
}  # fmt: skip
_FINE = 10.0
"""Resistances below so many milliohms are told with a decimal."""


def keys(finding: Finding) -> tuple[str, ...]:
    """Names of the finding's sentences in the translations, the one that tells most first."""
    if finding.kind in ONE_SENTENCE:
        return (f"finding_{finding.kind}",)
    name = f"finding_{finding.kind}_{finding.cause}"
    high = _takes_too_much(finding)
    if high:
        name += "_high"
    if finding.cause == BY_RESISTANCE and not _resists_more(finding, high=high):
        return (name + "_for_size",)
    if not high and finding.cause == BY_VOLTAGE:
        return name, name + "_by_voltage", name + "_unmeasured"
    return (name,)


def _resists_more(finding: Finding, *, high: bool) -> bool:
    """Whether the two resistances, whatever the batteries' sizes, show what is the matter."""
    own = finding.evidence.get("own_mOhm")
    others = finding.evidence.get("others_own_mOhm")
    if not isinstance(own, float) or not isinstance(others, float):
        return True
    return others > CLEARLY * own if high else own > CLEARLY * others


def _takes_too_much(finding: Finding) -> bool:
    if finding.cause not in HIGH_CAUSES:
        return False
    share = finding.evidence.get("share_percent", 0.0)
    fair = finding.evidence.get("fair_share_percent", 0.0)
    return isinstance(share, float) and isinstance(fair, float) and share > fair


def placeholders(finding: Finding, naming: Naming) -> dict[str, str]:
    """Values of the sentence's placeholders: names, and numbers without their signs."""
    filled = {"battery": naming.unit(finding.batteries), "others": naming.others(finding)}
    for name, value in finding.evidence.items():
        filled[name] = _rounded(name, value)
    if "giver" in filled:
        filled["giver"] = naming.giver(finding)
    if isinstance(flags := finding.evidence.get("flags"), str):
        filled["flags"] = faults(flags.split(", "), naming.texts)
    return filled


def sentence(finding: Finding, naming: Naming) -> str:
    """Fill the first of the finding's sentences whose numbers are all known."""
    filled = placeholders(finding, naming)
    for key in keys(finding):
        template = naming.texts.get(key)
        if template is not None and fields(template) <= filled.keys():
            return template.format_map(filled)
    return f"{finding.kind.replace('_', ' ')}: {filled['battery']}".removesuffix(": ")


@lru_cache(maxsize=128)
def fields(template: str) -> frozenset[str]:
    """Names of a sentence's placeholders."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def why_not(silent: NotJudged, naming: Naming) -> str:
    """Say why something is not judged."""
    template = naming.texts.get(f"not_judged_{silent.reason}", silent.reason.replace("_", " "))
    return template.format(battery=naming.listed(silent.batteries))


def _rounded(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value.replace("_", " ")
    unit = name.rpartition("_")[2]
    digits = _DIGITS.get(unit, 1)
    size = abs(value)
    if unit == "mOhm" and size < _FINE:
        digits = 1
    return f"{size:.{digits}f}"
