"""Conditions: a bank is out of sync, or in sync."""

from typing import override

from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .trigger import entities_of

_SENSORS = {BINARY_SENSOR_DOMAIN: DomainSpec()}
_ON: set[str | bool] = {STATE_ON}
_OFF: set[str | bool] = {STATE_OFF}


class _SyncCondition(EntityStateConditionBase):
    """A bank's "out of sync" has a state."""

    _domain_specs = _SENSORS
    _primary_entities_only = False

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Only banks count."""
        return entities_of(self._hass, super().entity_filter(entities), "out_of_sync")


class OutOfSyncCondition(_SyncCondition):
    """The bank is out of sync."""

    _states = _ON


class InSyncCondition(_SyncCondition):
    """The bank is in sync; while that is not known it is not."""

    _states = _OFF


CONDITIONS: dict[str, type[Condition]] = {
    "is_out_of_sync": OutOfSyncCondition,
    "is_in_sync": InSyncCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:  # noqa: ARG001
    """Return the conditions."""
    return CONDITIONS
