"""Names that tell nobody whose batteries these are, the same ones throughout a download."""

from collections.abc import Iterable, Mapping, Sequence
import re
from typing import Any, Final

from homeassistant.util import slugify

ADDRESS: Final = "(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"
STRANGER: Final = "(address)"
"""What stands for addresses of adapters, proxies and other people's things."""


class Pseudonyms:
    """Replaces addresses, names and entry ids of batteries wherever they occur.

    The batteries become "battery_1", "battery_2" and so on in their order, so that the readings
    of one battery stay together and the download can be replayed.
    """

    def __init__(self, batteries: Sequence[Iterable[str]]) -> None:
        """Give each battery a number; an item holds all that it is known by."""
        self._replaced: dict[str, str] = {}
        for number, aliases in enumerate(batteries, start=1):
            for spelling in (spelling for alias in aliases for spelling in _spellings(alias)):
                self._replaced.setdefault(spelling.casefold(), f"battery_{number}")
        longest_first = sorted(self._replaced, key=len, reverse=True)
        known = "|".join([*map(re.escape, longest_first), ADDRESS])
        self._pattern = re.compile(f"(?<![A-Za-z0-9])(?:{known})(?![A-Za-z0-9])", re.IGNORECASE)

    def hide(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values with every occurrence replaced; other keys stay as they are."""
        return {self._key(key): self._hidden(value) for key, value in values.items()}

    def _key(self, key: str) -> str:
        """Replace a name, or each of the names that are joined by a plus sign."""
        return "+".join(self._replaced.get(part.casefold(), part) for part in key.split("+"))

    def _hidden(self, value: object) -> object:
        match value:
            case str():
                return self._pattern.sub(self._pseudonym, value)
            case Mapping():
                return self.hide(value)
            case list() | tuple() | set() | frozenset():
                return [self._hidden(item) for item in value]
            case _:
                return value

    def _pseudonym(self, found: re.Match[str]) -> str:
        return self._replaced.get(found[0].casefold(), STRANGER)


def _spellings(alias: str) -> Iterable[str]:
    """Yield the alias as it is, and as entity ids and object paths write it."""
    yield alias
    yield slugify(alias)
    if re.fullmatch(ADDRESS, alias):
        yield alias.replace(":", "")
        yield alias.replace(":", "-")
