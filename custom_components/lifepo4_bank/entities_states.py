"""Numbers in the states of other integrations' entities."""

from math import isfinite
from typing import Final

from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    PERCENTAGE,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
    UnitOfTemperature,
)
from homeassistant.core import State
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PowerConverter,
    TemperatureConverter,
)

from .ble.sample import MAX_CAPACITY, MAX_CURRENT, MAX_VOLTAGE, TEMPERATURES, plausible
from .const import CONF_CAPACITY

CONF_VOLTAGE: Final = "voltage"
CONF_CURRENT: Final = "current"
CONF_SOC: Final = "soc"
CONF_TEMPERATURE: Final = "temperature"
POWER: Final = "power"
CONF_DISCHARGE_SWITCH: Final = "discharge_switch"
CONF_CHARGE_SWITCH: Final = "charge_switch"
CONF_INVERT_CURRENT: Final = "invert_current"

_UNITS: Final[dict[str, tuple[type[BaseUnitConverter], str]]] = {
    CONF_VOLTAGE: (ElectricPotentialConverter, UnitOfElectricPotential.VOLT),
    CONF_CURRENT: (ElectricCurrentConverter, UnitOfElectricCurrent.AMPERE),
    CONF_TEMPERATURE: (TemperatureConverter, UnitOfTemperature.CELSIUS),
    POWER: (PowerConverter, UnitOfPower.WATT),
}
MILLI: Final = 0.001
_LIMITS: Final = {
    CONF_VOLTAGE: (0.5, MAX_VOLTAGE),
    CONF_CURRENT: (-MAX_CURRENT, MAX_CURRENT),
    CONF_SOC: (0, 100),
    CONF_TEMPERATURE: TEMPERATURES,
    CONF_CAPACITY: (0.5, MAX_CAPACITY),
}
"""As for batteries read over Bluetooth: many sources show 0 until they know better."""


def number(state: State | None, key: str) -> float | None:
    """Value of a source entity in the unit that `key` is kept in; None if it has none.

    V, A, W, degrees Celsius, Ah; a state of charge stays in percent.
    """
    if state is None or not unit_fits(state, key):
        return None
    try:
        value = float(state.state)
    except ValueError:
        return None
    if not isfinite(value):
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if key == CONF_CAPACITY:
        return value * (MILLI if unit == "mAh" else 1.0)
    if key in _UNITS:
        converter, wanted = _UNITS[key]
        return value if unit is None else converter.convert(value, unit, wanted)
    return value


def possible(state: State | None, key: str) -> float | None:
    """Value of a source entity, or None where no battery can have it."""
    return plausible(number(state, key), *_LIMITS[key])


def unit_fits(state: State, key: str) -> bool:
    """Whether an entity's unit, if it has one, can be the one of `key`."""
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit is None:
        return True
    if key in _UNITS:
        return unit in _UNITS[key][0].VALID_UNITS
    return unit in {CONF_CAPACITY: ("Ah", "mAh"), CONF_SOC: (PERCENTAGE,)}.get(key, (unit,))
