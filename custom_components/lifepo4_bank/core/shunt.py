"""Whether an external shunt measures the bank's current: a sign or a unit may be wrong."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from .bank import BankSample
from .battery import Amperes
from .layout import Layout
from .totals import batteries_current

LEAST: Amperes = 5.0
"""Current of the batteries from which they refute a shunt: far above any dead band."""
UNLIKE = 2.5
"""Factor between both that no sensors explain, not even with one of two batteries blind."""
AGAIN = 3
"""Judgements in a row that count while there is too little current to judge."""


class ShuntTrouble(StrEnum):
    """Why a shunt is not used."""

    MISSING = "missing"
    """There is no such entity."""
    UNAVAILABLE = "unavailable"
    """It has no number now."""
    WRONG_UNIT = "wrong_unit"
    STALE = "stale"
    """It has been silent for too long."""
    INVERTED = "inverted"
    """It counts discharging as positive."""
    UNLIKE_BATTERIES = "unlike_batteries"
    """It measures something else than these batteries, or in another unit than it says."""
    OWN = "own"
    """It is made of what the batteries report: it knows no more than they do."""


class ShuntWatch:
    """Compares the shunt with the batteries, and takes it out of samples that they refute."""

    def __init__(self, layout: Layout) -> None:
        """Trust the shunt until the batteries refute it."""
        self._layout = layout
        self._said: list[ShuntTrouble | None] = []
        """The latest judgements."""

    def check(self, sample: BankSample) -> BankSample:
        """Return the sample, without the shunt's current where that cannot be the bank's."""
        shunt = sample.shunt_current
        if shunt is None:
            return sample
        reported = batteries_current(self._layout, sample.batteries)
        if reported is not None and abs(reported) >= LEAST:
            trouble = self._judge(shunt, reported, sample)
            self._said = [*self._said, trouble][-AGAIN:]
        else:
            trouble = self._lasting
        if trouble is None:
            return sample
        return replace(sample, shunt_current=None, shunt_trouble=trouble)

    def _judge(self, shunt: Amperes, reported: Amperes, sample: BankSample) -> ShuntTrouble | None:
        # Some brands report the current of all from each battery.
        fleet = batteries_current(self._layout, sample.batteries, fleet=True) or reported
        lowest, highest = sorted((abs(reported), abs(fleet)))
        if not lowest / UNLIKE <= abs(shunt) <= highest * UNLIKE:
            return ShuntTrouble.UNLIKE_BATTERIES
        return ShuntTrouble.INVERTED if (shunt > 0) is not (reported > 0) else None

    @property
    def _lasting(self) -> ShuntTrouble | None:
        """What the latest judgements agree on."""
        alike = len(self._said) == AGAIN and len(set(self._said)) == 1
        return self._said[-1] if alike else None

    def save(self) -> list[str | None]:
        """Give the latest judgements, for JSON."""
        return list(self._said)

    def restore(self, saved: Sequence[str | None]) -> None:
        """Take up what `save` gave; raise ValueError if it is something else."""
        self._said = [None if one is None else ShuntTrouble(one) for one in saved][-AGAIN:]
