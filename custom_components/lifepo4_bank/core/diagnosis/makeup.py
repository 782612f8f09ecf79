"""What the bank is made of: unlike batteries, too many in a row (article 2.2, 3.4, Q4)."""

from collections.abc import Iterator, Mapping
from statistics import median

from .finding import Kind, NotJudged, WhyNot
from .picture import Picture
from .rules import Scale
from .symptom import Explanation, Symptom, not_judged

KIND = Kind.MIXED_BATTERIES


def capacities(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Capacity of the odd battery beside the others'."""
    known = {b: c for b, m in picture.members.items() if (c := m.capacity)}
    if unknown := picture.members.keys() - known.keys():
        yield not_judged(KIND, WhyNot.CAPACITY_UNKNOWN, tuple(sorted(unknown)))
        return
    odd, ratio = _odd(known)
    for battery in known:
        value = min(ratio, 1 / ratio) if battery == odd else 1.0
        yield Symptom(Scale.CAPACITY_RATIO, (battery,), value, _explain_capacity, (battery, known))


def nominal_voltages(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Nominal voltage of the odd battery beside the others'."""
    known = {b: v for b, m in picture.members.items() if (v := m.nominal_voltage)}
    if unknown := picture.members.keys() - known.keys():
        yield not_judged(KIND, WhyNot.NOMINAL_VOLTAGE_UNKNOWN, tuple(sorted(unknown)))
        return
    odd, ratio = _odd(known)
    for battery in known:
        value = max(ratio, 1 / ratio) if battery == odd else 1.0
        yield Symptom(Scale.NOMINAL_RATIO, (battery,), value, _explain_voltage, (battery, known))


def makes(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """Brands and models."""
    batteries = [member.battery for member in picture.members.values()]
    unknown = tuple(one.id for one in batteries if not one.brand and not one.model)
    if unknown:
        yield not_judged(KIND, WhyNot.MAKE_UNKNOWN, unknown)
    brands = sorted({battery.brand for battery in batteries if battery.brand})
    models = sorted({battery.model for battery in batteries if battery.model})
    cause, names = ("brand", brands) if len(brands) > 1 else ("model", models)
    yield Symptom(Scale.UNLIKE, (), float(max(len(names), 1)), _explain_make, (cause, names))


def layout_limit(picture: Picture) -> Iterator[Symptom | NotJudged]:
    """More batteries in series or parallel than the maker allows."""
    layout, options = picture.layout, picture.options
    parallel = layout.parallel - options.max_parallel
    series = layout.series - options.max_series
    cause = "parallel" if parallel >= series else "series"
    yield Symptom(
        Scale.LAYOUT_EXCESS, (), float(max(parallel, series, 0)), _explain_layout, (cause, picture)
    )


def _odd(values: Mapping[str, float]) -> tuple[str, float]:
    """Find the one farthest from the others' median, of two the smaller, and its ratio to them."""
    ratios = {
        battery: value / median(other for name, other in values.items() if name != battery)
        for battery, value in values.items()
    }
    odd = max(
        ratios,
        key=lambda one: (round(max(ratios[one], 1 / ratios[one]), 4), -ratios[one]),
    )
    return odd, ratios[odd]


def _explain_capacity(battery: str, known: Mapping[str, float]) -> Explanation:
    others = median(value for name, value in known.items() if name != battery)
    return "capacity", {"capacity_Ah": known[battery], "others_Ah": others}


def _explain_voltage(battery: str, known: Mapping[str, float]) -> Explanation:
    others = median(value for name, value in known.items() if name != battery)
    return "voltage", {"nominal_V": known[battery], "others_V": others}


def _explain_make(cause: str, names: list[str]) -> Explanation:
    return cause, {"names": ", ".join(names)}


def _explain_layout(cause: str, picture: Picture) -> Explanation:
    layout, options = picture.layout, picture.options
    count, most = layout.parallel, options.max_parallel
    if cause == "series":
        count, most = layout.series, options.max_series
    return cause, {
        "count": str(count),
        "most": str(most),
        "notation": layout.notation,
        "limit": f"{options.max_series}S{options.max_parallel}P",
    }
