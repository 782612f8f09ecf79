"""The latest moments of a bank, and what had been learned before the first of them."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .bank import BankSample

type Learned = Mapping[str, Any]


class Recent:
    """Keeps enough to live the latest hours again: where they began, and all readings since.

    Whole chunks are dropped, because only before the first moment of a chunk is what was learned
    kept: between `length` and twice as many moments are there.
    """

    def __init__(self, length: int) -> None:
        """Keep nothing yet."""
        self._length = length
        self._chunks: deque[tuple[Learned, list[BankSample]]] = deque(maxlen=2)

    def __iter__(self) -> Iterator[BankSample]:
        """Go through the moments, the oldest first."""
        for _, samples in self._chunks:
            yield from samples

    @property
    def learned(self) -> Learned | None:
        """What had been learned before the oldest moment, None while there is none."""
        return self._chunks[0][0] if self._chunks else None

    def add(self, sample: BankSample, learned: Callable[[], Learned]) -> None:
        """Keep a moment, if it has other readings than the one before.

        It must not have been judged yet when `learned` is asked.
        """
        if self._chunks:
            newest = self._chunks[-1][1]
            if sample.batteries == newest[-1].batteries:
                return
            if len(newest) < self._length:
                newest.append(sample)
                return
        self._chunks.append((learned(), [sample]))
