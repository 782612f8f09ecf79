"""The highest total that an energy sensor has shown before, however Home Assistant ended.

What is saved is some minutes old after a crash or a power cut, and a total that steps back spoils
the statistics. The recorder writes within seconds.
"""

import logging
from math import isfinite
from typing import Final

from homeassistant.components.recorder import history
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import State
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.restore_state import RestoreEntity
from homeassistant.util.unit_conversion import EnergyConverter
from sqlalchemy.exc import SQLAlchemyError

from .core.energy import KilowattHours

_LOGGER = logging.getLogger(__name__)

LATEST: Final = 10
"""States to look at: the newest may say that the sensor is unavailable."""


async def async_last_shown(sensor: RestoreEntity) -> KilowattHours:
    """Return the total from the recorder or from Home Assistant's own memory; 0 if there is none."""
    saved = await sensor.async_get_last_state()
    states = [] if saved is None else [saved]
    if "recorder" in sensor.hass.config.components:
        try:
            recorded = await get_instance(sensor.hass).async_add_executor_job(
                history.get_last_state_changes, sensor.hass, LATEST, sensor.entity_id
            )
        except SQLAlchemyError as error:
            _LOGGER.warning("The recorder does not tell what %s was: %s", sensor.entity_id, error)
        else:
            states += recorded.get(sensor.entity_id, [])
    return max(map(_total, states), default=0.0)


def _total(state: State) -> KilowattHours:
    """Read a total in the unit that it was shown in."""
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy.KILO_WATT_HOUR)
    try:
        total = float(state.state)
    except ValueError:
        return 0.0
    if not isfinite(total) or unit not in EnergyConverter.VALID_UNITS:
        return 0.0
    return EnergyConverter.convert(total, unit, UnitOfEnergy.KILO_WATT_HOUR)
