"""What is asked of the interlock, what it may know, and how it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .battery import Amperes, Battery, BatterySample, Fraction, Seconds
from .layout import Layout


class Mosfet(StrEnum):
    """The two switches inside a battery."""

    DISCHARGE = "discharge"
    CHARGE = "charge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Switch one MOSFET of one battery."""

    battery: str
    mosfet: Mosfet
    on: bool
    force: bool = False
    """Go against the checks that may be overridden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduction:
    """When a battery last carried a current above its detection floor."""

    gave: Seconds | None = None
    """Last seen discharging."""
    took: Seconds | None = None
    """Last seen charging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """All that is known at the moment of the command."""

    time: Seconds
    """Now, of the clock that the times of `samples` and `conduction` are of."""
    layout: Layout | None
    """None for a battery that is in no bank, or in one that is not loaded."""
    batteries: Mapping[str, Battery]
    in_bank: bool = True
    """Whether the battery belongs to a bank at all."""
    samples: Mapping[str, BatterySample] = field(default_factory=dict)
    conduction: Mapping[str, Conduction] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    """Batteries that are not read at our will, but tell their readings at their own pace."""
    switchable: frozenset[Mosfet] = frozenset()
    """What the family of the commanded battery lets us switch."""
    link: Fraction | None = None
    """How surely the commanded battery can be reached again."""
    being_switched: frozenset[str] = frozenset()
    """Batteries of the bank that are being switched, or still wait to be switched on again."""
    max_battery_current: Amperes | None = None
    """What one battery may carry for long, as the owner entered it."""
    powers_home_assistant: bool = True


class Outcome(StrEnum):
    """Result of one check; all but the first forbid."""

    PASSED = "passed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the bank, answered with the numbers behind it."""

    key: str
    outcome: Outcome
    batteries: tuple[str, ...] = ()
    """Those the answer is about."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """By name; the name's ending is the unit: A, V, pct, s."""
    overridable: bool = True

    @property
    def passed(self) -> bool:
        """Whether the check stands in nobody's way."""
        return self.outcome is Outcome.PASSED

    @property
    def translation_key(self) -> str:
        """Key of the sentence that tells the outcome."""
        return f"check_{self.key}_{self.outcome}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every check's answer; `allowed` weighs them together with `force`."""

    command: Command
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[Check, ...]:
        """Why not: the checks that did not pass, in their order."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def allowed(self) -> bool:
        """Whether the command may be sent."""
        if self.command.force:
            return not any(not check.overridable for check in self.reasons)
        return not self.reasons
