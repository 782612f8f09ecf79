"""How the batteries of a bank are joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
import re


class Arrangement(StrEnum):
    """The four ways to join batteries."""

    PARALLEL = "parallel"
    SERIES = "series"
    PARALLEL_GROUPS = "parallel_groups"
    """Parallel groups joined in series."""
    SERIES_STRINGS = "series_strings"
    """Series strings joined in parallel."""


class LayoutError(ValueError):
    """The batteries do not fit the arrangement; `key` names the reason."""

    def __init__(self, key: str) -> None:
        """Keep the reason under the key that translations use."""
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Layout:
    """Batteries in blocks: each block a parallel group, or each a series string.

    A parallel bank is one group, a series bank one string.
    """

    arrangement: Arrangement
    blocks: tuple[tuple[str, ...], ...]

    @classmethod
    def of(
        cls, arrangement: Arrangement, batteries: Sequence[str], group_size: int | None = None
    ) -> Layout:
        """Divide the batteries, in their order, into blocks of `group_size`.

        Raises LayoutError: `too_few_batteries`, `duplicate_battery`, `uneven_groups`.
        """
        if len(batteries) < 2:
            raise LayoutError("too_few_batteries")
        if len(set(batteries)) != len(batteries):
            raise LayoutError("duplicate_battery")
        if arrangement in (Arrangement.PARALLEL, Arrangement.SERIES):
            return cls(arrangement, (tuple(batteries),))
        if not group_size or group_size < 2 or len(batteries) % group_size:
            raise LayoutError("uneven_groups")
        if group_size == len(batteries):
            raise LayoutError("uneven_groups")
        blocks = tuple(
            tuple(batteries[start : start + group_size])
            for start in range(0, len(batteries), group_size)
        )
        return cls(arrangement, blocks)

    @classmethod
    def from_notation(
        cls,
        notation: str,
        batteries: Sequence[str],
        combined: Arrangement = Arrangement.PARALLEL_GROUPS,
    ) -> Layout:
        """Read "1S4P", "3S1P" or, with `combined` telling which of the two it is, "2S3P".

        It is parallel groups unless told to be series strings.

        Raises LayoutError: `bad_notation`, `wrong_count`.
        """
        match = re.fullmatch(r"(\d+)([SP])(\d+)([SP])", notation.strip().upper())
        if match is None or match[2] == match[4]:
            raise LayoutError("bad_notation")
        counts = {match[2]: int(match[1]), match[4]: int(match[3])}
        series, parallel = counts["S"], counts["P"]
        if series * parallel != len(batteries):
            raise LayoutError("wrong_count")
        if series == 1:
            return cls.of(Arrangement.PARALLEL, batteries)
        if parallel == 1:
            return cls.of(Arrangement.SERIES, batteries)
        if combined is Arrangement.SERIES_STRINGS:
            return cls.of(combined, batteries, series)
        return cls.of(Arrangement.PARALLEL_GROUPS, batteries, parallel)

    @property
    def batteries(self) -> tuple[str, ...]:
        """All batteries in their order."""
        return tuple(battery for block in self.blocks for battery in block)

    @property
    def series(self) -> int:
        """How many batteries add up their voltage."""
        if self.arrangement in (Arrangement.SERIES, Arrangement.SERIES_STRINGS):
            return len(self.blocks[0])
        return len(self.blocks)

    @property
    def parallel(self) -> int:
        """How many batteries, or strings, add up their current."""
        return len(self.batteries) // self.series

    @property
    def notation(self) -> str:
        """For example "2S3P"."""
        return f"{self.series}S{self.parallel}P"

    @property
    def sharing(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """Sets of branches that share one current; a branch is a battery or a string."""
        match self.arrangement:
            case Arrangement.SERIES:
                return ()
            case Arrangement.SERIES_STRINGS:
                return (self.blocks,)
            case _:
                return tuple(tuple((battery,) for battery in block) for block in self.blocks)

    @property
    def strings(self) -> tuple[tuple[str, ...], ...]:
        """Batteries that carry the same current."""
        if self.arrangement in (Arrangement.SERIES, Arrangement.SERIES_STRINGS):
            return self.blocks
        return ()
