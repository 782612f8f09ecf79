"""Banks in which a battery takes no part, each for one reason."""

import random

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind

from .bms import JBD, LITIME, Protection
from .cases import Case, expect, kind
from .cases_healthy import DRAINED, PARTED, WAITING
from .cases_sharing import drifted_apart, overload
from .draft import HOUR, TYPES, Draft, groups, parallel, series, strings
from .load import DAY, Constant, DayCycle, Steps
from .physics import Bank
from .polling import WORDS, Event

SILENT = Kind.NOT_PARTICIPATING


def _draft(dice: random.Random, soc: float | None = None) -> Draft:
    layout = dice.choice(
        (parallel(2), parallel(3), parallel(4), groups(2, 2), strings(2, 2), strings(2, 3))
    )
    return Draft(dice, layout, soc=soc)


def _onset(dice: random.Random) -> float:
    return dice.uniform(0.3, 1.0) * HOUR if dice.random() < 0.5 else 0.0


def _switched_off(dice: random.Random, mosfet: str, sign: int) -> Case:
    draft = _draft(dice, soc=0.8 if sign < 0 else 0.4)
    group = dice.choice(draft.layout.sharing)
    branch = dice.choice(group)
    victim = dice.choice(branch)
    onset = _onset(dice)
    duration = onset + dice.uniform(1.0, 1.6) * HOUR
    return draft.finish(
        draft.work(duration, sign=sign, least=0.12, most=0.2),
        duration,
        expected=(expect(SILENT, f"{mosfet}_off", batteries=[branch, [victim]]),),
        companions=(*overload(group, branch), drifted_apart(), DRAINED),
        events=(Event(onset, lambda bank: bank.switch(victim, mosfet, on=False)),),
        gross=True,
        onset=onset,
    )


@kind
def discharge_off(dice: random.Random) -> Case:
    """Switch the discharge of one battery off, and forget."""
    return _switched_off(dice, "discharge", -1)


@kind
def charge_off(dice: random.Random) -> Case:
    """Switch the charge of one battery off, and forget."""
    return _switched_off(dice, "charge", 1)


@kind
def isolated(dice: random.Random) -> Case:
    """Draw a blown fuse or a cable that is off; the MOSFETs are closed."""
    draft = _draft(dice)
    group = dice.choice(draft.layout.sharing)
    branch = dice.choice(group)
    victim = dice.choice(branch)
    onset = _onset(dice)
    duration = onset + dice.uniform(1.0, 1.6) * HOUR

    def blow(bank: Bank) -> None:
        bank.batteries[victim].isolated = True

    return draft.finish(
        draft.work(duration),
        duration,
        expected=(expect(SILENT, "isolated", batteries=[branch, [victim]]),),
        companions=(*overload(group, branch), drifted_apart()),
        events=(Event(onset, blow),),
        gross=True,
        onset=onset,
    )


@kind
def protection(dice: random.Random) -> Case:
    """Draw a BMS has tripped and stays so: its flag tells why."""
    draft = _draft(dice, soc=0.75)
    group = dice.choice(draft.layout.sharing)
    branch = dice.choice(group)
    victim = dice.choice(branch)
    flag = dice.choice(
        (
            Protection.DISCHARGE_OVER_CURRENT,
            Protection.DISCHARGE_HIGH_TEMPERATURE,
            Protection.SHORT_CIRCUIT,
            Protection.MOSFET_HIGH_TEMPERATURE,
        )
    )
    onset = _onset(dice)
    duration = onset + dice.uniform(1.0, 1.6) * HOUR
    return draft.finish(
        draft.work(duration, sign=-1, least=0.12, most=0.2),
        duration,
        expected=(expect(Kind.PROTECTION, WORDS[flag], batteries=[[victim]]),),
        companions=(
            expect(
                SILENT,
                "protection",
                batteries=[branch, [victim]],
                reason="while the protection holds, the battery carries nothing",
            ),
            *overload(group, branch),
            drifted_apart(),
            DRAINED,
        ),
        events=(Event(onset, lambda bank: bank.batteries[victim].trip(flag)),),
        gross=True,
        onset=onset,
    )


