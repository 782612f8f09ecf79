"""Names of the faults that a BMS reports, family by family.

Full, warning and locked-by-the-owner bits are no faults and have no name here.
"""

from collections.abc import Mapping

_CELL_HIGH = "cell_overvoltage"
_CELL_LOW = "cell_undervoltage"
_HIGH = "overvoltage"
_LOW = "undervoltage"
_CHARGE_CURRENT = "charge_overcurrent"
_DISCHARGE_CURRENT = "discharge_overcurrent"
_SHORT = "short_circuit"
_CHARGE_HOT = "charge_overtemperature"
_CHARGE_COLD = "charge_undertemperature"
_DISCHARGE_HOT = "discharge_overtemperature"
_DISCHARGE_COLD = "discharge_undertemperature"
_MOSFET_HOT = "mosfet_overtemperature"
_SENSOR = "sensor_failure"
_CELL = "cell_failure"
_CHARGE_MOSFET = "charge_mosfet_failure"
_DISCHARGE_MOSFET = "discharge_mosfet_failure"
_INTERNAL = "internal_failure"

OTHER = "other"
"""A fault whose bit nobody has published; the code itself stays in `problem_code`."""

LITIME: Mapping[int, str] = {
    2: _CELL_HIGH,
    5: _CELL_LOW,
    6: _CHARGE_CURRENT,
    7: _DISCHARGE_CURRENT,
    8: _CHARGE_HOT,
    9: _DISCHARGE_HOT,
    10: _CHARGE_COLD,
    11: _DISCHARGE_COLD,
    14: _SHORT,
    18: _CELL_HIGH,
    23: _MOSFET_HOT,
    # from here on the error word, shifted by 32
    32: _SENSOR,
    33: _SENSOR,
    34: _CHARGE_MOSFET,
    35: _DISCHARGE_MOSFET,
    36: _CELL,
    40: "end_of_life",
}

_NAMES: Mapping[str, Mapping[int, str]] = {"redodo": LITIME}
_NO_FAULT: Mapping[str, int] = {}


def protections(family: str, code: int | None, *, flagged: bool = False) -> tuple[str, ...]:
    """Name the faults in a problem code; `flagged` is a fault told without a code."""
    if not code:
        return (OTHER,) if flagged else ()
    names = _NAMES.get(family, {})
    code &= ~_NO_FAULT.get(family, 0)
    bits = (bit for bit in range(code.bit_length()) if code >> bit & 1)
    return tuple(dict.fromkeys(names.get(bit, OTHER) for bit in bits))


def all_names() -> frozenset[str]:
    """Every name that `protections` can return, for the translations."""
    return frozenset({OTHER}.union(*(names.values() for names in _NAMES.values())))
