"""What to do about a finding: ordered steps, after the article's sections.

A step is a page of the guided repair; its text stands in the translations under its name. The
last page is always `verify`: only the data end a repair.
"""

from collections.abc import Mapping
from enum import StrEnum

from .diagnosis.finding import Kind

VERIFY = "verify"


class Step(StrEnum):
    """One thing to do, or to see to."""

    SEPARATE = "separate"
    """4.1 step 1: break the parallel connection, loads off."""
    CHECK_EACH = "check_each"
    """4.1 step 2: voltage and BMS status of each."""
    WAKE = "wake"
    """4.1 step 3: charge it alone, with a charger that can wake it."""
    ENABLE = "enable"
    """4.1 step 4: power on, charge and discharge allowed. We can do the second."""
    CHARGE_REST = "charge_rest"
    """4.1 step 5, 3.2: charge each fully, alone, and let it rest for 30-60 minutes."""
    ALIGN = "align"
    """4.1 step 5, 3.2: voltages within 0.05-0.10 V. We can check it."""
    REBUILD = "rebuild"
    """4.1 step 6: equal cables and fuses, busbars."""
    LOAD = "load"
    """3.3 case 1: 10 A or more, so that every BMS notices. We can measure who carries it."""
    BUSBARS = "busbars"
    """3.1: the same cable from each battery to a pair of busbars."""
    CONNECTIONS = "connections"
    """3.1: lugs, fuses, switches of one battery."""
    COMPARE = "compare"
    """3.4: temperature, age and size of a battery of high resistance."""
    RESYNC = "resync"
    """3.3 case 2: discharge off and on again. We can do it."""
    CHARGE_ALL = "charge_all"
    """A full charge of all together fills them, and sets their counters right."""
    BALANCE = "balance"
    """Hold the full battery at its charging voltage, so that its cells even out."""
    UNMIX = "unmix"
    """3.4, Q4: batteries of one brand, model, capacity and batch."""
    UNPLUG = "unplug"
    """1, Q4: batteries of different nominal voltage must not be joined at all."""
    SHRINK = "shrink"
    """2.2: no more in series or in parallel than the maker allows."""


class Help(StrEnum):
    """What Home Assistant can do itself at a step."""

    ENABLE_DISCHARGE = "enable_discharge"
    ENABLE_CHARGE = "enable_charge"
    RUN_RESYNC = "run_resync"
    CHECK_VOLTAGES = "check_voltages"
    TEST_LOAD = "test_load"


HELP: Mapping[Step, tuple[Help, ...]] = {
    Step.ENABLE: (Help.ENABLE_DISCHARGE, Help.ENABLE_CHARGE),
    Step.RESYNC: (Help.RUN_RESYNC,),
    Step.ALIGN: (Help.CHECK_VOLTAGES,),
    Step.LOAD: (Help.TEST_LOAD,),
}

TROUBLESHOOTING = (
    Step.SEPARATE,
    Step.CHECK_EACH,
    Step.WAKE,
    Step.ENABLE,
    Step.CHARGE_REST,
    Step.ALIGN,
    Step.REBUILD,
    Step.LOAD,
)
"""Section 4.1, steps 1 to 6; it ends when a current is seen on each battery."""
_EQUALISE = (Step.SEPARATE, Step.CHARGE_REST, Step.ALIGN, Step.REBUILD)
"""Section 3.2, and Q3."""

_STEPS: Mapping[tuple[Kind, str | None], tuple[Step, ...]] = {
    (Kind.ASYMMETRIC_CURRENT_SHARING, "path_resistance"): (
        Step.CONNECTIONS,
        Step.BUSBARS,
        Step.LOAD,
    ),
    (Kind.ASYMMETRIC_CURRENT_SHARING, "internal_resistance"): (Step.COMPARE, Step.LOAD),
    (Kind.ASYMMETRIC_CURRENT_SHARING, "voltage_offset"): (Step.LOAD, Step.RESYNC, Step.CHARGE_ALL),
    (Kind.ASYMMETRIC_CURRENT_SHARING, None): (Step.LOAD, Step.CONNECTIONS, Step.RESYNC),
    (Kind.SOC_MISMATCH, "counter_drift"): (Step.CHARGE_ALL,),
    (Kind.SOC_MISMATCH, "charge_imbalance"): _EQUALISE,
    (Kind.SOC_MISMATCH, None): (Step.LOAD, Step.CHARGE_ALL),
    (Kind.NOT_PARTICIPATING, "discharge_off"): (Step.ENABLE, Step.LOAD),
    (Kind.NOT_PARTICIPATING, "charge_off"): (Step.ENABLE,),
    (Kind.NOT_PARTICIPATING, "protection"): TROUBLESHOOTING,
    (Kind.NOT_PARTICIPATING, "isolated"): (
        Step.ENABLE,
        Step.RESYNC,
        Step.CONNECTIONS,
        Step.ALIGN,
        Step.LOAD,
    ),
    (Kind.NOT_PARTICIPATING, None): (Step.ENABLE, Step.LOAD, Step.RESYNC, Step.CONNECTIONS),
    (Kind.CIRCULATING_CURRENT, None): _EQUALISE,
    (Kind.PROTECTION, None): TROUBLESHOOTING,
    (Kind.LOW_CHARGE, "all_low"): (Step.CHARGE_ALL,),
    (Kind.LOW_CHARGE, None): TROUBLESHOOTING,
    (Kind.MIXED_BATTERIES, "voltage"): (Step.UNPLUG,),
    (Kind.MIXED_BATTERIES, None): (Step.UNMIX,),
    (Kind.VOLTAGE_MISMATCH, None): (Step.CHARGE_REST, Step.ALIGN, Step.REBUILD),
    (Kind.LAYOUT_LIMIT, None): (Step.SHRINK,),
    (Kind.CELL_IMBALANCE, None): (Step.BALANCE,),
    (Kind.WEAK_LINK, None): (),
    (Kind.STORAGE, None): (),
}


BANK_WIDE = frozenset({(Kind.LOW_CHARGE, "all_low")})
"""What every battery shows by itself, and is mended once for the whole bank."""


def steps(kind: Kind, cause: str) -> tuple[Step, ...]:
    """Return what to do, in order, before the data are asked whether it helped."""
    return _STEPS.get((kind, cause)) or _STEPS[kind, None]
