"""What a rule hands to the engine."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from .finding import Kind, NotJudged, WhyNot
from .rules import Scale

type Evidence = Mapping[str, float | str]
type Explanation = tuple[str, Evidence]


class Symptom(NamedTuple):
    """A judged value; `explain(*subject)` tells cause and evidence, called only when needed."""

    scale: Scale
    batteries: tuple[str, ...]
    value: float
    explain: Callable[..., Explanation]
    subject: tuple[Any, ...]


@lru_cache(maxsize=512)
def not_judged(kind: Kind, reason: WhyNot, batteries: tuple[str, ...] = ()) -> NotJudged:
    """Make a NotJudged; the same few are needed again and again."""
    return NotJudged(kind, reason, batteries)
