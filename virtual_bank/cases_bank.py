"""Banks that are wrong as a whole: mixed, too large, badly heard."""

from dataclasses import replace
import random

from custom_components.lifepo4_bank.core.diagnosis.finding import Kind

from .cases import Case, expect, kind
from .cases_charge import odd_one
from .cases_healthy import LOW
from .cases_sharing import SHARING
from .draft import HOUR, TYPES, Draft, parallel, series
from .load import DAY, Constant
from .physics import Bank
from .polling import Event

MIXED = Kind.MIXED_BATTERIES


@kind
def smaller_battery(dice: random.Random) -> Case:
    """Draw a battery of half the capacity among like ones: it takes its fair part, which is less."""
    draft = Draft(dice, parallel(dice.randint(2, 4)), type_=dice.choice(TYPES[:2]))
    victim = dice.choice(draft.layout.batteries)
    spec = draft.specs[victim]
    part = dice.choice((0.5, 0.6))
    draft.change(
        victim,
        capacity=spec.capacity * part,
        told_capacity=(spec.told_capacity or spec.capacity) * part,
        own_resistance=spec.own_resistance / part,
        path_resistance=spec.path_resistance / part,
    )
    if dice.random() < 0.5:
        draft.describe(victim, model=None)
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(
        draft.work(duration),
        duration,
        expected=(expect(MIXED, "capacity"),),
        companions=(expect(MIXED, "model", reason="half the capacity is another model"),),
    )


@kind
def smaller_battery_uneven(dice: random.Random) -> Case:
    """Draw a smaller battery whose resistance is not in proportion: the large ones are spared."""
    draft = Draft(dice, parallel(3), type_=TYPES[1])
    spec = draft.specs["B2"]
    draft.change("B2", capacity=spec.capacity / 2, told_capacity=(spec.told_capacity or 0.0) / 2)
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(
        draft.work(duration, most=0.25),
        duration,
        expected=(expect(MIXED, "capacity"),),
        companions=(
            expect(MIXED, "model", reason="half the capacity is another model"),
            expect(
                SHARING,
                reason="the small battery carries as much as the large ones, far above its part",
            ),
            expect(
                Kind.SOC_MISMATCH,
                "charge_imbalance",
                "unknown",
                reason="half the capacity at the same current moves twice the SoC",
            ),
        ),
    )


@kind
def mixed_models(dice: random.Random) -> Case:
    """Batteries of another model or brand, as far as they tell."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    brand = dice.random() < 0.5
    for battery in draft.layout.batteries:
        draft.describe(battery, brand="LiTime", model="12V 100Ah")
    if brand:
        draft.describe("B2", brand="Other", model="12V 100Ah")
    else:
        draft.describe("B2", model="12V 100Ah Mini")
    duration = dice.uniform(1.0, 2.0) * HOUR
    cause, other = ("brand", "model") if brand else ("model", "brand")
    return draft.finish(
        draft.work(duration),
        duration,
        expected=(expect(MIXED, cause),),
        companions=(expect(MIXED, other, reason="another brand is another model"),)
        if brand
        else (),
    )


@kind
def mixed_voltage(dice: random.Random) -> Case:
    """Draw a 24 V battery in series with 12 V batteries."""
    draft = Draft(dice, series(dice.randint(2, 4)), type_=TYPES[0])
    spec = draft.specs["B2"]
    draft.change(
        "B2",
        cells=8,
        cell_offsets=spec.cell_offsets * 2,
        cell_capacities=spec.cell_capacities * 2,
        own_resistance=2 * spec.own_resistance,
    )
    draft.describe("B2", nominal_voltage=25.6 if dice.random() < 0.5 else None)
    duration = dice.uniform(1.0, 2.0) * HOUR
    return draft.finish(
        draft.work(duration),
        duration,
        expected=(expect(MIXED, "voltage"),),
        companions=(expect(MIXED, "model", reason="another voltage is another model"),),
    )


@kind
def too_many(dice: random.Random) -> Case:
    """More batteries in parallel or in series than the maker allows."""
    layout = dice.choice((parallel(5), parallel(6), series(5)))
    draft = Draft(dice, layout)
    duration = dice.uniform(1.0, 2.0) * HOUR
    return draft.finish(draft.work(duration), duration, expected=(expect(Kind.LAYOUT_LIMIT),))


@kind
def raised_limit(dice: random.Random) -> Case:
    """Five in parallel, which the maker of these allows and the owner has said so."""
    draft = Draft(dice, parallel(5))
    duration = dice.uniform(1.0, 2.0) * HOUR
    return draft.finish(draft.work(duration), duration, options={"max_parallel": 5})


@kind
def weak_link(dice: random.Random) -> Case:
    """One battery is out of reach most of the time."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    victim = dice.choice(draft.layout.batteries)
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(
        draft.work(duration),
        duration,
        polling=draft.polling(loss=0.01, losses={victim: dice.uniform(0.7, 0.9)}),
        expected=(expect(Kind.WEAK_LINK, batteries=[[victim]], lasting=False),),
    )


