"""All that the rules may look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..layout import Layout
from .branches import Branches
from .members import Member
from .rules import JUDGED_LOAD


@dataclass(frozen=True, slots=True)
class Picture:
    """The bank at one moment with everything learned so far."""

    layout: Layout
    members: Mapping[str, Member]
    groups: Sequence[Branches]

    @property
    def online(self) -> bool:
        """Whether every battery has a believable reading."""
        return all(m.reading is not None and not m.refused for m in self.members.values())

    @property
    def loaded(self) -> bool:
        """Whether the current suffices to judge."""
        return any(abs(group.total or 0.0) >= JUDGED_LOAD for group in self.groups)
