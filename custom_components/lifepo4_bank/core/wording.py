"""Names and faults in a row, in the words of the translations."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

type Texts = Mapping[str, str]
"""The section `common` of the translations, by key."""

PLAIN = "{first}, {next}"
"""Where a translation has no words for it."""


def listed(names: Sequence[str], texts: Texts) -> str:
    """Join names the way people do: "A, B and C"."""
    if len(names) < 2:
        return "".join(names)
    first = _row(names[:-1], texts)
    return texts.get("list_and", PLAIN).format(first=first, next=names[-1])


def side_by_side(names: Iterable[str]) -> str:
    """Join the names of one group or string, as in "A + B"."""
    return " + ".join(names)


def faults(flags: Iterable[str], texts: Texts) -> str:
    """Say what a BMS protects its battery from; these are no words of a sentence."""
    return _row([texts.get(f"flag_{flag}", flag.replace("_", " ")) for flag in flags], texts)


def _row(parts: Sequence[str], texts: Texts) -> str:
    more = texts.get("list_more", PLAIN)
    return reduce(lambda first, next_: more.format(first=first, next=next_), parts) if parts else ""
