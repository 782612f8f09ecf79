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
_HOT = "overtemperature"
_WIRE = "cell_wire_failure"
_CELL_DIFFERENCE = "cell_difference"

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

JBD: Mapping[int, str] = {
    0: _CELL_HIGH,
    1: _CELL_LOW,
    2: _HIGH,
    3: _LOW,
    4: _CHARGE_HOT,
    5: _CHARGE_COLD,
    6: _DISCHARGE_HOT,
    7: _DISCHARGE_COLD,
    8: _CHARGE_CURRENT,
    9: _DISCHARGE_CURRENT,
    10: _SHORT,
    11: _INTERNAL,
    13: "charge_timeout",
}
JBD_LOCKED = 1 << 12
"""Set while the owner has switched off one of the MOSFETs, or both."""

JK: Mapping[int, str] = {
    0: _WIRE,
    1: _MOSFET_HOT,
    2: "cell_count_mismatch",
    5: _HIGH,
    6: _CHARGE_CURRENT,
    7: _SHORT,
    8: _CHARGE_HOT,
    9: _CHARGE_COLD,
    10: _INTERNAL,
    11: _CELL_LOW,
    12: _LOW,
    13: _DISCHARGE_CURRENT,
    14: _SHORT,
    15: _DISCHARGE_HOT,
    16: _CHARGE_MOSFET,
    17: _DISCHARGE_MOSFET,
    18: "gps_lost",
    20: _DISCHARGE_MOSFET,
    21: _HOT,
    22: _SENSOR,
    23: _INTERNAL,
    24: _SHORT,
    25: _DISCHARGE_CURRENT,
    26: _DISCHARGE_CURRENT,
    27: _DISCHARGE_COLD,
    28: "gps_locked",
}
JK_FULL = 1 << 4
_JK_DEFAULT_PASSWORD = 1 << 19

_DALY_REGISTERS: Mapping[int, Mapping[int, str]] = {
    0x3A: {
        1: _CELL_HIGH,
        3: _CELL_LOW,
        5: _HIGH,
        7: _LOW,
        9: _CHARGE_HOT,
        11: _CHARGE_COLD,
        13: _DISCHARGE_HOT,
        15: _DISCHARGE_COLD,
    },
    0x3B: {
        1: _CHARGE_CURRENT,
        3: _DISCHARGE_CURRENT,
        9: _CELL_DIFFERENCE,
        11: "temperature_difference",
    },
    0x3C: {
        0: _MOSFET_HOT,
        1: _MOSFET_HOT,
        2: _SENSOR,
        3: _SENSOR,
        4: _CHARGE_MOSFET,
        5: _DISCHARGE_MOSFET,
        6: _CHARGE_MOSFET,
        7: _DISCHARGE_MOSFET,
        8: _INTERNAL,
        9: _INTERNAL,
        10: _SENSOR,
        11: _INTERNAL,
        12: _INTERNAL,
        13: _INTERNAL,
        14: _INTERNAL,
        15: _INTERNAL,
    },
}
"""Alarm registers of the D2 protocol. Even bits of the first two are warnings of the odd ones."""


def _daly_shift(register: int) -> int:
    """Return where a register stands in the code of four registers, the first one on top."""
    return 16 * (0x3D - register)


DALY: Mapping[int, str] = {
    bit + _daly_shift(register): name
    for register, bits in _DALY_REGISTERS.items()
    for bit, name in bits.items()
}
_DALY_NO_FAULT = 0x5555 << _daly_shift(0x3A) | 0x05F5 << _daly_shift(0x3B)
"""Warnings, and the bits for a high or low SoC."""

ANT_CHARGE: Mapping[int, str] = {
    0x02: _CELL_HIGH,
    0x03: _CHARGE_CURRENT,
    0x05: _HIGH,
    0x06: _CHARGE_HOT,
    0x07: _MOSFET_HOT,
    0x08: _SENSOR,
    0x09: _WIRE,
    0x0A: _HOT,
    0x0C: _CHARGE_MOSFET,
    0x0D: _DISCHARGE_MOSFET,
    0x10: _CELL_HIGH,
    0x11: _CHARGE_COLD,
    0x12: _CELL_DIFFERENCE,
}
ANT_DISCHARGE: Mapping[int, str] = {
    0x02: _CELL_LOW,
    0x03: _DISCHARGE_CURRENT,
    0x04: _DISCHARGE_CURRENT,
    0x05: _LOW,
    0x06: _DISCHARGE_HOT,
    0x07: _MOSFET_HOT,
    0x08: _SENSOR,
    0x09: _WIRE,
    0x0A: _HOT,
    0x0C: _SHORT,
    0x0D: _DISCHARGE_MOSFET,
    0x0E: _DISCHARGE_MOSFET,
    0x10: _CELL_LOW,
    0x11: _DISCHARGE_COLD,
    0x12: _CELL_DIFFERENCE,
}
"""ANT tells the reason why a MOSFET is open as one code for each, not as bits."""

_HUMSIENK_FULL = 0x8

_NAMES: Mapping[str, Mapping[int, str]] = {
    "redodo": LITIME,
    "jbd": JBD,
    "eleksol": JBD,
    "daren": JBD,
    "jikong": JK,
    "daly": DALY,
}
_NO_FAULT: Mapping[str, int] = {
    "jbd": JBD_LOCKED,
    "eleksol": JBD_LOCKED,
    "daren": JBD_LOCKED,
    "jikong": JK_FULL | _JK_DEFAULT_PASSWORD,
    "daly": _DALY_NO_FAULT,
    "humsienk": _HUMSIENK_FULL,
}


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
    tables = (*_NAMES.values(), ANT_CHARGE, ANT_DISCHARGE)
    return frozenset({OTHER}.union(*(names.values() for names in tables)))
