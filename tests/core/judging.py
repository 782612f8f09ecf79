"""Running a simple bank through the diagnosis, and reading what it says."""

from collections.abc import Iterable, Sequence

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis, Options
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Finding, Kind
from custom_components.lifepo4_bank.core.layout import Layout
from tests.core.simple_bank import Load, Simple, layout, run

type Said = set[tuple[str, str, tuple[str, ...]]]


def diagnosis_of(
    batteries: Sequence[Simple], bank: Layout | None = None, options: Options | None = None
) -> Diagnosis:
    """Make a diagnosis of these batteries."""
    known = {battery.name: battery.battery for battery in batteries}
    return Diagnosis(bank or layout(batteries), known, options or Options())


def feed(diagnosis: Diagnosis, samples: Iterable[BankSample]) -> BankState:
    """Run samples through; the last state."""
    state: BankState | None = None
    for sample in samples:
        state = diagnosis.update(sample)
    assert state is not None
    return state


def judge(
    batteries: Sequence[Simple],
    load: Load,
    minutes: float = 40.0,
    *,
    bank: Layout | None = None,
    options: Options | None = None,
    step: float = 30.0,
) -> BankState:
    """Judge these batteries under this load."""
    return feed(
        diagnosis_of(batteries, bank, options),
        run(batteries, load, minutes, bank=bank, step=step),
    )


def told(state: BankState) -> Said:
    """Kind, cause and batteries of all findings."""
    return {(f.kind.value, f.cause, f.batteries) for f in state.findings}


def silent(state: BankState, kind: Kind) -> set[str]:
    """Why findings of this kind were not judged."""
    return {one.reason for one in state.not_judged if one.kind is kind}


def finding(state: BankState, kind: Kind) -> Finding:
    """Take the only finding of a kind."""
    (one,) = [found for found in state.findings if found.kind is kind]
    return one
