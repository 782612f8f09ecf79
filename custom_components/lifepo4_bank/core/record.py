"""Readings as JSON and back, so that a bug report can be run through the diagnosis again.

What was not reported is left out, never written as 0. Fields that a later version adds are
ignored when an earlier one reads them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from math import isfinite
from typing import Any, cast

from .bank import BankSample
from .battery import Battery, BatterySample, BatteryState
from .layout import Arrangement, Layout

type Json = dict[str, Any]

_NUMBERS = frozenset(
    {
        "voltage", "current", "soc", "remaining", "capacity", "throughput", "health",
        "nominal_voltage", "detection_floor",
    }
)  # fmt: skip
_FLAGS = frozenset(
    {
        "charge_enabled", "discharge_enabled", "charge_commanded", "discharge_commanded", "heater",
        "balancing",
    }
)  # fmt: skip
_COUNTS = frozenset({"cycles", "problem_code"})
_LISTS = frozenset({"cells", "temperatures"})
_SHUNT = ("shunt_current", "shunt_time", "shunt_trouble")


def write_sample(sample: BankSample) -> Json:
    """One moment of a bank."""
    written: Json = {
        "time": sample.time,
        "batteries": {name: write_reading(one) for name, one in sample.batteries.items()},
        "missing": sorted(sample.missing),
    }
    for name in _SHUNT:
        if (value := getattr(sample, name)) is not None:
            written[name] = value
    if sample.links:
        written["links"] = dict(sample.links)
    return written


def write_reading(reading: BatterySample) -> Json:
    """One reading of one battery, without what was not reported."""
    values = {field.name: getattr(reading, field.name) for field in fields(reading)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None and value != ()
    }


def read_sample(saved: Mapping[str, Any]) -> BankSample:
    """One moment as written. Raises ValueError when it is none."""
    try:
        shunt, told, trouble = (saved.get(name) for name in _SHUNT)
        return BankSample(
            time=_number(saved["time"]),
            batteries={
                str(name): read_reading({"battery": name, **one})
                for name, one in saved["batteries"].items()
            },
            missing=frozenset(map(str, saved.get("missing", ()))),
            shunt_current=None if shunt is None else _number(shunt),
            shunt_time=None if told is None else _number(told),
            shunt_trouble=None if trouble is None else str(trouble),
            links={str(name): str(word) for name, word in saved.get("links", {}).items()},
        )
    except (AttributeError, KeyError, OverflowError, TypeError) as error:
        raise ValueError(f"not a sample: {error!r}") from error


def read_reading(saved: Mapping[str, Any]) -> BatterySample:
    """One reading as written. Raises ValueError when it is none."""
    try:
        values = _known(saved)
        values["battery"] = str(saved["battery"])
        values["time"] = _number(saved["time"])
        if saved.get("state") is not None:
            values["state"] = BatteryState(saved["state"])
        values["protections"] = tuple(map(str, saved.get("protections") or ()))
        return BatterySample(**values)
    except (AttributeError, KeyError, OverflowError, TypeError) as error:
        raise ValueError(f"not a reading: {error!r}") from error


def read_battery(saved: Mapping[str, Any], battery: str) -> Battery:
    """Read what is fixed about a battery, from its fields by name."""
    known = {name: value for name, value in _known(saved).items() if name in _BATTERY}
    for name in ("brand", "model"):
        if saved.get(name) is not None:
            known[name] = str(saved[name])
    return Battery(id=battery, name=str(saved.get("name") or battery), **known)


def read_layout(saved: Mapping[str, Any]) -> Layout:
    """How the batteries are joined: `arrangement` and `blocks`. Raises ValueError."""
    try:
        blocks = tuple(tuple(map(str, cast("Sequence[Any]", block))) for block in saved["blocks"])
        arrangement = Arrangement(saved["arrangement"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a layout: {error!r}") from error
    size = len(blocks[0]) if blocks else None
    batteries = [battery for block in blocks for battery in block]
    return Layout.of(arrangement, batteries, size)


_BATTERY = frozenset(field.name for field in fields(Battery)) - {"id", "name"}


def _known(saved: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of plain type, converted and checked."""
    values: dict[str, Any] = {}
    for name, value in saved.items():
        if value is None:
            continue
        if name in _NUMBERS:
            values[name] = _number(value)
        elif name in _FLAGS:
            values[name] = bool(value)
        elif name in _COUNTS:
            values[name] = int(value)
        elif name in _LISTS:
            values[name] = tuple(_number(one) for one in value)
    return values


def _number(value: Any) -> float:  # noqa: ANN401 - whatever a file holds
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)
