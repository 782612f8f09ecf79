"""What a battery tells about itself: by its name before we connect, by its answers after."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
import re
from typing import Self

from ..core.battery import NOMINAL_CELL_VOLTAGE, AmpereHours, Volts
from .family import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Fixed facts of one battery; None where it does not tell."""

    brand: str | None = None
    model: str | None = None
    serial: str | None = None
    software: str | None = None
    hardware: str | None = None
    nominal_voltage: Volts | None = None
    capacity: AmpereHours | None = None

    def completed(self, told: Self) -> Self:
        """Return these facts with those in `told` put in or over them."""
        news = {field.name: getattr(told, field.name) for field in fields(told)}
        return replace(self, **{name: fact for name, fact in news.items() if fact is not None})


_BRANDS: Mapping[str, str] = {
    "R": "Redodo",
    "RO": "Redodo",
    "P": "Power Queen",
    "PQ": "Power Queen",
    "L": "LiTime",
    "LT": "LiTime",
    "S": "Starry Sea",
    "SS": "Starry Sea",
    "T": "ECO-WORTHY",
}
_CELLS: Mapping[str, int] = {"12": 4, "24": 8, "51": 16}
_NAME = re.compile(
    r"(?P<model>(?P<brand>[A-Z]{1,2})-(?P<volts>12|24|51)(?P<ah>\d{2,3})?[^-]*)(?:-(?P<serial>.+))?"
)
"""For example R-12100BNNA70-A02402: brand, nominal voltage, ampere-hours, variant, serial number."""


def details_of(family: Family, name: str) -> Details:
    """Read what the advertised name tells.

    Only the LiTime house (also with the older E&J protocol) has a scheme for its names.
    """
    match = _NAME.fullmatch(name.strip())
    litime = family.key == "redodo" or (family.key == "ej" and name.startswith("LT-"))
    if match is None or not litime:
        return Details(brand=family.brand, model=family.model)
    return Details(
        brand=_BRANDS.get(match["brand"], family.brand),
        model=match["model"] if family.key == "redodo" else f"{match['model']} (older protocol)",
        serial=match["serial"],
        nominal_voltage=_CELLS[match["volts"]] * NOMINAL_CELL_VOLTAGE,
        capacity=float(match["ah"]) if match["ah"] else None,
    )
