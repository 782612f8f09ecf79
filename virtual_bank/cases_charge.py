"""Banks whose batteries, cells or counters differ in charge."""

import random

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind

from .cases import Case, Expected, expect, kind
from .cases_healthy import LOW, LOWER_LAST, WAITING
from .cases_sharing import SHARING, drifted_apart
from .cell import cell_ocv
from .draft import HOUR, TYPES, Draft, parallel, series
from .load import Constant, Steps

APART = Kind.SOC_MISMATCH
CIRCULATING = Kind.CIRCULATING_CURRENT


def _each(draft: Draft) -> list[list[str]]:
    return [[battery] for battery in draft.layout.batteries]


def circulating() -> Expected:
    """Write down that unlike voltages drive a current from battery to battery."""
    return expect(
        CIRCULATING,
        "voltage_offset",
        reason="the fuller battery feeds the others, load or not",
        lasting=False,
    )


def uneven_by_voltage(draft: Draft) -> Expected:
    """Write down that at small loads unlike voltages also make uneven shares."""
    return expect(
        SHARING,
        "voltage_offset",
        "unknown",
        batteries=[*_each(draft), *(branch for group in draft.layout.sharing for branch in group)],
        reason="the same amperes more or less are a large part of a small load",
    )


def _apart(dice: random.Random, low: tuple[float, float], high: tuple[float, float]) -> Draft:
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    others, odd = dice.choice(((low, high), (high, low)))
    level = dice.uniform(*others)
    for battery in draft.layout.batteries:
        soc = level + dice.uniform(-0.015, 0.015)
        draft.change(battery, soc=soc, counted_soc=soc + dice.gauss(0, 0.01))
    soc = dice.uniform(*odd)
    draft.change("B2", soc=soc, counted_soc=soc + dice.gauss(0, 0.01))
    return draft


def odd_one(draft: Draft) -> list[list[str]]:
    """Return who is the odd one: of two, either."""
    return [["B2"]] if len(draft.layout.batteries) > 2 else [["B1"], ["B2"], ["B1", "B2"]]


@kind
def charge_imbalance(dice: random.Random) -> Case:
    """Batteries of truly different charge in parallel, under load."""
    draft = _apart(dice, (0.30, 0.40), (0.76, 0.86))
    duration = dice.uniform(1.0, 1.5) * HOUR
    return draft.finish(
        draft.work(duration, idle=0.3),
        duration,
        expected=(expect(APART, "charge_imbalance", batteries=odd_one(draft)),),
        companions=(circulating(), uneven_by_voltage(draft), LOWER_LAST),
        polling=draft.polling(interval=dice.choice((10.0, 15.0, 30.0))),
    )


@kind
def circulating_at_no_load(dice: random.Random) -> Case:
    """Batteries of truly different charge in parallel, and nobody uses the bank."""
    draft = Draft(dice, parallel(2), type_=dice.choice(TYPES[:3]))
    levels = dice.uniform(0.25, 0.32), dice.uniform(0.88, 0.95)
    for battery, soc in zip(dice.sample(("B1", "B2"), 2), levels, strict=True):
        draft.change(battery, soc=soc, counted_soc=soc)
    current = (
        4 * (cell_ocv(levels[1]) - cell_ocv(levels[0])) / sum(map(draft.resistance, ("B1", "B2")))
    )
    if current < 0.04 * draft.type.capacity:
        return circulating_at_no_load(dice)
    return draft.finish(
        Constant(-dice.uniform(0.0, 0.5)),
        40 * 60.0,
        expected=(
            expect(CIRCULATING, "voltage_offset", lasting=False),
            expect(
                APART,
                "charge_imbalance",
                batteries=odd_one(draft),
                reason="one is more than half a charge fuller than the other",
            ),
        ),
        companions=(uneven_by_voltage(draft), LOWER_LAST),
    )


