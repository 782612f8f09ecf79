"""All that is concluded of a bank, moment after moment: its diagnosis and its totals."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .bank import BankSample
from .battery import Battery, Fraction
from .diagnosis.engine import Diagnosis, Options
from .diagnosis.finding import BankState, Kind, Severity
from .layout import Layout
from .shunt import ShuntWatch
from .tally import Tally

TRUSTED_SHARE: Fraction = 0.1
"""A share counts once its standard deviation is below ten points."""


class Judgement:
    """Checks the shunt, judges the batteries, and adds them up."""

    def __init__(
        self,
        layout: Layout,
        batteries: Mapping[str, Battery],
        options: Options,
        shunt: str | None = None,
    ) -> None:
        """Start with nothing learned; `shunt` says which one is in the main cable."""
        self.layout = layout
        self.tally = Tally(layout)
        self.diagnosis = Diagnosis(layout, batteries, options)
        self._watch = ShuntWatch(layout)
        self._shunt = shunt

    def conclude(
        self, sample: BankSample, batteries: Mapping[str, Battery], gone: frozenset[str]
    ) -> BankState:
        """Judge one moment; `gone` are batteries that are no longer set up."""
        self._renew(batteries)
        sample = self._watch.check(sample)
        state = self.diagnosis.update(sample)
        totals = self.tally.update(
            sample,
            {battery: known for battery, known in batteries.items() if battery not in gone},
            share={
                battery: share.value
                for battery, share in state.share.items()
                if share.sigma <= TRUSTED_SHARE
            },
            fair_share=state.fair_share,
            cut_off=_cut_off(state),
        )
        return replace(state, totals=totals, sample=sample)

    def _renew(self, batteries: Mapping[str, Battery]) -> None:
        """Tell the diagnosis what a battery has only now said about itself."""
        judged = self.diagnosis.members
        if all(
            replace(judged[name].battery, name="") == replace(battery, name="")
            for name, battery in batteries.items()
        ):
            return
        learned = self.diagnosis.save()
        self.diagnosis = Diagnosis(self.layout, batteries, self.diagnosis.options)
        self.diagnosis.restore(learned)

    def save(self) -> dict[str, Any]:
        """Give all that a restart must not lose, for JSON."""
        return {
            "layout": self._signature,
            "diagnosis": self.diagnosis.save(),
            "tally": self.tally.save(),
            "shunt": [self._shunt, self._watch.save()],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave, as far as it fits layout and shunt.

        Raises ValueError when it is no such thing; then this is of no use any more.
        """
        try:
            shunt, watched = saved["shunt"]
            self.tally.restore(saved["tally"])
            if saved["layout"] == self._signature:
                self.diagnosis.restore(saved["diagnosis"])
            if shunt == self._shunt:
                self._watch.restore(watched)
            else:
                self.diagnosis.calibration.forget()
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a saved judgement: {error!r}") from error

    @property
    def _signature(self) -> list[Any]:
        """What must be the same for a saved diagnosis to fit."""
        return [self.layout.arrangement.value, [list(block) for block in self.layout.blocks]]


def _cut_off(state: BankState) -> frozenset[str]:
    """Batteries that were found to carry nothing though they must; without charging, one gives."""
    return frozenset(
        battery
        for finding in state.findings
        if finding.kind is Kind.NOT_PARTICIPATING
        and finding.severity > Severity.NOTE
        and finding.cause != "charge_off"
        for battery in finding.batteries
    )
