"""What is known of one battery of the bank from its readings so far."""

from ..battery import Battery, BatterySample
from ..resistance import SPAN, STEP, OwnResistance
from .plausibility import implausible

DEFAULT_FLOOR = 1.0
"""Detection floor in A of an unknown BMS (Daly2MQTT #171, batmon notes)."""
LITIME_FLOOR = 1.5
"""LiTime begins to count current at 1-1.5 A (article 3.3)."""


class Member:
    """One battery: its newest plausible reading and the estimates about it alone."""

    __slots__ = (
        "battery", "floor", "fresh", "id", "reading", "refused", "resistance",
    )  # fmt: skip

    def __init__(self, battery: Battery) -> None:
        """Start without a reading."""
        self.battery = battery
        self.id = battery.id
        self.reading: BatterySample | None = None
        self.fresh = False
        self.refused: str | None = None
        self.resistance = OwnResistance()
        known = LITIME_FLOOR if (battery.brand or "").casefold() == "litime" else DEFAULT_FLOOR
        self.floor = known if battery.detection_floor is None else battery.detection_floor

    def update(self, reading: BatterySample | None) -> None:
        """Take a new reading, or None when there is none."""
        before = self.reading
        if reading is None or reading is before:
            self.fresh = False
            if reading is None:
                self.reading = None
            return
        if before is not None and reading.time <= before.time:
            self.fresh = False
            return
        self.refused = implausible(reading)
        self.fresh = True
        self.reading = reading
        if before is not None and self.refused is None:
            self._step(before, reading)

    def _step(self, before: BatterySample, now: BatterySample) -> None:
        if before.current is None or now.current is None:
            return
        step = now.current - before.current
        if -STEP < step < STEP or now.time - before.time > SPAN:
            return
        if before.voltage is None or now.voltage is None:
            return
        self.resistance.update(now.time, now.voltage - before.voltage, step, 0.005)

    @property
    def capacity(self) -> float | None:
        """Full-charge capacity in Ah, as entered or as the BMS reports."""
        if self.battery.capacity is not None:
            return self.battery.capacity
        return self.reading.capacity if self.reading is not None else None
