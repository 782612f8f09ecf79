"""Connection slots of adapters and proxies, each of which hears its own batteries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

SPARE = 1
"""Slots left for other integrations."""
ASSUMED_SLOTS = 3
"""What a proxy has by default; counts where no adapter tells its number."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Connection slots of one adapter or proxy."""

    source: str
    total: int
    """0 if it does not tell."""
    allocated: Collection[str] = ()
    """Addresses connected through it, ours and others'."""


def room(slots: Iterable[Slots], ours: Iterable[str]) -> dict[str, int]:
    """Return by source how many slots others have left.

    A proxy tells some moments late that we let go, so `ours` never count as others'.
    """
    mine = _upper(ours)
    found = {
        told.source: max(0, told.total - len(_upper(told.allocated) - mine))
        for told in slots
        if told.total
    }
    return found or {"": ASSUMED_SLOTS}


def holder(slots: Iterable[Slots], address: str) -> str | None:
    """Return the source that an address is connected through, None if none tells."""
    for told in slots:
        if address.upper() in _upper(told.allocated):
            return told.source
    return None


def _upper(addresses: Iterable[str]) -> set[str]:
    return {address.upper() for address in addresses}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Batteries that share sources, directly or through others, and the slots of these."""

    paths: Mapping[str, frozenset[str]]
    """By address the sources that its link can go through, or the one that it goes through."""
    room: Mapping[str, int]
    """By source how many slots others have left."""

    def fit(self, addresses: Collection[str], spare: int = SPARE) -> bool:
        """Whether links to these can stand at once; a single one may always be tried."""
        ways = [self.paths[address] for address in addresses]
        if len(ways) == 1 and ways[0]:
            return True
        return sum(self.room.values()) - len(ways) >= spare and _placeable(ways, self.room)

    def without(self, address: str, barred: frozenset[str]) -> Neighbours:
        """Return the same with some sources closed to one battery."""
        return replace(self, paths={**self.paths, address: self.paths[address] - barred})


def neighbours(
    address: str,
    paths: Mapping[str, frozenset[str]],
    through: Mapping[str, str | None],
    free: Mapping[str, int],
) -> Neighbours:
    """Pick one battery and its neighbours out of all.

    `paths` tells for each where its link could go through, `through` where those of the open ones
    do, `free` is the room of all sources.
    """
    near = set(paths[address])
    while more := {source for way in paths.values() if way & near for source in way} - near:
        near |= more
    found = {}
    for known, way in paths.items():
        if way & near:
            source = through.get(known)
            found[known] = way if source not in near or source is None else frozenset({source})
    return Neighbours(found, {source: free[source] for source in near})


def _placeable(ways: Sequence[frozenset[str]], free: Mapping[str, int]) -> bool:
    """Whether every link finds a slot on one of its ways: a bipartite matching.

    A link moves to another of its ways where it stands in the way of one that has no other.
    """
    held: dict[str, list[int]] = {source: [] for source in free}

    def place(link: int, tried: set[str]) -> bool:
        for source in ways[link] - tried:
            tried.add(source)
            links = held[source]
            if len(links) < free[source]:
                links.append(link)
                return True
            for seat, other in enumerate(links):
                if place(other, tried):
                    links[seat] = link
                    return True
        return False

    return all(place(link, set()) for link in range(len(ways)))
