"""A recorded log through the diagnosis: the same code as in operation, without Home Assistant."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from statistics import median
from typing import Any

from .bank import BankSample
from .battery import Battery, BatterySample, Seconds
from .diagnosis.engine import Diagnosis, Options
from .diagnosis.finding import BankState, Estimate, Finding, GainEstimate, NotJudged
from .diagnosis.naming import Naming
from .diagnosis.sentence import sentence, why_not
from .layout import Layout
from .shunt import ShuntWatch
from .wording import Texts

FRESH: Seconds = 150.0
"""A reading counts for so long when newer ones of its battery are missing."""

MUCH_MORE = 1.4
"""More samples than a log that loses a quarter of its readings."""

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A bank and its samples, in order."""

    layout: Layout
    batteries: Mapping[str, Battery]
    samples: Iterable[BankSample]
    options: Options = field(default_factory=Options)
    learned: Mapping[str, Any] | None = None
    """What a diagnosis had saved before the first sample, None to start with nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the diagnosis said over a whole log."""

    log: Log
    state: BankState | None
    """After the last sample, None of an empty log."""
    findings: tuple[Finding, ...]
    """All that ever held, in the order of their beginning, as they were when they held last."""
    not_judged: tuple[NotJudged, ...]
    samples: int


def windows(readings: Sequence[BatterySample], batteries: frozenset[str]) -> Iterator[BankSample]:
    """Gather single readings, ordered by time, into samples of the whole bank.

    A sample closes when every battery has been read, one comes for the second time, or half a poll
    has passed: else one lost reading would pair all later ones with those of another poll. Where
    the batteries are read at quite different moments, half a poll would part what belongs together.
    """
    half = _poll(readings) / 2
    parted = sum(1 for _ in _gather(readings, batteries, half))
    whole = sum(1 for _ in _gather(readings, batteries, inf))
    longest = half if parted < MUCH_MORE * whole else inf
    newest: dict[str, BatterySample] = {}
    for window in _gather(readings, batteries, longest):
        newest |= window
        yield _close(window, newest, batteries)


def _gather(
    readings: Iterable[BatterySample], batteries: frozenset[str], longest: Seconds
) -> Iterator[dict[str, BatterySample]]:
    window: dict[str, BatterySample] = {}
    begun = 0.0
    for reading in readings:
        if window and (reading.battery in window or reading.time - begun > longest):
            yield window
            window = {}
        if not window:
            begun = reading.time
        window[reading.battery] = reading
        if len(window) == len(batteries):
            yield window
            window = {}
    if window:
        yield window


def _poll(readings: Iterable[BatterySample]) -> Seconds:
    """Tell the usual time between two readings of one battery."""
    last: dict[str, Seconds] = {}
    apart: list[Seconds] = []
    for reading in readings:
        passed = reading.time - last.get(reading.battery, reading.time)
        if passed > 0:
            apart.append(passed)
        last[reading.battery] = reading.time
    return median(apart) if apart else inf


def _close(
    window: Mapping[str, BatterySample],
    newest: Mapping[str, BatterySample],
    batteries: frozenset[str],
) -> BankSample:
    time = max(reading.time for reading in window.values())
    fresh = {name: one for name, one in newest.items() if time - one.time <= FRESH}
    return BankSample(time=time, batteries=fresh, missing=batteries - fresh.keys())


def replay(log: Log, progress: Callable[[int], None] = lambda _: None) -> Result:
    """Run a log through the diagnosis. Raises ValueError when `learned` is no saved diagnosis."""
    diagnosis = Diagnosis(log.layout, log.batteries, log.options)
    if log.learned is not None:
        diagnosis.restore(log.learned)
    watch = ShuntWatch(log.layout)
    holding: dict[object, Finding] = {}
    ended: list[Finding] = []
    state: BankState | None = None
    count = 0
    for sample in log.samples:
        state = diagnosis.update(watch.check(sample))
        count += 1
        if not count % 1000:
            progress(count)
        for finding in state.cleared:
            old = holding.pop(finding.identity, finding)
            ended.append(replace(old, cleared=finding.cleared))
        holding |= {finding.identity: finding for finding in state.findings}
    findings = sorted([*ended, *holding.values()], key=lambda one: (one.first_seen, one.kind))
    silent = () if state is None else state.not_judged
    return Result(log=log, state=state, findings=tuple(findings), not_judged=silent, samples=count)


