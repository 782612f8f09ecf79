"""One file per family that can be switched: its frames as a table, and nothing else to send."""

from collections.abc import Mapping
from functools import cache
import importlib

from ..family import library_class
from ..link import Link, reading_class

_MODULES: Mapping[str, str] = {
    "redodo": "litime",
    "jbd": "jbd",
    "jikong": "jk",
    "daly": "daly",
    "ant": "ant",
}


@cache
def link_class(key: str) -> type[Link]:
    """Return the class that talks to a family.

    Blocking at its first call for a family (imports); see `load_families`.
    """
    if key not in _MODULES:
        return reading_class(library_class(key))
    found: type[Link] = importlib.import_module(f".{_MODULES[key]}", __name__).LINK
    return found
