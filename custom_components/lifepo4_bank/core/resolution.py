"""How coarse a sensor is, told from the digits of its readings."""

STEPS = (0.1, 0.01, 0.001)
"""From a Daly's 100 mV over a JBD's 10 mV to the usual 1 mV."""


class Resolution:
    """Coarsest step of which all readings so far were multiples."""

    __slots__ = ("_index", "finest", "step")

    def __init__(self) -> None:
        """Start coarse: trust in digits must be earned."""
        self._set(0)

    def _set(self, index: int) -> None:
        self._index = index
        self.step = STEPS[index]
        self.finest = index == len(STEPS) - 1
        """Whether nothing more can be learned."""

    def update(self, reading: float) -> None:
        """Learn from one reading."""
        while not self.finest and abs(reading / self.step - round(reading / self.step)) > 1e-3:
            self._set(self._index + 1)

    def save(self) -> int:
        """Give all that is learned, for JSON."""
        return self._index

    def restore(self, saved: int) -> None:
        """Take up what `save` gave."""
        self._set(saved)
