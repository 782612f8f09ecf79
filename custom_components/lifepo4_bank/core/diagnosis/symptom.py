"""What a rule hands to the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .finding import Kind
from .rules import Scale

type Explanation = tuple[str, Mapping[str, float | str]]


@dataclass(frozen=True, slots=True)
class Symptom:
    """A judged value; `explain` tells the cause and its evidence, called only when needed."""

    kind: Kind
    batteries: tuple[str, ...]
    scale: Scale
    value: float
    explain: Callable[[], Explanation]
