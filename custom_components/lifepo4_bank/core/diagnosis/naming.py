"""What sentences call the batteries that a finding is about, and those beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..battery import Battery
from ..layout import Arrangement, Layout
from ..wording import Texts, listed, side_by_side
from .finding import Finding, Kind

type Unit = tuple[str, ...]
"""One battery, or those of a group or string."""

OF_BRANCHES = frozenset({
    Kind.ASYMMETRIC_CURRENT_SHARING, Kind.NOT_PARTICIPATING, Kind.CIRCULATING_CURRENT,
    Kind.VOLTAGE_MISMATCH,
})  # fmt: skip
"""Kinds that compare what is in parallel, and not all batteries of the bank."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of a bank's batteries, and the words to join them by.

    Several batteries get a name of their own, "String A + B": so the rest of a sentence is the
    same for one as for several.
    """

    batteries: Mapping[str, Battery]
    layout: Layout
    texts: Texts

    def names(self, batteries: Iterable[str]) -> list[str]:
        """Name each battery, one that is not known by its id."""
        return [self.batteries[b].name if b in self.batteries else b for b in batteries]

    def listed(self, batteries: Iterable[str]) -> str:
        """Name batteries that need not belong together."""
        return listed(self.names(batteries), self.texts)

    def unit(self, batteries: Unit) -> str:
        """Name one battery, or a group or string."""
        if len(batteries) < 2 or len(self.layout.blocks) < 2:
            return self.listed(batteries)
        strings = self.layout.arrangement is Arrangement.SERIES_STRINGS
        template = self.texts.get("unit_string" if strings else "unit_group", "{batteries}")
        return template.format(batteries=side_by_side(self.names(batteries)))

    def others(self, finding: Finding) -> str:
        """Name what the finding compares with, if it is one battery, group or string only."""
        beside = self._beside(finding)
        return self.unit(beside[0]) if len(beside) == 1 else self.texts.get("others", "others")

    def giver(self, finding: Finding) -> str:
        """Name what gives the current that flows between batteries."""
        told = str(finding.evidence.get("giver", ""))
        for unit in self._beside(finding):
            if ", ".join(self.names(unit)) == told:
                return self.unit(unit)
        return told

    def _beside(self, finding: Finding) -> tuple[Unit, ...]:
        if finding.kind in OF_BRANCHES:
            for group in self.layout.sharing:
                if finding.batteries in group:
                    return tuple(branch for branch in group if branch != finding.batteries)
        rest = tuple(b for b in self.layout.batteries if b not in finding.batteries)
        return (rest,) if rest in self.layout.blocks else tuple((battery,) for battery in rest)
