"""The whole policy in one table: when a finding is raised and when it clears."""

from dataclasses import dataclass
from enum import StrEnum

from ..battery import Seconds
from .finding import Kind, Severity

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


class Scale(StrEnum):
    """A quantity that rules watch."""

    SHARE_LOW = "share_low"
    SHARE_HIGH = "share_high"
    SOC_SPREAD = "soc_spread"
    SILENT = "silent"
    WAITING = "waiting"
    SWITCHED_OFF = "switched_off"
    CIRCULATING = "circulating"
    PROTECTED = "protected"
    SOC_LOW = "soc_low"
    CAPACITY_RATIO = "capacity_ratio"
    UNLIKE = "unlike"
    NOMINAL_RATIO = "nominal_ratio"
    VOLTAGE_APART = "voltage_apart"
    LAYOUT_EXCESS = "layout_excess"
    CELL_DELTA = "cell_delta"
    CELL_DELTA_FULL = "cell_delta_full"
    WEAK = "weak"
    STORED = "stored"


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
        """Whether the value is at or beyond the trip level."""
        return value >= self.trip if self.trip > self.clear else value <= self.trip

    def clears(self, value: float) -> bool:
        """Whether the value is back at or beyond the clear level."""
        return value <= self.clear if self.trip > self.clear else value >= self.clear


_SHARING = Kind.ASYMMETRIC_CURRENT_SHARING
_SILENT = Kind.NOT_PARTICIPATING
_DERATE = "RELiON derates a parallel bank to 75 %"
_SUPERB = "SuperB aggregator for Venus OS; 10 points are normal across brands"
_ARTICLE = "LiTime's guide to parallel batteries, section "
_VENUS = "dbus-serialbattery, Omnibattery"
_SHARE = "of the fair share"
_DELTA = "V between cells of 3.1-3.4 V"

