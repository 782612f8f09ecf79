"""Triggers: a bank gets out of sync or back, and something is found or cleared."""

from asyncio import Task
from collections.abc import Mapping
from typing import Any, ClassVar, Final, override

from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN
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
        def run(
            extra_trigger_payload: dict[str, Any], description: str, context: Context | None = None
        ) -> Task[Any]:
            payload = extra_trigger_payload
            told = {**self._bank(payload[ATTR_ENTITY_ID]), **self.about(payload)}
            return run_action({**payload, **told}, description, context)

        return await super().async_attach_runner(run, did_not_trigger)

    def about(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the finding is; `payload` is that of a state trigger."""
        attributes = payload["to_state"].attributes
        return {name: attributes.get(name) for name in TOLD}

    def _bank(self, entity_id: str) -> dict[str, Any]:
        """Name the bank and its device, for the action's title and target."""
        entity = er.async_get(self._hass).async_get(entity_id)
        entry = self._entry(entity_id)
        return {
            "bank": entry.title if entry else None,
            ATTR_DEVICE_ID: entity.device_id if entity else None,
        }

    def _entry(self, entity_id: str) -> ConfigEntry[BankCoordinator] | None:
        entity = er.async_get(self._hass).async_get(entity_id)
        entry_id = entity.config_entry_id if entity else None
        return self._hass.config_entries.async_get_entry(entry_id) if entry_id else None


class _SyncTrigger(_BankTrigger, EntityTargetStateTriggerBase):
    """A bank's "out of sync" changes."""

    _domain_specs: Mapping[str, DomainSpec] = {BINARY_SENSOR_DOMAIN: DomainSpec()}
    _key = "out_of_sync"
    _state: ClassVar[str]

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Wait for the state."""
        super().__init__(hass, config)
        self._to_states = {self._state}


class OutOfSyncTrigger(_SyncTrigger):
    """A bank got out of sync; tells of its worst finding.

    What was already so at a restart shows at once, after "unavailable"; whatever comes after
    "unknown" is new.
    """

    _state = STATE_ON
    _excluded_from_states = frozenset({STATE_UNAVAILABLE})

    @override
    def about(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the worst finding."""
        entry = self._entry(payload[ATTR_ENTITY_ID])
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return {}
        bank = entry.runtime_data
        return next(
            (
                described(finding, bank.batteries, bank.sentence(finding))
                for finding in bank.data.findings
                if finding.severity > Severity.NOTE
            ),
            {},
        )


class BackInSyncTrigger(_SyncTrigger):
    """A bank is back in sync; tells what was last wrong."""

    _state = STATE_OFF

    @override
    def about(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the sentences that no longer hold."""
        return {"message": " ".join(payload["from_state"].attributes.get("findings", []))}


class _FindingTrigger(_BankTrigger, StatelessEntityTriggerBase):
    """A bank's diagnosis event fires."""

    _domain_specs: Mapping[str, DomainSpec] = {EVENT_DOMAIN: DomainSpec()}
    _key = "diagnosis"

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take up what to listen for; without a kind all count."""
        super().__init__(hass, config)
        self._kinds = set(self._options.get(CONF_FINDING_KIND) or (kind.value for kind in Kind))


class FindingRaisedTrigger(_FindingTrigger):
    """Something was found."""

    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            probatio.Required(CONF_OPTIONS, default={}): {
                probatio.Optional(CONF_FINDING_KIND): _KINDS,
                probatio.Required(CONF_MINIMUM_SEVERITY, default="warning"): probatio.In(
                    _SEVERITIES
                ),
            },
        }
    )

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Check kind and severity."""
        severity = state.attributes.get("severity")
        least = self._options[CONF_MINIMUM_SEVERITY]
        return (
            state.attributes.get(ATTR_EVENT_TYPE) in self._kinds
            and severity in _SEVERITIES
            and _SEVERITIES.index(severity) >= _SEVERITIES.index(least)
        )


class FindingClearedTrigger(_FindingTrigger):
    """Something is in order again."""

    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            probatio.Required(CONF_OPTIONS, default={}): {
                probatio.Optional(CONF_FINDING_KIND): _KINDS
            },
        }
    )

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Check the kind."""
        return (
            state.attributes.get(ATTR_EVENT_TYPE) == RESOLVED
            and state.attributes.get("kind") in self._kinds
        )


TRIGGERS: dict[str, type[Trigger]] = {
    "out_of_sync_detected": OutOfSyncTrigger,
    "back_in_sync": BackInSyncTrigger,
    "finding_raised": FindingRaisedTrigger,
    "finding_cleared": FindingClearedTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001
    """Return the triggers."""
    return TRIGGERS
