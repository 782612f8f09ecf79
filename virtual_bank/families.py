"""The BMS families that the virtual bank can speak."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .ant import Ant
from .bms import DALY, JBD, LITIME, Bms
from .daly import Daly
from .jbd import Jbd
from .jk import Jk
from .litime import LiTime
from .wire import Wire

JK = replace(JBD, name="JK", floor=0.2, current_step=0.001, voltage_step=0.001, soc_step=0.01)
ANT = replace(JBD, name="ANT", floor=0.5, current_step=0.1, charge_step=0.001)


@dataclass(frozen=True, slots=True)
class Family:
    """How the batteries of one make are called, measure and speak."""

    wire: type[Wire]
    bms: Bms
    prefix: str
    """First three bytes of the Bluetooth address."""
    name: str
    """Advertised name, with {volts}, {cells}, {capacity} and {number}."""


FAMILIES: Mapping[str, Family] = {
    "litime": Family(LiTime, LITIME, "C8:47:80", "L-{volts}{capacity}BNNA70-A{number:05}"),
    "jbd": Family(Jbd, JBD, "A4:C1:37", "JBD-SP{cells:02}S{capacity}-{number}"),
    "jk": Family(Jk, JK, "C8:47:8C", "JK_B2A{cells}S20P-{number}"),
    "daly": Family(Daly, DALY, "40:17:10", "DL-401710015{number}"),
    "ant": Family(Ant, ANT, "64:9B:F8", "ANT-BLE24BUB-{number}"),
}
