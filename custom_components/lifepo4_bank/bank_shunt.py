"""The bank's current from an external shunt: any current sensor in Home Assistant."""

from dataclasses import dataclass
from time import monotonic
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .core.battery import Amperes, Seconds
from .core.shunt import ShuntTrouble
from .entities_reports import UNCHANGED_COUNTS, Reports
from .entities_states import CONF_CURRENT, number, unit_fits

MAX_AGE: Final[Seconds] = UNCHANGED_COUNTS
"""Some shunts report changes only; after this time a silent one is taken for dead."""


@dataclass(frozen=True, slots=True)
class Shunt:
    """What a shunt says now: a current, or why it says none."""

    current: Amperes | None = None
    """Positive while charging."""
    time: Seconds | None = None
    trouble: ShuntTrouble | None = None


@callback
def shunt_of(hass: HomeAssistant, entity_id: str | None, reports: Reports) -> Shunt:
    """Read the sensor, if the bank has one."""
    if entity_id is None:
        return Shunt()
    entity = er.async_get(hass).async_get(entity_id)
    if entity is not None and entity.platform == DOMAIN:
        # The bank's own current, by far the likeliest slip, would be frozen at its first value.
        return Shunt(trouble=ShuntTrouble.OWN)
    state = hass.states.get(entity_id)
    if state is None:
        return Shunt(trouble=ShuntTrouble.MISSING)
    current = number(state, CONF_CURRENT)
    if current is None:
        wrong_unit = state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN) and not unit_fits(
            state, CONF_CURRENT
        )
        return Shunt(trouble=ShuntTrouble.WRONG_UNIT if wrong_unit else ShuntTrouble.UNAVAILABLE)
    told = reports.at(entity_id, state.last_reported_timestamp)
    if monotonic() - told > MAX_AGE:
        return Shunt(trouble=ShuntTrouble.STALE)
    return Shunt(current, reports.wall(told))
