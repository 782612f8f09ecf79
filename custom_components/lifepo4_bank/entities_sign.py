"""Which way round the current of a source entity counts."""

from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor.const import SensorDeviceClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from .const import DOMAIN
from .core.battery import Amperes, Seconds
from .entities_states import CONF_CURRENT, CONF_INVERT_CURRENT, POWER, number

CLEAR_CURRENT: Final[Amperes] = 0.5
"""From here on a current has a sign that can be trusted."""
CERTAIN_AFTER: Final[Seconds] = 600
"""A contradiction that lasts so long is none of two sensors that report one after the other."""


def inverted(hass: HomeAssistant, entity_id: str) -> bool | None:
    """Whether a current counts the wrong way round; None if nothing tells.

    Asks the charging state, else the power, that the same device reports.
    """
    current = number(hass.states.get(entity_id), CONF_CURRENT)
    if current is None or abs(current) < CLEAR_CURRENT:
        return None
    charging, power = _companions(hass, entity_id)
    if charging is not None:
        return (current > 0) is not charging
    if power is not None and abs(power) >= CLEAR_CURRENT:
        return (current > 0) is not (power > 0)
    return None


def _companions(hass: HomeAssistant, entity_id: str) -> tuple[bool | None, float | None]:
    """Charging state and power that the device of an entity reports."""
    registry = er.async_get(hass)
    entry = registry.async_get(entity_id)
    charging: bool | None = None
    power: float | None = None
    if entry is None or entry.device_id is None:
        return charging, power
    for other in er.async_entries_for_device(registry, entry.device_id):
        state = hass.states.get(other.entity_id)
        kind = other.device_class or other.original_device_class
        if kind == BinarySensorDeviceClass.BATTERY_CHARGING and state is not None:
            charging = {STATE_ON: True, STATE_OFF: False}.get(state.state)
        elif kind == SensorDeviceClass.POWER:
            power = number(state, POWER)
    return charging, power


def _issue_id(entry_id: str) -> str:
    return f"{entry_id}_wrong_sign"


@callback
def async_forget_sign(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issue of a battery whose current is right, or that is removed."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry_id))


class SignWatch:
    """Raises an issue when a current counts the wrong way round, and takes it back."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Watch the current of one battery."""
        self._hass = hass
        self._name = entry.title
        self._entities: Mapping[str, Any] = entry.data
        self._entry_id = entry.entry_id
        self._issue = _issue_id(entry.entry_id)
        self._since: Seconds | None = None

    def look(self) -> None:
        """Compare current and charging state, at each reading."""
        evidence = inverted(self._hass, self._entities[CONF_CURRENT])
        if evidence is None:
            return
        if evidence is self._entities[CONF_INVERT_CURRENT]:
            self._since = None
            async_forget_sign(self._hass, self._entry_id)
        elif self._since is None:
            self._since = monotonic()
        elif monotonic() - self._since >= CERTAIN_AFTER:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                self._issue,
                data={"entry_id": self._entry_id},
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key="wrong_sign",
                translation_placeholders={"battery": self._name},
            )

    def close(self) -> None:
        """Take the issue back at the end; one that its owner ignores stays so for the next time."""
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, self._issue)
        if issue is not None and issue.dismissed_version is None:
            async_forget_sign(self._hass, self._entry_id)
