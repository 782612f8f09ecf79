"""Readings of a simulated bank as they come over the radio: now and then, askew, with losses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import random

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import BatterySample, Seconds

from .bms import Protection, Reading
from .physics import Bank

FRESH = 2.5
"""A reading counts for this many polls, as in the integration."""

WORDS: Mapping[Protection, str] = {
    Protection.CELL_OVER_VOLTAGE: "cell_overvoltage",
    Protection.CELL_UNDER_VOLTAGE: "cell_undervoltage",
    Protection.CHARGE_OVER_CURRENT: "charge_overcurrent",
    Protection.DISCHARGE_OVER_CURRENT: "discharge_overcurrent",
    Protection.CHARGE_HIGH_TEMPERATURE: "charge_overtemperature",
    Protection.DISCHARGE_HIGH_TEMPERATURE: "discharge_overtemperature",
    Protection.CHARGE_LOW_TEMPERATURE: "charge_undertemperature",
    Protection.DISCHARGE_LOW_TEMPERATURE: "discharge_undertemperature",
    Protection.SHORT_CIRCUIT: "short_circuit",
    Protection.MOSFET_HIGH_TEMPERATURE: "mosfet_overtemperature",
}
"""A protection's name in the integration's readings."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to the bank at a time."""

    time: Seconds
    act: Callable[[Bank], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """How the bank is read."""

    interval: Seconds = 30.0
    skew: Seconds = 2.0
    """Between the first and the last reading of a round."""
    loss: float = 0.0
    """Part of the readings that fail."""
    losses: Mapping[str, float] = field(default_factory=dict)
    """The same for single batteries."""
    fleet: bool = False
    """Every battery reports the current of all."""


def to_sample(reading: Reading) -> BatterySample:
    """Turn what a BMS says into what the integration makes of it."""
    return BatterySample(
        battery=reading.battery,
        time=reading.time,
        voltage=reading.voltage,
        current=reading.current,
        soc=reading.soc,
        remaining=reading.remaining,
        capacity=reading.capacity,
        throughput=reading.throughput,
        cells=reading.cells,
        temperatures=(reading.temperature, reading.mosfet_temperature),
        cycles=reading.cycles,
        health=reading.health,
        charge_enabled=reading.charge_enabled,
        discharge_enabled=reading.discharge_enabled,
        balancing=any(reading.balancing),
        state=reading.state,
        protections=tuple(sorted(WORDS[name] for name in reading.protections)),
    )


def poll(
    bank: Bank,
    duration: Seconds,
    polling: Polling,
    *,
    events: Sequence[Event] = (),
    seed: int = 0,
) -> Iterator[BankSample]:
    """Read the bank for a time, one sample a round; the bank moves on while it is read."""
    dice = random.Random(seed)
    names = bank.layout.batteries
    due = sorted(events, key=lambda event: event.time, reverse=True)
    newest: dict[str, BatterySample] = {}
    start = bank.time
    rounds = int(duration / polling.interval)
    for turn in range(rounds):
        opens = start + turn * polling.interval
        moments = sorted(dice.uniform(0, polling.skew) for _ in names)
        for name, moment in zip(names, moments, strict=True):
            _run(bank, opens + moment, due)
            if dice.random() >= polling.losses.get(name, polling.loss):
                newest[name] = _reading(bank, name, polling)
        closes = opens + polling.skew
        fresh = {
            name: sample
            for name, sample in newest.items()
            if closes - sample.time <= FRESH * polling.interval
        }
        yield BankSample(time=closes, batteries=fresh, missing=frozenset(names) - frozenset(fresh))


def _run(bank: Bank, until: Seconds, due: list[Event]) -> None:
    while due and due[-1].time <= until:
        event = due.pop()
        if event.time > bank.time:
            bank.advance(event.time - bank.time)
        event.act(bank)
    if until > bank.time:
        bank.advance(until - bank.time)


def _reading(bank: Bank, name: str, polling: Polling) -> BatterySample:
    sample = to_sample(bank.reading(name))
    if not polling.fleet:
        return sample
    # Stacked brands whose master tells the same current for each of its batteries.
    fields = {slot: getattr(sample, slot) for slot in BatterySample.__slots__}
    return BatterySample(**fields | {"current": round(bank.current, 1)})
