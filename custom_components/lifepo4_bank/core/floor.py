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
    """Between the smallest current seen and the largest that flowed unseen, each often enough.

    One reading alone proves nothing: a current that stops while it is averaged reads small, too.
    """

    __slots__ = ("_count", "_smallest", "_unseen", "_unseen_count", "known", "value")

    def __init__(self, brand: str | None, entered: Amperes | None = None) -> None:
        """Start from the brand; what the owner entered is final."""
        self.known = entered is not None
        default = LITIME if (brand or "").casefold() == "litime" else DEFAULT
        self.value = default if entered is None else max(entered, SMALLEST)
        self._smallest = LARGEST
        self._count = 0
        self._unseen = LARGEST
        self._unseen_count = 0

    def update(self, current: Amperes) -> None:
        """Learn from a small non-zero current."""
        size = abs(current)
        if self.known or not 0 < size < LARGEST:
            return
        self._smallest = min(size, self._smallest)
        self._count += 1
        if self._count >= ENOUGH:
            # That nothing smaller was seen yet does not make the dead band larger.
            self.value = max(min(self.value, self._smallest), SMALLEST)

    def unseen(self, current: Amperes) -> None:
        """Learn from a current that another sensor saw while this one read 0."""
        size = abs(current)
        if self.known or not self.value < size < LARGEST:
            return
        self._unseen = min(size, self._unseen)
        self._unseen_count += 1
        if self._unseen_count >= ENOUGH:
            self.value = self._smallest = self._unseen
            self._unseen = LARGEST
            self._count = self._unseen_count = 0

    def save(self) -> list[float]:
        """Give all that is learned, for JSON."""
        return [self._smallest, self._count, self._unseen, self._unseen_count, self.value]

    def restore(self, saved: list[float]) -> None:
        """Take up what `save` gave."""
        smallest, count, unseen, unseen_count, value = saved
        self._smallest, self._count = float(smallest), int(count)
        self._unseen, self._unseen_count = float(unseen), int(unseen_count)
        if not self.known:
            self.value = float(value)
