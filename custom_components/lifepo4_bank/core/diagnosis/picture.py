"""All that the rules may look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..battery import Amperes, Seconds
from ..layout import Layout
from .branches import Branches
from .chains import Chain
from .finding import Finding, Kind, Severity
from .hearing import Hearing
from .members import Member
from .rules import JUDGED_LOAD

RESISTANCE = frozenset({"path_resistance", "internal_resistance"})
"""Causes of an uneven share that do not mend themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the owner set for the bank."""

    max_parallel: int = 4
    max_series: int = 4
    max_battery_current: Amperes | None = None


@dataclass(slots=True)
class Picture:
    """The bank at one moment with everything learned so far; rules only read it."""

    layout: Layout
    options: Options
    members: Mapping[str, Member]
    groups: Sequence[Branches]
    chains: Sequence[Chain]
    heard: Mapping[str, Hearing]
    """By battery: when its readings came."""
    time: Seconds = 0.0
    links: Mapping[str, str] = field(default_factory=dict)
    """Trouble with the radio by battery: `few_slots`, `bad_signal`, `other_central`."""
    fleet: bool = False
    """Whether every battery reports the current of all, so that none can be told from another."""
    followed: frozenset[Kind] = frozenset(Kind)
    """Kinds of which something is pending or raised; of others, rules need not tell that all is
    well."""
    uneven: frozenset[tuple[str, ...]] = frozenset()
    """Branches of which a finding already says that resistance makes their share uneven."""
    idle: frozenset[str] = frozenset()
    """Batteries that a finding already says do not take part."""

    def found(self, findings: Sequence[Finding]) -> None:
        """Take up what the present findings mean for the next judgement."""
        if not findings:
            self.idle, self.uneven = frozenset(), frozenset()
            return
        silent = [f for f in findings if f.kind is Kind.NOT_PARTICIPATING]
        self.idle = frozenset(b for f in silent if f.severity > Severity.NOTE for b in f.batteries)
        self.uneven = frozenset(
            f.batteries
            for f in findings
            if f.kind is Kind.ASYMMETRIC_CURRENT_SHARING and f.cause in RESISTANCE
        )

    @property
    def online(self) -> bool:
        """Whether every battery has a believable reading."""
        return all(member.reading is not None for member in self.members.values())

    @property
    def loaded(self) -> bool:
        """Whether the current suffices to judge."""
        if self.groups:
            return any(abs(group.total or 0.0) >= JUDGED_LOAD for group in self.groups)
        return any(
            abs(member.reading.current or 0.0) >= JUDGED_LOAD
            for member in self.members.values()
            if member.reading is not None
        )

    @property
    def chain_refused(self) -> bool:
        """Whether currents that must be equal are not."""
        return bool(self.chains) and any(chain.refused for chain in self.chains)
