"""Which rules look how often."""

from collections.abc import Callable, Iterator

from ..battery import Seconds
from .apart import voltages_apart
from .charge import low_charge, soc_spread, storage
from .circulation import circulation
from .finding import NotJudged
from .makeup import capacities, layout_limit, makes, nominal_voltages
from .participation import participation, switched_off
from .picture import Picture
from .reports import cell_deltas, protections, weak_links
from .sharing import sharing
from .symptom import Symptom

JUDGE_EVERY: Seconds = 55.0
"""Rules look this often, and at once when a battery reports another fact or goes missing."""
JUDGE_SOON: Seconds = 14.0
"""The same while something is pending."""

type JudgeRule = Callable[[Picture], Iterator[Symptom | NotJudged]]

TIERS: tuple[tuple[JudgeRule, ...], ...] = (
    (protections, switched_off, participation, sharing),
    (circulation, soc_spread, low_charge, cell_deltas, voltages_apart, weak_links),
    (capacities, nominal_voltages, makes, layout_limit, storage),
)
"""Rules that look at every judgement, every two minutes, every ten minutes; all of them when a
battery goes missing, is back, or reports another fact."""
STEADILY: Seconds = 115.0
SLOWLY: Seconds = 600.0
