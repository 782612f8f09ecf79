"""The diagnosis tells causes apart and stays silent where nothing is wrong."""

from collections.abc import Sequence

from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Status
from custom_components.lifepo4_bank.core.layout import Layout
from tests.core.simple_bank import Load, Simple, layout, run, steps


def diagnose(
    batteries: Sequence[Simple], load: Load, minutes: float = 40.0, *, bank: Layout | None = None
) -> BankState:
    bank = bank or layout(batteries)
    diagnosis = Diagnosis(bank, {b.name: b.battery for b in batteries})
    state: BankState | None = None
    for sample in run(batteries, load, minutes, bank=bank):
        state = diagnosis.update(sample)
    assert state is not None
    return state


def told(state: BankState) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(f.kind.value, f.cause, f.batteries) for f in state.findings}


def test_healthy_bank_is_in_sync() -> None:
    state = diagnose([Simple(name="A"), Simple(name="B")], steps(-20, -40))
    assert state.findings == ()
    assert state.status is Status.IN_SYNC


def test_bad_cable() -> None:
    state = diagnose([Simple(name="A"), Simple(name="B", path=0.020)], steps(-20, -40))
    assert told(state) == {("asymmetric_current_sharing", "path_resistance", ("B",))}


def test_weak_battery() -> None:
    state = diagnose([Simple(name="A"), Simple(name="B", own=0.040)], steps(-20, -40))
    assert told(state) == {("asymmetric_current_sharing", "internal_resistance", ("B",))}


def test_isolated() -> None:
    state = diagnose([Simple(name="A"), Simple(name="B", connected=False)], steps(-20, -40))
    assert ("not_participating", "isolated", ("B",)) in told(state)


def test_soc_mismatch() -> None:
    state = diagnose([Simple(name="A"), Simple(name="B", counter=0.40)], steps(-20, -40))
    assert {f.kind.value for f in state.findings} == {"soc_mismatch"}