@kind
def lost_battery(dice: random.Random) -> Case:
    """Draw a healthy bank, one of whose batteries is not heard for an hour."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    duration = 2.5 * HOUR
    interval = 30.0
    polling = draft.polling(interval=interval, loss=dice.choice((0.05, 0.1, 0.15)))
    return draft.finish(
        draft.work(duration),
        duration,
        polling=polling,
        companions=(expect(Kind.WEAK_LINK, reason="readings are lost", lasting=False),),
    )


@kind
def sensor_gain(dice: random.Random) -> Case:
    """Draw a healthy bank, one of whose current sensors reads 6 % too much or too little."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    victim = dice.choice(draft.layout.batteries)
    sensor = draft.specs[victim].sensor
    gain = dice.choice((0.94, 1.06))
    draft.change(victim, sensor=replace(sensor, gain=gain))
    duration = dice.uniform(2.0, 3.0) * HOUR
    return draft.finish(draft.work(duration), duration)


@kind
def idle(dice: random.Random) -> Case:
    """Draw a healthy bank that only rests, its batteries joined."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))

    def rest(bank: Bank) -> None:
        bank.load = Constant(0.0)

    return draft.finish(Constant(-0.1 * draft.capacity), 6 * HOUR, events=(Event(1800.0, rest),))


@kind
def storage_full(dice: random.Random) -> Case:
    """Draw a bank laid up for the winter, fuller or emptier than is good for it."""
    soc = dice.choice((dice.uniform(0.85, 0.97), dice.uniform(0.25, 0.32)))
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=soc)
    return draft.finish(
        Constant(0.0),
        8 * DAY,
        polling=draft.polling(interval=300.0),
        expected=(expect(Kind.STORAGE),),
    )


@kind
def storage_right(dice: random.Random) -> Case:
    """Draw a bank laid up half full, as it should be."""
    draft = Draft(dice, parallel(dice.randint(2, 4)), soc=dice.uniform(0.46, 0.54))
    return draft.finish(Constant(0.0), 8 * DAY, polling=draft.polling(interval=300.0))


@kind
def before_paralleling(dice: random.Random) -> Case:
    """Rested batteries not yet joined, whose voltages differ too much to join them."""
    draft = Draft(dice, parallel(dice.randint(2, 4)))
    high = dice.uniform(0.90, 0.97)
    for battery in draft.layout.batteries:
        draft.change(battery, soc=high, counted_soc=high)
    low = dice.uniform(0.10, 0.28)
    draft.change("B2", soc=low, counted_soc=low)

    def part(bank: Bank) -> None:
        for battery in bank.batteries.values():
            battery.isolated = True

    return draft.finish(
        Constant(0.0),
        2.5 * HOUR,
        events=(Event(0.0, part),),
        expected=(
            expect(Kind.VOLTAGE_MISMATCH),
            expect(
                Kind.SOC_MISMATCH,
                "charge_imbalance",
                "unknown",
                batteries=odd_one(draft),
                reason="one is nearly full, the other nearly empty",
            ),
        ),
        companions=(LOW,),
    )
