"""How far one current sensor reads above or below another that carries the same current."""

from .battery import Amperes, Seconds
from .line import Line


class Gain(Line):
    """Slope of one reading against its witness: a shunt, or the mean of a string's batteries."""

    __slots__ = ()

    def __init__(self) -> None:
        """Expect equal readings; sensors are within some percent."""
        super().__init__(1.0, (0.3, 2.0), (0.005, 0.05))

    def observe(self, time: Seconds, witness: Amperes, reading: Amperes, floor: Amperes) -> None:
        """Learn from both at one steady moment; what reads 0 tells nothing."""
        if witness and reading:
            self.update(time, witness, reading, (0.06 * floor) ** 2 + (0.002 * reading) ** 2)
