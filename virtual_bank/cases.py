"""Random banks with known faults, to score the diagnosis against the truth.

A case is what was done to a bank (so the truth is known, not judged), a stream of samples as the
integration would see it, and what an honest diagnosis must and may say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import random

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import Battery, Seconds
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Kind

from .physics import Bank
from .polling import Event, Polling, poll


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that must or may be said."""

    kind: Kind
    causes: frozenset[str] = frozenset()
    """Any of these; empty for any cause."""
    batteries: frozenset[tuple[str, ...]] | None = None
    """Any of these sets of batteries, sorted; None for any."""
    reason: str = ""
    """Why it is true beside the fault itself."""
    lasting: bool = True
    """Whether it must still hold at the end; otherwise it must have been said at some time."""

    def names(self, finding: Finding) -> bool:
        """Whether the finding is of this kind and about these batteries, whatever the cause."""
        return finding.kind is self.kind and (
            self.batteries is None or tuple(sorted(finding.batteries)) in self.batteries
        )

    def fits(self, finding: Finding) -> bool:
        """Whether the finding says just this."""
        return self.names(finding) and (not self.causes or finding.cause in self.causes)


def expect(
    kind: Kind,
    *causes: str,
    batteries: Sequence[Sequence[str]] | None = None,
    reason: str = "",
    lasting: bool = True,
) -> Expected:
    """Write down a finding that must or may be said."""
    return Expected(
        kind,
        frozenset(causes),
        None if batteries is None else frozenset(tuple(sorted(b)) for b in batteries),
        reason,
        lasting,
    )


@dataclass(slots=True, kw_only=True)
class Case:
    """One bank, its fault, and the truth about it; its samples can be taken once."""

    name: str
    seed: str
    bank: Bank
    batteries: Mapping[str, Battery]
    duration: Seconds
    polling: Polling
    expected: tuple[Expected, ...] = ()
    companions: tuple[Expected, ...] = ()
    """What may be said besides, because it is true as well or harmless."""
    parted: tuple[Expected, ...] = ()
    """What is true only while the batteries' charges, or their counters, are far apart."""
    events: Sequence[Event] = ()
    gross: bool = False
    """Whether the fault is to be named within minutes of judgeable load."""
    onset: Seconds = 0.0
    mended: Seconds | None = None
    """When the fault ends: what is expected must have been taken back at the end."""
    options: Mapping[str, int] = field(default_factory=dict)

    def samples(self) -> Iterator[BankSample]:
        """Let the time pass and read the bank."""
        return poll(
            self.bank, self.duration, self.polling, events=self.events, seed=_number(self.seed)
        )

    def describe(self) -> str:
        """Tell in a line what bank it is."""
        layout = self.bank.layout
        first = self.bank.batteries[layout.batteries[0]]
        return (
            f"{layout.arrangement.value} {layout.notation}, {first.capacity:.0f} Ah, "
            f"{len(first.cells)} cells, {first.bms.name}, every {self.polling.interval:.0f} s"
        )


type Maker = Callable[[random.Random], Case]
KINDS: dict[str, Maker] = {}
"""Every kind of case by name, in the order of the table that the bench prints."""
LIVES: dict[str, Maker] = {}
"""Cases of several days, which the bench counts by themselves."""


def kind(maker: Maker) -> Maker:
    """Enter a kind of case under its function's name."""
    KINDS[maker.__name__] = maker
    return maker


def make_case(name: str, split: str, number: int) -> Case:
    """Make one case; `split` is `tuning` or `testing`, whose seeds have nothing in common."""
    if split not in ("tuning", "testing"):
        raise ValueError(f"no split named {split}")
    maker = KINDS.get(name) or LIVES.get(name)
    if maker is None:
        raise ValueError(f"no kind of case named {name}")
    seed = f"{name}/{split}/{number}"
    case = maker(random.Random(seed))
    case.name, case.seed = name, seed
    return case


def _number(seed: str) -> int:
    return random.Random(seed + "/polls").getrandbits(32)
