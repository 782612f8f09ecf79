"""The bank's current from an external shunt: any current sensor in Home Assistant."""

from datetime import timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .core.battery import Amperes
from .entities_source import UNCHANGED_COUNTS
from .entities_states import CONF_CURRENT, number

MAX_AGE: Final = timedelta(seconds=UNCHANGED_COUNTS)
"""Some shunts report changes only; after this time a silent one is taken for dead."""


@callback
def shunt_current(hass: HomeAssistant, entity_id: str) -> Amperes | None:
    """Read the sensor in A, positive while charging; None when it says nothing now."""
    state = hass.states.get(entity_id)
    if state is None or dt_util.utcnow() - state.last_reported > MAX_AGE:
        return None
    return number(state, CONF_CURRENT)
