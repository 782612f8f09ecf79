"""What the diagnosis says: findings, estimates, and what it could not judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from ..bank import BankSample
from ..battery import Amperes, Seconds
from ..totals import Totals


class Severity(IntEnum):
    """How much a finding matters; a note never makes a repair issue."""

    NOTE = 1
    WARNING = 2
    ERROR = 3


class Kind(StrEnum):
    """The kinds of finding."""

    ASYMMETRIC_CURRENT_SHARING = "asymmetric_current_sharing"
    SOC_MISMATCH = "soc_mismatch"
    NOT_PARTICIPATING = "not_participating"
    CIRCULATING_CURRENT = "circulating_current"
    PROTECTION = "protection"
    LOW_CHARGE = "low_charge"
    MIXED_BATTERIES = "mixed_batteries"
    VOLTAGE_MISMATCH = "voltage_mismatch"
    LAYOUT_LIMIT = "layout_limit"
    CELL_IMBALANCE = "cell_imbalance"
    WEAK_LINK = "weak_link"
    STORAGE = "storage"


class Status(StrEnum):
    """The bank in one word."""

    IN_SYNC = "in_sync"
    WATCHING = "watching"
    """Something is out of order but has not lasted long enough to say so."""
    OUT_OF_SYNC = "out_of_sync"
    NO_LOAD = "no_load"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, with its cause and the numbers that show it."""

    kind: Kind
    cause: str
    severity: Severity
    batteries: tuple[str, ...]
    """Those concerned; empty when it is the bank as a whole."""
    first_seen: Seconds
    last_seen: Seconds
    cleared: Seconds | None = None
    evidence: Mapping[str, float | str] = field(default_factory=dict)
    """Plain numbers by name: A, V, mOhm, %, s as the name's ending says."""

    @property
    def identity(self) -> tuple[Kind, tuple[str, ...]]:
        """What stays the same while cause and severity change."""
        return self.kind, self.batteries


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its standard deviation and the number of observations behind it."""

    value: float
    sigma: float
    count: int
    since: Seconds | None = None
    """When the oldest observation that still counts was made."""
    latest: Seconds | None = None
    """When the newest was made."""


class Witness(StrEnum):
    """What a current sensor's gain is known from."""

    SHUNT = "shunt"
    SHUNT_TOGETHER = "shunt_together"
    """The shunt tells it of batteries in parallel as a whole: their shares do not vary enough."""
    SERIES = "series"
    """What is joined in series with it and carries the same current."""


@dataclass(frozen=True, slots=True)
class GainEstimate(Estimate):
    """Reading by true current of a battery's current sensor."""

    witness: Witness = Witness.SHUNT


class WhyNot(StrEnum):
    """Why a rule stays silent; each has a sentence in the translations."""

    BATTERY_MISSING = "battery_missing"
    NOT_REPORTED = "not_reported"
    CAPACITY_UNKNOWN = "capacity_unknown"
    NOMINAL_VOLTAGE_UNKNOWN = "nominal_voltage_unknown"
    MAKE_UNKNOWN = "make_unknown"
    FLEET_CURRENT = "fleet_current"
    UNEQUAL_STRING_CURRENT = "unequal_string_current"
    CURRENT_SENSOR = "current_sensor"
    NOT_ENOUGH_LOAD = "not_enough_load"
    TOO_MUCH_CURRENT = "too_much_current"
    STILL_LEARNING = "still_learning"
    KNEE = "knee"
    FULL = "full"
    PROTECTION = "protection"
    MOSFET_OPEN = "mosfet_open"
    BATTERY_SILENT = "battery_silent"
    JOINED = "joined"
    NOT_RESTED = "not_rested"
    VOLTAGE_OUT_OF_RANGE = "voltage_out_of_range"
    CURRENT_OUT_OF_RANGE = "current_out_of_range"
    SOC_OUT_OF_RANGE = "soc_out_of_range"
    CELL_OUT_OF_RANGE = "cell_out_of_range"
    TEMPERATURE_OUT_OF_RANGE = "temperature_out_of_range"
    VOLTAGE_UNLIKE_NOMINAL = "voltage_unlike_nominal"


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A rule that stayed silent, and why."""

    kind: Kind
    reason: WhyNot
    batteries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BankState:
    """All that is known of a bank after one sample; the one value published."""

    time: Seconds
    status: Status
    findings: tuple[Finding, ...] = ()
    """Those that hold now, the worst first."""
    raised: tuple[Finding, ...] = ()
    """New, or more severe, or of another cause, since the state before."""
    cleared: tuple[Finding, ...] = ()
    share: Mapping[str, Estimate] = field(default_factory=dict)
    """Part of the current of its group that a battery takes, 0-1."""
    fair_share: Mapping[str, float] = field(default_factory=dict)
    own_resistance: Mapping[str, Estimate] = field(default_factory=dict)
    """Ohms."""
    path_resistance_excess: Mapping[str, Estimate] = field(default_factory=dict)
    """Ohms above the best path of its group."""
    current_gain: Mapping[str, GainEstimate] = field(default_factory=dict)
    shunt_trouble: str | None = None
    """Why a shunt that is there is not used (`ShuntTrouble`)."""
    circulating_current: Amperes | None = None
    """Largest current between batteries that is not load or charge."""
    ready_to_parallel: bool | None = None
    not_judged: tuple[NotJudged, ...] = ()
    totals: Totals | None = None
    """The bank in numbers."""
    sample: BankSample | None = None
    """The readings that all this was concluded from last."""
