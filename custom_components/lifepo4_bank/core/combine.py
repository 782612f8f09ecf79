"""How the values of batteries become one value of a bank.

Each quantity has a rule for what is parallel and one for what is in series; the layout says in
which order they apply.
"""

from collections.abc import Callable, Mapping, Sequence

from .layout import Layout

type Value = float | None
type Values = Sequence[Value]


def total(values: Values) -> Value:
    """Sum that is unknown as soon as one part is."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def lowest(values: Values) -> Value:
    """Minimum that is unknown as soon as one part is."""
    known = [value for value in values if value is not None]
    return min(known) if known and len(known) == len(values) else None


def mean(values: Values) -> Value:
    """Mean of what is known."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def spread(values: Values) -> Value:
    """Highest minus lowest of two or more, unknown as soon as one is."""
    known = [value for value in values if value is not None]
    return max(known) - min(known) if len(values) == len(known) > 1 else None


def combine(
    layout: Layout,
    values: Mapping[str, Value],
    *,
    parallel: Callable[[Values], Value],
    series: Callable[[Values], Value],
) -> Value:
    """Apply the rule of each level of the layout: inside the blocks, then between them."""
    inner, outer = (series, parallel) if layout.strings else (parallel, series)
    return outer([inner([values.get(battery) for battery in block]) for block in layout.blocks])
