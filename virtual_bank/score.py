"""The diagnosis scored on cases whose truth is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from custom_components.lifepo4_bank.core.battery import Fraction, Seconds
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis, Options
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Finding, Kind, Severity
from custom_components.lifepo4_bank.core.layout import Arrangement

from .cases import Case, Expected
from .wiring import Busbar

JUDGED_LOAD = 10.0
"""Bank current in A from which sharing is judged (article 3.3)."""
JUDGED_FLOORS = 4.0
JUDGED_CELL = (3.10, 3.40)
"""Cell voltage outside of which shares shift by themselves."""
STEADY = 0.05
"""Change of the bank's current between two samples, by itself, that is no load step."""
PARTED = (0.09, 0.05)
"""Spread of SoC, true or counted, from which a bank is apart, and below which it is so no more:
where a mismatch is first worth a note, whole percents considered, and where that clears."""
MOSTLY = 0.5
"""Part of a mismatch that its named cause must make up."""
UNKNOWN_FLOOR = 1.0
"""Detection floor in A that is assumed of a BMS of unknown make."""


@dataclass(frozen=True, slots=True)
class Said:
    """A finding without its numbers."""

    kind: str
    cause: str
    batteries: tuple[str, ...]
    severity: int

    def __str__(self) -> str:
        """Write it in one word a part."""
        return f"{self.kind}/{self.cause}({'+'.join(self.batteries) or 'bank'})"


@dataclass(slots=True, kw_only=True)
class Score:
    """What the diagnosis made of one case."""

    name: str
    seed: str
    bank: str
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    """Those of the wrong that are warnings or errors."""
    said: tuple[str, ...] = ()
    true_of_parted: tuple[str, ...] = ()
    """Warnings and errors that were true because the batteries were apart, each time."""
    parted: Seconds = 0.0
    """Time with charges or counters apart."""
    duration: Seconds = 0.0
    noticed_after: Seconds | None = None
    """Judgeable seconds until the fault was said of the right batteries, cause known or not."""
    named_after: Seconds | None = None
    """Judgeable seconds until its right cause was said, too."""
    gross: bool = False
    judgeable: Seconds = 0.0
    """Of load since the fault began, or since it was mended."""
    mended: bool = False
    cleared_after: Seconds | None = None
    """Judgeable seconds after the mend until the fault was said no more."""
    own_errors: list[float] = field(default_factory=list)
    path_errors: list[float] = field(default_factory=list)
    samples: int = 0

    @property
    def right(self) -> bool:
        """Whether all that must be said was said, and nothing else."""
        return not self.missing and not self.wrong


@dataclass(slots=True)
class Record:
    """What was said of a case until now."""

    case: Case
    result: Score
    ever: dict[Said, Finding] = field(default_factory=dict)
    """All that was raised, as it was raised last."""
    excused: list[Said] = field(default_factory=list)
    """What was true of a bank that was apart."""
    apart: bool = False

    def live(self, passed: Seconds) -> None:
        """Look whether the bank is apart now."""
        self.apart = max(_spreads(self.case)) >= PARTED[self.apart]
        if self.apart:
            self.result.parted += passed

    def take(self, finding: Finding) -> None:
        """Enter a finding that was raised just now."""
        case, result = self.case, self.result
        if self.apart and _is_true(case, finding):
            self.excused.append(_said(finding))
            return
        self.ever[_said(finding)] = finding
        if result.noticed_after is None and any(e.names(finding) for e in case.expected):
            result.noticed_after = result.judgeable
        if result.named_after is None and any(e.fits(finding) for e in case.expected):
            result.named_after = result.judgeable

    def close(self, time: Seconds, findings: Sequence[Finding]) -> None:
        """Compare with the truth what was said, and what is said at the end."""
        result, final = self.result, [_said(finding) for finding in findings]
        excuses = {(said.kind, said.cause, said.batteries) for said in self.excused}
        for finding, said in zip(findings, final, strict=True):
            if said in self.ever or (said.kind, said.cause, said.batteries) not in excuses:
                self.ever[said] = finding
        result.duration = time
        result.true_of_parted = tuple(
            str(said) for said in self.excused if said.severity >= Severity.WARNING
        )
        names = [*self.ever, *dict.fromkeys(self.excused)]
        result.said = tuple(f"{said}{'' if said in final else ' (cleared)'}" for said in names)
        _compare(self.case, result, findings, list(self.ever.values()))


def score(case: Case) -> Score:
    """Run the diagnosis over a case."""
    diagnosis = Diagnosis(case.bank.layout, case.batteries, Options(**case.options))
    result = Score(
        name=case.name,
        seed=case.seed,
        bank=case.describe(),
        gross=case.gross,
        mended=case.mended is not None,
    )
    record = Record(case, result)
    since = case.onset if case.mended is None else case.mended
    state: BankState | None = None
    before, load = 0.0, 0.0
    for sample in case.samples():
        state = diagnosis.update(sample)
        result.samples += 1
        if before >= since and _judgeable(case) and _steady(load, case.bank.current):
            result.judgeable += sample.time - before
        record.live(sample.time - before)
        before, load = sample.time, case.bank.current
        for finding in state.raised:
            record.take(finding)
        if case.mended is not None and before >= case.mended:
            if any(_still(case, finding) for finding in state.findings):
                result.cleared_after = None
            elif result.cleared_after is None:
                result.cleared_after = result.judgeable
    if state is None:
        raise ValueError("a case without samples")
    record.close(before, state.findings)
    _measure(case, result, state)
    return result


