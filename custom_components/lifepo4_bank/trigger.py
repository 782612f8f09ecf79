"""Triggers: a bank gets out of sync or back, and something is found or cleared."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.event import ATTR_EVENT_TYPE, DOMAIN as EVENT_DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    CONF_OPTIONS,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
)
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityTargetStateTriggerBase,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
import probatio

from .bank import BankCoordinator
from .bank_sentence import described
from .const import DOMAIN
from .core.diagnosis.finding import Kind, Severity
from .event import RESOLVED

CONF_FINDING_KIND: Final = "kind"
CONF_MINIMUM_SEVERITY: Final = "minimum_severity"
TOLD: Final = ("kind", "cause", "severity", "batteries", "evidence", "message")
"""What a trigger tells of a finding."""

_KINDS: Final = probatio.All(probatio.EnsureList(), [probatio.In([kind.value for kind in Kind])])
_SEVERITIES: Final = [severity.name.lower() for severity in Severity]


def entities_of(hass: HomeAssistant, entities: set[str], key: str) -> set[str]:
    """Keep the entities of this integration that have this translation key."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entities
        if (entry := registry.async_get(entity_id)) is not None
        and entry.platform == DOMAIN
        and entry.translation_key == key
    }


class _BankTrigger(EntityTriggerBase):
    """Something happens to a bank; automations are told its name, its device and what it is."""

    _primary_entities_only = False
    _key: ClassVar[str]
    """The bank's entity to listen to."""

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Only banks count."""
        return entities_of(self._hass, super().entity_filter(entities), self._key)

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Attach the trigger, and add what it tells."""

        @callback
        def run(payload: dict[str, Any], description: str, context: Context | None = None) -> Any:
            told = {**self._bank(payload[ATTR_ENTITY_ID]), **self.about(payload)}
            return run_action({**payload, **told}, description, context)

        return await super().async_attach_runner(run, did_not_trigger)

    def about(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the finding is; `payload` is that of a state trigger."""
        raise NotImplementedError

    def _bank(self, entity_id: str) -> dict[str, Any]:
        entity = er.async_get(self._hass).async_get(entity_id)
        entry = self._entry(entity_id)
        return {
            "bank": entry.title if entry else None,
            ATTR_DEVICE_ID: entity.device_id if entity else None,
        }

    def _entry(self, entity_id: str) -> ConfigEntry[BankCoordinator] | None:
        entity = er.async_get(self._hass).async_get(entity_id)
        if entity is None or entity.config_entry_id is None:
            return None
        return self._hass.config_entries.async_get_entry(entity.config_entry_id)
