"""Whether a battery may be switched now.

Every question is one function, every answer is reported, and what is not known forbids:
a bank may power the very computer that must switch the battery on again.
"""

from collections.abc import Callable
from math import inf

from .battery import NOMINAL_CELL_VOLTAGE, BatterySample, BatteryState, Seconds
from .branch import nominal_voltage
from .chemistry import BOTTOM_KNEE
from .takeover import (
    bus_matches,
    in_bank,
    others_can_carry,
    others_on,
    others_proven,
    others_within_limit,
)
from .verdict import Check, Circumstances, Command, Outcome, Verdict

type Question = Callable[[Command, Circumstances], Check]

STALE_AFTER: Seconds = 60.0
"""Readings are taken anew before a command; an older one means that this failed."""
LOST_AFTER: Seconds = 15.0
"""The same while a battery is off: the others are read all the time then."""
CLOCK_TOLERANCE: Seconds = 5.0
LOW_SOC = 0.20
"""Below it a BMS may switch off at any moment (article, section 1)."""
LOW_VOLTAGE = BOTTOM_KNEE / NOMINAL_CELL_VOLTAGE
"""Of the nominal voltage: below it LiFePO4 is nearly empty."""
WEAK_LINK = 0.8
"""Fewer of the last readings than this arrived: too weak to promise anything."""


def may_switch(command: Command, seen: Circumstances) -> Verdict:
    """Answer every question that the command raises.

    Switching on is the safe direction and asks less.
    """
    questions = ON_QUESTIONS if command.on else OFF_QUESTIONS
    if seen.layout is not None and not command.on:
        questions += BANK_QUESTIONS
        questions += (others_proven,) if seen.powers_home_assistant else ()
    return Verdict(command, tuple(question(command, seen) for question in questions))


def may_stay_off(command: Command, seen: Circumstances, since: Seconds = -inf) -> Verdict:
    """Judge whether the others carry on safely while a battery is off for a moment.

    It is off `since` then. Nobody can have a battery that tells its readings at its own pace read
    meanwhile: it counts as lost when it has been silent for as long from then on.
    """
    others = tuple(battery for battery in _members(command, seen) if battery != command.battery)
    return Verdict(
        command,
        (
            _fresh(seen, others, LOST_AFTER, since),
            _unprotected(seen, others),
            others_on(command, seen),
            _charged(seen, others),
            others_within_limit(command, seen),
        ),
    )


def _switchable(command: Command, seen: Circumstances) -> Check:
    """Refuse what this family cannot do; nothing overrides this."""
    outcome = Outcome.PASSED if command.mosfet in seen.switchable else Outcome.REFUSED
    return Check("switchable", outcome, (command.battery,), overridable=False)


def _one_at_a_time(command: Command, seen: Circumstances) -> Check:
    """Refuse while another battery of the bank is being switched; nothing overrides this."""
    others = tuple(sorted(seen.being_switched - {command.battery}))
    outcome = Outcome.REFUSED if others else Outcome.PASSED
    return Check("one_at_a_time", outcome, others, overridable=False)


def _readings_fresh(command: Command, seen: Circumstances) -> Check:
    """Refuse unless voltage, current and SoC of every battery have just been read."""
    return _fresh(seen, _members(command, seen), STALE_AFTER)


def _fresh(
    seen: Circumstances, batteries: tuple[str, ...], limit: Seconds, since: Seconds = -inf
) -> Check:
    lost = tuple(battery for battery in batteries if not _is_fresh(seen, battery, limit, since))
    ages = [seen.time - seen.samples[b].time for b in batteries if b in seen.samples]
    numbers = {"oldest_s": max(ages)} if ages else {}
    return Check("readings_fresh", Outcome.UNKNOWN if lost else Outcome.PASSED, lost, numbers)


def _no_protection(command: Command, seen: Circumstances) -> Check:
    """Refuse while a BMS of the bank protects itself; switching on asks for that battery alone."""
    return _unprotected(seen, (command.battery,) if command.on else _members(command, seen))


def _unprotected(seen: Circumstances, batteries: tuple[str, ...]) -> Check:
    samples = {battery: seen.samples.get(battery) for battery in batteries}
    tripped = tuple(b for b, sample in samples.items() if sample and _is_protecting(sample))
    if tripped:
        return Check("no_protection", Outcome.REFUSED, tripped)
    silent = tuple(b for b, sample in samples.items() if sample is None or sample.state is None)
    return Check("no_protection", Outcome.UNKNOWN if silent else Outcome.PASSED, silent)


def _not_low(command: Command, seen: Circumstances) -> Check:
    """Refuse when a battery is so low that its BMS may switch off at any moment."""
    return _charged(seen, _members(command, seen))


def _charged(seen: Circumstances, batteries: tuple[str, ...]) -> Check:
    low: list[str] = []
    silent: list[str] = []
    levels: list[float] = []
    for battery in batteries:
        sample = seen.samples.get(battery)
        nominal = nominal_voltage(seen, battery)
        if sample is None or sample.soc is None or sample.voltage is None or nominal is None:
            silent.append(battery)
            continue
        levels.append(100 * sample.soc)
        if sample.soc < LOW_SOC or sample.voltage < LOW_VOLTAGE * nominal:
            low.append(battery)
    numbers = {"lowest_soc_pct": min(levels)} if levels else {}
    if low:
        return Check("not_low", Outcome.REFUSED, tuple(low), numbers)
    outcome = Outcome.UNKNOWN if silent else Outcome.PASSED
    return Check("not_low", outcome, tuple(silent), numbers)


def _link_holds(command: Command, seen: Circumstances) -> Check:
    """Refuse over a link too weak to promise switching on again."""
    if seen.link is None:
        return Check("link_holds", Outcome.UNKNOWN, (command.battery,))
    outcome = Outcome.PASSED if seen.link >= WEAK_LINK else Outcome.REFUSED
    return Check("link_holds", outcome, (command.battery,), {"link_pct": 100 * seen.link})


def _members(command: Command, seen: Circumstances) -> tuple[str, ...]:
    return seen.layout.batteries if seen.layout else (command.battery,)


def _is_fresh(seen: Circumstances, battery: str, limit: Seconds, since: Seconds) -> bool:
    sample = seen.samples.get(battery)
    if sample is None or None in (sample.voltage, sample.current, sample.soc):
        return False
    heard = max(sample.time, since) if battery in seen.told else sample.time
    return -CLOCK_TOLERANCE <= seen.time - heard <= limit


def _is_protecting(sample: BatterySample) -> bool:
    return bool(sample.protections) or sample.state is BatteryState.PROTECTION


OFF_QUESTIONS: tuple[Question, ...] = (
    _switchable,
    _one_at_a_time,
    in_bank,
    _readings_fresh,
    _no_protection,
    _not_low,
    _link_holds,
)
BANK_QUESTIONS: tuple[Question, ...] = (others_on, others_can_carry)
ON_QUESTIONS: tuple[Question, ...] = (_switchable, _one_at_a_time, _no_protection, bus_matches)
