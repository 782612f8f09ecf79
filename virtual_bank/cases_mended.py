"""Banks whose fault is mended while they work: what was said must be taken back soon."""

import random

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind

from .bms import Protection
from .cases import Case, expect, kind
from .cases_charge import circulating, uneven_by_voltage
from .cases_healthy import LOWER_LAST
from .cases_sharing import CLEAR, GROSS, drifted_apart, overload, sharing_truth
from .cases_silent import SILENT
from .draft import HOUR, Draft, groups, parallel, strings
from .physics import Bank
from .polling import WORDS, Event


def _draft(dice: random.Random, soc: float | None = None) -> Draft:
    layout = dice.choice(
        (parallel(2), parallel(3), parallel(4), groups(2, 2), strings(2, 2), strings(2, 3))
    )
    return Draft(dice, layout, soc=soc)


def _moments(dice: random.Random) -> tuple[float, float]:
    """Draw when the fault is mended, and when the case ends."""
    mended = dice.uniform(0.7, 1.2) * HOUR
    return mended, mended + 1.5 * HOUR


@kind
def mended_path(dice: random.Random) -> Case:
    """Tighten the lug of a battery that took too little: from then on all share evenly."""
    draft = _draft(dice)
    group = dice.choice(draft.layout.sharing)
    branch = dice.choice(group)
    others = [other for other in group if other != branch]
    victim = dice.choice(branch)
    healthy = draft.specs[victim].path_resistance
    ratio = dice.uniform(GROSS[0], CLEAR[1])
    draft.change(victim, path_resistance=healthy + draft.excess_for(branch, others, ratio))
    mended, duration = _moments(dice)
    expected, companions = sharing_truth(branch, others, "path_resistance", lasting=False)

    def tighten(bank: Bank) -> None:
        bank.batteries[victim].path_resistance = healthy

    return draft.finish(
        draft.work(duration, most=0.25, idle=0.1),
        duration,
        expected=(expected,),
        companions=(
            *companions,
            uneven_by_voltage(draft),
            circulating(),
            drifted_apart(),
            LOWER_LAST,
        ),
        events=(Event(mended, tighten),),
        mended=mended,
    )


def _silent(dice: random.Random, draft: Draft, cause: str, sign: int) -> Case:
    group = dice.choice(draft.layout.sharing)
    branch = dice.choice(group)
    victim = dice.choice(branch)
    mended, duration = _moments(dice)

    def cut(bank: Bank) -> None:
        if cause == "isolated":
            bank.batteries[victim].isolated = True
        else:
            bank.switch(victim, cause.removesuffix("_off"), on=False)

    def join(bank: Bank) -> None:
        if cause == "isolated":
            bank.batteries[victim].isolated = False
        else:
            bank.switch(victim, cause.removesuffix("_off"), on=True)

    return draft.finish(
        draft.work(duration, sign=sign, least=0.12, most=0.2, idle=0.1),
        duration,
        expected=(expect(SILENT, cause, batteries=[branch, [victim]], lasting=False),),
        companions=(
            *overload(group, branch),
            uneven_by_voltage(draft),
            circulating(),
            drifted_apart(),
            LOWER_LAST,
        ),
        events=(Event(0.0, cut), Event(mended, join)),
        mended=mended,
    )


@kind
def mended_fuse(dice: random.Random) -> Case:
    """Replace the blown fuse of a battery."""
    return _silent(dice, _draft(dice), "isolated", 0)


@kind
def switched_on_again(dice: random.Random) -> Case:
    """Switch the discharge of a battery on again that was off."""
    return _silent(dice, _draft(dice, soc=0.85), "discharge_off", -1)


@kind
def protection_over(dice: random.Random) -> Case:
    """Let a BMS that has tripped come back."""
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=0.85)
    group = draft.layout.sharing[0]
    branch = dice.choice(group)
    (victim,) = branch
    mended, duration = _moments(dice)
    flag = Protection.DISCHARGE_OVER_CURRENT
    return draft.finish(
        draft.work(duration, sign=-1, least=0.1, most=0.18, idle=0.1),
        duration,
        expected=(expect(Kind.PROTECTION, WORDS[flag], batteries=[branch], lasting=False),),
        companions=(
            expect(SILENT, "protection", batteries=[branch], reason="tripped, it carries nothing"),
            *overload(group, branch),
            uneven_by_voltage(draft),
            circulating(),
            drifted_apart(),
            LOWER_LAST,
        ),
        events=(
            Event(0.0, lambda bank: bank.batteries[victim].trip(flag)),
            Event(mended, lambda bank: bank.batteries[victim].clear()),
        ),
        mended=mended,
    )
