"""A finding in numbers formatted for people, to fill one plain sentence."""

from collections.abc import Mapping

from ..battery import Battery
from .finding import Finding

FREE_CAUSE = frozenset({"protection"})
"""Kinds whose cause is free text: one sentence for all of them."""


def key(finding: Finding) -> str:
    """Name of the finding's sentence in the translations."""
    if finding.kind in FREE_CAUSE:
        return f"finding_{finding.kind}"
    return f"finding_{finding.kind}_{finding.cause}"


def placeholders(finding: Finding, batteries: Mapping[str, Battery]) -> dict[str, str]:
    """Values of the sentence's placeholders: names and rounded numbers."""
    named = [batteries[b].name if b in batteries else b for b in finding.batteries]
    filled = {"battery": _listed(named), "count": str(len(batteries))}
    for name, value in finding.evidence.items():
        filled[name.rpartition("_")[0] if False else name] = _rounded(name, value)
    return filled


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def _rounded(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    unit = name.rpartition("_")[2]
    digits = {"percent": 0, "A": 1, "V": 2, "mV": 0, "mOhm": 0, "Ah": 0}.get(unit, 1)
    return f"{abs(value) if unit == 'A' else value:.{digits}f}"
