"""The event of a bank: something was found, or is in order again."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .bank import BankConfigEntry, BankCoordinator
from .bank_entity import BankEntity
from .bank_sentence import described
from .core.diagnosis.finding import BankState, Finding, Kind

PARALLEL_UPDATES = 0

RESOLVED: Final = "resolved"

DIAGNOSIS: Final = EventEntityDescription(
    key="diagnosis",
    translation_key="diagnosis",
    event_types=[*(kind.value for kind in Kind), RESOLVED],
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  given so
    entry: BankConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event of a bank."""
    async_add_entities([DiagnosisEvent(entry.runtime_data)])


class DiagnosisEvent(BankEntity, EventEntity):
    """Fires with the finding's kind when one is raised or gets worse, and when one is resolved."""

    entity_description: EventEntityDescription

    def __init__(self, coordinator: BankCoordinator) -> None:
        """Remember no state yet, so that none is told twice."""
        super().__init__(coordinator, DIAGNOSIS)
        self._told: BankState | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Tell what was found before the entity was there."""
        await super().async_added_to_hass()
        self._tell()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Fire for each finding that is new, other, or gone."""
        self._tell()
        super()._handle_coordinator_update()

    def _tell(self) -> None:
        state = self.coordinator.data
        if state is self._told:
            return
        self._told = state
        for finding in state.raised:
            self._fire(finding.kind.value, finding)
        for finding in state.cleared:
            self._fire(RESOLVED, finding)

    def _fire(self, event_type: str, finding: Finding) -> None:
        message = self.coordinator.sentence(finding)
        self._trigger_event(event_type, described(finding, self.coordinator.batteries, message))
        self.async_write_ha_state()
