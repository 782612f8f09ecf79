"""What the batteries' current sensors are worth, told by a shunt or by those in series."""

from collections.abc import Iterator, Mapping, Sequence
from math import hypot
from typing import Any

from ..bank import BankSample
from ..battery import Fraction
from ..gain import EXPECTED
from ..layout import Layout
from .branches import Branches
from .chains import Chain, Link
from .finding import GainEstimate, Witness
from .members import Member
from .section import CERTAIN, LOST, Section

FAR: Fraction = 0.05
"""Error of a gain that is worth telling: more than the tolerance of a shunt resistor that nobody
has calibrated (5 %, Bourns, Accuracy of Current Sense Measurements)."""


def far(gain: GainEstimate) -> bool:
    """Whether a sensor surely reads wrong by more than sensors do."""
    return abs(gain.value - 1) - 2 * gain.sigma > FAR


class Calibration:
    """Learns the gains of all current sensors of a bank, and puts right what they read."""

    def __init__(
        self,
        layout: Layout,
        members: Mapping[str, Member],
        groups: Sequence[Branches],
        chains: Sequence[Chain],
    ) -> None:
        """Start with sensors that are taken to be right."""
        self._members = members
        self._series: Mapping[str, Link] = {
            battery: link for chain in chains for link in chain.links for battery in link.ids
        }
        self._sections = [
            Section([branch.members for branch in group], group) for group in groups
        ] or [Section([[members[battery]]]) for battery in layout.batteries]
        self._shunted = False
        """Whether the latest moment had a shunt."""
        self.estimates: Mapping[str, GainEstimate] = {}

    def update(self, sample: BankSample) -> None:
        """Compare a moment's readings with the shunt, if there is one."""
        shunt = sample.shunt_current
        if shunt is None:
            if self._shunted:
                self._shunted = False
                for section in self._sections:
                    section.interrupt()
            return
        self._shunted = True
        told = sample.time if sample.shunt_time is None else sample.shunt_time
        for section in self._sections:
            section.update(shunt, told)

    def apply(self) -> None:
        """Put right what is read from now on, where a gain is certain."""
        known = dict(self._by_series())
        for section in self._sections:
            known |= self._by_shunt(section)
        self.estimates = known
        for battery, member in self._members.items():
            found = known.get(battery)
            limit = CERTAIN if member.gain == 1.0 else LOST
            member.calibrate(found.value if found is not None and found.sigma <= limit else 1.0)

    def _by_series(self) -> Iterator[tuple[str, GainEstimate]]:
        for battery, link in self._series.items():
            if (found := link.estimate()) is not None:
                gain = link.gain
                yield (
                    battery,
                    GainEstimate(*found, gain.count, gain.since, gain.time, Witness.SERIES),
                )

    def _by_shunt(self, section: Section) -> Iterator[tuple[str, GainEstimate]]:
        found = section.estimates()
        for (value, sigma, own), branch in zip(found, section.branches, strict=False):
            witness = Witness.SHUNT if own else Witness.SHUNT_TOGETHER
            for member in branch:
                part, doubt = self._beside(member, branch)
                yield (
                    member.id,
                    GainEstimate(
                        value * part,
                        hypot(sigma * part, doubt * value),
                        section.gains.count,
                        section.gains.since,
                        section.gains.time,
                        witness,
                    ),
                )

    def _beside(self, member: Member, string: Sequence[Member]) -> tuple[float, float]:
        """Tell a gain in parts of the mean of its string, and its standard deviation."""
        if len(string) == 1:
            return 1.0, 0.0
        found = {one.id: self._series[one.id].estimate() for one in string}
        known = [gain for gain in found.values() if gain is not None]
        own = found[member.id]
        if own is None or len(known) < len(found):
            return 1.0, EXPECTED
        mean = sum(value for value, _ in known) / len(known)
        return own[0] / mean, own[1] / mean

    def save(self) -> list[Any]:
        """Give all that is learned, for JSON."""
        return [
            {battery: member.gain for battery, member in self._members.items()},
            {"+".join(section.ids): section.gains.save() for section in self._sections},
        ]

    def restore(self, saved: Sequence[Any]) -> None:
        """Take up what `save` gave, of the branches that are the same."""
        applied, sections = saved
        for section in self._sections:
            if (learned := sections.get("+".join(section.ids))) is not None:
                section.gains.restore(learned)
        for battery, member in self._members.items():
            if battery in applied:
                member.gain = float(applied[battery])

    def forget(self) -> None:
        """Start anew: the shunt is another one."""
        for section in self._sections:
            section.forget()
        self.apply()
