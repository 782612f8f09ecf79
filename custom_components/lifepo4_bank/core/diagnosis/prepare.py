"""Whether batteries may be joined in parallel, and what to wait for (article 3.2, 4.1, Q3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ..battery import Seconds, Volts
from .members import Member
from .participation import switched_off_name
from .picture import Picture
from .rules import REST

GREEN: Volts = 0.05
"""Difference per 12.8 V of nominal voltage (RELiON)."""
AMBER: Volts = 0.10
"""The most that the article allows."""


class Light(StrEnum):
    """The difference of voltage in one word."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that must happen first."""

    reason: str
    """`battery_missing`, `nominal_voltage`, `protection`, `discharge_off`, `charge_off`,
    `current_flows`, `not_rested`, `voltage_apart`."""
    batteries: tuple[str, ...] = ()
    seconds: Seconds | None = None
    """How long from now, where that is known."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer of the check before paralleling."""

    ready: bool | None
    """None while too little is known."""
    light: Light | None = None
    difference: Volts | None = None
    """Between highest and lowest battery, per 12.8 V of nominal voltage."""
    waits: tuple[Wait, ...] = ()


def is_ready(picture: Picture) -> bool | None:
    """Give the short answer: while current flows, not all are at rest, and nothing else counts."""
    flows = False
    for member in picture.members.values():
        reading = member.reading
        if reading is None or reading.voltage is None or not member.cells:
            return check(picture).ready
        flows = flows or bool(reading.current)
    return check(picture).ready if not flows else False


def check(picture: Picture) -> Readiness:
    """Check that all batteries are rested, enabled, and of equal voltage."""
    members = list(picture.members.values())
    missing = tuple(m.id for m in members if m.voltage is None)
    if missing:
        return Readiness(None, waits=(Wait("battery_missing", missing),))
    waits = list(_waits(picture, members))
    nominal = {member.cells for member in members}
    if None in nominal:
        return Readiness(None, waits=(Wait("nominal_voltage"), *waits))
    difference = _difference(members)
    light = _light(difference, max(member.blur * 4 / (member.cells or 4) for member in members))
    if len(nominal) > 1:
        waits.append(Wait("nominal_voltage", tuple(m.id for m in members)))
    elif light is Light.RED:
        waits.append(Wait("voltage_apart", _outermost(members)))
    return Readiness(not waits, light, difference, tuple(waits))


def _light(difference: Volts, blur: Volts) -> Light:
    """Tell the light; a coarse voltage cannot prove that it is green."""
    if difference > AMBER:
        return Light.RED
    return Light.GREEN if difference <= GREEN and blur <= GREEN else Light.AMBER


def _waits(picture: Picture, members: list[Member]) -> Iterator[Wait]:
    tripped: list[str] = []
    off: dict[str, list[str]] = {"discharge_off": [], "charge_off": []}
    for member in members:
        reading = member.reading
        if reading is None:
            continue
        if reading.tripped:
            tripped.append(member.id)
        elif (name := switched_off_name(reading)) is not None:
            off[name].append(member.id)
    if tripped:
        yield Wait("protection", tuple(tripped))
    for name, batteries in off.items():
        if batteries:
            yield Wait(name, tuple(batteries))
    flowing = tuple(m.id for m in members if m.reading is not None and m.reading.current)
    if flowing:
        yield Wait("current_flows", flowing, REST)
        return
    left = {m.id: REST - m.rested(picture.time) for m in members}
    tired = tuple(battery for battery, seconds in left.items() if seconds > 0)
    if tired:
        yield Wait("not_rested", tired, max(left.values()))


def _per_block(member: Member) -> Volts:
    return (member.voltage or 0.0) * 4 / (member.cells or 4)


def _difference(members: list[Member]) -> Volts:
    voltages = [_per_block(member) for member in members]
    return max(voltages) - min(voltages)


def _outermost(members: list[Member]) -> tuple[str, ...]:
    return min(members, key=_per_block).id, max(members, key=_per_block).id