@kind
def protection_cold(dice: random.Random) -> Case:
    """One battery is below freezing and refuses to be charged."""
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=0.4)
    for battery in draft.layout.batteries:
        draft.change(battery, temperature=dice.uniform(6.5, 8.0))
    victim = dice.choice(draft.layout.batteries)
    draft.change(victim, temperature=dice.uniform(-8.0, -4.0))
    duration = dice.uniform(1.0, 1.6) * HOUR
    return draft.finish(
        draft.work(duration, sign=1, least=0.12, most=0.2, idle=0.0),
        duration,
        expected=(expect(Kind.PROTECTION, "charge_undertemperature", batteries=[[victim]]),),
        companions=(
            expect(
                SILENT,
                "protection",
                batteries=[[victim]],
                reason="while the protection holds, the battery takes nothing",
            ),
            drifted_apart(),
        ),
        onset=0.0,
        gross=True,
    )


@kind
def protection_empty(dice: random.Random) -> Case:
    """Empty one battery of a string before the others: it trips, and the bank is dark."""
    draft = Draft(dice, series(dice.randint(2, 4)), soc=0.5)
    victim = dice.choice(draft.layout.batteries)
    draft.change(victim, soc=0.08, counted_soc=0.08)
    current = -dice.uniform(0.15, 0.25) * draft.capacity
    return draft.finish(
        Constant(current),
        1.5 * HOUR,
        expected=(
            expect(Kind.PROTECTION, "cell_undervoltage", batteries=[[victim]]),
            expect(
                Kind.SOC_MISMATCH,
                "charge_imbalance",
                "unknown",
                reason="one is empty, the others are nearly half full",
            ),
        ),
        companions=(
            expect(SILENT, "protection", batteries=[[victim]], reason="it carries nothing"),
            expect(Kind.LOW_CHARGE, reason="one battery is empty"),
            expect(
                Kind.CELL_IMBALANCE,
                reason="in the bottom knee like cells are far apart",
                lasting=False,
            ),
        ),
    )


@kind
def waiting_for_voltage(dice: random.Random) -> Case:
    """Draw the article's case: one battery at Standby Full while the others drain."""
    # Light enough that the bus never falls a diode drop below the full battery.
    draft = Draft(dice, parallel(dice.randint(3, 4)), bms=LITIME, type_=TYPES[0], soc=0.75)
    victim = dice.choice(draft.layout.batteries)
    duration = 1.2 * HOUR
    current = -dice.uniform(6.3, 7.0) * len(draft.layout.batteries)
    return draft.finish(
        Steps(((600.0, 0.3 * current), (duration, current)), repeat=False),
        duration,
        expected=(expect(SILENT, "waiting_for_voltage", batteries=[[victim]]),),
        companions=(
            expect(
                Kind.SOC_MISMATCH,
                "charge_imbalance",
                "unknown",
                batteries=[[battery] for battery in draft.layout.batteries],
                reason="one is full, the others are at 70 % and less",
            ),
        ),
        events=(Event(0.0, lambda bank: bank.batteries[victim].stand_full(0.97)),),
    )


@kind
def taking_turns(dice: random.Random) -> Case:
    """Days on which the battery that is full first stays out, then comes back."""
    draft = Draft(dice, parallel(2), bms=LITIME, type_=TYPES[0], soc=0.8)
    draft.change("B1", soc=0.86, counted_soc=0.86)
    load = DayCycle(draft.capacity, dice.getrandbits(20), peak=0.25)
    return draft.finish(
        load,
        2 * DAY,
        polling=draft.polling(interval=60.0),
        companions=(
            WAITING,
            expect(Kind.LOW_CHARGE, reason="a night may end below 20 %", lasting=False),
        ),
        parted=PARTED,
    )


@kind
def below_detection(dice: random.Random) -> Case:
    """Draw a load so small that one BMS just sees its half and the other does not."""
    draft = Draft(dice, parallel(2), bms=dice.choice((LITIME, JBD)), soc=0.6)
    for battery in ("B1", "B2"):
        draft.change(battery, soc=0.6)
    floor = draft.bms.floor
    seen, unseen = dice.sample(("B1", "B2"), 2)
    total = 2.1 * floor
    draft.change(unseen, own_resistance=draft.specs[seen].own_resistance * 1.25)
    return draft.finish(
        Constant(-total),
        3 * HOUR,
        companions=(
            expect(
                SILENT,
                "below_detection",
                batteries=[[unseen], [seen]],
                reason="its current is below what its BMS can see",
            ),
        ),
    )
