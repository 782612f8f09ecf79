"""The whole policy in one table: when a finding is raised and when it clears."""

from dataclasses import dataclass
from enum import StrEnum

from ..battery import Seconds
from .finding import Kind, Severity

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
MINUTE = 60.0


class Scale(StrEnum):
    """A quantity that a rule watches; its unit is in RULES."""

    SHARE_LOW = "share_low"
    SHARE_HIGH = "share_high"
    SOC_SPREAD = "soc_spread"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit of one scale.

    `trip` above `clear` means that large values are bad, `trip` below `clear` that small are.
    `hold` is the judged time beyond `trip` until the finding is raised, `release` the judged time
    beyond `clear` until it ends.
    """

    scale: Scale
    kind: Kind
    severity: Severity
    trip: float
    clear: float
    hold: Seconds
    release: Seconds
    unit: str
    source: str

    @property
    def key(self) -> str:
        """Unique name."""
        return f"{self.scale}_{self.severity.name.lower()}"

    def trips(self, value: float) -> bool:
        """Whether the value is beyond the trip level."""
        return value >= self.trip if self.trip > self.clear else value <= self.trip

    def clears(self, value: float) -> bool:
        """Whether the value is back beyond the clear level."""
        return value <= self.clear if self.trip > self.clear else value >= self.clear


_SHARING = Kind.ASYMMETRIC_CURRENT_SHARING
_DERATE = "RELiON derates a parallel bank to 75 %"
_SUPERB = "SuperB aggregator for Venus OS; 10 points are normal across brands"

RULES: tuple[Rule, ...] = (
    Rule(Scale.SHARE_LOW, _SHARING, WARNING, 0.75, 0.80, 600, 300, "of fair share", _DERATE),
    Rule(Scale.SHARE_LOW, _SHARING, ERROR, 0.50, 0.60, 240, 300, "of fair share", _DERATE),
    Rule(Scale.SHARE_HIGH, _SHARING, WARNING, 1.33, 1.25, 600, 300, "of fair share", _DERATE),
    Rule(Scale.SHARE_HIGH, _SHARING, ERROR, 1.50, 1.40, 240, 300, "of fair share", _DERATE),
    Rule(Scale.SOC_SPREAD, Kind.SOC_MISMATCH, NOTE, 0.10, 0.05, 900, 900, "of full", _SUPERB),
    Rule(Scale.SOC_SPREAD, Kind.SOC_MISMATCH, WARNING, 0.15, 0.10, 900, 900, "of full", _SUPERB),
    Rule(Scale.SOC_SPREAD, Kind.SOC_MISMATCH, ERROR, 0.20, 0.15, 900, 900, "of full", _SUPERB),
    Rule(
        Scale.SILENT, Kind.NOT_PARTICIPATING, WARNING, 4.0, 0.5, 300, 60,
        "fair current / detection floor while none is read", "article 3.1 and 3.3",
    ),
)  # fmt: skip

BY_SCALE: dict[Scale, tuple[Rule, ...]] = {
    scale: tuple(rule for rule in RULES if rule.scale is scale) for scale in Scale
}
JUDGED_LOAD = 10.0
"""Bank current, A, below which sharing is not judged (article 3.3)."""
JUDGED_FLOORS = 4.0
"""Fair current in detection floors below which a battery is not judged (BMS floors)."""
LONGEST_GAP: Seconds = 600.0
"""A gap longer than this ends what was pending: nobody knows what happened meanwhile."""
