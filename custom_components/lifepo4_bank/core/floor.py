"""The smallest current that a BMS reports: its dead band, learned from readings."""

from .battery import Amperes

DEFAULT: Amperes = 1.0
"""An unknown BMS (Daly2MQTT #171, batmon notes: 0.3-2 A)."""
LITIME: Amperes = 1.5
"""LiTime begins to count at 1-1.5 A (article 3.3)."""
LARGEST: Amperes = 3.0
SMALLEST: Amperes = 0.1
ENOUGH = 12
"""Small readings before they count for more than what is known of the brand."""


class DetectionFloor:
    """Smallest non-zero current seen, once small ones have been seen often enough."""

    __slots__ = ("_count", "_smallest", "known", "value")

    def __init__(self, brand: str | None, entered: Amperes | None = None) -> None:
        """Start from the brand; what the owner entered is final."""
        self.known = entered is not None
        default = LITIME if (brand or "").casefold() == "litime" else DEFAULT
        self.value = default if entered is None else max(entered, SMALLEST)
        self._smallest = LARGEST
        self._count = 0

    def update(self, current: Amperes) -> None:
        """Learn from a small non-zero current."""
        size = abs(current)
        if self.known or not 0 < size < LARGEST:
            return
        self._smallest = min(size, self._smallest)
        self._count += 1
        if self._count >= ENOUGH:
            self.value = max(self._smallest, SMALLEST)

    def save(self) -> list[float]:
        """Give all that is learned, for JSON."""
        return [self._smallest, self._count]

    def restore(self, saved: list[float]) -> None:
        """Take up what `save` gave."""
        smallest, count = saved
        self._smallest, self._count = float(smallest), int(count)
        if not self.known and self._count >= ENOUGH:
            self.value = max(self._smallest, SMALLEST)
