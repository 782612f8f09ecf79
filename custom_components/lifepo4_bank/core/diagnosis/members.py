"""One battery of the bank as the rules see it: what its newest reading means."""

from ..battery import Battery, BatterySample, BatteryState, Fraction, Seconds, Volts
from ..chemistry import BOTTOM_KNEE, TOP_KNEE
from .knee import KNOWN, LEAST, STEPS, in_knee, is_climbing, is_falling, typical, without_current
from .learned import Learned


class Member(Learned):
    """One battery: what is known of it, and the state that its newest reading shows."""

    __slots__ = ("_settled", "_settled_by")

    def __init__(self, battery: Battery) -> None:
        """Start without a reading."""
        super().__init__(battery)
        self._settled = False
        self._settled_by: BatterySample | None = None
        """The reading that it was told from: it is asked often."""

    @property
    def resting_cells(self) -> tuple[Volts, Volts] | None:
        """Lowest and highest cell as they would be without the present current."""
        reading, cells = self.reading, self.cells
        if reading is None or not cells:
            return None
        known = self.resistance
        if known.count >= STEPS and known.sigma < KNOWN * known.value:
            own = known.value
        else:
            own = typical(cells, self.capacity)
            if (reading.current or 0.0) < 0:
                own *= LEAST
        return without_current(reading, cells, own)

    @property
    def knee(self) -> bool:
        """Whether a cell is where the open-circuit voltage is steep."""
        resting = self.resting_cells
        return resting is not None and in_knee(self.reading, resting)

    @property
    def at_limit(self) -> bool:
        """Whether a cell, current or not, is beyond the plateau."""
        cells = self.reading.cells if self.reading is not None else ()
        return bool(cells) and (max(cells) > TOP_KNEE or min(cells) < BOTTOM_KNEE)

    @property
    def nearly_full(self) -> bool:
        """Whether counter and voltage agree that the curve has begun to climb."""
        soc, resting = self.soc, self.resting_cells
        return soc is not None and resting is not None and is_climbing(soc, resting)

    @property
    def nearly_empty(self) -> bool:
        """Whether counter and voltage agree that the curve has begun to fall."""
        soc, resting = self.soc, self.resting_cells
        return soc is not None and resting is not None and is_falling(soc, resting)

    @property
    def settled(self) -> bool:
        """Whether nothing but resistance decides its current: no knee, no MOSFET that opens."""
        reading = self.reading
        if reading is not self._settled_by:
            self._settled_by = reading
            self._settled = (
                reading is not None
                and not reading.tripped
                and reading.state is not BatteryState.FULL
                and reading.charge_enabled is not False
                and reading.discharge_enabled is not False
                and not self.knee
            )
        return self._settled

    @property
    def voltage(self) -> Volts | None:
        """Sum of the cells where they are told: that is finer than most batteries' voltage."""
        reading = self.reading
        if reading is None:
            return None
        return sum(reading.cells) if reading.cells else reading.voltage

    @property
    def blur(self) -> Volts:
        """Step in which that voltage is told, as far as it is too coarse for small differences."""
        return 0.0 if self.reading is not None and self.reading.cells else self.resolution.step

    @property
    def measures(self) -> bool:
        """Whether it reports both voltage and current."""
        reading = self.reading
        return reading is not None and None not in (reading.voltage, reading.current)

    @property
    def tripped(self) -> bool:
        """Whether its BMS reports a fault; its MOSFETs may then open and close at any time."""
        return self.reading is not None and self.reading.tripped

    @property
    def soc(self) -> Fraction | None:
        """Reported SoC."""
        return None if self.reading is None else self.reading.soc

    def rested(self, time: Seconds) -> Seconds:
        """For how long no current has flowed."""
        return 0.0 if self.rest_since is None else time - self.rest_since
