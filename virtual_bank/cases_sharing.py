"""Banks whose current is shared unevenly, each for one cause."""

from collections.abc import Sequence
import random

from custom_components.lifepo4_bank.core.circuit import TakeOff, ladder
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind

from .cases import Case, Expected, expect, kind
from .cases_healthy import DRAINED, LOWER_LAST
from .draft import HOUR, Draft, groups, parallel, strings
from .physics import Bank
from .polling import Event
from .wiring import Ladder

SHARING = Kind.ASYMMETRIC_CURRENT_SHARING
GROSS = (0.25, 0.45)
"""Share of fair that is an error by any limit."""
CLEAR = (0.50, 0.68)
"""Share of fair that is a warning by any limit."""


def sharing_truth(
    branch: Sequence[str], others: Sequence[Sequence[str]], cause: str, *, lasting: bool = True
) -> tuple[Expected, tuple[Expected, ...]]:
    """Write down that a branch is short of its share, and what follows for the others.

    In a string the fault sits in one battery, but all of the string are short of current: both
    ways of saying it are right.
    """
    single = [[battery] for battery in branch]
    expected = expect(SHARING, cause, batteries=[branch, *single], lasting=lasting)
    overloaded = expect(
        SHARING,
        cause,
        "unknown",
        batteries=[*others, *([battery] for other in others for battery in other)],
        reason="the others carry what this one does not, each above its fair share",
    )
    return expected, (overloaded,)


def overload(group: Sequence[Sequence[str]], branch: Sequence[str]) -> tuple[Expected, ...]:
    """Write down that the others carry the current of a branch that carries nothing."""
    others = [other for other in group if other != branch]
    return (
        expect(
            SHARING,
            "unknown",
            batteries=[*others, *([battery] for other in others for battery in other)],
            reason="the others carry what this one does not, each above its fair share",
        ),
    )


def drifted_apart() -> Expected:
    """Write down that batteries that carry unlike currents move apart in charge."""
    return expect(
        Kind.SOC_MISMATCH,
        "charge_imbalance",
        "unknown",
        reason="unlike currents, added up, are unlike charges",
    )


def _bad_path(dice: random.Random, draft: Draft, ratio: float) -> Case:
    group = dice.choice(draft.layout.sharing)
    branch = dice.choice(group)
    others = [other for other in group if other != branch]
    victim = dice.choice(branch)
    excess = draft.excess_for(branch, others, ratio)
    healthy = draft.specs[victim].path_resistance
    late = dice.random() < 0.4
    onset = dice.uniform(0.5, 1.5) * HOUR if late else 0.0
    duration = onset + dice.uniform(2.0, 3.0) * HOUR
    expected, companions = sharing_truth(branch, others, "path_resistance")

    def corrode(bank: Bank) -> None:
        bank.batteries[victim].path_resistance = healthy + excess

    if not late:
        draft.change(victim, path_resistance=healthy + excess)
    return draft.finish(
        draft.work(duration, most=0.25),
        duration,
        expected=(expected,),
        companions=(*companions, drifted_apart(), LOWER_LAST),
        events=(Event(onset, corrode),) if late else (),
        gross=ratio <= GROSS[1],
        onset=onset,
    )


@kind
def path_gross(dice: random.Random) -> Case:
    """Draw a bad lug or cable that leaves a battery less than half of its fair share."""
    return _bad_path(dice, Draft(dice, parallel(dice.randint(2, 4))), dice.uniform(*GROSS))


@kind
def path_moderate(dice: random.Random) -> Case:
    """Draw a bad lug or cable that leaves a battery half to two thirds of its fair share."""
    return _bad_path(dice, Draft(dice, parallel(dice.randint(2, 4))), dice.uniform(*CLEAR))


@kind
def path_in_groups(dice: random.Random) -> Case:
    """Draw a bad path in one of several parallel groups."""
    layout = dice.choice((groups(2, 2), groups(3, 2), groups(2, 3)))
    return _bad_path(dice, Draft(dice, layout), dice.uniform(GROSS[0], CLEAR[1]))


@kind
def path_in_strings(dice: random.Random) -> Case:
    """Draw a bad path in one of several strings."""
    layout = dice.choice((strings(2, 2), strings(3, 2), strings(2, 3)))
    return _bad_path(dice, Draft(dice, layout), dice.uniform(GROSS[0], CLEAR[1]))