RULES: tuple[Rule, ...] = (
    # Four minutes of judged load for an error: two go into learning the share between polls.
    Rule(Scale.SHARE_LOW, _SHARING, WARNING, 0.75, 0.80, 600, 300, _SHARE, _DERATE),
    Rule(Scale.SHARE_LOW, _SHARING, ERROR, 0.50, 0.60, 120, 300, _SHARE, _DERATE),
    Rule(Scale.SHARE_HIGH, _SHARING, WARNING, 1.33, 1.25, 600, 300, _SHARE, _DERATE),
    Rule(Scale.SHARE_HIGH, _SHARING, ERROR, 1.50, 1.40, 120, 300, _SHARE, _DERATE),
    Rule(Scale.SOC_SPREAD, Kind.SOC_MISMATCH, NOTE, 0.10, 0.05, 900, 900, "of full", _SUPERB),
    Rule(Scale.SOC_SPREAD, Kind.SOC_MISMATCH, WARNING, 0.15, 0.10, 900, 900, "of full", _SUPERB),
    Rule(Scale.SOC_SPREAD, Kind.SOC_MISMATCH, ERROR, 0.20, 0.15, 900, 900, "of full", _SUPERB),
    # Five minutes after the fault, polls included: the first and the last 30-60 s are lost in waiting
    # for one, and a poll that comes a little early must not cost another.
    Rule(
        Scale.SILENT, _SILENT, WARNING, 4.0, 0.5, 225, 60,
        "detection floors of fair current, none read", _ARTICLE + "3.1, 3.3",
    ),
    Rule(
        Scale.SILENT, _SILENT, ERROR, 4.0, 0.5, 1800, 60,
        "detection floors of fair current, none read", _ARTICLE + "3.1, 3.3",
    ),
    Rule(
        Scale.WAITING, _SILENT, NOTE, 1.0, 0.5, 240, 60,
        "detection floors of fair current, none read, on the bus's voltage", _ARTICLE + "3.3",
    ),
    Rule(
        Scale.SWITCHED_OFF, _SILENT, WARNING, 1.0, 0.0, 120, 60, "MOSFETs off", _ARTICLE + "4.1",
    ),
    Rule(
        Scale.CIRCULATING, Kind.CIRCULATING_CURRENT, WARNING, 0.02, 0.015, 300, 300,
        "capacities per hour", "2 A on 100 Ah: 40 mV between batteries of 10 mOhm",
    ),
    Rule(
        Scale.CIRCULATING, Kind.CIRCULATING_CURRENT, ERROR, 0.20, 0.15, 120, 300,
        "capacities per hour", _ARTICLE + "3.2; 0.2 C is a maker's usual charging current",
    ),
    Rule(Scale.PROTECTED, Kind.PROTECTION, ERROR, 1.0, 0.0, 0, 600, "flags", _ARTICLE + "4.1"),
    Rule(Scale.SOC_LOW, Kind.LOW_CHARGE, WARNING, 0.20, 0.25, 300, 300, "of full", _ARTICLE + "1"),
    Rule(
        Scale.CAPACITY_RATIO, Kind.MIXED_BATTERIES, WARNING, 0.80, 0.85, 0, 0,
        "of the others' capacity", _ARTICLE + "3.4",
    ),
    Rule(
        Scale.UNLIKE, Kind.MIXED_BATTERIES, WARNING, 2.0, 1.0, 0, 0, "makes or models",
        _ARTICLE + "3.4, Q4",
    ),
    # One garbled voltage proves nothing: another look must agree.
    Rule(
        Scale.NOMINAL_RATIO, Kind.MIXED_BATTERIES, ERROR, 1.2, 1.1, 60, 0,
        "of the others' nominal voltage", _ARTICLE + "1, Q4",
    ),
    Rule(
        Scale.VOLTAGE_APART, Kind.VOLTAGE_MISMATCH, WARNING, 0.10, 0.05, 300, 300,
        "V per 12.8 V, rested for 30 min", _ARTICLE + "3.2, 4.1; RELiON 50 mV",
    ),
    Rule(
        Scale.LAYOUT_EXCESS, Kind.LAYOUT_LIMIT, WARNING, 1.0, 0.0, 0, 0,
        "batteries too many in a row", _ARTICLE + "2.2: 4S4P",
    ),
    Rule(Scale.CELL_DELTA, Kind.CELL_IMBALANCE, NOTE, 0.08, 0.05, 900, 900, _DELTA, _VENUS),
    Rule(Scale.CELL_DELTA, Kind.CELL_IMBALANCE, WARNING, 0.16, 0.12, 900, 900, _DELTA, _VENUS),
    Rule(
        Scale.CELL_DELTA_FULL, Kind.CELL_IMBALANCE, NOTE, 0.16, 0.10, 0, 0,
        "V, least of the last three full charges", _VENUS,
    ),
    Rule(
        Scale.WEAK, Kind.WEAK_LINK, NOTE, 0.5, 0.3, 900, 900, "of its readings lost",
        "a Bluetooth proxy serves 3 batteries at a time",
    ),
    Rule(
        Scale.STORED, Kind.STORAGE, NOTE, 0.10, 0.08, 0, 0,
        "SoC from 50 % after 7 days without current", _ARTICLE + "6, Q5",
    ),
)  # fmt: skip

BY_SCALE: dict[Scale, tuple[Rule, ...]] = {
    scale: tuple(rule for rule in RULES if rule.scale is scale) for scale in Scale
}
KINDS: dict[Scale, Kind] = {scale: rules[0].kind for scale, rules in BY_SCALE.items()}

JUDGED_LOAD = 10.0
"""Bank current, A, below which sharing is not judged (article 3.3)."""
JUDGED_FLOORS = 4.0
"""Fair current in detection floors below which a battery is not judged (BMS floors)."""
LONGEST_GAP: Seconds = 600.0
"""A gap longer than this ends what was pending: nobody knows what happened meanwhile."""
SILENCE: Seconds = 24 * 3600.0
"""A gap longer than this ends what was learned of resistances: the wiring may be another."""
REST: Seconds = 1800.0
"""Without current until a voltage counts as open-circuit voltage (article 4.1: 30-60 min)."""
STORED_AFTER: Seconds = 7 * 86400.0


def rules_table() -> str:
    """All rules as a Markdown table, for the README."""
    lines = [
        "| finding | severity | raised at | cleared at | after | measured in | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for rule in RULES:
        sign = ">=" if rule.trip > rule.clear else "<="
        back = "<=" if rule.trip > rule.clear else ">="
        hold = f"{rule.hold / 60:g} min" if rule.hold else "at once"
        lines.append(
            f"| `{rule.kind}` ({rule.scale.replace('_', ' ')}) | {rule.severity.name.lower()} "
            f"| {sign} {rule.trip:g} | {back} {rule.clear:g} | {hold} | {rule.unit} "
            f"| {rule.source} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(rules_table(), end="")  # noqa: T201 - this is what it is run for
