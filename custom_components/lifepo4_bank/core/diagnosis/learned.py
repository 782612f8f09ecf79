"""What the readings of one battery have taught about it alone."""

from dataclasses import replace
from typing import Any

from ..battery import AmpereHours, Amperes, Battery, BatterySample, Seconds, Volts
from ..chemistry import TOP_KNEE, cells_in_series, nominal_from_voltage
from ..counter import LONGEST, CapacityRatio, ChargeCounter, CounterDrift
from ..floor import LARGEST, DetectionFloor
from ..resistance import SPAN, STEP, OwnResistance
from ..resolution import Resolution
from .finding import WhyNot
from .fulls import FullCharges
from .knee import on_plateau
from .plausibility import implausible
from .rules import LONGEST_GAP, SILENCE

FAR = 3.0
"""A step from or to a reading of 0 must be this many times larger: the true current is unknown."""
ABRUPT = 0.15
"""Change of current, in parts of it, that is a load's doing: what batteries exchange decays by itself,
and the open-circuit voltage moves with it."""
ALONE = 2.0
"""Current in detection floors up to which a lone reading is noise, and the battery not in use."""
BOTTOM_STEP: Volts = 3.0
"""Cell voltage below which the open-circuit voltage itself moves with every step."""
SET_BACK: Seconds = 60.0
"""A reading older by so much does not come late: the clock was set back."""


