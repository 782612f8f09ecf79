"""Whether the reading itself is believable: no rule judges what is refused here."""

from math import isfinite

from ..battery import BatterySample
from ..chemistry import HIGHEST_CELL

HIGHEST_CURRENT = 1000.0
"""A; no single battery of this kind delivers more."""


def implausible(reading: BatterySample) -> str | None:
    """Reason why the reading cannot be true, None when it can."""
    voltage, current, soc = reading.voltage, reading.current, reading.soc
    if voltage is not None and not (0 < voltage <= 20 * HIGHEST_CELL):
        return "voltage_out_of_range"
    if current is not None and not (
        isfinite(current) and -HIGHEST_CURRENT < current < HIGHEST_CURRENT
    ):
        return "current_out_of_range"
    if soc is not None and not 0 <= soc <= 1.1:
        return "soc_out_of_range"
    return None
