"""The totals of a bank over time, remembered so that they neither jump nor step back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .bank import BankSample
from .battery import AmpereHours, Battery, BatterySample, Fraction, Volts
from .chemistry import nominal_from_voltage
from .energy import EnergyMeter
from .fleet import FleetWatch
from .layout import Layout
from .totals import Totals, capacity_of, measure, sharing_imbalance

LOWEST_GUESS: Fraction = 0.05
"""That a battery is empty is for its own BMS to say."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What stays known of a battery while it is missing."""

    soc: Fraction | None = None
    """Last SoC, moved along with that of the others since."""
    capacity: AmpereHours | None = None
    nominal: Volts | None = None


class Tally:
    """Adds up a bank, sample after sample.

    Capacity and nominal voltage do not age, so that a missing battery still counts with them.
    SoC does: a missing battery's is moved by what the others change in the mean, since batteries
    of one bank charge and discharge together; its own next reading counts again.
    """

    def __init__(self, layout: Layout) -> None:
        """Begin without any knowledge."""
        self.layout = layout
        self.meter = EnergyMeter()
        self._fleet = FleetWatch(layout)
        self._counted = False
        self._known = {battery: Remembered() for battery in layout.batteries}
        self._heard: frozenset[str] = frozenset()

    def update(
        self,
        sample: BankSample,
        batteries: Mapping[str, Battery],
        *,
        share: Mapping[str, Fraction] | None = None,
        fair_share: Mapping[str, Fraction] | None = None,
        cut_off: Collection[str] = (),
    ) -> Totals:
        """Add up one moment; `batteries` holds those that are still set up."""
        fleet = self._fleet.update(sample.batteries)
        self._remember(sample, batteries)
        totals = measure(
            self.layout,
            sample,
            batteries,
            socs={
                battery: known.soc
                for battery, known in self._known.items()
                if known.soc is not None
            },
            capacities={
                battery: known.capacity if battery in batteries else None
                for battery, known in self._known.items()
            },
            nominal={battery: known.nominal for battery, known in self._known.items()},
            fleet=fleet,
            cut_off=cut_off,
        )
        self.meter.update(sample.time, totals.power)
        self._counted = self._counted or totals.power is not None
        return replace(
            totals,
            soc=totals.soc if totals.online else None,
            energy_charged=self.meter.charged if self._counted else None,
            energy_discharged=self.meter.discharged if self._counted else None,
            sharing_imbalance=sharing_imbalance(share or {}, fair_share or {}),
        )

    def _remember(self, sample: BankSample, batteries: Mapping[str, Battery]) -> None:
        fresh = {
            battery: reading
            for battery in self.layout.batteries
            if (reading := sample.batteries.get(battery)) is not None
        }
        socs = {
            battery: reading.soc for battery, reading in fresh.items() if reading.soc is not None
        }
        moved = self._moved(socs)
        for battery, known in self._known.items():
            reading = fresh.get(battery)
            soc = socs.get(battery)
            self._known[battery] = Remembered(
                soc=_carried(known.soc, moved) if soc is None else soc,
                capacity=capacity_of(batteries.get(battery), reading) or known.capacity,
                nominal=_nominal(batteries.get(battery), reading) or known.nominal,
            )
        self._heard = frozenset(socs)

    def _moved(self, socs: Mapping[str, Fraction]) -> Fraction:
        """Mean change of SoC of the batteries heard now and at the moment before.

        After a moment without any, what was known of those heard now serves.
        """
        compared = (self._heard & socs.keys()) or socs.keys()
        changes = [
            socs[battery] - soc
            for battery in compared
            if (soc := self._known[battery].soc) is not None
        ]
        return sum(changes) / len(changes) if changes else 0.0

    def save(self) -> dict[str, Any]:
        """Return all that a restart must not lose, as JSON."""
        return {
            "energy": self.meter.save() if self._counted else None,
            "fleet_current": self._fleet.detected,
            "batteries": {
                battery: [known.soc, known.capacity, known.nominal]
                for battery, known in self._known.items()
            },
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from a save; raise ValueError, unchanged, if it is broken.

        Batteries that the layout no longer has are left out.
        """
        try:
            known = {
                battery: Remembered(*(None if value is None else float(value) for value in values))
                for battery, values in saved["batteries"].items()
                if battery in self._known
            }
            energy, fleet = saved["energy"], bool(saved["fleet_current"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("saved totals are incomplete") from error
        if energy is not None:
            self.meter.restore(energy)
        self._counted = energy is not None
        self._known |= known
        self._fleet.restore(detected=fleet)


def _carried(soc: Fraction | None, moved: Fraction) -> Fraction | None:
    return None if soc is None else min(max(soc + moved, min(soc, LOWEST_GUESS)), 1.0)


def _nominal(battery: Battery | None, sample: BatterySample | None) -> Volts | None:
    if battery is not None and battery.nominal_voltage:
        return battery.nominal_voltage
    if sample is None or sample.voltage is None:
        return None
    return nominal_from_voltage(sample.voltage)
