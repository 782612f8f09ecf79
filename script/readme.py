"""Write the README's tables anew from the code that they are about.

Usage: .venv/bin/python -m script.readme [--check]     with --check exits 1 when they are out of date
"""

import ast
from collections.abc import Iterator
import inspect
from pathlib import Path
import re
import sys

from custom_components.lifepo4_bank.ble.family import FAMILIES, Family, library_class
from custom_components.lifepo4_bank.core.diagnosis.rules import rules_table

README = Path(__file__).parent.parent / "README.md"

COLUMNS = {
    "current": ("current",),
    "SoC": ("battery_level",),
    "Ah": ("cycle_charge",),
    "capacity": ("design_capacity",),
    "cells": ("cell_voltages",),
    "temperatures": ("temp_values", "temperature"),
    "cycles": ("cycles",),
    "health": ("battery_health",),
    "MOSFETs": ("dischrg_mosfet",),
    "faults": ("problem_code", "problem"),
}
OURS = {"redodo": {"dischrg_mosfet"}}
"""What our own reading adds to the library's."""


def _keys(family: Family) -> set[str]:
    """Names of the values that a family's decoder sets."""
    found = set(OURS.get(family.key, ()))
    for base in library_class(family.key).__mro__:
        if not base.__module__.startswith("aiobmsble.bms."):
            continue
        source = inspect.getsource(inspect.getmodule(base) or base)
        for node in ast.walk(ast.parse(source)):
            found.update(_set_by(node))
        # A class that reads by itself has nothing of its base's, unless it takes over the fields.
        if "_async_update" in vars(base) and not re.search(r"BMS\.FIELDS", source):
            break
    return found


def _set_by(node: ast.AST) -> Iterator[str]:
    """Names that one piece of a decoder sets: a field, an item, a keyword or a dict's key."""
    match node:
        case ast.Call(func=ast.Name(id="BMSDp"), args=[ast.Constant(value=str(name)), *_]):
            yield name
        case ast.Tuple(elts=[ast.Constant(value=str(name)), *_]):
            yield name
        case ast.Call(
            func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=str(name)), *_]
        ):
            yield name
        case ast.Subscript(slice=ast.Constant(value=str(name)), ctx=ast.Store()):
            yield name
        case ast.keyword(arg=str(name)):
            yield name
        case ast.Dict(keys=keys):
            yield from (
                key.value
                for key in keys
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            )


def _rows() -> Iterator[str]:
    yield f"| batteries | {' | '.join(COLUMNS)} | can be switched |"
    yield f"|---|{'---|' * len(COLUMNS)}---|"
    for family in sorted(FAMILIES.values(), key=lambda f: (not f.switchable, f.brand.lower())):
        keys = _keys(family)
        cells = ["yes" if keys.intersection(names) else "" for names in COLUMNS.values()]
        switches = " and ".join(sorted(family.switchable)) or "no"
        secret = ", may ask for a password" if family.secret else ""
        yield f"| {family.brand} {family.model}{secret} | {' | '.join(cells)} | {switches} |"


def families_table() -> str:
    """All families: what is read of each, and whether it can be switched."""
    return "\n".join(_rows()) + "\n"


def renewed(text: str) -> str:
    """Return the README with its tables made anew."""
    for name, table in (("rules", rules_table()), ("families", families_table())):
        block = f"<!-- {name} -->\n\n{table}\n<!-- end of {name} -->"
        pattern = rf"<!-- {name} -->.*?<!-- end of {name} -->"
        text = re.sub(pattern, lambda _, block=block: block, text, flags=re.DOTALL)  # type: ignore[misc]
    return text


def main() -> int:
    """Write or check; returns the exit code."""
    if {"-h", "--help"} & set(sys.argv):
        print(__doc__)
        return 0
    text = README.read_text()
    wanted = renewed(text)
    if "--check" in sys.argv:
        return int(text != wanted)
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
