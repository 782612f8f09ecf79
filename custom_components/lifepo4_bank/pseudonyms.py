"""Names that tell nobody whose batteries these are, the same ones throughout a download."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
import re
from typing import Any, Final

from homeassistant.util import slugify

ADDRESS: Final = "(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"
STRANGER: Final = "(address)"
"""What stands for addresses of adapters, proxies and other people's things."""
NO_SLUG: Final = "unknown"
"""What Home Assistant makes of a name without a letter or digit: nobody's name."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """All that a battery or a bank is known by."""

    ids: frozenset[str]
    """Address and entry id: like nothing else, wherever they stand."""
    titles: frozenset[str]
    """What its owner calls it, which may be any word."""

    @classmethod
    def of(cls, ids: Iterable[str | None], titles: Iterable[str | None]) -> Aliases:
        """Take those that there are."""
        return cls(frozenset(filter(None, ids)), frozenset(filter(None, titles)))


class Pseudonyms:
    """Replaces addresses, entry ids and names.

    The batteries become "battery_1", "battery_2" and so on in their order, so that the readings
    of one battery stay together and the download can be replayed. An owner may call a battery
    "current" or "12": so titles are replaced in texts only, never in what has a meaning of its own.
    """

    def __init__(self, known: Mapping[str, Aliases]) -> None:
        """Take everything that is known by several names, by its pseudonym."""
        ids = {way: name for name, one in known.items() for way in _ids_written(one.ids)}
        titles = {way: name for name, one in known.items() for way in _titles_written(one.titles)}
        self._by_id = {way.casefold(): name for way, name in ids.items()}
        self._by_name = {way.casefold(): name for way, name in titles.items()} | self._by_id
        self._ids, self._names = _pattern(ids), _pattern({*ids, *titles})

    def text(self, text: str) -> str:
        """Return a text for people, or a name, or an entity's id, without ids and titles."""
        return self._names.sub(self._pseudonym, text)

    def hide(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values without ids, also where these are keys; the rest stays as it is."""
        return {self._key(key): self._hidden(value) for key, value in values.items()}

    def _key(self, key: str) -> str:
        """Replace an id, or each of the ids that are joined by a plus sign."""
        return "+".join(self._by_id.get(part.casefold(), part) for part in key.split("+"))

    def _hidden(self, value: object) -> object:
        match value:
            case str():
                return self._ids.sub(self._pseudonym, value)
            case Mapping():
                return self.hide(value)
            case list() | tuple() | set() | frozenset():
                return [self._hidden(item) for item in value]
            case _:
                return value

    def _pseudonym(self, found: re.Match[str]) -> str:
        return self._by_name.get(found[0].casefold(), STRANGER)


def _pattern(spellings: Collection[str]) -> re.Pattern[str]:
    """Match a whole word or words; "B1" is not in "B10", but it is in "sensor.b1_voltage"."""
    longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
    known = "|".join([*map(re.escape, longest_first), ADDRESS])
    return re.compile(rf"(?<![^\W_])(?:{known})(?![^\W_])", re.IGNORECASE)


def _ids_written(ids: Iterable[str]) -> Iterable[str]:
    """Yield ids as they are, and as object paths write addresses."""
    for one in ids:
        yield one
        if re.fullmatch(ADDRESS, one):
            yield one.replace(":", "")
            yield one.replace(":", "-")
            yield one.replace(":", "_")


def _titles_written(titles: Iterable[str]) -> Iterable[str]:
    """Yield titles as they are, and as entity ids write them."""
    for title in titles:
        yield title
        if (slug := slugify(title)) != NO_SLUG:
            yield slug
