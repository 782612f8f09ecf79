"""The files that `replay` reads: CSV logs, and diagnostics downloads of the integration."""

from collections.abc import Callable, Iterator, Mapping
import csv
from dataclasses import replace
from datetime import UTC, datetime
import json
from math import isfinite
from typing import Any

from .battery import Battery, BatterySample, Seconds
from .diagnosis.engine import Diagnosis, Options
from .layout import Arrangement, Layout, LayoutError
from .record import read_battery, read_layout, read_sample
from .replay import Log, windows

REQUIRED = ("time", "battery", "voltage", "current", "soc")

type Complain = Callable[[int, str], None]
"""Called with the number of a bad line and what is wrong with it."""


class NotALogError(ValueError):
    """The file is neither a CSV log nor a diagnostics download."""


def read_log(text: str, layout: str | None, complain: Complain) -> Log:
    """Read either kind of file. Raises NotALogError; LayoutError for a layout that does not fit."""
    bare = text.lstrip("\ufeff \t\r\n")
    if bare[:1] in ("{", "["):
        return _download(bare, layout, complain)
    return _table(text, layout, complain)


def _download(text: str, notation: str | None, complain: Complain) -> Log:
    told = _data(text)
    try:
        saved, bank = list(told["samples"]), told.get("bank") or told["layout"]
        batteries = {
            str(name): read_battery(known, str(name)) for name, known in told["batteries"].items()
        }
        layout = read_layout(bank)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise NotALogError(f"no diagnostics download of a bank: {error!r}") from error
    if notation is not None:
        layout = Layout.from_notation(notation, layout.batteries, layout.arrangement)
    batteries = {b: batteries.get(b, Battery(id=b, name=b)) for b in layout.batteries}
    samples = []
    for number, one in enumerate(saved, start=1):
        try:
            samples.append(read_sample(one))
        except (TypeError, ValueError) as error:
            complain(number, str(error))
    if not samples:
        raise NotALogError("no readings in it")
    samples.sort(key=lambda sample: sample.time)
    log = Log(layout=layout, batteries=batteries, samples=samples, options=_options(bank))
    learned = told.get("learned")
    if notation is not None or learned is None:
        return log
    try:
        Diagnosis(layout, batteries, log.options).restore(learned)
    except ValueError as error:
        complain(1, f"begins with nothing learned: {error}")
        return log
    return replace(log, learned=learned)


def _data(text: str) -> Mapping[str, Any]:
    """Take the integration's part out of a diagnostics download."""
    try:
        found = json.loads(text)
    except (RecursionError, ValueError) as error:
        raise NotALogError(f"neither a table nor JSON ({error})") from error
    told = found.get("data") if isinstance(found, dict) else None
    if not isinstance(told, dict):
        raise NotALogError("JSON, but no diagnostics download")
    if "samples" not in told:
        raise NotALogError("a diagnostics download, but none of a bank that is loaded")
    return told


def _options(bank: Mapping[str, Any]) -> Options:
    told = bank.get("options")
    if not isinstance(told, dict):
        return Options()
    known = {
        name: told[name]
        for name in Options.__dataclass_fields__
        if isinstance(told.get(name), int | float)
    }
    return Options(**known)


def _table(text: str, notation: str | None, complain: Complain) -> Log:
    lines = text.lstrip("\ufeff").splitlines()
    rows = csv.reader(lines)
    header = [name.strip().casefold() for name in next(rows, [])]
    if missing := [name for name in REQUIRED if name not in header]:
        raise NotALogError(f"no column {', '.join(missing)} in the first line")
    readings = list(_readings(rows, header, complain))
    if not readings:
        raise NotALogError("no reading in it")
    readings.sort(key=lambda reading: reading.time)
    names = tuple(dict.fromkeys(reading.battery for reading in readings))
    names = tuple(sorted(names))
    layout = (
        Layout.from_notation(notation, names, Arrangement.PARALLEL_GROUPS)
        if notation
        else Layout.of(Arrangement.PARALLEL, names)
    )
    batteries = {name: Battery(id=name, name=name) for name in names}
    return Log(layout=layout, batteries=batteries, samples=windows(readings, frozenset(names)))


def _readings(
    rows: Iterator[list[str]], header: list[str], complain: Complain
) -> Iterator[BatterySample]:
    number = 1
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            complain(number, str(error))
            continue
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header):
            complain(number, f"{len(row)} values for {len(header)} columns")
            continue
        try:
            yield _reading(dict(zip(header, (cell.strip() for cell in row), strict=False)))
        except ValueError as error:
            complain(number, str(error))


def _reading(row: Mapping[str, str]) -> BatterySample:
    battery = row.get("battery", "")
    if not battery:
        raise ValueError("no battery")
    soc = _number(row, "soc")
    temperature = _number(row, "temperature")
    code = _number(row, "problem_code")
    return BatterySample(
        battery=battery,
        time=_time(row.get("time", "")),
        voltage=_number(row, "voltage"),
        current=_number(row, "current"),
        soc=None if soc is None else soc / 100,
        capacity=_number(row, "capacity"),
        temperatures=() if temperature is None else (temperature,),
        discharge_enabled=_flag(row, "discharge_enabled"),
        charge_enabled=_flag(row, "charge_enabled"),
        problem_code=None if code is None else int(code),
        protections=(f"code_{int(code)}",) if code else (),
        cells=tuple(_float("cells", cell) for cell in row.get("cells", "").split(";") if cell),
    )


def _time(text: str) -> Seconds:
    """Seconds as written, or of an ISO 8601 time; without a zone it is UTC."""
    try:
        return _float("time", text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"time {text!r} is neither seconds nor ISO 8601") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(row: Mapping[str, str], name: str) -> float | None:
    text = row.get(name, "")
    return _float(name, text) if text else None


def _float(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is no number") from None
    if not isfinite(value):
        raise ValueError(f"{name} {text!r} is no number")
    return value


def _flag(row: Mapping[str, str], name: str) -> bool | None:
    text = row.get(name, "").casefold()
    if not text:
        return None
    if text not in ("0", "1", "true", "false"):
        raise ValueError(f"{name} {text!r} is neither 0 nor 1")
    return text in ("1", "true")


__all__ = ["LayoutError", "NotALogError", "read_log"]
