"""One file per family that can be switched: its frames as a table, and nothing else to send."""

from functools import cache

from ..family import library_class
from ..link import Link, reading_class


@cache
def link_class(key: str) -> type[Link]:
    """Return the class that talks to a family.

    Blocking at its first call for a family (imports); see `family.load_families`.
    """
    if key == "redodo":
        from .litime import LiTime  # noqa: PLC0415 - imports the family's module

        return LiTime
    return reading_class(library_class(key))
