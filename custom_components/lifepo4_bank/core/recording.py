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
from .diagnosis.plausibility import implausible
from .layout import Arrangement, Layout, LayoutError
from .record import read_battery, read_layout, read_sample
from .replay import Log, windows

REQUIRED = ("time", "battery", "voltage", "current", "soc")
SEPARATORS = ",;\t"
"""Between columns, the usual one first; beside the others, numbers may have a decimal comma."""
LATEST: Seconds = 1e11
"""Later than any log; milliseconds are."""
HIGHEST_CODE = 2**64
FLAGS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
"""As tools write them; 1.0 where some are missing in a column."""

type Complain = Callable[[int, str], None]
"""Called with the number of a bad line and what is wrong with it."""


class NotALogError(ValueError):
    """The file is neither a CSV log nor a diagnostics download."""


def read_log(
    text: str, layout: str | None, complain: Complain, combined: Arrangement | None = None
) -> Log:
    """Read either kind of file. Raises NotALogError; LayoutError for a layout that does not fit.

    `combined` tells which of the two ways to combine series and parallel `layout` means.
    """
    bare = text.lstrip("\ufeff \t\r\n")
    if bare[:1] in ("{", "["):
        return _download(bare, layout, complain, combined)
    return _table(text, layout, complain, combined)


def _download(
    text: str, notation: str | None, complain: Complain, combined: Arrangement | None
) -> Log:
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
        layout = Layout.from_notation(notation, layout.batteries, combined or layout.arrangement)
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


def _table(
    text: str, notation: str | None, complain: Complain, combined: Arrangement | None
) -> Log:
    # `splitlines` would count ends of lines that no editor shows.
    first, *lines = text.lstrip("\ufeff").split("\n")
    headers = {separator: _header(first, separator) for separator in SEPARATORS}
    separator = max(headers, key=lambda one: len(set(headers[one]).intersection(REQUIRED)))
    header = headers[separator]
    if missing := [name for name in REQUIRED if name not in header]:
        raise NotALogError(f"no column {', '.join(missing)} in the first line")
    readings = list(_readings(lines, header, separator, complain))
    if not readings:
        raise NotALogError("no reading in it")
    if 0 < max(reading.soc or 0.0 for reading in readings) <= 0.01:
        complain(1, "soc is never above 1 %: is it a part of 1 instead?")
    readings.sort(key=lambda reading: reading.time)
    names = tuple(sorted({reading.battery for reading in readings}))
    layout = (
        Layout.of(Arrangement.PARALLEL, names)
        if notation is None
        else Layout.from_notation(notation, names, combined or Arrangement.PARALLEL_GROUPS)
    )
    batteries = {name: Battery(id=name, name=name) for name in names}
    return Log(layout=layout, batteries=batteries, samples=windows(readings, frozenset(names)))


def _header(line: str, separator: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    return [name.strip().casefold() for name in names]


def _readings(
    lines: list[str], header: list[str], separator: str, complain: Complain
) -> Iterator[BatterySample]:
    """Read one line after the other, so that a quote left open spoils its own line only."""
    for number, line in enumerate(lines, start=2):
        if not line.strip(" \t\r" + separator):
            continue
        try:
            reading = _reading(_row(line, header, separator))
        except (csv.Error, ValueError) as error:
            complain(number, str(error))
            continue
        doubt = implausible(reading, Battery(id=reading.battery, name=reading.battery))
        if doubt is not None:
            complain(number, f"{doubt.replace('_', ' ')}, not judged")
        yield reading


def _row(line: str, header: list[str], separator: str) -> dict[str, str]:
    cells = next(csv.reader([line], delimiter=separator, strict=True))
    if len(cells) > len(header):
        raise ValueError(f"{len(cells)} values for {len(header)} columns")
    row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
    if missing := [name for name in REQUIRED if name not in row]:
        raise ValueError(f"ends before {', '.join(missing)}")
    if separator != ",":
        decimal = {name: cell.replace(",", ".") for name, cell in row.items()}
        row = decimal | {"battery": row["battery"]}
    return row


def _reading(row: Mapping[str, str]) -> BatterySample:
    battery = row["battery"]
    if not battery:
        raise ValueError("no battery")
    if min(battery) < " ":
        raise ValueError(f"battery {battery!r} is no name")
    soc = _number(row, "soc")
    temperature = _number(row, "temperature")
    code = _number(row, "problem_code")
    if code is not None and not (code.is_integer() and 0 <= code < HIGHEST_CODE):
        raise ValueError(f"problem_code {row['problem_code']!r} is no code")
    return BatterySample(
        battery=battery,
        time=_time(row["time"]),
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
        seconds = _float("time", text)
    except ValueError:
        pass
    else:
        if abs(seconds) >= LATEST:
            raise ValueError(f"time {text!r} is too large for seconds")
        return seconds
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
    if text not in FLAGS:
        raise ValueError(f"{name} {text!r} is neither 0 nor 1")
    return FLAGS[text]


__all__ = ["LayoutError", "NotALogError", "read_log"]