def as_json(result: Result, texts: Texts) -> Json:
    """Write a result as the command line's `--json` promises."""
    state, log = result.state, result.log
    naming = Naming(log.batteries, log.layout, texts)
    return {
        "bank": {
            "layout": log.layout.notation,
            "arrangement": log.layout.arrangement.value,
            "samples": result.samples,
            "time": None if state is None else state.time,
            "status": None if state is None else state.status.value,
            "circulating_current": None if state is None else state.circulating_current,
            "shunt_trouble": None if state is None else state.shunt_trouble,
            "ready_to_parallel": None if state is None else state.ready_to_parallel,
        },
        "batteries": {battery: _battery(state, battery) for battery in log.layout.batteries},
        "findings": [
            {
                "kind": finding.kind.value,
                "cause": finding.cause,
                "severity": finding.severity.name.lower(),
                "batteries": list(finding.batteries),
                "first_seen": finding.first_seen,
                "last_seen": finding.last_seen,
                "cleared": finding.cleared,
                "evidence": dict(finding.evidence),
                "message": sentence(finding, naming),
            }
            for finding in result.findings
        ],
        "not_judged": [
            {
                "kind": silent.kind.value,
                "reason": silent.reason,
                "batteries": list(silent.batteries),
                "message": why_not(silent, naming),
            }
            for silent in result.not_judged
        ],
    }


def _battery(state: BankState | None, battery: str) -> Json:
    if state is None:
        return {}
    return {
        "share": _estimate(state.share.get(battery)),
        "fair_share": state.fair_share.get(battery),
        "own_resistance": _estimate(state.own_resistance.get(battery)),
        "path_resistance_excess": _estimate(state.path_resistance_excess.get(battery)),
        "current_gain": _gain(state.current_gain.get(battery)),
    }


def _estimate(estimate: Estimate | None) -> Json | None:
    return None if estimate is None else {"value": estimate.value, "sigma": estimate.sigma}


def _gain(gain: GainEstimate | None) -> Json | None:
    told = _estimate(gain)
    return None if gain is None or told is None else {**told, "witness": gain.witness.value}


def as_text(result: Result, texts: Texts) -> str:
    """Write a result for people."""
    state, log = result.state, result.log
    naming = Naming(log.batteries, log.layout, texts)
    status = "nothing recorded" if state is None else state.status.value.replace("_", " ")
    lines = [f"{log.layout.notation} bank, {result.samples} samples: {status}", ""]
    for battery in log.layout.batteries:
        told = _battery(state, battery)
        share, fair = told.get("share"), told.get("fair_share")
        words = [f"{log.batteries[battery].name:12}"]
        if share is not None and fair is not None:
            words.append(f"share {100 * share['value']:.0f} % (fair {100 * fair:.0f} %)")
        for name in ("own_resistance", "path_resistance_excess"):
            if told.get(name) is not None:
                value, sigma = 1000 * told[name]["value"], 1000 * told[name]["sigma"]
                words.append(f"{name.replace('_', ' ')} {value:.1f} +- {sigma:.1f} mOhm")
        if (gain := told.get("current_gain")) is not None:
            words.append(
                f"reads {100 * gain['value']:.1f} +- {100 * gain['sigma']:.1f} % of the current"
                f" ({gain['witness'].replace('_', ' ')})"
            )
        lines.append("  ".join(words))
    if state is not None and state.shunt_trouble is not None:
        lines.append(f"shunt not used: {state.shunt_trouble.replace('_', ' ')}")
    lines.append("")
    if not result.findings:
        lines.append("Nothing to report.")
    for finding in result.findings:
        end = "" if finding.cleared is None else f", cleared at {finding.cleared:.0f} s"
        lines.append(
            f"{finding.severity.name.lower():8} {sentence(finding, naming)}"
            f" [from {finding.first_seen:.0f} s{end}]"
        )
    lines.extend(
        f"not judged: {silent.kind.replace('_', ' ')}. {why_not(silent, naming)}"
        for silent in result.not_judged
    )
    return "\n".join(lines)
