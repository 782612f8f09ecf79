"""One kind of symptom at one battery: how long it has been there, or gone."""

from collections.abc import Mapping
from typing import Any

from ..battery import Seconds
from .finding import Finding, Kind, Severity
from .rules import BY_SCALE, LONGEST_GAP, RULES, Rule
from .symptom import Symptom

BY_KEY: dict[str, Rule] = {rule.key: rule for rule in RULES}
UNKNOWN = "unknown"
SETTLED: Seconds = 300.0
"""Another cause must last so long before the finding takes it."""
BLINK: Seconds = 130.0
"""One look in between that could not judge, for a load step in the midst of it, is passed over."""
PAUSE: Seconds = 6 * 3600.0
"""After a longer pause without judgement what was pending begins anew."""


class Track:
    """One kind of symptom at one battery."""

    __slots__ = ("active", "bad", "cycle", "finding", "good", "other", "time")

    def __init__(self) -> None:
        """Nothing seen."""
        self.bad: dict[str, Seconds] = {}
        """Judged time beyond the trip level, by rule."""
        self.good: dict[str, Seconds] = {}
        """Judged time beyond the clear level, by rule that is active."""
        self.active: set[str] = set()
        self.finding: Finding | None = None
        self.time: dict[str, Seconds] = {}
        """When each scale was judged last."""
        self.cycle: dict[str, int] = {}
        self.other: tuple[str, Seconds] | None = None
        """A cause that differs from the finding's, and since when."""

    def judge(self, time: Seconds, cycle: int, symptom: Symptom) -> None:
        """Let judged time pass with this value."""
        scale = symptom.scale
        passed = max(0.0, time - self.time.get(scale, time))  # a clock may be set back
        if passed > PAUSE:
            self.interrupt()
        left_out = cycle - 1 - self.cycle.get(scale, cycle - 1)
        if passed > (LONGEST_GAP if not left_out else BLINK if left_out == 1 else 0.0):
            passed = 0.0
        self.time[scale] = time
        self.cycle[scale] = cycle
        for rule in BY_SCALE[scale]:
            self._apply(rule, symptom.value, passed)

    def _apply(self, rule: Rule, value: float, passed: Seconds) -> None:
        key = rule.key
        if rule.trips(value):
            self.good.pop(key, None)
            self.bad[key] = self.bad[key] + passed if key in self.bad else 0.0
            if self.bad[key] >= rule.hold:
                self.active.add(key)
            return
        self.bad.pop(key, None)
        if not rule.clears(value):
            self.good.pop(key, None)
        elif key in self.active:
            self.good[key] = self.good[key] + passed if key in self.good else 0.0
            if self.good[key] >= rule.release:
                self.active.discard(key)
                del self.good[key]

    def interrupt(self) -> None:
        """Begin anew what is pending; what has been raised stays."""
        self.bad = {key: held for key, held in self.bad.items() if key in self.active}
        self.good.clear()

    @property
    def severity(self) -> Severity | None:
        """The worst that holds."""
        return max((BY_KEY[key].severity for key in self.active), default=None)

    @property
    def watching(self) -> bool:
        """Whether something that would be a warning is pending."""
        return any(BY_KEY[key].severity > Severity.NOTE for key in self.bad)

    def settle(self, time: Seconds, cause: str, severity: Severity) -> str:
        """Tell the cause to name: the old one until another is certain or the matter is worse."""
        old = self.finding
        if old is None or cause == old.cause or severity > old.severity or old.cause == UNKNOWN:
            self.other = None
            return cause
        if self.other is None or self.other[0] != cause:
            self.other = (cause, time)
        if cause != UNKNOWN and not 0 <= time - self.other[1] < SETTLED:
            self.other = None
            return cause
        return old.cause

    def save(self) -> dict[str, Any]:
        """Give all that is known, for JSON."""
        finding = self.finding
        return {
            "bad": dict(self.bad),
            "good": dict(self.good),
            "active": sorted(self.active),
            "time": dict(self.time),
            "cycle": dict(self.cycle),
            "other": self.other and list(self.other),
            "finding": finding
            and {
                "cause": finding.cause,
                "severity": int(finding.severity),
                "first_seen": finding.first_seen,
                "last_seen": finding.last_seen,
                "evidence": dict(finding.evidence),
            },
        }

    def restore(self, saved: Mapping[str, Any], kind: Kind, batteries: tuple[str, ...]) -> None:
        """Take up what `save` gave."""
        self.bad = {key: float(held) for key, held in saved["bad"].items() if key in BY_KEY}
        self.good = {key: float(held) for key, held in saved["good"].items() if key in BY_KEY}
        self.active = {key for key in saved["active"] if key in BY_KEY}
        self.time = {key: float(time) for key, time in saved["time"].items()}
        self.cycle = {key: int(cycle) for key, cycle in saved["cycle"].items()}
        other, finding = saved["other"], saved["finding"]
        self.other = other and (str(other[0]), float(other[1]))
        if finding and self.active:
            self.finding = Finding(
                kind=kind,
                batteries=batteries,
                cause=str(finding["cause"]),
                severity=Severity(finding["severity"]),
                first_seen=float(finding["first_seen"]),
                last_seen=float(finding["last_seen"]),
                evidence=dict(finding["evidence"]),
            )
