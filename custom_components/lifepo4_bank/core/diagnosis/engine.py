"""From bank samples to findings: estimators, then rules, then patience."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..bank import BankSample
from ..battery import Battery, Seconds
from ..layout import Layout
from ..resistance import OwnResistance
from .branches import Branches
from .charge import soc_spread
from .finding import BankState, Estimate, Finding, Kind, NotJudged, Severity, Status
from .members import Member
from .participation import participation
from .picture import Picture
from .rules import BY_SCALE, LONGEST_GAP, Rule
from .sharing import sharing
from .symptom import Symptom

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the owner set for the bank."""

    max_parallel: int = 4
    max_series: int = 4
    max_battery_current: float | None = None


class Track:
    """How long one symptom has been there, or gone."""

    __slots__ = ("active", "bad", "finding", "good", "time")

    def __init__(self) -> None:
        """Nothing seen."""
        self.bad: dict[str, Seconds] = {}
        self.good: dict[str, Seconds] = {}
        self.active: dict[str, Rule] = {}
        self.finding: Finding | None = None
        self.time: Seconds | None = None

    def judge(self, time: Seconds, symptom: Symptom) -> None:
        """Let time pass with this value."""
        passed = 0.0 if self.time is None else time - self.time
        if passed > LONGEST_GAP:
            self.bad.clear()
            self.good.clear()
            passed = 0.0
        for rule in BY_SCALE[symptom.scale]:
            key = rule.key
            if rule.trips(symptom.value):
                self.good.pop(key, None)
                self.bad[key] = self.bad[key] + passed if key in self.bad else 0.0
                if self.bad[key] >= rule.hold:
                    self.active[key] = rule
            else:
                self.bad.pop(key, None)
                if not rule.clears(symptom.value):
                    self.good.pop(key, None)
                elif key in self.active:
                    self.good[key] = self.good[key] + passed if key in self.good else 0.0
                    if self.good[key] >= rule.release:
                        del self.active[key]

    @property
    def severity(self) -> Severity | None:
        """The worst that holds."""
        return max((rule.severity for rule in self.active.values()), default=None)


class Diagnosis:
    """Judges one bank; feed it every sample in order."""

    def __init__(
        self, layout: Layout, batteries: Mapping[str, Battery], options: Options = Options()
    ) -> None:
        """Start with nothing learned. `batteries` must hold every battery of the layout."""
        self.layout = layout
        self.options = options
        self.members = {battery: Member(batteries[battery]) for battery in layout.batteries}
        self.groups = [
            Branches([[self.members[battery] for battery in branch] for branch in branches])
            for branches in layout.sharing
        ]
        self._tracks: dict[tuple[Kind, tuple[str, ...]], Track] = {}
        self._state: BankState | None = None

    def update(self, sample: BankSample) -> BankState:
        """Take one sample and say what is wrong now."""
        for member in self.members.values():
            member.update(sample.batteries.get(member.id))
        for group in self.groups:
            group.update(sample.time)
        return self._judge(sample)

    def _judge(self, sample: BankSample) -> BankState:
        picture = Picture(self.layout, self.members, self.groups)
        not_judged: list[NotJudged] = []
        raised: list[Finding] = []
        cleared: list[Finding] = []
        for rule in (participation, sharing, soc_spread):
            for symptom in rule(picture):
                if isinstance(symptom, NotJudged):
                    not_judged.append(symptom)
                else:
                    self._follow(sample.time, symptom, raised, cleared)
        findings = [track.finding for track in self._tracks.values() if track.finding]
        findings.sort(key=lambda finding: (-finding.severity, finding.kind, finding.batteries))
        return BankState(
            time=sample.time,
            status=self._status(findings, picture),
            findings=tuple(findings),
            raised=tuple(raised),
            cleared=tuple(cleared),
            not_judged=tuple(not_judged),
            share=self._shares(),
            fair_share=self._fair_shares(),
            own_resistance={
                m.id: _estimate(m.resistance) for m in self.members.values() if m.resistance.count
            },
        )

    def _follow(
        self, time: Seconds, symptom: Symptom, raised: list[Finding], cleared: list[Finding]
    ) -> None:
        identity = (symptom.kind, symptom.batteries)
        track = self._tracks.get(identity)
        if track is None:
            if not any(rule.trips(symptom.value) for rule in BY_SCALE[symptom.scale]):
                return
            track = self._tracks[identity] = Track()
        track.judge(time, symptom)
        track.time = time
        severity = track.severity
        old = track.finding
        if severity is None:
            if old is not None:
                cleared.append(replace(old, cleared=time))
            if old is not None or not track.bad:
                del self._tracks[identity]
            return
        cause, evidence = symptom.explain()
        new = Finding(
            kind=symptom.kind,
            cause=cause,
            severity=severity,
            batteries=symptom.batteries,
            first_seen=time if old is None else old.first_seen,
            last_seen=time,
            evidence=evidence,
        )
        track.finding = new
        if old is None or severity > old.severity or cause != old.cause:
            raised.append(new)

    def _status(self, findings: list[Finding], picture: Picture) -> Status:
        if any(finding.severity >= Severity.WARNING for finding in findings):
            return Status.OUT_OF_SYNC
        if not picture.online:
            return Status.UNKNOWN
        if any(track.bad for track in self._tracks.values()):
            return Status.WATCHING
        return Status.IN_SYNC if picture.loaded else Status.NO_LOAD

    def _shares(self) -> dict[str, Estimate]:
        return {
            member.id: Estimate(line.slope, line.slope_sigma, line.count, line.since)
            for group in self.groups
            for branch, line in zip(group.branches, group.shares, strict=True)
            for member in branch
            if line.count
        }

    def _fair_shares(self) -> dict[str, float]:
        return {
            member.id: part
            for group in self.groups
            for branch, part in zip(group.branches, group.fair, strict=True)
            for member in branch
        }

    def save(self) -> dict[str, Any]:
        """Give what is learned, for JSON."""
        return {
            "version": VERSION,
            "resistance": {m.id: m.resistance.save() for m in self.members.values()},
            "shares": [[line.save() for line in group.shares] for group in self.groups],
            "drops": [[line.save() for line in group.drops] for group in self.groups],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave; raises ValueError when it does not fit."""
        if saved.get("version") != VERSION:
            raise ValueError("saved by another version")
        try:
            for key, value in saved["resistance"].items():
                self.members[key].resistance.restore(value)
            for group, shares, drops in zip(
                self.groups, saved["shares"], saved["drops"], strict=True
            ):
                for line, value in zip(group.shares, shares, strict=True):
                    line.restore(value)
                for drop, value in zip(group.drops, drops, strict=True):
                    drop.restore(value)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a saved diagnosis: {error!r}") from error


def _estimate(resistance: OwnResistance) -> Estimate:
    return Estimate(resistance.value, resistance.sigma, resistance.count, resistance.since)
