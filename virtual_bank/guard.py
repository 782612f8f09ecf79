"""The protecting half of a BMS: which MOSFETs are open, and why."""

from custom_components.lifepo4_bank.core.battery import Amperes, Celsius, Fraction, Seconds, Volts

from .bms import BLOCKS_CHARGE, BLOCKS_DISCHARGE, Bms, Protection

# Trip and recovery of cells and temperatures: the usual settings of 4-cell boards.
CELL_OVER: tuple[Volts, Volts] = (3.65, 3.45)
CELL_UNDER: tuple[Volts, Volts] = (2.50, 3.00)
CHARGE_COLD: tuple[Celsius, Celsius] = (0.0, 5.0)
CHARGE_HOT: tuple[Celsius, Celsius] = (55.0, 50.0)
DISCHARGE_COLD: tuple[Celsius, Celsius] = (-20.0, -15.0)
DISCHARGE_HOT: tuple[Celsius, Celsius] = (60.0, 55.0)


class Guard:
    """Watches a battery and opens its MOSFETs.

    `charge_on` and `discharge_on` are the MOSFETs as they are now. One that is off closes by itself
    while current flows the permitted way, which spares its body diode, and opens again afterwards.
    """

    __slots__ = (
        "_full_for",
        "_left",
        "_over_for",
        "_settled",
        "bms",
        "capacity",
        "charge_commanded",
        "charge_on",
        "discharge_commanded",
        "discharge_on",
        "full",
        "protections",
    )

    def __init__(self, bms: Bms, capacity: float) -> None:
        """Start with both MOSFETs closed."""
        self.bms = bms
        self.capacity = capacity
        self.charge_commanded = self.discharge_commanded = True
        self.charge_on = self.discharge_on = True
        self.full = False
        self.protections: dict[Protection, bool] = {}
        """Those that hold; True: tripped by hand, so that only its time ends it."""
        self._left: dict[Protection, Seconds] = {}
        self._over_for = 0.0
        self._full_for = 0.0
        self._settled = True

    def command(self, mosfet: str, on: bool) -> None:
        """Do what the owner asks of the `charge` or `discharge` MOSFET."""
        if mosfet == "charge":
            self.charge_commanded = on
        elif mosfet == "discharge":
            self.discharge_commanded = on
        else:
            raise ValueError(mosfet)
        self.set_mosfets(0.0)

    def trip(self, protection: Protection, seconds: Seconds | None, *, by_hand: bool) -> None:
        """Let a protection hold, for so long at least; None: until cleared."""
        self.protections[protection] = by_hand
        if seconds is not None:
            self._left[protection] = seconds
        self._settled = False

    def clear(self) -> None:
        """End all protections; one whose reason lasts comes again."""
        self.protections.clear()
        self._left.clear()
        self.set_mosfets(0.0)

    def watch(
        self, current: Amperes, cells: list[Volts], temperature: Celsius, dt: Seconds
    ) -> None:
        """Look at voltages, current and temperature after `dt` seconds."""
        for protection in list(self._left):
            self._left[protection] -= dt
            if self._left[protection] <= 0:
                del self._left[protection]
                if self.protections[protection] or protection in _BY_CURRENT:
                    del self.protections[protection]
        self._watch_current(current, dt)
        high, low = max(cells), min(cells)
        self._hold(Protection.CELL_OVER_VOLTAGE, high > CELL_OVER[0], high < CELL_OVER[1])
        self._hold(Protection.CELL_UNDER_VOLTAGE, low < CELL_UNDER[0], low > CELL_UNDER[1])
        cold, warm = temperature < CHARGE_COLD[0], temperature > CHARGE_COLD[1]
        # Boards look at the cold when current begins to charge; an idle battery shows no fault.
        self._hold(Protection.CHARGE_LOW_TEMPERATURE, cold and current > 0.5, warm)
        self._hold(
            Protection.CHARGE_HIGH_TEMPERATURE,
            temperature > CHARGE_HOT[0],
            temperature < CHARGE_HOT[1],
        )
        self._hold(
            Protection.DISCHARGE_LOW_TEMPERATURE,
            temperature < DISCHARGE_COLD[0],
            temperature > DISCHARGE_COLD[1],
        )
        self._hold(
            Protection.DISCHARGE_HIGH_TEMPERATURE,
            temperature > DISCHARGE_HOT[0],
            temperature < DISCHARGE_HOT[1],
        )

    def _watch_current(self, current: Amperes, dt: Seconds) -> None:
        limit = self.bms.charge_limit if current > 0 else self.bms.discharge_limit
        if abs(current) <= limit * self.capacity:
            self._over_for = 0.0
            return
        self._over_for += dt
        if self._over_for >= self.bms.current_delay:
            kind = (
                Protection.CHARGE_OVER_CURRENT if current > 0 else Protection.DISCHARGE_OVER_CURRENT
            )
            self.trip(kind, self.bms.current_recovery, by_hand=False)

    def _hold(self, protection: Protection, trips: bool, recovers: bool) -> None:
        if trips:
            self.protections.setdefault(protection, False)
        elif recovers and self.protections.get(protection) is False:
            del self.protections[protection]

    def watch_full(self, current: Amperes, mean: Volts, dt: Seconds) -> bool:
        """Tell whether it became full: high voltage and hardly any current, for a minute."""
        bms = self.bms
        if self.full or mean < bms.full_cell or not 0 <= current < bms.full_rate * self.capacity:
            self._full_for = 0.0
            return False
        self._full_for += dt
        if self._full_for < 60.0:
            return False
        self.full = True
        return True

    def leave_full(self, counted: Fraction) -> None:
        """Be full no longer once some charge is gone."""
        if self.full and counted < self.bms.full_release:
            self.full = False

    def set_mosfets(self, current: Amperes) -> bool:
        """Open and close the MOSFETs; tell whether one of them changed."""
        before = self.charge_on, self.discharge_on
        tripped = self.protections.keys()
        charge = (
            self.charge_commanded
            and not (self.full and self.bms.opens_when_full)
            and not tripped & BLOCKS_CHARGE
        )
        discharge = self.discharge_commanded and not tripped & BLOCKS_DISCHARGE
        self._settled = charge and discharge and not self.protections and not self.full
        if not charge and discharge:
            charge = current < -(self.bms.reopen if self.charge_on else self.bms.reclose)
        elif charge and not discharge:
            discharge = current > (self.bms.reopen if self.discharge_on else self.bms.reclose)
        self.charge_on, self.discharge_on = charge, discharge
        return before != (charge, discharge)

    @property
    def settled(self) -> bool:
        """Whether both MOSFETs are closed and nothing is under way that could open one."""
        return self._settled and not self._left and self._over_for == 0.0

    def near_over_current(self, current: Amperes) -> bool:
        """Whether the current is beyond what the board lets pass for long."""
        limit = self.bms.charge_limit if current > 0 else self.bms.discharge_limit
        return abs(current) > limit * self.capacity


_BY_CURRENT = {
    Protection.CHARGE_OVER_CURRENT,
    Protection.DISCHARGE_OVER_CURRENT,
    Protection.SHORT_CIRCUIT,
}
