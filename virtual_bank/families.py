"""The BMS families that the virtual bank can speak."""

from collections.abc import Mapping

from .litime import LiTime
from .wire import Wire

FAMILIES: Mapping[str, type[Wire]] = {"litime": LiTime}