@kind
def counter_drift(dice: random.Random) -> Case:
    """Equally full batteries in parallel, one of whose counters has drifted away."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    off = dice.uniform(0.17, 0.28) * dice.choice((-1, 1))
    draft.change("B2", counted_soc=draft.specs["B2"].soc + off)
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(
        draft.work(duration),
        duration,
        expected=(expect(APART, "counter_drift", batteries=odd_one(draft)),),
        companions=(LOW,),
    )


@kind
def series_imbalance(dice: random.Random) -> Case:
    """Batteries of truly different charge in series: one is full long before the others."""
    draft = Draft(dice, series(dice.randint(2, 4)), soc=0.62)
    soc = draft.specs["B2"].soc + dice.uniform(0.2, 0.25)
    draft.change("B2", soc=soc, counted_soc=soc)
    rate = 0.2 * draft.capacity
    load = Steps(((900.0, -rate), (2 * HOUR, rate), (900.0, 0.0), (2 * HOUR, -rate)), repeat=False)
    return draft.finish(
        load,
        3.0 * HOUR,
        expected=(expect(APART, "charge_imbalance", batteries=odd_one(draft)),),
        companions=(
            WAITING,
            expect(
                Kind.PROTECTION,
                "cell_overvoltage",
                batteries=[["B2"]],
                reason="the charger goes on while the full battery's cells climb",
                lasting=False,
            ),
            expect(
                Kind.NOT_PARTICIPATING,
                "charge_off",
                "protection",
                reason="the full battery ends the charging of its string",
                lasting=False,
            ),
        ),
    )


@kind
def low_charge(dice: random.Random) -> Case:
    """Draw a bank that nobody charges: below 20 %."""
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=0.26)
    rate = dice.uniform(0.06, 0.09) * draft.capacity
    return draft.finish(
        Constant(-rate),
        0.11 * draft.capacity / rate * HOUR,
        expected=(expect(Kind.LOW_CHARGE),),
    )


def _cell(dice: random.Random, offset: float, soc: float) -> tuple[Draft, str]:
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=soc)
    victim = dice.choice(draft.layout.batteries)
    offsets = list(draft.specs[victim].cell_offsets)
    offsets[dice.randrange(len(offsets))] = offset
    draft.change(victim, cell_offsets=tuple(offsets))
    return draft, victim


@kind
def low_cell(dice: random.Random) -> Case:
    """Draw a cell far emptier than its neighbours, seen on the plateau."""
    soc = dice.uniform(0.46, 0.52)
    draft, victim = _cell(dice, -(soc - dice.uniform(0.06, 0.09)), soc)
    duration = dice.uniform(1.5, 2.0) * HOUR
    return draft.finish(
        draft.work(duration, least=0.02, most=0.06, idle=0.6, swing=0.005),
        duration,
        expected=(expect(Kind.CELL_IMBALANCE, "low_cell", batteries=[[victim]]),),
        companions=(uneven_by_voltage(draft), circulating(), drifted_apart(), LOWER_LAST),
    )


@kind
def high_cell(dice: random.Random) -> Case:
    """Draw a cell fuller than its neighbours: it shows at every full charge."""
    draft, victim = _cell(dice, dice.uniform(0.03, 0.05), 0.75)
    load = Steps(((5 * HOUR, 0.13 * draft.capacity), (3 * HOUR, -0.13 * draft.capacity)))
    return draft.finish(
        load,
        3.4 * 8 * HOUR,
        polling=draft.polling(interval=60.0),
        expected=(expect(Kind.CELL_IMBALANCE, "high_cell", batteries=[[victim]], lasting=False),),
        companions=(
            WAITING,
            uneven_by_voltage(draft),
            circulating(),
            expect(
                Kind.PROTECTION,
                "cell_overvoltage",
                batteries=[[victim]],
                reason="the high cell trips the BMS before the battery is full",
                lasting=False,
            ),
            expect(
                Kind.NOT_PARTICIPATING,
                "protection",
                "charge_off",
                batteries=[[victim]],
                reason="while tripped it takes no charge",
                lasting=False,
            ),
            expect(
                APART,
                reason="the battery with the high cell stops taking charge before the others",
                lasting=False,
            ),
        ),
    )
