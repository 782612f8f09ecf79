"""The guided load test: whether every battery carries its part once there is a load.

Article 3.3: with 10 A or more all BMSs see the current; 50 A for a short while show it best.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .bank import BankSample
from .battery import Amperes, BatterySample, Fraction, Seconds, Volts
from .diagnosis.finding import BankState, Finding
from .layout import Layout

LOAD: Amperes = 10.0
"""Least current of the bank that tests anything (article 3.3)."""
STRONG: Amperes = 50.0
"""Current that engages every battery clearly (article 3.3)."""
QUIET: Amperes = 3.0
"""Below it the bank counts as unloaded, to compare with."""
LASTS: Seconds = 60.0
"""How long the load must last."""
PATIENCE: Seconds = 1800.0
"""How long the test waits for a load."""
CARRIES = 0.25
"""Part of its fair share from which a battery takes part."""


class Phase(StrEnum):
    """Where the test stands."""

    WAITING = "waiting"
    """For a load of 10 A or more."""
    MEASURING = "measuring"
    DONE = "done"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What one battery did; currents positive while charging."""

    before: Amperes | None
    loaded: Amperes
    share: Fraction
    """Part of its group's current."""
    fair_share: Fraction
    sag: Volts | None
    """How far its voltage fell under the load."""
    takes_part: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the test found."""

    load: Amperes
    """Mean current of the bank under load."""
    peak: Amperes
    strong: bool
    """Whether 50 A or more flowed."""
    batteries: Mapping[str, Carried]
    silent: tuple[str, ...]
    """Batteries that took no part."""
    findings_before: tuple[Finding, ...] = ()
    findings_after: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Sum:
    current: float = 0.0
    voltage: float = 0.0
    count: int = 0


@dataclass(slots=True, kw_only=True)
class LoadTest:
    """One run of the test; feed it every sample until it is over."""

    layout: Layout
    started: Seconds
    phase: Phase = Phase.WAITING
    result: Result | None = None
    _before: Mapping[str, BatterySample] | None = None
    _findings: tuple[Finding, ...] | None = None
    _since: Seconds | None = None
    _peak: Amperes = 0.0
    _load: _Sum = field(default_factory=_Sum)
    _sums: dict[str, _Sum] = field(default_factory=dict)

    def remember(self, sample: BankSample, state: BankState) -> None:
        """Compare with this moment: its findings if it is the first, its readings if unloaded."""
        if self._findings is None:
            self._findings = state.findings
        current = bank_current(self.layout, sample)
        if current is not None and abs(current) < QUIET:
            self._before = dict(sample.batteries)

    def update(self, sample: BankSample, state: BankState) -> Phase:
        """Take one moment; says where the test stands."""
        if self.phase in (Phase.DONE, Phase.TIMED_OUT):
            return self.phase
        self.remember(sample, state)
        current = bank_current(self.layout, sample)
        if current is not None and abs(current) >= LOAD:
            self._measure(sample, current, state)
        else:
            if current is not None:
                self._start_anew()
            if sample.time - self.started > PATIENCE:
                self.phase = Phase.TIMED_OUT
        return self.phase

    def _start_anew(self) -> None:
        self._since = None
        self._peak = 0.0
        self._load = _Sum()
        self._sums = {}
        self.phase = Phase.WAITING

    def _measure(self, sample: BankSample, current: Amperes, state: BankState) -> None:
        if self._since is None:
            self._since = sample.time
        self.phase = Phase.MEASURING
        self._peak = max(self._peak, abs(current))
        self._load.current += current
        self._load.count += 1
        for battery, reading in sample.batteries.items():
            if reading.current is not None and reading.voltage is not None:
                total = self._sums.setdefault(battery, _Sum())
                total.current += reading.current
                total.voltage += reading.voltage
                total.count += 1
        if sample.time - self._since >= LASTS:
            self.result = self._conclude(state)
            self.phase = Phase.DONE

    def _conclude(self, state: BankState) -> Result:
        batteries: dict[str, Carried] = {}
        for battery, total in self._sums.items():
            loaded, part, fair = self._part(battery, total, state)
            before = None if self._before is None else self._before.get(battery)
            volts = None if before is None else before.voltage
            batteries[battery] = Carried(
                before=None if before is None else before.current,
                loaded=loaded,
                share=part,
                fair_share=fair,
                sag=None if volts is None else volts - total.voltage / total.count,
                takes_part=part >= CARRIES * fair,
            )
        return Result(
            load=self._load.current / self._load.count,
            peak=self._peak,
            strong=self._peak >= STRONG,
            batteries=batteries,
            silent=tuple(name for name, one in batteries.items() if not one.takes_part),
            findings_before=self._findings or (),
            findings_after=state.findings,
        )

    def _part(
        self, battery: str, total: _Sum, state: BankState
    ) -> tuple[Amperes, Fraction, Fraction]:
        loaded = total.current / total.count
        for branches in self.layout.sharing:
            branch = next((one for one in branches if battery in one), None)
            if branch is None:
                continue
            currents = [
                other.current / other.count
                for one in branches
                if (other := self._sums.get(one[0])) is not None
            ]
            group = sum(currents)
            fair = state.fair_share.get(battery, 1 / len(branches))
            # Nothing of a negative current is -0.0, which would be shown.
            return loaded, loaded / group + 0.0 if group else 0.0, fair
        bank = self._load.current / self._load.count
        return loaded, loaded / bank, 1.0


def bank_current(layout: Layout, sample: BankSample) -> Amperes | None:
    """Measure the current at the bank's terminals, None while a battery is missing."""
    currents = {
        battery: reading.current
        for battery, reading in sample.batteries.items()
        if reading.current is not None
    }
    if len(currents) < len(layout.batteries):
        return None
    if not layout.sharing:
        return sum(currents.values()) / len(currents)
    groups = [sum(currents[branch[0]] for branch in branches) for branches in layout.sharing]
    return sum(groups) / len(groups)
