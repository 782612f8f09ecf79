"""From bank samples to findings: estimators, then rules, then patience."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..bank import BankSample
from ..battery import Amperes, Battery, Seconds
from ..fleet import FleetWatch
from ..layout import Layout
from .branches import Branches
from .cadence import JUDGE_EVERY, JUDGE_SOON, SLOWLY, STEADILY, TIERS
from .calibration import Calibration
from .chains import chains
from .circulation import between
from .estimates import Estimates, estimates
from .finding import BankState, Kind, NotJudged
from .hearing import Hearing
from .ledger import Ledger
from .members import Member
from .picture import Options, Picture
from .prepare import Readiness, check, is_ready
from .rules import LONGEST_GAP
from .status import status
from .symptom import Symptom, not_judged

__all__ = ["Diagnosis", "Options"]

VERSION = 2
FIRST = 5
"""Judgements at the start in which everything is looked at, soon one after the other: the first
ones may lack a battery."""
REFUSED = Kind.WEAK_LINK
"""What a reading that cannot be true is reported under."""
DEFAULT = Options()


class Diagnosis:
    """Judges one bank; feed it every sample in order."""

    def __init__(
        self, layout: Layout, batteries: Mapping[str, Battery], options: Options = DEFAULT
    ) -> None:
        """Start with nothing learned. `batteries` must hold every battery of the layout."""
        self.layout = layout
        self.options = options
        self.members = {battery: Member(batteries[battery]) for battery in layout.batteries}
        self.groups = tuple(
            Branches([[self.members[battery] for battery in branch] for branch in branches])
            for branches in layout.sharing
        )
        self.picture = Picture(
            layout, options, self.members, self.groups, chains(layout, self.members),
            {battery: Hearing() for battery in self.members},
        )  # fmt: skip
        self.calibration = Calibration(layout, self.members, self.groups, self.picture.chains)
        self._fleet = FleetWatch(layout)
        self._ledger = Ledger()
        self._judged_at: Seconds | None = None
        self._slowly_at: Seconds = 0.0
        self._steadily_at: Seconds = 0.0
        self._judged = 0
        """How many judgements there were."""
        self._not_judged: list[tuple[NotJudged, ...]] = [()] * len(TIERS)
        self._ready: bool | None = None
        self._time: Seconds | None = None
        self._estimates: Estimates | None = None
        """Share, fair share, own resistance and path excess; renewed at every steady look."""
        self._state: BankState | None = None

    def update(self, sample: BankSample) -> BankState:
        """Take one sample and say what is wrong now.

        Between judgements the state is the one before, without its events.
        """
        changed = False
        readings, heard = sample.batteries, self.picture.heard
        for battery, member in self.members.items():
            reading = readings.get(battery)
            new = reading is not member.seen
            if new or reading is None:
                heard[battery].update(reading)
            if new and member.update(reading):
                changed = True
        self._compare(sample)
        time, state = sample.time, self._state
        if self._time is not None and time - self._time > LONGEST_GAP:
            self._interrupt()
        self._time = time
        if state is not None and not changed and not self._is_due(time):
            if state.raised or state.cleared:
                self._state = state = replace(state, raised=(), cleared=())
            return state
        self._judged_at = time
        self._state = self._judge(sample, changed=changed)
        return self._state

    def _compare(self, sample: BankSample) -> None:
        """Learn from the new readings of several batteries together."""
        for group in self.groups:
            group.update()
            if group.identical and not self.picture.fleet:
                self.picture.fleet = self._fleet.update(sample.batteries)
        for chain in self.picture.chains:
            chain.update()
        if not self.picture.fleet:
            self.calibration.update(sample)

    def _interrupt(self) -> None:
        """Go on after a gap."""
        self._ledger.interrupt()
        for hearing in self.picture.heard.values():
            hearing.forget()

    def _is_due(self, time: Seconds) -> bool:
        """Whether the last judgement was long ago."""
        passed = None if self._judged_at is None else time - self._judged_at
        if passed is None or not 0 <= passed < JUDGE_EVERY:
            return True
        return passed >= JUDGE_SOON and (self._judged < FIRST or self._ledger.pending)

    def _judge(self, sample: BankSample, *, changed: bool) -> BankState:
        time, picture, ledger = sample.time, self.picture, self._ledger
        picture.time = time
        picture.links = sample.links
        ledger.begin()
        self._judged += 1
        self._apply(0, time)
        every = JUDGE_EVERY if ledger.pending else STEADILY
        if self._judged <= FIRST or changed or not 0 <= time - self._steadily_at < every:
            self._steadily_at = time
            self._look(sample)
            self._apply(1, time)
        # Else a battery that is back would be called missing for ten minutes.
        if self._judged <= FIRST or changed or not 0 <= time - self._slowly_at < SLOWLY:
            self._slowly_at = time
            self._apply(2, time)
        findings = ledger.findings()
        picture.found(findings)
        if self._estimates is None:
            self._estimates = estimates(self.groups, self.members)
        shares, fair, own, path = self._estimates
        return BankState(
            time=time,
            status=status(findings, picture, ledger),
            findings=tuple(findings),
            raised=tuple(ledger.raised),
            cleared=tuple(ledger.cleared),
            share=shares,
            fair_share=fair,
            own_resistance=own,
            path_resistance_excess=path,
            current_gain=self.calibration.estimates,
            shunt_trouble=sample.shunt_trouble,
            circulating_current=self._circulating(),
            ready_to_parallel=self._ready,
            not_judged=self._not_judged[0] + self._not_judged[1] + self._not_judged[2],
        )

    def _look(self, sample: BankSample) -> None:
        """Learn what a look every two minutes is enough for."""
        for member in self.members.values():
            reading = member.reading
            if reading is not None:
                member.count_charge(reading)
                if reading.cells:
                    member.fulls.update(reading.cells)
        for group in self.groups:
            group.weigh()
        self.calibration.apply()
        self._estimates = estimates(self.groups, self.members, self._estimates)
        self._ready = is_ready(self.picture)
        if self.groups:
            self.picture.fleet = self._fleet.update(sample.batteries)

    def _apply(self, tier: int, time: Seconds) -> None:
        silent: list[NotJudged] = []
        ledger = self._ledger
        ledger.turn(tier)
        self.picture.followed = ledger.kinds
        for rule in TIERS[tier]:
            for said in rule(self.picture):
                if isinstance(said, Symptom):
                    ledger.see(time, said)
                else:
                    silent.append(said)
        if tier == 0:
            silent.extend(
                not_judged(REFUSED, member.refused, (member.id,))
                for member in self.members.values()
                if member.refused is not None
            )
        self._not_judged[tier] = tuple(silent)

    def _circulating(self) -> Amperes | None:
        known = [between(group) for group in self.groups if group.total is not None]
        return max(known) if known and not self.picture.fleet else None

    def readiness(self) -> Readiness:
        """Whether the batteries may be joined in parallel, and what to wait for."""
        return check(self.picture)

    def save(self) -> dict[str, Any]:
        """Give what is learned and what is pending, for JSON."""
        return {
            "version": VERSION,
            "members": {battery: member.save() for battery, member in self.members.items()},
            "groups": [group.save() for group in self.groups],
            "chains": [chain.save() for chain in self.picture.chains],
            "calibration": self.calibration.save(),
            "ledger": self._ledger.save(),
            "fleet": self.picture.fleet,
            "times": [self._judged_at, self._slowly_at, self._steadily_at, self._time],
            "judged": self._judged,
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave, as far as it is about batteries that still belong here.

        Raises ValueError when it is no such thing, and then starts with nothing learned.
        """
        batteries = {battery: member.battery for battery, member in self.members.items()}
        fresh = Diagnosis(self.layout, batteries, self.options)
        try:
            fresh._load(saved)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            vars(self).update(vars(Diagnosis(self.layout, batteries, self.options)))
            raise ValueError(f"not a saved diagnosis: {error!r}") from error
        vars(self).update(vars(fresh))

    def _load(self, saved: Mapping[str, Any]) -> None:
        if saved["version"] != VERSION:
            raise ValueError("saved by another version")
        for battery, member in self.members.items():
            if battery in saved["members"]:
                member.restore(saved["members"][battery])
        for group, learned in zip(self.groups, saved["groups"], strict=False):
            group.restore(learned)
        for chain, learned in zip(self.picture.chains, saved["chains"], strict=False):
            chain.restore(learned)
        self.calibration.restore(saved["calibration"])
        self._ledger.restore(saved["ledger"], frozenset(self.members))
        self.picture.fleet = bool(saved["fleet"])
        self._fleet.restore(detected=self.picture.fleet)
        judged, slowly, steadily, time = saved["times"]
        self._judged_at = None if judged is None else float(judged)
        self._slowly_at, self._steadily_at = float(slowly), float(steadily)
        self._judged = int(saved["judged"])
        self._time = None if time is None else float(time)
