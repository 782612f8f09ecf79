"""Patience: the findings that come of symptoms that last, and their end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..battery import Seconds
from .finding import Finding, Kind, Severity
from .rules import BY_SCALE, KINDS, Scale
from .symptom import Symptom
from .track import Track

type Identity = tuple[Kind, tuple[str, ...]]

FIRST_TRIP: dict[Scale, tuple[float, bool]] = {
    scale: min(((rule.trip, True) for rule in rules), default=(0.0, True))
    if rules[0].trip > rules[0].clear
    else max((rule.trip, False) for rule in rules)
    for scale, rules in BY_SCALE.items()
}
"""The mildest trip level of each scale, and whether large values are bad."""
TIERS = 3
NOTHING: frozenset[Kind] = frozenset()


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
        return frozenset(kind for kind, _ in self.tracks) if self.tracks else NOTHING

    @property
    def pending(self) -> bool:
        """Whether something is out of order but not yet raised."""
        if not self.tracks:
            return False
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
        tracks = [
            {"kind": kind, "batteries": list(batteries), **track.save()}
            for (kind, batteries), track in self.tracks.items()
        ]
        return {"cycles": self.cycles, "tracks": tracks}

    def restore(self, saved: Mapping[str, Any], batteries: frozenset[str]) -> None:
        """Take up what `save` gave, of the batteries that still belong to the bank."""
        self.cycles = [int(cycle) for cycle in saved["cycles"]]
        if len(self.cycles) != TIERS:
            raise ValueError("cycles")
        for one in saved["tracks"]:
            identity = (Kind(one["kind"]), tuple(one["batteries"]))
            if batteries.issuperset(identity[1]):
                track = self.tracks[identity] = Track()
                track.restore(one, *identity)
