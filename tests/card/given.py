"""What Home Assistant tells the card: a view of a bank, and the states of its entities."""

from collections.abc import Awaitable, Callable, Iterator
import copy
from dataclasses import dataclass, field
import json
from pathlib import Path
import time
from typing import Any

from playwright.async_api import Page

FOLDER = Path(__file__).parents[2] / "custom_components" / "lifepo4_bank"

type Json = dict[str, Any]
type Show = Callable[..., Awaitable[Page]]
"""`await show(given(), width=320)` shows the card."""

UNITS = {
    "voltage": "V", "current": "A", "power": "W", "soc": "%", "cell_delta": "mV", "temperature": "°C",
    "remaining_capacity": "Ah", "own_resistance": "mΩ", "path_resistance_excess": "mΩ",
    "current_share": "%", "fair_share": "%",
}  # fmt: skip

EVEN = {"sigma": 0.01, "now": None, "excess": 0.0}
"""What else is told of a branch."""


def view_of_two() -> Json:
    """The view of two batteries in parallel, as the integration's own test writes it."""
    found: Json = json.loads((Path(__file__).parent / "view.json").read_text())
    return found


def texts() -> dict[str, str]:
    common = json.loads((FOLDER / "translations" / "en.json").read_text())["common"]
    return {f"component.lifepo4_bank.common.{key}": text for key, text in common.items()}


@dataclass
class Given:
    """A bank for the card, healthy and under load, to be spoilt by the test."""

    view: Json | None
    states: dict[str, Json] = field(default_factory=dict)
    error: str | None = None
    admin: bool = True
    kept: Json | None = None
    """Statistics of the recorder by entity; none: there is no recorder."""

    @property
    def bank(self) -> Json:
        assert self.view is not None
        return self.view

    @property
    def batteries(self) -> list[Json]:
        return list(self.bank["batteries"].values())

    @property
    def branches(self) -> list[Json]:
        return [branch for group in self.bank["sharing"] for branch in group]

    def state(self, owner: Json, key: str, value: str) -> None:
        entity = owner["entities"].setdefault(key, f"sensor.{owner['device_id']}_{key}")
        attributes = {"unit": UNITS.get(key), "name": key.replace("_", " ").capitalize()}
        self.states[entity] = {"entity_id": entity, "state": value, "attributes": attributes}

    def silence(self, battery: Json) -> None:
        """Let a battery be unheard for an hour."""
        battery |= {"online": False, "seen": time.time() - 3600, "cells": []}
        for entity in battery["entities"].values():
            self.states[entity]["state"] = "unavailable"

    def find(self, index: int, severity: str, message: str = "It is so.") -> None:
        """Add a finding about one battery."""
        battery = list(self.bank["batteries"])[index]
        self.bank["findings"].append({
            "kind": "low_charge", "cause": "low_charge", "severity": severity, "message": message,
            "batteries": [battery], "since": time.time() - 7200,
            "issue": None if severity == "note" else f"issue_{index}",
        })  # fmt: skip

    def as_json(self) -> str:
        return json.dumps({
            "texts": texts(), "states": self.states, "view": self.view, "error": self.error,
            "admin": self.admin, "kept": self.kept,
        })  # fmt: skip


def given(arrangement: str = "parallel", blocks: int = 1, size: int = 2, cells: int = 4) -> Given:
    """A bank of `blocks` groups or strings of `size` batteries each, all in order."""
    pattern = view_of_two()
    one = next(iter(pattern["batteries"].values()))
    ids = [[f"B{block}{seat}" for seat in range(size)] for block in range(blocks)]
    view = pattern | {
        "arrangement": arrangement,
        "blocks": ids,
        "batteries": {
            battery: copy.deepcopy(one)
            | {"name": f"Battery {battery}", "device_id": battery, "entities": {}}
            | {
                "refused": [],
                "cells": [3.3 + 0.001 * (cell % 5) for cell in range(cells)],
                "online": True,
            }
            for block in ids
            for battery in block
        },
        "sharing": list(_sharing(arrangement, ids)),
        "apart": {battery: {"volts": 0.0, "soc": 0.0} for block in ids for battery in block},
        "findings": [],
        "status": "in_sync",
        "entities": {},
    }
    made = Given(view)
    for battery in made.batteries:
        for key, value in {
            "voltage": "13.2", "current": "-10.0", "soc": "71", "cell_delta": "4", "state": "discharging",
            "temperature": "21", "own_resistance": "5.1", "discharge": "on",
        }.items():  # fmt: skip
            made.state(battery, key, value)
    for key, value in {
        "voltage": "13.2", "current": "-20.0", "power": "-264", "soc": "71", "runtime": "7", "status": "in_sync",
    }.items():  # fmt: skip
        made.state(view, key, value)
    return made


def _sharing(arrangement: str, ids: list[list[str]]) -> Iterator[list[Json]]:
    match arrangement:
        case "series":
            return
        case "series_strings":
            yield [_branch(block, len(ids)) for block in ids]
        case _:
            for block in ids:
                yield [_branch([battery], len(block)) for battery in block]


def _branch(batteries: list[str], among: int) -> Json:
    return {"batteries": batteries, "fair": 1 / among, "share": 1 / among} | EVEN