@kind
def one_end_take_off(dice: random.Random) -> Case:
    """Four batteries in a daisy chain, loads and chargers at one end."""
    draft = Draft(dice, parallel(4))
    mean = sum(draft.resistance(b) for b in draft.layout.batteries) / 4
    link = mean * dice.uniform(0.09, 0.16)
    links = (link,) * 3

    def off(own: dict[str, float]) -> list[list[str]]:
        true = ladder([0.0] * 4, list(own.values()), 1.0, plus_links=links, minus_links=links)
        return [[b] for b, i in zip(own, true.currents, strict=True) if not 0.80 <= 4 * i <= 1.25]

    early = {b: s.own_resistance + s.path_resistance for b, s in draft.specs.items()}
    late = {battery: draft.resistance(battery) for battery in draft.specs}
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(
        draft.work(duration),
        duration,
        wiring=Ladder(links, links, TakeOff.ONE_END),
        expected=(expect(SHARING, "path_resistance", batteries=off(late)),),
        companions=(
            expect(
                SHARING,
                "path_resistance",
                batteries=off(early),
                reason="after each load step the links count for more, until resistances have grown",
            ),
            drifted_apart(),
            LOWER_LAST,
        ),
    )


def _weak(dice: random.Random, draft: Draft) -> Case:
    group = dice.choice(draft.layout.sharing)
    branch = dice.choice(group)
    others = [other for other in group if other != branch]
    victim = dice.choice(branch)
    low = GROSS[0] if len(branch) == 1 else CLEAR[0]
    excess = draft.excess_for(branch, others, dice.uniform(low, CLEAR[1]))
    expected, companions = sharing_truth(branch, others, "internal_resistance")
    own = draft.specs[victim].own_resistance + excess / (1 + draft.specs[victim].slow_part)
    draft.change(victim, own_resistance=own)
    duration = dice.uniform(2.0, 3.0) * HOUR
    # Only loads: a charger would lift a battery of such resistance to what its BMS takes for full.
    return draft.finish(
        draft.work(duration, sign=-1, least=0.08, most=0.2),
        duration,
        expected=(expected,),
        companions=(*companions, drifted_apart(), LOWER_LAST, DRAINED),
    )


@kind
def weak_battery(dice: random.Random) -> Case:
    """Let one battery of a parallel bank have aged: its own resistance has grown."""
    return _weak(dice, Draft(dice, parallel(dice.randint(2, 4)), soc=0.8))


@kind
def weak_in_groups(dice: random.Random) -> Case:
    """Draw an aged battery in one of several parallel groups."""
    return _weak(
        dice, Draft(dice, dice.choice((groups(2, 2), groups(3, 2), groups(2, 3))), soc=0.8)
    )


@kind
def weak_in_strings(dice: random.Random) -> Case:
    """Draw an aged battery in one of several strings."""
    return _weak(dice, Draft(dice, dice.choice((strings(2, 2), strings(2, 3))), soc=0.8))


@kind
def path_and_weak(dice: random.Random) -> Case:
    """Two faults at once: one battery with a bad path, another one aged."""
    draft = Draft(dice, parallel(4), soc=0.8)
    first, second, *rest = dice.sample(draft.layout.batteries, 4)
    others = [(battery,) for battery in rest]
    # Both against the healthy two, so that each is far below the band.
    path = draft.excess_for((first,), others, dice.uniform(0.35, 0.55))
    draft.change(first, path_resistance=draft.specs[first].path_resistance + path)
    own = draft.excess_for((second,), others, dice.uniform(0.35, 0.55))
    own = draft.specs[second].own_resistance + own / (1 + draft.specs[second].slow_part)
    draft.change(second, own_resistance=own)
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(
        draft.work(duration, sign=-1, most=0.2),
        duration,
        expected=(
            expect(SHARING, "path_resistance", batteries=[[first]]),
            expect(SHARING, "internal_resistance", batteries=[[second]]),
        ),
        companions=(
            expect(
                SHARING,
                "path_resistance",
                "internal_resistance",
                "unknown",
                batteries=others,
                reason="the others carry what these two do not",
            ),
            drifted_apart(),
            LOWER_LAST,
            DRAINED,
        ),
    )
