"""What the owner asked of the MOSFETs, where the battery itself does not tell it apart.

A BMS closes a MOSFET that was switched off by itself while current flows the permitted way,
and opens it again afterwards without a new command. So an off that reads as on is still an off
while that current flows; anything else is news of somebody else's command.
"""

from collections.abc import Mapping
from dataclasses import replace

from ..core.battery import BatterySample, BatteryState
from .family import Mosfet


def reported(sample: BatterySample, mosfet: Mosfet) -> bool | None:
    """Return whether the MOSFET conducts now."""
    if mosfet is Mosfet.DISCHARGE:
        return sample.discharge_enabled
    return sample.charge_enabled


def commanded(sample: BatterySample, mosfet: Mosfet) -> bool | None:
    """Return what was asked of the MOSFET, as far as it is known."""
    if mosfet is Mosfet.DISCHARGE:
        return sample.discharge_commanded
    return sample.charge_commanded


def held_closed(sample: BatterySample, mosfet: Mosfet) -> bool:
    """Whether current flows in the direction in which the BMS closes this MOSFET by itself."""
    if sample.current is None:
        return False
    return sample.current > 0 if mosfet is Mosfet.DISCHARGE else sample.current < 0


def opened_by_bms(sample: BatterySample, mosfet: Mosfet) -> bool:
    """Whether the BMS has a reason of its own to keep this MOSFET open."""
    if sample.protections:
        return True
    return mosfet is Mosfet.CHARGE and sample.state is BatteryState.FULL


def follows(sample: BatterySample, mosfet: Mosfet, on: bool) -> bool:
    """Whether a reading confirms that the BMS has taken a command.

    An order to close that a protection overrules is not confirmed, unless the battery tells
    by itself that it has taken the order.
    """
    told = commanded(sample, mosfet)
    if told is not None and told is not on:
        return False
    if reported(sample, mosfet) is on:
        return True
    if told is on:
        return not on or opened_by_bms(sample, mosfet)
    if not on:
        return held_closed(sample, mosfet)
    return mosfet is Mosfet.CHARGE and sample.state is BatteryState.FULL


class Commanded:
    """Remembers our own confirmed commands to one battery."""

    def __init__(self) -> None:
        """Know of no command."""
        self._asked: dict[Mosfet, bool] = {}

    @property
    def asked(self) -> Mapping[Mosfet, bool]:
        """Our own commands that still count."""
        return dict(self._asked)

    def confirmed(self, mosfet: Mosfet, on: bool) -> None:
        """Remember a command that the battery has taken."""
        self._asked[mosfet] = on

    def fill(self, sample: BatterySample) -> BatterySample:
        """Put the remembered commands where the battery is silent about them."""
        for mosfet in tuple(self._asked):
            if not self._still_counts(sample, mosfet):
                del self._asked[mosfet]
        discharge, charge = sample.discharge_commanded, sample.charge_commanded
        return replace(
            sample,
            discharge_commanded=self._asked.get(Mosfet.DISCHARGE)
            if discharge is None
            else discharge,
            charge_commanded=self._asked.get(Mosfet.CHARGE) if charge is None else charge,
        )

    def _still_counts(self, sample: BatterySample, mosfet: Mosfet) -> bool:
        """Whether a reading leaves our last command as the newest."""
        on, now, told = self._asked[mosfet], reported(sample, mosfet), commanded(sample, mosfet)
        if told is not None:
            return told is on
        if now is None or now is on:
            return True
        return opened_by_bms(sample, mosfet) if on else held_closed(sample, mosfet)
