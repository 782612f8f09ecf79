"""Patience: how long each symptom has been there, or gone, and the findings that come of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..battery import Seconds
from .finding import Finding, Kind, Severity
from .rules import BY_SCALE, KINDS, LONGEST_GAP, RULES, Rule, Scale
from .symptom import Symptom

type Identity = tuple[Kind, tuple[str, ...]]

BY_KEY: dict[str, Rule] = {rule.key: rule for rule in RULES}
FIRST_TRIP: dict[Scale, tuple[float, bool]] = {
    scale: min(((rule.trip, True) for rule in rules), default=(0.0, True))
    if rules[0].trip > rules[0].clear
    else max((rule.trip, False) for rule in rules)
    for scale, rules in BY_SCALE.items()
}
"""The mildest trip level of each scale, and whether large values are bad."""
UNKNOWN = "unknown"
TIERS = 3
SETTLED: Seconds = 300.0
"""Another cause must last so long before the finding takes it."""
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
        if passed > LONGEST_GAP or self.cycle.get(scale) != cycle - 1:
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


class Ledger:
    """All tracks of a bank."""

    def __init__(self) -> None:
        """Nothing seen."""
        self.tracks: dict[Identity, Track] = {}
        self.raised: list[Finding] = []
        self.cleared: list[Finding] = []
        self.cycle = 0
        self.cycles = [0] * TIERS

    def begin(self) -> None:
        """Start a new round of judgement."""
        self.raised = []
        self.cleared = []

    def turn(self, tier: int) -> None:
        """Go on to the rules of a tier, which are looked at in rounds of their own."""
        self.cycles[tier] += 1
        self.cycle = self.cycles[tier]

    def see(self, time: Seconds, symptom: Symptom) -> None:
        """Take one judged value."""
        kind = KINDS[symptom.scale]
        identity = (kind, symptom.batteries)
        track = self.tracks.get(identity)
        if track is None:
            trip, upwards = FIRST_TRIP[symptom.scale]
            if symptom.value < trip if upwards else symptom.value > trip:
                return
            track = self.tracks[identity] = Track()
        track.judge(time, self.cycle, symptom)
        severity = track.severity
        if severity is not None:
            self._hold(time, track, kind, symptom, severity)
        elif track.finding is not None:
            self.cleared.append(replace(track.finding, cleared=time))
            track.finding = None
        if severity is None and not track.bad:
            del self.tracks[identity]

    def _hold(
        self, time: Seconds, track: Track, kind: Kind, symptom: Symptom, severity: Severity
    ) -> None:
        old = track.finding
        tripped = any(
            rule.key in track.active and rule.trips(symptom.value)
            for rule in BY_SCALE[symptom.scale]
        )
        if old is not None and not tripped:
            # On its way back a symptom is too faint to tell its cause by.
            track.finding = replace(old, severity=severity)
            return
        cause, evidence = symptom.explain(*symptom.subject)
        named = track.settle(time, cause, severity)
        if old is not None and named != cause:
            evidence = old.evidence
        new = Finding(
            kind=kind,
            cause=named,
            severity=severity,
            batteries=symptom.batteries,
            first_seen=time if old is None else old.first_seen,
            last_seen=time,
            evidence=evidence,
        )
        track.finding = new
        if old is None or severity > old.severity or named != old.cause:
            self.raised = [f for f in self.raised if f.identity != new.identity]
            self.raised.append(new)

    @property
    def kinds(self) -> frozenset[Kind]:
        """Kinds of which something is pending or raised."""
        return frozenset(kind for kind, _ in self.tracks)

    @property
    def pending(self) -> bool:
        """Whether something is out of order but not yet raised."""
        return any(not track.bad.keys() <= track.active for track in self.tracks.values())

    def interrupt(self) -> None:
        """Begin anew what is pending, after a gap."""
        for track in self.tracks.values():
            track.interrupt()

    def findings(self) -> list[Finding]:
        """Those that hold, the worst first."""
        held = [track.finding for track in self.tracks.values() if track.finding is not None]
        held.sort(key=lambda finding: (-finding.severity, finding.kind, finding.batteries))
        return held

    def watching(self, kinds: frozenset[Kind]) -> bool:
        """Whether something of these kinds is out of order but not long enough to say so."""
        return any(kind in kinds and track.watching for (kind, _), track in self.tracks.items())

    def save(self) -> dict[str, Any]:
        """Give all tracks, for JSON."""
        return {"cycles": self.cycles, "tracks": [_saved(*item) for item in self.tracks.items()]}

    def restore(self, saved: Mapping[str, Any], batteries: frozenset[str]) -> None:
        """Take up what `save` gave, of the batteries that still belong to the bank."""
        self.cycles = [int(cycle) for cycle in saved["cycles"]]
        if len(self.cycles) != TIERS:
            raise ValueError("cycles")
        for one in saved["tracks"]:
            identity = (Kind(one["kind"]), tuple(one["batteries"]))
            if batteries.issuperset(identity[1]):
                self.tracks[identity] = _restored(identity, one)


def _saved(identity: Identity, track: Track) -> dict[str, Any]:
    finding = track.finding
    return {
        "kind": identity[0],
        "batteries": list(identity[1]),
        "bad": dict(track.bad),
        "good": dict(track.good),
        "active": sorted(track.active),
        "time": dict(track.time),
        "cycle": dict(track.cycle),
        "other": track.other and list(track.other),
        "finding": finding
        and {
            "cause": finding.cause,
            "severity": int(finding.severity),
            "first_seen": finding.first_seen,
            "last_seen": finding.last_seen,
            "evidence": dict(finding.evidence),
        },
    }


def _restored(identity: Identity, saved: Mapping[str, Any]) -> Track:
    track = Track()
    track.bad = {key: float(held) for key, held in saved["bad"].items() if key in BY_KEY}
    track.good = {key: float(held) for key, held in saved["good"].items() if key in BY_KEY}
    track.active = {key for key in saved["active"] if key in BY_KEY}
    track.time = {key: float(time) for key, time in saved["time"].items()}
    track.cycle = {key: int(cycle) for key, cycle in saved["cycle"].items()}
    other, finding = saved["other"], saved["finding"]
    track.other = other and (str(other[0]), float(other[1]))
    if finding and track.active:
        track.finding = Finding(
            kind=identity[0],
            batteries=identity[1],
            cause=str(finding["cause"]),
            severity=Severity(finding["severity"]),
            first_seen=float(finding["first_seen"]),
            last_seen=float(finding["last_seen"]),
            evidence=dict(finding["evidence"]),
        )
    return track