def _spreads(case: Case) -> tuple[Fraction, Fraction]:
    """How far the batteries' true charges are apart, and how far what they count."""
    batteries = case.bank.batteries.values()
    true = [battery.soc for battery in batteries]
    counted = [battery.counted_soc for battery in batteries]
    return max(true) - min(true), max(counted) - min(counted)


def _is_true(case: Case, finding: Finding) -> bool:
    """Whether a finding about a bank that is apart now may be said, and tells the true cause."""
    if not any(allowed.fits(finding) for allowed in case.parted):
        return False
    true, counted = _spreads(case)
    if finding.kind is not Kind.SOC_MISMATCH:
        return true >= PARTED[1]
    if finding.cause == "charge_imbalance":
        return true >= MOSTLY * counted
    errors = [battery.counted_soc - battery.soc for battery in case.bank.batteries.values()]
    return finding.cause != "counter_drift" or max(errors) - min(errors) >= MOSTLY * counted


def _still(case: Case, finding: Finding) -> bool:
    """Whether the finding says of any battery what is true no more."""
    return any(
        finding.kind is expected.kind and finding.cause in {"unknown", *expected.causes}
        for expected in case.expected
    )


def _said(finding: Finding) -> Said:
    return Said(
        finding.kind.value, finding.cause, tuple(sorted(finding.batteries)), finding.severity
    )


def _judgeable(case: Case) -> bool:
    """Whether the true load suffices to judge every branch, and no cell is in a knee."""
    bank = case.bank
    floor = max(UNKNOWN_FLOOR, *(battery.bms.floor for battery in bank.batteries.values()))
    fair = abs(bank.current) / bank.layout.parallel
    if abs(bank.current) < JUDGED_LOAD or fair < JUDGED_FLOORS * floor:
        return False
    low, high = JUDGED_CELL
    return all(
        low < battery.voltage / len(battery.cells) < high for battery in bank.batteries.values()
    )


def _steady(before: float, now: float) -> bool:
    """Whether the load is the same as at the sample before; the time across a step proves nothing."""
    return abs(now - before) <= STEADY * abs(now)


def _compare(case: Case, result: Score, final: Sequence[Finding], ever: Sequence[Finding]) -> None:
    result.missing = tuple(
        _wanted(expected)
        for expected in case.expected
        if not any(expected.fits(finding) for finding in (final if expected.lasting else ever))
    )
    wrong = [
        f"still {_said(finding)}"
        for finding in final
        if case.mended is not None and _still(case, finding)
    ]
    alarms: list[str] = []
    for finding in ever:
        if any(allowed.fits(finding) for allowed in (*case.expected, *case.companions)):
            continue
        # Until the evidence separates the causes, "unknown" is the honest word.
        named = any(expected.names(finding) for expected in case.expected)
        if named and finding.cause == "unknown" and finding not in final:
            continue
        said = str(_said(finding))
        if said not in wrong:
            wrong.append(said)
        if finding.severity >= Severity.WARNING and said not in alarms:
            alarms.append(said)
    result.wrong, result.alarms = tuple(wrong), tuple(alarms)


def _wanted(expected: Expected) -> str:
    batteries = sorted(expected.batteries or (), key=len)
    about = "+".join(batteries[0]) if batteries else "any"
    return f"{expected.kind.value}/{'|'.join(sorted(expected.causes)) or 'any'}({about or 'bank'})"


def _measure(case: Case, result: Score, state: BankState) -> None:
    """Compare the estimated resistances with the true ones."""
    bank = case.bank
    for battery, estimate in state.own_resistance.items():
        truth = bank.truth(battery).resistance
        result.own_errors.append(abs(estimate.value - truth) / truth)
    simple = bank.layout.arrangement in (Arrangement.PARALLEL, Arrangement.PARALLEL_GROUPS)
    if not simple or not isinstance(bank.groups[0].wiring, Busbar):
        return
    for group in bank.layout.sharing:
        paths = {b: bank.truth(b).path_resistance for (b,) in group}
        best = min(paths.values())
        for battery, path in paths.items():
            excess = path - best
            found = state.path_resistance_excess.get(battery)
            if found is not None and excess > 0.002 * len(bank.batteries[battery].cells) / 4:
                result.path_errors.append(abs(found.value - excess) / excess)


def confusion(scores: Sequence[Score]) -> Counter[tuple[str, str, str]]:
    """Count by kind of case what was missed and what was said instead, without battery names."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for result in scores:
        missing = [_plain(word) for word in result.missing] or ["-"]
        wrong = [_plain(word) for word in result.wrong] or ["-"]
        if not result.right:
            counts[result.name, ", ".join(sorted(missing)), ", ".join(sorted(set(wrong)))] += 1
    return counts


def _plain(word: str) -> str:
    return word.split("(", maxsplit=1)[0]
