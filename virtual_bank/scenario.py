"""What a scenario is: a bank in its first moment, its load, and what should be found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from custom_components.lifepo4_bank.core.layout import Layout

from .battery import BatterySpec
from .families import FAMILIES, Family
from .load import Load
from .physics import Bank
from .wiring import Busbar, Wiring


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that a scenario must lead to; `places` are the batteries, first one 0."""

    kind: str
    causes: frozenset[str]
    places: tuple[int, ...] = ()

    @classmethod
    def of(cls, kind: str, causes: str, *places: int) -> Expected:
        """Take the acceptable causes separated by spaces; none means any."""
        return cls(kind, frozenset(causes.split()), places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything needed to play a story, and how it should be judged."""

    story: str
    layout: Layout
    specs: Mapping[str, BatterySpec]
    load: Load
    wiring: Wiring = field(default_factory=Busbar)
    families: tuple[str, ...] = ("litime",)
    """One for all batteries, or one for each."""
    isolated: tuple[int, ...] = ()
    """Batteries whose BMS keeps them off the bus though it reports nothing wrong."""
    discharge_off: tuple[int, ...] = ()
    full: tuple[int, ...] = ()
    status: str = "in_sync"
    findings: tuple[Expected, ...] = ()
    allowed: frozenset[str] = frozenset()
    """Kinds of finding that may come, too."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names that the batteries advertise, in the order of the layout."""
        return tuple(self.name(battery) for battery in self.layout.batteries)

    def family(self, battery: str) -> Family:
        """Make of a battery."""
        place = self.layout.batteries.index(battery)
        return FAMILIES[self.families[place % len(self.families)]]

    def name(self, battery: str) -> str:
        """Name that a battery advertises."""
        spec = self.specs[battery]
        return self.family(battery).name.format(
            volts=spec.cells * 3,
            cells=spec.cells,
            capacity=f"{spec.capacity:.0f}",
            number=123 + self.layout.batteries.index(battery),
        )

    def of(self, *families: str) -> Scenario:
        """Return the same story with batteries of other makes: one for all, or one for each."""
        addresses = {
            battery: FAMILIES[families[place % len(families)]].prefix + battery[8:]
            for place, battery in enumerate(self.layout.batteries)
        }
        blocks = tuple(
            tuple(addresses[battery] for battery in block) for block in self.layout.blocks
        )
        specs = {
            addresses[battery]: replace(spec, bms=FAMILIES[families[place % len(families)]].bms)
            for place, (battery, spec) in enumerate(self.specs.items())
        }
        layout = Layout(self.layout.arrangement, blocks)
        return replace(self, layout=layout, specs=specs, families=families)

    def bank(self, seed: int = 0) -> Bank:
        """Make the bank as it is when the story begins."""
        bank = Bank(self.layout, self.specs, load=self.load, wiring=self.wiring, seed=seed)
        batteries = self.layout.batteries
        for place in self.isolated:
            bank.batteries[batteries[place]].isolated = True
        for place in self.full:
            guard = bank.batteries[batteries[place]].guard
            guard.full = True
            guard.set_mosfets(0.0)
        for place in self.discharge_off:
            bank.switch(batteries[place], "discharge", on=False)
        return bank

    def expects(self, findings: Iterable[Mapping[str, Any]]) -> bool:
        """Whether findings, as `diagnose` answers them, are what the story should lead to.

        Batteries may be given by address or by name; notes beyond the expected are no error.
        """
        found = list(findings)
        if not all(any(self._fits(one, finding) for finding in found) for one in self.findings):
            return False
        known = {one.kind for one in self.findings} | self.allowed
        return all(
            finding["kind"] in known or str(finding.get("severity", "")).lower() == "note"
            for finding in found
        )

    def _fits(self, expected: Expected, finding: Mapping[str, Any]) -> bool:
        batteries = self.layout.batteries
        wanted = {batteries[place] for place in expected.places}
        by_name = {self.name(battery): battery for battery in batteries}
        named = {by_name.get(battery, battery) for battery in finding["batteries"]}
        return (
            finding["kind"] == expected.kind
            and (not expected.causes or finding["cause"] in expected.causes)
            and (not wanted or wanted == named)
        )