class Learned:
    """The newest believable reading of a battery, and the estimates that need no other battery."""

    __slots__ = (
        "active_at", "battery", "capacity_ratio", "charge", "drift", "floor", "fulls", "gain", "id",
        "last", "reading", "refused", "reported", "resistance", "resolution", "rest_since", "seen",
        "serial",
    )  # fmt: skip

    def __init__(self, battery: Battery) -> None:
        """Start without a reading."""
        self.battery = battery
        self.id = battery.id
        self.reading: BatterySample | None = None
        """The newest, None when it is missing or not to be believed."""
        self.seen: BatterySample | None = None
        """The newest as it was read, believable or not."""
        self.gain = 1.0
        """By which its currents read too high, as far as that is certain."""
        self.refused: WhyNot | None = None
        self.reported: AmpereHours | None = None
        """The full capacity that its BMS told last: it is no other while the battery is silent."""
        self.serial = 0
        """Counts believable readings."""
        self.last: tuple[Seconds, Volts, Amperes] | None = None
        self.rest_since: Seconds | None = None
        """Since when no current flows."""
        self.active_at: Seconds | None = None
        """When it was last in use, or the first reading was made."""
        self.fulls = FullCharges()
        self.floor = DetectionFloor(battery.brand, battery.detection_floor)
        self.resolution = Resolution()
        self.resistance = OwnResistance()
        self.charge = ChargeCounter()
        self.drift = CounterDrift()
        self.capacity_ratio = CapacityRatio()

    def update(self, reading: BatterySample | None) -> bool:
        """Take the newest reading, None when there is none; says whether facts have changed."""
        before = self.reading
        self.seen = reading
        if reading is None:
            self.reading = None
            self.refused = None
            return before is not None
        time = reading.time
        if before is not None and before.time - SET_BACK <= time <= before.time:
            return False
        refused = implausible(reading, self.battery)
        if refused is not None:
            changed = refused != self.refused
            self.refused = refused
            self.reading = None
            return changed
        self.refused = None
        if self.gain != 1.0 and reading.current:
            reading = replace(reading, current=reading.current / self.gain)
        self.reading = reading
        self.reported = reading.capacity or self.reported
        if self.last is None or not self.last[0] - SET_BACK <= time <= self.last[0]:
            self.serial += 1
            if reading.current is not None:
                self._learn(reading, reading.current)
        return (
            before is None
            or reading.protections != before.protections
            or reading.charge_enabled is not before.charge_enabled
            or reading.discharge_enabled is not before.discharge_enabled
            or reading.charge_commanded is not before.charge_commanded
            or reading.discharge_commanded is not before.discharge_commanded
        )

    def calibrate(self, gain: float) -> None:
        """Put currents right by another gain from now on."""
        if gain == self.gain:
            return
        if self.last is not None:
            time, voltage, current = self.last
            self.last = (time, voltage, current * self.gain / gain)
        self.gain = gain

    def _learn(self, reading: BatterySample, current: Amperes) -> None:
        time, voltage, last = reading.time, reading.voltage, self.last
        if self.charge.time is not None and not 0 <= time - self.charge.time <= LONGEST:
            self._resume(reading, time - self.charge.time)
        if current:
            self.rest_since = None
            if -LARGEST < current < LARGEST:
                self.floor.update(current)
        elif self.rest_since is None:
            self.rest_since = time
        if self.active_at is None or self._in_use(current):
            self.active_at = time
        self.charge.update(time, current)
        if voltage is None:
            return
        if last is not None:
            step = current - last[2]
            if not -STEP * self.floor.value < step < STEP * self.floor.value:
                self._step(reading, voltage, current, last)
        if not self.resolution.finest:
            self.resolution.update(voltage)
        self.last = (time, voltage, current)

    def _in_use(self, current: Amperes) -> bool:
        """Whether the battery carries current now, and it is no noise."""
        again = current and self.charge.current
        return bool(again) or abs(current) >= ALONE * self.floor.value

    def _resume(self, reading: BatterySample, gap: Seconds) -> None:
        """Go on after a gap, or with a clock set back: nobody knows what has flowed meanwhile."""
        self.capacity_ratio.resume()
        if reading.soc is not None:
            self.drift.resume(reading.soc, self.charge.charge)
        if not 0 <= gap <= LONGEST_GAP:
            self.rest_since = None
        if gap > SILENCE:
            self.forget()

    def _step(
        self, reading: BatterySample, voltage: Volts, current: Amperes,
        last: tuple[Seconds, Volts, Amperes],
    ) -> None:  # fmt: skip
        step = current - last[2]
        blind = not current or not last[2]
        if reading.time - last[0] > SPAN or (blind and abs(step) < FAR * STEP * self.floor.value):
            return
        if abs(step) < ABRUPT * max(abs(current), abs(last[2])):
            return
        if on_plateau(reading.soc) or self._between_knees(voltage, last[1]):
            noise = 0.4 * self.resolution.step + 0.002 * (self.cells or 4) / 4
            self.resistance.update(reading.time, voltage - last[1], step, noise)

    def _between_knees(self, voltage: Volts, before: Volts) -> bool:
        """Whether the voltage itself, its drop included, is where the curve is flat."""
        cell = voltage / self.cells if self.cells else 3.2
        return BOTTOM_STEP < cell < TOP_KNEE and before < TOP_KNEE * (self.cells or 1000)

    def count_charge(self, reading: BatterySample) -> None:
        """Compare the SoC counter with the current; every minute is often enough."""
        if reading.soc is None:
            return
        capacity = self.capacity
        if capacity:
            self.drift.update(reading.time, reading.soc, self.charge.charge, capacity)
        self.capacity_ratio.update(reading.soc, self.charge.charge)

    @property
    def capacity(self) -> AmpereHours | None:
        """Full-charge capacity in Ah: as entered, as the BMS says, or as charge and SoC tell."""
        if self.battery.capacity is not None:
            return self.battery.capacity
        return self.reported or self.capacity_ratio.value

    @property
    def cells(self) -> int | None:
        """Cells in series, None when nothing tells."""
        reading = self.reading
        if reading is not None and reading.cells:
            return len(reading.cells)
        nominal = self.nominal_voltage
        return cells_in_series(nominal) if nominal else None

    @property
    def nominal_voltage(self) -> Volts | None:
        """As known, else what the voltage must belong to."""
        if self.battery.nominal_voltage is not None:
            return self.battery.nominal_voltage
        reading = self.reading
        if reading is None:
            return None
        if reading.cells:
            return 3.2 * len(reading.cells)
        return None if reading.voltage is None else nominal_from_voltage(reading.voltage)

    def forget(self) -> None:
        """Start anew what may have changed in a long silence: warmth, age, the battery itself."""
        self.resistance.forget()

    def save(self) -> dict[str, Any]:
        """Give all that is learned, for JSON."""
        return {
            "last": self.last and list(self.last),
            "reported": self.reported,
            "rest_since": self.rest_since,
            "active_at": self.active_at,
            "floor": self.floor.save(),
            "resolution": self.resolution.save(),
            "resistance": self.resistance.save(),
            "charge": self.charge.save(),
            "drift": self.drift.save(),
            "capacity": self.capacity_ratio.save(),
            "fulls": self.fulls.save(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up what `save` gave."""
        last = saved["last"]
        self.last = None if last is None else (float(last[0]), float(last[1]), float(last[2]))
        self.reported = None if saved["reported"] is None else float(saved["reported"])
        self.rest_since = saved["rest_since"]
        self.active_at = saved["active_at"]
        self.floor.restore(saved["floor"])
        self.resolution.restore(saved["resolution"])
        self.resistance.restore(saved["resistance"])
        self.charge.restore(saved["charge"])
        self.drift.restore(saved["drift"])
        self.capacity_ratio.restore(saved["capacity"])
        self.fulls.restore(saved["fulls"])
