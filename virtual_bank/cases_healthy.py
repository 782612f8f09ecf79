"""Banks without a fault, uneven by nature: nothing is to be said of them."""

from collections.abc import Callable
from dataclasses import replace
import random

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind
from custom_components.lifepo4_bank.core.layout import Layout

from .bms import DALY, JBD, LITIME, Bms
from .cases import LIVES, Case, Expected, expect, kind
from .draft import HOUR, Draft, groups, parallel, series, strings
from .load import DAY, Constant, DayCycle, Steps

WAITING = expect(
    Kind.NOT_PARTICIPATING,
    "waiting_for_voltage",
    reason="the battery that was full first stays out until the bus is a diode drop lower",
)
"""A note that is true of banks whose BMS opens the charge MOSFET at full."""
PARTED = (
    expect(
        Kind.SOC_MISMATCH,
        "charge_imbalance",
        "counter_drift",
        "unknown",
        reason="while the full one waits for a diode drop, the others drain by 10 points and more;"
        " or the counters have drifted in days without a full charge",
        lasting=False,
    ),
    expect(
        Kind.ASYMMETRIC_CURRENT_SHARING,
        "voltage_offset",
        reason="back on the bus, the fuller one takes less of a charge and more of a load",
        lasting=False,
    ),
    expect(
        Kind.CIRCULATING_CURRENT,
        "voltage_offset",
        reason="the fuller one feeds the others",
        lasting=False,
    ),
)
"""True for hours of banks whose charges or counters have drifted apart, until they are even again:
no healthy bank then. The score compares each with the truth."""
LOWER_LAST = expect(
    Kind.NOT_PARTICIPATING,
    "waiting_for_voltage",
    reason="of unlike voltages the higher one discharges first",
)
"""A note that is true of batteries whose voltages differ."""


def full_notes(draft: Draft) -> tuple[Expected, ...]:
    """List what is true of a bank that goes through full."""
    return (WAITING,) if draft.bms.opens_when_full else ()


def _healthy(name: str, lay_out: Callable[[random.Random], Layout]) -> None:
    def make(dice: random.Random) -> Case:
        draft = Draft(dice, lay_out(dice))
        duration = dice.uniform(2.0, 4.0) * HOUR
        return draft.finish(draft.work(duration), duration)

    make.__name__ = name
    kind(make)


_healthy("healthy_2p", lambda _: parallel(2))
_healthy("healthy_3p", lambda _: parallel(3))
_healthy("healthy_4p", lambda _: parallel(4))
_healthy("healthy_series", lambda dice: series(dice.randint(2, 4)))
_healthy("healthy_2s2p", lambda dice: dice.choice((groups, strings))(2, 2))
_healthy("healthy_3s2p", lambda dice: dice.choice((groups, strings))(3, 2))
_healthy("healthy_2s3p", lambda dice: dice.choice((groups, strings))(2, 3))


@kind
def healthy_through_full(dice: random.Random) -> Case:
    """Draw a charge until full and a load from there: shares shift in the knee by themselves."""
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=0.85)
    rate = dice.uniform(0.1, 0.25) * draft.capacity
    load = Steps(
        ((3 * HOUR, rate), (600.0, 0.0), (HOUR, -rate), (600.0, 0.0), (HOUR, -0.7 * rate)),
        repeat=False,
    )
    return draft.finish(load, 5.5 * HOUR, companions=full_notes(draft), parted=PARTED)


@kind
def healthy_through_low(dice: random.Random) -> Case:
    """Draw a discharge well below 20 % and a charge from there."""
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=0.3)
    rate = dice.uniform(0.1, 0.2) * draft.capacity
    emptied = 0.25 * draft.capacity / rate * HOUR
    load = Steps(((emptied, -rate), (900.0, 0.0), (1.5 * HOUR, rate)), repeat=False)
    low = expect(Kind.LOW_CHARGE, reason="the bank was below 20 %", lasting=False)
    return draft.finish(load, emptied + 1.8 * HOUR, expected=(low,))


@kind
def healthy_days(dice: random.Random) -> Case:
    """Live a day of household and sun."""
    layout = dice.choice((parallel(2), parallel(4), series(2), groups(2, 2), strings(2, 2)))
    draft = Draft(dice, layout, soc=0.75)
    load = DayCycle(draft.capacity, dice.getrandbits(20))
    return draft.finish(
        load,
        DAY,
        polling=draft.polling(interval=60.0),
        companions=(*full_notes(draft), LOW),
        parted=PARTED,
    )


LOW = expect(Kind.LOW_CHARGE, reason="a night may end below 20 %", lasting=False)
DRAINED = expect(Kind.LOW_CHARGE, reason="hours of load may end below 20 %", lasting=False)


LIFE_DAYS = 4


def healthy_day(dice: random.Random) -> Case:
    """Make any healthy bank for days of household and sun: the bench of the false alarms."""
    layout = dice.choice(
        (parallel(2), parallel(3), parallel(4), series(2), series(4), groups(2, 2), strings(2, 2))
    )
    draft = Draft(dice, layout, soc=0.8)
    load = DayCycle(draft.capacity, dice.getrandbits(20), peak=dice.uniform(0.12, 0.25))
    return draft.finish(
        load,
        LIFE_DAYS * DAY,
        polling=draft.polling(interval=60.0),
        companions=(*full_notes(draft), LOW),
        parted=PARTED,
    )


LIVES[healthy_day.__name__] = healthy_day


def _quiet(name: str, bms: Bms) -> None:
    def make(dice: random.Random) -> Case:
        draft = Draft(dice, parallel(dice.randint(2, 4)), bms=bms)
        current = -0.5 * bms.floor * draft.layout.parallel
        return draft.finish(Constant(current), 3 * HOUR)

    make.__name__ = name
    kind(make)


_quiet("healthy_small_load_litime", LITIME)
_quiet("healthy_small_load_jbd", JBD)
_quiet("healthy_small_load_daly", DALY)


@kind
def uneven_but_fair(dice: random.Random) -> Case:
    """Shares at 82 to 90 % of fair: worth no word."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    first = draft.specs["B1"]
    for battery in draft.layout.batteries:
        spec = draft.specs[battery]
        draft.specs[battery] = replace(
            spec,
            own_resistance=first.own_resistance,
            path_resistance=first.path_resistance,
            temperature=first.temperature,
        )
    others = [(battery,) for battery in draft.layout.batteries[1:]]
    excess = draft.excess_for(("B1",), others, dice.uniform(0.84, 0.90))
    draft.change("B1", path_resistance=first.path_resistance + excess)
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(draft.work(duration), duration)


@kind
def fleet_current(dice: random.Random) -> Case:
    """Draw a stacked brand whose batteries all report the current of the whole bank."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    duration = dice.uniform(1.5, 2.5) * HOUR
    return draft.finish(
        draft.work(duration), duration, polling=draft.polling(fleet=True, loss=0.0, skew=1.0)
    )


@kind
def load_steps_between_polls(dice: random.Random) -> Case:
    """Draw a healthy bank, slowly read, whose load changes several times between two polls."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    duration = 2 * HOUR
    steps = []
    for _ in range(int(duration / 12)):
        rate = dice.choice((0.02, 0.3)) * dice.choice((-1, -1, 1))
        steps.append((dice.uniform(5.0, 25.0), rate * draft.capacity))
    return draft.finish(
        Steps(steps),
        duration,
        polling=draft.polling(interval=dice.choice((30.0, 60.0)), skew=dice.uniform(3.0, 8.0)),
    )
